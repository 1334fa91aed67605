package emulator_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestScriptsPlayOneBehaviorAfterAnother(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("Tool/Explore",
		emulator.Behavior{Times: 2, Status: 429, RetryAfter: 7, Message: "Too Many Requests"},
		emulator.Behavior{Times: 1, Status: 502, ContentType: "text/html", Body: "<h1>Bad Gateway</h1>"},
		emulator.Behavior{Times: 1, Code: 96, Message: "busy"})
	for range 2 {
		out := a.post("Tool/Explore", obj{})
		require.Equal(t, 429, out.status)
		require.Equal(t, "7", out.header.Get("Retry-After"))
		_, message := out.failure(t)
		require.Equal(t, "Too Many Requests", message)
	}
	out := a.post("Tool/Explore", obj{})
	require.Equal(t, 502, out.status)
	require.Equal(t, "text/html", out.header.Get("Content-Type"))
	require.Equal(t, "<h1>Bad Gateway</h1>", out.text)
	code, _ := a.refused("Tool/Explore", obj{})
	require.Equal(t, 96.0, code)
	a.ok("Tool/Explore", obj{})
	require.Equal(t, 5, a.s.RequestCount("Tool/Explore"))

	a.s.Behave("Tool/Explore", emulator.Behavior{Status: 500})
	require.Equal(t, 500, a.post("Tool/Explore", obj{}).status)
	a.s.Behave("Tool/Explore")
	a.ok("Tool/Explore", obj{})

	a.s.Behave("Tool/Explore", emulator.Behavior{Times: 1, Every: 2, Status: 503})
	for range 3 {
		require.Equal(t, 503, a.post("Tool/Explore", obj{}).status)
		a.ok("Tool/Explore", obj{})
	}
}

func TestScriptsHoldForEveryModelOrEveryEndpoint(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("*", emulator.Behavior{Status: 302, Header: map[string]string{"Location": "https://example.com/"}, Body: "elsewhere"})
	a.s.Behave("Run/", emulator.Behavior{Status: 503})
	a.s.Behave("openai/sora-2", emulator.Behavior{Status: 500})
	require.Equal(t, 500, a.post("Run/openai/sora-2", obj{}).status)
	require.Equal(t, 503, a.post("Run/google/imagen-v4", obj{}).status)
	a.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	out := a.post("Tool/Explore", obj{})
	require.Equal(t, 302, out.status)
	require.Equal(t, "https://example.com/", out.header.Get("Location"))
	a.s.Behave("*")
	a.ok("Tool/Explore", obj{})
}

func TestCutRunHasStartedItsTask(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("sandbox/echo", emulator.Behavior{Times: 1, CutConnection: true})
	_, err := a.do(http.MethodPost, a.s.APIURL()+"/Run/sandbox/echo", "application/json", nil, body(`{"prompt":"x"}`))
	require.Error(t, err)
	require.Equal(t, 1, a.s.RequestCount("Run/sandbox/echo"))
	token, err := a.s.Launched(a.ctx(), 1)
	require.NoError(t, err)
	require.Equal(t, "0", a.finish(token)["pexit"])
}

func TestAnswersAreDelayedOversizedOrBroken(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("Task/Detail", emulator.Behavior{Delay: 30 * time.Millisecond, Message: "late"})
	began := time.Now()
	a.refused("Task/Detail", obj{})
	require.GreaterOrEqual(t, time.Since(began), 30*time.Millisecond)

	a.s.Behave("Task/Detail", emulator.Behavior{Oversize: 300_000})
	out := a.post("Task/Detail", obj{})
	require.Equal(t, true, out.body["result"])
	require.Len(t, out.body["padding"], 300_000)

	require.False(t, json.Valid([]byte(a.post("Run/sandbox/broken-json", obj{}).text)))
}

