package wirotest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// Projects of a Server that was started without WithKeys. Each has $1,000 in its wallet.
const (
	// DemoKey is the API key of a project that authenticates by key alone.
	DemoKey = "sandbox-demo-key"
	// DemoSignedKey is the API key of a project that signs its requests.
	DemoSignedKey = "sandbox-signed-key"
	// DemoSignedSecret is the secret of DemoSignedKey.
	DemoSignedSecret = "sandbox-signed-secret" //nolint:gosec // opens nothing but a Server
)

// A Server is an emulated Wiro listening on a system-chosen port on the local loopback
// interface, for use in end-to-end tests. Its methods may be called from several goroutines.
type Server struct {
	// URL is the base URL of the API, "http://ipaddr:port/path" with no trailing slash.
	URL string
	// SocketURL is the address of the WebSocket, "ws://ipaddr:port/path".
	SocketURL string
	// Key is the API key of the first project that authenticates by key alone. Empty if
	// there is none.
	Key string
	// SignedKey and SignedSecret belong to the first project that signs its requests. Empty
	// if there is none.
	SignedKey, SignedSecret string

	emulator *emulator.Server
	client   func() *wiro.Client
}

// An Option changes how NewServer sets a Server up. The functions With… make them.
type Option struct{ set func(*settings) }

type settings struct {
	emulator.Options
	addr string
}

// WithPace scales how long the stages of tasks and agents take: 1 is believable (an image
// takes seconds, a video most of a minute), 0.1 ten times as fast. The default, 0, does not
// wait at all. Costs and elapsed seconds do not depend on it.
func WithPace(pace float64) Option { return Option{func(s *settings) { s.Pace = pace }} }

// WithKeys sets the projects that exist, in place of the two demo projects.
func WithKeys(keys ...Key) Option {
	return Option{func(s *settings) {
		s.Keys = nil
		for _, k := range keys {
			s.Keys = append(s.Keys, emulator.Key(k))
		}
	}}
}

// WithSeed makes tokens and ids repeat from one Server to the next. The default is random.
func WithSeed(seed uint64) Option { return Option{func(s *settings) { s.Seed = seed }} }

// WithRecording bounds how many requests are kept for Requests, oldest forgotten first. The
// default is 10,000; 0 keeps none. RequestCount counts in any case.
func WithRecording(limit int) Option {
	return Option{func(s *settings) { s.Record, s.MaxRequests = limit > 0, limit }}
}

// WithTaskLimit bounds how many finished tasks are remembered, oldest forgotten first. The
// default is 10,000.
func WithTaskLimit(limit int) Option { return Option{func(s *settings) { s.MaxTasks = limit }} }

// WithPingInterval is how often a socket is pinged. The default is 20 s.
func WithPingInterval(d time.Duration) Option {
	return Option{func(s *settings) { s.PingInterval = d }}
}

// WithPublicURL is the origin, "https://host:port", that URLs of files start with. The
// default is the origin that the request itself was sent to.
func WithPublicURL(origin string) Option { return Option{func(s *settings) { s.PublicURL = origin }} }

// WithRemoteCallbacks lets callback URLs reach beyond loopback addresses.
func WithRemoteCallbacks() Option { return Option{func(s *settings) { s.AllowCallbacks = true }} }

// WithAddr listens on addr, "host:port", in place of a free port of 127.0.0.1.
func WithAddr(addr string) Option { return Option{func(s *settings) { s.addr = addr }} }

// NewServer starts and returns a new Server. The caller should call Close when finished, to
// shut it down.
//
// It panics if it cannot listen, and over options that make no sense: a key that is empty
// or given twice, an AllowedIPs entry that is no address.
func NewServer(opts ...Option) *Server {
	s := settings{Options: emulator.Options{Record: true}}
	for _, opt := range opts {
		opt.set(&s)
	}
	e := emulator.New(s.Options)
	if err := e.Start(s.addr); err != nil {
		panic(fmt.Sprintf("wirotest: %v", err))
	}
	srv := &Server{URL: e.APIURL(), SocketURL: e.SocketURL(), emulator: e}
	srv.client = sync.OnceValue(srv.newClient)
	for _, k := range e.Options.Keys {
		switch {
		case k.Secret == "" && srv.Key == "":
			srv.Key = k.Key
		case k.Secret != "" && srv.SignedKey == "":
			srv.SignedKey, srv.SignedSecret = k.Key, k.Secret
		}
	}
	return srv
}

