package wire

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const subscriberBuffer = 16 // events that wait for a slow subscriber; older ones are dropped

const (
	largeEvent = 64 << 10  // bytes of a message that takes the place of all that wait
	maxEvent   = 512 << 10 // bytes of a message; a larger one is delivered without it
)

// Event is a message of the socket. Message stays encoded: its shape depends on Type.
//
// Wiro docs: WebSocket; Agent WebSocket.
type Event struct {
	Type           string          `json:"type"`
	TaskToken      string          `json:"tasktoken"`
	AgentToken     string          `json:"agenttoken"`
	Message        json.RawMessage `json:"message"`
	Status         string          `json:"status"`         // agent_subscribed
	DebugOutput    string          `json:"debugoutput"`    // agent_subscribed
	CumulativeCost *float64        `json:"cumulativeCost"` // task_cost: USD
	TurnCost       *float64        `json:"turnCost"`       // task_cost: USD
	Usage          map[string]any  `json:"usage"`          // task_cost: as the provider of the model counts
}

// Events that the hub itself makes, to tell subscribers how their socket stands.
const (
	SocketUp   = "up"   // registered: events flow from now on, those before may be lost
	SocketDown = "down" // no connection: nothing comes until the next SocketUp
)

// ErrClosed is the error of a subscription after Close.
var ErrClosed = errors.New("the client is closed")

// hub carries all subscriptions over few sockets. A subscriber receives the events of its own
// token only, and is registered again after a reconnection. It starts no goroutine before the
// first subscription.
type hub struct {
	url      string
	header   http.Header
	dialer   websocket.Dialer
	observer Observer
	log      *slog.Logger
	ctx      context.Context // ends with close
	cancel   context.CancelFunc
	wg       sync.WaitGroup

	mu      sync.Mutex
	sockets []*socket
	open    int // connections
	waits   int // subscriptions
}

func newHub(o Options) *hub {
	ctx, cancel := context.WithCancel(context.Background())
	return &hub{
		url: o.SocketURL, header: http.Header{"User-Agent": {o.UserAgent}},
		dialer:   websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: 5 * time.Second},
		observer: o.Observer, log: o.Logger, ctx: ctx, cancel: cancel,
	}
}

// close ends all connections and waits for their goroutines.
func (h *hub) close() {
	h.cancel()
	h.mu.Lock()
	sockets := h.sockets
	h.mu.Unlock()
	for _, s := range sockets {
		s.closeConn()
	}
	h.wg.Wait()
}

// Subscription receives the events of one token.
type Subscription struct {
	token    string
	register []byte // the message that asks for the events
	wake     func()
	socket   *socket
	ping     int // number of the ping behind its registration; the socket's mutex guards it

	mu     sync.Mutex
	events []*Event // that Next has not returned
}

// HasSocket reports whether there is a socket to subscribe to.
func (t *Transport) HasSocket() bool { return t.options.SocketURL != "" }

// Subscribe asks for a token's events by a message that the socket understands. Wake is called
// after each event, from the goroutine that serves the socket: it must return at once. The caller
// must close the subscription when it is done.
func (t *Transport) Subscribe(token string, register any, wake func()) (*Subscription, error) {
	message, err := json.Marshal(register)
	if err != nil {
		return nil, err
	}
	return t.hub.subscribe(&Subscription{token: token, register: message, wake: wake})
}

func (h *hub) subscribe(sub *Subscription) (*Subscription, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		return nil, ErrClosed
	}
	h.waits++
	h.observer.Waits(h.waits)
	for _, s := range h.sockets {
		if s.add(sub) {
			return sub, nil
		}
	}
	s := newSocket(h)
	s.add(sub)
	h.sockets = append(h.sockets, s)
	h.wg.Go(s.run)
	return sub, nil
}

// Next returns the oldest of the token's events that it has not returned, SocketUp and SocketDown
// among them; nil if there is none. A nil subscription has none.
func (sub *Subscription) Next() *Event {
	if sub == nil {
		return nil
	}
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if len(sub.events) == 0 {
		sub.events = nil // an array for events would be kept as long as the subscription
		return nil
	}
	e := sub.events[0]
	sub.events = sub.events[1:]
	return e
}

// Close ends the subscription. Events that still come for its token are dropped.
func (sub *Subscription) Close() {
	if sub == nil {
		return
	}
	sub.socket.remove(sub)
	h := sub.socket.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waits--
	h.observer.Waits(h.waits)
}

// push hands an event over without ever blocking the socket: the oldest gives way. Events
// carry all that came before, and the last one decides, so that nothing that matters is lost.
func (sub *Subscription) push(e *Event) {
	sub.mu.Lock()
	switch {
	case len(e.Message) > largeEvent: // one large event waits, not sixteen
		sub.events = nil
	case len(sub.events) == subscriberBuffer:
		sub.events = slices.Clone(sub.events[1:])
	}
	sub.events = append(sub.events, e)
	sub.mu.Unlock()
	sub.wake()
}

// count follows the number of open connections.
func (h *hub) count(change int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open += change
	h.observer.Sockets(h.open)
}

func (h *hub) remove(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sockets = slices.DeleteFunc(slices.Clone(h.sockets), func(other *socket) bool { return other == s })
}
