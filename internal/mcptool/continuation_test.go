package mcptool_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// drying is a request for a tool that may wait, in a scope with a continuation.
type drying struct {
	scope  mcptool.Scope
	ended  []mcptool.Event
	cancel context.CancelFunc
	answer mcp.JSONRPCMessage // of the MCP server
}

func dry(t *testing.T, tool, meta string) *drying {
	t.Helper()
	slow := mcptool.Meta{Name: "dry", Toolset: "eyes", Slow: true}
	y := newToys(t, func(o *mcptool.Options) {
		o.Tools = append(o.Tools, mcptool.Define(slow, func(ctx context.Context, _ *mcptool.Call, in paint) (plain, error) {
			switch {
			case in.Color == "blue":
				panic("the sky")
			case ctx.Err() != nil:
				return plain{}, errRain
			}
			return plain{Text: "dry"}, nil
		}))
	})
	ctx, cancel := context.WithCancel(t.Context())
	d := &drying{cancel: cancel}
	t.Cleanup(cancel)
	d.scope = mcptool.Scope{
		Continuation: mcptool.NewContinuation(ctx), Caller: "me",
		Observe: func(e mcptool.Event) { d.ended = append(d.ended, e) },
	}
	d.answer = y.MCP().HandleMessage(mcptool.WithScope(ctx, d.scope),
		json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":{"color":"red"}`+meta+`}}`))
	return d
}

// finish runs the rest, and returns the answer as JSON.
func (d *drying) finish(t *testing.T) string {
	t.Helper()
	answer, err := json.Marshal(d.scope.Continuation.Run(d.answer))
	require.NoError(t, err)
	require.False(t, d.scope.Continuation.Waits())
	require.Len(t, d.ended, 1, "a call ends once")
	return string(answer)
}

func TestACallThatMayWaitIsLeftToItsTransport(t *testing.T) {
	t.Parallel()
	d := dry(t, "dry", "")
	require.True(t, d.scope.Continuation.Waits())
	require.Empty(t, d.ended, "it goes on")
	require.Contains(t, d.finish(t), `{"text":"dry"}`, "its context outlasts the server's")
	require.Equal(t, mcptool.OK, d.ended[0].Status)
}

// A program's own tool may call others, which may wait. They are a part of its call.
func TestAToolGetsTheResultOfAToolThatItCalls(t *testing.T) {
	t.Parallel()
	for _, waits := range []bool{false, true} {
		var y *toys
		y = newToys(t, func(o *mcptool.Options) {
			o.Tools = append(o.Tools,
				mcptool.Define(mcptool.Meta{Name: "dry", Toolset: "eyes", Slow: true}, func(context.Context, *mcptool.Call, paint) (plain, error) {
					return plain{Text: "dry"}, nil
				}),
				mcptool.Define(mcptool.Meta{Name: "hang", Toolset: "eyes", Slow: waits}, func(ctx context.Context, _ *mcptool.Call, _ paint) (plain, error) {
					inner, err := y.Call(ctx, "dry", map[string]any{"color": "red"})
					return plain{Text: inner.Text + ", so it hangs"}, err
				}))
		})
		continuation := mcptool.NewContinuation(t.Context())
		answer := continuation.Run(y.MCP().HandleMessage(mcptool.WithScope(t.Context(), mcptool.Scope{Continuation: continuation, Caller: "me"}),
			json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hang","arguments":{"color":"red"}}}`)))
		data, err := json.Marshal(answer)
		require.NoError(t, err)
		require.Regexp(t, `dry.*, so it hangs`, string(data))
		require.False(t, continuation.Waits())
	}
}

func TestTheEndOfTheRequestEndsACallThatWaits(t *testing.T) {
	t.Parallel()
	d := dry(t, "dry", "")
	d.cancel()
	require.Contains(t, d.finish(t), "It rains.")
	require.Equal(t, mcptool.Canceled, d.ended[0].Status)
}

func TestAResultThatCameLaterHasWhatTheServerAddsToResults(t *testing.T) {
	t.Parallel()
	d := dry(t, "dry", `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`)
	answer := d.finish(t)
	require.Contains(t, answer, `"resultType":"complete"`)
	require.Contains(t, answer, `"name":"toys"`)
}

func TestCallsThatNeverWaitAreAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	d := dry(t, "look", "")
	require.False(t, d.scope.Continuation.Waits())
	require.Contains(t, d.finish(t), "a wall")
}

func TestARefusedCallIsNotLeftToItsTransport(t *testing.T) {
	t.Parallel()
	d := dry(t, "dry", "")
	refused := dry(t, "dry", `,"arguments":{"hue":"red"}`)
	require.True(t, d.scope.Continuation.Waits())
	require.False(t, refused.scope.Continuation.Waits())
	require.Contains(t, refused.finish(t), "has no argument")
}

func TestAPanicOfACallThatWaitsIsAnInternalError(t *testing.T) {
	t.Parallel()
	d := dry(t, "dry", `,"arguments":{"color":"blue"}`)
	require.Contains(t, d.finish(t), "Internal error")
	require.Equal(t, mcptool.Internal, d.ended[0].Status)
}

// A call that only looks has nothing to wait for: leaving the server costs more than its frames do.
func TestACallThatLooksOnceIsNotLeft(t *testing.T) {
	t.Parallel()
	type glance struct {
		Seconds float64 `json:"look_seconds,omitempty" min:"0" max:"9" default:"0"`
	}
	y := newToys(t, func(o *mcptool.Options) {
		o.Tools = append(o.Tools, mcptool.Define(mcptool.Meta{Name: "glance", Toolset: "eyes"}, func(context.Context, *mcptool.Call, glance) (plain, error) {
			return plain{Text: "seen"}, nil
		}))
	})
	for arguments, left := range map[string]bool{`{}`: false, `{"look_seconds":0}`: false, `{"look_seconds":"0"}`: false, `{"look_seconds":2}`: true} {
		c := mcptool.NewContinuation(t.Context())
		y.MCP().HandleMessage(mcptool.WithScope(t.Context(), mcptool.Scope{Caller: "me", Continuation: c}),
			json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"glance","arguments":`+arguments+`}}`))
		require.Equal(t, left, c.Waits(), arguments)
	}
}

// paintJob is a result that is still to come.
type paintJob struct {
	plain
	later *mcptool.Later
}

func (p paintJob) Waits() *mcptool.Later { return p.later }

// drier is a tool whose result comes when the paint has dried: dried is what it then calls. An
// error is what the wait ended with.
func drier(t *testing.T, cleaned *atomic.Int32) (y *toys, dried chan func(error)) {
	t.Helper()
	dried = make(chan func(error), 1)
	y = newToys(t, func(o *mcptool.Options) {
		o.Tools = append(o.Tools, mcptool.Define(mcptool.Meta{Name: "dry", Toolset: "eyes", Slow: true},
			func(_ context.Context, call *mcptool.Call, in paint) (paintJob, error) {
				call.Cleanup(func() { cleaned.Add(1) })
				return paintJob{later: &mcptool.Later{
					Start: func(then func(error)) { dried <- then },
					Result: func(err error) (any, error) {
						if in.Color == "blue" {
							panic("the sky")
						}
						return paintJob{plain: plain{Text: "dry"}}, err
					},
				}}, nil
			}))
	})
	return y, dried
}

func TestAResultThatIsStillToComeNeedsNoGoroutine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		color string
		err   error
		want  string
	}{
		"result": {"red", nil, `{"text":"dry"}`},
		"error":  {"red", errRain, "It rains."},
		"panic":  {"blue", nil, "Internal error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var cleaned atomic.Int32
			y, dried := drier(t, &cleaned)
			var ended []mcptool.Event
			scope := mcptool.Scope{Continuation: mcptool.NewContinuation(t.Context()), Caller: "me", Observe: func(e mcptool.Event) { ended = append(ended, e) }}
			stand := y.MCP().HandleMessage(mcptool.WithScope(t.Context(), scope),
				json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"dry","arguments":{"color":"`+c.color+`"}}}`))
			var answers []mcp.JSONRPCMessage
			scope.Continuation.Start(stand, func(answer mcp.JSONRPCMessage) { answers = append(answers, answer) })
			require.Empty(t, answers, "it has returned")
			require.Empty(t, ended)
			require.Zero(t, cleaned.Load())
			(<-dried)(c.err)
			require.Len(t, answers, 1)
			require.Len(t, ended, 1)
			require.EqualValues(t, 1, cleaned.Load())
			data, err := json.Marshal(answers[0])
			require.NoError(t, err)
			require.Contains(t, string(data), c.want)
		})
	}
}

// A program that calls a tool in its own process gets the result itself.
func TestACallInThisProcessWaitsForAResultThatIsStillToCome(t *testing.T) {
	t.Parallel()
	var cleaned atomic.Int32
	y, dried := drier(t, &cleaned)
	go func() { (<-dried)(nil) }()
	result, err := y.Call(mcptool.WithScope(t.Context(), mcptool.Scope{Caller: "me"}), "dry", map[string]any{"color": "red"})
	require.NoError(t, err)
	require.Contains(t, result.Text, "dry")
	require.EqualValues(t, 1, cleaned.Load())
}
