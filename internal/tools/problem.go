package tools

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// NextAction is a step that helps, ready to be called.
type NextAction struct {
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
	Reason    string         `json:"reason"`
}

// String is the step as a call: tool {"argument":"value"}, and why.
func (n *NextAction) String() string {
	arguments, err := marshalPlain(n.Arguments)
	if err != nil || len(n.Arguments) == 0 {
		return n.Tool + " (" + n.Reason + ")"
	}
	return n.Tool + " " + string(arguments) + " (" + n.Reason + ")"
}

// Problem is an error that a user can act on: what happened, why, and what to do next, in a
// line or two. Only what is not a Problem is a fault of this server.
type Problem struct {
	Text string
	Next *NextAction
}

// Error is the text.
func (p *Problem) Error() string { return p.Text }

// problem makes a Problem as fmt.Sprintf would.
func problem(format string, args ...any) *Problem {
	return &Problem{Text: fmt.Sprintf(format, args...)}
}

// then adds the next step.
func (p *Problem) then(tool, reason string, arguments map[string]any) *Problem {
	p.Next = &NextAction{Tool: tool, Arguments: arguments, Reason: reason}
	return p
}

// about are arguments that say what a call is about: whoever looks into a problem with it, or
// mends it, asks about the same.
var about = []string{"useragentguid", "teamguid", "sessionkey"}

// aim completes the next step of a problem with what the call was about, as far as the next
// tool takes it. A tool that is off for the caller is no next step.
func (s *Server) aim(p *Problem, call Call) *Problem {
	if p == nil || p.Next == nil {
		return p
	}
	aimed := *p
	aimed.Next = call.next(p.Next.Tool, p.Next.Reason, maps.Clone(p.Next.Arguments))
	d, on := s.Find(p.Next.Tool)
	if aimed.Next == nil || !on {
		return &aimed
	}
	if aimed.Next.Arguments == nil {
		aimed.Next.Arguments = map[string]any{}
	}
	for _, name := range about {
		value, given := call.request.GetArguments()[name].(string)
		if given && value != "" && d.takes(name) && aimed.Next.Arguments[name] == nil {
			aimed.Next.Arguments[name] = value
		}
	}
	return &aimed
}

// failure is what a call that failed answers in structured form.
type failure struct {
	Error      string      `json:"error,omitempty"`
	RequestID  string      `json:"requestId,omitempty"`
	NextAction *NextAction `json:"nextAction,omitempty"`
}

// failed renders an error, with the next step in both forms.
func failed(id string, p *Problem) *mcp.CallToolResult {
	return &mcp.CallToolResult{
		IsError:           true,
		Content:           []mcp.Content{mcp.NewTextContent(capText(withNext(p.Text, p.Next), ""))},
		StructuredContent: failure{Error: capText(p.Text, ""), RequestID: id, NextAction: p.Next},
	}
}

func internalError(id string) *Problem {
	return problem("Internal error %s. This is a fault of wiro-mcp: its log says more under that id.", id)
}

const billingPage = "https://wiro.ai/panel/billing"

// explain turns what went wrong into what helps. It returns nil for what it does not know:
// a fault of this server.
func explain(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if input, ok := errors.AsType[*wiro.InputError](err); ok {
		return problem("%s %s", input.Field, input.Reason)
	}
	if p := skillProblem(err); p != nil {
		return p
	}
	if p := agentProblem(err); p != nil {
		return p
	}
	said := hideText(err.Error())
	if answer, ok := errors.AsType[*wiro.APIError](err); ok {
		said = strings.TrimRight(hideText(answer.Message()), ". ")
	}
	switch {
	case errors.Is(err, wiro.ErrUncertain):
		return problem("No usable answer came back (%s), but the request may have reached Wiro. "+
			"Do not repeat it before you have looked whether it took effect.", hideText(reason(err, wiro.ErrUncertain)))
	case errors.Is(err, wiro.ErrConcurrencyLimit):
		return problem("%s. Nothing was started or charged. A place frees up when a running task ends; "+
			"more funds raise the limit (10%% of the balance in USD, at least 1, none above $250).", said).
			then("list_tasks", "see what is running", map[string]any{"limit": 10})
	case errors.Is(err, wiro.ErrInsufficientBalance):
		return problem("%s. Nothing was started or charged. Add funds at %s (a run needs at least $0.50, "+
			"training $10), then repeat the call.", said, billingPage)
	case errors.Is(err, wiro.ErrSignInRequired):
		return problem("%s. This model is for registered accounts: use the API key of one (https://wiro.ai/panel/project).", said)
	case errors.Is(err, wiro.ErrUnauthorized):
		return problem("Wiro refused the credentials: %s. Check WIRO_API_KEY, and WIRO_API_SECRET if the project "+
			"signs its requests (https://wiro.ai/panel/project).", said)
	case errors.Is(err, wiro.ErrForbidden):
		return problem("Wiro does not permit this to the project: %s.", said)
	case errors.Is(err, wiro.ErrRateLimited):
		return problem("Wiro is limiting the rate of requests%s. Nothing was done; repeat the call then.", retryHint(err))
	case errors.Is(err, wiro.ErrUnreachable):
		return problem("Wiro cannot be reached (%s). Nothing was sent or charged: check the network, then repeat the call.", reason(err, wiro.ErrUnreachable))
	case errors.Is(err, wiro.ErrUnavailable):
		return problem("Wiro has a problem at the moment (%s). Repeat the call in a minute.", said)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return problem("The call was stopped before Wiro answered.")
	}
	if answer, ok := errors.AsType[*wiro.APIError](err); ok {
		return problem("Wiro refused: %s (code %d).", said, answer.Code)
	}
	if answer, ok := errors.AsType[*wiro.ResponseError](err); ok {
		return problem("Wiro's answer cannot be read: %s.", hideText(answer.Error()))
	}
	if errors.Is(err, wiro.ErrNotFound) {
		return problem("%s.", said)
	}
	return nil
}

func retryHint(err error) string {
	var wait time.Duration
	if answer, ok := errors.AsType[*wiro.APIError](err); ok {
		wait = answer.RetryAfter
	} else if answer, ok := errors.AsType[*wiro.ResponseError](err); ok {
		wait = answer.RetryAfter
	}
	if wait <= 0 {
		return ""
	}
	return fmt.Sprintf("; it asks to wait %s", wait.Round(time.Second))
}

// reason is what caused an error, without the sentinel's own words, where there is more.
func reason(err, sentinel error) string {
	text := err.Error()
	if _, cause, found := strings.Cut(text, sentinel.Error()+": "); found {
		return cause
	}
	return text
}
