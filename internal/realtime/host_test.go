package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// held starts a session of a text that a host holds.
func held(t *testing.T, h *realtime.Host, c *wiro.Client, text string, limit time.Duration, finish func(realtime.Result, error) json.RawMessage) *realtime.Held {
	t.Helper()
	session, err := c.Realtime.Open(t.Context(), speech, wiro.Params{"text": text})
	require.NoError(t, err)
	if finish == nil {
		finish = func(realtime.Result, error) json.RawMessage { return nil }
	}
	return h.Start("ada", wiro.Slug{}, session, realtime.Talk{Kind: realtime.Speech, Limit: limit}, finish)
}

func TestASessionGoesOnWhenItsCallHasEnded(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	s.Behave(speech, emulator.Behavior{HoldAt: emulator.TaskStreamEnd})
	var h realtime.Host
	session := held(t, &h, c, words(20), time.Minute, func(r realtime.Result, err error) json.RawMessage {
		return json.RawMessage(fmt.Sprintf("[%.1f,%t]", r.SpeechSeconds, err == nil))
	})
	call, give := context.WithCancel(t.Context())
	err := session.Wait(call, func(p realtime.Progress) {
		if p.SpeechSeconds > 7 {
			give() // up
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, session.IsDone())
	require.True(t, session.Now().Ready)
	s.Release(session.Ref.Token)
	require.Nil(t, h.Find("eve", session.Ref), "somebody else's")
	require.Nil(t, h.Find("ada", wiro.TaskRef{Token: "another"}))
	found := h.Find("ada", wiro.TaskRef{ID: session.Ref.ID})
	require.Same(t, session, found)
	require.Same(t, session, h.Find("ada", wiro.TaskRef{Token: session.Ref.ID}), "an id in the place of a token")
	require.NoError(t, found.Wait(t.Context(), nil))
	result, outcome := found.Outcome()
	require.InDelta(t, 7.2, result.SpeechSeconds, 0.001)
	require.InDelta(t, 0.005, *result.Cost, 1e-9)
	require.JSONEq(t, "[7.2,true]", string(outcome))
	require.NotNil(t, h.Find("ada", session.Ref), "kept")
}

func TestHeldSessionsEndProperly(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	s.Behave(speech, emulator.Behavior{FrameDelay: 5 * time.Millisecond})
	stopped := errors.New("kill_task")
	var h realtime.Host
	for name, test := range map[string]struct {
		limit time.Duration
		end   func(*realtime.Held)
		want  error
	}{
		"killed": {time.Minute, func(s *realtime.Held) { s.End(stopped, time.Minute) }, stopped},
		"limit":  {100 * time.Millisecond, func(*realtime.Held) {}, realtime.ErrTooLong},
	} {
		var how error
		session := held(t, &h, c, words(2_000), test.limit, func(_ realtime.Result, err error) json.RawMessage {
			how = err
			return nil
		})
		test.end(session)
		require.NoError(t, session.Wait(t.Context(), nil))
		require.ErrorIs(t, how, test.want, name)
		result, _ := session.Outcome()
		require.True(t, result.Task.Over(), name)
		require.NotNil(t, result.Cost, name)
	}
}

func TestASessionThatDoesNotEndIsClosed(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	s.Behave(speech, emulator.Behavior{HoldAt: emulator.TaskStreamEnd})
	var h realtime.Host
	session := held(t, &h, c, "Hello.", time.Minute, nil)
	call, give := context.WithCancel(t.Context())
	require.ErrorIs(t, session.Wait(call, func(p realtime.Progress) {
		if p.SpeechSeconds >= 1 {
			give() // up
		}
	}), context.Canceled)
	session.End(errors.New("the process ends"), time.Millisecond)
	require.NoError(t, session.Wait(t.Context(), nil))
	result, _ := session.Outcome()
	require.InDelta(t, 1, result.SpeechSeconds, 0.001, "what there is is kept")
}

func TestOutcomesAreForgottenAfterAWhile(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	h := realtime.Host{Keep: time.Nanosecond}
	session := held(t, &h, c, "Hello.", time.Minute, nil)
	require.NoError(t, session.Wait(t.Context(), nil))
	require.Nil(t, h.Find("ada", session.Ref))
}
