package tools

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

var readOutputTool = define(mcptool.Meta{
	Name:        "read_output",
	Title:       "Read an output",
	Description: "Read a text output or long answer in pages.",
	Toolset:     Files,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, readOutput)

type outputPage struct {
	outputOf
	Index  int `json:"index,omitempty" min:"0" default:"0" doc:"which output"`
	Offset int `json:"offset,omitempty" min:"0" default:"0" doc:"characters to skip"`
}

const (
	readTimeout = 30 * time.Second
	maxRead     = 64 << 20 // bytes of a file that are read through
)

func readOutput(ctx context.Context, call *Call, in outputPage) (OutputText, error) {
	found, err := call.outputs(ctx, in.outputOf)
	if err != nil {
		return OutputText{}, err
	}
	if in.Index >= len(found.Outputs) {
		return OutputText{}, mcptool.Problemf("There is no output %d: the task left %s, counted from 0.", in.Index, mcptool.Count(len(found.Outputs), "output"))
	}
	o := found.Outputs[in.Index]
	page := OutputText{Name: o.Name, MIMEType: o.MIMEType, URL: o.URL, Index: in.Index, Offset: in.Offset}
	var content io.Reader = strings.NewReader(o.Content)
	if !o.isAnswer {
		ctx, cancel := context.WithTimeout(ctx, readTimeout)
		defer cancel()
		body, err := call.openText(ctx, o)
		if err != nil {
			return OutputText{}, err
		}
		defer body.Close() //nolint:errcheck // only read
		content = body
	}
	text, total, more, err := readPage(content, in.Offset)
	if err != nil {
		return OutputText{}, mcptool.Problemf("%s cannot be read to this place: %s.", o.Name, plainCause(err))
	}
	if text == "" && in.Offset > 0 {
		return OutputText{}, mcptool.Problemf("%s has %d characters: there is nothing from offset %d on.", o.Name, total, in.Offset)
	}
	page.Content = text
	if more {
		page.NextOffset = in.Offset + utf8.RuneCountInString(text)
		page.NextAction = call.NextPage("read on", "offset", page.NextOffset)
	} else {
		page.Total = total
	}
	return page, nil
}

// openText opens an output that is text.
func (c *Call) openText(ctx context.Context, o OutputInfo) (io.ReadCloser, error) {
	body, declared, err := c.open(ctx, o)
	if err != nil {
		return nil, mcptool.Problemf("%s cannot be fetched: %s. Wiro keeps outputs for a limited time.", o.Name, plainCause(err))
	}
	head, err := readHead(body)
	if err != nil {
		_ = body.Close()
		return nil, mcptool.Problemf("%s cannot be fetched: %s.", o.Name, plainCause(err))
	}
	if !isReadable(head, cmp.Or(specific(o.MIMEType), declared), o) {
		_ = body.Close()
		how := "Open its URL instead."
		if c.Enabled("save_output") && c.Local.OutputDir != "" && c.isLocal() {
			how = "save_output saves it."
		}
		return nil, mcptool.Problemf("%s is no text (%s). %s", o.Name, o.MIMEType, how)
	}
	return rejoin(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), body), nil
}

// readPage reads a page of text from a place on, in characters. Total is how many there are in
// all, where there are no more.
func readPage(content io.Reader, offset int) (text string, total int, more bool, _ error) {
	reader := bufio.NewReaderSize(io.LimitReader(content, maxRead), 64<<10)
	var b strings.Builder
	tokens, lastLine := 0.0, 0
	for ; ; total++ {
		r, _, err := reader.ReadRune()
		if errors.Is(err, io.EOF) {
			return b.String(), total, false, nil
		}
		if err != nil {
			return "", 0, false, err
		}
		if total < offset {
			continue
		}
		if r < utf8.RuneSelf {
			tokens += 0.25
		} else {
			tokens += 0.75
		}
		if total-offset >= maxAnswer || tokens > maxTokens {
			if text = b.String(); lastLine > len(text)*9/10 {
				text = text[:lastLine]
			}
			return text, 0, true, nil
		}
		b.WriteRune(r)
		if r == '\n' {
			lastLine = b.Len()
		}
	}
}

// OutputText is a page of a text output.
type OutputText struct {
	Name       string              `json:"name"`
	MIMEType   string              `json:"mimeType"`
	URL        string              `json:"url,omitempty"`
	Index      int                 `json:"index"`
	Offset     int                 `json:"offset"`               // characters before this page
	NextOffset int                 `json:"nextOffset,omitempty"` // left out on the last page
	Total      int                 `json:"total,omitempty"`      // characters in all, known on the last page
	Content    string              `json:"text" text:"lines"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// Text is the page, and where it stands.
func (p OutputText) Text() string {
	place := fmt.Sprintf("[%s, characters %d to %d", p.Name, p.Offset, p.Offset+utf8.RuneCountInString(p.Content))
	if p.NextAction == nil && p.NextOffset == 0 {
		place += ", the end]"
	} else {
		place += "; there is more]"
	}
	return mcptool.FitBefore(p.Content+mcptool.TextWithNext("\n"+place, p.NextAction), len(p.Content), "")
}
