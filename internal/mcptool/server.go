package mcptool

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/closest"
)

// Options configure New. Only Name, Version and Tools are needed.
type Options struct {
	Name, Version string
	Tools         []Tool // all that exist, in the order in which they are listed

	Toolsets []Toolset // the enabled ones; all where nil
	ReadOnly bool      // enables only tools that change nothing

	// Prepare readies a call for its handler: it checks Scope.Caller, sets App and Seal. Its
	// error is the call's answer. May be nil.
	Prepare func(ctx context.Context, call *Call) error

	// Explain turns an error of a handler into what helps the caller; nil for an error that
	// is a fault of the server. May be nil.
	Explain func(call *Call, err error) *Problem

	// ContextArguments name what a call is about: a problem's next step takes their values
	// over, where its tool has the argument.
	ContextArguments []string
	// CarriedArguments are those that every next step takes over, where its tool has them.
	CarriedArguments []string

	// UseOnce reports whether a confirmation is used for the first time, on whatever replica; ttl
	// is how long it must be remembered. An error means that this cannot be told, and nothing is
	// charged. If nil, this process alone remembers.
	UseOnce func(ctx context.Context, token string, ttl time.Duration) (first bool, err error)

	WaitTimeout time.Duration   // how long waits last where the caller does not say; where 0, 45 s or as the client's profile says
	Drain       context.Context // ends waits early when done: the server shuts down; may be nil
	Log         zerolog.Logger
}

// Server is the set of tools that one process offers.
type Server struct {
	options Options
	enabled []Tool
	byName  map[string]int               // in enabled
	seal    func(parts ...string) string // the Seal of calls for which Prepare sets none

	used   *lru.Cache[string, struct{}] // confirmations that were acted on
	notice atomic.Pointer[string]       // for the next result

	background sync.WaitGroup // requests of Submit
	slots      chan struct{}  // taken by those that go on without their calls
}

// New returns a server of the tools that the options enable. Two tools of one name panic.
func New(o Options) *Server {
	s := &Server{
		options: o, byName: map[string]int{}, slots: make(chan struct{}, maxBackground),
		seal: sealer(sync.OnceValue(func() []byte { return []byte(rand.Text()) })),
	}
	s.used, _ = lru.New[string, struct{}](replayEntries) // fails for a negative size only
	if o.UseOnce == nil {
		s.options.UseOnce = s.useOnce
	}
	keep := Filter(o.Toolsets, nil, o.ReadOnly)
	names := map[string]bool{}
	for _, t := range o.Tools {
		if names[t.Name] {
			panic(fmt.Sprintf("mcptool: two tools are named %q", t.Name))
		}
		names[t.Name] = true
		if keep(t) {
			s.byName[t.Name] = len(s.enabled)
			s.enabled = append(s.enabled, t)
		}
	}
	return s
}

// Tools are the enabled tools.
func (s *Server) Tools() []Tool { return s.enabled }

// All are the tools that exist, enabled or not.
func (s *Server) All() []Tool { return s.options.Tools }

// Find returns an enabled tool.
func (s *Server) Find(name string) (Tool, bool) {
	i, ok := s.byName[name]
	if !ok {
		return Tool{}, false
	}
	return s.enabled[i], true
}

// Enabled reports whether all of these tools are enabled.
func (s *Server) Enabled(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { _, ok := s.byName[name]; return !ok })
}

// noSchema stands for the schema of a registered tool, until a client lists the tools: see list.
var noSchema = json.RawMessage("null")

// MCP returns an MCP server of the tools, with further options of mcp-go.
func (s *Server) MCP(options ...server.ServerOption) *server.MCPServer {
	options = append(options, server.WithToolCapabilities(false), server.WithToolFilter(s.list))
	m := server.NewMCPServer(s.options.Name, s.options.Version, options...)
	tools := make([]server.ServerTool, len(s.enabled))
	for i, t := range s.enabled {
		tools[i] = server.ServerTool{Tool: mcp.Tool{Name: t.Name, RawInputSchema: noSchema}, Handler: func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return s.CallTool(ctx, r), nil
		}}
	}
	m.AddTools(tools...)
	return m
}

