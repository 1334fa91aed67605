package emulator_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image/png"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// file fetches the n-th output of a task and checks what the task says of it.
func (a *api) file(task obj, n int) answer {
	a.t.Helper()
	o := outputs(task)[n]
	out := a.fetch(o["url"].(string))
	require.Equal(a.t, http.StatusOK, out.status)
	require.Equal(a.t, o["contenttype"], out.header.Get("Content-Type"))
	require.Equal(a.t, number(a.t, o["size"]), float64(len(out.text)))
	require.Equal(a.t, strconv.Itoa(len(out.text)), out.header.Get("Content-Length"))
	return out
}

func TestImagesHaveTheSizeThatWasAskedFor(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	tests := []struct {
		model         string
		params        obj
		width, height int
	}{
		{"stability-ai/sdxl", obj{"prompt": "a lighthouse", "width": 256, "height": 384, "samples": 2}, 256, 384},
		{"google/nano-banana-pro", obj{"prompt": "a lighthouse", "aspectRatio": "16:9"}, 1024, 576},
		{"google/imagen-v4", obj{"prompt": strings.Repeat("every word of a very long prompt ", 200), "aspectRatio": "3:4"}, 768, 1024},
		{"stability-ai/sdxl", obj{"prompt": strings.Repeat("unbreakable", 99) + " 灯台 deniz feneri", "width": 256, "height": 256}, 256, 256},
		{"wiro/image-upscaler", obj{"inputImage": "https://example.com/a.png", "scale": 2}, 1024, 1024},
	}
	for _, test := range tests {
		task := a.result(test.model, test.params)
		for i := range outputs(task) {
			img, err := png.Decode(strings.NewReader(a.file(task, i).text))
			require.NoError(t, err)
			require.Equal(t, test.width, img.Bounds().Dx())
			require.Equal(t, test.height, img.Bounds().Dy())
		}
	}
}

func TestSamePromptMakesTheSameImage(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	image := func(params obj) string { return a.file(a.result("stability-ai/sdxl", params), 0).text }
	first := image(obj{"prompt": "a lighthouse", "width": 256, "height": 256})
	require.Equal(t, first, image(obj{"prompt": "a lighthouse", "width": 256, "height": 256}))
	require.NotEqual(t, first, image(obj{"prompt": "a lighthouse", "width": 256, "height": 256, "seed": "2"}))
}

func TestSamplesAreWhatTheySay(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for model, params := range map[string]obj{
		"openai/sora-2":       {"prompt": "waves", "seconds": "8", "aspectRatio": "9:16"},
		"runway/gen-4-turbo":  {"prompt": "waves", "inputImage": "https://example.com/a.png"},
		"wiro/video-upscaler": {"inputVideo": "https://example.com/a.mp4"},
	} {
		task := a.result(model, params)
		data := a.file(task, 0).text
		require.Equal(t, "video/mp4", http.DetectContentType([]byte(data)), model)
		require.NotEqual(t, "0", task["totalcost"])
	}
	pdf := a.file(a.result("wiro/job-description-writer", obj{"prompt": "a job", "outputType": "pdf"}), 0).text
	require.Equal(t, "application/pdf", http.DetectContentType([]byte(pdf)))
	voice := obj{"inputSongUrl": "https://example.com/song.mp3", "pitch_change": "-1", "pitch_detection_algo": "mangio-crepe", "pitch_change_all": "0", "output_format": "mp3"}
	for name := range strings.FieldsSeq("index_rate filter_radius rms_mix_rate crepe_hop_length protect reverb_size reverb_wetness reverb_dryness reverb_damping") {
		voice[name] = 1
	}
	mp3 := a.file(a.result("wiro/RVC-Voice-Clone-Youtube", voice), 0).text
	require.Equal(t, "audio/mpeg", http.DetectContentType([]byte(mp3)))
}

func TestAudioIsAWAVThatPlays(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for model, seconds := range map[string]float64{"elevenlabs/music": 7, "elevenlabs/text-to-speech": 1.8} {
		data := []byte(a.file(a.result(model, obj{"prompt": "five words, one after another", "duration": 7}), 0).text)
		require.Equal(t, "RIFF", string(data[:4]))
		require.Equal(t, len(data)-8, int(binary.LittleEndian.Uint32(data[4:])))
		require.Equal(t, "WAVE", string(data[8:12]))
		at := bytes.Index(data, []byte("data"))
		pcm := data[at+8:]
		require.Len(t, pcm, int(binary.LittleEndian.Uint32(data[at+4:])))
		require.InDelta(t, seconds, float64(len(pcm))/48_000, 1e-3, model)
		loudest := 0.0
		for i := 0; i < len(pcm); i += 2 {
			loudest = max(loudest, math.Abs(float64(int16(binary.LittleEndian.Uint16(pcm[i:])))))
		}
		require.Greater(t, loudest, 3000.0)
	}
}

func TestTranscriberReadsWhatSpeechSays(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	said := "Grüße from the lighthouse keeper"
	spoken := a.result("elevenlabs/text-to-speech", obj{"prompt": said})
	url := outputs(spoken)[0]["url"]
	task := a.result("openai/whisper-large-3", obj{"inputAudio": url})
	require.Equal(t, said, task["debugoutput"])
	require.Equal(t, said, a.file(task, 0).text)

	wav := a.file(spoken, 0).text
	uploaded := a.form("File/Upload", []formFile{{"file", "said.wav", wav}}).body["list"].([]any)[0].(obj)
	require.Equal(t, said, a.result("elevenlabs/scribe-v2", obj{"inputAudioUrl": uploaded["url"]})["debugoutput"])
	require.Contains(t, a.result("elevenlabs/scribe-v2", obj{"inputAudio": "https://example.com/a.mp3"})["debugoutput"], "cannot hear")
	asJSON := a.result("openai/whisper-large-3", obj{"inputAudio": url, "outputType": "json"})
	require.JSONEq(t, `{"text":"`+said+`"}`, a.file(asJSON, 0).text)
}

