package transport

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/closest"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// dispatcher passes requests to the MCP server.
type dispatcher struct {
	mcp   *server.MCPServer
	tools *mcptool.Server // of mcp, unless a program has that, and may have added tools of its own to it: nil then
	log   zerolog.Logger
	plain func(ctx context.Context, text string) string // for errors that no tool made; may be nil
}

// handle answers a request in a session. The request's ID goes into logs and into the error of
// a fault in this program. A call that may wait does so here, with nothing of the MCP server on
// the stack.
func (d *dispatcher) handle(ctx context.Context, m *message, s server.ClientSession, scope *mcptool.Scope) mcp.JSONRPCMessage {
	return d.finish(ctx, m, scope, d.start(ctx, m, s, scope))
}

// start is the part of handle that comes before a wait.
func (d *dispatcher) start(ctx context.Context, m *message, s server.ClientSession, scope *mcptool.Scope) (answer mcp.JSONRPCMessage) {
	if m.invalid != "" {
		return m.refusal(mcp.INVALID_PARAMS, m.invalid)
	}
	defer d.recovered(ctx, m, scope, &answer)
	scope.Continuation = mcptool.NewContinuation(ctx)
	if d.tools != nil {
		scope.Arguments = m.arguments
	}
	ctx = mcptool.WithScope(ctx, *scope)
	answer = d.dispatch(ctx, m, s, scope)
	if scope.Continuation.Waits() { // they are decoded, and often most of what a waiting call would hold
		m.arguments, scope.Arguments = nil, nil
	}
	return answer
}

// finish is the rest of handle: a call that waits does so here.
func (d *dispatcher) finish(ctx context.Context, m *message, scope *mcptool.Scope, answer mcp.JSONRPCMessage) (final mcp.JSONRPCMessage) {
	if !scope.Continuation.Waits() {
		return answer
	}
	defer d.recovered(ctx, m, scope, &final)
	return scope.Continuation.Run(answer)
}

// recovered answers a message that panicked.
func (d *dispatcher) recovered(ctx context.Context, m *message, scope *mcptool.Scope, answer *mcp.JSONRPCMessage) {
	cause := recover()
	if cause == nil {
		return
	}
	d.log.Error().Ctx(ctx).Str("request", scope.RequestID).Str("panic", fmt.Sprintf("%T", cause)).
		Bytes("stack", debug.Stack()).Msg("a message panicked")
	scope.Continuation = nil // whatever it was left, it does not go on
	*answer = m.refusal(mcp.INTERNAL_ERROR, "internal error "+scope.RequestID)
}

// dispatch passes a request to the MCP server. That sees an id of ours, so it can neither round
// the client's nor confuse two calls; the answer carries the client's own bytes.
func (d *dispatcher) dispatch(ctx context.Context, m *message, s server.ClientSession, scope *mcptool.Scope) mcp.JSONRPCMessage {
	if d.standalone(ctx, m) {
		request := mcp.CallToolRequest{Params: mcp.CallToolParams{Name: m.params.Name, Meta: m.params.Meta}}
		return mcp.JSONRPCResponse{JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(m.ID), Result: d.tools.CallTool(d.mcp.WithContext(ctx, s), request)}
	}
	body, err := m.encode(d.tools == nil)
	if err != nil { // it was decoded from JSON
		return m.refusal(mcp.INTERNAL_ERROR, "internal error "+scope.RequestID)
	}
	answer := withID(d.mcp.HandleMessage(d.mcp.WithContext(ctx, s), body), m)
	if failed, ok := answer.(mcp.JSONRPCError); ok {
		if strings.HasSuffix(failed.Error.Message, " not found") {
			failed.Error.Message = d.notFound(m, scope, failed.Error.Message)
		}
		if d.plain != nil {
			failed.Error.Message = d.plain(ctx, failed.Error.Message)
		}
		answer = failed
	}
	if own, ok := s.(interface {
		pending() <-chan mcp.JSONRPCNotification
	}); ok {
		select {
		case n := <-own.pending(): // a subscription is confirmed, although nothing here ever changes
			n.Params.Meta[mcp.MetaKeySubscriptionID] = m.ID
			params := n.Params.AdditionalFields
			params["_meta"] = n.Params.Meta
			scope.Notify(n.Method, params)
		default:
		}
	}
	return answer
}

// standalone reports whether a message is the call of a tool that needs nothing of the MCP server,
// which decodes each message five times, and adds to results only since 2026-07-28.
func (d *dispatcher) standalone(ctx context.Context, m *message) bool {
	return m.bare && d.tools != nil && !mcp.IsModernProtocol(m.params.Meta.ProtocolVersion()) && d.tools.Standalone(ctx, m.params.Name)
}

