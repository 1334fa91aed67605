package tools

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/docs"
	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// Options configure New.
type Options struct {
	Wiro  *wiro.Client  // its credentials serve where the context carries none
	Docs  *docs.Library // what search_docs and read_doc read
	Fetch *http.Client  // for addresses that callers name; must be guarded

	Toolsets   []Toolset     // DefaultToolsets where nil
	ReadOnly   bool          // only tools that change nothing
	RunTimeout time.Duration // how long run_model waits where the caller does not say; 120 s where 0
	Version    string
	Log        zerolog.Logger
	Observe    func(Event) // told of every call; may be nil

	// Drain ends waits early, with what they know and how to go on: a server that shuts
	// down ends it. May be nil.
	Drain context.Context
}

// Event is a call that has ended, for logs and metrics.
type Event struct {
	RequestID string // also in the error that the caller got
	Tool      string
	Outcome   Outcome
	Took      time.Duration
	Caller    wiro.Credentials // to be hashed, never logged
}

// Outcome is how a call ended.
type Outcome string

// The outcomes.
const (
	OK       Outcome = "ok"
	Refused  Outcome = "refused"  // the caller can mend it: a bad argument, or Wiro said no
	Asked    Outcome = "asked"    // a confirmation is wanted
	Internal Outcome = "internal" // a fault of this server
	Canceled Outcome = "canceled" // the caller went away
)

// Server is the set of tools that one process offers.
type Server struct {
	options     Options
	definitions []Definition
	yeses       yeses
}

// New returns a server of the tools that the options leave.
func New(o Options) *Server {
	if o.Toolsets == nil {
		o.Toolsets = DefaultToolsets
	}
	if o.RunTimeout <= 0 {
		o.RunTimeout = defaultWait
	}
	s := &Server{options: o}
	for _, d := range All() {
		if Selection(o.Toolsets, nil, o.ReadOnly)(d) {
			s.definitions = append(s.definitions, d)
		}
	}
	return s
}

// Selection returns a filter of definitions: those of the toolsets, of these names (all
// where nil), and, where readOnly, only readers.
func Selection(toolsets []Toolset, names []string, readOnly bool) func(Definition) bool {
	return func(d Definition) bool {
		return (toolsets == nil || slices.Contains(toolsets, d.Toolset)) &&
			(names == nil || slices.Contains(names, d.Name)) &&
			(!readOnly || d.Effect == Reads)
	}
}

// Definitions are the tools that are on.
func (s *Server) Definitions() []Definition { return s.definitions }

// Find returns a tool that is on.
func (s *Server) Find(name string) (Definition, bool) {
	i := slices.IndexFunc(s.definitions, func(d Definition) bool { return d.Name == name })
	if i < 0 {
		return Definition{}, false
	}
	return s.definitions[i], true
}

// Closest returns the name among those given that a mistyped one may mean; "" where none is near.
func Closest(name string, names []string) string {
	best, least := "", max(3, len(name)/3)+1
	for _, other := range names {
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(other)); d < least {
			best, least = other, d
		}
	}
	return best
}

type narrowingKey struct{}

// Narrow returns a context in which only the tools that keep selects exist.
func Narrow(ctx context.Context, keep func(Definition) bool) context.Context {
	return context.WithValue(ctx, narrowingKey{}, keep)
}

// MCP returns the MCP server: the tools, the documentation as resources, and the prompts.
func (s *Server) MCP() *server.MCPServer {
	options := []server.ServerOption{
		server.WithTitle("Wiro"),
		server.WithDescription("AI models and agents of wiro.ai: find, run, wait, and read the documentation."),
		server.WithWebsiteURL("https://wiro.ai"),
		server.WithInstructions(s.Instructions()),
		server.WithToolCapabilities(false),
		server.WithToolFilter(s.listed),
		server.WithPromptCapabilities(false),
		server.WithCompletions(),
		server.WithPromptCompletionProvider(promptCompletions{s}),
		server.WithCacheHints(listsLast.Milliseconds(), mcp.CacheScopePrivate),
	}
	pages := &docResources{Server: s}
	if s.options.Docs != nil {
		options = append(options, pages.options()...)
	}
	m := server.NewMCPServer("wiro-mcp", s.options.Version, options...)
	if s.options.Docs != nil {
		pages.addTo(m)
	}
	s.addPrompts(m)
	for _, d := range s.definitions {
		// The schemas follow when somebody lists the tools: see listed.
		m.AddTool(mcp.NewToolWithRawSchema(d.Name, "", json.RawMessage(`{"type":"object"}`)), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return s.serve(ctx, d, r), nil
		})
	}
	return m
}

// listed fills the registered tools in, and leaves out those that are off for the caller.
func (s *Server) listed(ctx context.Context, registered []mcp.Tool) []mcp.Tool {
	tools := make([]mcp.Tool, 0, len(registered))
	for _, t := range registered {
		if s.offers(ctx, t.Name) {
			d, _ := s.Find(t.Name)
			tools = append(tools, d.Tool())
		}
	}
	return tools
}

// offers reports whether a tool is on for the caller.
func (s *Server) offers(ctx context.Context, tool string) bool {
	d, on := s.Find(tool)
	keep, narrowed := ctx.Value(narrowingKey{}).(func(Definition) bool)
	return on && (!narrowed || keep(d))
}

// Result is a call's outcome as the library and the command line take it.
type Result struct {
	Text       string
	Structured json.RawMessage
	IsError    bool
}

