package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// outcome is how a request ended: a tool's outcome, or why no tool was reached.
type outcome mcptool.Status

const (
	outcomeUnauthorized outcome = "unauthorized"
	outcomeLimited      outcome = "limited"
	outcomeForbidden    outcome = "forbidden"
	outcomeInvalid      outcome = "invalid"

	outcomeTimeout outcome = "timeout" // of a wait
	outcomeFailed  outcome = "failed"
)

// refusals are the outcomes of requests that reached no tool, by HTTP status.
var refusals = map[int]outcome{
	http.StatusUnauthorized:          outcomeUnauthorized,
	http.StatusForbidden:             outcomeForbidden,
	http.StatusTooManyRequests:       outcomeLimited,
	http.StatusServiceUnavailable:    outcomeLimited,
	http.StatusBadRequest:            outcomeInvalid,
	http.StatusRequestTimeout:        outcomeInvalid,
	http.StatusRequestEntityTooLarge: outcomeInvalid,
	http.StatusUnsupportedMediaType:  outcomeInvalid,
}

// kind is what an activity is.
type kind int

const (
	kindServed kind = iota // a client's request
	kindSent               // a request to Wiro
	kindWaited             // a wait for a task or a message
	kindSignIn             // a step of a sign-in
)

// activity is something that recorders are told of. A caller can put no text of its own into
// it: method, tool and protocol are known names.
type activity struct {
	kind    kind
	name    string // of what is not served: the operation, what is waited for, the step of the sign-in
	outcome outcome
	status  int // of HTTP; 0 if there is none
	started time.Time
	took    time.Duration

	// Of what is served.
	caller    caller
	id        string // also in the answer's X-Request-Id, and in a tool's errors
	method    string // "" if the request was not read so far
	tool      string
	limit     string          // that the request was over
	transport string          // tcp or pipe, if the MCP server was reached
	protocol  string          // version; "" if there is no such version
	rpcID     json.RawMessage // the client's id
	prompt    string          // that is asked for, if there is such a one
	rpcCode   int             // of a JSON-RPC error; 0 if there is none
	call      mcptool.Event   // of a tool that was called

	upstream *url.URL // of what is sent; nil if it is not known
}

// settle gives the activity an outcome if no tool gave it one.
func (a *activity) settle(ctx context.Context) {
	switch {
	case a.outcome != "":
	case ctx.Err() != nil:
		a.outcome = outcome(mcptool.Canceled)
	case a.rpcCode != 0:
		a.outcome = outcome(mcptool.Refused)
	default:
		a.outcome = outcome(mcptool.OK)
	}
}

// errorType is the attribute error.type of the semantic conventions; "" for no error.
func (a *activity) errorType() string {
	switch {
	case a.kind == kindSent && a.status == 0 && a.outcome != "":
		return string(a.outcome)
	case a.kind == kindSent && a.status == 0:
		return "no_response"
	case a.kind == kindSent && a.status >= http.StatusBadRequest:
		return strconv.Itoa(a.status)
	case a.kind == kindWaited && a.outcome != outcome(mcptool.OK):
		return string(a.outcome)
	case a.kind != kindServed:
		return ""
	case a.outcome == outcome(mcptool.Canceled):
		return string(a.outcome)
	case a.rpcCode != 0:
		return strconv.Itoa(a.rpcCode)
	case a.call.Status == mcptool.Refused, a.call.Status == mcptool.Internal:
		return "tool_error"
	}
	return ""
}

// serverOf is the host and port of an address; an empty host for nil.
func serverOf(u *url.URL) (host string, port int) {
	if u == nil {
		return "", 0
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		port = map[string]int{"http": 80, "https": 443}[u.Scheme]
	}
	return u.Hostname(), port
}

// promptOf is the prompt that a message asks for; "" if there is no such one.
func promptOf(served *server.MCPServer, m *message) string {
	if m.Method != string(mcp.MethodPromptsGet) {
		return ""
	}
	if _, ok := served.ListPrompts()[m.params.Name]; !ok {
		return ""
	}
	return m.params.Name
}

// waitOutcome is how a wait ended.
func waitOutcome(ctx context.Context, err error) outcome {
	switch {
	case err == nil:
		return outcome(mcptool.OK)
	case errors.Is(err, context.DeadlineExceeded):
		return outcomeTimeout
	case ctx.Err() != nil:
		return outcome(mcptool.Canceled)
	}
	return outcomeFailed
}
