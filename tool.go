package wiromcp

import (
	"context"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

type (
	// ToolMeta describes a tool. Name and Description are needed; a tool without a Toolset
	// is of the toolset "custom".
	ToolMeta = mcptool.Meta
	// ToolEffect is what a tool does to the world: ToolReads, ToolWrites or ToolDestroys.
	ToolEffect = mcptool.Effect
	// ToolExample is a call of a tool that works.
	ToolExample = mcptool.Example
	// ToolError is an error that the caller of a tool is shown, with a next step where there
	// is one. Any other error is shown as an internal one, and logged.
	ToolError = mcptool.Problem
	// NextAction is a tool call that helps.
	NextAction = mcptool.NextAction
)

// The effects of tools.
const (
	ToolReads    = mcptool.Reads    // changes nothing
	ToolWrites   = mcptool.Writes   // adds or changes something
	ToolDestroys = mcptool.Destroys // ends or deletes something
)

// ToolCall is a call of a program's own tool.
type ToolCall struct {
	// Client calls Wiro with the credentials of the caller.
	Client *wiro.Client

	progress *mcptool.Progress
}

// Progress reports how far the call is, of how much (0 where unknown), and what is going on.
func (c *ToolCall) Progress(done, total float64, message string) {
	c.progress.Update(done, total, message)
}

// NewTool returns a tool of the program's own, for ServerOptions.Tools. In and Out are
// structs. A json tag names a field (without omitempty an argument is required), a doc tag
// describes it for models, enum:"a,b", default:"x", min:"0" and max:"9" bound it. Arguments
// are checked before the handler runs. The result is sent as JSON, and as text by its method
// Text() string where it has one. NewTool panics where a struct has no schema.
func NewTool[In, Out any](meta ToolMeta, handler func(context.Context, *ToolCall, In) (Out, error)) Tool {
	if meta.Toolset == "" {
		meta.Toolset = tools.Custom
	}
	meta.Multiline = true
	tool := tools.Define(meta, func(ctx context.Context, call *tools.Call, in In) (Out, error) {
		progress := call.StartProgress()
		defer progress.Stop()
		return handler(ctx, &ToolCall{Client: call.Wiro, progress: progress}, in)
	})
	tool.Tool() // makes the schemas
	return tool
}

// WithCredentials returns a context whose calls of tools are made with these credentials:
// for Call on somebody's behalf, and for servers of MCP that this package does not know.
func WithCredentials(ctx context.Context, c wiro.Credentials) context.Context {
	scope, _ := mcptool.ScopeFrom(ctx)
	scope.Caller = c
	return mcptool.WithScope(ctx, scope)
}
