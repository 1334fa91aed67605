package media_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/media"
)

func TestTypeComesFromBytesThenDeclarationThenName(t *testing.T) {
	t.Parallel()
	pngBytes := picturePNG(t, 8, 8)
	for _, test := range []struct {
		about, declared, name string
		head                  []byte
		want                  string
		kind                  media.Kind
	}{
		{"a picture behind a script", "application/octet-stream", "image.php", pngBytes, "image/png", media.Image},
		{"a picture with a size after its name", "", "EabcDEF.jpg:large", pngBytes, "image/png", media.Image},
		{"a picture declared wrongly", "image/jpeg", "0.jpg", pngBytes, "image/png", media.Image},
		{"no bytes, an alias", "image/jpg", "x", nil, "image/jpeg", media.Image},
		{"no bytes, an alias with a parameter", "audio/x-wav; rate=8000", "", nil, "audio/wav", media.Audio},
		{"no bytes, a bare word", "mp4", "", nil, "video/mp4", media.Video},
		{"no bytes, a bare family", "image", "0.webp", nil, "image/webp", media.Image},
		{"octet-stream and a name", "application/octet-stream", "0.png", nil, "image/png", media.Image},
		{"nothing at all", "", "v1.2", nil, "application/octet-stream", media.Other},
		{"CSV by its declaration", "text/csv", "data", []byte("a,b\n1,2\n"), "text/csv", media.Text},
		{"Markdown by its name", "text/plain", "README.md", []byte("# Title\n"), "text/markdown", media.Text},
		{"subtitles", "application/octet-stream", "talk.srt", []byte("1\n00:00:01,000 --> 00:00:02,000\nHi\n"), "application/x-subrip", media.Text},
		{"a PDF with a picture's name", "image/png", "a.png", []byte("%PDF-1.7\n"), "application/pdf", media.Other},
		{"sound in an MP4 container", "audio/x-m4a", "a.m4a", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), "audio/mp4", media.Audio},
		{"video in the same container", "video/mp4", "a.mp4", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), "video/mp4", media.Video},
		{"a web page in place of a picture", "image/png", "a.png", []byte("<!DOCTYPE html><html>"), "text/html", media.Text},
	} {
		found := media.Detect(test.head, test.declared, test.name)
		assert.Equal(t, test.want, found.MIME, test.about)
		assert.Equal(t, test.kind, found.Kind(), test.about)
	}
	assert.True(t, media.LooksLikeHTML([]byte("\xef\xbb\xbf \n<HTML lang=en>")))
	assert.False(t, media.LooksLikeHTML(pngBytes))
}

func TestNamesGetTheExtensionOfTheirType(t *testing.T) {
	t.Parallel()
	jpeg, markdown := media.ByName("a.jpg"), media.ByName("a.md")
	for name, want := range map[string]string{
		"image.php": "image.jpg", "photo.jpeg": "photo.jpeg", "v1.2": "v1.2.jpg", "": "file.jpg", "a/b\\c.png": "c.jpg",
		"shot:large": "shotlarge.jpg", "x.\x00jpg": "x.jpg", "..": "file.jpg",
	} {
		assert.Equal(t, want, jpeg.NameFor(name), name)
	}
	assert.Equal(t, "README.md", markdown.NameFor("README.md"))
}

func TestDataURIs(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte{0xfb, 0xef, 0xff, 0}, 1000)
	for about, text := range map[string]string{
		"standard":   "data:image/png;base64," + base64.StdEncoding.EncodeToString(content),
		"url-safe":   "data:image/png;base64," + base64.RawURLEncoding.EncodeToString(content),
		"upper case": "DATA:image/png;BASE64," + base64.StdEncoding.EncodeToString(content),
		"escaped":    "data:image/png;base64," + url.QueryEscape(base64.StdEncoding.EncodeToString(content)),
		"parameter":  "data:image/png;name=a.png;base64," + base64.StdEncoding.EncodeToString(content),
	} {
		uri, err := media.ParseDataURI(text)
		require.NoError(t, err, about)
		assert.Equal(t, "image/png", uri.MIME, about)
		decoded, err := io.ReadAll(uri.Open())
		require.NoError(t, err, about)
		assert.Equal(t, content, decoded, about)
		if about != "escaped" {
			assert.EqualValues(t, len(content), uri.Size(), about)
		}
	}
	plain, err := media.ParseDataURI("data:,Hello%2C%20World")
	require.NoError(t, err)
	text, err := io.ReadAll(plain.Open())
	require.NoError(t, err)
	assert.Equal(t, "Hello, World", string(text))
	assert.Equal(t, "text/plain", plain.MIME)

	for _, bad := range []string{"data:", "data:image/png;base64", "http://x/data:,a", ""} {
		_, err := media.ParseDataURI(bad)
		assert.ErrorIs(t, err, media.ErrDataURI, bad)
	}
	broken, err := media.ParseDataURI("data:image/png;base64,@@@@")
	require.NoError(t, err)
	_, err = io.ReadAll(broken.Open())
	assert.ErrorIs(t, err, media.ErrDataURI)
}

