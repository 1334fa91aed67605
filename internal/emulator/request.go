package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	maxJSONBody  = 32 << 20  // a run may carry an image as a data: URI
	maxFormField = 1 << 20   // one text field of a form
	maxFileSize  = 100 << 20 // Wiro docs: Files, 100 MB per file
)

// A call is one request of the API on its way through the sandbox.
type call struct {
	server  *base
	project *project // nil until authenticated, and for open endpoints
	request *http.Request
	path    string // relative to the base URL: "Run/openai/sora-2"
	rest    string // what follows the prefix of a prefix endpoint: "openai/sora-2"
	args    args
	files   []upload

	retryAfter int      // seconds, for the header of that name; 0 leaves it out
	behavior   Behavior // how the target misbehaves; the task of a run inherits it
}

// An upload is a file of a multipart request.
type upload struct {
	field       string
	name        string
	contentType string
	blob        *blob
	tooLarge    bool // over maxFileSize; the blob is empty
	size        int64
}

// read decodes the body, a JSON object or a form. On an error whatever could be read is
// in args and files all the same.
func (c *call) read(w http.ResponseWriter) error {
	c.args = args{}
	mediaType, params, _ := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if mediaType == "multipart/form-data" {
		return c.readForm(multipart.NewReader(c.request.Body, params["boundary"]))
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, c.request.Body, maxJSONBody)); err != nil {
		return errInvalidBody
	}
	if len(bytes.TrimSpace(buf.Bytes())) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(buf.Bytes()))
	dec.UseNumber() // parameters go back out as they came in
	if err := dec.Decode(&c.args); err != nil || dec.More() {
		return errInvalidBody
	}
	if c.args == nil { // the body was null
		c.args = args{}
		return errInvalidBody
	}
	return nil
}

func (c *call) readForm(form *multipart.Reader) error {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errInvalidBody
		}
		if err := c.readPart(part); err != nil {
			return err
		}
	}
}

func (c *call) readPart(part *multipart.Part) error {
	name := part.FormName()
	if part.FileName() == "" {
		value, err := io.ReadAll(io.LimitReader(part, maxFormField+1))
		if err != nil || len(value) > maxFormField {
			return errInvalidBody
		}
		c.args.add(name, string(value))
		return nil
	}
	b, err := c.server.files.spool(io.LimitReader(part, maxFileSize+1))
	if err != nil {
		return err
	}
	up := upload{field: name, name: part.FileName(), contentType: part.Header.Get("Content-Type"), blob: b, size: b.size}
	if b.size > maxFileSize {
		b.remove()
		rest, err := io.Copy(io.Discard, part) // so that the client hears the answer
		if err != nil {
			return errInvalidBody
		}
		up.tooLarge, up.size, up.blob = true, b.size+rest, &blob{}
	}
	c.files = append(c.files, up)
	return nil
}

// discard removes what was uploaded and not kept.
func (c *call) discard() {
	for _, f := range c.files {
		if !f.blob.kept {
			f.blob.remove()
		}
	}
}

// filesOf returns the uploads of one form field.
func (c *call) filesOf(field string) []upload {
	var found []upload
	for _, f := range c.files {
		if f.field == field {
			found = append(found, f)
		}
	}
	return found
}

// args are the parameters of a call, as JSON or form fields brought them. The API takes
// numbers and booleans as strings too, so the getters do.
type args map[string]any

// add appends a form field: given twice, it becomes a list.
func (a args) add(name, value string) {
	switch before := a[name].(type) {
	case nil:
		a[name] = value
	case []any:
		a[name] = append(before, value)
	default:
		a[name] = []any{before, value}
	}
}

// text is a parameter as text, "" where it is missing, null, or no scalar.
func (a args) text(name string) string { return scalar(a[name]) }

// whole is a parameter as an integer that is not negative, or fallback.
func (a args) whole(name string, fallback int) int {
	n, err := strconv.Atoi(a.text(name))
	if err != nil || n < 0 {
		return fallback
	}
	return n
}

// flag is a parameter as a boolean: true, "true", 1 and "1" are true.
func (a args) flag(name string) bool {
	text := a.text(name)
	return text == "true" || text == "1"
}

// list is a parameter as a list of strings: an array, or one string with commas.
func (a args) list(name string) []string {
	var items []string
	switch value := a[name].(type) {
	case []any:
		for _, item := range value {
			items = append(items, scalar(item))
		}
	case nil:
	default:
		items = strings.Split(scalar(value), ",")
	}
	for i, item := range items {
		items[i] = strings.TrimSpace(item)
	}
	return slices.DeleteFunc(items, func(item string) bool { return item == "" })
}

// need is a parameter that must be there, as text.
func (a args) need(name string) (string, error) {
	if text := a.text(name); text != "" {
		return text, nil
	}
	return "", required(name)
}

// required is the documented error for a parameter that is missing.
func required(name string) *failure {
	return fail(0, "Request parameter ["+name+"] required")
}

func scalar(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}
