package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

const (
	maxBody         = 4 << 20 // bytes
	headerRequestID = "X-Request-Id"
)

// visit is one HTTP request to the endpoint.
type visit struct {
	http    *HTTP
	w       http.ResponseWriter
	r       *http.Request
	scope   mcptool.Scope // of its messages
	entry   entry         // of the log, as far as it is known
	started time.Time
}

// caller is who sent a request, and what of it goes further.
type caller struct {
	hash   string // salted, of the key: for limits and logs
	origin origin
	header http.Header // what MCP knows, and nothing secret
}

// serveMCP is the endpoint.
func (h *HTTP) serveMCP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		http.Error(w, "This is an MCP endpoint, which takes POST. The page at / tells how to connect.", http.StatusMethodNotAllowed)
		return
	}
	v := &visit{http: h, w: w, r: r, entry: entry{caller: caller{origin: originFrom(r)}, id: newRequestID()}, started: time.Now()}
	w.Header().Set(headerRequestID, v.entry.id)

	credentials, err := credentialsOf(r.Header)
	if err != nil {
		challenge(w.Header(), err)
		v.refuse(http.StatusUnauthorized, codeRefused, nil, err.Error())
		return
	}
	v.entry.caller.hash, v.entry.caller.header = credentials.Caller(h.salt), passOn(r.Header)
	allowed, err := narrow(r.Header, h.tools)
	if err != nil {
		v.refuse(http.StatusBadRequest, mcp.INVALID_PARAMS, nil, err.Error())
		return
	}
	v.scope = mcptool.Scope{Caller: credentials, Allowed: allowed}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		v.refuse(http.StatusUnsupportedMediaType, codeRefused, nil, "The Content-Type must be application/json.")
		return
	}
	if limit, retry := h.limits.take(v.entry.caller.hash, 1); limit != "" {
		v.limit(limit, retry, nil)
		return
	}
	body, err := readBody(w, r)
	if err != nil {
		v.refuseBody(err)
		return
	}
	messages, batch, err := readMessages(body)
	switch {
	case err != nil:
		v.refuse(http.StatusBadRequest, mcp.PARSE_ERROR, nil, "The request is not the JSON of a JSON-RPC message.")
	case batch:
		v.serveBatch(r.Context(), messages)
	default:
		v.serveOne(r.Context(), messages[0])
	}
}

// serveOne answers a message on its own.
func (v *visit) serveOne(ctx context.Context, m message) {
	if fault := m.fault(); fault != "" {
		v.refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, m.ID, fault)
		return
	}
	if !m.expectsAnswer() {
		v.w.WriteHeader(http.StatusAccepted)
		return
	}
	s := newStream(v.w, v.r, v.http.timeouts)
	defer s.abandon()
	x := v.http.exchange(ctx, v.scope, v.entry.caller, v.entry.id, m, s.notify)
	if limit := x.begin(); limit != "" {
		s.abandon()
		v.entry = x.entry
		v.limit(limit, retryWait, m.ID)
		return
	}
	s.answer(x.answer())
}

// refuse answers the whole request with an error, and logs it.
func (v *visit) refuse(status, code int, id json.RawMessage, text string) {
	refuse(v.w, status, code, id, text)
	v.entry.status, v.entry.outcome, v.entry.took = status, refusals[status], time.Since(v.started)
	v.http.log(v.entry)
}

// limit answers that something is too much right now.
func (v *visit) limit(limit string, retry time.Duration, id json.RawMessage) {
	v.http.metrics.limited(limit)
	v.w.Header().Set("Retry-After", inSeconds(retry))
	v.refuse(http.StatusTooManyRequests, codeRefused, id, limitText(limit, retry))
}

// refuseBody says what is wrong with a body that could not be read.
func (v *visit) refuseBody(err error) {
	v.w.Header().Set("Connection", "close")
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		v.refuse(http.StatusRequestEntityTooLarge, codeRefused, nil, fmt.Sprintf("The request is larger than %d MB. Give files as URLs.", maxBody>>20))
	case errors.Is(err, os.ErrDeadlineExceeded):
		v.refuse(http.StatusRequestTimeout, codeRefused, nil, fmt.Sprintf("The request did not arrive within %s.", v.http.timeouts.body))
	default:
		v.refuse(http.StatusBadRequest, mcp.PARSE_ERROR, nil, "The request broke off.")
	}
}

// readBody reads a body of limited size in limited time.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, &http.MaxBytesError{Limit: maxBody}
	}
	var b bytes.Buffer // grows with what arrives, whatever length was announced
	if _, err := io.Copy(&b, http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		return nil, err
	}
	// The guard set a deadline, which must not end a call that takes its time.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return b.Bytes(), nil
}

// passed are the headers that go on to the MCP server, beside those that begin with Mcp-.
var passed = []string{"Accept", "Content-Type", "Last-Event-Id", "User-Agent", "Traceparent", "Tracestate"}

func passOn(from http.Header) http.Header {
	to := http.Header{}
	for name, values := range from {
		if strings.HasPrefix(name, "Mcp-") {
			to[name] = values
		}
	}
	for _, name := range passed {
		if values := from.Values(name); values != nil {
			to[name] = values
		}
	}
	return to
}

func newRequestID() string { return rand.Text()[:10] }
