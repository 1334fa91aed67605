package emulator_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func listed(out answer) []obj {
	var list []obj
	for _, e := range out.body["list"].([]any) {
		list = append(list, e.(obj))
	}
	return list
}

func TestFilesAreUploadedIntoFolders(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	root := listed(a.post("File/FolderCreate", obj{"name": "training-data"}))[0]
	require.Equal(t, "training-data", root["name"])
	require.Equal(t, "0", root["size"])
	require.Equal(t, "", root["contenttype"])
	nested := listed(a.post("File/FolderCreate", obj{"name": "Part_2", "parentid": root["id"]}))[0]
	require.Equal(t, root["id"], nested["parentid"])

	file := listed(a.form("File/Upload", []formFile{{"file", "dataset.csv", "a,b\n1,2\n"}}, "folderid", nested["id"].(string)))[0]
	require.Equal(t, "dataset.csv", file["name"])
	require.Equal(t, "text/csv", file["contenttype"])
	require.Equal(t, "8", file["size"])
	require.Equal(t, nested["id"], file["parentid"])
	require.NotEmpty(t, file["accesskey"])
	require.Regexp(t, `^\d+$`, file["addedtime"])
	require.Equal(t, "a,b\n1,2\n", a.fetch(file["url"].(string)).text)
	require.NotEmpty(t, listed(a.form("File/Upload", []formFile{{"file", "a.txt", "x"}}))[0]["parentid"], "the default folder")
}

func TestFilesAreRefusedForTheDocumentedReasons(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for name, want := range map[string]string{
		"":          "Request parameter [name] required",
		"my folder": "Request parameter [name] is invalid. Only letters, numbers, hyphens and underscores are allowed.",
		"größe":     "Request parameter [name] is invalid. Only letters, numbers, hyphens and underscores are allowed.",
	} {
		_, message := a.refused("File/FolderCreate", obj{"name": name})
		require.Equal(t, want, message)
	}
	_, message := a.refused("File/FolderCreate", obj{"name": "x", "parentid": "nowhere"})
	require.Equal(t, "There is no folder yet.", message)
	_, message = a.form("File/Upload", nil, "folderid", "").failure(t)
	require.Equal(t, "Request files [file] required", message)
	_, message = a.form("File/Upload", []formFile{{"file", "virus.exe", "x"}}).failure(t)
	require.Equal(t, "File type is not supported.", message)
	_, message = a.form("File/Upload", []formFile{{"file", "broken.zip", "x"}}).failure(t)
	require.Equal(t, "ZIP archive could not be extracted.", message)
}

func TestLargeFilesAreServedFromDisk(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	content := strings.Repeat("0123456789abcdef", 200_000)
	file := listed(a.form("File/Upload", []formFile{{"file", "big.mp4", content}}))[0]
	require.Equal(t, "3200000", file["size"])
	part, err := a.do(http.MethodGet, file["url"].(string), "", http.Header{"Range": {"bytes=3199990-"}}, http.NoBody)
	require.NoError(t, err)
	require.Equal(t, content[len(content)-10:], part.text)
}

func TestFilesOver100MBAreRefused(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Record: true})
	const tooLarge = 100<<20 + 1
	body := io.MultiReader(
		strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.mp4\"\r\nContent-Type: video/mp4\r\n\r\n"),
		io.LimitReader(forever{}, tooLarge),
		strings.NewReader("\r\n--x--\r\n"))
	out, err := a.do(http.MethodPost, a.s.APIURL()+"/File/Upload", "multipart/form-data; boundary=x", nil, body)
	require.NoError(t, err)
	_, message := out.failure(t)
	require.Equal(t, "File size must not exceed 100 MB.", message)
	require.Equal(t, []emulator.RequestFile{{Field: "file", Name: "big.mp4", ContentType: "video/mp4", Size: tooLarge}}, a.s.RequestsTo("File/Upload")[0].Files)
}

// forever reads zeros.
type forever struct{}

func (forever) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestArchivesAreExtracted(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range []string{"data/a.txt", "data/b.png", "data/.hidden.txt", "run.exe", "../../escape.md"} {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = w.Write([]byte("content of " + name))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	files := listed(a.form("File/Upload", []formFile{{"file", "all.zip", archive.String()}}))
	require.Len(t, files, 3)
	require.Equal(t, "a.txt", files[0]["name"])
	require.Equal(t, "escape.md", files[2]["name"])
	require.Equal(t, "content of data/b.png", a.fetch(files[1]["url"].(string)).text)
}

func TestStoredFilesAreBounded(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{MaxStoredBytes: 25})
	upload := func() string {
		return listed(a.form("File/Upload", []formFile{{"file", "a.txt", "0123456789"}}))[0]["url"].(string)
	}
	first, second, third := upload(), upload(), upload()
	require.Equal(t, http.StatusNotFound, a.fetch(first).status)
	require.Equal(t, http.StatusOK, a.fetch(second).status)
	require.Equal(t, http.StatusOK, a.fetch(third).status)
}

// No t.Parallel: it looks at the temporary directory.
func TestCloseLeavesNothingOnDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	a := start(t, emulator.Options{})
	large := strings.Repeat("x", 2<<20)
	a.form("File/Upload", []formFile{{"file", "kept.txt", large}})
	a.form("File/Upload", []formFile{{"file", "refused.exe", large}})
	stored, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	require.Len(t, stored, 1)
	a.s.Close()
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}
