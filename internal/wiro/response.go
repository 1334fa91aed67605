package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	maxResponse = 16 << 20 // bytes of a response that are kept
	snippetSize = 200      // bytes of an unexpected response that an error shows
	maxMessage  = 4 << 10  // bytes of all messages of a refusal, cut before they are redacted
	maxExtra    = 64 << 10 // bytes of a refusal whose further members are kept
)

// envelope is what every response of Wiro carries.
//
// Wiro docs: Error Reference.
type envelope struct {
	Result *bool     `json:"result"`
	Errors []refusal `json:"errors"`
}

// refusal is an entry of an envelope's errors; it may be the bare message.
type refusal struct {
	Code    int    `json:"code"`
	Message string `json:"message" wire:"text"`
}

// decodeResponse reads a response, and tells a success of Wiro from its refusal and from what
// is not Wiro's at all.
func decodeResponse(ctx context.Context, op Operation, caller Caller, response *http.Response) ([]byte, *Error) {
	r := responseReader{op: op, caller: caller, status: response.StatusCode, header: response.Header}
	if response.StatusCode >= 300 && response.StatusCode < 400 {
		return nil, r.redirect()
	}
	data, err := readResponse(roomed(ctx, response.Body), response.ContentLength, op.Elide)
	switch {
	case errors.Is(err, errTooLarge):
		failure := r.bad(fmt.Sprintf("is larger than %d MB, or has very many parts", maxResponse>>20), data)
		failure.TooLarge = true
		return nil, failure
	case err != nil:
		return nil, &Error{Kind: Broken, Operation: op.Path, Err: err}
	}
	return r.open(data)
}

// responseReader judges one response.
type responseReader struct {
	op     Operation
	caller Caller
	status int
	header http.Header
}

func (r responseReader) open(data []byte) ([]byte, *Error) {
	var e envelope
	if !isObject(data) || Decode(data, &e) != nil {
		kind, _, _ := mime.ParseMediaType(r.header.Get("Content-Type"))
		if kind == "text/html" || bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")) {
			return nil, r.bad("is a web page, not JSON", data)
		}
		failure := r.bad("is not the JSON object that Wiro answers with", data)
		failure.Unclear = r.op.Effect == NonIdempotent && isObject(data) // it was cut, with what it named
		return nil, failure
	}
	saysYes := e.Result != nil && *e.Result || e.Result == nil && len(e.Errors) == 0
	receipt := r.receipt(data)
	if saysYes && r.status < 300 || receipt != "" && (r.op.Watched || e.Result != nil && *e.Result) {
		return data, nil
	}
	if len(e.Errors) == 0 && (e.Result == nil || *e.Result) {
		failure := r.bad("is an error without Wiro's envelope", data)
		failure.Unclear = r.op.Effect == NonIdempotent && (receipt != "" || e.Result != nil)
		return nil, failure
	}
	failure := r.refused(e.Errors, data)
	failure.Unclear = r.op.Effect == NonIdempotent && (receipt != "" || e.Result != nil && *e.Result)
	if receipt != "" {
		failure.Messages = append(failure.Messages, "the response names "+r.caller.redact(receipt))
	}
	return nil, failure
}

// receipt returns what the response of a non-idempotent request names as started or paid, such
// as "taskid 7"; "" if nothing.
func (r responseReader) receipt(data []byte) string {
	if r.op.Effect != NonIdempotent || len(r.op.Receipt) == 0 {
		return ""
	}
	var response struct {
		Members map[string]any `json:"-" wire:"rest"`
	}
	if Decode(data, &response) != nil {
		return ""
	}
	var named []string
	for _, name := range r.op.Receipt {
		switch value := response.Members[name].(type) {
		case nil:
		case string:
			if strings.TrimSpace(value) != "" {
				named = append(named, name+" "+value)
			}
		case json.Number:
			named = append(named, name+" "+value.String())
		case []any:
			if len(value) > 0 {
				named = append(named, name)
			}
		case map[string]any:
			if len(value) > 0 {
				named = append(named, name)
			}
		}
	}
	return strings.Join(named, ", ")
}

func (r responseReader) refused(refusals []refusal, data []byte) *Error {
	failure := &Error{
		Kind: Refused, Operation: r.op.Path, HTTPStatus: r.status, RetryAfter: retryAfter(r.header), Extra: r.extra(data),
	}
	room := maxMessage
	for _, item := range refusals {
		if item.Code != 0 && failure.Code == 0 {
			failure.Code = item.Code
		}
		if item.Message != "" && room > 0 {
			text := cut(item.Message, room)
			room -= len(text)
			failure.Messages = append(failure.Messages, r.caller.redact(text))
		}
	}
	if len(failure.Messages) == 0 {
		failure.Messages = []string{"Wiro refused without saying why"}
	}
	return failure
}