// Close shuts the Server down: it ends all tasks and sockets, deletes the stored files, and
// returns when the last goroutine of the Server and of its Client has ended. It may be called
// twice.
func (s *Server) Close() {
	s.client().Close()
	s.emulator.Close()
}

// Client returns a client of the Server with Key or, if there is none, with SignedKey. It
// polls and retries within milliseconds. Close closes it.
func (s *Server) Client() *wiro.Client { return s.client() }

func (s *Server) newClient() *wiro.Client {
	credentials := wiro.Credentials{Key: wiro.Secret(s.Key)}
	if s.Key == "" {
		credentials = wiro.Credentials{Key: wiro.Secret(s.SignedKey), Secret: wiro.Secret(s.SignedSecret)}
	}
	return wiro.NewClient(wiro.Options{
		BaseURL: s.URL, SocketURL: s.SocketURL, Credentials: credentials, MinBackoff: time.Millisecond,
		PollIntervals: []time.Duration{20 * time.Millisecond}, SafetyPollInterval: 100 * time.Millisecond,
	})
}

// Behave scripts what a target does from now on, in place of what it did: each behavior for
// its Times, then the next, then normally. Without behaviors the target works normally again.
//
// A target is an endpoint ("Task/Detail", "UserAgent/Start", "Run/openai/sora-2") or, for
// short, a model by its slug ("openai/sora-2"). "Run/" is every model and "*" every endpoint
// without a script of its own.
func (s *Server) Behave(target string, behaviors ...Behavior) {
	s.emulator.Behave(target, script(behaviors)...)
}

// Requests returns the requests that came in, in order.
func (s *Server) Requests() []Request { return requests(s.emulator.Requests()) }

// RequestsTo returns the requests of one path: "Task/Detail", "Run/openai/sora-2".
func (s *Server) RequestsTo(path string) []Request { return requests(s.emulator.RequestsTo(path)) }

func requests(recorded []emulator.Request) []Request {
	list := make([]Request, len(recorded))
	for i, r := range recorded {
		list[i] = Request{Method: r.Method, Path: r.Path, Header: r.Header, Body: r.Body, Time: r.Time}
		for _, f := range r.Files {
			list[i].Files = append(list[i].Files, RequestFile(f))
		}
	}
	return list
}

// RequestCount is how many requests a path had, refused ones included. A path that ends in a
// slash counts everything below it: "Run/".
func (s *Server) RequestCount(path string) int { return s.emulator.RequestCount(path) }

// AwaitRequests waits until a path has had n requests, or returns ctx's error.
func (s *Server) AwaitRequests(ctx context.Context, path string, n int) error {
	return s.emulator.Requested(ctx, path, n)
}

// Task is the task of a token, false if there is none.
func (s *Server) Task(token string) (Task, bool) {
	t, found := s.emulator.Snapshot(token)
	return task(t), found
}

// Tasks returns the remembered tasks, oldest first.
func (s *Server) Tasks() []Task {
	all := s.emulator.Snapshots()
	list := make([]Task, len(all))
	for i, t := range all {
		list[i] = task(t)
	}
	return list
}

func task(t emulator.Task) Task {
	return Task{
		ID: t.ID, Token: t.Token, Key: t.Key, Model: t.Model, Status: Stage(t.Status), ExitCode: t.ExitCode, Cost: t.Cost,
		Params: t.Params, Created: t.Created, Started: t.Started, Ended: t.Ended, Outputs: t.Outputs,
	}
}

// SetTaskCost changes what a task says it cost, in USD, and leaves the wallet alone. An
// unknown token does nothing.
func (s *Server) SetTaskCost(token string, usd float64) { s.emulator.SetTaskCost(token, usd) }

// AwaitTask waits until n tasks have been started, and returns the token of the n-th, or
// ctx's error.
func (s *Server) AwaitTask(ctx context.Context, n int) (token string, err error) {
	return s.emulator.Launched(ctx, n)
}

