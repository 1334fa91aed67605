package mcptool_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// post is a tool that sends a letter, which must not be sent twice.
func post(send func(context.Context) (string, error)) mcptool.Tool {
	return mcptool.Define(mcptool.Meta{Name: "post"}, func(ctx context.Context, call *mcptool.Call, in struct {
		Timeout *float64 `json:"timeout_seconds,omitempty"`
	},
	) (plain, error) {
		text, err := mcptool.Submit(ctx, call, in.Timeout, send)
		return plain{Text: text}, err
	})
}

// It is not parallel: Unanswered names the tools of the whole process.
func TestAnAnswerIsWaitedForNoLongerThanTheCallsTime(t *testing.T) { //nolint:paralleltest // see above
	synctest.Test(t, func(t *testing.T) {
		answered := make(chan struct{})
		var heard []string
		s := mcptool.New(mcptool.Options{
			Tools: []mcptool.Tool{post(func(context.Context) (string, error) {
				<-answered
				return "delivered", nil
			})},
			Explain: func(_ *mcptool.Call, err error) *mcptool.Problem { return mcptool.Problemf("%v", err) },
		})
		scope := mcptool.Scope{Client: &mcptool.Client{}, Progress: func(_, _ float64, message string) { heard = append(heard, message) }}
		start := time.Now()
		result, err := s.Call(mcptool.WithScope(t.Context(), scope), "post", map[string]any{"timeout_seconds": 20})
		require.NoError(t, err)
		require.True(t, result.IsError)
		require.Equal(t, "no answer came in time", result.Text)
		require.InDelta(t, 20, time.Since(start).Seconds(), 0.5)
		require.Len(t, heard, 2, "a heartbeat before the answer")
		require.Equal(t, []string{"post"}, mcptool.Unanswered())

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, s.Join(short), context.DeadlineExceeded, "the exchange goes on")
		close(answered)
		require.NoError(t, s.Join(t.Context()))
		require.Empty(t, mcptool.Unanswered())
	})
}

func TestWhatWasNotSentIsSaidToBe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		errNotSent := errors.New("not sent")
		s := mcptool.New(mcptool.Options{
			Tools: []mcptool.Tool{post(func(ctx context.Context) (string, error) {
				<-ctx.Done() // the connection is not made yet
				return "", errNotSent
			})},
			Explain: func(_ *mcptool.Call, err error) *mcptool.Problem { return mcptool.Problemf("%v", err) },
		})
		result, err := s.Call(mcptool.WithScope(t.Context(), mcptool.Scope{Client: &mcptool.Client{}}), "post", map[string]any{"timeout_seconds": 1})
		require.NoError(t, err)
		require.Equal(t, "not sent", result.Text)
	})
}

func TestACallThatIsStoppedWaitsAMomentForTheAnswer(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]time.Duration{"delivered": 500 * time.Millisecond, "no answer came in time": time.Minute} {
		for _, drained := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				drain, stop := context.WithCancel(t.Context())
				o := mcptool.Options{
					Tools: []mcptool.Tool{post(func(context.Context) (string, error) {
						stop()
						time.Sleep(late)
						return "delivered", nil
					})},
					Explain: func(_ *mcptool.Call, err error) *mcptool.Problem { return mcptool.Problemf("%v", err) },
				}
				ctx := mcptool.WithScope(t.Context(), mcptool.Scope{Client: &mcptool.Client{}})
				if drained {
					o.Drain = drain
				} else {
					ctx = mcptool.WithScope(drain, mcptool.Scope{Client: &mcptool.Client{}})
				}
				s := mcptool.New(o)
				start := time.Now()
				result := s.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "post"}})
				require.Contains(t, result.Content[0].(mcp.TextContent).Text, name)
				require.Less(t, time.Since(start), 2*time.Second)
				require.NoError(t, s.Join(t.Context()))
			})
		}
	}
}

func TestAFaultWhileSendingEndsTheCallAlone(t *testing.T) {
	t.Parallel()
	s := mcptool.New(mcptool.Options{Tools: []mcptool.Tool{post(func(context.Context) (string, error) { panic("the pen broke") })}})
	result, err := s.Call(mcptool.WithScope(t.Context(), mcptool.Scope{Client: &mcptool.Client{}}), "post", nil)
	require.NoError(t, err)
	require.True(t, result.IsError)
	require.NotContains(t, result.Text, "pen")
}
