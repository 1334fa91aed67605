package core

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	socketWriteWait = 10 * time.Second
	maxSocketFrame  = 1 << 20
	// maxSocketQueue bounds what waits for one slow reader; beyond it the socket is closed.
	maxSocketQueue = 64 << 20
)

// A Socket is one WebSocket connection. One goroutine reads (the one that serves the
// request), one writes.
type Socket struct {
	hub  *hub
	conn *websocket.Conn

	mu      sync.Mutex
	queue   []outbound
	queued  int    // bytes that are not written yet
	drained Signal // raised when a frame was written, and when the socket is gone
	wake    chan struct{}
	gone    chan struct{} // closed by abort
	once    sync.Once

	topics map[string]*Topic // registered for; the reader's alone
	prune  int               // how many topics make it worth looking for forgotten ones
}

type outbound struct {
	kind      int
	data      []byte
	fragments bool // sent as several frames
}

func newSocket(h *hub, conn *websocket.Conn) *Socket {
	return &Socket{
		hub: h, conn: conn,
		wake:   make(chan struct{}, 1),
		gone:   make(chan struct{}),
		topics: map[string]*Topic{},
		prune:  1_000,
	}
}

// run serves the socket until either side closes it.
func (s *Socket) run() {
	var writing sync.WaitGroup
	writing.Go(s.writeLoop)
	s.WriteEvent([]byte(`{"type":"connected","version":"1.0"}`))
	s.readLoop()
	s.abort()
	writing.Wait()
	for _, t := range s.topics {
		t.leave(s)
	}
}

// abort closes the connection without a closing handshake. It may be called twice.
func (s *Socket) abort() {
	s.once.Do(func() {
		close(s.gone)
		_ = s.conn.NetConn().Close()
		s.mu.Lock()
		s.drained.Raise()
		s.mu.Unlock()
	})
}

// write queues a frame. It never blocks: a reader too slow for its own events loses the
// connection.
func (s *Socket) write(out outbound) {
	if s.hub.currentMode() == SocketSilent {
		return
	}
	s.mu.Lock()
	s.queue = append(s.queue, out)
	s.queued += len(out.data)
	full := s.queued > maxSocketQueue
	s.mu.Unlock()
	if full {
		s.abort()
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// WriteEvent queues a text frame.
func (s *Socket) WriteEvent(data []byte) { s.write(outbound{kind: websocket.TextMessage, data: data}) }

func (s *Socket) writeLoop() {
	defer s.abort()
	ping := time.NewTicker(s.hub.server.Options.PingInterval)
	defer ping.Stop()
	var batch []outbound
	for {
		select {
		case <-s.wake:
		case <-ping.C:
			if s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(socketWriteWait)) != nil {
				return
			}
			continue
		case <-s.gone:
			return
		}
		s.mu.Lock()
		batch, s.queue = s.queue, batch[:0]
		s.mu.Unlock()
		for i, out := range batch {
			if s.send(out) != nil {
				return
			}
			batch[i] = outbound{}
			s.mu.Lock()
			s.queued -= len(out.data)
			s.drained.Raise()
			s.mu.Unlock()
		}
	}
}

func (s *Socket) send(out outbound) error {
	if s.hub.currentMode() == SocketGarbage {
		for _, data := range Garbage {
			if err := s.sendFrame(websocket.TextMessage, data); err != nil {
				return err
			}
		}
	}
	if out.fragments {
		return s.sendFragments(out.kind, out.data)
	}
	return s.sendFrame(out.kind, out.data)
}

// sendFragments sends a message as several frames of WebSocket (RFC 6455, section 5.4).
func (s *Socket) sendFragments(kind int, data []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(socketWriteWait)); err != nil {
		return err
	}
	w, err := s.conn.NextWriter(kind) // flushes a fragment whenever its buffer is full
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

func (s *Socket) sendFrame(kind int, data []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(socketWriteWait)); err != nil {
		return err
	}
	return s.conn.WriteMessage(kind, data)
}

// idleTimeout is how long a client may be silent, pongs included.
func (s *Socket) idleTimeout() time.Duration {
	return max(3*s.hub.server.Options.PingInterval, time.Minute)
}

func (s *Socket) readLoop() {
	s.conn.SetReadLimit(maxSocketFrame)
	alive := func(string) error { return s.conn.SetReadDeadline(time.Now().Add(s.idleTimeout())) }
	s.conn.SetPongHandler(alive)
	for {
		if alive("") != nil {
			return
		}
		kind, data, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.BinaryMessage {
			if token, audio, found := bytes.Cut(data, []byte("|")); found {
				s.forward(string(token), Inbound{Audio: audio})
			} else {
				s.Refuse("tasktoken-required")
			}
			continue
		}
		var m Message
		if json.Unmarshal(data, &m) != nil {
			continue // the real server says nothing either
		}
		if handle := s.hub.routes[m.Type]; handle != nil {
			handle(s, m)
		}
	}
}

// Register subscribes the socket to a token, or says why not. what is the name of the
// field that held it.
func (s *Socket) Register(what, token string) *Topic {
	if token == "" {
		s.Refuse(what + "-required")
		return nil
	}
	t := s.hub.topic(token)
	if t == nil {
		s.Refuse(what + "-not-found")
		return nil
	}
	if t.Refuse {
		s.abort()
		return nil
	}
	s.join(t)
	return t
}

// join subscribes the socket to a topic. A second time it does nothing.
func (s *Socket) join(t *Topic) {
	if s.topics[t.Token] == t {
		return
	}
	s.topics[t.Token] = t
	t.join(s)
	if len(s.topics) > s.prune { // a socket may outlive thousands of tasks
		maps.DeleteFunc(s.topics, func(_ string, t *Topic) bool { return t.forgotten.Load() })
		s.prune = max(1_000, 2*len(s.topics))
	}
}

// Refuse sends an error message; the connection stays open.
func (s *Socket) Refuse(reason string) {
	s.WriteEvent(Encode(struct {
		Type    string `json:"type"`
		Message string `json:"message"`
		Result  bool   `json:"result"`
	}{"error", reason, false}))
}

// forward hands what the client sent to the topic, or says why not.
func (s *Socket) forward(token string, in Inbound) {
	t := s.topics[token]
	switch {
	case token == "":
		s.Refuse("tasktoken-required")
	case t == nil:
		s.Refuse("tasktoken-not-found")
	case t.Receive != nil:
		if refusal := t.Receive(in); refusal != "" {
			s.Refuse(refusal)
		}
	}
}

// awaitRoom waits until no more than so many bytes are queued, or the socket is gone.
func (s *Socket) awaitRoom(ctx context.Context, most int) {
	_ = s.drained.Await(ctx, &s.mu, func() (bool, error) {
		select {
		case <-s.gone:
			return true, nil
		default:
			return s.queued <= most, nil
		}
	})
}
