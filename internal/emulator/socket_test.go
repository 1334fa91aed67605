package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestUnknownTokenIsAnsweredAndTheSocketStaysOpen(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	l := a.dial()
	l.send(obj{"type": "task_info"})
	require.Equal(t, obj{"type": "error", "message": "tasktoken-required", "result": false}, l.event())
	l.send(obj{"type": "task_info", "tasktoken": "nonsense"})
	require.Equal(t, obj{"type": "error", "message": "tasktoken-not-found", "result": false}, l.event())
	l.send(obj{"type": "whatever"})
	require.NoError(t, l.conn.WriteMessage(websocket.TextMessage, []byte("{broken")))
	require.NoError(t, l.conn.WriteMessage(websocket.BinaryMessage, []byte("no pipe")))
	l.send(obj{"type": "task_info"})
	require.Equal(t, "error", l.event()["type"])
}

func TestOneSocketFollowsManyTasks(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("sandbox/echo", emulator.Behavior{AwaitSubscriber: true})
	l := a.dial()
	waiting := map[any]bool{}
	for i := range 50 {
		token := a.run("sandbox/echo", obj{"prompt": fmt.Sprint(i)})
		waiting[token] = true
		l.send(obj{"type": "task_info", "tasktoken": token})
	}
	for len(waiting) > 0 {
		e := l.until(emulator.TaskPostprocessEnd)
		delete(waiting, e[len(e)-1]["tasktoken"])
	}
	require.Equal(t, 1, a.s.Sockets())
}

func TestEventsReachOnlyThoseWhoAskedAndAreNotReplayed(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("sandbox/echo", emulator.Behavior{HoldAt: emulator.TaskStart})
	mine := a.run("sandbox/echo", obj{"prompt": "mine"})
	other := a.run("sandbox/echo", obj{"prompt": "other"})
	require.NoError(t, a.s.Reached(a.ctx(), mine, emulator.TaskStart))
	l := a.dial()
	a.follow(l, mine)
	a.s.Release(other)
	a.finish(other)
	a.s.Release(mine)
	events := l.until(emulator.TaskPostprocessEnd)
	require.Equal(t, "task_output", types(events)[0], "what came before task_start is not repeated")
	for _, e := range events {
		require.Equal(t, mine, e["tasktoken"])
	}
	late := a.dial()
	a.follow(late, mine)
	late.send(obj{"type": "task_info"}) // an answer to something else comes first
	require.Equal(t, "error", late.event()["type"])
}

func TestSocketsArePinged(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{PingInterval: 5 * time.Millisecond})
	l := a.dial()
	pinged := make(chan struct{}, 100)
	l.conn.SetPingHandler(func(string) error {
		pinged <- struct{}{}
		return nil
	})
	go func() { _, _, _ = l.conn.ReadMessage() }()
	for range 3 {
		select {
		case <-pinged:
		case <-a.ctx().Done():
			t.Fatal("no ping")
		}
	}
}

func TestSocketModes(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.SetSocketMode(emulator.SocketRefuse)
	_, resp, err := websocket.DefaultDialer.DialContext(a.ctx(), a.s.SocketURL(), nil)
	require.ErrorIs(t, err, websocket.ErrBadHandshake)
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)

	a.s.SetSocketMode(emulator.SocketSilent)
	silent := a.dialQuietly()
	token := a.run("sandbox/echo", obj{"prompt": "x"})
	a.follow(silent, token)
	a.finish(token)
	a.s.SetSocketMode(emulator.SocketNormal)
	silent.send(obj{"type": "task_info"})
	require.Equal(t, "error", silent.event()["type"], "the first message ever")

	a.s.SetSocketMode(emulator.SocketGarbage)
	noisy := a.dialQuietly()
	valid, broken := 0, 0
	for valid == 0 {
		_, data, err := noisy.conn.ReadMessage()
		require.NoError(t, err)
		var e obj
		if json.Unmarshal(data, &e) == nil && e["type"] == "connected" {
			valid++
		} else {
			broken++
		}
	}
	require.Greater(t, broken, 5)
}

func TestSocketsAreDropped(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	one, two := a.dial(), a.dial()
	require.Equal(t, 2, a.s.Sockets())
	a.s.DropSockets()
	for _, l := range []*line{one, two} {
		_, _, err := l.conn.ReadMessage()
		require.Error(t, err)
		require.False(t, websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway), "closed politely")
	}
	require.NoError(t, a.s.SocketsOpen(a.ctx(), 0))
	a.dial() // the server goes on
	require.NoError(t, a.s.SocketsOpen(a.ctx(), 1))
}

func TestSubscribedWaitsForTheRegistration(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token := a.run("sandbox/queue-forever", obj{})
	done := make(chan error, 1)
	go func() { done <- a.s.Subscribed(t.Context(), token) }()
	l := a.dial()
	l.send(obj{"type": "task_info", "tasktoken": token})
	require.NoError(t, <-done)
	require.Error(t, a.s.Subscribed(t.Context(), "nonsense"))
}

func TestAnyFrameCanBePublished(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token := a.run("sandbox/run-forever", obj{})
	l := a.dial()
	a.follow(l, token)
	lie := `{"type":"task_postprocess_end","tasktoken":"` + token + `","message":[],"result":true}`
	require.True(t, a.s.Publish(token, lie))
	require.Equal(t, []any{}, l.until(emulator.TaskPostprocessEnd)[0]["message"])
	require.Equal(t, "task_start", a.detail(token)["status"])
	require.False(t, a.s.Publish("nonsense", lie))
}
