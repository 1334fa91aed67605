package tools_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const foxRun = `{"model":"` + picture + `","params":{"prompt":"fox"}}`

// givenUp makes a call whose client gives up once the task is followed, and returns the token.
func (s *stage) givenUp(n int, cause error, arguments string) string {
	s.t.Helper()
	ctx, cancel := context.WithCancelCause(soon(s.t))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = s.Call(ctx, "run_model", parsed(s.t, arguments), nil)
	}()
	token, err := s.sandbox.Launched(soon(s.t), n)
	require.NoError(s.t, err)
	require.NoError(s.t, s.sandbox.Subscribed(soon(s.t), token))
	cancel(cause)
	<-done
	return token
}

func (s *stage) submits() int { return s.sandbox.RequestCount("Run/" + picture) }

func TestAClientThatGivesUpAndRepeatsPaysOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	var token string
	for range 4 {
		token = s.givenUp(1, nil, foxRun)
	}
	s.sandbox.Release(token)
	last := s.call("run_model", foxRun).ok("Completed", "nothing was submitted now", "Charged")
	require.Equal(t, true, last.at("attached"))
	require.Equal(t, token, last.at("task.token"))
	require.Equal(t, 1, s.submits())

	s.sandbox.Behave(picture)
	fresh := s.call("run_model", foxRun).ok("Completed")
	require.Nil(t, fresh.at("attached"), "a delivered result is forgotten")
	require.Equal(t, 2, s.submits())
}

func TestARunningAnswerKeepsTheRun(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	const short = `{"model":"` + picture + `","params":{"prompt":"fox"},"timeout_seconds":0}`
	first := s.call("run_model", short).ok("Still running")
	require.Nil(t, first.at("attached"))
	token := first.at("task.token").(string)
	again := s.call("run_model", short).ok("Still running", "again:true")
	require.Equal(t, token, again.at("task.token"))
	require.Equal(t, 1, s.submits())

	s.sandbox.Release(token)
	s.call("wait_for_task", `{"tasktoken":"`+token+`"}`).ok("Completed")
	s.sandbox.Behave(picture)
	require.NotEqual(t, token, s.call("run_model", foxRun).ok("Completed").at("task.token"),
		"the result was delivered by wait_for_task")
	require.Equal(t, 2, s.submits())
}

func TestATokenThatWasAskedForIsForgotten(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const detached = `{"model":"` + picture + `","params":{"prompt":"fox"},"wait":false}`
	require.NotEqual(t, s.call("run_model", detached).ok("Submitted").at("task.token"), s.call("run_model", detached).ok("Submitted").at("task.token"))
	require.Equal(t, 2, s.submits())
}

func TestAgainStartsASecondRun(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart, Times: 1})
	token := s.givenUp(1, nil, foxRun)
	second := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"fox"},"again":true}`).ok("Completed")
	require.NotEqual(t, token, second.at("task.token"))
	require.Equal(t, 2, s.submits())
}

func TestEqualCallsAtOnceAreSeparateRuns(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	var (
		mu     sync.Mutex
		tokens = map[any]bool{}
		calls  sync.WaitGroup
	)
	for range 4 {
		calls.Go(func() {
			token := s.call("run_model", foxRun).at("task.token")
			mu.Lock()
			defer mu.Unlock()
			tokens[token] = true
		})
	}
	for n := range 4 {
		token, err := s.sandbox.Launched(soon(t), n+1)
		require.NoError(t, err)
		s.sandbox.Release(token)
	}
	calls.Wait()
	require.Len(t, tokens, 4)
	require.Equal(t, 4, s.submits())
}

func TestALostAnswerIsNotLookedForAmongOthersTasks(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	done := s.call("run_model", foxRun).ok("Completed").at("task.token").(string)
	s.sandbox.Behave(picture, emulator.Behavior{Status: 502, ContentType: "text/html", Body: "<html>"}) // not accepted
	lost := s.call("run_model", foxRun).refused("may have reached Wiro", "list_tasks", "again:true")
	require.NotContains(t, lost.text, done)
	s.call("run_model", foxRun).refused("may have reached Wiro")
	require.Equal(t, 2, s.submits(), "the same call submits nothing")
	s.sandbox.Behave(picture)
	s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"fox"},"again":true}`).ok("Completed")
}

func TestLostAnswersOfEqualCallsFindATaskEach(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{Accept: true, Status: 502, ContentType: "text/html", Body: "<html>"})
	var (
		mu     sync.Mutex
		tokens = map[any]bool{}
		calls  sync.WaitGroup
	)
	for range 3 {
		calls.Go(func() {
			token := s.call("run_model", foxRun).ok("Completed", "its task was found").at("task.token")
			mu.Lock()
			defer mu.Unlock()
			tokens[token] = true
		})
	}
	calls.Wait()
	require.Len(t, tokens, 3)
	require.Equal(t, 3, s.submits())
}

