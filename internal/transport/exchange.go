package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// exchange is one message on its way through the MCP server.
type exchange struct {
	http    *HTTP
	ctx     context.Context //nolint:containedctx // lives as long as the exchange
	caller  caller
	message message
	notify  mcptool.Notifier
	entry   entry
	started time.Time
	release func()
}

// exchange readies a message for the MCP server: its scope is complete from here on.
func (h *HTTP) exchange(ctx context.Context, scope mcptool.Scope, c caller, id string, m message, notify mcptool.Notifier) *exchange {
	x := &exchange{
		http: h, caller: c, message: m, notify: notify, started: time.Now(), release: func() {},
		entry: entry{caller: c, id: id, method: m.label()},
	}
	scope.RequestID, scope.Notify = id, notify
	scope.Observe = func(e mcptool.Event) {
		x.entry.tool, x.entry.outcome = e.Tool, outcome(e.Status)
		h.metrics.called(e)
	}
	x.ctx = mcptool.WithScope(ctx, scope)
	return x
}

// begin takes a place among the calls that wait, where the message is one. It names the
// limit where there is none left; else answer gives the place back.
func (x *exchange) begin() (limit string) {
	d, ok := x.http.tools.Find(x.message.params.Name)
	if x.message.Method != string(mcp.MethodToolsCall) || !ok {
		return ""
	}
	x.entry.tool = d.Name
	if !d.Waits() {
		return ""
	}
	release, limit := x.http.limits.wait(x.caller.hash)
	if limit == "" {
		x.release = release
	}
	return limit
}

// answer lets the MCP server answer, and returns what it says with the HTTP status for it.
func (x *exchange) answer() (status int, data []byte) {
	era, refusal := x.message.era(x.caller.header)
	status, answer := http.StatusBadRequest, refusal
	if refusal == nil {
		answer = x.handle()
		status = era.status(answer)
	}
	_, failed := answer.(mcp.JSONRPCError)
	x.end(status, failed)
	data, err := json.Marshal(answer)
	if err != nil {
		x.http.logger.Error().Err(err).Str("request", x.entry.id).Msg("an answer could not be encoded")
		return http.StatusInternalServerError, rpcError(x.message.ID, mcp.INTERNAL_ERROR, "internal error "+x.entry.id)
	}
	return status, data
}

// handle passes the message to the MCP server, in a session of its own: nothing that is kept
// by session, or by the ids that clients choose, can meet another caller's.
func (x *exchange) handle() (answer mcp.JSONRPCMessage) {
	defer func() {
		if cause := recover(); cause != nil {
			x.http.logger.Error().Str("request", x.entry.id).Str("panic", fmt.Sprintf("%T", cause)).
				Bytes("stack", debug.Stack()).Msg("a message panicked")
			answer = x.message.refusal(mcp.INTERNAL_ERROR, "internal error "+x.entry.id)
		}
	}()
	body, err := x.message.encode()
	if err != nil { // it was decoded from JSON
		return x.message.refusal(mcp.INTERNAL_ERROR, "internal error "+x.entry.id)
	}
	s := &session{id: x.entry.id, client: mcp.Implementation{Name: x.caller.header.Get("User-Agent")}}
	if x.message.Method == string(mcp.MethodSubscriptionsListen) {
		s.notifications = make(chan mcp.JSONRPCNotification, 1)
	}
	answer = x.http.mcp.HandleMessage(x.http.mcp.WithContext(x.ctx, s), body)
	select {
	case n := <-s.notifications: // that a subscription stands, although there is nothing to subscribe to
		params := n.Params.AdditionalFields
		params["_meta"] = n.Params.Meta
		x.notify(n.Method, params)
	default:
	}
	return answer
}

// end releases what the exchange held, and logs it.
func (x *exchange) end(status int, failed bool) {
	x.release()
	e := x.entry
	e.status, e.took = status, time.Since(x.started)
	switch {
	case e.outcome != "":
	case x.ctx.Err() != nil:
		e.outcome = outcome(mcptool.Canceled)
	case failed:
		e.outcome = outcome(mcptool.Refused)
	default:
		e.outcome = outcome(mcptool.OK)
	}
	x.http.log(e)
}

// session is one message's own. It implements mcp-go's SessionWithClientInfo, which the tools
// ask who calls: in the protocols that say so only once, in initialize, that is all that is
// known of a client that no state is kept of.
type session struct {
	id            string
	client        mcp.Implementation
	capabilities  mcp.ClientCapabilities
	notifications chan mcp.JSONRPCNotification // nil takes none: they have a way of their own, see stream
}

func (s *session) Initialize()                                         {}
func (s *session) Initialized() bool                                   { return true }
func (s *session) SessionID() string                                   { return s.id }
func (s *session) NotificationChannel() chan<- mcp.JSONRPCNotification { return s.notifications }
func (s *session) GetClientInfo() mcp.Implementation                   { return s.client }
func (s *session) SetClientInfo(client mcp.Implementation)             { s.client = client }
func (s *session) GetClientCapabilities() mcp.ClientCapabilities       { return s.capabilities }
func (s *session) SetClientCapabilities(c mcp.ClientCapabilities)      { s.capabilities = c }
