package tools

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/media/sound"
	"github.com/wiroai/wiro-mcp-go/internal/slots"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const inputAudio = "input_audio"

// soundContent is a file that holds sound.
type soundContent interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// openSound opens what is said to a realtime model: a URL, which is fetched whole, a data: URI, or
// a local file. It is decoded while it is sent. The caller closes it.
func (c *Call) openSound(ctx context.Context, text string) (*sound.Reader, error) {
	content, size, name, declared, err := c.soundContent(ctx, strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	reader, err := decodeSound(ctx, content, size, name, declared)
	if err != nil {
		_ = content.Close() // it was only read
	}
	return reader, err
}

// decodeSound opens the decoder of a file that was found.
func decodeSound(ctx context.Context, content soundContent, size int64, name, declared string) (*sound.Reader, error) {
	head, err := readHead(io.NewSectionReader(content, 0, size))
	if err != nil {
		return nil, mcptool.Problemf("%s cannot be read: %v.", inputAudio, err)
	}
	kind := media.Detect(head, declared, name)
	switch {
	case len(head) == 0:
		return nil, mcptool.Problemf("%s: the file is empty.", inputAudio)
	case media.LooksLikeHTML(head):
		return nil, notTheFile(inputAudio, head, name, kind)
	case !sound.CanDecode(kind):
		return nil, mcptool.Problemf("%s is %s. Realtime models take sound as %s: convert the file, such as with ffmpeg -i FILE sound.wav.", inputAudio, kind.MIME, sound.Formats)
	case !media.IsWhole(content, size, kind):
		return nil, mcptool.Problemf("%s: the file is cut off: its end is missing.", inputAudio)
	}
	release, err := opening.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	reader, err := func() (*sound.Reader, error) {
		defer release()
		return sound.Open(content, kind)
	}()
	if err != nil {
		return nil, mcptool.Problemf("%s is damaged, or of a kind that cannot be decoded (%s). Realtime models take sound as %s.", inputAudio, kind.MIME, sound.Formats)
	}
	switch seconds := reader.Seconds(); {
	case seconds <= 0:
		return nil, mcptool.Problemf("%s holds no sound.", inputAudio)
	case seconds > maxInput.Seconds():
		return nil, mcptool.Problemf("%s is longer than the %s that a session takes, at the pace of speech: give a part of it.",
			inputAudio, mcptool.Seconds(maxInput.Seconds()))
	}
	return reader, nil
}

// opening bounds how many sounds are opened at once: one that does not say how long it is takes
// seconds, for which nothing else may wait.
var opening = slots.New(2, 1)

// soundContent opens the file that a text names or holds.
func (c *Call) soundContent(ctx context.Context, text string) (content soundContent, size int64, name, declared string, _ error) {
	switch {
	case media.IsDataURI(text):
		data, err := media.ParseDataURI(text)
		if err != nil {
			return nil, 0, "", "", mcptool.Problemf("%s: the data: URI cannot be read: it must be data:audio/wav;base64,CONTENT.", inputAudio)
		}
		held, err := io.ReadAll(data.Open())
		if err != nil {
			return nil, 0, "", "", mcptool.Problemf("%s: the content of the data: URI is not valid base64: nothing may be left out of it.", inputAudio)
		}
		return heldContent{bytes.NewReader(held)}, int64(len(held)), "", data.MIME, nil
	case media.IsLocal(text):
		if !c.isLocal() {
			return nil, 0, "", "", notLocal(inputAudio, "audio/wav")
		}
		file, err := c.Local.Read.Open(text)
		if err != nil {
			return nil, 0, "", "", c.notReadable(inputAudio, err)
		}
		info, err := file.Stat()
		if err != nil {
			_ = file.Close() // it was not read
			return nil, 0, "", "", fmt.Errorf("looking at a local file: %w", err)
		}
		return file, info.Size(), filepath.Base(text), "", nil
	}
	return c.fetchSound(ctx, text)
}

// fetchSound fetches a file into a temporary one.
func (c *Call) fetchSound(ctx context.Context, address string) (content soundContent, size int64, name, declared string, err error) {
	u, err := url.Parse(address)
	if err != nil || !isWeb(address) {
		return nil, 0, "", "", mcptool.Problemf("%s must be a public http or https address, a data: URI or, over stdio, the path of a local file.", inputAudio)
	}
	if err := c.proveKey(ctx); err != nil {
		return nil, 0, "", "", err
	}
	response, err := c.fetch(ctx, inputAudio, u)
	if err != nil {
		return nil, 0, "", "", err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	file, err := newTempFile("wiro-sound-*")
	if err != nil {
		return nil, 0, "", "", err
	}
	size, err = io.Copy(file, &limited{response.Body, wiro.MaxUpload})
	if err != nil {
		_ = file.Close()                               // it is removed
		if problem, ok := err.(*mcptool.Problem); ok { //nolint:errorlint // of limited, as it is
			return nil, 0, "", "", mcptool.Problemf("%s: %s", inputAudio, problem.Text)
		}
		return nil, 0, "", "", mcptool.Problemf("%s cannot be fetched: %v.", inputAudio, err)
	}
	return file, size, remoteName(response, u), response.Header.Get("Content-Type"), nil
}

// heldContent is a file in memory.
type heldContent struct{ *bytes.Reader }

func (heldContent) Close() error { return nil }

// tempFile is removed when it is closed.
type tempFile struct{ *os.File }

func newTempFile(pattern string) (tempFile, error) {
	file, err := os.CreateTemp("", pattern)
	if err != nil {
		return tempFile{}, mcptool.Problemf("The server has no temporary folder that it can write (%v): its operator sets one with TMPDIR.", err)
	}
	return tempFile{file}, nil
}

func (f tempFile) Close() error {
	err := f.File.Close()
	_ = os.Remove(f.Name()) // an older one is the system's to remove
	return err
}

// speechFile is a WAV file of what a model says, in the temporary folder until it is saved.
type speechFile struct {
	*media.WAVWriter
	file *os.File
}

func newSpeechFile() (*speechFile, error) {
	file, err := newTempFile("wiro-speech-*.wav")
	if err != nil {
		return nil, err
	}
	writer, err := media.NewWAVWriter(file)
	if err != nil {
		_ = file.Close() // it is removed
		return nil, err
	}
	return &speechFile{writer, file.File}, nil
}

// finish completes the file and returns its size.
func (f *speechFile) finish() (int64, error) {
	if err := f.WAVWriter.Close(); err != nil {
		return 0, err
	}
	info, err := f.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// remove closes the file and removes it.
func (f *speechFile) remove() {
	if f != nil {
		_ = tempFile{f.file}.Close() // it was saved, or is not wanted
	}
}
