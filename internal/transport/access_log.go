package transport

import (
	"net/http"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// outcome is how a request ended: a tool's outcome, or why no tool was reached.
type outcome mcptool.Status

const (
	outcomeUnauthorized outcome = "unauthorized"
	outcomeLimited      outcome = "limited"
	outcomeForbidden    outcome = "forbidden"
	outcomeInvalid      outcome = "invalid"
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

// entry is a line of the access log. A caller can put no text of its own into it: method and
// tool are known names.
type entry struct {
	caller  caller
	id      string // also in the answer's X-Request-Id, and in a tool's errors
	method  string // "" if the request was not read so far
	tool    string
	outcome outcome
	status  int
	took    time.Duration
}

// log writes an entry.
func (h *HTTP) log(e entry) {
	h.Metrics.answered(e.method, e.outcome)
	line := h.Log.Info().Str("request", e.id).Str("outcome", string(e.outcome)).
		Int("status", e.status).Dur("ms", e.took)
	if e.method != "" {
		line.Str("method", e.method)
	}
	if e.tool != "" {
		line.Str("tool", e.tool)
	}
	if e.caller.hash != "" {
		line.Str("caller", e.caller.hash)
	}
	if e.caller.peer.client.IsValid() {
		line.Str("from", e.caller.peer.client.String())
	}
	line.Msg("request")
}
