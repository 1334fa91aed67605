package sandbox

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// makeMesh is what 3D models do: a GLB with a box whose proportions and colors follow
// from the prompt.
func (t *task) makeMesh(show *performance) {
	m := mesh{name: t.caption(), key: t.model.Slug + t.caption()}
	show.outputs = []*output{{name: "0.glb", contentType: "model/gltf-binary", size: int64(len(m.glb())), make: m.glb}}
	t.showProgress(show, "Done.")
}

type mesh struct{ name, key string }

// glb makes the file: eight corners with a color each, twelve triangles.
//
// Format: Khronos glTF 2.0, Binary glTF.
func (m mesh) glb() []byte {
	var data []byte
	h := hash(m.key)
	size := [3]float32{0.5 + float32(h%100)/100, 0.5 + float32(h/100%100)/100, 0.5 + float32(h/10_000%100)/100}
	for corner := range 8 {
		for axis := range 3 {
			v := -size[axis]
			if corner>>axis&1 == 1 {
				v = size[axis]
			}
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	}
	for corner := range 8 {
		c := hsv(float64(h%360)/360+float64(corner)/10, 0.7, 0.9)
		data = append(data, c.R, c.G, c.B, 255)
	}
	const triangles = "" +
		"\x00\x02\x01\x01\x02\x03\x04\x05\x06\x05\x07\x06\x00\x01\x04\x01\x05\x04" +
		"\x02\x06\x03\x03\x06\x07\x00\x04\x02\x02\x04\x06\x01\x03\x05\x03\x07\x05"
	for i := range len(triangles) {
		data = append(data, triangles[i], 0)
	}
	scene := encode(map[string]any{
		"asset": map[string]any{"version": "2.0", "generator": "Wiro sandbox"},
		"scene": 0, "scenes": []any{map[string]any{"nodes": []int{0}}},
		"nodes": []any{map[string]any{"mesh": 0, "name": shorten(m.name)}},
		"meshes": []any{map[string]any{"primitives": []any{map[string]any{
			"attributes": map[string]int{"POSITION": 0, "COLOR_0": 1}, "indices": 2,
		}}}},
		"buffers": []any{map[string]any{"byteLength": len(data)}},
		"bufferViews": []any{
			map[string]any{"buffer": 0, "byteOffset": 0, "byteLength": 96, "target": 34962},
			map[string]any{"buffer": 0, "byteOffset": 96, "byteLength": 32, "target": 34962},
			map[string]any{"buffer": 0, "byteOffset": 128, "byteLength": 72, "target": 34963},
		},
		"accessors": []any{
			map[string]any{"bufferView": 0, "componentType": 5126, "count": 8, "type": "VEC3", "min": []float32{-size[0], -size[1], -size[2]}, "max": size[:]},
			map[string]any{"bufferView": 1, "componentType": 5121, "count": 8, "type": "VEC4", "normalized": true},
			map[string]any{"bufferView": 2, "componentType": 5123, "count": 36, "type": "SCALAR"},
		},
	})
	scene = append(scene, bytes.Repeat([]byte(" "), -len(scene)&3)...)
	data = append(data, make([]byte, -len(data)&3)...)
	out := append([]byte("glTF\x02\x00\x00\x00"), le32(12+8+len(scene)+8+len(data))...)
	out = append(append(append(out, le32(len(scene))...), "JSON"...), scene...)
	return append(append(append(out, le32(len(data))...), "BIN\x00"...), data...)
}

// makeVector is what embedding models do: texts that share words get vectors that are
// near each other.
func (t *task) makeVector(show *performance) {
	vector := embed(t.in.text(), int(t.in.number("dimensions", 64)))
	data := encode(map[string]any{
		"object": "embedding", "model": t.model.Slug, "dimensions": len(vector), "embedding": vector,
	})
	show.say(string(data))
	show.outputs = []*output{file("0.json", "application/json", data)}
	show.used.tokens = tokens(t.in.text())
}

// embed adds up one random direction a word, and brings the sum to length 1.
func embed(text string, dimensions int) []float64 {
	vector := make([]float64, dimensions)
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		rng := rand.New(rand.NewPCG(hash(word), 1)) //nolint:gosec // it must repeat
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

// makeArchive is what trainers do: a ZIP with a description of the adapter and its card.
func (t *task) makeArchive(show *performance) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	word := t.in.values["triggerWord"]
	config, err := json.MarshalIndent(map[string]any{
		"base_model": t.model.Slug, "trigger_word": word, "steps": t.in.number("steps", 1000), "rank": 16,
	}, "", "  ")
	card := fmt.Sprintf("# %s\n\nTrained in the Wiro sandbox: it teaches no model anything.\nTrigger word: %s\n", t.model.Title, word)
	err = errors.Join(err, addToZIP(z, "adapter_config.json", config), addToZIP(z, "README.md", []byte(card)), z.Close())
	if err != nil { // never: it writes to memory
		panic(err)
	}
	show.outputs = []*output{file("adapter.zip", "application/zip", buf.Bytes())}
	t.showProgress(show, "Training finished.")
}

func addToZIP(z *zip.Writer, name string, data []byte) error {
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// makeDocument is what document models do: a report in the format that was asked for.
func (t *task) makeDocument(show *performance) {
	text := t.report()
	show.say(text)
	t.leaveText(show, text)
	show.used.tokens = tokens(t.in.text()) + tokens(text)
}

// leaveText leaves a text behind as a file: plain, Markdown or JSON.
func (t *task) leaveText(show *performance, text string) {
	name, contentType, data := "0.txt", "text/plain", []byte(text)
	switch t.in.values["outputType"] {
	case "markdown":
		name, contentType = "0.md", "text/markdown"
	case "json":
		name, contentType = "0.json", "application/json"
		if !json.Valid(data) {
			data = encode(map[string]string{"text": text})
		}
	}
	o := file(name, contentType, data)
	o.text = text
	show.outputs = []*output{o}
}
