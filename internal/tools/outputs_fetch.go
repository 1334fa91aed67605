package tools

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/wiroai/wiro-mcp-go/internal/media"
)

const (
	maxText     = 16 << 10 // of a text output that is in a result whole
	textStart   = 2 << 10  // of a longer one
	maxTexts    = 48 << 10 // of all text outputs of a result
	maxPicture  = 16 << 20 // of a picture that is scaled down
	maxPictures = 9        // on a contact sheet
	fetchers    = 4        // outputs fetched at once

	// For what completes a result, whatever is left of the wait: with the default wait the
	// result still comes before the 60 s after which most clients give up.
	leastExtra = 3 * time.Second
	mostExtra  = 8 * time.Second
	saveExtra  = 10 * time.Second
)

// InlineImages says which clients get a picture in the result of a run.
type InlineImages string

// The choices.
const (
	InlineAuto   InlineImages = "auto" // clients that are known to show one; also ""
	InlineAlways InlineImages = "always"
	InlineNever  InlineImages = "never"
)

// complete adds to the result of a task that is over what its outputs hold: texts, a picture to
// look at, and saved files. Whatever cannot be had in the time that is left is left out.
func (c *Call) complete(ctx context.Context, r *TaskResult) {
	if r.State == stateRunning || r.State == stateSubmitted {
		return
	}
	r.sound = c.soundOf(ctx, r.Outputs)
	if !hasFiles(r.Outputs) || c.Files == nil {
		return
	}
	if c.Local.SaveAll && c.isLocal() && c.Local.OutputDir != "" {
		c.saveAll(ctx, r)
	} else if r.State == stateCompleted {
		r.kept = "Wiro keeps these files for a limited time."
		if c.Enabled("save_output") && c.isLocal() && c.Local.OutputDir != "" {
			r.kept = "Wiro keeps these files for a limited time; save_output saves them."
		}
	}
	shows := c.showsImages()
	if slices.ContainsFunc(r.Outputs, func(o OutputInfo) bool { return o.isText() || shows && o.isPicture() }) {
		c.addContents(ctx, r, shows)
	}
}

// addContents adds the texts of outputs, and a picture to look at if the client shows it.
func (c *Call) addContents(ctx context.Context, r *TaskResult, shows bool) {
	ctx, cancel := context.WithTimeout(ctx, min(max(c.TimeLeft(), leastExtra), mostExtra))
	defer cancel()
	var group errgroup.Group
	group.SetLimit(fetchers)
	pictures := make([]image.Image, len(r.Outputs))
	var wanted int
	for i := range r.Outputs {
		o := &r.Outputs[i]
		switch {
		case o.isText():
			group.Go(func() error {
				o.Content = c.textOf(ctx, *o)
				return nil
			})
		case o.isPicture() && shows && wanted < maxPictures:
			wanted++
			group.Go(func() error {
				pictures[i] = c.pictureOf(ctx, *o)
				return nil
			})
		}
	}
	_ = group.Wait() // what fails is left out
	c.fitTexts(r)
	r.image = thumbnail(pictures)
}

// hasFiles reports whether any output is a file.
func hasFiles(outputs []OutputInfo) bool { return slices.ContainsFunc(outputs, OutputInfo.isFile) }

func (o OutputInfo) isFile() bool { return o.URL != "" && !o.isAnswer }

func (o OutputInfo) isText() bool {
	return o.isFile() && (media.ByMIME(o.MIMEType).IsText() || o.Kind == string(media.Text))
}

func (o OutputInfo) isPicture() bool { return o.isFile() && o.Kind == string(media.Image) }

// fitTexts cuts the texts of outputs that are too long for a result, and says how to read on.
func (c *Call) fitTexts(r *TaskResult) {
	room := maxTexts
	for i := range r.Outputs {
		o := &r.Outputs[i]
		if o.Content == "" || o.isAnswer {
			continue
		}
		if len(o.Content) <= min(maxText, room) {
			room -= len(o.Content)
			continue
		}
		start := validStart(o.Content, textStart)
		offset := utf8.RuneCountInString(start)
		size := cmp.Or(o.SizeBytes.String(), "a longer text")
		o.Content = start + fmt.Sprintf("\n[cut: the first 2 KB of %s; read_output gives the rest, with index %d from offset %d]", size, i, offset)
		if r.NextAction == nil {
			r.NextAction = c.Next("read_output", "read the rest of "+o.Name, withTask(r.Task, map[string]any{"index": i, "offset": offset}))
		}
	}
}