func TestDelayedAnswerDoesNotOutliveClose(t *testing.T) {
	t.Parallel()
	s := emulator.New(emulator.Options{})
	require.NoError(t, s.Start(""))
	a := &api{t: t, s: s, key: emulator.DemoKey, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	s.Behave("Tool/Explore", emulator.Behavior{Delay: time.Hour})
	done := make(chan error, 1)
	go func() {
		_, err := a.do(http.MethodPost, s.APIURL()+"/Tool/Explore", "", nil, body("{}"))
		done <- err
	}()
	require.NoError(t, s.Requested(a.ctx(), "Tool/Explore", 1))
	s.Close()
	require.Error(t, <-done)
}

func TestModelsOfTheOwnerSandboxDoWhatTheySay(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for model, want := range map[string]struct {
		status int
		code   float64
	}{
		"limit-96": {200, 96}, "no-balance-97": {200, 97}, "sign-in-98": {200, 98}, "token-expired-99": {401, 99},
		"not-accessible": {200, 1}, "suspended": {200, 0}, "rate-limit-429": {429, 0}, "error-500": {500, 0},
	} {
		out := a.post("Run/sandbox/"+model, obj{"prompt": "x"})
		require.Equal(t, want.status, out.status, model)
		code, message := out.failure(t)
		require.Equal(t, want.code, code, model)
		require.NotEmpty(t, message)
	}
	require.Equal(t, "1", a.post("Run/sandbox/rate-limit-429", obj{}).header.Get("Retry-After"))
	a.ok("Run/sandbox/rate-limit-429", obj{})
	gateway := a.post("Run/sandbox/bad-gateway-502", obj{})
	require.Equal(t, 502, gateway.status)
	require.Contains(t, gateway.text, "<html>")

	for _, model := range []string{"stderr-noise", "socket-drop", "lost-final-event", "silent-socket", "duplicate-events", "garbage-events", "socket-refuse", "slow", "no-outputs", "echo"} {
		token := a.run("sandbox/"+model, obj{"prompt": "x"})
		require.NoError(t, a.s.Reached(a.ctx(), token, emulator.TaskPostprocessEnd), model)
		require.Equal(t, "0", a.detail(token)["pexit"], model)
	}
	early := a.run("sandbox/fail-early", obj{})
	require.NoError(t, a.s.Reached(a.ctx(), early, emulator.TaskError))
	require.Equal(t, "task_error", a.detail(early)["status"])
}

// held starts a task that a socket follows from its start.
func (a *api) held(b emulator.Behavior) (token string, l *line) {
	a.t.Helper()
	b.HoldAt = emulator.TaskStart
	a.s.Behave("google/imagen-v4", b)
	token = a.run("google/imagen-v4", obj{"prompt": "x"})
	require.NoError(a.t, a.s.Reached(a.ctx(), token, emulator.TaskStart))
	l = a.dial()
	a.follow(l, token)
	a.s.Release(token)
	return token, l
}

func TestSocketIsDroppedInPlaceOfAnEvent(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, l := a.held(emulator.Behavior{DropSocketAt: emulator.TaskEnd})
	for _, frame := range l.closed() {
		require.NotContains(t, string(frame), `"task_end"`)
	}
	require.Equal(t, "0", a.finish(token)["pexit"])
}

func TestFinalEventIsLost(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, l := a.held(emulator.Behavior{LoseFinalEvent: true})
	a.finish(token)
	l.send(obj{"type": "task_info"})
	events := l.until("error")
	require.Equal(t, "task_postprocess_start", events[len(events)-2]["type"], "nothing comes after")
	_, over := a.s.FinishedAt(token)
	require.True(t, over)
}

func TestSilentTaskSendsNothing(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, l := a.held(emulator.Behavior{Silent: true})
	a.finish(token)
	l.send(obj{"type": "task_info"})
	require.Equal(t, "error", l.event()["type"])
}

func TestEventsAreDuplicated(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	_, l := a.held(emulator.Behavior{Duplicate: true})
	l.until(emulator.TaskEnd)
	require.Equal(t, "task_end", l.event()["type"])
}

func TestGarbageComesBetweenEvents(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, l := a.held(emulator.Behavior{Garbage: true})
	garbage := 0
	for {
		_, data, err := l.conn.ReadMessage()
		require.NoError(t, err)
		var e struct{ Type, TaskToken string }
		if json.Unmarshal(data, &e) != nil || e.TaskToken != token {
			garbage++
			continue
		}
		if e.Type == "task_postprocess_end" {
			break
		}
	}
	require.Greater(t, garbage, 50)
}

func TestSocketIsRefusedForOneTask(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token := a.run("sandbox/socket-refuse", obj{})
	l := a.dial()
	l.send(obj{"type": "task_info", "tasktoken": token})
	require.Empty(t, l.closed())
}