func TestWhatIsWrittenAsALocalPath(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/home/me/a.png", "~/a.png", `~\a.png`, "./a", "../a.jpg", `C:\Users\me\a.png`, "c:/a.png", `\\server\share\a.png`,
		"file:///tmp/a.png", "FILE:///C:/a.png", "photo.png", "folder/clip.mp4", "my photo.jpg",
	} {
		assert.True(t, media.IsLocal(path), path)
	}
	for _, text := range []string{
		"", "https://example.com/a.png", "data:image/png;base64,AA", "//cdn.example.com/a.png", "a lighthouse at dawn",
		" /a.png", "/a\n.png", "what is this.png?", "s3://bucket/a.png",
	} {
		assert.False(t, media.IsLocal(text), text)
	}
}

func TestOnlyFilesInAllowedFoldersAreRead(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links and pipes need rights that Windows users lack")
	}
	base := t.TempDir()
	allowed, outside := filepath.Join(base, "allowed"), filepath.Join(base, "outside")
	for _, dir := range []string{allowed, outside, filepath.Join(allowed, ".git"), filepath.Join(allowed, "sub")} {
		require.NoError(t, os.MkdirAll(dir, 0o755))
	}
	for _, file := range []string{"allowed/a.png", "allowed/sub/b.png", "allowed/.env", "allowed/.git/config", "outside/secret.png"} {
		require.NoError(t, os.WriteFile(filepath.Join(base, file), []byte(file), 0o600))
	}
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret.png"), filepath.Join(allowed, "link.png")))
	require.NoError(t, os.Symlink(outside, filepath.Join(allowed, "folder")))
	require.NoError(t, os.Symlink(filepath.Join(allowed, "a.png"), filepath.Join(allowed, "inner.png")))
	require.NoError(t, os.Symlink(filepath.Join(allowed, ".env"), filepath.Join(allowed, "looks-fine.png")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(allowed, "pipe.png"), 0o600))
	folders, err := media.NewFolders(allowed)
	require.NoError(t, err)

	for _, path := range []string{"a.png", "sub/b.png", "sub/../a.png", "inner.png"} {
		file, err := folders.Open(filepath.Join(allowed, path))
		require.NoError(t, err, path)
		content, err := io.ReadAll(file)
		require.NoError(t, err)
		assert.Contains(t, string(content), "allowed/", path)
		require.NoError(t, file.Close())
	}
	file, err := folders.Open("file://" + filepath.ToSlash(allowed) + "/a.png")
	require.NoError(t, err)
	require.NoError(t, file.Close())

	for path, want := range map[string]string{
		"../outside/secret.png": "outside the folders", "link.png": "outside the folders", "folder/secret.png": "outside the folders",
		".env": "hidden", ".git/config": "hidden", "looks-fine.png": "hidden", "pipe.png": "not a regular file",
		"sub": "is a folder", "missing.png": "does not exist",
	} {
		_, err := folders.Open(allowed + "/" + path)
		require.ErrorContains(t, err, want, path)
	}
	for _, path := range []string{"/dev/zero", "/etc/passwd", "/etc/no-such-file", "~/.ssh/id_rsa", "file://elsewhere" + allowed + "/a.png", `C:\a.png`} {
		_, err := folders.Open(path)
		var refusal *media.PathError
		require.ErrorAs(t, err, &refusal, path)
	}
	_, err = folders.Open("/etc/no-such-file")
	require.ErrorContains(t, err, "outside", "whether a file exists elsewhere is not told")
	require.ErrorContains(t, err, allowed, "the folders that may be read are named")
	_, err = media.Folders{}.Open(allowed + "/a.png")
	require.ErrorContains(t, err, "allowed: none")
	_, err = media.NewFolders("/")
	require.Error(t, err)
}

func TestSavedOutputsReplaceNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "here")
	name := media.OutputName{
		Time: time.Date(2026, 11, 25, 12, 0, 0, 0, time.Local), Model: "black-forest-labs/flux-2-pro",
		Prompt: "A lighthouse, at dawn: größer/../../etc", Type: media.ByName("x.png"),
	}
	var group sync.WaitGroup
	paths := make([]string, 8)
	for i := range paths {
		group.Go(func() {
			path, err := media.Save(dir, name, strings.NewReader(strings.Repeat("x", i)))
			assert.NoError(t, err)
			paths[i] = path
		})
	}
	group.Wait()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, len(paths), "no file was replaced and no part left")
	assert.Equal(t, "2026-11-25 flux-2-pro a-lighthouse-at-dawn-größer-etc 2.png", entries[0].Name())
	for i, path := range paths {
		require.True(t, filepath.IsAbs(path))
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Len(t, content, i)
	}
	_, err = media.Save(dir, name, io.MultiReader(strings.NewReader("half"), failing{}))
	require.Error(t, err)
	entries, err = os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, len(paths), "a broken download leaves nothing")
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestThumbnailsAndContactSheets(t *testing.T) {
	t.Parallel()
	noisy := image.NewRGBA(image.Rect(0, 0, 2000, 1000))
	for i := range noisy.Pix {
		noisy.Pix[i] = byte(i * i >> 3)
	}
	for n := 1; n <= 5; n++ {
		pictures := make([]image.Image, n)
		for i := range pictures {
			pictures[i] = noisy
		}
		data, err := media.Thumbnail(pictures...)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(data), media.ThumbnailBytes)
		config, format, err := image.DecodeConfig(bytes.NewReader(data))
		require.NoError(t, err)
		assert.Equal(t, "jpeg", format)
		assert.LessOrEqual(t, max(config.Width, config.Height), media.ThumbnailSide)
	}
	small, err := media.DecodePicture(bytes.NewReader(picturePNG(t, 10, 20)))
	require.NoError(t, err)
	data, err := media.Thumbnail(small)
	require.NoError(t, err)
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	require.NoError(t, err)
	assert.Equal(t, image.Pt(10, 20), image.Pt(config.Width, config.Height), "a small picture stays as it is")

	_, err = media.DecodePicture(strings.NewReader("not a picture"))
	require.ErrorIs(t, err, media.ErrPicture)
	var bomb bytes.Buffer
	require.NoError(t, gif.Encode(&bomb, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.Black}), nil))
	claims := bomb.Bytes()
	binary.LittleEndian.PutUint16(claims[6:], 65535) // width and height of the logical screen
	binary.LittleEndian.PutUint16(claims[8:], 65535)
	_, err = media.DecodePicture(bytes.NewReader(claims))
	require.ErrorIs(t, err, media.ErrPicture)
	_, err = media.Thumbnail()
	require.ErrorIs(t, err, media.ErrPicture)
}

func TestWAVFilesHoldWhatWasWritten(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "a.wav"))
	require.NoError(t, err)
	writer, err := media.NewWAVWriter(file)
	require.NoError(t, err)
	var sent []byte
	for i, size := range []int{9600, 1, 3, 4800} { // frames may split a sample
		frame := bytes.Repeat([]byte{byte(i + 1)}, size)
		sent = append(sent, frame...)
		_, err := writer.Write(frame)
		require.NoError(t, err)
	}
	assert.InDelta(t, 0.3, writer.Seconds(), 0.001)
	require.NoError(t, writer.Close())
	content, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	assert.Equal(t, sent, content[44:])
	require.NoError(t, file.Close())
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n"), "image/png", "a.png")
	f.Add([]byte("PK\x03\x04"), "", "a.docx")
	f.Fuzz(func(t *testing.T, head []byte, declared, name string) {
		found := media.Detect(head, declared, name)
		if found.MIME == "" {
			t.Fatal("no type at all")
		}
		if named := found.NameFor(name); named == "" || strings.ContainsAny(named, "/\\\x00") || named == ".." {
			t.Fatalf("unsafe name %q", named)
		}
	})
}

func picturePNG(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, width, height))))
	return b.Bytes()
}
