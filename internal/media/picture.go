package media

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // a decoder of image.Decode
	"image/jpeg"
	_ "image/png" // as above
	"io"
	"math"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // as above
)

// Limits of thumbnails and contact sheets.
const (
	ThumbnailSide  = 768       // pixels, the longer side
	ThumbnailBytes = 200 << 10 // encoded
	maxPixels      = 64 << 20  // of a picture that is decoded: bounds memory at 256 MB
)

// ErrPicture is returned for content that is not a picture that can be shown.
var ErrPicture = errors.New("not a picture that can be decoded")

// DecodePicture decodes a PNG, JPEG, GIF (its first frame) or WebP picture. It refuses pictures
// of more than 64 million pixels before decoding them.
func DecodePicture(content io.ReadSeeker) (image.Image, error) {
	config, _, err := image.DecodeConfig(content)
	if err != nil || config.Width <= 0 || config.Height <= 0 || int64(config.Width)*int64(config.Height) > maxPixels {
		return nil, ErrPicture
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("reading the picture again: %w", err)
	}
	picture, _, err := image.Decode(content)
	if err != nil {
		return nil, ErrPicture
	}
	return picture, nil
}

// Thumbnail returns one JPEG of the pictures, at most ThumbnailSide pixels on its longer side and
// ThumbnailBytes long: the picture itself, scaled, or several as a contact sheet, row by row.
// Transparent parts become white. It returns ErrPicture without any picture.
func Thumbnail(pictures ...image.Image) ([]byte, error) {
	if len(pictures) == 0 {
		return nil, ErrPicture
	}
	sheet := contactSheet(pictures)
	for side := ThumbnailSide; side >= 96; side = side * 3 / 4 {
		for _, quality := range []int{85, 70, 50} {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, fit(sheet, side), &jpeg.Options{Quality: quality}); err != nil {
				return nil, fmt.Errorf("encoding the thumbnail: %w", err)
			}
			if b.Len() <= ThumbnailBytes {
				return b.Bytes(), nil
			}
		}
	}
	return nil, ErrPicture
}

// Scale returns a picture whose longer side has at most this many pixels, on a white ground.
func Scale(picture image.Image, side int) image.Image { return fit(picture, side) }

// fit scales a picture down so that its longer side has at most this many pixels.
func fit(picture image.Image, side int) *image.RGBA {
	size := picture.Bounds().Size()
	if longer := max(size.X, size.Y); longer > side {
		size = image.Pt(max(1, size.X*side/longer), max(1, size.Y*side/longer))
	}
	return paste(image.Rectangle{Max: size}, picture)
}

// contactSheet lays pictures out in a grid of square cells; one picture stays as it is.
func contactSheet(pictures []image.Image) image.Image {
	if len(pictures) == 1 {
		return pictures[0]
	}
	const gap = 8
	pictures = pictures[:min(len(pictures), 16)]
	columns := int(math.Ceil(math.Sqrt(float64(len(pictures)))))
	rows := (len(pictures) + columns - 1) / columns
	cell := (ThumbnailSide - gap*(columns-1)) / columns
	sheet := paste(image.Rect(0, 0, columns*cell+gap*(columns-1), rows*cell+gap*(rows-1)), nil)
	for i, picture := range pictures {
		small := fit(picture, cell)
		corner := image.Pt(i%columns*(cell+gap), i/columns*(cell+gap))
		corner = corner.Add(image.Pt((cell-small.Rect.Dx())/2, (cell-small.Rect.Dy())/2))
		draw.Copy(sheet, corner, small, small.Rect, draw.Over, nil)
	}
	return sheet
}

// paste scales a picture onto a white ground.
func paste(ground image.Rectangle, picture image.Image) *image.RGBA {
	canvas := image.NewRGBA(ground)
	draw.Draw(canvas, ground, image.NewUniform(color.White), image.Point{}, draw.Src)
	if picture != nil {
		draw.ApproxBiLinear.Scale(canvas, ground, picture, picture.Bounds(), draw.Over, nil)
	}
	return canvas
}
