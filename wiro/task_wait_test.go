package wiro_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

const (
	picture = "black-forest-labs/flux-2-pro"
	chat    = "openai/gpt-5-2"
)

func submit(t *testing.T, c *wiro.Client, model string) wiro.Submission {
	t.Helper()
	submission, err := c.Runs.Submit(soon(t), model, wiro.Params{"prompt": "a lighthouse at dawn"})
	require.NoError(t, err)
	return submission
}

// updatesHeard gathers updates.
type updatesHeard struct {
	mu  sync.Mutex
	all []wiro.Update
}

func (n *updatesHeard) add(u wiro.Update) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, u)
}

func (n *updatesHeard) statuses() []wiro.Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []wiro.Status
	for _, u := range n.all {
		if len(list) == 0 || list[len(list)-1] != u.Status {
			list = append(list, u.Status)
		}
	}
	return list
}

// followed runs a model and waits for it, from before it is accepted. The model works once the
// wait has heard that it started: of a subscriber that is behind the oldest events are dropped.
func followed(t *testing.T, s *wirotest.Server, model string) (wiro.Task, *updatesHeard) {
	t.Helper()
	c := wiro.NewClient(wiro.Options{
		BaseURL: s.URL, SocketURL: s.SocketURL, Credentials: wiro.Credentials{Key: wirotest.DemoKey},
	})
	t.Cleanup(c.Close)
	s.Behave(model, wirotest.Behavior{AwaitSubscriber: true, HoldAt: wirotest.TaskStart})
	submission := submit(t, c, model)
	heard, release := &updatesHeard{}, releaseAt(s, wiro.TaskStart, submission.Token)
	task, err := submission.Wait(soon(t), func(u wiro.Update) {
		heard.add(u)
		release(u)
	})
	require.NoError(t, err)
	return task, heard
}

// releaseAt lets a task that is held go on once its wait has heard of the status.
func releaseAt(s *wirotest.Server, status wiro.Status, token string) func(wiro.Update) {
	return func(u wiro.Update) {
		if u.Status == status {
			s.Release(token)
		}
	}
}

func TestWaitHearsEveryStageAndLooksTwice(t *testing.T) {
	t.Parallel()
	s, _ := emulator(t)
	task, heard := followed(t, s, picture)
	require.True(t, task.Succeeded())
	require.Positive(t, *task.Cost)
	require.Equal(t, "image/png", task.Outputs[0].ContentType)
	require.LessOrEqual(t, s.RequestCount("Task/Detail"), 2)
	require.Equal(t, 1, s.RequestCount("Run/"+picture))
	statuses := heard.statuses()
	began := slices.Index(statuses, wiro.TaskStart) // those before may have passed by then
	require.Equal(t, []wiro.Status{
		wiro.TaskStart, wiro.TaskOutput, wiro.TaskEnd, wiro.TaskPostprocessStart, wiro.TaskPostprocessEnd,
	}, statuses[began:])
	require.True(t, slices.ContainsFunc(heard.all, func(u wiro.Update) bool {
		return u.Progress != nil && u.Progress.Percent != nil && u.Progress.Steps > 0
	}))
}

func TestWaitStreamsALanguageModel(t *testing.T) {
	t.Parallel()
	s, _ := emulator(t)
	task, heard := followed(t, s, chat)
	content := task.Outputs[0].Content
	require.NotNil(t, content)
	last := heard.all[len(heard.all)-1]
	require.Len(t, last.Answer, len(content.Answer))
	require.Equal(t, content.Answer[0], last.Answer[0])
	require.NotEmpty(t, last.Thinking)
}

// Whatever the socket does, the run completes.
func TestWaitSurvivesTheSocket(t *testing.T) {
	t.Parallel()
	for name, behavior := range map[string]wirotest.Behavior{
		"drops before the end": {AwaitSubscriber: true, DropSocketAt: wirotest.TaskOutput},
		"drops at the end":     {AwaitSubscriber: true, DropSocketAt: wirotest.TaskPostprocessEnd},
		"loses the last event": {AwaitSubscriber: true, LoseFinalEvent: true},
		"closes on us":         {RefuseSocket: true},
		"says nothing":         {Silent: true},
		"says all twice":       {Duplicate: true},
		"talks nonsense":       {Garbage: true},
		"prints warnings":      {Stderr: []string{"UserWarning: weights", "Traceback: not really"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := emulator(t)
			s.Behave(picture, behavior)
			task, err := submit(t, c, picture).Wait(soon(t))
			require.NoError(t, err)
			require.True(t, task.Succeeded())
			require.Equal(t, 1, s.RequestCount("Run/"+picture))
		})
	}
	for name, mode := range map[string]wirotest.SocketMode{
		"refused": wirotest.SocketRefuse, "silent": wirotest.SocketSilent, "garbage": wirotest.SocketGarbage,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := emulator(t)
			s.SetSocketMode(mode)
			task, err := submit(t, c, chat).Wait(soon(t))
			require.NoError(t, err)
			require.True(t, task.Succeeded())
		})
	}
}