// elsewhere starts a run with the same key that this server knows nothing of.
func (s *stage) elsewhere(model string, params wiro.Params) (token string) {
	s.t.Helper()
	client := wiro.NewClient(wiro.Options{
		BaseURL: s.sandbox.APIURL(), SocketURL: s.sandbox.SocketURL(),
		Credentials: wiro.Credentials{Key: emulator.DemoSignedKey, Secret: emulator.DemoSignedSecret},
	})
	s.t.Cleanup(client.Close)
	submission, err := client.Runs.Submit(soon(s.t), model, params)
	require.NoError(s.t, err)
	return submission.Token
}

func TestALostAnswerIsNotTakenForAnOlderTaskInTheQueue(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{Times: 1, HoldAt: emulator.TaskQueue}, emulator.Behavior{Status: 502, ContentType: "text/html", Body: "<html>"})
	s.elsewhere(picture, wiro.Params{"prompt": "fox"})
	s.sandbox.Behave("Task/List", emulator.Behavior{Edit: map[string]any{"tasklist.*.starttime": "", "tasklist.*.createdat": time.Now().Add(-time.Hour).Unix()}})
	s.call("run_model", foxRun).refused("may have reached Wiro")
}

// A task that was taken for the run's own while the answer was awaited settles nothing once the
// answer names another.
func TestAReservationGoesToTheTaskThatTheAnswerNames(t *testing.T) {
	t.Parallel()
	s := newStage(t, limited(none, 0.1))
	s.sandbox.Behave(fourCents, emulator.Behavior{Times: 1, HoldAt: emulator.TaskStart}, emulator.Behavior{Delay: 3 * time.Second, HoldAt: emulator.TaskStart})
	other := s.elsewhere(fourCents, wiro.Params{"prompt": "fox", "inputImage": "https://a.test/fox.png"})
	s.sandbox.Behave("Task/List", emulator.Behavior{Edit: map[string]any{"tasklist.*.starttime": time.Now().Add(time.Hour).Unix()}})
	found := s.call("run_model", pays(fourCents, "fox", `,"timeout_seconds":0.05`)).ok("Still running", "its task was found")
	require.Equal(t, other, found.at("task.token"))
	require.NoError(t, s.Join(soon(t)))
	s.sandbox.Behave("Task/List")
	own, err := s.sandbox.Launched(soon(t), 2)
	require.NoError(t, err)

	s.sandbox.Release(other)
	s.call("wait_for_task", `{"tasktoken":"`+other+`"}`).ok("Completed")
	day := s.call("run_model", pays(fourCents, "fox", `,"dry_run":true`))
	require.InDelta(t, 0.04, day.at("today.spentUsd"), 1e-9)
	require.InDelta(t, 0.04, day.at("today.reservedUsd"), 1e-9, "the run's own task goes on")
	s.sandbox.Release(own)
	s.call("wait_for_task", `{"tasktoken":"`+own+`"}`).ok("Completed")
	day = s.call("run_model", pays(fourCents, "fox", `,"dry_run":true`))
	require.InDelta(t, 0.08, day.at("today.spentUsd"), 1e-9)
	require.InDelta(t, 0, day.at("today.reservedUsd"), 1e-9)
}

func TestASubmitIsWaitedForNoLongerThanTheCall(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{Delay: time.Minute}) // not accepted until then
	const short = `{"model":"` + picture + `","params":{"prompt":"fox"},"timeout_seconds":0.05}`
	s.call("run_model", short).refused("Wiro has not answered yet", "may have reached Wiro", "list_tasks")
	s.call("run_model", short).refused("may have reached Wiro")
	require.Equal(t, 1, s.submits())
}

func TestTheTokenComesWithTheFirstProgressAfterTheSubmit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var messages []string
	_, err := s.Call(soon(t), "run_model", parsed(t, foxRun), func(_, _ float64, message string) { messages = append(messages, message) })
	require.NoError(t, err)
	require.NotEmpty(t, messages)
	require.Contains(t, messages[0], "token ")
}

func TestACanceledCallStopsItsTaskWhereTheOperatorWantsIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stops  bool
		cause  error
		status string
	}{
		"the client canceled it":             {true, mcptool.ErrCanceledByClient, "task_cancel"},
		"the connection was lost":            {true, nil, "task_start"},
		"the client canceled it, by default": {false, mcptool.ErrCanceledByClient, "task_start"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, func(o *tools.Options) { o.StopAbandoned = test.stops })
			s.sandbox.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
			token := s.givenUp(1, test.cause, foxRun)
			require.Eventually(t, func() bool { // a task that goes on may not have started yet
				return s.call("get_task", `{"tasktoken":"`+token+`"}`).at("task.status") == test.status
			}, 10*time.Second, time.Millisecond)
			second := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"fox"},"timeout_seconds":0}`)
			require.Equal(t, test.status == "task_cancel", second.at("task.token") != token, "a stopped task is not gone on with")
		})
	}
}

func TestARequestIsGivenUpFromAnotherConnection(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	scope := mcptool.Scope{Caller: mcptool.ServerCredentials{}, Request: "client 1, request 7"}
	first := make(chan string, 1)
	go func() {
		result, _ := s.Call(mcptool.WithScope(soon(t), scope), "run_model", parsed(t, foxRun), nil)
		first <- result.Text
	}()
	token, err := s.sandbox.Launched(soon(t), 1)
	require.NoError(t, err)
	require.NoError(t, s.sandbox.Subscribed(soon(t), token))
	require.NoError(t, s.GiveUp(soon(t), scope, "client 1, request 8", true), "of nothing")
	require.NoError(t, s.GiveUp(soon(t), scope, scope.Request, false))
	second := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"fox"},"timeout_seconds":0}`).ok("Still running")
	require.Equal(t, token, second.at("task.token"))
	s.sandbox.Release(token)
	require.Contains(t, <-first, "Completed", "the request itself goes on")
	require.Equal(t, 1, s.submits())
}

