package tools_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// made has the next looks at tasks answer with these outputs and logs.
func (s *stage) made(outputs, debugOutput string) {
	s.t.Helper()
	task := fmt.Sprintf(`{"result":true,"errors":[],"total":"1","tasklist":[{"id":"7","socketaccesstoken":"tok7","status":"task_postprocess_end","pexit":"0",`+
		`"totalcost":"0.05","modelslugowner":"a","modelslugproject":"b","parameters":{"prompt":"a lighthouse [at] dawn"},"debugoutput":%q,"outputs":[%s]}]}`, debugOutput, outputs)
	s.sandbox.Behave("Task/Detail", emulator.Behavior{Status: 200, ContentType: "application/json", Body: task})
}

const seven = `{"tasktoken":"tok7"}`

// hosting serves files by name.
func hosting(t *testing.T, content map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := content[strings.TrimPrefix(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

func TestATranscriptIsInTheResult(t *testing.T) {
	t.Parallel()
	s, dir := desk(t)
	sound := put(t, dir, "talk.wav", "RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x04\x00\x00\x00\x00\x00\x00\x00")
	done := s.call("run_model", run(t, whisper, map[string]any{"inputAudio": sound})).ok("Completed")
	text := done.at("outputs.0.text").(string)
	require.NotEmpty(t, text)
	require.Contains(t, done.text, text)
	require.Equal(t, "text", done.at("outputs.0.kind"))
}

func TestTextOutputsAreWholeOrTheirStart(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	long := strings.Repeat("line of the file, ä\n", 15_000)
	base := hosting(t, map[string]string{"a.srt": "1\n00:00 --> 00:01\nHi", "long.txt": long, "page.json": "<!doctype html><p>gone", "code.md": "\ufeff    indented"})
	s.made(`{"name":"a.srt","contenttype":"","size":"20","url":"`+base+`a.srt"},{"name":"long.txt","contenttype":"text/plain","url":"`+base+`long.txt"},`+
		`{"name":"page.json","contenttype":"application/json","url":"`+base+`page.json"},{"name":"code.md","contenttype":"md","url":"`+base+`code.md"}`, "")
	r := s.call("get_task", seven).ok("00:00 --> 00:01\nHi", "first 2 KB", "read_output", "\n    indented", "Charged $0.05")
	require.Equal(t, "application/x-subrip", r.at("outputs.0.mimeType"))
	require.Equal(t, "1\n00:00 --> 00:01\nHi", r.at("outputs.0.text"))
	require.Less(t, len(r.at("outputs.1.text").(string)), 3000)
	require.Nil(t, r.at("outputs.2.text"), "a web page is not the file")
	require.Equal(t, "text/markdown", r.at("outputs.3.mimeType"))

	got, next := r.at("outputs.1.text").(string), r.data["nextAction"].(map[string]any)
	got, _, _ = strings.Cut(got, "\n[cut:")
	for next != nil {
		require.Equal(t, "read_output", next["tool"])
		page, err := s.Call(soon(t), "read_output", next["arguments"].(map[string]any), nil)
		require.NoError(t, err)
		require.False(t, page.IsError, page.Text)
		a := decoded(t, page)
		got += a.data["text"].(string)
		next, _ = a.data["nextAction"].(map[string]any)
	}
	require.Equal(t, long, got)
	s.call("read_output", `{"tasktoken":"tok7","index":2}`).refused("no text")
	s.call("read_output", `{"tasktoken":"tok7","index":9}`).refused("no output 9")
	s.call("read_output", `{"tasktoken":"tok7","offset":100000}`).refused("nothing from offset")
	s.call("read_output", `{"url":"https://elsewhere.test/x.txt"}`).refused("Wiro's own")
	s.call("read_output", `{"url":"https://cdn1.wiro.ai.evil.test/x.txt"}`).refused("Wiro's own")
}

func decoded(t *testing.T, r mcptool.Result) answer {
	t.Helper()
	a := answer{text: r.Text, isError: r.IsError, t: t}
	require.NoError(t, json.Unmarshal(r.Structured, &a.data))
	return a
}

func unbase64(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	return data
}

func TestALongAnswerIsReadableToItsEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	long := strings.Repeat("word ", 40_000) + "the end"
	s.made(fmt.Sprintf(`{"contenttype":"raw","content":{"prompt":"p","raw":%q,"answer":[%q]}}`, long, long), "")
	r := s.call("get_task", seven).ok("Completed", "Charged $0.05", "read_output")
	require.Less(t, len(r.text), 100_000)
	next := r.data["nextAction"].(map[string]any)
	whole, _, _ := strings.Cut(r.at("response").(string), "\n[cut:")
	for next != nil {
		page, err := s.Call(soon(t), "read_output", next["arguments"].(map[string]any), nil)
		require.NoError(t, err)
		a := decoded(t, page)
		require.False(t, a.isError, a.text)
		whole += a.data["text"].(string)
		next, _ = a.data["nextAction"].(map[string]any)
	}
	require.Equal(t, long, whole)

	answer := strings.Repeat("12345678 1", 6000)
	s.made(fmt.Sprintf(`{"contenttype":"raw","content":{"message":%q}}`, answer), "")
	result, err := s.Call(soon(t), "get_task", map[string]any{"tasktoken": "tok7"}, nil)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(result.Structured), answer), "once")
	require.Equal(t, 1, strings.Count(result.Text, answer))
}