func TestWaitGoesBackToTheSocket(t *testing.T) {
	t.Parallel()
	s, _ := emulator(t)
	slow := wiro.NewClient(wiro.Options{ // polls too seldom to matter
		BaseURL: s.URL, SocketURL: s.SocketURL, Credentials: wiro.Credentials{Key: wirotest.DemoKey},
		PollIntervals: []time.Duration{time.Hour}, SafetyPollInterval: time.Hour,
	})
	t.Cleanup(slow.Close)
	s.Behave(picture, wirotest.Behavior{AwaitSubscriber: true, HoldAt: wirotest.TaskStart})
	submission := submit(t, slow, picture)
	done := make(chan error, 1)
	go func() {
		_, err := submission.Wait(soon(t))
		done <- err
	}()
	require.NoError(t, s.AwaitStage(soon(t), submission.Token, wirotest.TaskStart))
	s.DropSockets()
	require.NoError(t, s.AwaitSubscriber(soon(t), submission.Token))
	s.Release(submission.Token)
	require.NoError(t, <-done)
}

func TestFailureIsNoError(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	s.Behave(picture,
		wirotest.Behavior{FailWith: &wirotest.Exit{Code: "137", Stderr: []string{"CUDA out of memory"}}},
		wirotest.Behavior{FailEarly: "the input could not be downloaded"})
	for range 2 {
		task, err := submit(t, c, picture).Wait(soon(t))
		require.NoError(t, err)
		require.True(t, task.Over())
		require.False(t, task.Succeeded())
		require.Zero(t, *task.Cost)
	}
}

func TestCancelAndKillEndAWait(t *testing.T) {
	t.Parallel()
	for stage, stop := range map[wirotest.Stage]func(*wiro.TasksService, context.Context, wiro.TaskRef) error{
		wirotest.TaskQueue: (*wiro.TasksService).Cancel,
		wirotest.TaskStart: (*wiro.TasksService).Kill,
	} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			s, c := emulator(t)
			s.Behave(picture, wirotest.Behavior{HoldAt: stage})
			submission := submit(t, c, picture)
			ref := wiro.TaskRef{Token: submission.Token}
			done := make(chan wiro.Task, 1)
			go func() {
				task, _ := c.Tasks.Wait(soon(t), ref, nil)
				done <- task
			}()
			require.NoError(t, s.AwaitStage(soon(t), ref.Token, stage))
			require.NoError(t, stop(c.Tasks, soon(t), ref))
			require.Equal(t, wiro.TaskCanceled, (<-done).Status)
		})
	}
}

func TestAWaitThatIsCutShortKnowsTheTask(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	s.Behave(picture, wirotest.Behavior{HoldAt: wirotest.TaskStart})
	submission := submit(t, c, picture)
	require.NoError(t, s.AwaitStage(soon(t), submission.Token, wirotest.TaskStart))
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	task, err := c.Tasks.Wait(ctx, wiro.TaskRef{ID: submission.TaskID}, func(wiro.Update) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, submission.Token, task.Token)
	require.Equal(t, wiro.TaskStart, task.Status)
}

func TestAnUnknownTaskEndsAWaitAtOnce(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	_, err := c.Tasks.Wait(soon(t), wiro.TaskRef{Token: "nobodys"}, nil)
	require.ErrorIs(t, err, wiro.ErrNotFound)
	_, err = c.Tasks.Wait(soon(t), wiro.TaskRef{}, nil)
	require.Error(t, err)
}

func TestOneHubCarriesManyWaits(t *testing.T) {
	t.Parallel()
	const waits = 600
	s, _ := emulator(t)
	c := wiro.NewClient(wiro.Options{BaseURL: s.URL, SocketURL: s.SocketURL, Credentials: wiro.Credentials{Key: wirotest.DemoKey}})
	t.Cleanup(c.Close)
	s.Behave(picture, wirotest.Behavior{HoldAt: wirotest.TaskStart})
	var wg sync.WaitGroup
	tokens := make(chan string, waits)
	failures := make(chan error, waits)
	for range waits {
		wg.Go(func() {
			submission, err := c.Runs.Submit(soon(t), picture, wiro.Params{"prompt": "x"})
			if err != nil {
				failures <- err
				tokens <- ""
				return
			}
			tokens <- submission.Token
			task, err := submission.Wait(soon(t))
			if err == nil && task.Token != submission.Token {
				err = context.Canceled
			}
			if err != nil {
				failures <- err
			}
		})
	}
	var all []string
	for range waits {
		all = append(all, <-tokens)
	}
	for _, token := range all {
		require.NoError(t, s.AwaitSubscriber(soon(t), token))
	}
	require.LessOrEqual(t, s.Sockets(), 3+1)
	for _, token := range all {
		s.Release(token)
	}
	wg.Wait()
	close(failures)
	require.NoError(t, <-failures)
}

