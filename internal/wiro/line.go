package wiro

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	tokensPerSocket = 250              // registrations that one connection takes
	maxFrame        = 32 << 20         // bytes of an event
	pingEvery       = 20 * time.Second // and after twice that without a sign of life it is dead
	confirmWithin   = 3 * time.Second  // for the answer to the ping behind a registration
	idleSocket      = 30 * time.Second // a socket without subscribers is kept this long
	firstReconnect  = 250 * time.Millisecond
	lastReconnect   = 15 * time.Second
)

// line is a socket with its subscribers. It outlives its connections.
type line struct {
	hub  *hub
	wake chan struct{} // a subscriber came or the last one went

	mu      sync.Mutex
	tokens  map[string][]*subscription
	used    int // registrations on the present connection, of those who left too
	conn    *websocket.Conn
	waiting []*subscription // registered, not yet confirmed
	pings   int             // behind registrations, numbered from 1
	ended   bool
}

// take adds a subscriber, unless the line is full or has ended.
func (l *line) take(s *subscription) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.used >= tokensPerSocket {
		return false
	}
	l.used++
	s.line = l
	l.tokens[s.token] = append(l.tokens[s.token], s)
	if l.conn != nil {
		l.enroll(l.conn, s)
	}
	l.nudge()
	return true
}

func (l *line) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// enroll sends a registration and a ping behind it. The socket is read in order, so the
// answer to the ping says that the registration was seen. The caller holds the lock.
func (l *line) enroll(conn *websocket.Conn, subscribers ...*subscription) {
	_ = conn.SetWriteDeadline(time.Now().Add(confirmWithin))
	for _, s := range subscribers {
		if err := conn.WriteMessage(websocket.TextMessage, s.register); err != nil {
			_ = conn.Close() // the reader notices
			return
		}
	}
	l.pings++
	for _, s := range subscribers {
		s.ping = l.pings
	}
	l.waiting = append(l.waiting, subscribers...)
	if err := conn.WriteControl(websocket.PingMessage, strconv.AppendInt(nil, int64(l.pings), 10), time.Now().Add(confirmWithin)); err != nil {
		_ = conn.Close()
		return
	}
	number := l.pings
	time.AfterFunc(confirmWithin, func() { l.checkConfirmed(conn, number) })
}

// checkConfirmed gives a connection up that did not answer the ping behind a registration.
func (l *line) checkConfirmed(conn *websocket.Conn, ping int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	late := func(s *subscription) bool { return s.ping <= ping }
	if l.conn == conn && slices.ContainsFunc(l.waiting, late) {
		_ = conn.Close() // the reader notices
	}
}

// confirmed tells those who waited for a ping's answer that their events flow.
func (l *line) confirmed(ping int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(s *subscription) bool {
		if s.ping > ping {
			return false
		}
		s.push(frame{Type: socketUp})
		return true
	})
}

// run connects, reads, and connects again for as long as there are subscribers.
func (l *line) run() {
	pause := firstReconnect
	for l.wanted() {
		conn, err := l.connect()
		if err != nil {
			l.hub.log.Debug().Err(err).Msg("socket: no connection, tasks are polled")
			l.tellDown()
			// Up to a half more, so that many processes do not come back as one.
			if !l.sleep(pause + rand.N(pause/2)) { //nolint:gosec // no secret depends on it
				break
			}
			pause = min(2*pause, lastReconnect)
			continue
		}
		began := time.Now()
		l.read(conn)
		if time.Since(began) > pingEvery {
			pause = firstReconnect
		}
		l.disconnected()
		if l.wanted() && !l.sleep(pause) {
			break
		}
		pause = min(2*pause, lastReconnect)
	}
	l.end()
}

// wanted reports whether anybody subscribes, ending the line in the same moment if not.
func (l *line) wanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tokens) == 0 || l.hub.ctx.Err() != nil {
		l.ended = true
	}
	return !l.ended
}

func (l *line) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.hub.ctx.Done():
		return false
	}
}

func (l *line) connect() (*websocket.Conn, error) {
	conn, response, err := l.hub.dialer.DialContext(l.hub.ctx, l.hub.url, http.Header{"User-Agent": {l.hub.agent}})
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxFrame)
	alive := func(string) error {
		return conn.SetReadDeadline(time.Now().Add(2 * pingEvery))
	}
	_ = alive("")
	conn.SetPongHandler(func(text string) error {
		if number, err := strconv.Atoi(text); err == nil {
			l.confirmed(number)
		}
		return alive(text)
	})
	l.hub.count(1)

	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = conn
	l.waiting = nil
	var all []*subscription
	for _, subscribers := range l.tokens {
		all = append(all, subscribers...)
	}
	l.used = len(all)
	l.enroll(conn, all...)
	return conn, nil
}

// read hands out what comes until the connection breaks, or nobody needs it anymore.
func (l *line) read(conn *websocket.Conn) {
	stop := make(chan struct{})
	defer close(stop)
	l.hub.wg.Go(func() { l.attend(conn, stop) })
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		_ = conn.SetReadDeadline(time.Now().Add(2 * pingEvery))
		if kind != websocket.TextMessage {
			continue // audio of a realtime session
		}
		var f frame
		if decode(data, &f) != nil {
			continue
		}
		l.deliver(f)
	}
}

func (l *line) deliver(f frame) {
	token := f.TaskToken
	if token == "" {
		token = f.AgentToken
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.tokens[token] {
		s.push(f)
	}
}

// attend keeps a connection alive, and closes it once it has been idle.
func (l *line) attend(conn *websocket.Conn, stop <-chan struct{}) {
	defer conn.Close() //nolint:errcheck // it is over either way
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	idle := time.NewTimer(idleSocket)
	defer idle.Stop()
	for {
		select {
		case <-stop:
			return
		case <-l.hub.ctx.Done():
			return
		case <-l.wake:
			idle.Reset(idleSocket)
			if l.spent() {
				return
			}
		case <-idle.C:
			if !l.wanted() {
				return
			}
		case <-ping.C:
			if conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(confirmWithin)) != nil {
				return
			}
		}
	}
}

// spent reports whether the line takes nobody anymore and serves nobody.
func (l *line) spent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = l.ended || len(l.tokens) == 0 && l.used >= tokensPerSocket
	return l.ended
}

func (l *line) disconnected() {
	l.hub.count(-1)
	l.mu.Lock()
	_ = l.conn.Close()
	l.conn = nil
	l.waiting = nil
	l.mu.Unlock()
	l.tellDown()
}

func (l *line) tellDown() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, subscribers := range l.tokens {
		for _, s := range subscribers {
			s.push(frame{Type: socketDown})
		}
	}
}

func (l *line) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

func (l *line) end() {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	h := l.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = slices.DeleteFunc(slices.Clone(h.lines), func(other *line) bool { return other == l })
}