// Call calls a tool in this process. Report, which may be nil, takes its progress.
func (s *Server) Call(ctx context.Context, name string, arguments map[string]any, report ReportFunc) (Result, error) {
	d, ok := s.Find(name)
	if !ok {
		return Result{}, s.unknown(name)
	}
	request := mcp.CallToolRequest{Params: mcp.CallToolParams{Name: name, Arguments: arguments}}
	answer := s.run(ctx, d, Call{request: request, report: report})
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
	all := All()
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = d.Name
		if d.Name == name {
			if s.options.ReadOnly && d.Effect != Reads {
				return problem("%s is off: the server is read-only.", name)
			}
			return problem("%s is off: its toolset %s is not among those chosen (%s).", name, d.Toolset, join(s.options.Toolsets))
		}
	}
	if near := Closest(name, names); near != "" {
		return problem("There is no tool %q. Did you mean %s?", name, near)
	}
	return problem("There is no tool %q. wiro-mcp tools lists them.", name)
}

// serve is a call that came over MCP.
func (s *Server) serve(ctx context.Context, d Definition, r mcp.CallToolRequest) *mcp.CallToolResult {
	name, capabilities := clientOf(ctx, r.Header)
	call := Call{request: r, client: name, report: reporter(ctx, r)}
	if e := capabilities.Elicitation; e != nil {
		call.canOpen = e.URL != nil
		call.canElicit = e.Form != nil || e.URL == nil // an empty capability means forms
	}
	return s.run(ctx, d, call)
}

// callerOf returns Wiro as the caller: with the context's credentials, or the server's own.
func (s *Server) callerOf(ctx context.Context) *wiro.Client {
	if credentials, ok := wiro.CredentialsFrom(ctx); ok {
		return s.options.Wiro.As(credentials)
	}
	return s.options.Wiro
}

// run calls a handler and renders whatever comes of it.
func (s *Server) run(ctx context.Context, d Definition, call Call) (result *mcp.CallToolResult) {
	trace := traceFrom(ctx)
	event := Event{RequestID: trace.id, Tool: d.Name, Outcome: OK}
	start := time.Now()
	call.Options, call.yeses, call.tool, call.Wiro = &s.options, &s.yeses, d.Name, s.callerOf(ctx)
	call.on = func(tool string) bool { return s.offers(ctx, tool) }
	event.Caller, _ = wiro.CredentialsFrom(ctx)
	defer func() {
		if cause := recover(); cause != nil {
			s.options.Log.Error().Str("request", event.RequestID).Str("tool", d.Name).
				Str("panic", fmt.Sprintf("%T", cause)).Bytes("stack", debug.Stack()).Msg("a tool panicked")
			event.Outcome = Internal
			result = failed(event.RequestID, internalError(event.RequestID))
		}
		event.Took = time.Since(start)
		trace.observe(event)
		if s.options.Observe != nil {
			s.options.Observe(event)
		}
	}()
	arguments, err := rawArguments(call.request)
	var out rendered
	if err == nil {
		out, err = d.handle(ctx, call, arguments)
	}
	if err == nil {
		return s.render(d, out)
	}
	if ask, ok := errors.AsType[*askUser](err); ok {
		event.Outcome = Asked
		return ask.result
	}
	if later, ok := errors.AsType[*confirmLater](err); ok {
		event.Outcome = Asked
		return s.render(d, rendered{value: later.confirmation, text: later.Text()})
	}
	p := s.aim(explain(err), call)
	switch {
	case p == nil:
		event.Outcome = Internal
		s.options.Log.Error().Str("request", event.RequestID).Str("tool", d.Name).Err(err).Msg("a tool failed")
		p = internalError(event.RequestID)
	case ctx.Err() != nil:
		event.Outcome = Canceled
	default:
		event.Outcome = Refused
	}
	return failed(event.RequestID, p)
}

// render makes the two forms of a result, each within the size cap.
func (s *Server) render(d Definition, out rendered) *mcp.CallToolResult {
	result := &mcp.CallToolResult{
		Content:           []mcp.Content{mcp.NewTextContent(capText(out.text, d.More))},
		StructuredContent: out.value,
	}
	if data, err := marshalPlain(out.value); err == nil {
		result.StructuredContent = json.RawMessage(data) // encoded once
		if len(data) > maxResult {
			result.StructuredContent = capStructure(data, d.More)
		}
	}
	for _, link := range out.links {
		result.Content = append(result.Content, link)
	}
	return result
}

// capStructure shortens a structured result until it is within the size cap.
func capStructure(data json.RawMessage, more string) any {
	var plain any
	if json.Unmarshal(data, &plain) != nil {
		return data
	}
	for range 8 {
		excess := weight(plain) - maxResult
		if excess <= 0 {
			break
		}
		plain = capValue(plain, excess, more)
	}
	return plain
}

// marshalPlain is json.Marshal without escapes for HTML: the text is for people.
func marshalPlain(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// rawArguments are a call's arguments as they were sent, numbers undamaged.
func rawArguments(r mcp.CallToolRequest) (map[string]json.RawMessage, error) {
	raw := r.Params.RawArguments
	if len(raw) == 0 {
		if r.Params.Arguments == nil {
			return nil, nil
		}
		var err error
		if raw, err = json.Marshal(r.Params.Arguments); err != nil {
			return nil, fmt.Errorf("encoding arguments: %w", err)
		}
	}
	var arguments map[string]json.RawMessage
	if err := json.Unmarshal(raw, &arguments); err != nil {
		return nil, problem("The arguments must be an object of names and values.")
	}
	return arguments, nil
}

func newRequestID() string { return rand.Text()[:10] }
