package tools_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	video   = "klingai/kling-v3"                     // fileinput: inputImageFirst, inputImageLast
	tryOn   = "wiro/virtual-try-on"                  // combinefileinput: inputImageClothes
	papers  = "wiro/rag-chat"                        // multifileinput: inputDocumentMultiple
	urlOnly = "ByteDance/image-to-image-seededit-v3" // text: inputImageUrl
	whisper = "openai/whisper-large-3"               // fileinput: inputAudio
)

// desk is a stage whose caller may read the files of a folder.
func desk(t *testing.T, change ...func(*tools.Options)) (*stage, string) {
	t.Helper()
	dir := t.TempDir()
	folders, err := media.NewFolders(dir)
	require.NoError(t, err)
	local := func(o *tools.Options) {
		o.Local = tools.LocalFiles{
			Read: folders, ReadHint: "FILES_DIRS allows others.",
			OutputDir: filepath.Join(dir, "saved"), OutputHint: "OUTPUT_DIR chooses another.",
		}
	}
	return newStage(t, append([]func(*tools.Options){local}, change...)...), dir
}

// paint is a PNG of noise.
func paint(t *testing.T, side int) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, side, side))
	random := rand.New(rand.NewPCG(1, uint64(side))) //nolint:gosec // pixels
	for i := range picture.Pix {
		picture.Pix[i] = byte(random.UintN(256)) | byte(i%4/3*255)
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, picture))
	return b.Bytes()
}

func put(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func run(t *testing.T, model string, params map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"model": model, "params": params})
	require.NoError(t, err)
	return string(text)
}

// sent is the last run that reached the emulator.
func (s *stage) sent() emulator.Request {
	s.t.Helper()
	var last emulator.Request
	for _, r := range s.sandbox.Requests() {
		if strings.HasPrefix(r.Path, "Run/") {
			last = r
		}
	}
	require.NotEmpty(s.t, last.Path, "nothing was run")
	return last
}

func isForm(r emulator.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

func TestFilesOfARunGoWhereTheirParameterWantsThem(t *testing.T) {
	t.Parallel()
	s, dir := desk(t)
	photo := put(t, dir, "my photo.png", string(paint(t, 8)))
	last := put(t, dir, "last.png", string(paint(t, 9)))
	notes := put(t, dir, "notes.md", "# Notes\n")
	data := "data:text/plain;base64," + base64.StdEncoding.EncodeToString([]byte("plain words"))

	s.call("run_model", run(t, video, map[string]any{"prompt": "it turns", "inputImageFirst": photo})).ok("Completed")
	r := s.sent()
	require.True(t, isForm(r))
	require.Equal(t, []emulator.RequestFile{{Field: "inputImageFirst", Name: "my photo.png", ContentType: "image/png", Size: int64(len(paint(t, 8)))}}, r.Files)
	require.Equal(t, "", r.Body["inputImageFirstUrl"], "sent too, and empty")

	s.call("run_model", run(t, video, map[string]any{"prompt": "it turns", "inputImageFirst": "https://files.test/a.png", "inputImageLastUrl": "file://" + last})).ok("Completed")
	r = s.sent()
	require.Equal(t, "inputImageLast", r.Files[0].Field, "a path in {id}Url is a file, too")
	require.Equal(t, "", r.Body["inputImageLastUrl"])
	require.Equal(t, "", r.Body["inputImageFirst"])
	require.Equal(t, "https://files.test/a.png", r.Body["inputImageFirstUrl"])

	s.call("run_model", run(t, tryOn, map[string]any{"inputImageHuman": photo, "inputImageClothes": []any{last, "https://files.test/b,c.png"}})).ok("Completed")
	r = s.sent()
	require.Len(t, r.Files, 2)
	require.Equal(t, "https://files.test/b,c.png", r.Body["inputImageClothes"])
	require.NotContains(t, r.Body, "inputImageClothesUrl", "a combinefileinput has none")

	s.call("run_model", run(t, papers, map[string]any{"prompt": "sum up", "inputDocumentMultiple": []any{notes, "https://files.test/1.pdf", data, "https://files.test/2.pdf"}})).ok("Completed")
	r = s.sent()
	require.Len(t, r.Files, 2)
	require.Equal(t, []string{"inputDocumentMultiple", "inputDocumentMultiple"}, []string{r.Files[0].Field, r.Files[1].Field})
	require.Equal(t, "text/plain", r.Files[1].ContentType)
	require.Equal(t, "https://files.test/1.pdf,https://files.test/2.pdf", r.Body["inputDocumentMultipleUrl"])

	s.call("run_model", run(t, papers, map[string]any{"prompt": "sum up", "inputDocumentMultiple": []any{"https://files.test/1.pdf", "https://files.test/2.pdf"}})).ok("Completed")
	r = s.sent()
	require.False(t, isForm(r), "no file, no form")
	require.Equal(t, "https://files.test/1.pdf,https://files.test/2.pdf", r.Body["inputDocumentMultipleUrl"])
}

func TestAURLWithCommasIsNotTornApart(t *testing.T) {
	t.Parallel()
	s, dir := desk(t)
	address := "https://res.cloudinary.test/demo/w_100,h_100,c_fill/paper.pdf"
	s.call("run_model", run(t, papers, map[string]any{"prompt": "sum up", "inputDocumentMultiple": address})).ok("Completed")
	require.Equal(t, []any{address}, s.sent().Body["inputDocumentMultiple"])

	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("%PDF-1.7 of commas")) }))
	t.Cleanup(site.Close)
	notes := put(t, dir, "notes.txt", "n")
	s.call("run_model", run(t, papers, map[string]any{"prompt": "sum up", "inputDocumentMultiple": []any{notes, site.URL + "/w_1,h_1/paper.pdf"}})).ok("Completed")
	r := s.sent()
	require.Len(t, r.Files, 2, "beside a file it is sent as one")
	require.EqualValues(t, len("%PDF-1.7 of commas"), r.Files[1].Size)
}