// validStart is the start of a text of at most so many bytes, without half a character.
func validStart(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// open opens the content of an output: the saved file, or what is at its address, through the
// guarded client. The caller closes it.
func (c *Call) open(ctx context.Context, o OutputInfo) (_ io.ReadCloser, declared string, _ error) {
	if o.Path != "" {
		file, err := os.Open(o.Path) // saved a moment ago
		return file, o.MIMEType, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL, nil)
	if err != nil {
		return nil, "", err
	}
	response, err := c.Files.Do(request)
	if err != nil {
		return nil, "", err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, "", fmt.Errorf("its server answers %s", response.Status)
	}
	return response.Body, response.Header.Get("Content-Type"), nil
}

// textOf is a text output up to what fits a result and a little more; "" if it is no text or
// cannot be had.
func (c *Call) textOf(ctx context.Context, o OutputInfo) string {
	body, declared, err := c.open(ctx, o)
	if err != nil {
		return ""
	}
	defer body.Close() //nolint:errcheck // only read
	content, err := io.ReadAll(io.LimitReader(body, maxText+1))
	if err != nil || !isReadable(content, declared, o) {
		return ""
	}
	return plainUTF8(content)
}

// isReadable reports whether content is text that was asked for, not a web page in its place.
func isReadable(content []byte, declared string, o OutputInfo) bool {
	head := content[:min(len(content), media.SniffLen)]
	if media.LooksLikeHTML(head) && o.MIMEType != "text/html" {
		return false
	}
	return media.Detect(head, declared, o.Name).IsText()
}

// plainUTF8 is text as UTF-8, without a byte-order mark and half a character at its end.
func plainUTF8(content []byte) string {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	for i := 0; i < utf8.UTFMax && len(content) > 0; i++ {
		if last, size := utf8.DecodeLastRune(content); last != utf8.RuneError || size != 1 {
			break
		}
		content = content[:len(content)-1]
	}
	return strings.ToValidUTF8(string(content), "�")
}

// decoding is held while a picture is decoded: one of 64 million pixels takes 256 MB.
var decoding sync.Mutex

// pictureOf is a picture output scaled down; nil if it cannot be had.
func (c *Call) pictureOf(ctx context.Context, o OutputInfo) image.Image {
	if o.SizeBytes > maxPicture {
		return nil
	}
	body, _, err := c.open(ctx, o)
	if err != nil {
		return nil
	}
	defer body.Close() //nolint:errcheck // only read
	content, err := io.ReadAll(io.LimitReader(body, maxPicture+1))
	if err != nil || len(content) > maxPicture || ctx.Err() != nil {
		return nil
	}
	decoding.Lock()
	defer decoding.Unlock()
	picture, err := media.DecodePicture(bytes.NewReader(content))
	if err != nil {
		return nil
	}
	return media.Scale(picture, media.ThumbnailSide)
}

// thumbnail is one picture of those that could be had; nil if there are none.
func thumbnail(pictures []image.Image) []byte {
	var had []image.Image
	for _, picture := range pictures {
		if picture != nil {
			had = append(had, picture)
		}
	}
	data, err := media.Thumbnail(had...)
	if err != nil {
		return nil
	}
	return data
}

// Image is a picture of the outputs, for clients that show one.
func (r *TaskResult) Image() (data []byte, mimeType string) { return r.image, "image/jpeg" }

// Sound is the sound that the result shows, for clients that play it; nil is none.
func (r *TaskResult) Sound() (data []byte, mimeType string) { return r.sound, "audio/wav" }

// soundOf is the first short sound of a session, for clients that play one.
func (c *Call) soundOf(ctx context.Context, outputs []OutputInfo) []byte {
	if !c.Client.Profile().Audio || c.inlineImages == InlineNever {
		return nil
	}
	for _, o := range outputs {
		if o.MIMEType != "audio/wav" || o.SizeBytes <= 0 || o.SizeBytes > maxInlineSound || o.URL == "" && o.Path == "" {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, min(max(c.TimeLeft(), leastExtra), mostExtra))
		defer cancel()
		body, _, err := c.open(ctx, o)
		if err != nil {
			return nil
		}
		defer body.Close() //nolint:errcheck // only read
		data, err := io.ReadAll(io.LimitReader(body, maxInlineSound+1))
		if err != nil || len(data) > maxInlineSound {
			return nil
		}
		return data
	}
	return nil
}

// showsImages reports whether the client gets a picture in the result.
func (c *Call) showsImages() bool {
	switch c.inlineImages {
	case InlineAlways:
		return true
	case InlineNever:
		return false
	case InlineAuto:
	}
	return c.Client.Profile().Images
}
