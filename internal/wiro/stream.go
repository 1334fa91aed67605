package wire

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// streamWriteTimeout is how long a message may wait until the peer reads.
const streamWriteTimeout = 2 * pingInterval

var errBusy = errors.New("another message is being written")

// Frame is a message of a stream: an event, or the bytes of a binary message.
type Frame struct {
	Event  Event
	Binary []byte // nil for an event
}

// Stream is a connection of its own for one realtime session. It drops nothing: while its reader
// is slow it reads no further, and the peer has to wait.
type Stream struct {
	ws       *websocket.Conn
	frames   chan Frame
	err      error         // why frames was closed
	stalled  atomic.Bool   // a frame waits for the reader
	farewell atomic.Value  // []byte: what is sent when the transport closes
	closed   chan struct{} // by close
	close    func()        // may be called more than once

	mu sync.Mutex // one message is written at a time
}

// OpenStream connects. The caller must close the stream.
func (t *Transport) OpenStream(ctx context.Context) (*Stream, error) {
	h := t.hub
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	ws, response, err := h.dialer.DialContext(ctx, h.url, h.header)
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		if h.ctx.Err() != nil {
			return nil, ErrClosed
		}
		return nil, &Error{Kind: NotSent, Operation: "the WebSocket", Err: err}
	}
	ws.SetReadLimit(maxFrame)
	s := &Stream{ws: ws, frames: make(chan Frame), closed: make(chan struct{})}
	ws.SetPongHandler(func(string) error { return s.alive() })
	return s, h.serve(s)
}

// serve starts the goroutines of a stream, unless the hub is closed.
func (h *hub) serve(s *Stream) error {
	s.close = sync.OnceFunc(func() {
		close(s.closed)
		_ = s.ws.Close()
		h.count(-1)
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		_ = s.ws.Close()
		return ErrClosed
	}
	h.open++
	h.observer.Sockets(h.open)
	h.wg.Go(func() { s.keepAlive(h.ctx) })
	h.wg.Go(s.read)
	return nil
}

// Frames delivers what is received, in order. It is closed with the connection; Err says why.
func (s *Stream) Frames() <-chan Frame { return s.frames }

// Err is why Frames was closed.
func (s *Stream) Err() error { return s.err }

// Close closes the connection.
func (s *Stream) Close() { s.close() }

// Farewell sets the text that is sent before the transport closes the stream.
func (s *Stream) Farewell(text []byte) { s.farewell.Store(text) }

// WriteText sends a text message. It waits while the peer does not read.
func (s *Stream) WriteText(data []byte) error { return s.write(websocket.TextMessage, data) }

// WriteBinary sends a binary message. It waits while the peer does not read.
func (s *Stream) WriteBinary(data []byte) error { return s.write(websocket.BinaryMessage, data) }

func (s *Stream) write(kind int, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ws.SetWriteDeadline(time.Now().Add(streamWriteTimeout)); err != nil {
		return err
	}
	return s.ws.WriteMessage(kind, data)
}

// TryText sends a text message in a short time or not at all.
func (s *Stream) TryText(data []byte) error {
	if !s.mu.TryLock() { // a writer that waits would wait on
		return errBusy
	}
	defer s.mu.Unlock()
	if err := s.ws.SetWriteDeadline(time.Now().Add(confirmTimeout)); err != nil {
		return err
	}
	return s.ws.WriteMessage(websocket.TextMessage, data)
}

// leave says farewell and closes.
func (s *Stream) leave() {
	if text, ok := s.farewell.Load().([]byte); ok {
		_ = s.TryText(text)
	}
	s.close()
}

func (s *Stream) alive() error { return s.ws.SetReadDeadline(time.Now().Add(2 * pingInterval)) }

func (s *Stream) read() {
	defer close(s.frames)
	defer s.close()
	for {
		frame, err := s.next()
		if err != nil {
			s.err = err
			return
		}
		select {
		case s.frames <- frame:
			continue
		default:
		}
		s.stalled.Store(true)
		select {
		case s.frames <- frame:
			s.stalled.Store(false)
		case <-s.closed:
			s.err = ErrClosed
			return
		}
	}
}

// next returns the next frame. It passes over text that is no event.
func (s *Stream) next() (Frame, error) {
	for {
		if err := s.alive(); err != nil {
			return Frame{}, err
		}
		kind, data, err := s.ws.ReadMessage()
		if err != nil {
			return Frame{}, err
		}
		if kind == websocket.BinaryMessage {
			return Frame{Binary: data}, nil
		}
		var frame Frame
		if Decode(data, &frame.Event) == nil && frame.Event.Type != "" {
			return frame, nil
		}
	}
}

// keepAlive pings, and leaves when ctx ends. The peer's own pings are not answered while the reader is slow, so that it is
// told unasked that the connection lives.
func (s *Stream) keepAlive(ctx context.Context) {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-s.closed:
			return
		case <-ctx.Done():
			s.leave()
			return
		}
		deadline := time.Now().Add(confirmTimeout)
		err := s.ws.WriteControl(websocket.PingMessage, nil, deadline)
		if err == nil && s.stalled.Load() {
			err = s.ws.WriteControl(websocket.PongMessage, nil, deadline)
		}
		if err != nil && !s.stalled.Load() {
			s.close()
			return
		}
	}
}

// Done ends when the transport is closed.
func (t *Transport) Done() <-chan struct{} { return t.hub.ctx.Done() }
