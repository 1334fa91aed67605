package mcptool

import (
	"context"
	"encoding/json"
	"testing"

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