func TestAnswersOfOddShapesAreShown(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for content, want := range map[string][2]string{
		`{"message":"Hello!"}`:                                 {"Hello!", ""},
		`{"raw":"<think>\nhm\n</think>\n\n    code()"}`:        {"    code()", "\nhm"},
		`{"raw":"so it is</think>Yes"}`:                        {"Yes", "so it is"},
		`{"raw":"<Thinking>never done"}`:                       {"", "never done"},
		`{"raw":"x","answer":["    if x:\n        y"]}`:        {"    if x:\n        y", ""},
		`{"score":0.9}`:                                        {"{\n  \"score\": 0.9\n}", ""},
		`{"raw":"` + "```html\\n<think>a</think>\\n```" + `"}`: {"```html\n<think>a</think>\n```", ""},
	} {
		s.made(`{"contenttype":"raw","content":`+content+`}`, "")
		r := s.call("get_task", seven)
		response, _ := r.data["response"].(string)
		thinking, _ := r.data["thinking"].(string)
		require.Equal(t, want[0], response, content)
		require.Equal(t, strings.TrimSpace(want[1]), strings.TrimSpace(thinking), content)
	}
}

func TestALogIsNoAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.made("", "Loading model\r 10%|#   | 1/10\r100%|####| 10/10\nNSFW content was detected: the image was removed.\n")
	r := s.call("get_task", seven).ok("It left no output. Charged $0.05.", "NSFW content was detected")
	require.Nil(t, r.data["response"])
	require.NotContains(t, r.text, "100%")
	s.made("", "Step 1/30\nStep 30/30\n")
	require.NotContains(t, s.call("get_task", seven).ok("It left no output.").text, "Step")
	s.made(`{"name":"0.png","contenttype":"image/png","url":"https://cdn.test/0.png"}`, "1 of 2 images was filtered by the safety checker\nDone.")
	s.call("get_task", seven).ok("filtered by the safety checker", "![a lighthouse (at) dawn](https://cdn.test/0.png)")
}

func TestOutputsAreNamedForWhatTheyAre(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.made(`{"name":"0.png","contenttype":"application/octet-stream","url":"https://cdn.test/my file (1).png"},{"name":"1.mp4","contenttype":"mp4","url":"https://cdn.test/1.mp4?a=b c"},`+
		`{"name":"2","contenttype":"image","url":"https://cdn.test/2"},{"contenttype":"","url":"https://cdn.test/d/3.glb"},"https://cdn.test/4.wav"`, "")
	r := s.call("get_task", seven).ok("![a lighthouse (at) dawn](https://cdn.test/my%20file%20%281%29.png)", "[1.mp4](https://cdn.test/1.mp4?a=b%20c)", "limited time")
	for i, want := range [][2]string{{"image/png", "image"}, {"video/mp4", "video"}, {"application/octet-stream", "image"}, {"model/gltf-binary", "file"}, {"audio/wav", "audio"}} {
		require.Equal(t, want[0], r.at(fmt.Sprintf("outputs.%d.mimeType", i)), i)
		require.Equal(t, want[1], r.at(fmt.Sprintf("outputs.%d.kind", i)), i)
	}
	require.Equal(t, "3.glb", r.at("outputs.3.name"))
	require.Equal(t, "https://cdn.test/my%20file%20%281%29.png", strings.NewReplacer("(", "%28", ")", "%29").Replace(r.at("outputs.0.url").(string)))
}

// four has a task of four pictures.
func (s *stage) four() {
	s.t.Helper()
	var outputs []string
	for i := range 4 {
		name := fmt.Sprintf("%d.png", i)
		base := hosting(s.t, map[string]string{name: string(paint(s.t, 100+i))})
		outputs = append(outputs, fmt.Sprintf(`{"name":%q,"contenttype":"image/png","url":%q}`, name, base+name))
	}
	s.made(strings.Join(outputs, ","), "")
}

