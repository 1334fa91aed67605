package tasks

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"
)

// makeImages is what image models do: one PNG a sample, with the prompt on it.
func (t *task) makeImages(exec *execution) {
	width, height := t.in.pixels(t.model)
	samples := int(t.in.number("samples", 1))
	for i := range samples {
		p := media.Painting{
			Width: width, Height: height,
			Text: t.caption(), Footer: t.model.Slug + " · Wiro sandbox",
			Key: t.model.Slug + t.in.text() + t.in.values["seed"] + strconv.Itoa(i),
		}
		exec.outputs = append(exec.outputs, &output{
			name: strconv.Itoa(i) + ".png", contentType: "image/png",
			size: media.PNGSize(width, height), make: p.PNG,
		})
	}
	exec.used.pixels = width * height
	t.showProgress(exec, "Done.")
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
	return media.Painting{
		Width: 640, Height: 400, Text: m.Title,
		Footer: strings.Join(m.Categories, " · "), Key: m.Slug,
	}.PNG()
}
