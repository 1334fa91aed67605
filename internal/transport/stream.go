package transport

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

const eventStream = "text/event-stream"

// stream writes the answer to one HTTP request: as JSON where nothing comes before it, else
// as the last of a stream of events. A client that does not read is cut off; a long silence
// is filled with comments, so that proxies keep the connection and a client that is gone
// shows.
type stream struct {
	w        http.ResponseWriter
	http     *http.ResponseController
	http2    bool
	timeouts timeouts

	mu      sync.Mutex
	events  bool        // the header is out, and says that events follow
	done    bool        // so is the answer
	silence *time.Timer // nil where the client takes no events
}

// newStream returns a stream for a client, who is sent events only where it accepts them.
// The caller answers or abandons it.
func newStream(w http.ResponseWriter, r *http.Request, t timeouts) *stream {
	s := &stream{w: w, http: http.NewResponseController(w), timeouts: t, http2: r.ProtoMajor == 2}
	if isFlusher(w) && strings.Contains(strings.ToLower(strings.Join(r.Header.Values("Accept"), ",")), eventStream) {
		s.mu.Lock()
		s.silence = time.AfterFunc(t.silence, s.fill)
		s.mu.Unlock()
	}
	return s
}

// isFlusher looks through whatever other handlers have wrapped around the writer.
func isFlusher(w http.ResponseWriter) bool {
	for {
		switch t := w.(type) {
		case http.Flusher:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return false
		}
	}
}

// notify sends a notification, where the client takes events. It is a mcptool.Notifier.
func (s *stream) notify(method string, params map[string]any) {
	data, err := json.Marshal(struct {
		Version string         `json:"jsonrpc"`
		Method  string         `json:"method"`
		Params  map[string]any `json:"params"`
	}{mcp.JSONRPC_VERSION, method, params})
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begin() {
		s.event(data)
	}
}

// answer sends what the client waits for, and ends the stream. The status is lost where
// events were sent before. Without data it is all of the answer.
func (s *stream) answer(status int, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.end()
	if s.done {
		return
	}
	if s.events {
		s.event(data)
		return
	}
	if len(data) > 0 {
		s.w.Header().Set("Content-Type", "application/json")
		s.w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	}
	s.limit()
	s.w.WriteHeader(status)
	_, _ = s.w.Write(data) // the context ends where the client is gone
	if s.http2 {
		s.flush()
	}
}

// abandon ends a stream to which there is no answer.
func (s *stream) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

// end keeps anything more from being sent. The caller holds the lock, as for all below.
func (s *stream) end() {
	s.done = true
	if s.silence != nil {
		s.silence.Stop()
	}
}

// begin sees to it that events can be sent, and reports whether they can.
func (s *stream) begin() bool {
	if s.done || s.silence == nil {
		return false
	}
	if !s.events {
		s.events = true
		h := s.w.Header()
		h.Set("Content-Type", eventStream)
		h.Set("Cache-Control", "no-cache, no-transform")
		h.Set("X-Accel-Buffering", "no") // proxies shall pass each event on at once
		s.limit()
		s.w.WriteHeader(http.StatusOK)
	}
	return true
}

// event sends a message as an event. That it cannot be sent ends the request's context.
func (s *stream) event(message []byte) {
	s.limit()
	for _, part := range [][]byte{[]byte("event: message\ndata: "), bytes.TrimSpace(message), []byte("\n\n")} {
		if _, err := s.w.Write(part); err != nil {
			return
		}
	}
	s.flush()
}

// fill breaks a silence.
func (s *stream) fill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begin() {
		return
	}
	s.limit()
	if _, err := s.w.Write([]byte(": still at it\n\n")); err != nil {
		return
	}
	s.flush()
	s.silence.Reset(s.timeouts.silence)
}

// flush sends what is buffered, within the time limit.
func (s *stream) flush() {
	s.limit()
	_ = s.http.Flush()
	if s.http2 {
		// There a deadline ends the stream even while nothing is being written.
		_ = s.http.SetWriteDeadline(time.Time{})
	}
}

// limit gives the client its time for what is written next. The server lifts the limit
// before the next request.
func (s *stream) limit() {
	_ = s.http.SetWriteDeadline(time.Now().Add(s.timeouts.write)) // a test's recorder has none
}