// AwaitStage waits until a task, or a message to an agent, has come to a stage, or past it.
// It fails when the task ends without, and with ctx's error.
func (s *Server) AwaitStage(ctx context.Context, token string, stage Stage) error {
	return s.emulator.Reached(ctx, token, emulator.Stage(stage))
}

// Release lets a task, or a message to an agent, go on that a behavior holds (HoldAt), or
// will hold; an agent that is held while it starts goes by its guid. An unknown token does
// nothing.
func (s *Server) Release(token string) { s.emulator.Release(token) }

// FinishedAt is when the final event of a task, or of a message to an agent, was sent, or
// would have been if a behavior loses it. False while it runs, and for an unknown token.
func (s *Server) FinishedAt(token string) (time.Time, bool) { return s.emulator.FinishedAt(token) }

// SetSocketMode changes how the WebSocket server treats its clients, including those that are
// connected. SocketRefuse leaves connected ones alone.
func (s *Server) SetSocketMode(mode SocketMode) {
	s.emulator.SetSocketMode(emulator.SocketMode(mode))
}

// DropSockets closes every open socket abruptly, without a closing handshake.
func (s *Server) DropSockets() { s.emulator.DropSockets() }

// Sockets is how many sockets are open.
func (s *Server) Sockets() int { return s.emulator.Sockets() }

// AwaitSockets waits until exactly n sockets are open, or returns ctx's error.
func (s *Server) AwaitSockets(ctx context.Context, n int) error {
	return s.emulator.SocketsOpen(ctx, n)
}

// AwaitSubscriber waits until a socket has registered for a token, or returns ctx's error. A
// token that was never handed out is an error at once.
func (s *Server) AwaitSubscriber(ctx context.Context, token string) error {
	return s.emulator.Subscribed(ctx, token)
}

// Publish sends a text frame to every socket that has registered for a token, as if it were
// an event of Wiro: a final event that is not true, an unknown type, broken JSON. It reports
// whether the token was ever handed out.
func (s *Server) Publish(token, frame string) bool { return s.emulator.Publish(token, frame) }

// Balance is what the project of an API key can still spend, in USD; 0 for an unknown key.
func (s *Server) Balance(key string) float64 { return s.emulator.Balance(key) }

// SetBalance puts usd into the wallet of an API key's project. An unknown key does nothing.
func (s *Server) SetBalance(key string, usd float64) { s.emulator.SetBalance(key, usd) }

// TeamBalance is what a team can spend, in USD; 0 for an unknown guid.
func (s *Server) TeamBalance(guid string) float64 { return s.emulator.TeamBalance(guid) }

// SetTeamBalance puts usd into the wallet of a team. An unknown guid does nothing.
func (s *Server) SetTeamBalance(guid string, usd float64) { s.emulator.SetTeamBalance(guid, usd) }

// RemoveOrganization removes an organization as its owner would in the dashboard: its agents
// and projects go back to their personal workspaces. It reports whether there is one with
// this guid.
func (s *Server) RemoveOrganization(guid string) bool { return s.emulator.RemoveOrganization(guid) }

// Advance moves the clock of the agents forward and does what falls due on the way:
// subscriptions renew or expire, scheduled tasks run, old logs, invitations and half-finished
// connections go.
func (s *Server) Advance(d time.Duration) { s.emulator.Advance(d) }

// SetAgentCredits leaves an agent with this many credits in the present period. It reports
// whether there is one with this guid.
func (s *Server) SetAgentCredits(useragentguid string, remaining int) bool {
	return s.emulator.SetAgentCredits(useragentguid, remaining)
}

// AwaitAgent waits until the status of an agent no longer changes by itself, and returns it:
// 0 stopped, 4 running, 5 error, 6 setup required. It fails for an unknown guid, and with
// ctx's error.
func (s *Server) AwaitAgent(ctx context.Context, useragentguid string) (status int, err error) {
	return s.emulator.AgentAtRest(ctx, useragentguid)
}

// PlantedSecrets are all the secrets that the Server hands out of its own accord, in answers
// about agents and their credentials. A test searches what a program shows for them.
func PlantedSecrets() []string { return emulator.PlantedSecrets() }

// Settings are the environment variables, as NAME=value, that point wiro-mcp at the Server
// with the credentials of its first project.
func (s *Server) Settings() []string { return s.emulator.Settings() }