// withID gives an answer the id of the message, and words that name no type of Go.
func withID(answer mcp.JSONRPCMessage, m *message) mcp.JSONRPCMessage {
	id := mcp.NewRequestId(json.RawMessage(m.ID))
	switch a := answer.(type) {
	case mcp.JSONRPCResponse:
		a.ID = id
		if listen, ok := a.Result.(mcp.SubscriptionsListenResult); ok && listen.Meta != nil {
			listen.Meta.SetSubscriptionID(m.ID)
		}
		return a
	case mcp.JSONRPCError:
		a.ID = id
		if a.Error.Code == mcp.INTERNAL_ERROR {
			a.Error.Code = m.handlerErrorCode()
		}
		if strings.HasPrefix(a.Error.Message, "multi round-trip: ") { // the library's bound on questions in one call
			a.Error.Code = mcp.INVALID_REQUEST
			a.Error.Message = "The user was asked too many times in one call, as what it charges changed after every answer. The last question was not acted on: look at the price, and call the tool again."
		}
		if text := a.Error.Message; strings.Contains(text, "json: ") || strings.Contains(text, "unmarshal") {
			a.Error.Code = mcp.INVALID_PARAMS
			a.Error.Message = fmt.Sprintf("The params of %.60s do not have the shape that the protocol defines.", m.Method)
		}
		return a
	}
	return answer
}

// notFound says in plain words what the MCP server does not know; text is what it says.
func (d dispatcher) notFound(m *message, scope *mcptool.Scope, text string) string {
	kind, lists, near := "", "", ""
	switch mcp.MCPMethod(m.Method) {
	case mcp.MethodToolsCall:
		kind, lists = "tool", "tools/list names those"
		if scope.Allowed == nil { // else the closest may be one that the request does not have
			near = closest.DidYouMean(m.params.Name, slices.Sorted(maps.Keys(d.mcp.ListTools())))
		}
	case mcp.MethodPromptsGet:
		kind, lists = "prompt", "prompts/list names those"
	case mcp.MethodResourcesRead:
		kind, lists = "resource", "resources/list and resources/templates/list name those"
	default:
		return text
	}
	return fmt.Sprintf("There is no %s %q: %s that there are.%s", kind, cmp.Or(m.params.Name, m.params.URI), lists, near)
}

// handlerErrorCode is the code of an error that a handler returned, which the MCP server takes
// for a fault of its own: a prompt can only lack an argument, a page can only be unknown.
func (m *message) handlerErrorCode() int {
	switch mcp.MCPMethod(m.Method) {
	case mcp.MethodPromptsGet, mcp.MethodCompletionComplete:
		return mcp.INVALID_PARAMS
	case mcp.MethodResourcesRead:
		if mcp.IsModernProtocol(m.params.Meta.ProtocolVersion()) {
			return mcp.INVALID_PARAMS
		}
		return mcp.RESOURCE_NOT_FOUND
	}
	return mcp.INTERNAL_ERROR
}

// session is one message's own, or one connection's over stdio. It implements mcp-go's
// SessionWithClientInfo, from which the tools learn who calls.
type session struct {
	id            string
	client        mcp.Implementation
	capabilities  mcp.ClientCapabilities
	protocol      string                       // that was agreed in initialize, or that the header names
	notifications chan mcp.JSONRPCNotification // takes only what confirms a subscription
}

func (s *session) Initialize()                                         {}
func (s *session) Initialized() bool                                   { return true }
func (s *session) SessionID() string                                   { return s.id }
func (s *session) NotificationChannel() chan<- mcp.JSONRPCNotification { return s.notifications }
func (s *session) ProtocolVersion() string                             { return s.protocol }
func (s *session) GetClientInfo() mcp.Implementation                   { return s.client }
func (s *session) SetClientInfo(client mcp.Implementation)             { s.client = client }
func (s *session) GetClientCapabilities() mcp.ClientCapabilities       { return s.capabilities }
func (s *session) SetClientCapabilities(c mcp.ClientCapabilities)      { s.capabilities = c }
func (s *session) pending() <-chan mcp.JSONRPCNotification             { return s.notifications }

// newSession returns a session for one message.
func newSession(id, protocol string, m *message, client mcp.Implementation, capabilities mcp.ClientCapabilities) *session {
	s := &session{id: id, client: client, capabilities: capabilities, protocol: protocol}
	if m.Method == string(mcp.MethodSubscriptionsListen) {
		s.notifications = make(chan mcp.JSONRPCNotification, 1)
	}
	return s
}