// The time from the final event to the end of the wait, over many runs, beyond that of the
// one look in it, which is the machine's and the network's. Not beside other tests, whose
// load it would measure.
func TestCompletionIsNoticedAtOnce(t *testing.T) {
	s, _ := emulator(t)
	c := wiro.NewClient(wiro.Options{BaseURL: s.URL, SocketURL: s.SocketURL, Credentials: wiro.Credentials{Key: wirotest.DemoKey}})
	t.Cleanup(c.Close)
	s.Behave(picture, wirotest.Behavior{AwaitSubscriber: true})
	var late, looked []time.Duration
	for range 21 {
		submission := submit(t, c, picture)
		_, err := submission.Wait(soon(t))
		noticed := time.Now()
		require.NoError(t, err)
		ended, over := s.FinishedAt(submission.Token)
		require.True(t, over)
		late = append(late, noticed.Sub(ended))

		began := time.Now()
		_, err = c.Tasks.Get(soon(t), wiro.TaskRef{Token: submission.Token})
		require.NoError(t, err)
		looked = append(looked, time.Since(began))
	}
	median := func(all []time.Duration) time.Duration {
		slices.Sort(all)
		return all[len(all)/2]
	}
	require.Less(t, median(late)-median(looked), 20*time.Millisecond)
}

// A task that fails before its model runs sends no last event.
func TestAnEarlyFailureIsNoticedSoon(t *testing.T) {
	t.Parallel()
	s, _ := emulator(t)
	c := wiro.NewClient(wiro.Options{ // looks by itself too seldom to matter
		BaseURL: s.URL, SocketURL: s.SocketURL, Credentials: wiro.Credentials{Key: wirotest.DemoKey},
		PollIntervals: []time.Duration{time.Hour}, SafetyPollInterval: time.Hour,
	})
	t.Cleanup(c.Close)
	s.Behave(picture, wirotest.Behavior{AwaitSubscriber: true, HoldAt: wirotest.TaskAccept, FailEarly: "the input could not be downloaded"})
	submission := submit(t, c, picture)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	task, err := submission.Wait(ctx, releaseAt(s, wiro.TaskAccept, submission.Token))
	require.NoError(t, err)
	require.Equal(t, wiro.TaskError, task.Status)
}

// Whoever has another's token hears nothing of the task by it.
func TestATokenAloneTellsNothing(t *testing.T) {
	t.Parallel()
	s, owner := emulator(t)
	s.Behave(chat, wirotest.Behavior{HoldAt: wirotest.TaskStart})
	submission := submit(t, owner, chat)
	require.NoError(t, s.AwaitStage(t.Context(), submission.Token, wirotest.TaskStart))
	s.Behave("Task/Detail", wirotest.Behavior{Status: 503, Message: "busy"}) // so that nobody can tell whose it is
	stranger := owner.WithCredentials(wiro.Credentials{Key: wirotest.DemoKey})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	go func() {
		if s.AwaitSubscriber(ctx, submission.Token) == nil {
			s.Release(submission.Token)
		}
	}()
	var heard updatesHeard
	_, err := stranger.Tasks.Wait(ctx, wiro.TaskRef{Token: submission.Token}, heard.add)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, s.AwaitStage(t.Context(), submission.Token, wirotest.TaskPostprocessEnd))
	require.Empty(t, heard.all)
}

// A healthy socket is not polled; one whose model has fallen silent is.
func TestALostFinalEventIsNoticedSoon(t *testing.T) {
	t.Parallel()
	s := wirotest.NewServer()
	t.Cleanup(s.Close)
	s.Behave(picture, wirotest.Behavior{AwaitSubscriber: true, HoldAt: wirotest.TaskStart, LoseFinalEvent: true})
	c := wiro.NewClient(wiro.Options{BaseURL: s.URL, SocketURL: s.SocketURL, Credentials: wiro.Credentials{Key: wiro.Secret(s.Key)}})
	t.Cleanup(c.Close)
	submission := submit(t, c, picture)
	released := make(chan error, 1)
	go func() { // what follows the first poll comes by events
		released <- s.AwaitRequests(soon(t), "Task/Detail", 1)
		s.Release(submission.Token)
	}()
	task, err := submission.Wait(soon(t))
	require.NoError(t, err)
	require.NoError(t, <-released)
	require.True(t, task.Succeeded())
	finished, ok := s.FinishedAt(submission.Token)
	require.True(t, ok)
	require.Less(t, time.Since(finished), 8*time.Second)
	require.LessOrEqual(t, s.RequestCount("Task/Detail"), 3)
}
