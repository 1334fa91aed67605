// Package emulator emulates the Wiro API over HTTP and WebSocket, so that everything
// built on that API can be tried and tested with no key, no cost and no network.
//
// It is written from the public documentation of the API alone and shares no code with
// the client of this project: a mistake in one shows against the other. Models run in
// the documented stages, charge what their prices say, and leave real files behind that
// open in a viewer. Models of the owner "sandbox" misbehave on purpose, each in the way
// its description says, and Behave makes any model or endpoint do the same.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Projects that exist when Options.Keys is empty.
const (
	// DemoKey is the API key of a project that authenticates by key alone.
	DemoKey = "sandbox-demo-key"
	// DemoSignedKey is the API key of a project that signs its requests.
	DemoSignedKey = "sandbox-signed-key"
	// DemoSignedSecret is the secret of DemoSignedKey's project.
	DemoSignedSecret = "sandbox-signed-secret" //nolint:gosec // opens nothing but this emulator
	// DemoBalance is what each demo project starts with, in USD: enough to have no
	// concurrency limit.
	DemoBalance = 1000.0
)

// Where the parts of the emulator live on its server. None is the root, so that a client
// that drops the path of its base URL fails at once.
const (
	apiPath    = "/api/v1/"
	socketPath = "/socket/v1"
	cdnPath    = "/cdn/"
)

// Options sets up a sandbox. The zero value runs as fast as possible, with the demo keys
// and nothing recorded.
type Options struct {
	// Pace scales how long every stage takes: 1 is believable (an image takes seconds, a
	// video most of a minute), 0.1 ten times as fast, 0 does not wait at all. Costs and
	// elapsed seconds do not depend on it.
	Pace float64
	// Keys are the projects that exist. Empty: the two demo projects.
	Keys []Key
	// Seed makes tokens and ids repeat from one sandbox to the next. 0 picks one at random.
	Seed uint64
	// Log receives one debug line a request. The zero value logs nothing.
	Log zerolog.Logger
	// Record keeps every request for Requests.
	Record bool
	// MaxRequests bounds the record, oldest forgotten first. 0 means 10,000.
	MaxRequests int
	// MaxTasks bounds how many finished tasks are remembered, oldest forgotten first.
	// 0 means 10,000.
	MaxTasks int
	// MaxStoredBytes bounds the files that uploads leave behind, oldest forgotten first.
	// 0 means 1 GiB.
	MaxStoredBytes int64
	// AllowCallbacks lets callback URLs reach beyond loopback addresses.
	AllowCallbacks bool
	// PingInterval is how often a socket is pinged. 0 means 20 s.
	PingInterval time.Duration
	// PublicURL is the origin ("https://host:port") that URLs of files start with.
	// Empty: the origin that the request itself was sent to.
	PublicURL string
}

// Key is one project: the credentials that open it and the wallet behind it.
type Key struct {
	// Key is the API key. Secret switches the project to signed requests.
	Key, Secret string
	// ID is the project's id, for the parameter projectid of a run. Empty: made up.
	ID string
	// Name is what people call the project.
	Name string
	// Account groups projects of one owner: a run may bill another of them through
	// projectid. Empty: an account of its own.
	Account string
	// Balance is what the project can spend, in USD.
	Balance float64
	// AllowedIPs are the addresses or CIDR ranges that may use the project. Empty: all.
	AllowedIPs []string
	// BlockedModels are slugs of models that the project may not run: tool-not-accessible.
	BlockedModels []string
	// RateLimit is how many requests a second the project may make before HTTP 429, with
	// bursts of as many. 0: no limit.
	RateLimit float64
	// Suspended refuses every run: "Your account has been suspended. ...".
	Suspended bool
	// Guest is not signed in: models for members refuse it with code 98.
	Guest bool
}

// Server is one emulated Wiro. Use New, then Start or Handler, then Close. Its methods
// may be called from several goroutines.
type Server struct {
	opts      Options
	ids       *ids
	endpoints map[string]endpoint
	prefixes  map[string]endpoint
	projects  map[string]*project
	hub       *hub
	behaviors behaviors
	record    record
	tasks     *taskStore
	files     *fileStore
	models    *catalog
	pages     *pageCache
	chats     *chats
	rendered  *renderCache
	agents    *agents

	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	work     work
	server   *http.Server
	listener net.Listener
	client   *http.Client // for callbacks
}

