package mcptool

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// Page is the place of a page in a list. Results embed it.
type Page struct {
	Total     int       `json:"total"`
	Start     int       `json:"start"`
	NextStart NextStart `json:"nextStart" nullable:"true"`
}

// NextStart is where the next page begins; 0 where there is none, which is null in JSON.
type NextStart int

// MarshalJSON writes 0 as null.
func (n NextStart) MarshalJSON() ([]byte, error) {
	if n == 0 {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(n), 10), nil
}

// NewPage returns the place of a page that shows so many entries from start on. A total that
// is smaller than what is shown is corrected.
func NewPage(total, start, shown int) Page {
	p := Page{Total: max(total, start+shown), Start: start}
	if next := start + shown; shown > 0 && next < p.Total {
		p.NextStart = NextStart(next)
	}
	return p
}

// Heading is "3 models:" or, of a part of them, "12 models, 4 to 6 shown:".
func (p Page) Heading(shown int, thing string) string {
	text := Count(p.Total, thing)
	if p.Start > 0 || shown < p.Total {
		text += ", " + Range(p.Start, shown) + " shown"
	}
	return text + ":\n"
}

// ActionResult says what was done. Results embed it.
type ActionResult struct {
	Message string `json:"message"`
}

// Done returns the result of an action.
func Done(message string) ActionResult { return ActionResult{Message: message} }

// Text is the message.
func (a ActionResult) Text() string { return a.Message }

// TextWithNext appends a next step, which may be nil, to a text.
func TextWithNext(text string, next *NextAction) string {
	text = strings.TrimRight(text, "\n")
	if next == nil {
		return text
	}
	return text + "\nNext: " + next.String()
}

// Section writes a heading and a line for each item; nothing where there are none.
func Section[T any](b *strings.Builder, heading string, items []T, line func(T) string) {
	if len(items) == 0 {
		return
	}
	b.WriteString(heading + ":\n")
	for _, item := range items {
		b.WriteString("- " + line(item) + "\n")
	}
}

// Marshal is json.Marshal without escapes for HTML: the text is for people.
func Marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	err := WriteJSON(&b, value)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// WriteJSON writes what Marshal returns, and a line break. It writes nothing of a value that cannot
// be encoded.
func WriteJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// render makes the two forms of a result: plain, without the caller's secrets, each within the
// size cap.
func (c *Call) render(value any) *mcp.CallToolResult {
	result := &mcp.CallToolResult{StructuredContent: value}
	data, err := Marshal(value)
	if err == nil {
		if fixed, changed := c.plain().value(value); changed {
			value = fixed
			data, err = Marshal(value)
		}
	}
	if err == nil {
		result.StructuredContent = json.RawMessage(data)   // encoded once
		if len(data) > maxCharacters && !c.Tool.ForViews { // no model reads what views call for
			result.StructuredContent = truncateJSON(data, c.Tool.TruncationHint)
		}
	}
	renderer, ok := value.(TextRenderer)
	if ok && bytes.Contains(data, []byte("Next:")) {
		p := c.plain()
		p.quoteNext = true
		if quoted, changed := p.value(value); changed {
			renderer, _ = quoted.(TextRenderer)
		}
	}
	var text string
	if ok {
		text = c.plain().text(renderer.Text(), true)
	} else {
		text = string(data)
	}
	result.Content = []mcp.Content{mcp.NewTextContent(truncateText(text, c.Tool.TruncationHint))}
	if linker, ok := value.(Linker); ok && c.Client.takesLinks() {
		for _, link := range linker.Links() {
			if IsWebAddress(link.URI) || strings.HasPrefix(link.URI, "file:///") {
				result.Content = append(result.Content, link)
			}
		}
	}
	if player, ok := value.(Player); ok {
		if data, mimeType := player.Sound(); data != nil {
			result.Content = append(result.Content, mcp.NewAudioContent(base64.StdEncoding.EncodeToString(data), mimeType))
		}
	}
	if imager, ok := value.(Imager); ok {
		if data, mimeType := imager.Image(); data != nil {
			result.Content = append(result.Content, mcp.NewImageContent(base64.StdEncoding.EncodeToString(data), mimeType))
		}
	}
	return result
}

// Bytes is the size of a file; 0 where it is not known, which is null in JSON.
type Bytes int64

// MarshalJSON writes 0 as null.
func (b Bytes) MarshalJSON() ([]byte, error) { return NextStart(b).MarshalJSON() }

// String is "1.2 MB", "" where it is not known.
func (b Bytes) String() string { return Size(int64(b)) }
