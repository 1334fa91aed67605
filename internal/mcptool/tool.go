package mcptool

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
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

// Toolset is the name of a group of tools that are enabled together.
type Toolset string

// Meta describes a tool. Name, Description and the input's doc tags are what a model reads.
type Meta struct {
	Name        string
	Title       string
	Description string // what it does and when to use it, in one to three sentences
	Toolset     Toolset
	Effect      Effect
	Idempotent  bool // repeating a call changes nothing more; a tool that reads always is
	Public      bool // works without credentials
	Offline     bool // reaches nothing outside this process
	Local       bool // for the user of this machine alone: calls with ServerCredentials
	Slow        bool // may take minutes, although it takes no time to wait

	RequiresConfirmation bool      // charges money; DefineConfirmed sets it
	Confirms             bool      // the handler may ask before it charges, with Call.Confirm
	Secrets              []string  // arguments that a suggestion to repeat the call leaves out
	TruncationHint       string    // how to get what the size cap cut off; a general hint where empty
	Examples             []Example // calls that work; tests run them

	// View is the address of the resource that shows the tool's results in clients with MCP Apps.
	View string
	// ForViews hides the tool from models: only views call it. Clients without MCP Apps do not see it.
	ForViews bool

	// Multiline keeps the line breaks in all texts of a result. Without it a text is put on
	// one line, unless its field has the tag text:"lines": what others wrote must not look
	// like lines of the server's own.
	Multiline bool
}

// Example is a call of a tool.
type Example struct {
	Arguments string // JSON
}

// Tool is a tool: its description, its schemas and its handler.
type Tool struct {
	Meta
	*definition
}

// definition is the half of a tool that its copies share. The schemas are built when they are
// first needed.
type definition struct {
	name           string
	in, out        reflect.Type
	confirms       bool // a call may be a question about its charge
	asks           bool // the handler may answer with a question
	price, handler step // price may be nil

	inputOnce, listedOnce sync.Once
	inputSchema           *schema
	asListed              *mcp.Tool
}

// outcome is how a part of a call ended without an error: exactly one of its first three members
// is set.
type outcome struct {
	result   any
	question *Question
	rest     part              // the call goes on
	start    func(then func()) // starts what rest has to wait for; nil if nothing
}

// part is a part of a call. The first checks it, up to the user's confirmation; the second, the
// rest, is the tool's handler.
type part func(context.Context) (outcome, error)

// TextRenderer is a result that renders itself for people, and for models that read text. The
// text is complete alone: it has all that the structured form holds and a reader needs.
type TextRenderer interface{ Text() string }

// Imager is a result with a picture to look at; nil data is none.
type Imager interface {
	Image() (data []byte, mimeType string)
}

// Player is a result with a sound to listen to; nil data is none.
type Player interface {
	Sound() (data []byte, mimeType string)
}

// Linker is a result that has files to link to: web addresses, or files of the user's machine.
type Linker interface{ Links() []mcp.ResourceLink }

// Asker is a result that may be a question to the user instead.
type Asker interface{ Question() *Question }

// Waiter is a result that may still be to come: nil if it is there.
type Waiter interface{ Waits() *Later }

// Later is a result that is to come after a wait of minutes, of which there may be thousands: no
// goroutine is kept for it.
type Later struct {
	Start  func(then func(error))   // starts the wait, which calls then once, with its error
	Result func(error) (any, error) // is what the handler would have returned
}

// Handler does what a tool is for. An error that is a *Problem is shown to the caller; any
// other goes through Options.Explain.
type Handler[In, Out any] func(ctx context.Context, call *Call, in In) (Out, error)

// Pricer says what a call would charge; nil where that needs no confirmation.
type Pricer[In any] func(ctx context.Context, call *Call, in In) (*Charge, error)

// Define returns a tool. In and Out are structs: json tags name their fields and doc tags
// describe them (see property). A result that is no TextRenderer is shown as its JSON. A
// mistake in either struct panics when the tool is first listed: building the schemas at
// every start would double its time.
func Define[In, Out any](meta Meta, handler Handler[In, Out]) Tool {
	return newTool(meta, reflect.TypeFor[In](), reflect.TypeFor[Out](), nil, erase(handler))
}

// DefineConfirmed returns a tool that charges money. The handler runs once the charge is
// confirmed, as Call.Confirm has it; until then nothing is charged. The tool gets the arguments
// confirm and confirmation beside those of In.
func DefineConfirmed[In, Out any](meta Meta, price Pricer[In], handler Handler[In, Out]) Tool {
	meta.RequiresConfirmation = true
	return newTool(meta, reflect.TypeFor[In](), reflect.TypeFor[Out](), erase(Handler[In, *Charge](price)), erase(handler))
}

// step is a handler without its types: in points to the arguments. Every tool has code of its
// own for its types, so that code is kept small.
type step func(ctx context.Context, call *Call, in any) (any, error)

func erase[In, Out any](handler func(context.Context, *Call, In) (Out, error)) step {
	return func(ctx context.Context, call *Call, in any) (any, error) { return handler(ctx, call, *in.(*In)) }
}

