package core

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A Server is what all rooms of the emulator share: it reads and answers requests, knows the
// projects and their wallets, and holds sockets, files and behaviors. Its methods may be
// called from several goroutines.
type Server struct {
	Options   Options
	IDs       *IDs
	endpoints map[string]Endpoint
	prefixes  map[string]Endpoint
	Routes    map[string]route // beside the API, by prefix of the path
	Projects  map[string]*Project
	Hub       *hub
	Behaviors behaviors
	record    record
	Files     *fileStore
	// mayRun, where set, is asked before a project runs a model, by the model's id.
	MayRun func(p *Project, model int) error

	Context  context.Context // ends with Close
	cancel   context.CancelFunc
	Work     work
	server   *http.Server
	listener net.Listener
	client   *http.Client // for callbacks
}

// New returns a base without endpoints.
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
		Options:   opts,
		IDs:       newIDs(opts.Seed),
		endpoints: map[string]Endpoint{},
		prefixes:  map[string]Endpoint{},
		Routes:    map[string]route{},
		Behaviors: newBehaviors(),
		record:    newRecord(opts),
		client:    newCallbackClient(opts.AllowCallbacks),
	}
	s.Context, s.cancel = context.WithCancel(context.Background())
	s.Projects = newProjects(opts.Keys, s.IDs)
	s.Hub = newHub(s)
	s.Files = newFileStore(s.IDs, opts.MaxStoredBytes)
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
	listener, err := new(net.ListenConfig).Listen(s.Context, "tcp", addr)
	if err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	s.listener = listener
	s.server = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	s.Work.GoDo(func() { _ = s.server.Serve(listener) })
	return nil
}

// Close stops the server, ends every task and socket where it stands, deletes the stored
// files, and returns when the last goroutine of the emulator has. It may be called twice.
func (s *Server) Close() {
	s.cancel()
	if s.server != nil {
		_ = s.server.Close()
	}
	s.Hub.closeAll()
	s.Work.wait()
	s.client.CloseIdleConnections()
	s.Files.removeAll()
}

// APIURL is the base URL of the API, without a slash at its end. Empty before Start.
func (s *Server) APIURL() string {
	if s.listener == nil {
		return ""
	}
	return "http://" + s.listener.Addr().String() + strings.TrimSuffix(APIPath, "/")
}

// SocketURL is the address of the WebSocket. Empty before Start.
func (s *Server) SocketURL() string {
	if s.listener == nil {
		return ""
	}
	return "ws://" + s.listener.Addr().String() + socketPath
}

// Pause waits for d of believable time. It reports false when ctx ended first.
func (s *Server) Pause(ctx context.Context, d time.Duration) bool {
	return Sleep(ctx, time.Duration(float64(d)*s.Options.Pace))
}

// Sleep waits for d of real time. It reports false when ctx ended first.
func Sleep(ctx context.Context, d time.Duration) bool {
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

// work counts what runs on behalf of an emulator. Unlike a bare WaitGroup it may be asked
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

// GoDo runs f in a goroutine of its own, unless the emulator is closing.
func (w *work) GoDo(f func()) {
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
