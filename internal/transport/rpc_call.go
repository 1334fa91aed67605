package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// rpcCall is one message on its way through the MCP server.
type rpcCall struct {
	http    *HTTP
	ctx     context.Context //nolint:containedctx // lives as long as the call
	caller  caller
	message message
	scope   mcptool.Scope
	entry   entry
	started time.Time
	release func()
}

// newCall prepares a message for the MCP server: its scope is complete from here on.
func (h *HTTP) newCall(ctx context.Context, scope mcptool.Scope, from caller, id string, m message, notify mcptool.Notifier) *rpcCall {
	c := &rpcCall{
		http: h, ctx: ctx, caller: from, message: m, started: time.Now(), release: func() {},
		entry: entry{caller: from, id: id, method: m.label()},
	}
	scope.RequestID, scope.Request, scope.Notify = id, requestName(from.header, m.ID), notify
	scope.Observe = func(e mcptool.Event) {
		c.entry.tool, c.entry.outcome = e.Tool, outcome(e.Status)
		h.Metrics.called(e)
		if from.signed {
			h.recheck(ctx, scope, e.Err)
		}
	}
	c.scope = scope
	return c
}

// begin takes a place among the concurrent waits if the message is one. If none is left, it
// returns the name of the limit; otherwise answer gives the place back.
func (c *rpcCall) begin() (limit string) {
	d, ok := c.http.Tools.Find(c.message.params.Name)
	if c.message.Method != string(mcp.MethodToolsCall) || !ok {
		return ""
	}
	c.entry.tool = d.Name
	if !d.Waits() {
		return ""
	}
	release, limit := c.http.limits.acquire(c.caller)
	if limit == "" {
		c.release = release
	}
	return limit
}

// answer lets the MCP server answer, and returns what it says with the HTTP status for it.
func (c *rpcCall) answer() (status int, data []byte) {
	protocol, refusal := c.message.protocol(c.caller.header)
	status, answer := http.StatusBadRequest, refusal
	if refusal == nil {
		s := newSession(c.entry.id, headerVersion(c.caller.header), c.message, mcp.Implementation{Name: c.caller.header.Get("User-Agent")}, mcp.ClientCapabilities{})
		answer = dispatcher{c.http.mcp, c.http.Log}.handle(c.ctx, &c.message, s, c.scope)
		status = protocol.status(answer)
	}
	_, failed := answer.(mcp.JSONRPCError)
	c.end(status, failed)
	data, err := encodeAnswer(answer)
	if err != nil {
		c.http.Log.Error().Err(err).Str("request", c.entry.id).Msg("an answer could not be encoded")
		return http.StatusInternalServerError, rpcError(c.message.ID, mcp.INTERNAL_ERROR, "internal error "+c.entry.id)
	}
	return status, data
}

// end releases what the call held, and logs it.
func (c *rpcCall) end(status int, failed bool) {
	c.release()
	e := c.entry
	e.status, e.took = status, time.Since(c.started)
	switch {
	case e.outcome != "":
	case c.ctx.Err() != nil:
		e.outcome = outcome(mcptool.Canceled)
	case failed:
		e.outcome = outcome(mcptool.Refused)
	default:
		e.outcome = outcome(mcptool.OK)
	}
	c.http.log(e)
}
