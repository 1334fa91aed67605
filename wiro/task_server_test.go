package wiro_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// taskServer is a Wiro with one task, whose Detail says what a test sets, and a socket that
// plays a script to every connection that registers.
type taskServer struct {
	url         string
	polls       atomic.Int32
	connections atomic.Int32

	mu     sync.Mutex
	detail func(poll int) string
}

const taskToken = "tok-task"

func servingTask(t *testing.T, detail func(poll int) string, script func(conn *websocket.Conn, number int)) *taskServer {
	t.Helper()
	s := &taskServer{detail: detail}
	mux := http.NewServeMux()
	mux.HandleFunc("/base/v1/Task/Detail", func(w http.ResponseWriter, _ *http.Request) {
		poll := int(s.polls.Add(1))
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(w, 200, s.detail(poll))
	})
	mux.HandleFunc("/base/socket", func(w http.ResponseWriter, r *http.Request) {
		upgrader := websocket.Upgrader{}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // either side may be first
		number := int(s.connections.Add(1))
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
			script(conn, number)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// client polls by itself too seldom to matter.
func (s *taskServer) client(t *testing.T) *wiro.Client {
	t.Helper()
	c := wiro.NewClient(wiro.Options{
		BaseURL: s.url + "/base/v1", SocketURL: "ws" + strings.TrimPrefix(s.url, "http") + "/base/socket",
		Credentials: wiro.Credentials{Key: testKey}, MinBackoff: time.Millisecond,
		PollIntervals: []time.Duration{time.Hour}, SafetyPollInterval: time.Hour,
	})
	t.Cleanup(c.Close)
	return c
}

func taskIs(status string) string {
	return fmt.Sprintf(`{"result":true,"tasklist":[{"id":"7","socketaccesstoken":%q,"status":%q,"pexit":"0","totalcost":"0.42"}]}`, taskToken, status)
}

func event(kind string) []byte {
	return fmt.Appendf(nil, `{"type":%q,"tasktoken":%q}`, kind, taskToken)
}

// However many final events arrive, the endpoint is asked once a second at most.
func TestFinalEventsDoNotCauseAStormOfPolls(t *testing.T) {
	t.Parallel()
	s := servingTask(t, func(poll int) string {
		if poll < 4 {
			return taskIs("task_end")
		}
		return taskIs("task_postprocess_end")
	}, func(conn *websocket.Conn, _ int) {
		for range 500 {
			_ = conn.WriteMessage(websocket.TextMessage, event("task_postprocess_end"))
		}
	})
	began := time.Now()
	task, err := s.client(t).Tasks.Wait(soon(t), wiro.TaskRef{Token: taskToken})
	require.NoError(t, err)
	require.True(t, task.Succeeded())
	// One when the socket is up or at the first event, one at the final event, then one a second.
	require.LessOrEqual(t, s.polls.Load(), int32(3+time.Since(began)/time.Second))
}

// The same for a token that the endpoint does not confirm as the caller's.
func TestEventsOfAnUnconfirmedTokenDoNotCauseAStormOfPolls(t *testing.T) {
	t.Parallel()
	s := servingTask(t, func(poll int) string {
		if poll < 2 {
			return `{"result":false,"errors":[{"code":0,"message":"busy"}]}`
		}
		return taskIs("task_postprocess_end")
	}, func(conn *websocket.Conn, _ int) {
		for range 500 {
			_ = conn.WriteMessage(websocket.TextMessage, event("task_output"))
		}
	})
	var heard updatesHeard
	began := time.Now()
	_, err := s.client(t).Tasks.Wait(soon(t), wiro.TaskRef{Token: taskToken}, heard.add)
	require.NoError(t, err)
	require.LessOrEqual(t, s.polls.Load(), int32(3+time.Since(began)/time.Second))
	require.Equal(t, []wiro.Status{wiro.TaskPostprocessEnd}, heard.statuses(), "nothing before the endpoint confirmed it")
}

func TestAnEventThatIsTooLargeCostsTheConnectionAlone(t *testing.T) {
	t.Parallel()
	huge := fmt.Appendf(nil, `{"type":"task_output","tasktoken":%q,"message":%q}`, taskToken, strings.Repeat("x", 5<<20))
	var over atomic.Bool
	s := servingTask(t, func(int) string {
		if over.Load() {
			return taskIs("task_postprocess_end")
		}
		return taskIs("task_start")
	}, func(conn *websocket.Conn, number int) {
		if number == 1 {
			_ = conn.WriteMessage(websocket.TextMessage, huge)
			return
		}
		over.Store(true)
		_ = conn.WriteMessage(websocket.TextMessage, event("task_postprocess_end"))
	})
	task, err := s.client(t).Tasks.Wait(soon(t), wiro.TaskRef{Token: taskToken})
	require.NoError(t, err)
	require.True(t, task.Succeeded())
	require.GreaterOrEqual(t, s.connections.Load(), int32(2))
}

// A server must not be able to pretend to be the hub.
func TestAServerCannotSayThatTheSocketIsUp(t *testing.T) {
	t.Parallel()
	s := servingTask(t, func(poll int) string {
		if poll < 2 {
			return taskIs("task_start")
		}
		return taskIs("task_postprocess_end")
	}, func(conn *websocket.Conn, _ int) {
		for range 100 {
			_ = conn.WriteMessage(websocket.TextMessage, event("up"))
		}
		_ = conn.WriteMessage(websocket.TextMessage, event("task_postprocess_end"))
	})
	_, err := s.client(t).Tasks.Wait(soon(t), wiro.TaskRef{Token: taskToken})
	require.NoError(t, err)
	require.LessOrEqual(t, s.polls.Load(), int32(3))
}

// A task's parameters may hold whole files; its status stays readable in little memory.
func TestAHugeEchoOfParametersDoesNotHideATask(t *testing.T) {
	t.Parallel()
	picture := `"data:image/png;base64,` + strings.Repeat("QUJD", 17<<18) + `"` // 17 MB
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, `{"result":true,"tasklist":[{"id":"7","parameters":{"prompt":"a cat","inputImage":`+picture+`},"status":"task_postprocess_end","pexit":"0","totalcost":0.42}]}`)
	})
	task, err := c.Tasks.Get(t.Context(), wiro.TaskRef{ID: "7"})
	require.NoError(t, err)
	require.True(t, task.Succeeded())
	require.InDelta(t, 0.42, *task.Cost, 0)
	require.Equal(t, "a cat", task.Parameters["prompt"])
	require.Less(t, len(task.Parameters["inputImage"].(string)), 100)
}

func TestACostThatWiroDoesNotStateIsUnknown(t *testing.T) {
	t.Parallel()
	for cost, known := range map[string]bool{`0`: true, `"0.000"`: true, `null`: false, `""`: false, `"n/a"`: false, `{}`: false} {
		task, err := answering(t, `{"result":true,"tasklist":[{"id":"7","totalcost":`+cost+`}]}`).Tasks.Get(t.Context(), wiro.TaskRef{ID: "7"})
		require.NoError(t, err)
		require.Equal(t, known, task.Cost != nil, cost)
	}
}
