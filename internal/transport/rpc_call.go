package transport

import (
	"cmp"
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
	message *message
	scope   mcptool.Scope
	entry   activity
	release func()

	mayWait  bool // its tool does
	protocol protocol
}

// newCall prepares a message for the MCP server: its scope is complete from here on.
func (q *request) newCall(ctx context.Context, id string, m *message, notify mcptool.Notifier) *rpcCall {
	c := &rpcCall{
		http: q.http, ctx: ctx, message: m, scope: q.scope, release: func() {},
		entry: activity{caller: q.entry.caller, id: id, method: m.label(), rpcID: m.ID},
	}
	c.scope.RequestID, c.scope.Request, c.scope.Notify = id, requestName(c.entry.caller.header, m.ID), m.withToken(notify)
	c.scope.Arrived = time.Now()
	c.scope.Observe = c.observe
	return c
}

// observe takes note of how the call of a tool ended.
func (c *rpcCall) observe(e mcptool.Event) {
	c.entry.call, c.entry.tool, c.entry.outcome = e, e.Tool, outcome(e.Status)
	if c.entry.caller.signed {
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
	if !d.Waits() || d.LooksOnce(c.message.arguments) {
		return ""
	}
	release, limit := c.http.limits.acquire(c.entry.caller)
	if limit == "" {
		c.release, c.mayWait = release, true
	}
	return limit
}

// answer returns what the MCP server says, with the HTTP status for it.
func (c *rpcCall) answer() (status int, data []byte) { return c.finish(c.start()) }

// start lets the MCP server answer. If the call waits, its answer only stands for one that is
// still to come. A status other than 0 is that of a refusal.
func (c *rpcCall) start() (status int, answer mcp.JSONRPCMessage) {
	c.begun()
	if c.protocol, answer = c.message.protocol(c.entry.caller.header); answer != nil {
		return http.StatusBadRequest, answer
	}
	if c.scope.Decoded != nil && c.message.Method != string(mcp.MethodToolsCall) {
		c.scope.Decoded() // no tool says so, and a completion asks Wiro
	}
	return 0, c.http.dispatcher.start(c.ctx, c.message, c.session(), &c.scope)
}

// waits reports whether a call that was started has not come to its end.
func (c *rpcCall) waits() bool { return c.scope.Continuation.Waits() }

// finish brings a call that was started to its end, and returns its answer.
func (c *rpcCall) finish(status int, answer mcp.JSONRPCMessage) (int, []byte) {
	if status != 0 {
		return c.encode(status, answer)
	}
	return c.answered(c.http.dispatcher.finish(c.ctx, c.message, &c.scope, answer))
}

// answered ends a call that the MCP server has answered.
func (c *rpcCall) answered(answer mcp.JSONRPCMessage) (int, []byte) {
	return c.encode(c.protocol.status(answer), answer)
}

// begun records the beginning of the call.
func (c *rpcCall) begun() {
	header := c.entry.caller.header
	c.entry.transport, c.entry.protocol, c.entry.prompt = "tcp", knownVersion(headerVersion(header)), promptOf(c.http.dispatcher.mcp, c.message)
	c.ctx = c.http.record.begin(withRemoteSpan(c.ctx, header, c.message.params.Meta), &c.entry)
}

func (c *rpcCall) session() *session {
	header := c.entry.caller.header
	return newSession(c.entry.id, headerVersion(header), c.message, mcp.Implementation{Name: header.Get("User-Agent")}, mcp.ClientCapabilities{})
}

// encode ends the call.
func (c *rpcCall) encode(status int, answer mcp.JSONRPCMessage) (int, []byte) {
	c.entry.rpcCode, c.entry.protocol = errorCode(answer), cmp.Or(settledVersion(answer), c.entry.protocol)
	c.end(status)
	data, err := encodeAnswer(answer, c.message.ID)
	if err != nil {
		c.http.Log.Error().Ctx(c.ctx).Err(err).Str("request", c.entry.id).Msg("an answer could not be encoded")
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
