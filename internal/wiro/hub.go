package wiro

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
)

const mailbox = 16 // events that wait for a slow subscriber; older ones give way

// Frames that the hub itself makes, to tell subscribers how their socket stands.
const (
	socketUp   = "up"   // registered: events flow from here on, those before may be lost
	socketDown = "down" // no connection: nothing comes until the next socketUp
)

// frame is a message of the socket. Message stays encoded: its shape depends on Type.
//
// Wiro docs: WebSocket; Agent WebSocket.
type frame struct {
	Type        string          `json:"type"`
	TaskToken   string          `json:"tasktoken"`
	AgentToken  string          `json:"agenttoken"`
	Message     json.RawMessage `json:"message"`
	Status      Text            `json:"status"`      // agent_subscribed
	DebugOutput Text            `json:"debugoutput"` // agent_subscribed
	Cumulative  Float           `json:"cumulativeCost"`
}

// hub carries all subscriptions of the process over few sockets. A subscriber hears the
// events of its own token only. Whoever is connected again is registered again.
type hub struct {
	url      string
	agent    string
	dialer   websocket.Dialer
	observer Observer
	log      zerolog.Logger
	ctx      context.Context
	cancel   context.CancelFunc

	mu    sync.Mutex
	lines []*line
	open  int // connections
	waits int // subscriptions
	wg    sync.WaitGroup
}

// subscription hears the events of one token.
type subscription struct {
	token    string
	register []byte // the message that asks for the events
	frames   chan frame
	line     *line
	ping     int // the number of the ping behind its registration; the line's lock guards it
}

func newHub(o Options) *hub {
	ctx, cancel := context.WithCancel(context.Background())
	return &hub{
		url: o.SocketURL, agent: o.UserAgent, observer: o.Observer, log: o.Log, ctx: ctx, cancel: cancel,
		dialer: websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: 5 * time.Second},
	}
}

// close ends all connections and waits for their goroutines.
func (h *hub) close() {
	h.cancel()
	h.mu.Lock()
	lines := h.lines
	h.mu.Unlock()
	for _, l := range lines {
		l.hangUp()
	}
	h.wg.Wait()
}

// subscribe asks for a token's events. The subscriber must leave when it is done.
func (h *hub) subscribe(token string, register any) (*subscription, error) {
	message, err := json.Marshal(register)
	if err != nil {
		return nil, err
	}
	s := &subscription{token: token, register: message, frames: make(chan frame, mailbox)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		return nil, errors.New("the client is closed")
	}
	h.waits++
	h.observer.Waits(h.waits)
	for _, l := range h.lines {
		if l.take(s) {
			return s, nil
		}
	}
	l := &line{hub: h, wake: make(chan struct{}, 1), tokens: map[string][]*subscription{}}
	l.take(s)
	h.lines = append(h.lines, l)
	h.wg.Go(l.run)
	return s, nil
}

// leave ends a subscription. What still comes for its token is dropped.
func (s *subscription) leave() {
	l := s.line
	l.mu.Lock()
	same := func(other *subscription) bool { return other == s }
	others := slices.DeleteFunc(l.tokens[s.token], same)
	if len(others) == 0 {
		delete(l.tokens, s.token)
	} else {
		l.tokens[s.token] = others
	}
	l.waiting = slices.DeleteFunc(l.waiting, same)
	if len(l.tokens) == 0 {
		l.nudge()
	}
	l.mu.Unlock()

	h := l.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waits--
	h.observer.Waits(h.waits)
}

// push hands a frame over without ever blocking the socket: the oldest gives way. Events
// carry all that came before, and the last one decides, so nothing that matters is lost.
func (s *subscription) push(f frame) {
	for {
		select {
		case s.frames <- f:
			return
		default:
			select {
			case <-s.frames:
			default:
			}
		}
	}
}

func (h *hub) count(change int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open += change
	h.observer.Sockets(h.open)
}
