package core

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

// A Call is one request of the API on its way through the emulator.
type Call struct {
	server  *Server
	Project *Project // nil until authenticated, and for open endpoints
	Request *http.Request
	path    string // relative to the base URL: "Run/openai/sora-2"
	Rest    string // what follows the prefix of a prefix endpoint: "openai/sora-2"
	Args    Args
	Files   []Upload

	retryAfter int      // seconds, for the header of that name; 0 leaves it out
	Behavior   Behavior // how the target misbehaves; the task of a run inherits it
	// Detail, where the endpoint sets it, is how its answer misbehaves, in place of Behavior.
	Detail *Behavior
}

// An Upload is a file of a multipart request.
type Upload struct {
	field       string
	Name        string
	contentType string
	blob        *blob
	TooLarge    bool // over maxFileSize; the blob is empty
	Size        int64
}

// read decodes the body, a JSON object or a form. On an error what could be read is
// in args and files all the same.
func (c *Call) read(w http.ResponseWriter) error {
	c.Args = Args{}
	mediaType, params, _ := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	if mediaType == "multipart/form-data" {
		return c.readForm(multipart.NewReader(c.Request.Body, params["boundary"]))
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, c.Request.Body, maxJSONBody)); err != nil {
		return ErrInvalidBody
	}
	if len(bytes.TrimSpace(buf.Bytes())) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(buf.Bytes()))
	dec.UseNumber() // parameters go back out as they came in
	if err := dec.Decode(&c.Args); err != nil || dec.More() {
		return ErrInvalidBody
	}
	if c.Args == nil { // the body was null
		c.Args = Args{}
		return ErrInvalidBody
	}
	return nil
}

func (c *Call) readForm(form *multipart.Reader) error {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return ErrInvalidBody
		}
		if err := c.readPart(part); err != nil {
			return err
		}
	}
}

func (c *Call) readPart(part *multipart.Part) error {
	name := part.FormName()
	if part.FileName() == "" {
		value, err := io.ReadAll(io.LimitReader(part, maxFormField+1))
		if err != nil || len(value) > maxFormField {
			return ErrInvalidBody
		}
		c.Args.add(name, string(value))
		return nil
	}
	b, err := c.server.Files.spool(io.LimitReader(part, maxFileSize+1))
	if err != nil {
		return err
	}
	up := Upload{field: name, Name: part.FileName(), contentType: part.Header.Get("Content-Type"), blob: b, Size: b.Size}
	if b.Size > maxFileSize {
		b.remove()
		rest, err := io.Copy(io.Discard, part) // so that the client hears the answer
		if err != nil {
			return ErrInvalidBody
		}
		up.TooLarge, up.Size, up.blob = true, b.Size+rest, &blob{}
	}
	c.Files = append(c.Files, up)
	return nil
}

// discard removes what was uploaded and not kept.
func (c *Call) discard() {
	for _, f := range c.Files {
		if !f.blob.kept {
			f.blob.remove()
		}
	}
}

// FilesOf returns the uploads of one form field.
func (c *Call) FilesOf(field string) []Upload {
	var found []Upload
	for _, f := range c.Files {
		if f.field == field {
			found = append(found, f)
		}
	}
	return found
}

// Args are the parameters of a call, as JSON or form fields brought them. The API takes
// numbers and booleans as strings too, so the getters do.
type Args map[string]any

// add appends a form field: given twice, it becomes a list.
func (a Args) add(name, value string) {
	switch before := a[name].(type) {
	case nil:
		a[name] = value
	case []any:
		a[name] = append(before, value)
	default:
		a[name] = []any{before, value}
	}
}

// Text is a parameter as text, "" where it is missing, null, or no scalar.
func (a Args) Text(name string) string { return Scalar(a[name]) }

// Int is a parameter as an integer that is not negative, or fallback.
func (a Args) Int(name string, fallback int) int {
	n, err := strconv.Atoi(a.Text(name))
	if err != nil || n < 0 {
		return fallback
	}
	return n
}

// Bool is a parameter as a boolean: true, "true", 1 and "1" are true.
func (a Args) Bool(name string) bool {
	text := a.Text(name)
	return text == "true" || text == "1"
}

// List is a parameter as a list of strings: an array, or one string with commas.
func (a Args) List(name string) []string {
	var items []string
	switch value := a[name].(type) {
	case []any:
		for _, item := range value {
			items = append(items, Scalar(item))
		}
	case nil:
	default:
		items = strings.Split(Scalar(value), ",")
	}
	for i, item := range items {
		items[i] = strings.TrimSpace(item)
	}
	return slices.DeleteFunc(items, func(item string) bool { return item == "" })
}

// Require is a parameter that must be there, as text.
func (a Args) Require(name string) (string, error) {
	if text := a.Text(name); text != "" {
		return text, nil
	}
	return "", Required(name)
}

// Required is the documented error for a parameter that is missing.
func Required(name string) *Failure {
	return Fail(0, "Request parameter ["+name+"] required")
}

// Scalar is a string, number or boolean as text, "" for anything else.
func Scalar(value any) string {
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
