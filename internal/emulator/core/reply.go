package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
)

// Fields are what an endpoint adds to the envelope, in order.
type Fields []Field

// A Field is the name of a member and its value: anything that encoding/json takes;
// json.RawMessage goes out as it is.
type Field [2]any

// A Failure is an error as the API words it: HTTP 200 with result false, unless status
// says otherwise.
type Failure struct {
	status  int
	Errors  []WireError
	more    Fields // beside the errors
	Partial bool   // result is true all the same
}

// A WireError is one entry of errors. The API writes a code as a number, as a numeric
// string, or not at all: code holds an int, a string, or nil.
type WireError struct {
	Code    any    `json:"code,omitempty"`
	Message string `json:"message"`
}

func (f *Failure) Error() string { return f.Errors[0].Message }

// Fail is the error most endpoints answer with.
func Fail(code int, message string) *Failure {
	return &Failure{Errors: []WireError{{Code: code, Message: message}}}
}

// Keyed is an error without a code, as endpoints give it that answer with message keys.
func Keyed(message string) *Failure {
	return &Failure{Errors: []WireError{{Message: message}}}
}

// With adds a field that goes beside the errors.
func (f *Failure) With(name string, value any) *Failure {
	f.more = append(f.more, Field{name, value})
	return f
}

// Errors that belong to no endpoint in particular.
var (
	errNoEndpoint  = &Failure{status: http.StatusNotFound, Errors: []WireError{{Code: 0, Message: "Error parsing url."}}}
	errRateLimit   = &Failure{status: http.StatusTooManyRequests, Errors: []WireError{{Code: 0, Message: "Too Many Requests"}}}
	ErrInvalidBody = Fail(0, "Request parameters are invalid.")
	ErrSuspended   = Fail(0, "Your account has been suspended. Please contact support if you believe this is a mistake.")
	ErrPermission  = Fail(0, "You don't have any permission for this action.")
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// writeAnswer answers a call with what its endpoint said, altered as a behavior says.
func writeAnswer(w http.ResponseWriter, b *Behavior, out Fields, err error) {
	if err != nil {
		status, body := failureBody(err)
		status, body = b.alter(status, body)
		writeBody(w, status, body)
		return
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	buf.WriteString(`{"result":true,"errors":[]`)
	for _, f := range out {
		buf.WriteByte(',')
		encodeTo(buf, f[0])
		buf.WriteByte(':')
		if raw, ok := f[1].(json.RawMessage); ok {
			buf.Write(raw)
		} else {
			encodeTo(buf, f[1])
		}
	}
	buf.WriteString("}\n")
	status, body := b.alter(http.StatusOK, buf.Bytes())
	writeBody(w, status, body)
}

func writeFailure(w http.ResponseWriter, err error) {
	status, body := failureBody(err)
	writeBody(w, status, body)
}

// failureBody is the answer to a call that did not go well. An error that is no *Failure is
// a bug of the emulator and becomes HTTP 500.
func failureBody(err error) (status int, body []byte) {
	var f *Failure
	if !errors.As(err, &f) {
		f = &Failure{status: http.StatusInternalServerError, Errors: []WireError{{Code: 0, Message: "emulator: " + err.Error()}}}
	}
	body = Encode(append(Object{{"result", f.Partial}, {"errors", f.Errors}}, f.more...))
	return max(f.status, http.StatusOK), append(body, '\n')
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// Encode is v as JSON. What the emulator sends always encodes, so a failure is a bug.
func Encode(v any) []byte {
	var buf bytes.Buffer
	encodeTo(&buf, v)
	return buf.Bytes()
}

func encodeTo(buf *bytes.Buffer, v any) {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	buf.Truncate(buf.Len() - 1) // Encode ends the line
}
