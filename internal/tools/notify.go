package tools

import (
	"context"
	"errors"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// readWithin is how long a client may leave a full queue unread before it misses news.
const readWithin = time.Second

// notify sends a notification through the session. Where many calls at once have filled the
// session's queue, which mcp-go would drop the notification for, it waits for its turn.
func notify(ctx context.Context, s *server.MCPServer, method string, params map[string]any) {
	err := s.SendNotificationToClient(ctx, method, params)
	session := server.ClientSessionFromContext(ctx)
	if session == nil || !errors.Is(err, server.ErrNotificationChannelBlocked) {
		return // sent, or there is nobody to send it to
	}
	timer := time.NewTimer(readWithin)
	defer timer.Stop()
	select {
	case session.NotificationChannel() <- mcp.JSONRPCNotification{JSONRPC: mcp.JSONRPC_VERSION, Notification: mcp.Notification{
		Method: method, Params: mcp.NotificationParams{AdditionalFields: params},
	}}:
	case <-timer.C:
	case <-ctx.Done():
	}
}
