package mcptool

import (
	"context"
	"errors"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"
)

// NextAction is a step that helps, ready to be called.
type NextAction struct {
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
	Reason    string         `json:"reason"`
}

// String is the step as a call: tool {"argument":"value"}, and the reason.
func (n *NextAction) String() string {
	arguments, err := Marshal(n.Arguments)
	if err != nil || len(n.Arguments) == 0 {
		return n.Tool + " (" + n.Reason + ")"
	}
	return n.Tool + " " + string(arguments) + " (" + n.Reason + ")"
}

// Problem is an error that a caller can act on: what happened, why, and what to do next, in a
// line or two. An error that is no Problem is a fault of the server.
type Problem struct {
	Text string
	Next *NextAction // may be nil
}

// Error is the text.
func (p *Problem) Error() string { return p.Text }

// Problemf returns a Problem whose text is formatted as by fmt.Sprintf.
func Problemf(format string, args ...any) *Problem {
	return &Problem{Text: fmt.Sprintf(format, args...)}
}

// WithNext adds the next step.
func (p *Problem) WithNext(tool, reason string, arguments map[string]any) *Problem {
	p.Next = &NextAction{Tool: tool, Arguments: arguments, Reason: reason}
	return p
}

// failure is the structured form of a failed call.
type failure struct {
	Error      string      `json:"error,omitempty" text:"lines"`
	RequestID  string      `json:"requestId,omitempty"` // of a fault of the server
	NextAction *NextAction `json:"nextAction,omitempty"`
}

// failed renders an error, with the next step in both forms.
func (p plain) failed(id string, problem *Problem) *mcp.CallToolResult {
	fixed, _ := p.value(failure{Error: problem.Text, RequestID: id, NextAction: problem.Next})
	f, _ := fixed.(failure)
	text := truncateText(TextWithNext(f.Error, f.NextAction), "")
	f.Error = truncateText(f.Error, "")
	return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{mcp.NewTextContent(text)}, StructuredContent: f}
}

func internalError(id string) *Problem {
	return Problemf("Internal error %s. This is a fault of the server: its log says more under that id.", id)
}

// explain turns an error into what helps; nil where nothing is known of it: a fault of the
// server.
func (s *Server) explain(call *Call, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if s.options.Explain != nil {
		if p := s.options.Explain(call, err); p != nil {
			return p
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return Problemf("The call was stopped before it was done.")
	}
	return nil
}