func newTool(meta Meta, in, out reflect.Type, price, handler step) Tool {
	return Tool{meta, &definition{
		name: meta.Name, in: in, out: out, confirms: meta.RequiresConfirmation || meta.Confirms,
		asks: out.Implements(reflect.TypeFor[Asker]()), price: price, handler: handler,
	}}
}

func (d *definition) input() *schema {
	d.inputOnce.Do(func() {
		s, err := schemaOf(d.in)
		if err != nil {
			panic(fmt.Sprintf("tool %s: input: %v", d.name, err))
		}
		if d.confirms {
			s.addConfirmation()
		}
		d.inputSchema = s
	})
	return d.inputSchema
}

// handle checks a call, up to the user's confirmation, and leaves the handler to be run.
func (d *definition) handle(ctx context.Context, call *Call, arguments map[string]json.RawMessage) (outcome, error) {
	in := reflect.New(d.in)
	understood, looksOnce, err := d.input().bind(d.name, arguments, in.Elem())
	if err != nil {
		return outcome{}, err
	}
	given := in.Interface()
	call.understood, call.request.Params.RawArguments = understood, nil // a call that waits holds one form of them
	call.leaves = !looksOnce || call.Tool.Slow
	if call.Scope.Decoded != nil {
		call.Scope.Decoded()
	}
	if d.price != nil {
		charge, err := d.price(ctx, call, given)
		if err != nil {
			return outcome{}, err
		}
		if charge := charge.(*Charge); charge != nil { //nolint:forcetypeassert // a Pricer's
			question, err := call.Confirm(ctx, *charge)
			if err != nil || question != nil {
				return outcome{question: question}, err
			}
		}
	}
	return outcome{rest: func(ctx context.Context) (outcome, error) {
		return handled(d.handler(ctx, call, given))
	}}, nil
}

// handled is what the result of a handler means for its call.
func handled(result any, err error) (outcome, error) {
	if err != nil {
		return outcome{}, err
	}
	if asker, ok := result.(Asker); ok && asker.Question() != nil {
		return outcome{question: asker.Question()}, asker.Question().err
	}
	if waiter, ok := result.(Waiter); ok {
		if later := waiter.Waits(); later != nil {
			var waited error
			return outcome{
				start: func(then func()) {
					later.Start(func(err error) {
						waited = err
						then()
					})
				},
				rest: func(context.Context) (outcome, error) { return handled(later.Result(waited)) },
			}, nil
		}
	}
	return outcome{result: result}, nil
}

// Arguments are the names of the tool's arguments.
func (t Tool) Arguments() []string { return t.input().names() }

// Waits reports whether a call may take minutes: whether the tool is marked so, or takes a time
// to wait.
func (t Tool) Waits() bool {
	return t.Slow || slices.ContainsFunc(t.input().fields, property.isWait)
}

// LooksOnce reports whether a call of a tool that waits is known to end at once by the names of its
// arguments: it waits only if it is told to, and is not. The arguments are an object, or empty.
func (t Tool) LooksOnce(arguments json.RawMessage) bool {
	fields := t.input().fields
	wait := slices.IndexFunc(fields, property.isWait)
	if t.Slow || wait < 0 || fields[wait].def != "0" {
		return false
	}
	once := true
	if len(arguments) > 0 {
		Members(arguments, func(name []byte, _ json.RawMessage) {
			field := slices.IndexFunc(fields, func(p property) bool { return p.name == string(name) })
			once = once && field >= 0 && field != wait // another name may stand for the wait's
		})
	}
	return once
}

// Tool is the tool as MCP lists it.
func (t Tool) Tool() mcp.Tool {
	t.listedOnce.Do(func() { t.asListed = t.list() })
	return *t.asListed
}

func (t Tool) list() *mcp.Tool {
	tool := mcp.NewToolWithRawSchema(t.Name, t.Description, t.input().encode())
	tool.Title = t.Title
	tool.RawOutputSchema = outputSchema(t.out, t.confirms)
	reads, destroys := t.Effect == Reads, t.Effect == Destroys
	idempotent, open := t.Idempotent || reads, !t.Offline
	tool.Annotations = mcp.ToolAnnotation{
		Title:           t.Title,
		ReadOnlyHint:    &reads,
		DestructiveHint: &destroys,
		IdempotentHint:  &idempotent,
		OpenWorldHint:   &open,
	}
	return &tool
}

// withView is the tool as a client that shows views lists it, with the flat name that older ones
// read.
func (t Tool) withView(views bool) mcp.Tool {
	tool := t.Tool()
	if !views || t.View == "" && !t.ForViews {
		return tool
	}
	visibility := []string{"model", "app"}
	if t.ForViews {
		visibility = []string{"app"}
	}
	ui := map[string]any{"visibility": visibility}
	fields := map[string]any{"ui": ui}
	if t.View != "" {
		ui["resourceUri"], fields["ui/resourceUri"] = t.View, t.View
	}
	tool.Meta = &mcp.Meta{AdditionalFields: fields}
	return tool
}
