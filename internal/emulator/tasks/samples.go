package tasks

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// sample is an output that is the same for every run: a small file from package media.
func sample(name, contentType, file string) *output {
	return &output{name: name, contentType: contentType, size: media.SampleSize(file), make: func() []byte { return media.Sample(file) }}
}

// makeVideo is what video models do: the sample clip, billed at the length that was asked
// for.
func (t *task) makeVideo(exec *execution) {
	seconds := float64(t.in.length())
	exec.used.videoSeconds = seconds
	o := sample("0.mp4", "video/mp4", "sample.mp4")
	o.secs = seconds
	exec.outputs = []*output{o}
	t.showProgress(exec, "Done.")
}

// length is how many seconds of video were asked for.
func (in *inputs) length() int {
	for _, name := range []string{"duration", "seconds"} {
		if n, err := strconv.Atoi(in.values[name]); err == nil && n > 0 && n <= 60 {
			return n
		}
	}
	return 5
}

// makeMesh is what 3D models do: a GLB with a cube.
func (t *task) makeMesh(exec *execution) {
	exec.outputs = []*output{sample("0.glb", "model/gltf-binary", "sample.glb")}
	t.showProgress(exec, "Done.")
}

// makeArchive is what trainers do: a ZIP with an adapter's configuration and its card.
func (t *task) makeArchive(exec *execution) {
	exec.outputs = []*output{sample("adapter.zip", "application/zip", "sample.zip")}
	t.showProgress(exec, "Training finished.")
}

// makeVector is what embedding models do: texts that share words get vectors that are
// near each other.
func (t *task) makeVector(exec *execution) {
	vector := embedding(t.in.text(), int(t.in.number("dimensions", 64)))
	data := core.Encode(map[string]any{
		"object": "embedding", "model": t.model.Slug, "dimensions": len(vector), "embedding": vector,
	})
	exec.say(string(data))
	exec.outputs = []*output{file("0.json", "application/json", data)}
	exec.used.tokens = tokens(t.in.text())
}

// embedding adds up one random direction a word, and brings the sum to length 1.
func embedding(text string, dimensions int) []float64 {
	vector := make([]float64, dimensions)
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		rng := rand.New(rand.NewPCG(media.Hash(word), 1)) //nolint:gosec // it must repeat
		for i := range vector {
			vector[i] += rng.NormFloat64()
		}
	}
	var length float64
	for _, v := range vector {
		length += v * v
	}
	for i := range vector {
		vector[i] = math.Round(vector[i]/max(math.Sqrt(length), 1e-9)*1e6) / 1e6
	}
	return vector
}

// makeDocument is what document models do: a report in the format that was asked for.
func (t *task) makeDocument(exec *execution) {
	text := t.report()
	exec.say(text)
	t.leaveText(exec, text)
	exec.used.tokens = tokens(t.in.text()) + tokens(text)
}

// leaveText leaves a text behind as a file: plain, Markdown, JSON, CSV or subtitles,
// or the sample PDF.
func (t *task) leaveText(exec *execution, text string) {
	name, contentType, data := "0.txt", "text/plain", []byte(text)
	switch t.in.values["outputType"] {
	case "markdown":
		name, contentType = "0.md", "text/markdown"
	case "json":
		name, contentType = "0.json", "application/json"
		if !json.Valid(data) {
			data = core.Encode(map[string]string{"text": text})
		}
	case "csv":
		name, contentType = "0.csv", "text/csv"
		data = []byte("line,text\n")
		for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
			data = fmt.Appendf(data, "%d,\"%s\"\n", i+1, strings.ReplaceAll(line, `"`, `""`))
		}
	case "srt":
		name, contentType = "0.srt", "application/x-subrip"
		data = []byte("1\n00:00:00,000 --> 00:00:05,000\n" + text + "\n")
	case "pdf":
		exec.outputs = []*output{sample("0.pdf", "application/pdf", "sample.pdf")}
		return
	}
	o := file(name, contentType, data)
	o.text = text
	exec.outputs = []*output{o}
}
