package wire

import (
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxFrame       = 4 << 20             // bytes of an event
	writeQueue     = 2 * tokensPerSocket // messages that wait to be written
	pingInterval   = 20 * time.Second    // after twice that without a sign of life a connection is dead
	confirmTimeout = 3 * time.Second     // for a write, and for the answer to the ping behind a registration
)

// message is a message to write.
type message struct {
	kind int // a type of websocket
	data []byte
	ping int // number of a ping whose answer is awaited; 0 for none
}

// conn is a connection whose messages are written by one goroutine, and read by one.
type conn struct {
	ws     *websocket.Conn
	queue  chan message
	closed chan struct{}
	close  func() // may be called more than once
}

// dial connects. Confirm is called from read with the number of each ping that was answered.
func dial(h *hub, confirm func(ping int)) (*conn, error) {
	ws, response, err := h.dialer.DialContext(h.ctx, h.url, h.header)
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	c := &conn{ws: ws, queue: make(chan message, writeQueue), closed: make(chan struct{})}
	c.close = sync.OnceFunc(func() {
		close(c.closed)
		_ = ws.Close() // ends read
	})
	ws.SetReadLimit(maxFrame)
	ws.SetPongHandler(func(text string) error {
		if number, err := strconv.Atoi(text); err == nil {
			confirm(number)
		}
		return c.alive()
	})
	return c, c.alive()
}

// alive postpones the end of a connection that shows no sign of life.
func (c *conn) alive() error { return c.ws.SetReadDeadline(time.Now().Add(2 * pingInterval)) }

// send queues messages. A connection that cannot take them is stuck, and closed.
func (c *conn) send(messages ...message) {
	for _, m := range messages {
		select {
		case c.queue <- m:
		default:
			c.close()
			return
		}
	}
}

// read returns the next event. It passes over what is none, such as audio.
func (c *conn) read() (Event, error) {
	for {
		kind, data, err := c.ws.ReadMessage()
		if err != nil {
			return Event{}, err
		}
		if err := c.alive(); err != nil {
			return Event{}, err
		}
		var e Event
		if kind == websocket.TextMessage && Decode(data, &e) == nil && e.Type != SocketUp && e.Type != SocketDown {
			if len(e.Message) > maxEvent {
				e.Message = nil // an event says when to look; the endpoint has the rest
			}
			return e, nil
		}
	}
}

func (c *conn) write(m message) error {
	deadline := time.Now().Add(confirmTimeout)
	if m.kind == websocket.PingMessage {
		return c.ws.WriteControl(m.kind, m.data, deadline)
	}
	if err := c.ws.SetWriteDeadline(deadline); err != nil {
		return err
	}
	return c.ws.WriteMessage(m.kind, m.data)
}

// write is the one goroutine that writes to a connection: registrations, and pings that keep
// it alive. It closes the connection if a registration is not confirmed in time, and once the
// socket has been without subscribers for a while.
func (s *socket) write(c *conn) {
	defer c.close()
	keepAlive := time.NewTicker(pingInterval)
	defer keepAlive.Stop()
	idle := time.NewTimer(idleTimeout)
	defer idle.Stop()
	awaited := confirmation{timer: time.NewTimer(confirmTimeout)}
	defer awaited.timer.Stop()

	for ok := true; ok; {
		select {
		case <-c.closed:
			return
		case <-s.hub.ctx.Done():
			return
		case m := <-c.queue:
			ok = c.write(m) == nil
			awaited.sent(m.ping)
		case <-awaited.timer.C:
			ok = awaited.inTime(int(s.confirmed.Load()))
		case <-keepAlive.C:
			ok = c.write(message{kind: websocket.PingMessage}) == nil
		case <-s.wake:
			idle.Reset(idleTimeout)
			ok = !s.exhausted()
		case <-idle.C:
			ok = s.hasSubscribers()
		}
	}
}

// confirmation watches whether pings are answered in time.
type confirmation struct {
	timer  *time.Timer
	oldest int // ping that is awaited; 0 for none
	latest int // ping that was sent
}

func (w *confirmation) sent(ping int) {
	if ping == 0 {
		return
	}
	w.latest = ping
	if w.oldest == 0 {
		w.oldest = ping
		w.timer.Reset(confirmTimeout)
	}
}

// inTime is called when the time of the oldest ping is up, with the last ping that was
// answered.
func (w *confirmation) inTime(answered int) bool {
	if w.oldest > answered {
		return false
	}
	w.oldest = 0
	if w.latest > answered {
		w.sent(w.latest)
	}
	return true
}