// cut returns the start of a text that is longer than limit, without the word at the cut: it may
// be half of a secret, which nothing would recognize.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	text = strings.ToValidUTF8(text[:limit], "")
	if end := strings.LastIndexAny(text, " \n\t"); end > 0 {
		text = text[:end]
	} else {
		text = ""
	}
	return text + " …"
}

// extra returns what a refusal holds beside the envelope, such as the skills in conflict.
func (r responseReader) extra(data []byte) map[string]any {
	if r.op.Secret || len(data) > maxExtra {
		return nil
	}
	var response struct {
		Result json.RawMessage `json:"result"`
		Errors json.RawMessage `json:"errors"`
		Extra  map[string]any  `json:"-" wire:"rest"`
	}
	if Decode(data, &response) != nil || response.Extra == nil {
		return nil
	}
	return r.caller.redactAll(response.Extra).(map[string]any) //nolint:forcetypeassert // as it was given
}

// redactAll returns a decoded value without the caller's secrets, at any depth.
func (c Caller) redactAll(value any) any {
	switch v := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			object[c.redact(name)] = c.redactAll(member)
		}
		return object
	case []any:
		for i, item := range v {
			v[i] = c.redactAll(item)
		}
	case string:
		return c.redact(v)
	case json.Number:
		if text := c.redact(v.String()); text != v.String() {
			return text
		}
	}
	return value
}

// redirect refuses a redirect: credentials are never sent to where it points.
func (r responseReader) redirect() *Error {
	host := "elsewhere"
	if to, err := url.Parse(r.header.Get("Location")); err == nil && to.Host != "" {
		host = "to " + to.Host
	}
	return r.bad("redirects "+host+", where the credentials do not go", nil)
}

func (r responseReader) bad(problem string, data []byte) *Error {
	return &Error{
		Kind: BadContent, Operation: r.op.Path, HTTPStatus: r.status, RetryAfter: retryAfter(r.header),
		Problem: problem, Start: Snippet(r.op, r.caller, data),
	}
}

// Snippet returns the start of a response as an error may show it: redacted, at most 200
// bytes, and nothing of an operation whose responses hold secrets. Redaction comes before the
// cut, which could leave half of a secret.
func Snippet(op Operation, caller Caller, data []byte) string {
	if op.Secret {
		return ""
	}
	data = data[:min(len(data), 16*snippetSize)]
	text := caller.redact(strings.ToValidUTF8(strings.TrimSpace(string(data)), ""))
	return strings.ToValidUTF8(text[:min(len(text), snippetSize)], "")
}

func (c Caller) redact(text string) string {
	if c.Redact == nil {
		return text
	}
	return c.Redact(text)
}

// redactError returns an error without the caller's secrets in its text: net/http quotes what
// it cannot read of a response.
func (c Caller) redactError(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if redacted := c.redact(text[:min(len(text), maxErrorText)]); redacted != text {
		return &redactedError{redacted, err}
	}
	return err
}

const maxErrorText = 4 << 10

// redactedError is an error with other words.
type redactedError struct {
	text  string
	cause error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.cause }

func isObject(data []byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && data[0] == '{'
}

var errTooLarge = errors.New("too large")

// ReadPosted reads JSON that Wiro posted by itself, at most so many bytes of it, without the long
// strings of the members to elide: see Operation.Eliding.
func ReadPosted(body io.Reader, most int, elide ...string) ([]byte, error) {
	return readEliding(nil, body, elide, most)
}

// readResponse reads a response into memory, without the long strings of the members to
// elide. Only what is kept counts against maxResponse; if that is exceeded, it returns what it
// has with errTooLarge. The announced length, below 0 if unknown, only says how much to allocate.
func readResponse(body io.Reader, length int64, elide []string) ([]byte, error) {
	if length <= 0 || length > smallResponse {
		length = bytes.MinRead
	}
	start := make([]byte, 0, length+1) // one more to see the end
	for len(start) <= maxElidedString {
		start = slices.Grow(start, 1)
		n, err := body.Read(start[len(start):min(cap(start), maxElidedString+1)])
		start = start[:len(start)+n]
		switch {
		case err == io.EOF && len(start) <= maxElidedString:
			return start, nil // it has no long string
		case err != nil && err != io.EOF:
			return start, err
		}
	}
	return readEliding(start, body, elide, maxResponse)
}