func TestFourPicturesBecomeOneContactSheet(t *testing.T) {
	t.Parallel()
	for mode, images := range map[tools.InlineImages]int{tools.InlineAlways: 1, tools.InlineNever: 0, tools.InlineAuto: 0, "": 0} {
		s := newStage(t, func(o *tools.Options) { o.InlineImages = mode })
		s.four()
		result := s.CallTool(own(t), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "get_task", Arguments: map[string]any{"tasktoken": "tok7"}}})
		var seen int
		for _, content := range result.Content {
			switch c := content.(type) {
			case mcp.ImageContent:
				seen++
				require.Equal(t, "image/jpeg", c.MIMEType)
				data := unbase64(t, c.Data)
				require.LessOrEqual(t, len(data), 200<<10)
				config, err := jpeg.DecodeConfig(bytes.NewReader(data))
				require.NoError(t, err)
				require.LessOrEqual(t, max(config.Width, config.Height), 768)
			case mcp.TextContent:
				require.Equal(t, 4, strings.Count(c.Text, "![a lighthouse"))
			}
		}
		require.Equal(t, images, seen, mode)
	}
}

func TestOutputsAreSaved(t *testing.T) {
	t.Parallel()
	s, dir := desk(t)
	s.four()
	first := s.call("save_output", seven).ok("Saved 4 files", "file://")
	s.call("save_output", seven).ok("Saved 4 files")
	saved, err := filepath.Glob(filepath.Join(dir, "saved", "*b a-lighthouse-at-dawn*.png"))
	require.NoError(t, err)
	require.Len(t, saved, 8, "nothing is overwritten")
	got, err := os.ReadFile(first.at("files.0.path").(string))
	require.NoError(t, err)
	require.Equal(t, paint(t, 100), got)

	s.made(`{"contenttype":"raw","content":{"message":"An answer."}}`, "")
	path := s.call("save_output", seven).ok("Saved 1 file").at("files.0.path").(string)
	got, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "An answer.", string(got))
	require.Equal(t, ".txt", filepath.Ext(path))
	s.made("", "")
	s.call("save_output", seven).refused("left no output")
	s.call("save_output", `{"url":"https://elsewhere.test/x.png"}`).refused("Wiro's own")
}

func TestEveryRunIsSavedWhereTheOperatorWantsThat(t *testing.T) {
	t.Parallel()
	s, dir := desk(t, func(o *tools.Options) { o.Local.SaveAll = true })
	done := s.call("run_model", run(t, picture, map[string]any{"prompt": "a lighthouse"})).ok("Completed", "Saved: "+dir)
	require.FileExists(t, done.at("outputs.0.path").(string))
}

func TestAResultSurvivesAFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s, dir := desk(t, func(o *tools.Options) { o.Local.SaveAll = true })
	put(t, dir, "saved", "a file where the folder should be")
	done := s.call("run_model", run(t, picture, map[string]any{"prompt": "a lighthouse"})).ok("Completed", "Charged", "Not saved", "OUTPUT_DIR chooses another.")
	require.NotEmpty(t, done.at("outputs.0.url"))
	s.call("save_output", fmt.Sprintf(`{"tasktoken":%q}`, done.at("task.token"))).refused("Nothing was saved", "OUTPUT_DIR chooses another.")

	full := tools.NotSaved(tools.LocalFiles{OutputDir: "/x", OutputHint: "OUTPUT_DIR chooses another."}, &os.PathError{Op: "write", Path: "/x/y", Err: syscall.ENOSPC})
	require.Contains(t, full, "disk of /x is full")
	require.Contains(t, full, "OUTPUT_DIR chooses another.")
	readOnly := tools.NotSaved(tools.LocalFiles{OutputDir: "/x"}, &os.PathError{Op: "mkdir", Path: "/x", Err: syscall.EROFS})
	require.Contains(t, readOnly, "cannot be written")
}

// What a saved output of 60 MB costs: it is streamed to the disk.
func TestALargeOutputIsStreamed(t *testing.T) {
	s, _ := desk(t) // alone: it measures the heap of the process
	chunk := make([]byte, 1<<20)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")
		for range 60 {
			_, _ = w.Write(chunk)
		}
	}))
	t.Cleanup(site.Close)
	s.made(fmt.Sprintf(`{"name":"0.mp4","contenttype":"video/mp4","url":"%s/0.mp4"}`, site.URL), "")
	before := allocated()
	saved := s.call("save_output", seven).ok("video/mp4")
	require.Greater(t, saved.at("files.0.sizeBytes"), float64(60<<20))
	require.Less(t, allocated()-before, int64(16<<20), "bytes allocated in all")
}
