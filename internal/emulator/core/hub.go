package core

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// A SocketMode is how the WebSocket server treats its clients.
type SocketMode int

// Socket modes.
const (
	// SocketNormal works as documented.
	SocketNormal SocketMode = iota
	// SocketRefuse answers upgrades with HTTP 503.
	SocketRefuse
	// SocketSilent accepts connections and registrations, and never sends anything but
	// pongs.
	SocketSilent
	// SocketGarbage sends nonsense before each event and answers registrations with it.
	SocketGarbage
)

// A hub holds the sockets, and the topics that they may register for.
type hub struct {
	server   *Server
	upgrader websocket.Upgrader
	// routes handle client messages by their type.
	routes map[string]func(*Socket, Message)

	mu      sync.RWMutex
	topics  map[string]*Topic
	sockets map[*Socket]struct{}
	mode    SocketMode
	changed Signal // raised when a socket opens or closes
}

// A Message is a JSON object from a client.
type Message struct {
	Type       string `json:"type"`
	TaskToken  string `json:"tasktoken"`
	AgentToken string `json:"agenttoken"`
}

func newHub(s *Server) *hub {
	h := &hub{
		server: s,
		upgrader: websocket.Upgrader{
			HandshakeTimeout: 10 * time.Second,
			ReadBufferSize:   1 << 10,
			WriteBufferSize:  4 << 10,
			WriteBufferPool:  new(sync.Pool),
			CheckOrigin:      func(*http.Request) bool { return true },
		},
		routes:  map[string]func(*Socket, Message){},
		topics:  map[string]*Topic{},
		sockets: map[*Socket]struct{}{},
	}
	h.Route("task_info", func(s *Socket, m Message) { s.Register("tasktoken", m.TaskToken) })
	for _, kind := range []string{"task_session_end", "task_session_interrupt"} {
		h.Route(kind, func(s *Socket, m Message) { s.forward(m.TaskToken, Inbound{Kind: m.Type}) })
	}
	return h
}

// Route sets what happens to client messages of one type; other types are ignored.
func (h *hub) Route(kind string, handle func(*Socket, Message)) { h.routes[kind] = handle }

// Open adds a topic that sockets can register for from now on.
func (h *hub) Open(t *Topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.topics[t.Token] = t
}

// Forget removes a topic.
func (h *hub) Forget(token string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.topics[token]; t != nil {
		t.forgotten.Store(true)
		delete(h.topics, token)
	}
}

func (h *hub) topic(token string) *Topic {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.topics[token]
}

func (h *hub) currentMode() SocketMode {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.mode
}

// serve runs one socket until it closes.
func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	if h.currentMode() == SocketRefuse {
		http.Error(w, "no sockets today", http.StatusServiceUnavailable)
		return
	}
	conn, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	s := newSocket(h, conn)
	h.track(s, true)
	defer h.track(s, false)
	s.run()
}

func (h *hub) track(s *Socket, open bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if open {
		h.sockets[s] = struct{}{}
		if h.server.Context.Err() != nil {
			s.abort() // closeAll has passed
		}
	} else {
		delete(h.sockets, s)
	}
	h.changed.Raise()
}

func (h *hub) closeAll() {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for s := range h.sockets {
		s.abort()
	}
}

// SetSocketMode changes how the WebSocket server treats its clients, including those that are
// connected. SocketRefuse leaves connected ones alone.
func (s *Server) SetSocketMode(mode SocketMode) {
	s.Hub.mu.Lock()
	defer s.Hub.mu.Unlock()
	s.Hub.mode = mode
}

// DropSockets closes every open socket abruptly, without a closing handshake.
func (s *Server) DropSockets() { s.Hub.closeAll() }

// Sockets is how many sockets are open.
func (s *Server) Sockets() int {
	s.Hub.mu.RLock()
	defer s.Hub.mu.RUnlock()
	return len(s.Hub.sockets)
}

// SocketsOpen waits until exactly n sockets are open, or returns ctx's error.
func (s *Server) SocketsOpen(ctx context.Context, n int) error {
	h := s.Hub
	return h.changed.Await(ctx, &h.mu, func() (bool, error) { return len(h.sockets) == n, nil })
}

// Garbage is what a broken socket sends: no JSON, no object, types and tokens that nobody
// has heard of, fields of the wrong kind.
var Garbage = [][]byte{
	[]byte(`{"type":"task_out`),
	[]byte(`[]`),
	[]byte(`null`),
	[]byte(`"task_end"`),
	[]byte(`{"type":42,"tasktoken":["x"],"message":false}`),
	[]byte(`{"type":"task_postprocess_end","id":"1","tasktoken":"somebody-elses","message":[],"result":true}`),
	[]byte(`{"type":"task_teleport","id":{},"message":{"a":[[[[]]]]}}`),
	[]byte("\xff\xfe\x00"),
}
