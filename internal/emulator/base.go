// Package core is what the rooms of the emulator share: requests and answers, projects and
// wallets, sockets, stored files, behaviors and the record of what was asked.
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
)

// A base is what all rooms of the emulator share: it reads and answers requests, knows the
// projects and their wallets, and holds sockets, files and behaviors. Its methods may be
// called from several goroutines.
type base struct {
	opts      Options
	ids       *ids
	endpoints map[string]endpoint
	prefixes  map[string]endpoint
	routes    map[string]route // beside the API, by prefix of the path
	projects  map[string]*project
	hub       *hub
	behaviors behaviors
	record    record
	files     *fileStore
	// mayRun, where set, is asked before a project runs a model, by the model's id.
	mayRun func(p *project, model int) error

	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	work     work
	server   *http.Server
	listener net.Listener
	client   *http.Client // for callbacks
}

// newBase returns a base without endpoints.
//
// It panics where opts make no sense: a key that is empty or given twice, an AllowedIPs
// entry that is no address.
func newBase(opts Options) *base {
	if len(opts.Keys) == 0 {
		opts.Keys = demoKeys()
	}
	opts.MaxRequests = orDefault(opts.MaxRequests, 10_000)
	opts.MaxTasks = orDefault(opts.MaxTasks, 10_000)
	opts.MaxStoredBytes = orDefault(opts.MaxStoredBytes, 1<<30)
	opts.PingInterval = orDefault(opts.PingInterval, 20*time.Second)
	opts.PublicURL = strings.TrimSuffix(opts.PublicURL, "/")

	s := &base{
		opts:      opts,
		ids:       newIDs(opts.Seed),
		endpoints: map[string]endpoint{},
		prefixes:  map[string]endpoint{},
		routes:    map[string]route{},
		behaviors: newBehaviors(),
		record:    newRecord(opts),
		client:    newCallbackClient(opts.AllowCallbacks),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.projects = newProjects(opts.Keys, s.ids)
	s.hub = newHub(s)
	s.files = newFileStore(s.ids, opts.MaxStoredBytes)
	return s
}

func demoKeys() []Key {
	return []Key{
		{Key: DemoKey, ID: "1001", Name: "Demo", Account: "demo", Balance: DemoBalance},
		{Key: DemoSignedKey, Secret: DemoSignedSecret, ID: "1002", Name: "Demo, signed", Account: "demo", Balance: DemoBalance},
	}
}

// Start serves on addr ("host:port"; "" means a free port of 127.0.0.1) until Close.
func (s *base) Start(addr string) error {
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
func (s *base) Close() {
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
func (s *base) APIURL() string {
	if s.listener == nil {
		return ""
	}
	return "http://" + s.listener.Addr().String() + strings.TrimSuffix(apiPath, "/")
}

// SocketURL is the address of the WebSocket. Empty before Start.
func (s *base) SocketURL() string {
	if s.listener == nil {
		return ""
	}
	return "ws://" + s.listener.Addr().String() + socketPath
}

// pause waits for d of believable time. It reports false when ctx ended first.
func (s *base) pause(ctx context.Context, d time.Duration) bool {
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
