package realtime_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// held starts a session of a text that a host holds.
func held(t *testing.T, h *realtime.Host, c *wiro.Client, text string, limit time.Duration, finish func(realtime.Result, error) error) *realtime.Held {
	t.Helper()
	session, err := c.Realtime.Open(t.Context(), speech, wiro.Params{"text": text})
	require.NoError(t, err)
	return h.Start("ada", session, realtime.Talk{Kind: realtime.Speech}, limit, finish)
}

func TestASessionGoesOnWhenItsCallHasEnded(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	s.Behave(speech, emulator.Behavior{HoldAt: emulator.TaskStreamEnd})
	var h realtime.Host
	defer h.Close()
	saved := 0.0
	session := held(t, &h, c, words(20), time.Minute, func(r realtime.Result, _ error) error { saved = r.SpeechSeconds; return nil })

	call, give := context.WithCancel(t.Context())
	_, err := session.Wait(call, func(p realtime.Progress) {
		if p.SpeechSeconds > 7 {
			give() // up
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	s.Release(session.Ref.Token)

	require.Nil(t, h.Find("eve", session.Ref), "somebody else's")
	require.Nil(t, h.Find("ada", wiro.TaskRef{Token: "another"}))
	found := h.Find("ada", wiro.TaskRef{ID: session.Ref.ID})
	require.Same(t, session, found)
	result, err := found.Wait(t.Context(), nil)
	require.NoError(t, err)
	require.InDelta(t, 7.2, result.SpeechSeconds, 0.001)
	require.InDelta(t, 7.2, saved, 0.001)
	require.InDelta(t, 0.005, *result.Cost, 1e-9)
	again, err := h.Find("ada", session.Ref).Wait(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, result.SpeechSeconds, again.SpeechSeconds, "kept")
}

func TestHeldSessionsEndProperly(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	s.Behave(speech, emulator.Behavior{FrameDelay: 5 * time.Millisecond})
	stopped, full := errors.New("kill_task"), errors.New("disk full")
	var h realtime.Host
	for name, test := range map[string]struct {
		limit time.Duration
		end   func(*realtime.Held)
		want  error
	}{
		"killed":      {time.Minute, func(s *realtime.Held) { s.End(stopped) }, stopped},
		"limit":       {100 * time.Millisecond, func(*realtime.Held) {}, context.DeadlineExceeded},
		"not savable": {100 * time.Millisecond, func(*realtime.Held) {}, full},
	} {
		session := held(t, &h, c, words(2_000), test.limit, func(realtime.Result, error) error { return full })
		test.end(session)
		result, err := session.Wait(t.Context(), nil)
		require.ErrorIs(t, err, test.want, name)
		require.True(t, result.Task.Over(), name)
		require.NotNil(t, result.Cost, name)
	}
	session := held(t, &h, c, words(2_000), time.Minute, nil)
	h.Close()
	result, err := session.Wait(t.Context(), nil)
	require.ErrorIs(t, err, realtime.ErrShutdown)
	require.True(t, result.Task.Over())
	late := held(t, &h, c, words(2_000), time.Minute, nil)
	_, err = late.Wait(t.Context(), nil)
	require.ErrorIs(t, err, realtime.ErrShutdown)
}

func TestOutcomesAreForgottenAfterAWhile(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	h := realtime.Host{Keep: time.Nanosecond}
	defer h.Close()
	session := held(t, &h, c, "Hello.", time.Minute, nil)
	_, err := session.Wait(t.Context(), nil)
	require.NoError(t, err)
	require.Nil(t, h.Find("ada", session.Ref))
}
