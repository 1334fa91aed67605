package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image/png"
	"strconv"
	"strings"
)

// makeImages is what image models do: one PNG a sample, with the prompt on it.
func (t *task) makeImages(show *performance) {
	width, height := t.in.pixels(t.model)
	samples := int(t.in.number("samples", 1))
	for i := range samples {
		p := painting{
			width: width, height: height,
			text: t.caption(), footer: t.model.Slug + " · Wiro sandbox",
			key: t.model.Slug + t.in.text() + t.in.values["seed"] + strconv.Itoa(i),
		}
		show.outputs = append(show.outputs, &output{
			name: strconv.Itoa(i) + ".png", contentType: "image/png",
			size: pngSize(width, height), make: p.png,
		})
	}
	show.used.pixels = width * height
	t.showProgress(show, "Done.")
}

// caption is the text on what the task makes.
func (t *task) caption() string {
	if text := t.in.text(); text != "" {
		return text
	}
	return t.model.Title
}

// pixels is the size of an image: width and height where the model has them, else what
// aspect ratio and resolution come to, else a megapixel.
func (in *inputs) pixels(m *model) (width, height int) {
	if m.parameter("width") != nil {
		return int(in.number("width", 1024)), int(in.number("height", 1024))
	}
	side := map[string]int{"2K": 2048, "4K": 4096}[in.values["resolution"]]
	if side == 0 {
		side = 1024
	}
	if m.parameter("scale") != nil {
		side = 512 * int(in.number("scale", 2))
	}
	w, h := in.ratio()
	if w > h {
		return side, side * h / w
	}
	return side * w / h, side
}

// ratio is the aspect ratio that was asked for.
func (in *inputs) ratio() (w, h int) {
	if n, _ := fmt.Sscanf(in.values["aspectRatio"], "%d:%d", &w, &h); n != 2 || w < 1 || h < 1 || w > 99 || h > 99 {
		return 1, 1
	}
	return w, h
}

// picture is the cover of a model.
func (m *model) picture() []byte {
	return painting{
		width: 640, height: 400, text: m.Title,
		footer: strings.Join(m.Categories, " · "), key: m.Slug,
	}.png()
}

// pngSize is how long the PNG of a painting is: what the largest may need, the rest is
// padding. So a task can tell the size of an image that nobody has made yet.
func pngSize(width, height int) int64 { return int64(24<<10 + width*height/6) }

// png encodes the painting in exactly pngSize bytes.
func (p painting) png() []byte {
	var buf bytes.Buffer
	if err := png.Encode(&buf, p.paint()); err != nil { // never: it writes to memory
		panic(err)
	}
	return padPNG(buf.Bytes(), int(pngSize(p.width, p.height)))
}

// padPNG brings a PNG to size with a private chunk that every viewer skips.
func padPNG(data []byte, size int) []byte {
	const overhead, end = 12, 12 // of any chunk; the IEND chunk
	padding := size - len(data) - overhead
	if padding < 0 {
		return data // a painting so busy has not been seen
	}
	chunk := make([]byte, 4, 4+padding)
	copy(chunk, "wiRo") // ancillary, private, safe to copy
	chunk = chunk[:4+padding]
	out := make([]byte, 0, size)
	out = append(out, data[:len(data)-end]...)
	out = binary.BigEndian.AppendUint32(out, uint32(padding)) //nolint:gosec // not negative
	out = append(out, chunk...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
	return append(out, data[len(data)-end:]...)
}
