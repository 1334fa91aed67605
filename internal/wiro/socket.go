package wire

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	tokensPerSocket = 250              // registrations that one connection takes
	idleTimeout     = 30 * time.Second // a socket without subscribers is kept this long
	minReconnect    = 250 * time.Millisecond
	maxReconnect    = 15 * time.Second
)

// socket serves the subscribers of one WebSocket address. It outlives its connections. Its
// goroutines are run, which connects and reads, and for each connection one writer.
type socket struct {
	hub  *hub
	wake chan struct{} // a subscriber came or went

	confirmed atomic.Int64 // number of the last ping that was answered

	mu          sync.Mutex
	subscribers map[string][]*Subscription // by token
	used        int                        // registrations on this connection, of those who left too
	conn        *conn                      // nil while there is none
	unconfirmed []*Subscription            // registered, but no ping was answered since
	pings       int                        // sent behind registrations, numbered from 1
	ended       bool
}

func newSocket(h *hub) *socket {
	return &socket{hub: h, wake: make(chan struct{}, 1), subscribers: map[string][]*Subscription{}}
}

// add takes a subscriber, unless the socket is full or has ended.
func (s *socket) add(sub *Subscription) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.used >= tokensPerSocket {
		return false
	}
	s.used++
	sub.socket = s
	s.subscribers[sub.token] = append(s.subscribers[sub.token], sub)
	if s.conn != nil {
		s.register(sub)
	}
	s.wakeWriter()
	return true
}

func (s *socket) remove(sub *Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	same := func(other *Subscription) bool { return other == sub }
	if others := slices.DeleteFunc(s.subscribers[sub.token], same); len(others) > 0 {
		s.subscribers[sub.token] = others
	} else {
		delete(s.subscribers, sub.token)
	}
	s.unconfirmed = slices.DeleteFunc(s.unconfirmed, same)
	if len(s.subscribers) == 0 {
		s.wakeWriter()
	}
}

func (s *socket) wakeWriter() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// register queues the registrations of subscribers and a ping behind them. The server reads in
// order, so that the answer to the ping says that the registrations were seen. The caller
// holds the mutex.
func (s *socket) register(subs ...*Subscription) {
	messages := make([]message, 0, len(subs)+1)
	s.pings++
	for _, sub := range subs {
		sub.ping = s.pings
		messages = append(messages, message{kind: websocket.TextMessage, data: sub.register})
	}
	s.unconfirmed = append(s.unconfirmed, subs...)
	s.conn.send(append(messages, message{kind: websocket.PingMessage, data: strconv.AppendInt(nil, int64(s.pings), 10), ping: s.pings})...)
}

// confirm tells the subscribers whose registration a ping followed that events flow.
func (s *socket) confirm(ping int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.confirmed.Store(max(s.confirmed.Load(), int64(ping)))
	s.up(func(sub *Subscription) bool { return sub.ping <= ping })
}

// up tells the unconfirmed subscribers that match that events flow. The caller holds the mutex.
func (s *socket) up(match func(*Subscription) bool) {
	s.unconfirmed = slices.DeleteFunc(s.unconfirmed, func(sub *Subscription) bool {
		if !match(sub) {
			return false
		}
		sub.push(&Event{Type: SocketUp})
		return true
	})
}

// run connects, reads, and connects again as long as there are subscribers.
func (s *socket) run() {
	defer s.end()
	pause := minReconnect
	for s.hasSubscribers() {
		began := time.Now()
		c, err := dial(s.hub, s.confirm)
		if err == nil {
			s.serve(c)
		} else {
			s.hub.log.Debug("no socket: tasks are polled", "error", err)
		}
		s.notifyDown()
		if err == nil && time.Since(began) > pingInterval {
			pause = minReconnect
		}
		// Up to a half more, so that many processes do not come back as one.
		if s.hasSubscribers() && !s.sleep(pause+rand.N(pause/2)) { //nolint:gosec // no secret depends on it
			return
		}
		pause = min(2*pause, maxReconnect)
	}
}

// hasSubscribers reports whether anybody subscribes, and ends the socket in the same moment if
// not.
func (s *socket) hasSubscribers() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.subscribers) == 0 || s.hub.ctx.Err() != nil {
		s.ended = true
	}
	return !s.ended
}

// exhausted reports whether the socket takes no more subscribers and has none left, and ends
// it then.
func (s *socket) exhausted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = s.ended || len(s.subscribers) == 0 && s.used >= tokensPerSocket
	return s.ended
}

func (s *socket) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.hub.ctx.Done():
		return false
	}
}

// serve registers everybody on a new connection and delivers events until it breaks, or is no
// longer needed.
func (s *socket) serve(c *conn) {
	s.hub.count(1)
	defer s.hub.count(-1)
	s.hub.wg.Go(func() { s.write(c) })
	s.attach(c)
	defer s.detach(c)
	for {
		event, err := c.read()
		if err != nil {
			return
		}
		s.deliver(event)
	}
}

func (s *socket) attach(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = c
	s.unconfirmed = nil
	var all []*Subscription
	for _, subs := range s.subscribers {
		all = append(all, subs...)
	}
	s.used = len(all)
	if len(all) > 0 {
		s.register(all...)
	}
}

func (s *socket) detach(c *conn) {
	c.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = nil
	s.unconfirmed = nil
}

func (s *socket) deliver(e Event) {
	token := e.TaskToken
	if token == "" {
		token = e.AgentToken
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up(func(sub *Subscription) bool { return sub.token == token }) // an event proves it, too
	for _, sub := range s.subscribers[token] {
		sub.push(&e)
	}
}

func (s *socket) notifyDown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, subs := range s.subscribers {
		for _, sub := range subs {
			sub.push(&Event{Type: SocketDown})
		}
	}
}

func (s *socket) closeConn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.close()
	}
}

func (s *socket) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.hub.remove(s)
}
