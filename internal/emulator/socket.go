package emulator

import (
	"bytes"
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

// A socket is one WebSocket connection. One goroutine reads (the one that serves the
// request), one writes.
type socket struct {
	hub  *hub
	conn *websocket.Conn

	mu     sync.Mutex
	queue  []outbound
	queued int // bytes
	wake   chan struct{}
	gone   chan struct{} // closed by abort
	once   sync.Once

	topics map[string]*topic // registered for; the reader's alone
	prune  int               // how many topics make it worth looking for forgotten ones
}

type outbound struct {
	kind int
	data []byte
}

func newSocket(h *hub, conn *websocket.Conn) *socket {
	return &socket{
		hub: h, conn: conn,
		wake:   make(chan struct{}, 1),
		gone:   make(chan struct{}),
		topics: map[string]*topic{},
		prune:  1_000,
	}
}

// run serves the socket until either side closes it.
func (s *socket) run() {
	var writing sync.WaitGroup
	writing.Go(s.writeLoop)
	s.writeEvent([]byte(`{"type":"connected","version":"1.0"}`))
	s.readLoop()
	s.abort()
	writing.Wait()
	for _, t := range s.topics {
		t.leave(s)
	}
}

// abort closes the connection without a closing handshake. It may be called twice.
func (s *socket) abort() {
	s.once.Do(func() {
		close(s.gone)
		_ = s.conn.NetConn().Close()
	})
}

// write queues a frame. It never blocks: a reader too slow for its own events loses the
// connection.
func (s *socket) write(kind int, data []byte) {
	if s.hub.currentMode() == SocketSilent {
		return
	}
	s.mu.Lock()
	s.queue = append(s.queue, outbound{kind, data})
	s.queued += len(data)
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

func (s *socket) writeEvent(data []byte) { s.write(websocket.TextMessage, data) }

func (s *socket) writeLoop() {
	defer s.abort()
	ping := time.NewTicker(s.hub.server.opts.PingInterval)
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
		batch, s.queue, s.queued = s.queue, batch[:0], 0
		s.mu.Unlock()
		for i, out := range batch {
			if s.send(out) != nil {
				return
			}
			batch[i] = outbound{}
		}
	}
}

func (s *socket) send(out outbound) error {
	if s.hub.currentMode() == SocketGarbage {
		for _, data := range garbage {
			if err := s.sendFrame(websocket.TextMessage, data); err != nil {
				return err
			}
		}
	}
	return s.sendFrame(out.kind, out.data)
}

func (s *socket) sendFrame(kind int, data []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(socketWriteWait)); err != nil {
		return err
	}
	return s.conn.WriteMessage(kind, data)
}

// patience is how long a client may be silent, pongs included.
func (s *socket) patience() time.Duration {
	return max(3*s.hub.server.opts.PingInterval, time.Minute)
}

func (s *socket) readLoop() {
	s.conn.SetReadLimit(maxSocketFrame)
	alive := func(string) error { return s.conn.SetReadDeadline(time.Now().Add(s.patience())) }
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
			token, audio, found := bytes.Cut(data, []byte("|"))
			if found {
				s.forward(string(token), inbound{audio: audio})
			}
			continue
		}
		var m message
		if json.Unmarshal(data, &m) != nil {
			continue // the real server says nothing either
		}
		if handle := s.hub.routes[m.Type]; handle != nil {
			handle(s, m)
		}
	}
}

// register subscribes the socket to a token, or says why not. what is the name of the
// field that held it.
func (s *socket) register(what, token string) *topic {
	if token == "" {
		s.refuse(what + "-required")
		return nil
	}
	t := s.hub.topic(token)
	if t == nil {
		s.refuse(what + "-not-found")
		return nil
	}
	if t.refuse {
		s.abort()
		return nil
	}
	s.join(t)
	return t
}

// join subscribes the socket to a topic. A second time it does nothing.
func (s *socket) join(t *topic) {
	if s.topics[t.token] == t {
		return
	}
	s.topics[t.token] = t
	t.join(s)
	if len(s.topics) > s.prune { // a socket may outlive thousands of tasks
		maps.DeleteFunc(s.topics, func(_ string, t *topic) bool { return t.forgotten.Load() })
		s.prune = max(1_000, 2*len(s.topics))
	}
}

// refuse sends an error message; the connection stays open.
func (s *socket) refuse(reason string) {
	s.writeEvent(encode(struct {
		Type    string `json:"type"`
		Message string `json:"message"`
		Result  bool   `json:"result"`
	}{"error", reason, false}))
}

// forward hands what the client sent to the topic, if it has registered for it.
func (s *socket) forward(token string, in inbound) {
	if t := s.topics[token]; t != nil && t.receive != nil {
		t.receive(in)
	}
}
