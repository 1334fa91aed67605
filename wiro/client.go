package wiro

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/redact"
	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// Addresses of Wiro itself.
const (
	DefaultBaseURL   = "https://api.wiro.ai/v1"
	DefaultSocketURL = "wss://socket.wiro.ai/v1"
)

// NoSocket as Options.SocketURL does without a WebSocket: tasks and messages are polled.
const NoSocket = "none"

// Options configure NewClient. The zero value talks to Wiro itself, with the key and secret of
// the environment.
type Options struct {
	// Credentials of every call, unless WithCredentials replaces them. If zero, they are read
	// from WIRO_API_KEY and WIRO_API_SECRET. Without a key only the catalog of agents works.
	Credentials Credentials

	BaseURL   string // of the HTTP API; DefaultBaseURL if empty
	SocketURL string // of the WebSocket; DefaultSocketURL if empty, NoSocket for none
	UserAgent string // sent with every request; "wiro-go" if empty

	// HTTPClient carries the requests. If nil, one with a large pool of idle connections.
	// Redirects of Wiro are refused: a request carries credentials, which stay with Wiro.
	HTTPClient *http.Client

	// MinBackoff is the pause before the first repetition of a request that may be repeated;
	// it doubles from there. 500 ms if 0.
	MinBackoff time.Duration

	// PollIntervals are the pauses between two looks at a task while no socket serves it; the
	// last one is repeated. 2, 3, 5, then 10 s if empty.
	PollIntervals []time.Duration

	// SafetyPollInterval is the pause, or up to a quarter more, between two looks at a task while a
	// socket does serve it, in case an event was lost. 30 s if 0.
	SafetyPollInterval time.Duration

	Observer Observer     // told of requests and sockets, for metrics; may be nil
	Logger   *slog.Logger // silent if nil; never sees a key, a token, an argument or a result
}

// Observer is told what the client does. Its methods must be quick and safe for concurrent
// use.
type Observer interface {
	// Request is called before every HTTP request to Wiro, repetitions included. Operation is
	// the endpoint, such as Task/Detail; of a run with the model that the caller named, such
	// as Run/openai/sora-2. The request is made in the context that Request returns, which
	// must come of ctx. The function is called once at its end, with the HTTP status, or 0 if
	// no response came.
	Request(ctx context.Context, operation string) (context.Context, func(status int))
	// Wait is called before a wait for a "task", for the answer to a "message" or for an
	// "agent" to start, which goes on in the context that it returns. The function is called once at its end, with an error if
	// it ended before what it waited for.
	Wait(ctx context.Context, subject string) (context.Context, func(error))
	// Sockets and Waits report how many are open.
	Sockets(open int)
	Waits(open int)
}

// Client calls the Wiro API for one project. It is safe for concurrent use. WithCredentials
// and WithTeam make cheap copies that share connections and sockets.
type Client struct {
	Models *ModelsService // find models, their parameters and prices
	Runs   *RunsService   // run models
	Tasks  *TasksService  // follow, stop and list runs
	Files  *FilesService  // upload files

	Realtime *RealtimeService // talk with realtime models

	Agents      *AgentsService      // the catalog of agents
	MyAgents    *MyAgentsService    // deployed agents
	Messages    *MessagesService    // talk with deployed agents
	Credentials *CredentialsService // what agents sign in with, and their accounts
	Skills      *SkillsService      // what agents can do
	Billing     *BillingService     // what agents cost, and their subscriptions
	Logs        *LogsService        // what agents did
	Teams       *TeamsService       // organizations and teams

	common      service
	shared      *shared
	credentials Credentials
	team        string
	redactor    *redact.Redactor // removes what errors must not repeat; nil for nothing
	accepted    func()           // see OnAccepted; may be nil
}

// service is what each service is made of.
type service struct{ client *Client }

// shared is what the copies of a client share.
type shared struct {
	options     Options
	transport   *wire.Transport
	derivations derivations
}