// list fills the registered tools in, and leaves out those that are off for the caller.
func (s *Server) list(ctx context.Context, registered []mcp.Tool) []mcp.Tool {
	scope, _ := ScopeFrom(ctx)
	views := scope.client(ctx, nil).SupportsViews
	tools := make([]mcp.Tool, 0, len(registered))
	for _, r := range registered {
		switch t, ok := s.Find(r.Name); {
		case !ok:
			tools = append(tools, r) // the program added it to the MCP server
		case scope.allows(t) && (views || !t.ForViews):
			tools = append(tools, t.withView(views))
		}
	}
	return tools
}

// Result is the outcome of a call in this process.
type Result struct {
	Text       string
	Structured json.RawMessage
	IsError    bool
}

// Call calls a tool in this process, in the context's scope. A call that is refused is a
// Result with IsError; an error is a tool that does not exist or is off.
func (s *Server) Call(ctx context.Context, name string, arguments map[string]any) (Result, error) {
	if _, ok := s.Find(name); !ok {
		return Result{}, s.unknown(name)
	}
	if scope, _ := ScopeFrom(ctx); scope.Continuation != nil || scope.Arguments != nil { // of the request whose tool calls this one
		scope.Continuation, scope.Arguments = nil, nil
		ctx = WithScope(ctx, scope)
	}
	answer := s.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: name, Arguments: arguments}})
	result := Result{IsError: answer.IsError}
	for _, content := range answer.Content {
		if text, ok := content.(mcp.TextContent); ok {
			result.Text += text.Text
		}
	}
	structured, err := json.Marshal(answer.StructuredContent)
	if err != nil {
		return Result{}, fmt.Errorf("encoding the result of %s: %w", name, err)
	}
	result.Structured = structured
	return result, nil
}

func (s *Server) unknown(name string) error {
	if len(name) > MaxName {
		return Problemf("There is no such tool: its name is longer than %d bytes.", MaxName)
	}
	names := make([]string, len(s.options.Tools))
	for i, t := range s.options.Tools {
		names[i] = t.Name
		if t.Name == name {
			if s.options.ReadOnly && t.Effect != Reads {
				return Problemf("%s is off: the server is read-only.", name)
			}
			return Problemf("%s is off: its toolset %s is not among those chosen (%s).", name, t.Toolset, joinToolsets(s.options.Toolsets))
		}
	}
	if hint := closest.DidYouMean(name, names); hint != "" {
		return Problemf("There is no tool %q.%s", name, hint)
	}
	return Problemf("There is no tool %q. %s tools lists them.", name, s.options.Name)
}

// Notify adds a sentence to the text of the next result, whichever call it answers. It is for
// faults that no call has shown yet; servers of one user alone may use it.
func (s *Server) Notify(text string) { s.notice.Store(&text) }

func (s *Server) addNotice(result *mcp.CallToolResult) {
	if s.notice.Load() == nil || len(result.Content) == 0 {
		return
	}
	if text, ok := result.Content[0].(mcp.TextContent); ok {
		if notice := s.notice.Swap(nil); notice != nil {
			text.Text += "\n\n" + *notice
			result.Content[0] = text
		}
	}
}

// Standalone reports whether CallTool can answer a call of the context's scope without the MCP
// server around it: the caller has the tool, and the user is asked nothing, which that server does.
func (s *Server) Standalone(ctx context.Context, name string) bool {
	scope, _ := ScopeFrom(ctx)
	t, ok := s.Find(name)
	return ok && scope.allows(t) && !t.ForViews && !t.confirms && !t.asks
}

// CallTool answers a request to call a tool that is enabled. If the scope has a Continuation, a
// call that may wait is left to it.
func (s *Server) CallTool(ctx context.Context, r mcp.CallToolRequest) *mcp.CallToolResult {
	scope, _ := ScopeFrom(ctx)
	t, ok := s.Find(r.Params.Name)
	if !ok {
		result := plain{}.failed("", Problemf("%v", s.unknown(r.Params.Name)))
		s.addNotice(result)
		return result
	}
	if scope.Arrived.IsZero() {
		scope.Arrived = time.Now()
	}
	if scope.Arguments != nil {
		r.Params.RawArguments, scope.Arguments = scope.Arguments, nil
	}
	u := &underway{start: time.Now(), id: scope.requestID(), call: Call{
		Tool: t.Meta, Scope: scope, Client: scope.client(ctx, r.Header), Seal: s.seal,
		server: s, request: r, progress: progressOf(ctx, scope, r),
	}}
	lasting := scope.Continuation.outlasting(ctx, &u.call.Scope)
	result, rest := u.do(lasting, func(ctx context.Context) (outcome, error) { return s.run(ctx, t, &u.call) }, nil)
	switch {
	case rest == nil:
		return result
	case scope.Continuation != nil && u.call.leaves && t.Waits() && !t.asks: // the MCP server is what asks
		return scope.Continuation.leave(func(finish func(*mcp.CallToolResult)) { u.end(lasting, rest, finish) })
	}
	ended := make(chan *mcp.CallToolResult, 1)
	u.end(lasting, rest, func(result *mcp.CallToolResult) { ended <- result })
	return <-ended
}

