package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// serveWait answers a call that may wait for minutes. The rest of the call has a goroutine of its
// own as long as it has something to do, and the connection once the wait is a long one: net/http's
// goroutine and buffers, 30 KB, are free again. Nothing holds on to the request.
func (q *request) serveWait(c *rpcCall, s *stream) {
	ctx, gone := context.WithCancel(q.withOwner(context.Background())) // net/http ends its own when it is done
	listened := context.AfterFunc(c.ctx, gone)
	c.ctx = ctx
	status, answer := c.start()
	if !c.waits() {
		q.decoded() // the client may read slowly
		s.answer(c.finish(status, answer))
		listened()
		gone()
		return
	}
	c.entry.caller.header = nil // it was read
	w := &wait{call: c, stream: s, answered: make(chan struct{}), gone: gone, done: q.http.inFlight.begin()}
	if q.body.size > 0 {
		share := q.body
		q.body.budget, w.release = nil, share.release
	}
	go w.run(answer)
	timer := time.NewTimer(q.http.timeouts.hijack)
	defer timer.Stop()
	select {
	case <-w.answered:
	case <-timer.C:
		if s.hijack(&q.http.hijacked, gone) {
			listened()
			return
		}
		<-w.answered
	}
	listened()
}

// wait is a call that waits.
type wait struct {
	call     *rpcCall
	stream   *stream
	answered chan struct{}
	gone     context.CancelFunc
	done     func() // it is no longer in flight
	release  func() // of the budget for bodies; may be nil
}

// run brings the call to its end, and answers. A call that waits for an event is answered in
// another goroutine, when run has returned.
func (w *wait) run(answer mcp.JSONRPCMessage) {
	w.call.scope.Continuation.Start(answer, func(answer mcp.JSONRPCMessage) {
		defer w.end()
		w.stream.answer(w.call.answered(answer))
	})
}

func (w *wait) end() {
	if cause := recover(); cause != nil {
		w.call.http.Log.Error().Ctx(w.call.ctx).Str("request", w.call.entry.id).Str("panic", fmt.Sprintf("%T", cause)).
			Bytes("stack", debug.Stack()).Msg("an answer panicked")
	}
	w.stream.abandon()
	w.gone()
	if w.release != nil {
		w.release()
	}
	close(w.answered)
	w.done()
}

// hijacked is a connection that was taken over from net/http, once the header of the answer was
// out. It is the http.ResponseWriter of the rest.
type hijacked struct {
	net.Conn
	chunked bool
	gone    context.CancelFunc // called when the client is
	all     *hijackedSet
	id      int32 // among all
}

// Header implements http.ResponseWriter: the header is out.
func (c *hijacked) Header() http.Header { return http.Header{} }

// WriteHeader implements http.ResponseWriter: the header is out.
func (c *hijacked) WriteHeader(int) {}

// Flush implements http.Flusher: nothing is buffered.
func (c *hijacked) Flush() {}

// Write sends a piece of the answer.
func (c *hijacked) Write(data []byte) (int, error) {
	piece := data
	if c.chunked {
		piece = fmt.Appendf(nil, "%x\r\n%s\r\n", len(data), data)
	}
	if _, err := c.Conn.Write(piece); err != nil {
		c.gone()
		return 0, err
	}
	return len(data), nil
}

// finish says that the answer is complete.
func (c *hijacked) finish() {
	if c.chunked {
		_, _ = c.Conn.Write([]byte("0\r\n\r\n")) // the client is gone then
	}
}

const (
	lingerTime  = 500 * time.Millisecond // as in net/http
	lingerBytes = 256 << 10
)

// Close hangs up, as the header announced. If the client has sent something that was not read, the
// system would reset the connection, and the client could lose the answer: it gets the end of the
// answer first, and a moment to close the connection itself.
func (c *hijacked) Close() error {
	c.all.remove(c)
	half, ok := c.Conn.(interface{ CloseWrite() error }) // TCP, and TLS
	if !ok || half.CloseWrite() != nil {
		return c.Conn.Close()
	}
	go func() {
		_ = c.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // an error: it is over sooner
		_ = c.Conn.Close()
	}()
	return nil
}

// watch ends the call when the client is gone. A client that sends something more is not listened
// to until it has its answer, as with net/http.
func (c *hijacked) watch() {
	var one [1]byte
	if n, _ := c.Read(one[:]); n == 0 {
		c.gone()
	}
}

// hijackedSet are the connections that a server has to close itself.
type hijackedSet struct {
	mu       sync.Mutex
	open     map[int32]*hijacked
	last     int32
	readable readable
}

// add takes a connection in, and has its client watched if that has sent nothing more.
func (s *hijackedSet) add(c *hijacked, silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[int32]*hijacked{}
	}
	s.last++
	c.id = s.last
	s.open[c.id] = c
	if silent && !s.readable.add(c.Conn, c.id, s.watch) {
		go c.watch()
	}
}

// watch watches the client of a connection that is readable: in a goroutine, as it may block.
func (s *hijackedSet) watch(id int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.open[id]; c != nil {
		go c.watch()
	}
}

func (s *hijackedSet) remove(c *hijacked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c.id)
}

// cut closes all of them, which ends their calls. Those that are added later are closed already, by
// net/http.
func (s *hijackedSet) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open {
		go func() { // TLS may wait for its client
			_ = c.Conn.Close()
			c.gone()
		}()
	}
	s.readable.close()
}
