package wire

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type counts struct{ sockets, waits atomic.Int32 }

func (*counts) Request(ctx context.Context, _ string) (context.Context, func(int)) {
	return ctx, func(int) {}
}
func (*counts) Wait(ctx context.Context, _ string) (context.Context, func(error)) {
	return ctx, func(error) {}
}
func (c *counts) Sockets(open int) { c.sockets.Store(int32(open)) } //nolint:gosec // few
func (c *counts) Waits(open int)   { c.waits.Store(int32(open)) }   //nolint:gosec // few

// socketServer serves each connection with a function, and returns a transport to it.
func socketServer(t *testing.T, serve func(conn *websocket.Conn)) (*Transport, *counts) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upgrader := websocket.Upgrader{}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // either side may be first
		serve(conn)
	}))
	t.Cleanup(server.Close)
	seen := &counts{}
	transport := New(Options{
		SocketURL: "ws" + strings.TrimPrefix(server.URL, "http"), HTTPClient: &http.Client{}, Observer: seen, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(transport.Close)
	return transport, seen
}

// echo answers each registration with an event for its token.
func echo(conn *websocket.Conn) {
	for {
		var register struct{ Token string }
		if conn.ReadJSON(&register) != nil {
			return
		}
		_ = conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"type":"task_start","tasktoken":%q}`, register.Token))
	}
}

// subscriber is a subscription whose events can be waited for.
type subscriber struct {
	*Subscription
	woken chan struct{}
}

func subscribe(t *testing.T, transport *Transport, token string) subscriber {
	t.Helper()
	woken := make(chan struct{}, 1)
	sub, err := transport.Subscribe(token, map[string]string{"token": token}, func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	require.NoError(t, err)
	return subscriber{sub, woken}
}

func receive(t *testing.T, sub subscriber) Event {
	t.Helper()
	for {
		if e := sub.Next(); e != nil {
			return *e
		}
		select {
		case <-sub.woken:
		case <-time.After(time.Minute):
			require.Fail(t, "no event")
			return Event{}
		}
	}
}

func TestASubscriberHearsItsOwnTokenAlone(t *testing.T) {
	t.Parallel()
	transport, seen := socketServer(t, echo)
	var subs []subscriber
	for i := range tokensPerSocket + 10 {
		subs = append(subs, subscribe(t, transport, fmt.Sprintf("t%d", i)))
	}
	for i, sub := range subs {
		require.Equal(t, SocketUp, receive(t, sub).Type) // by the event, or by the confirmation before it
		e := receive(t, sub)
		require.Equal(t, "task_start", e.Type)
		require.Equal(t, fmt.Sprintf("t%d", i), e.TaskToken)
	}
	require.EqualValues(t, 2, seen.sockets.Load())
	for _, sub := range subs {
		sub.Close()
	}
	require.Zero(t, seen.waits.Load())
}

// A server that does not read must not block subscribers, nor Close.
func TestAStuckConnectionBlocksNobody(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	transport, _ := socketServer(t, func(*websocket.Conn) { <-stuck })
	t.Cleanup(func() { close(stuck) }) // before the server is closed
	large := strings.Repeat("x", 64<<10)
	began := time.Now()
	for i := range tokensPerSocket { // 16 MB
		_, err := transport.Subscribe(fmt.Sprint(i), map[string]string{"token": large}, func() {})
		require.NoError(t, err)
	}
	transport.Close()
	require.Less(t, time.Since(began), tokensPerSocket*confirmTimeout/10, "one blocked write takes confirmTimeout")
	_, err := transport.Subscribe("late", nil, func() {})
	require.ErrorIs(t, err, ErrClosed)
}

func TestAConnectionThatTakesNoMoreMessagesIsClosed(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	transport, _ := socketServer(t, func(*websocket.Conn) { <-stuck })
	t.Cleanup(func() { close(stuck) })
	c, err := dial(transport.hub, func(int) {})
	require.NoError(t, err)
	for range writeQueue {
		c.send(message{kind: websocket.TextMessage}) // nobody writes
	}
	select {
	case <-c.closed:
		require.Fail(t, "closed too soon")
	default:
	}
	c.send(message{kind: websocket.TextMessage})
	<-c.closed
}

func TestSubscribersAreRegisteredAgainAfterAReconnection(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	transport, _ := socketServer(t, func(conn *websocket.Conn) {
		if connections.Add(1) == 1 {
			_, _, _ = conn.ReadMessage()
			return
		}
		echo(conn)
	})
	sub := subscribe(t, transport, "t")
	defer sub.Close()
	down := false
	for e := receive(t, sub); e.Type != "task_start"; e = receive(t, sub) {
		down = down || e.Type == SocketDown
	}
	require.True(t, down)
}

func TestASlowSubscriberLosesTheOldestEvents(t *testing.T) {
	t.Parallel()
	sub := &Subscription{wake: func() {}}
	for i := range 3 * subscriberBuffer {
		sub.push(&Event{Type: fmt.Sprint(i)})
	}
	require.Equal(t, fmt.Sprint(2*subscriberBuffer), sub.Next().Type)
}
