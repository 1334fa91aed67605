package transport

import (
	"context"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// rpcCall is one message on its way through the MCP server.
type rpcCall struct {
	http    *HTTP
	ctx     context.Context //nolint:containedctx // lives as long as the call
	caller  *caller
	message *message
	scope   mcptool.Scope
	entry   activity
	release func()
}

// newCall prepares a message for the MCP server: its scope is complete from here on.
func (q *request) newCall(ctx context.Context, id string, m *message, notify mcptool.Notifier) *rpcCall {
	from := &q.entry.caller
	c := &rpcCall{
		http: q.http, ctx: ctx, caller: from, message: m, scope: q.scope, release: func() {},
		entry: activity{caller: *from, id: id, method: m.label(), rpcID: m.ID},
	}
	c.scope.RequestID, c.scope.Request, c.scope.Notify = id, requestName(from.header, m.ID), m.withToken(notify)
	c.scope.Observe = c.observe
	return c
}

// observe takes note of how the call of a tool ended.
func (c *rpcCall) observe(e mcptool.Event) {
	c.entry.call, c.entry.tool, c.entry.outcome = e, e.Tool, outcome(e.Status)
	if c.caller.signed {
		c.http.recheck(c.ctx, c.scope, e.Err)
	}
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
	release, limit := c.http.limits.acquire(*c.caller)
	if limit == "" {
		c.release = release
	}
	return limit
}

// answer lets the MCP server answer, and returns what it says with the HTTP status for it.
func (c *rpcCall) answer() (status int, data []byte) {
	c.begun()
	protocol, answer := c.message.protocol(c.caller.header)
	if answer != nil {
		return c.encode(http.StatusBadRequest, answer)
	}
	answer = c.handle()
	return c.encode(protocol.status(answer), answer)
}

// begun records the beginning of the call.
func (c *rpcCall) begun() {
	c.entry.transport, c.entry.protocol = "tcp", knownVersion(headerVersion(c.caller.header))
	c.ctx = c.http.record.begin(withRemoteSpan(c.ctx, c.caller.header, c.message.params.Meta), &c.entry)
}

// handle passes the message to the MCP server.
func (c *rpcCall) handle() mcp.JSONRPCMessage {
	if c.scope.Decoded != nil && c.message.Method != string(mcp.MethodToolsCall) {
		c.scope.Decoded() // no tool says so, and a completion asks Wiro
	}
	return dispatcher{c.http.mcp, c.http.Log, c.http.Tools.Plain}.handle(c.ctx, c.message, c.session(), &c.scope)
}

func (c *rpcCall) session() *session {
	return newSession(c.entry.id, headerVersion(c.caller.header), c.message, mcp.Implementation{Name: c.caller.header.Get("User-Agent")}, mcp.ClientCapabilities{})
}

// encode ends the call.
func (c *rpcCall) encode(status int, answer mcp.JSONRPCMessage) (int, []byte) {
	c.entry.rpcCode = errorCode(answer)
	c.end(status)
	data, err := encodeAnswer(answer, c.message.ID)
	if err != nil {
		c.http.Log.Error().Err(err).Str("request", c.entry.id).Msg("an answer could not be encoded")
		return http.StatusInternalServerError, rpcError(c.message.ID, mcp.INTERNAL_ERROR, "internal error "+c.entry.id)
	}
	return status, data
}

// end releases what the call held, and logs it.
func (c *rpcCall) end(status int) {
	c.release()
	c.entry.status = status
	c.entry.settle(c.ctx)
	c.http.record.end(c.ctx, &c.entry)
}
