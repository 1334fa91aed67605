package mcptool

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Scope is what a transport says about a request. A context carries one, and nothing else of
// the request goes further.
type Scope struct {
	RequestID string    // in logs and in errors; made up where empty
	Request   string    // names the request among its caller's, for a cancel that comes on its own; may be empty
	Arrived   time.Time // when the request came; if zero, when its tool is called

	// Caller says who calls: the credentials that came with the request, or
	// ServerCredentials. Where it is nil the request has none, and tools that need some
	// refuse it: there is no fallback.
	Caller any

	PublicURL string // address at which browsers reach the server's pages, on any replica; "" if there is none

	Limits SpendingLimits // of this request, beside the server's own

	Arguments json.RawMessage // of the call, an object; if nil, the MCP request has them

	Client   *Client          // what the client can do; where nil, the MCP session is asked
	Allowed  func(Tool) bool  // which tools exist for the request; nil allows all
	Notify   Notifier         // reaches the client; where nil, mcp-go does
	Progress ProgressFunc     // receives the call's progress in this process
	Answer   func(string)     // receives what a language model has answered so far, as it comes; may be nil
	Observe  func(call Event) // receives the end of the call; may be nil
	// CannotAsk says that the client declared that it can ask its user, and then could not.
	CannotAsk bool
	Accepted  func() // called when the service behind the tools has accepted Caller; may be nil
	Decoded   func() // called once the arguments are decoded; may be nil
	// Continuation takes calls that may wait, for the transport to run; where nil they run at once.
	Continuation *Continuation
	Drain        context.Context // ends waits early when done: the connection closes; may be nil
	Hold         func() func()   // counts what goes on without the call until the function it returns is called: the connection ends after it, if it soon does; may be nil
}

type answerKey struct{}

// WithAnswer returns a context whose calls in this process give answer what a language model has
// answered so far, each time that more has come.
func WithAnswer(ctx context.Context, answer func(sofar string)) context.Context {
	return context.WithValue(ctx, answerKey{}, answer)
}

// AnswerFrom returns what WithAnswer put into a context; nil where it did not.
func AnswerFrom(ctx context.Context) func(sofar string) {
	answer, _ := ctx.Value(answerKey{}).(func(string))
	return answer
}

// SpendingLimits are the most that calls may cost, in USD. Nil is no limit; 0 refuses all that
// costs anything.
type SpendingLimits struct {
	PerRun *float64
	PerDay *float64 // of one caller, on a UTC day
}

// Narrow returns the lower of both limits: it never raises one.
func (l SpendingLimits) Narrow(to SpendingLimits) SpendingLimits {
	return SpendingLimits{lower(l.PerRun, to.PerRun), lower(l.PerDay, to.PerDay)}
}

func lower(a, b *float64) *float64 {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

// ServerCredentials is the Caller of a request that is made with the server's own
// credentials, as over stdio: an explicit choice of the transport.
type ServerCredentials struct{}

// Client is the MCP client of a request, as it declared itself.
type Client struct {
	ClientInfo
	SupportsElicitation    bool // can ask its user to fill in a form
	SupportsURLElicitation bool // can ask its user to open a page
	SupportsViews          bool // shows views (MCP Apps)
	CannotAsk              bool // declared that it can ask its user, and could not
}

// Event is a call that has ended, for logs and metrics.
type Event struct {
	RequestID string // also in the error that the caller got
	Tool      string
	Status    Status
	Took      time.Duration
	Err       error // that the tool returned, or that ended its wait; not for logs, as it may hold anything
}

// Status is how a call ended.
type Status string

// The statuses.
const (
	OK       Status = "ok"
	Refused  Status = "refused"  // the caller can correct it: a bad argument, or the upstream refused
	Asked    Status = "asked"    // a confirmation, or an answer of the user, is needed
	Internal Status = "internal" // a fault of this server
	Canceled Status = "canceled" // the caller went away
)

type scopeKey struct{}

// WithScope returns a context that carries the scope.
func WithScope(ctx context.Context, s Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, &s)
}

// ScopeFrom returns the scope of a context, and whether it has one.
func ScopeFrom(ctx context.Context) (Scope, bool) {
	if s, ok := ctx.Value(scopeKey{}).(*Scope); ok {
		return *s, true
	}
	return Scope{}, false
}

// requestID returns the scope's, or a new one.
func (s Scope) requestID() string {
	if s.RequestID != "" {
		return s.RequestID
	}
	return rand.Text()[:10]
}

// allows reports whether a tool exists for the request.
func (s Scope) allows(t Tool) bool {
	if _, own := s.Caller.(ServerCredentials); t.Local && !own {
		return false
	}
	return s.Allowed == nil || s.Allowed(t)
}

// client returns what the client declared: in the scope, in the request itself, or in its
// session's initialize.
func (s Scope) client(ctx context.Context, header http.Header) Client {
	if s.Client != nil {
		return *s.Client
	}
	var (
		client       mcp.Implementation
		capabilities mcp.ClientCapabilities
	)
	if info := server.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
		if info.ClientInfo != nil {
			client = *info.ClientInfo
		}
		if info.ClientCapabilities != nil {
			capabilities = *info.ClientCapabilities
		}
	} else if session, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo); ok {
		client, capabilities = session.GetClientInfo(), session.GetClientCapabilities()
	}
	c := Client{ClientInfo: ClientInfo{
		Name: client.Name, Version: client.Version, UserAgent: header.Get("User-Agent"),
		Protocol: server.RequestProtocolVersion(ctx),
	}, SupportsViews: supportsViews(capabilities), CannotAsk: s.CannotAsk}
	if s.CannotAsk {
		return c
	}
	if e := capabilities.Elicitation; e != nil {
		c.SupportsURLElicitation = e.URL != nil
		c.SupportsElicitation = e.Form != nil || e.URL == nil // an empty capability means forms
	}
	return c
}

// The extension of MCP Apps, and the type of its pages.
const (
	viewsExtension = "io.modelcontextprotocol/ui"
	ViewType       = "text/html;profile=mcp-app"
)

// supportsViews reports whether a client shows pages of MCP Apps.
func supportsViews(capabilities mcp.ClientCapabilities) bool {
	declared, ok := capabilities.Extensions[viewsExtension].(map[string]any)
	if !ok {
		return false
	}
	types, listed := declared["mimeTypes"].([]any)
	return !listed || slices.Contains(types, any(ViewType))
}

// SupportsViews reports whether the client of a request shows pages of MCP Apps.
func SupportsViews(ctx context.Context) bool {
	scope, _ := ScopeFrom(ctx)
	return scope.client(ctx, nil).SupportsViews
}
