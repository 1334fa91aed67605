package transport

import (
	"cmp"
	"compress/flate"
	"compress/gzip"
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
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/slots"
)

const headerRequestID = "X-Request-Id"

// request is one HTTP request to the endpoint.
type request struct {
	http    *HTTP
	w       http.ResponseWriter
	r       *http.Request
	scope   mcptool.Scope // of its messages
	entry   activity      // of the log, as far as it is known
	started time.Time
	body    bodyShare
}

// caller is who sent a request, and what of it goes further.
type caller struct {
	hash   string // salted, of the key: for limits and logs
	id     string // whose limits count: the key's, or the address's if the key is unknown
	known  bool   // Wiro has accepted the key lately
	peer   peer
	signed bool        // in with OAuth
	header http.Header // what MCP knows, and nothing secret
}

// serveMCP is the endpoint. What it takes to read a request is done, and off the stack, before
// its messages are answered, which may take minutes.
func (h *HTTP) serveMCP(w http.ResponseWriter, r *http.Request) {
	q := &request{http: h, w: w, r: r, entry: activity{caller: caller{peer: peerOf(r)}, id: newRequestID()}, started: time.Now()}
	w.Header().Set(headerRequestID, q.entry.id)
	defer q.release()
	switch messages, batch := q.read(); {
	case batch:
		q.serveBatch(q.withOwner(r.Context()), messages)
	case len(messages) == 1:
		q.serveOne(&messages[0])
	}
}

// withOwner returns a context in which the caller is the owner of what is taken.
func (q *request) withOwner(ctx context.Context) context.Context {
	owner := ""
	if q.entry.caller.known {
		owner = q.entry.caller.hash // made-up keys have one share together
	}
	return slots.WithOwner(ctx, owner)
}

// decoded lets others decode: what follows may wait.
func (q *request) decoded() {
	if q.scope.Decoded != nil {
		q.scope.Decoded()
	}
}

// release gives back what the request holds.
func (q *request) release() {
	q.decoded()
	if q.body.budget != nil {
		q.body.release()
	}
}

// read authenticates the request and reads its messages. It answers a request that it refuses,
// and returns none.
func (q *request) read() (messages []message, batch bool) {
	if !q.admit() {
		return nil, false
	}
	q.body = bodyShare{budget: q.http.bodies, caller: q.entry.caller}
	body, err := q.readBody()
	if err != nil {
		q.refuseBody(err)
		return nil, false
	}
	if len(body) > freeBody {
		release, err := slots.CPU().Acquire(q.withOwner(q.r.Context()))
		if err != nil {
			return nil, false // the client is gone
		}
		q.scope.Decoded = sync.OnceFunc(release)
	}
	body = trim(body)
	size, err := decodedSize(body)
	switch {
	case err != nil:
		q.refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, nil, "The request "+err.Error()+".")
		return nil, false
	case size > 2*freeBody && !q.body.hold(size):
		q.refuseBody(errNoMemory)
		return nil, false
	}
	if messages, batch, err = readMessages(body); err != nil {
		q.refuse(http.StatusBadRequest, mcp.PARSE_ERROR, nil, "The request is not the JSON of a JSON-RPC message.")
		return nil, false
	}
	return messages, batch
}

// admit checks everything of the request but its body, and refuses it if anything is wrong.
func (q *request) admit() bool {
	h, w, r := q.http, q.w, q.r
	credentials, connection, err := h.authenticate(r)
	if err != nil {
		h.challenge(w, r, err)
		q.refuse(http.StatusUnauthorized, codeRefused, nil, err.Error())
		return false
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		http.Error(w, "This is an MCP endpoint: it takes POST. The page at / shows how to connect.", http.StatusMethodNotAllowed)
		return false
	}
	q.entry.caller.signed = connection != nil
	q.entry.caller.hash, q.entry.caller.header = credentials.Fingerprint(h.salt), passOn(r.Header)
	if err := oneVersion(r.Header, q.entry.caller.header); err != nil {
		q.refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, nil, err.Error())
		return false
	}
	allowed, err := restrictTools(r.Header, h.Tools)
	if err != nil {
		q.refuse(http.StatusBadRequest, mcp.INVALID_PARAMS, nil, err.Error())
		return false
	}
	limits, err := spendingLimits(r.Header, connection)
	if err != nil {
		q.refuse(http.StatusBadRequest, mcp.INVALID_PARAMS, nil, err.Error())
		return false
	}
	allowed = limitTools(allowed, connection)
	who := &q.entry.caller
	if who.signed { // its key was accepted before its token was made
		h.limits.accept(who.hash)
	}
	who.id, who.known = h.limits.identify(who.hash, who.peer.client)
	hash := who.hash // not q, which the scope of a wait would hold
	q.scope = mcptool.Scope{Caller: credentials, PublicURL: h.pages(r), Allowed: allowed, Limits: limits, Drain: h.draining, Accepted: func() { h.limits.accept(hash) }}
	if !isJSON(r.Header.Get("Content-Type")) {
		q.refuse(http.StatusUnsupportedMediaType, codeRefused, nil, "The Content-Type must be application/json.")
		return false
	}
	if limit, retry := q.overRate(r.Context(), 1); limit != "" {
		q.tooManyRequests(limit, retry, nil)
		return false
	}
	if coding := contentCoding(r.Header); coding != "" && coding != "gzip" {
		w.Header().Set("Accept-Encoding", "gzip")
		q.refuse(http.StatusUnsupportedMediaType, codeRefused, nil, fmt.Sprintf("The Content-Encoding %.20q is not supported: send the body as it is, or with gzip.", coding))
		return false
	}
	return true
}