// underway is a call that has not ended.
type underway struct {
	call  Call
	id    string // of the request
	start time.Time
	event Event // of its end, so far
}

// do does a part of the call. It returns what is left to do or, once the call has ended, its
// result. If what is left comes after a wait, it is done then, and finish is called.
func (u *underway) do(ctx context.Context, part part, finish func(*mcp.CallToolResult)) (result *mcp.CallToolResult, rest part) {
	u.event = Event{RequestID: u.id, Tool: u.call.Tool.Name, Status: OK}
	defer func() {
		if cause := recover(); cause != nil {
			u.panicked(ctx, cause)
			u.event.Status = Internal
			result, rest = plain{}.failed(u.id, internalError(u.id)), nil
		}
		if rest != nil {
			return
		}
		u.ended(ctx, result)
	}()
	out, err := part(ctx)
	switch {
	case err != nil:
		var p *Problem
		u.event.Err = err
		p, u.event.Status = u.call.server.refuse(ctx, &u.call, err, u.id)
		id := u.id
		if u.event.Status != Internal { // the log has nothing more to say
			id = ""
		}
		return u.call.plain().failed(id, p), nil
	case out.start != nil:
		out.start(func() { u.end(ctx, out.rest, finish) })
		return nil, out.rest
	case out.rest != nil:
		return nil, out.rest
	case out.question != nil:
		u.event.Status = Asked
		return out.question.render(&u.call), nil
	}
	return u.call.render(out.result), nil
}

// ended tells of the call's end. A panic in that is logged: the result stands.
func (u *underway) ended(ctx context.Context, result *mcp.CallToolResult) {
	defer func() {
		if cause := recover(); cause != nil {
			u.panicked(ctx, cause)
		}
	}()
	u.event.Took = time.Since(u.start)
	if u.event.Err == nil {
		u.event.Err = u.call.waitErr
	}
	if u.call.Scope.Observe != nil {
		u.call.Scope.Observe(u.event)
	}
	u.call.cleanUp()
	u.call.server.addNotice(result)
}

func (u *underway) panicked(ctx context.Context, cause any) {
	u.call.server.options.Log.Error().Ctx(ctx).Str("request", u.id).Str("tool", u.call.Tool.Name).
		Str("panic", fmt.Sprintf("%T", cause)).Bytes("stack", debug.Stack()).Msg("a tool panicked")
}

// end does the rest of the call, and calls finish with its result. If the result is still to come,
// end returns before that.
func (u *underway) end(ctx context.Context, rest part, finish func(*mcp.CallToolResult)) {
	if result, left := u.do(ctx, rest, finish); left == nil {
		finish(result)
	}
}

func (s *Server) run(ctx context.Context, t Tool, call *Call) (outcome, error) {
	if s.options.Prepare != nil {
		if err := s.options.Prepare(ctx, call); err != nil {
			return outcome{}, err
		}
	}
	arguments, err := rawArguments(call.request)
	if err != nil {
		return outcome{}, err
	}
	return t.handle(ctx, call, arguments)
}

// refuse returns what the caller is told of an error. An error that cannot be explained is logged.
func (s *Server) refuse(ctx context.Context, call *Call, err error, id string) (*Problem, Status) {
	p := call.completeNextAction(s.explain(call, err))
	switch {
	case p == nil:
		s.options.Log.Error().Ctx(ctx).Str("request", id).Str("tool", call.Tool.Name).
			Str(zerolog.ErrorFieldName, call.plain().text(err.Error(), false)).Msg("a tool failed")
		return internalError(id), Internal
	case ctx.Err() != nil:
		return p, Canceled
	}
	return p, Refused
}

// sealer returns a Seal with a key.
func sealer(key func() []byte) func(parts ...string) string {
	return func(parts ...string) string {
		mac := hmac.New(sha256.New, key())
		for _, part := range parts {
			mac.Write([]byte(part + "\x00"))
		}
		return hex.EncodeToString(mac.Sum(nil))
	}
}
