package mcptool

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// Call is one call of a tool.
type Call struct {
	Tool   Meta
	Scope  Scope
	Client Client

	// App is what Options.Prepare made for the handlers.
	App any

	// Seal returns a MAC over the parts that only the same caller can get. It binds
	// confirmations to their caller. Options.Prepare sets it; by default it is bound to this
	// process.
	Seal func(parts ...string) string

	// Redact removes the caller's key and secret from a text. Everything that leaves the call
	// goes through it: results, errors, progress, questions and logs. Options.Prepare sets
	// it; may be nil.
	Redact func(text string) string

	// Idempotent says that a repeated confirmation cannot charge twice: the upstream
	// charges the call once, by an idempotency key.
	Idempotent bool

	// Charge is what the user agreed to; nil where it was not looked up for this call.
	Charge *Charge

	server     *Server
	request    mcp.CallToolRequest
	understood map[string]json.RawMessage // the arguments, until given decodes them
	progress   ProgressFunc
	leaves     bool      // it may take minutes, with these arguments
	waitEnds   time.Time // of the last Wait
	waitErr    error     // that ended it
	cleanups   []func()
}

// Cleanup registers a function that is called when the call has ended.
func (c *Call) Cleanup(f func()) { c.cleanups = append(c.cleanups, f) }

func (c *Call) cleanUp() {
	for _, f := range c.cleanups {
		f()
	}
}

// Drains end when what goes on without the call should end, too: the server shuts down, or the
// client's connection closes.
func (c *Call) Drains() []context.Context {
	var drains []context.Context
	for _, drain := range []context.Context{c.server.options.Drain, c.Scope.Drain} {
		if drain != nil {
			drains = append(drains, drain)
		}
	}
	return drains
}

// plain is what makes the texts of this call plain.
func (c *Call) plain() plain { return plain{redact: c.Redact, multiline: c.Tool.Multiline} }

// Answer returns what passes on what a language model has answered so far, without the caller's
// secrets; nil if nobody listens.
func (c *Call) Answer() func(sofar string) {
	if c.Scope.Answer == nil {
		return nil
	}
	return func(sofar string) { c.Scope.Answer(c.plain().text(sofar, true)) }
}

// Arguments returns a copy of the arguments, for a next step that changes one. They have the
// types of the tool's schema, whatever the client wrote; numbers are json.Number.
func (c *Call) Arguments() map[string]any {
	arguments := map[string]any{}
	maps.Copy(arguments, c.given())
	return arguments
}

// given are the arguments as they were understood or, until they are, as they were sent. Few
// calls look at them: they are decoded then.
func (c *Call) given() map[string]any {
	if c.understood != nil {
		arguments := make(map[string]any, len(c.understood))
		for name, raw := range c.understood {
			var value any
			_ = decode(raw, &value) // it is valid JSON
			arguments[name] = value
		}
		c.understood, c.request.Params.Arguments = nil, arguments
	} else if raw := c.request.Params.RawArguments; raw != nil && c.request.Params.Arguments == nil {
		arguments := map[string]any{}
		_ = decode(raw, &arguments) // what is no object has no arguments
		c.request.Params.Arguments = arguments
	}
	return c.request.GetArguments()
}

// SetArgument changes an argument of the call as next steps repeat it.
func (c *Call) SetArgument(name string, value any) {
	arguments := c.Arguments()
	arguments[name] = value
	c.request.Params.Arguments = arguments
}

// DropArgument leaves an argument of the call out of next steps.
func (c *Call) DropArgument(name string) {
	arguments := c.Arguments()
	delete(arguments, name)
	c.request.Params.Arguments = arguments
}

// State is the sealed state that came back with the user's answer; "" for a first attempt.
func (c *Call) State() string { return c.request.Params.RequestState }

// Confirmation is what the call was confirmed with, the same each time that it is repeated: the
// sealed state of an elicitation, or the argument confirmation; "" for a first attempt.
func (c *Call) Confirmation() string {
	if state := c.State(); state != "" {
		return state
	}
	return c.givenText(confirmationArgument)
}

// Enabled reports whether the caller can call a tool.
func (c *Call) Enabled(tool string) bool {
	t, ok := c.server.Find(tool)
	return ok && c.Scope.allows(t)
}

// Next is a next step; nil where its tool is off for the caller. It takes over the values of
// Options.CarriedArguments that the tool has and arguments leaves out.
func (c *Call) Next(tool, reason string, arguments map[string]any) *NextAction {
	t, ok := c.server.Find(tool)
	if !ok || !c.Scope.allows(t) {
		return nil
	}
	if carried := c.argumentsFor(t, c.server.options.CarriedArguments); len(carried) > 0 {
		maps.Copy(carried, arguments)
		arguments = carried
	}
	return &NextAction{Tool: tool, Arguments: arguments, Reason: reason}
}

// NextPage is the same call again with one argument changed.
func (c *Call) NextPage(reason, argument string, value any) *NextAction {
	arguments := c.Arguments()
	arguments[argument] = value
	return c.Next(c.Tool.Name, reason, arguments)
}

// contextArgs are arguments that say what a call is about: a next step about the same takes
// them over.
func (c *Call) contextArgs(tool Tool) map[string]any {
	return c.argumentsFor(tool, c.server.options.ContextArguments)
}

// argumentsFor are the arguments of the call with these names that a tool takes, too.
func (c *Call) argumentsFor(tool Tool, names []string) map[string]any {
	about := map[string]any{}
	for _, name := range tool.Arguments() {
		if !slices.Contains(names, name) {
			continue
		}
		if value, ok := c.given()[name].(string); ok && value != "" {
			about[name] = value
		}
	}
	return about
}

// completeNextAction completes a problem's next step with what the call is about. A tool that
// is off for the caller is no next step.
func (c *Call) completeNextAction(p *Problem) *Problem {
	if p == nil || p.Next == nil {
		return p
	}
	completed := *p
	completed.Next = c.Next(p.Next.Tool, p.Next.Reason, nil)
	if completed.Next == nil {
		return &completed
	}
	tool, _ := c.server.Find(p.Next.Tool)
	completed.Next.Arguments = c.contextArgs(tool)
	maps.Copy(completed.Next.Arguments, p.Next.Arguments)
	return &completed
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
	raw = bytes.TrimSpace(raw)
	if string(raw) == "null" {
		return nil, nil
	}
	if !json.Valid(raw) || raw[0] != '{' {
		return nil, Problemf("The arguments must be an object of names and values.")
	}
	arguments := map[string]json.RawMessage{}
	Members(raw, func(name []byte, value json.RawMessage) { arguments[string(name)] = value })
	return arguments, nil
}
