package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
)

// fields are what an endpoint adds to the envelope, in order.
type fields []field

// A field is the name of a member and its value: anything that encoding/json takes;
// json.RawMessage goes out as it is.
type field [2]any

// A failure is an error as the API words it: HTTP 200 with result false, unless status
// says otherwise.
type failure struct {
	status int
	errors []wireError
	more   fields // beside the errors
	partly bool   // result is true all the same
}

// A wireError is one entry of errors. The API writes a code as a number, as a numeric
// string, or not at all: code holds an int, a string, or nil.
type wireError struct {
	Code    any    `json:"code,omitempty"`
	Message string `json:"message"`
}

func (f *failure) Error() string { return f.errors[0].Message }

// fail is the error most endpoints answer with.
func fail(code int, message string) *failure {
	return &failure{errors: []wireError{{Code: code, Message: message}}}
}

// keyed is an error without a code, as endpoints give it that answer with message keys.
func keyed(message string) *failure {
	return &failure{errors: []wireError{{Message: message}}}
}

// with adds a field that goes beside the errors.
func (f *failure) with(name string, value any) *failure {
	f.more = append(f.more, field{name, value})
	return f
}

// Errors that belong to no endpoint in particular.
var (
	errNoEndpoint  = &failure{status: http.StatusNotFound, errors: []wireError{{Code: 0, Message: "Error parsing url."}}}
	errRateLimit   = &failure{status: http.StatusTooManyRequests, errors: []wireError{{Code: 0, Message: "Too Many Requests"}}}
	errInvalidBody = fail(0, "Request parameters are invalid.")
	errSuspended   = fail(0, "Your account has been suspended. Please contact support.")
	errPermission  = fail(0, "You don't have any permission for this action.")
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// writeReply answers a call that went well.
func writeReply(w http.ResponseWriter, out fields) {
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
	writeBody(w, http.StatusOK, buf.Bytes())
}

// writeFailure answers a call that did not. An error that is no *failure is a bug of the
// sandbox and becomes HTTP 500.
func writeFailure(w http.ResponseWriter, err error) {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{status: http.StatusInternalServerError, errors: []wireError{{Code: 0, Message: "emulator: " + err.Error()}}}
	}
	body := encode(append(object{{"result", f.partly}, {"errors", f.errors}}, f.more...))
	status := f.status
	if status == 0 {
		status = http.StatusOK
	}
	writeBody(w, status, append(body, '\n'))
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// encode is v as JSON. What the sandbox sends always encodes, so a failure is a bug.
func encode(v any) []byte {
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