// serveOne answers a message on its own.
func (q *request) serveOne(m *message) {
	if fault := m.fault(); fault != "" && !m.isReply() {
		q.refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, m.ID, fault)
		return
	}
	if !m.expectsAnswer() {
		q.decoded()
		q.giveUp(q.r.Context(), m)
		q.w.WriteHeader(http.StatusAccepted)
		return
	}
	s := newStream(q.w, q.r, q.http.timeouts)
	defer s.handlerDone()
	c := q.newCall(q.withOwner(q.r.Context()), q.entry.id, m, s.notify)
	if limit := c.begin(); limit != "" {
		s.abandon()
		q.entry = c.entry
		q.tooManyRequests(limit, retryWait, m.ID)
		return
	}
	if c.mayWait && s.closeAfter() {
		q.serveWait(c, s)
		return
	}
	status, data := c.answer()
	q.decoded() // the client may read slowly
	s.answer(status, data)
}

// refuse answers the whole request with an error, and logs it.
func (q *request) refuse(status, code int, id json.RawMessage, text string) {
	refuse(q.w, status, code, id, text)
	q.entry.status, q.entry.outcome, q.entry.took = status, refusals[status], time.Since(q.started)
	q.http.record.end(q.r.Context(), &q.entry)
}

// tooManyRequests answers that a limit is reached.
func (q *request) tooManyRequests(limit string, retry time.Duration, id json.RawMessage) {
	q.entry.limit = limit
	q.w.Header().Set("Retry-After", inSeconds(retry))
	q.refuse(http.StatusTooManyRequests, codeRefused, id, limitText(limit, retry))
}

// refuseBody says what is wrong with a body that could not be read.
func (q *request) refuseBody(err error) {
	q.w.Header().Set("Connection", "close")
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		q.refuse(http.StatusRequestEntityTooLarge, codeRefused, nil, fmt.Sprintf("The request is larger than %d KB. Give files as URLs.", q.http.options.MaxBody>>10))
	case errors.Is(err, errNoMemory):
		q.entry.limit = limitMemory
		q.w.Header().Set("Retry-After", inSeconds(retryWait))
		q.refuse(http.StatusServiceUnavailable, codeRefused, nil, limitText(limitMemory, retryWait))
	case errors.Is(err, errNotGzip):
		q.refuse(http.StatusBadRequest, mcp.PARSE_ERROR, nil, "The body is not gzip, although the Content-Encoding says so.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		q.refuse(http.StatusRequestTimeout, codeRefused, nil, fmt.Sprintf("The request did not arrive within %s.", q.http.timeouts.body))
	default:
		q.refuse(http.StatusBadRequest, mcp.PARSE_ERROR, nil, "The request broke off.")
	}
}

// readBody reads a body of limited size in limited time, as far as the budget reaches.
func (q *request) readBody() ([]byte, error) {
	limit := q.http.options.MaxBody
	if q.r.ContentLength > int64(limit) {
		return nil, &http.MaxBytesError{Limit: int64(limit)}
	}
	size, body := 512, q.r.Body
	if known := q.r.ContentLength; known < 0 {
		body = http.MaxBytesReader(q.w, body, int64(limit))
	} else if known < freeBody {
		size = int(known) + 1 // to see its end
	}
	if contentCoding(q.r.Header) == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, gzipError(err)
		}
		body = unpacked
	}
	data := make([]byte, 0, size)
	for { // grows with what arrives, not with a large length that is announced
		if len(data) == cap(data) {
			if cap(data) >= freeBody && !q.body.hold(cap(data)) {
				return nil, errNoMemory
			}
			data = append(make([]byte, 0, 2*cap(data)), data...)
		}
		n, err := body.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case len(data) > limit:
			return nil, &http.MaxBytesError{Limit: int64(limit)}
		case err == io.EOF: //nolint:errorlint // as io.Reader has it
			// The guard set a deadline, which must not end a call that takes its time.
			_ = http.NewResponseController(q.w).SetReadDeadline(time.Time{})
			return data, nil
		case err != nil:
			return nil, gzipError(err)
		}
	}
}

var errNoMemory = errors.New("the budget for bodies is used up")

var errNotGzip = errors.New("not gzip")

func gzipError(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.EOF) {
		return errNotGzip
	}
	if _, ok := errors.AsType[flate.CorruptInputError](err); ok {
		return errNotGzip
	}
	return err
}

func isJSON(contentType string) bool {
	if contentType == "application/json" { // as nearly all clients write it
		return true
	}
	for part := range strings.SplitSeq(contentType, ",") { // a proxy joins copies
		if kind, _, _ := mime.ParseMediaType(part); kind != "application/json" {
			return false
		}
	}
	return true
}

// contentCoding is how a body is encoded; "" for not at all. Several codings come as a list.
func contentCoding(h http.Header) string {
	var codings []string
	for _, value := range h.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(value, ",") {
			coding = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(coding)), "x-")
			if coding != "" && coding != "identity" {
				codings = append(codings, coding)
			}
		}
	}
	return strings.Join(codings, ", ")
}

// oneVersion makes one protocol version of several that agree: proxies repeat and join headers.
func oneVersion(from, to http.Header) error {
	values := from[headerProtocol]
	if len(values) == 1 && mcp.IsValidProtocolVersion(values[0]) { // as nearly all are
		return nil
	}
	version := ""
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		part = strings.TrimSpace(part)
		if part != "" && version != "" && part != version {
			return errors.New("The header MCP-Protocol-Version names several versions: send one.") //nolint:staticcheck,revive // a person reads it as it stands
		}
		version = cmp.Or(version, part)
	}
	to.Del(headerProtocol)
	if version != "" {
		to.Set(headerProtocol, version)
	}
	return nil
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
		if values := from[name]; values != nil {
			to[name] = values
		}
	}
	return to
}

func newRequestID() string { return rand.Text()[:10] }
