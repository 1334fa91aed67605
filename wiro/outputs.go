package wiro

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// Output is a file that a task made, or, with ContentType "raw", what a language model said.
//
// Wiro docs: Tasks; LLM & Chat Streaming.
type Output struct {
	ID          string      `json:"id,omitempty"`
	Name        string      `json:"name,omitempty"`
	ContentType string      `json:"contenttype"`
	Size        int64       `json:"size,omitempty"`            // bytes; 0 if unknown
	URL         string      `json:"url,omitempty" wire:"text"` // anyone who has it can read the file
	Content     *RawContent `json:"content,omitempty"`         // of a language model; else nil

	Written map[string]json.RawMessage `json:"-" wire:"raw=content"` // content as Wiro wrote it, if it has a shape of its own
}

// RawContent is what a language model said. Thinking[i] came before Answer[i].
//
// Wiro docs: LLM & Chat Streaming.
type RawContent struct {
	Prompt   string   `json:"prompt"`
	Raw      string   `json:"raw" wire:"text"`
	Thinking []string `json:"thinking"`
	Answer   []string `json:"answer"`
	Message  string   `json:"message,omitempty"` // of models that answer in one piece
	Other    any      `json:"other,omitempty"`   // content of a shape of its own, numbers as json.Number; else nil
}

// An output whose content has none of the known members is kept as it is.
var _ = wire.AfterDecode(func(o *Output) {
	written := o.Written["content"]
	o.Written = nil
	if c := o.Content; c != nil && (c.Raw != "" || c.Message != "" || len(c.Answer) > 0 || len(c.Thinking) > 0) {
		return
	}
	if len(written) == 0 {
		return
	}
	var other any
	if wire.Decode(written, &other) != nil || isEmpty(other) {
		return
	}
	if o.Content == nil {
		o.Content = &RawContent{}
	}
	o.Content.Other = other
})

// isEmpty reports whether content says nothing: all of its values are empty, whatever it is
// called.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !isEmpty(item) })
	case map[string]any:
		for name, member := range v {
			if name != "prompt" && !isEmpty(member) {
				return false
			}
		}
		return true
	}
	return false
}

// Text returns the answer, in paragraphs; the raw text if Wiro did not part it, and JSON if it
// has a shape of its own.
func (r *RawContent) Text() string {
	switch {
	case r == nil:
		return ""
	case len(r.Answer) > 0:
		return strings.Join(r.Answer, "\n\n")
	case r.Message != "":
		return r.Message
	case r.Raw == "" && r.Other != nil:
		return otherText(r.Other)
	}
	return r.Raw
}

// otherText is content of a shape of its own as text.
func otherText(other any) string {
	if text, ok := other.(string); ok {
		return text
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if encoder.Encode(other) != nil {
		return ""
	}
	return strings.TrimRight(b.String(), "\n")
}

// Download writes the output to w: the file, or a language model's answer. It uses
// http.DefaultClient and sends no credentials. See Client.Download for another HTTP client.
func (o Output) Download(ctx context.Context, w io.Writer) (written int64, err error) {
	return o.download(ctx, http.DefaultClient, w)
}

// Download is Output.Download through the client's HTTP client. It sends no credentials, and
// follows redirects.
func (c *Client) Download(ctx context.Context, o Output, w io.Writer) (written int64, err error) {
	return o.download(ctx, c.shared.options.HTTPClient, w)
}

func (o Output) download(ctx context.Context, client *http.Client, w io.Writer) (int64, error) {
	if o.URL == "" {
		n, err := io.WriteString(w, o.Content.Text())
		return int64(n), err
	}
	response, err := get(ctx, client, o.URL)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	return io.Copy(w, response.Body)
}

// get fetches an http or https address without credentials. The caller closes the body of the
// response, whose status is 200.
func get(ctx context.Context, client *http.Client, address string) (*http.Response, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &InputError{Field: "url", Reason: "must be an http or https address"}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err // the address may hold a token
		}
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, &ResponseError{Operation: "GET " + u.Host, HTTPStatus: response.StatusCode, Problem: "is not the file"}
	}
	return response, nil
}