func TestMeshIsAGLB(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	data := []byte(a.file(a.result("tencent/hunyuan3d-2-1", obj{"prompt": "a \"box\""}), 0).text)
	require.Equal(t, "glTF", string(data[:4]))
	require.Equal(t, len(data), int(binary.LittleEndian.Uint32(data[8:])))
	n := int(binary.LittleEndian.Uint32(data[12:]))
	require.Zero(t, n%4)
	var scene struct{ Buffers []struct{ ByteLength int } }
	require.NoError(t, json.Unmarshal(data[20:20+n], &scene))
	require.Equal(t, len(data)-20-n-8, scene.Buffers[0].ByteLength)
}

func TestEmbeddingsOfRelatedTextsAreNear(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	vector := func(text string) []float64 {
		var v struct{ Embedding []float64 }
		require.NoError(t, json.Unmarshal([]byte(a.file(a.result("qwen/qwen3-embedding-8b", obj{"text": text, "dimensions": 256}), 0).text), &v))
		require.Len(t, v.Embedding, 256)
		return v.Embedding
	}
	cosine := func(x, y []float64) (dot float64) {
		for i := range x {
			dot += x[i] * y[i]
		}
		return dot
	}
	cat := vector("the cat sat on the mat")
	require.InDelta(t, 1, cosine(cat, cat), 1e-3)
	require.Greater(t, cosine(cat, vector("the cat lay on the mat")), cosine(cat, vector("quarterly revenue grew strongly")))
}

func TestDocumentsComeInTheFormatAskedFor(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	cv := []formFile{{"inputDocumentMultiple", "cv.txt", "Ada Lovelace, programmer"}}
	for format, name := range map[string]string{"text": "0.txt", "markdown": "0.md", "json": "0.json", "csv": "0.csv", "srt": "0.srt"} {
		out := a.form("Run/wiro/cv-evaluator", cv, "outputType", format)
		task := a.finish(out.body["socketaccesstoken"].(string))
		require.Equal(t, name, outputs(task)[0]["name"])
		require.Contains(t, a.file(task, 0).text, "cv.txt")
	}
	out := a.form("Run/wiro/rag-chat", cv, "prompt", "Who is it?")
	require.Contains(t, a.finish(out.body["socketaccesstoken"].(string))["debugoutput"], "Ada Lovelace")
	require.Equal(t, "[de] hello", a.result("google/translategemma-4b", obj{"prompt": "hello", "language": "de"})["debugoutput"])
}

func TestTrainingLeavesAZIP(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	data := a.file(a.result("wiro/flux-lora-trainer", obj{"inputDataset": "https://example.com/d.zip", "triggerWord": "wiro"}), 0).text
	r, err := zip.NewReader(strings.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	require.Len(t, r.File, 2)
}

func TestFilesAreServedInRangesAndOnlyRead(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	task := a.result("openai/sora-2", obj{"prompt": "waves"})
	whole, url := a.file(task, 0).text, outputs(task)[0]["url"].(string)
	part, err := a.do(http.MethodGet, url, "", http.Header{"Range": {"bytes=100-199"}}, http.NoBody)
	require.NoError(t, err)
	require.Equal(t, http.StatusPartialContent, part.status)
	require.Equal(t, whole[100:200], part.text)
	head, err := a.do(http.MethodHead, url, "", nil, http.NoBody)
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(len(whole)), head.header.Get("Content-Length"))
	posted, err := a.do(http.MethodPost, url, "", nil, http.NoBody)
	require.NoError(t, err)
	require.Equal(t, http.StatusMethodNotAllowed, posted.status)
	require.Equal(t, http.StatusNotFound, a.fetch(url+"x").status)
	require.Equal(t, http.StatusOK, a.as("").fetch(url).status, "whoever has the URL has the file")
}

func TestDeletedFilesAreGone(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	out := a.form("Run/wiro/background-remover", []formFile{{"inputImage", "me.png", "x"}})
	token := out.body["socketaccesstoken"].(string)
	task := a.finish(token)
	input, output := task["parameters"].(obj)["inputImage"].(string), outputs(task)[0]["url"].(string)
	require.Equal(t, http.StatusOK, a.fetch(input).status)
	require.Equal(t, http.StatusOK, a.fetch(output).status)

	for range 2 { // a second time does nothing, and says nothing
		a.ok("Task/InputOutputDelete", obj{"tasktoken": token})
	}
	require.Equal(t, http.StatusNotFound, a.fetch(input).status)
	require.Equal(t, http.StatusNotFound, a.fetch(output).status)
	after := a.detail(token)
	require.Equal(t, "0", after["outputfolderid"])
	require.Empty(t, outputs(after))
	require.Equal(t, task["parameters"], after["parameters"])
	require.Equal(t, task["totalcost"], after["totalcost"])

	running := a.run("sandbox/run-forever", obj{})
	code, message := a.refused("Task/InputOutputDelete", obj{"tasktoken": running})
	require.Equal(t, 1.0, code)
	require.Equal(t, "Task must be completed or cancelled before deleting files", message)
	_, message = a.refused("Task/InputOutputDelete", obj{"tasktoken": "nonsense"})
	require.Equal(t, "task-not-exist", message)
}
