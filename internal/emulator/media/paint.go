package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// A Painting is a picture that shows a text: a gradient with discs whose colors follow from
// the key, and a card with the text and a footer on it.
type Painting struct {
	Width, Height int // pixels
	Text, Footer  string
	Key           string // the same key gives the same colors
}

// The palette: a gradient, then from the card's color to the ink of the text.
const (
	gradientColors = 216
	inkColors      = 40
	cardColor      = gradientColors
)

var regular = sync.OnceValue(func() *opentype.Font {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil { // the font is part of the binary
		panic(err)
	}
	return f
})

// paint draws the picture. Few colors keep its PNG small.
func (p Painting) paint() *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, p.Width, p.Height), p.palette())
	p.paintBackground(img)
	p.paintCard(img)
	return img
}

func (p Painting) palette() color.Palette {
	h := Hash(p.Key)
	hue := float64(h%360) / 360
	turn := 0.12 + float64(h/360%30)/100
	palette := make(color.Palette, 0, gradientColors+inkColors)
	for i := range gradientColors {
		t := float64(i) / (gradientColors - 1)
		palette = append(palette, hsv(hue+turn*t, 0.75-0.3*t, 0.45+0.5*t))
	}
	card, ink := color.RGBA{20, 22, 34, 255}, color.RGBA{250, 250, 252, 255}
	for i := range inkColors {
		t := float64(i) / (inkColors - 1)
		mix := func(a, b uint8) uint8 { return uint8(float64(a) + t*(float64(b)-float64(a))) }
		palette = append(palette, color.RGBA{mix(card.R, ink.R), mix(card.G, ink.G), mix(card.B, ink.B), 255})
	}
	return palette
}

func (p Painting) paintBackground(img *image.Paletted) {
	type disc struct{ x, y, r2 float64 }
	h := Hash(p.Key + "discs")
	size := float64(min(p.Width, p.Height))
	var discs [3]disc
	for i := range discs {
		angle := 2 * math.Pi * float64(h%997) / 997
		h = h/997 ^ h<<9
		r := size * (0.22 + 0.1*float64(i))
		discs[i] = disc{
			x:  float64(p.Width) * (0.5 + 0.36*math.Cos(angle)),
			y:  float64(p.Height) * (0.5 + 0.36*math.Sin(angle)),
			r2: r * r,
		}
	}
	span := float64(p.Width + p.Height)
	for y := range p.Height {
		row := img.Pix[y*img.Stride : y*img.Stride+p.Width]
		for x := range row {
			shade := (gradientColors - 48) * float64(x+y) / span
			for _, d := range discs {
				dx, dy := float64(x)-d.x, float64(y)-d.y
				if dx*dx+dy*dy < d.r2 {
					shade += 16
				}
			}
			row[x] = uint8(shade)
		}
	}
}

// paintCard draws the text on its card, as large as it fits.
func (p Painting) paintCard(img *image.Paletted) {
	margin := p.Width / 12
	inner := p.Width - 2*margin - 2*margin/2
	var lines []string
	var face font.Face
	var lineHeight int
	for _, share := range []int{13, 17, 22, 28, 36} { // of the width, per line
		size := max(float64(p.Width)/float64(share), 9)
		face = newFace(size)
		lineHeight = int(size * 1.35)
		lines = wrap(face, p.Text, inner)
		if room := (p.Height*7/10 - margin) / lineHeight; len(lines) <= room || share == 36 {
			lines = cut(lines, max(room, 1))
			break
		}
	}
	small := newFace(max(float64(p.Width)/40, 8))
	footerHeight := max(p.Width/24, 12)
	height := len(lines)*lineHeight + margin + footerHeight
	top := (p.Height - height) / 2
	card := image.Rect(margin, top, p.Width-margin, top+height)
	fillRounded(img, card, margin/3)

	left := card.Min.X + margin/2
	baseline := card.Min.Y + margin/2 + lineHeight*3/4
	for _, line := range lines {
		p.write(img, face, line, left, baseline)
		baseline += lineHeight
	}
	p.write(img, small, p.Footer, left, card.Max.Y-margin/3)
}