// NewClient returns a client. It opens no connection and starts no goroutine before the first
// call.
func NewClient(o Options) *Client {
	if o.Credentials == (Credentials{}) {
		o.Credentials = environmentCredentials()
	}
	o = o.withDefaults()
	socketURL := o.SocketURL
	if socketURL == NoSocket {
		socketURL = ""
	}
	c := &Client{
		credentials: o.Credentials,
		shared: &shared{options: o, transport: wire.New(wire.Options{
			BaseURL: o.BaseURL, SocketURL: socketURL, UserAgent: o.UserAgent, HTTPClient: o.HTTPClient,
			MinBackoff: o.MinBackoff, Observer: o.Observer, Logger: o.Logger,
		})},
	}
	return c.init()
}

func (o Options) withDefaults() Options {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if o.SocketURL == "" {
		o.SocketURL = DefaultSocketURL
	}
	if o.UserAgent == "" {
		o.UserAgent = "wiro-go"
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Transport: wire.DefaultTransport()}
	}
	if o.MinBackoff <= 0 {
		o.MinBackoff = 500 * time.Millisecond
	}
	if len(o.PollIntervals) == 0 {
		o.PollIntervals = []time.Duration{2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second}
	}
	if o.SafetyPollInterval <= 0 {
		o.SafetyPollInterval = 30 * time.Second
	}
	if o.Observer == nil {
		o.Observer = noObserver{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// init points the services at the client.
func (c *Client) init() *Client {
	c.common.client = c
	c.Models = (*ModelsService)(&c.common)
	c.Runs = (*RunsService)(&c.common)
	c.Tasks = (*TasksService)(&c.common)
	c.Files = (*FilesService)(&c.common)
	c.Realtime = (*RealtimeService)(&c.common)
	c.Agents = (*AgentsService)(&c.common)
	c.MyAgents = (*MyAgentsService)(&c.common)
	c.Messages = (*MessagesService)(&c.common)
	c.Credentials = (*CredentialsService)(&c.common)
	c.Skills = (*SkillsService)(&c.common)
	c.Billing = (*BillingService)(&c.common)
	c.Logs = (*LogsService)(&c.common)
	c.Teams = (*TeamsService)(&c.common)
	return c
}

func (c *Client) clone() *Client {
	clone := *c
	return clone.init()
}

// WithCredentials returns a client for another project; with the zero Credentials one that
// sends none. It shares connections and sockets.
func (c *Client) WithCredentials(credentials Credentials) *Client {
	c = c.clone()
	c.credentials = credentials
	return c
}

// WithTeam returns a client whose calls work in a team's context; "" leaves it.
//
// Wiro docs: Team API Access (the teamGUID header).
func (c *Client) WithTeam(guid string) *Client {
	c = c.clone()
	c.team = guid
	return c
}

// OnAccepted returns a client that calls f, if it is not nil, after each response by which Wiro
// shows that it accepts the client's credentials. f must be quick and safe for concurrent use.
func (c *Client) OnAccepted(f func()) *Client {
	c = c.clone()
	c.accepted = f
	return c
}

// withRedacted returns a client whose errors never repeat these values.
func (c *Client) withRedacted(values ...string) *Client {
	c = c.clone()
	c.redactor = redact.New(values...)
	return c
}

// Redact returns a text that came from elsewhere without the client's key and secret: whole or
// cut down to pieces of 8 bytes, as they are or in URL, HTML, JSON, hexadecimal or Base64
// encoding. "[set]" stands in their place. It leaves a key or secret of less than 8 bytes.
// Errors of the client are redacted already.
func (c *Client) Redact(text string) string {
	if !c.credentials.Set() || len(text) < redact.Shingle {
		return text
	}
	return c.shared.derivations.of(c.credentials).redactor.Redact(text)
}

// redact removes the credentials, and what withRedacted was given, from a text of an error.
func (c *Client) redact(text string) string {
	return c.redactor.Redact(c.credentials.redactShort(c.Redact(text)))
}

// BaseURL returns the address of the HTTP API, without a slash at its end.
func (c *Client) BaseURL() string { return c.shared.options.BaseURL }

// Close closes the sockets and idle connections, also of the client's copies. Waits that are
// under way go on by polling.
func (c *Client) Close() { c.shared.transport.Close() }

type noObserver struct{}

func (noObserver) Request(ctx context.Context, _ string) (context.Context, func(int)) {
	return ctx, func(int) {}
}
func (noObserver) Wait(ctx context.Context, _ string) (context.Context, func(error)) {
	return ctx, func(error) {}
}
func (noObserver) Sockets(int) {}
func (noObserver) Waits(int)   {}
