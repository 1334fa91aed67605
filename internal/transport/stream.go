package transport

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const eventStream = "text/event-stream"

// stream writes the answer to one HTTP request: as JSON if nothing comes before it, else as
// the last of a stream of events. A client that does not read is cut off. During a long call a
// heartbeat keeps proxies from closing the connection, and shows when the client is gone: a
// comment among events, or white space ahead of the JSON.
type stream struct {
	w        http.ResponseWriter
	http     *http.ResponseController
	http2    bool
	chunked  bool // the protocol has chunks
	events   bool // the client takes them
	own      bool // the connection may be taken over
	timeouts timeouts

	mu     sync.Mutex
	closes bool        // the header says that the connection ends
	begun  bool        // the header is out
	done   bool        // so is the answer
	timer  *time.Timer // of the next heartbeat; nil if nothing can be sent before the answer
	conn   *hijacked   // that was taken over from net/http; nil if none was
}

// newStream returns a stream for a client, who is sent events only if it accepts them. The
// caller answers or abandons it.
func newStream(w http.ResponseWriter, r *http.Request, t timeouts) *stream {
	s := &stream{
		w: w, http: http.NewResponseController(w), http2: r.ProtoMajor == 2, chunked: r.ProtoAtLeast(1, 1),
		own: r.ProtoMajor == 1 && isOwn(r), events: acceptsEvents(r.Header), timeouts: t,
	}
	if isFlusher(w) {
		s.mu.Lock()
		s.timer = time.AfterFunc(t.heartbeat, s.beat)
		s.mu.Unlock()
	}
	return s
}

// acceptsEvents reports whether an Accept header names the type of events, with a weight
// above 0.
func acceptsEvents(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept"), ","), ",") {
		if !strings.Contains(part, ";") { // as nearly all clients write it
			if strings.EqualFold(strings.TrimSpace(part), eventStream) {
				return true
			}
			continue
		}
		kind, params, _ := mime.ParseMediaType(part) // lower case; "" for what is none
		if kind != eventStream {
			continue
		}
		weight, err := strconv.ParseFloat(params["q"], 64)
		return err != nil || weight > 0
	}
	return false
}

// isFlusher looks through the wrappers that other handlers have put around the writer.
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

// notify sends a notification if the client takes events. It is a mcptool.Notifier.
func (s *stream) notify(method string, params map[string]any) {
	data, err := notification(method, params)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.events && s.begin() {
		s.event(data)
	}
}

// answer sends the answer, and ends the stream. The status is lost if something was sent
// before. Without data the status is all of the answer.
func (s *stream) answer(status int, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.end()
	if s.done {
		return
	}
	if s.conn != nil {
		defer s.conn.finish()
	}
	switch {
	case s.begun && s.events:
		s.event(data)
		return
	case !s.begun:
		if len(data) > 0 {
			h := s.w.Header()
			h["Content-Type"] = inJSON
			h.Set("Content-Length", strconv.Itoa(len(data)))
		}
		s.w.WriteHeader(status) // into a buffer
	}
	s.setWriteDeadline()
	_, _ = s.w.Write(data) // the context ends if the client is gone
	if s.http2 {
		s.flush()
	}
}

// closeAfter reports whether the connection can be taken over; it then ends with the answer, if
// anything comes before that.
func (s *stream) closeAfter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closes = s.own
	return s.own
}

// hijack takes the connection over from net/http, and reports whether it could. What is sent from
// here on no longer passes through net/http; gone is called when the client is gone.
func (s *stream) hijack(all *hijackedSet, gone context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begin() {
		return false
	}
	s.flush()
	conn, unread, err := s.http.Hijack()
	if err != nil {
		return false
	}
	s.conn = &hijacked{Conn: conn, chunked: s.chunked, gone: gone, all: all}
	s.w, s.http = s.conn, http.NewResponseController(s.conn)
	all.add(s.conn, unread.Reader.Buffered() == 0)
	return true
}

// abandon ends a stream to which there is no answer.
func (s *stream) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

// handlerDone is abandon at the end of the HTTP handler, which a connection that was taken over
// outlives.
func (s *stream) handlerDone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		s.end()
	}
}

// end keeps anything more from being sent. The caller holds the lock, as for all below.
func (s *stream) end() {
	s.done = true
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
}

// begin sends the header if it is not out, and reports whether something can follow before
// the answer.
func (s *stream) begin() bool {
	if s.done || s.timer == nil {
		return false
	}
	if !s.begun {
		s.begun = true
		h := s.w.Header()
		h["Content-Type"] = inJSON
		if s.events {
			h.Set("Content-Type", eventStream)
		}
		h.Set("Cache-Control", "no-cache, no-transform")
		h.Set("X-Accel-Buffering", "no") // proxies pass each piece on at once
		if s.closes {
			h.Set("Connection", "close")
		}
		s.setWriteDeadline()
		s.w.WriteHeader(http.StatusOK)
	}
	return true
}

// event sends a message as an event. If it cannot be sent, the request's context ends.
func (s *stream) event(message []byte) {
	s.setWriteDeadline()
	if _, err := s.w.Write(slices.Concat([]byte("event: message\ndata: "), bytes.TrimSpace(message), []byte("\n\n"))); err == nil {
		s.flush()
	}
}

// beat sends a heartbeat.
func (s *stream) beat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begin() {
		return
	}
	sign := " "
	if s.events {
		sign = ": still at it\n\n"
	}
	s.setWriteDeadline()
	if _, err := s.w.Write([]byte(sign)); err != nil {
		return
	}
	s.flush()
	s.timer.Reset(s.timeouts.heartbeat)
}

// flush sends what is buffered, within the time limit.
func (s *stream) flush() {
	s.setWriteDeadline()
	_ = s.http.Flush()
	if s.http2 {
		// There a deadline ends the stream even while nothing is being written.
		_ = s.http.SetWriteDeadline(time.Time{})
	}
}

// setWriteDeadline limits the time for what is written next. The server lifts the limit before
// the next request.
func (s *stream) setWriteDeadline() {
	_ = s.http.SetWriteDeadline(time.Now().Add(s.timeouts.write)) // a test's recorder has none
}