// The cancel came on another connection, while the run's price was looked up.
func TestACallThatWasCanceledBeforeItsSubmitSubmitsNothingWhereTheOperatorWantsIt(t *testing.T) {
	t.Parallel()
	for _, stops := range []bool{true, false} {
		s := newStage(t, func(o *tools.Options) { o.StopAbandoned = stops })
		scope := mcptool.Scope{Caller: mcptool.ServerCredentials{}, Request: "client 1, request 7", Arrived: time.Now()}
		require.NoError(t, s.GiveUp(soon(t), scope, scope.Request, true))
		result, err := s.Call(mcptool.WithScope(soon(t), scope), "run_model", parsed(t, foxRun), nil)
		require.NoError(t, err)
		if stops {
			require.Contains(t, result.Text, "nothing was submitted")
			require.Zero(t, s.submits())
		} else {
			require.Contains(t, result.Text, "Completed")
		}
		scope.Arrived = time.Now().Add(time.Minute)
		next, err := s.Call(mcptool.WithScope(soon(t), scope), "run_model", parsed(t, foxRun), nil)
		require.NoError(t, err)
		require.Contains(t, next.Text, "Completed")
		require.Equal(t, 1, s.submits(), "the same call goes on with what was submitted")
	}
}

func TestALimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(o *tools.Options) { o.QueueOnLimit = true })
	s.sandbox.Behave(picture, emulator.Behavior{Code: 96, Message: "You have reached your concurrent task limit.", Times: 1})
	var messages []string
	result, err := s.Call(soon(t), "run_model", parsed(t, foxRun), func(_, _ float64, message string) { messages = append(messages, message) })
	require.NoError(t, err)
	require.Contains(t, result.Text, "Completed")
	require.Contains(t, strings.Join(messages, "\n"), "waiting for a slot")

	s.sandbox.Behave(picture, emulator.Behavior{Code: 96, Message: "You have reached your concurrent task limit."})
	s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"hen"},"timeout_seconds":0.05}`).refused("concurrent task limit", "Nothing was started")
}

func TestAStoreThatIsDownStopsWhatNeedsIt(t *testing.T) {
	t.Parallel()
	down, err := store.Open("redis://127.0.0.1:1", store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = down.Close() })
	s := newStage(t, func(o *tools.Options) { o.Store = down })
	s.call("run_model", foxRun).refused("store is not available", "Nothing was submitted")
	require.Zero(t, s.submits())
	token := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"fox"},"again":true}`).ok("Completed").at("task.token").(string)
	s.call("get_task", `{"tasktoken":"`+token+`"}`).ok("Completed")
	s.call("search_models", `{}`).ok()
}

func TestWhatCannotBeReadIsRunning(t *testing.T) {
	t.Parallel()
	for name, detail := range map[string]emulator.Behavior{
		"bad gateway": {Status: 502, ContentType: "text/html", Body: "<html>Bad gateway"},
		"too many":    {Status: 429, Message: "slow down"},
		"garbled":     {Garble: true},
		"cut":         {Truncate: 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.sandbox.Behave(picture, emulator.Behavior{Detail: []emulator.Behavior{detail}})
			run := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"fox"},"timeout_seconds":1}`).ok("Still running", "could not be read")
			require.Equal(t, "running", run.at("state"))
			require.NotContains(t, run.text, "ot charged")
			token := run.at("task.token").(string)
			waited := s.call("wait_for_task", `{"tasktoken":"`+token+`","timeout_seconds":2}`).ok("Still running", "could not be read")
			require.Equal(t, "wait_for_task", waited.at("nextAction.tool"))
			once := s.call("wait_for_task", `{"tasktoken":"`+token+`","timeout_seconds":0}`).ok("Still running", "could not be read")
			require.NotContains(t, once.text, "just submitted")
			s.call("wait_for_task", `{"taskid":"`+run.at("task.id").(string)+`","timeout_seconds":2}`).ok("could not be read")
			require.Equal(t, 1, s.submits())
		})
	}
}

func parsed(t *testing.T, arguments string) map[string]any {
	t.Helper()
	var values map[string]any
	require.NoError(t, json.Unmarshal([]byte(arguments), &values))
	return values
}
