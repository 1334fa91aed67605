package wiromcp

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// Tool is a tool of a Server: one of Wiro's, or one of a program's own that NewTool made.
type Tool struct {
	ToolMeta
	RequiresConfirmation bool // charges money, and is confirmed by the user first

	tool mcptool.Tool
}

// Arguments returns the names of the tool's arguments.
func (t Tool) Arguments() []string { return t.tool.Arguments() }

// ForViews reports whether only the views of results call the tool: models do not see it.
func (t Tool) ForViews() bool { return t.tool.ForViews }

// Tool returns the tool as MCP lists it, with its schemas.
func (t Tool) Tool() mcp.Tool { return t.tool.Tool() }

// ToolMeta describes a tool. A model reads the name, the title and the description.
type ToolMeta struct {
	Name        string     // unique in a Server; required
	Title       string     // for people
	Description string     // what it does and when to use it, in one to three sentences; required
	Toolset     Toolset    // ToolsetCustom if ""
	Effect      ToolEffect // ToolReads if 0
	Idempotent  bool       // repeating a call changes nothing more; a tool that reads always is
	Public      bool       // works without credentials
	Offline     bool       // reaches nothing outside this process

	Examples       []string // arguments of calls that work, as JSON
	Secrets        []string // arguments that a suggestion to repeat the call leaves out
	TruncationHint string   // how to get what the size limit of results cut off; a general hint if ""
}

// ToolEffect is what a tool does to the world.
type ToolEffect int

// The effects of tools, from harmless to not.
const (
	ToolReads    ToolEffect = iota // changes nothing
	ToolWrites                     // adds or changes something
	ToolDestroys                   // ends or deletes something
)

// ToolCall is a call of a program's own tool.
type ToolCall struct {
	// Client calls Wiro with the credentials of the caller.
	Client *wiro.Client

	progress *mcptool.Progress
}

// Progress reports how far the call is, of how much (0 if unknown), and what is going on.
func (c *ToolCall) Progress(done, total float64, message string) {
	c.progress.Update(done, total, message)
}

// ToolError is an error that the caller of a tool is shown: what happened, why, and what to do
// next. Any other error is shown as an internal one, without its text, and logged.
type ToolError struct {
	Text string
	Next *NextAction // a call that helps; may be nil
}

// Error returns the text.
func (e *ToolError) Error() string { return e.Text }

// NextAction is a tool call that helps. It is left out if its tool is not enabled.
type NextAction struct {
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
	Reason    string         `json:"reason"`
}

// String returns the call, TOOL {"argument":"value"}, and the reason.
func (n *NextAction) String() string { return (*mcptool.NextAction)(n).String() }

// Result is the outcome of Server.Call.
type Result struct {
	Text       string          // complete alone, for people and for models that read text
	Structured json.RawMessage // complete alone, an object as the tool's output schema says
	IsError    bool            // the tool refused the call; both forms say why, and what to do next
}

// ReportFunc receives the progress of a call: how far it is, of how much (0 if unknown), and
// what is going on.
type ReportFunc func(progress, total float64, message string)

// NewTool returns a tool of the program's own, for ServerOptions.Tools. In and Out are
// structs. A json tag names a field (without omitempty an argument is required), a doc tag
// describes it for models, and enum:"a,b", default:"x", min:"0" and max:"9" constrain it.
// Arguments are checked before the handler runs. The result is sent as JSON, and as text if it
// has a method Text() string. NewTool panics if it can make no schema of a struct.
func NewTool[In, Out any](meta ToolMeta, handler func(context.Context, *ToolCall, In) (Out, error)) Tool {
	tool := tools.Define(meta.internal(), func(ctx context.Context, call *tools.Call, in In) (Out, error) {
		progress := call.StartProgress()
		defer progress.Stop()
		out, err := handler(ctx, &ToolCall{Client: call.Wiro, progress: progress}, in)
		return out, internalError(err)
	})
	tool.Tool() // makes the schemas
	return toolOf(tool)
}

func (m ToolMeta) internal() mcptool.Meta {
	if m.Toolset == "" {
		m.Toolset = ToolsetCustom
	}
	var examples []mcptool.Example
	for _, arguments := range m.Examples {
		examples = append(examples, mcptool.Example{Arguments: arguments})
	}
	return mcptool.Meta{
		Name: m.Name, Title: m.Title, Description: m.Description, Toolset: mcptool.Toolset(m.Toolset), Effect: mcptool.Effect(m.Effect),
		Idempotent: m.Idempotent, Public: m.Public, Offline: m.Offline,
		Examples: examples, Secrets: m.Secrets, TruncationHint: m.TruncationHint, Multiline: true,
	}
}

func toolOf(t mcptool.Tool) Tool {
	var examples []string
	for _, example := range t.Examples {
		examples = append(examples, example.Arguments)
	}
	return Tool{RequiresConfirmation: t.RequiresConfirmation, tool: t, ToolMeta: ToolMeta{
		Name: t.Name, Title: t.Title, Description: t.Description, Toolset: Toolset(t.Toolset), Effect: ToolEffect(t.Effect),
		Idempotent: t.Idempotent, Public: t.Public, Offline: t.Offline,
		Examples: examples, Secrets: t.Secrets, TruncationHint: t.TruncationHint,
	}}
}

func ownTools(list []Tool) []mcptool.Tool {
	own := make([]mcptool.Tool, len(list))
	for i, t := range list {
		own[i] = t.tool
	}
	return own
}

// internalError is the error of a handler as the framework shows it.
func internalError(err error) error {
	if e, ok := errors.AsType[*ToolError](err); ok {
		return &mcptool.Problem{Text: e.Text, Next: (*mcptool.NextAction)(e.Next)}
	}
	return err
}

// WithCredentials returns a context whose calls of tools are made with these credentials: for
// Server.Call on behalf of somebody else, and for MCP servers of another kind.
func WithCredentials(ctx context.Context, c wiro.Credentials) context.Context {
	scope, _ := mcptool.ScopeFrom(ctx)
	scope.Caller = c
	return mcptool.WithScope(ctx, scope)
}
