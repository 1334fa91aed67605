package mcptool

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/stretchr/testify/require"
)

// crowded is a session whose queue of notifications is always nearly full.
type crowded chan mcp.JSONRPCNotification

func (crowded) Initialize()                                           {}
func (crowded) Initialized() bool                                     { return true }
func (crowded) SessionID() string                                     { return "crowded" }
func (c crowded) NotificationChannel() chan<- mcp.JSONRPCNotification { return c }

// reporting calls a tool that reports progress so many times, as the session's client.
func reporting(ctx context.Context, session crowded, times int) mcp.JSONRPCMessage {
	s := server.NewMCPServer("test", "1")
	s.AddTool(mcp.NewTool("count"), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		report := progressOf(ctx, Scope{}, r)
		for i := range times {
			report(float64(i), 0, "counting")
		}
		return mcp.NewToolResultText("done"), nil
	})
	return s.HandleMessage(s.WithContext(ctx, session), json.RawMessage(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"count","arguments":{},"_meta":{"progressToken":"p"}}}`))
}

func TestNotificationsAreNotLostInACrowd(t *testing.T) {
	t.Parallel()
	const times = 200
	queue := make(crowded, 1)
	seen := make(chan any, times)
	go func() {
		for range times {
			select {
			case n := <-queue:
				seen <- n.Params.AdditionalFields["progress"]
			case <-t.Context().Done():
				return
			}
		}
	}()
	require.IsType(t, mcp.JSONRPCResponse{}, reporting(t.Context(), queue, times))
	for i := range times {
		require.InDelta(t, i, <-seen, 0)
	}
}

func TestAClientThatDoesNotReadDoesNotHoldACallUp(t *testing.T) {
	t.Parallel()
	require.IsType(t, mcp.JSONRPCResponse{}, reporting(t.Context(), make(crowded, 1), 2))
}

// Where the usual time is known, the silence of a model is filled with how much of it has passed.
func TestSilenceIsFilledWithHowFarARunUsuallyIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type news struct {
			value   float64
			message string
		}
		var told []news
		call := &Call{progress: func(value, _ float64, message string) { told = append(told, news{value, message}) }}
		p := call.StartProgress()
		p.Update(0.6, 0, "running")
		p.Expect(20*time.Second, time.Now())
		time.Sleep(23 * time.Second)
		synctest.Wait()
		p.Expect(0, time.Time{})
		p.Update(30, 0, "12 words so far")
		p.Stop()
		time.Sleep(time.Minute)
		require.Greater(t, len(told), 8)
		require.Equal(t, "running, 10%, about 18s left, usually 20s", told[1].message)
		require.InDelta(t, 10, told[1].value, 1e-9)
		require.Contains(t, told[len(told)-2].message, "so far, usually 20s")
		for i := range told[1:] {
			require.Greater(t, told[i+1].value, told[i].value, "it rises")
			require.LessOrEqual(t, told[i+1].value, 97.0, "a guess is never done")
		}
	})
}

func TestWhatBeganAWhileAgoIsToldOfAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		p := (&Call{progress: func(_, _ float64, message string) { told = append(told, message) }}).StartProgress()
		require.True(t, p.Wanted())
		p.Update(0.6, 0, "running")
		p.Expect(40*time.Second, time.Now().Add(-10*time.Second))
		synctest.Wait()
		require.Equal(t, []string{"running", "running, 25%, about 30s left, usually 40s"}, told)
		p.Stop()
		require.False(t, p.Wanted())
		require.False(t, (&Call{}).StartProgress().Wanted())
	})
}