func TestAFileForAParameterOfURLsIsUploadedFirst(t *testing.T) {
	t.Parallel()
	s, dir := desk(t)
	photo := put(t, dir, "photo.png", string(paint(t, 8)))
	s.call("run_model", run(t, urlOnly, map[string]any{"prompt": "x", "seed": "1", "inputImageUrl": photo})).ok("Completed")
	require.Equal(t, 1, s.sandbox.RequestCount("File/Upload"))
	require.Contains(t, s.sent().Body["inputImageUrl"], "photo.png")
	require.Contains(t, s.sent().Body["inputImageUrl"], "http")
}

func TestLocalFilesThatAreNotRead(t *testing.T) {
	t.Parallel()
	s, dir := desk(t)
	outside := put(t, t.TempDir(), "secret.png", string(paint(t, 8)))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "link.png")))
	put(t, dir, ".env", "KEY=1")
	put(t, dir, ".ssh/key.txt", "k")
	put(t, dir, "id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\n")
	put(t, dir, "empty.png", "")
	put(t, dir, "tool.exe", "MZ\x90\x00\x03")
	put(t, dir, "half.png", string(paint(t, 64)[:5000]))
	for path, says := range map[string]string{
		outside:                            "outside the folders",
		filepath.Join(dir, "link.png"):     "outside the folders",
		filepath.Join(dir, "..", "x.png"):  "outside the folders",
		"~/.ssh/id_rsa":                    "outside the folders",
		"/dev/zero":                        "outside the folders",
		filepath.Join(dir, ".env"):         "hidden",
		filepath.Join(dir, ".ssh/key.txt"): "hidden",
		filepath.Join(dir, "id_rsa"):       "without an extension",
		filepath.Join(dir, "none.png"):     "does not exist",
		filepath.Join(dir, "empty.png"):    "empty",
		filepath.Join(dir, "tool.exe"):     "does not take .exe",
		dir + "/":                          "outside the folders",
		`C:\Users\me\cat.png`:              "Windows path",
		"file://elsewhere/cat.png":         "this machine",
	} {
		for _, call := range []answer{
			s.call("run_model", run(t, video, map[string]any{"prompt": "x", "inputImageFirst": path})),
			s.call("upload_file", fmt.Sprintf(`{"path":%q}`, path)),
		} {
			call.refused(says)
			if says == "outside the folders" {
				call.refused(dir, "FILES_DIRS allows others.")
			}
		}
	}
	require.Zero(t, s.sandbox.RequestCount("Run/"+video))
	for _, r := range s.sandbox.Requests() {
		require.Empty(t, r.Files, r.Path)
	}
}

func TestParamsAreCheckedBeforeFilesAreOpened(t *testing.T) {
	t.Parallel()
	s, _ := desk(t)
	s.call("run_model", run(t, video, map[string]any{"prompt": "x", "no_such": 1, "inputImageFirst": "/nowhere/x.png"})).refused("no_such")
}

