// Package tools holds the MCP tools: one list of definitions from which registration,
// toolset and read-only filters, server instructions, the README's tables and the schema
// snapshots all follow. It knows nothing of transports.
package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// Effect is what a tool does to the world.
type Effect int

// The effects, from harmless to not.
const (
	Reads    Effect = iota // changes nothing
	Writes                 // adds or changes something
	Destroys               // ends or deletes something
)

// Meta says what a tool is. Name, About and the input's doc tags are what the model reads.
type Meta struct {
	Name       string
	Title      string
	About      string // what it does and when to use it, in a sentence or three
	Toolset    Toolset
	Effect     Effect
	Idempotent bool   // doing it again changes nothing more; readers are anyway
	Spends     bool   // charges money: asks for a yes first
	Public     bool   // works without credentials
	Offline    bool   // reaches nothing outside this process
	More       string // how to get what the size cap cut off; a general hint where empty
}

// Definition is a tool: what it is, its schemas, and what it does.
type Definition struct {
	Meta
	input  func() *shape
	tool   func() mcp.Tool
	handle func(ctx context.Context, call Call, arguments map[string]json.RawMessage) (rendered, error)
}

// rendered is an outcome in its two forms.
type rendered struct {
	value any
	text  string
	links []mcp.ResourceLink
}

// Texter is a result that renders itself for people, and for models that read text. It is
// complete alone: everything that the structured form holds and a reader needs.
type Texter interface{ Text() string }

// linker is a result that has files to link to.
type linker interface{ Links() []mcp.ResourceLink }

// define makes a definition. In and Out are structs: their json tags name the fields, their
// doc tags describe them (see property). A mistake in either panics when the tool is first
// listed, so in the tests: making the schemas at every start would double its time.
func define[In any, Out Texter](meta Meta, handler func(context.Context, Call, In) (Out, error)) Definition {
	input := sync.OnceValue(func() *shape {
		s, err := shapeOf[In]()
		if err != nil {
			panic(fmt.Sprintf("tool %s: input: %v", meta.Name, err))
		}
		return s
	})
	return Definition{
		Meta:  meta,
		input: input,
		tool:  sync.OnceValue(func() mcp.Tool { return meta.tool(input().schema(), outputSchema[Out](meta.Spends)) }),
		handle: func(ctx context.Context, call Call, arguments map[string]json.RawMessage) (rendered, error) {
			var in In
			if err := input().bind(meta.Name, arguments, &in); err != nil {
				return rendered{}, err
			}
			out, err := handler(ctx, call, in)
			if err != nil {
				return rendered{}, err
			}
			r := rendered{value: out, text: out.Text()}
			if l, ok := any(out).(linker); ok {
				r.links = l.Links()
			}
			return r, nil
		},
	}
}

// takes reports whether the tool has this argument.
func (d Definition) takes(argument string) bool {
	return slices.ContainsFunc(d.input().fields, func(p property) bool { return p.name == argument })
}

// Waits reports whether a call may take minutes: whether the tool takes a time to wait.
func (d Definition) Waits() bool {
	return slices.ContainsFunc(d.input().fields, func(p property) bool { return strings.HasSuffix(p.name, "_seconds") })
}

// Tool is the definition as MCP lists it.
func (d Definition) Tool() mcp.Tool { return d.tool() }

func (m Meta) tool(input, output json.RawMessage) mcp.Tool {
	tool := mcp.NewToolWithRawSchema(m.Name, m.About, input)
	tool.Title = m.Title
	tool.RawOutputSchema = output
	reads, destroys := m.Effect == Reads, m.Effect == Destroys
	idempotent, open := m.Idempotent || reads, !m.Offline
	tool.Annotations = mcp.ToolAnnotation{
		Title:           m.Title,
		ReadOnlyHint:    &reads,
		DestructiveHint: &destroys,
		IdempotentHint:  &idempotent,
		OpenWorldHint:   &open,
	}
	return tool
}
