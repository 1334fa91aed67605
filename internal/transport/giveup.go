package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// giveUp takes note that the client no longer waits for a request, which may be on another
// replica. Clients that run out of time post a cancel and keep the request's connection open:
// the request goes on, and the same call finds its run.
func (q *request) giveUp(ctx context.Context, m *message) {
	if m.Method != string(mcp.MethodNotificationCancelled) {
		return
	}
	id, byUser := m.cancels()
	if id == nil {
		return
	}
	if err := q.http.Tools.GiveUp(ctx, q.scope, requestName(q.entry.caller.header, id), byUser); err != nil {
		q.http.Log.Warn().Err(err).Str("request", q.entry.id).Msg("a canceled request could not be noted")
	}
}

// requestName names a request among those of its caller: there is no session, so that what a
// client sends with every request has to do.
func requestName(h http.Header, id json.RawMessage) string {
	if len(id) == 0 {
		return ""
	}
	return h.Get("Mcp-Session-Id") + "\n" + h.Get("User-Agent") + "\n" + idKey(id)
}

// cancels returns the id of the request that a cancel names, nil without one, and whether the
// user canceled it, rather than the client's time being over, which clients say in the reason.
func (m message) cancels() (id json.RawMessage, byUser bool) {
	var params struct {
		RequestID json.RawMessage `json:"requestId"`
		Reason    any             `json:"reason"`
	}
	if json.Unmarshal(m.Params, &params) != nil || len(params.RequestID) == 0 {
		return nil, false
	}
	reason, _ := params.Reason.(string)
	reason = strings.ToLower(reason)
	return params.RequestID, !strings.Contains(reason, "timed out") && !strings.Contains(reason, "timeout")
}