// newFace is the font at a size in pixels.
func newFace(size float64) font.Face {
	face, err := opentype.NewFace(regular(), &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil { // never: the options are sound
		panic(err)
	}
	return face
}

// write draws one line of text in the ink of the palette.
func (p Painting) write(img *image.Paletted, face font.Face, text string, x, baseline int) {
	d := font.Drawer{Face: face, Dot: fixed.P(x, baseline)}
	bounds, _ := d.BoundString(text)
	box := image.Rect(bounds.Min.X.Floor(), bounds.Min.Y.Floor(), bounds.Max.X.Ceil(), bounds.Max.Y.Ceil()).Intersect(img.Rect)
	if box.Empty() {
		return
	}
	mask := image.NewAlpha(box)
	d.Dst, d.Src = mask, image.Opaque
	d.DrawString(text)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if a := mask.AlphaAt(x, y).A; a >= 8 {
				img.SetColorIndex(x, y, cardColor+uint8(int(a)*(inkColors-1)/255)) //nolint:gosec // an index of the palette
			}
		}
	}
}

// fillRounded fills a rectangle with the card's color, its corners rounded by radius.
func fillRounded(img *image.Paletted, r image.Rectangle, radius int) {
	r = r.Intersect(img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		inset := 0
		if dy := max(r.Min.Y+radius-y, y-(r.Max.Y-1-radius)); dy > 0 {
			inset = radius - int(math.Sqrt(float64(radius*radius-dy*dy)))
		}
		line := image.Rect(r.Min.X+inset, y, r.Max.X-inset, y+1)
		draw.Draw(img, line, image.NewUniform(img.Palette[cardColor]), image.Point{}, draw.Src)
	}
}

// wrap breaks a text into lines of at most width pixels.
func wrap(face font.Face, text string, width int) []string {
	limit := fixed.I(width)
	var lines []string
	line := ""
	flush := func() {
		if line != "" {
			lines = append(lines, line)
		}
		line = ""
	}
	for word := range strings.FieldsSeq(text) {
		candidate := strings.TrimSpace(line + " " + word)
		if font.MeasureString(face, candidate) <= limit {
			line = candidate
			continue
		}
		flush()
		for _, r := range word { // a word longer than the line is broken
			if font.MeasureString(face, line+string(r)) > limit {
				flush()
			}
			line += string(r)
		}
	}
	flush()
	return lines
}

// cut shortens a list of lines, and says so at its end.
func cut(lines []string, limit int) []string {
	if len(lines) <= limit {
		return lines
	}
	lines = lines[:limit]
	lines[limit-1] = strings.TrimRight(lines[limit-1], " .,") + "…"
	return lines
}

// hsv is a color from hue (once around the circle is 1), saturation and value.
func hsv(h, s, v float64) color.RGBA {
	_, h = math.Modf(h)
	channel := func(n float64) uint8 {
		k := math.Mod(n+h*6, 6)
		return uint8(255 * (v - v*s*max(0, min(k, 4-k, 1))))
	}
	return color.RGBA{channel(5), channel(3), channel(1), 255}
}

// PNGSize is how long the PNG of a painting is: what the largest may need, the rest is
// padding. So the size of an image is known before it is made.
func PNGSize(width, height int) int64 { return int64(24<<10 + width*height/6) }

// PNG encodes the painting in exactly PNGSize bytes.
func (p Painting) PNG() []byte {
	var buf bytes.Buffer
	if err := png.Encode(&buf, p.paint()); err != nil { // never: it writes to memory
		panic(err)
	}
	return padPNG(buf.Bytes(), int(PNGSize(p.Width, p.Height)))
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

// Hash is a number that a text always gives, to choose from what looks random.
func Hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}
