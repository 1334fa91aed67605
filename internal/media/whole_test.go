package media_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/media"
)

func TestFilesThatAreCutOffAreToldFromWholeOnes(t *testing.T) {
	t.Parallel()
	picture := image.NewPaletted(image.Rect(0, 0, 400, 300), color.Palette{color.White, color.Black})
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i * i / 7 % 2) //nolint:gosec // 0 or 1
	}
	var asJPEG bytes.Buffer
	require.NoError(t, jpeg.Encode(&asJPEG, picture, nil))
	for kind, content := range map[string][]byte{
		"image/png": picturePNG(t, 64, 64), "image/jpeg": asJPEG.Bytes(), "audio/wav": append(media.WAVHeader(16_000), make([]byte, 16_000)...),
	} {
		whole := media.Whole(iotest.OneByteReader(bytes.NewReader(content)), media.ByMIME(kind))
		got, err := io.ReadAll(whole)
		require.NoError(t, err, kind)
		require.Equal(t, content, got, kind)
		_, err = io.ReadAll(media.Whole(bytes.NewReader(content[:len(content)/2]), media.ByMIME(kind)))
		require.ErrorIs(t, err, media.ErrCutOff, kind)
		require.True(t, media.IsWhole(bytes.NewReader(content), int64(len(content)), media.ByMIME(kind)), kind)
		require.False(t, media.IsWhole(bytes.NewReader(content), int64(len(content)/2), media.ByMIME(kind)), kind)
		_, err = io.ReadAll(media.Whole(bytes.NewReader(append(bytes.Clone(content), make([]byte, 9000)...)), media.ByMIME(kind)))
		require.NoError(t, err, "%s with something behind its end", kind)
	}
	_, err := io.ReadAll(media.Whole(bytes.NewReader([]byte("anything")), media.ByMIME("video/mp4")))
	require.NoError(t, err)
}