func TestOverHTTPADataURIWorksAndAPathDoesNot(t *testing.T) {
	t.Parallel()
	s, dir := desk(t)
	photo := put(t, dir, "photo.png", string(paint(t, 600)))
	remote := mcptool.WithScope(soon(t), mcptool.Scope{Caller: wiro.Credentials{Key: emulator.DemoKey}})
	refused, err := s.Call(remote, "run_model", map[string]any{"model": video, "params": map[string]any{"prompt": "x", "inputImageFirst": photo}}, nil)
	require.NoError(t, err)
	require.True(t, refused.IsError)
	require.Contains(t, refused.Text, "data: URI")
	require.NotContains(t, refused.Text, dir)

	content := paint(t, 600)
	data := "data:image/png;base64," + base64.StdEncoding.EncodeToString(content)
	done, err := s.Call(remote, "run_model", map[string]any{"model": video, "params": map[string]any{"prompt": "x", "inputImageFirst": data}}, nil)
	require.NoError(t, err)
	require.False(t, done.IsError, done.Text)
	require.Equal(t, []emulator.RequestFile{{Field: "inputImageFirst", Name: "inputImageFirst.png", ContentType: "image/png", Size: int64(len(content))}}, s.sent().Files)
	require.Less(t, len(done.Structured), 20_000, "the content does not come back")
	saved, err := s.Call(remote, "save_output", map[string]any{"url": "https://cdn1.wiro.ai/x.png"}, nil)
	require.NoError(t, err)
	require.True(t, saved.IsError)
}

func TestUploadsAreLookedAt(t *testing.T) {
	t.Parallel()
	s, dir := desk(t)
	site := http.NewServeMux()
	serve := func(path, declared, disposition string, content []byte) {
		site.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", declared)
			if disposition != "" {
				w.Header().Set("Content-Disposition", disposition)
			}
			_, _ = w.Write(content)
		})
	}
	picture := paint(t, 8)
	serve("/signed", "application/octet-stream", "", picture)
	serve("/image.php", "image/x-png", "", picture)
	serve("/media/abc:large", "image/jpg", "", picture)
	serve("/api/v1.2", "binary/octet-stream", "", picture)
	serve("/download", "application/octet-stream", `attachment; filename*=UTF-8''my%20cat.png`, picture)
	serve("/cat.png", "image/png", "", []byte("\n<!DOCTYPE html><title>Sign in</title>"))
	serve("/dog.png", "text/plain", "", []byte("Access denied"))
	serve("/empty.png", "image/png", "", nil)
	serve("/half.png", "image/png", "", paint(t, 200)[:9000])
	site.HandleFunc("/short.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "9000")
		_, _ = w.Write(picture[:50])
	})
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	upload := func(path string) answer { return s.call("upload_file", `{"url":"`+server.URL+path+`"}`) }
	for path, name := range map[string]string{
		"/signed?X-Sig=a.b": "signed.png", "/image.php": "image.png", "/media/abc:large": "abclarge.png", "/api/v1.2": "v1.2.png", "/download": "my cat.png",
	} {
		require.Equal(t, name, upload(path).ok().at("file.name"), path)
	}
	upload("/cat.png").refused("web page", "sign in")
	upload("/dog.png").refused("Access denied")
	upload("/empty.png").refused("empty")
	upload("/half.png").refused("cut off")
	upload("/short.png").refused("cut off")
	s.call("upload_file", `{"url":"data:image/png;base64,!!"}`).refused("base64")
	s.call("upload_file", `{}`).refused("url", "path")

	s.sandbox.Behave("File/Upload", emulator.Behavior{Code: 1, Message: "File type is not supported."})
	s.call("upload_file", fmt.Sprintf(`{"path":%q}`, put(t, dir, "a.png", string(picture)))).refused("not supported", "a.png", "jpg, png")
}

// What a 90 MB file costs: it is streamed from the folder to Wiro.
func TestALargeLocalFileIsStreamed(t *testing.T) {
	s, dir := desk(t) // alone: it measures the heap of the process
	path := filepath.Join(dir, "clip.mp4")
	file, err := os.Create(path) //nolint:gosec // in a folder of the test
	require.NoError(t, err)
	_, err = file.WriteString("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")
	require.NoError(t, err)
	require.NoError(t, file.Truncate(90<<20))
	require.NoError(t, file.Close())
	before := allocated()
	s.call("upload_file", fmt.Sprintf(`{"path":%q}`, path)).ok("clip.mp4", "video/mp4")
	require.Less(t, allocated()-before, int64(16<<20), "bytes allocated in all, the emulator's too")
}

func allocated() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.TotalAlloc) //nolint:gosec // far below its limit
}
