package wiro_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// following follows a submission in the background. The channel brings the error of its end.
func following(ctx context.Context, submission wiro.Submission, onUpdate func(wiro.Update)) (*wiro.Task, chan error) {
	task, ended := &wiro.Task{}, make(chan error, 2)
	submission.Follow(ctx, task, func(err error) { ended <- err }, onUpdate)
	return task, ended
}

func TestFollowTellsTheEndOnce(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	s.Behave(picture, wirotest.Behavior{AwaitSubscriber: true, HoldAt: wirotest.TaskStart})
	submission := submit(t, c, picture)
	heard, release := &updatesHeard{}, releaseAt(s, wiro.TaskStart, submission.Token)
	task, ended := following(soon(t), submission, func(u wiro.Update) {
		heard.add(u)
		release(u)
	})
	require.NoError(t, <-ended)
	require.True(t, task.Succeeded())
	require.Subset(t, heard.statuses(), []wiro.Status{wiro.TaskStart, wiro.TaskPostprocessEnd})

	known := wiro.Task{ID: submission.TaskID} // whose token is looked up, and which is over
	c.Tasks.Follow(soon(t), &known, func(err error) { ended <- err })
	require.NoError(t, <-ended)
	require.True(t, known.Succeeded())
	require.Empty(t, ended)
}

func TestFollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	s.Behave(picture, wirotest.Behavior{AwaitSubscriber: true, HoldAt: wirotest.TaskStart})
	ctx, cancel := context.WithCancel(soon(t))
	task, ended := following(ctx, submit(t, c, picture), func(u wiro.Update) {
		if u.Status == wiro.TaskStart {
			cancel()
		}
	})
	require.ErrorIs(t, <-ended, context.Canceled)
	require.False(t, task.Over())
}

func TestFollowReportsWhatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	ended := make(chan error, 1)
	then := func(err error) { ended <- err }
	c.Tasks.Follow(soon(t), &wiro.Task{}, then)
	require.Error(t, <-ended)
	wiro.Submission{Token: "t"}.Follow(soon(t), &wiro.Task{}, then)
	require.Error(t, <-ended)
	c.Tasks.Follow(soon(t), &wiro.Task{Token: "nobody's"}, then)
	require.ErrorIs(t, <-ended, wiro.ErrNotFound)
	c.Close()
	c.Tasks.Follow(soon(t), &wiro.Task{Token: "nobody's"}, then)
	require.Error(t, <-ended)
}

// A program with thousands of waits lives through one whose callback panics.
func TestAPanicInAnUpdateEndsItsWaitAlone(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	s.Behave(picture, wirotest.Behavior{AwaitSubscriber: true, HoldAt: wirotest.TaskStart})
	submission := submit(t, c, picture)
	for _, end := range []func(){func() { panic("the sky") }, runtime.Goexit} {
		_, ended := following(soon(t), submission, func(wiro.Update) { end() })
		require.ErrorContains(t, <-ended, "panicked")
	}
	_, ended := following(soon(t), submission, releaseAt(s, wiro.TaskStart, submission.Token))
	require.NoError(t, <-ended)
	require.Empty(t, ended)
}