// New returns a sandbox that nothing reaches yet: Start gives it an address, Handler
// hands it to a server of your own. Close it when done.
//
// It panics where opts make no sense: a key that is empty or given twice, an AllowedIPs
// entry that is no address.
func New(opts Options) *Server {
	if len(opts.Keys) == 0 {
		opts.Keys = demoKeys()
	}
	opts.MaxRequests = orDefault(opts.MaxRequests, 10_000)
	opts.MaxTasks = orDefault(opts.MaxTasks, 10_000)
	opts.MaxStoredBytes = orDefault(opts.MaxStoredBytes, 1<<30)
	opts.PingInterval = orDefault(opts.PingInterval, 20*time.Second)
	opts.PublicURL = strings.TrimSuffix(opts.PublicURL, "/")

	s := &Server{
		opts:      opts,
		ids:       newIDs(opts.Seed),
		endpoints: map[string]endpoint{},
		prefixes:  map[string]endpoint{},
		chats:     newChats(),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.projects = newProjects(opts.Keys, s.ids)
	s.hub = newHub(s)
	s.record = newRecord(opts)
	s.models = loadCatalog()
	s.pages = &pageCache{models: s.models}
	s.rendered = newRenderCache()
	s.behaviors = newBehaviors(s.models)
	s.tasks = newTaskStore(opts.MaxTasks)
	s.files = newFileStore(s.ids, opts.MaxStoredBytes)
	s.client = newCallbackClient(opts.AllowCallbacks)
	for _, install := range []func(*Server){
		installModels, installRun, installTasks, installFiles, installAgents,
	} {
		install(s)
	}
	return s
}

func demoKeys() []Key {
	return []Key{
		{Key: DemoKey, ID: "1001", Name: "Demo", Account: "demo", Balance: DemoBalance},
		{Key: DemoSignedKey, Secret: DemoSignedSecret, ID: "1002", Name: "Demo, signed", Account: "demo", Balance: DemoBalance},
	}
}

// Start serves on addr ("host:port"; "" means a free port of 127.0.0.1) until Close.
func (s *Server) Start(addr string) error {
	if s.listener != nil {
		return errors.New("emulator: already started")
	}
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := new(net.ListenConfig).Listen(s.ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	s.listener = listener
	s.server = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	s.work.goDo(func() { _ = s.server.Serve(listener) })
	return nil
}

// Close stops the server, ends every task and socket where it stands, deletes the stored
// files, and returns when the last goroutine of the sandbox has. It may be called twice.
func (s *Server) Close() {
	s.cancel()
	if s.server != nil {
		_ = s.server.Close()
	}
	s.hub.closeAll()
	s.work.wait()
	s.client.CloseIdleConnections()
	s.files.removeAll()
}

// APIURL is the base URL of the API, without a slash at its end. Empty before Start.
func (s *Server) APIURL() string {
	if s.listener == nil {
		return ""
	}
	return "http://" + s.listener.Addr().String() + strings.TrimSuffix(apiPath, "/")
}

// SocketURL is the address of the WebSocket. Empty before Start.
func (s *Server) SocketURL() string {
	if s.listener == nil {
		return ""
	}
	return "ws://" + s.listener.Addr().String() + socketPath
}

// pause waits for d of believable time. It reports false when ctx ended first.
func (s *Server) pause(ctx context.Context, d time.Duration) bool {
	return sleep(ctx, time.Duration(float64(d)*s.opts.Pace))
}

// sleep waits for d of real time. It reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// work counts what runs on behalf of a sandbox. Unlike a bare WaitGroup it may be asked
// to start more while somebody waits: after wait has begun, it declines.
type work struct {
	mu     sync.Mutex
	group  sync.WaitGroup
	closed bool
}

// begin reports whether work may start; each true is paired with one done.
func (w *work) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.group.Add(1)
	return true
}

func (w *work) done() { w.group.Done() }

// goDo runs f in a goroutine of its own, unless the sandbox is closing.
func (w *work) goDo(f func()) {
	if !w.begin() {
		return
	}
	go func() {
		defer w.done()
		f()
	}()
}

func (w *work) wait() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.group.Wait()
}

func orDefault[T int | int64 | time.Duration](value, fallback T) T {
	if value <= 0 {
		return fallback
	}
	return value
}
