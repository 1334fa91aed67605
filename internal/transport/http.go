package transport

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/wiroai/wiro-mcp-go/internal/consent"
	"github.com/wiroai/wiro-mcp-go/internal/docs"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/internal/transport/oauth"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// endpoints are the paths of MCP.
var endpoints = []string{"/v1", "/mcp"}

// Backend is what the HTTP server serves. Only Tools is required.
type Backend struct {
	Tools *tools.Server

	// Docs are loaded in the background once the server is used; until then it is not ready.
	// May be nil.
	Docs *docs.Library

	// WiroURL is the address of the Wiro API. The server is ready only if Wiro answers there;
	// it is asked only if it has answered no call lately. "" skips the check.
	WiroURL string

	// Start is called before each request and must return at once: it starts what runs in the
	// background. May be nil.
	Start func()

	// CheckKey asks Wiro with one free call whether it accepts credentials; the error is
	// wiro.ErrUnauthorized if it does not. OAuth needs it.
	CheckKey func(ctx context.Context, c wiro.Credentials) error
	// Fetch fetches documents of OAuth clients from public addresses. If nil, such clients are
	// not supported.
	Fetch *http.Client
	// Store holds what replicas share: used OAuth codes, and the requests of each key if it is
	// one of several machines. Nil keeps both in this process.
	Store *store.Store
	// Consents serves the page that browsers come back to from a consent. May be nil.
	Consents *consent.Flows
	// Once remembers used OAuth codes, instead of Store.
	Once oauth.Once

	Telemetry *Telemetry // also the Observer of the tools' client; a new one without traces if nil
	Version   string
	Log       zerolog.Logger
}

// HTTP serves MCP to many callers at once, each with credentials of their own. It keeps
// nothing between requests: any replica can serve any of them.
type HTTP struct {
	Backend
	dispatcher dispatcher
	options    HTTPOptions
	guard      *guard
	limits     *limits
	shared     *sharedRate // nil: no other replica counts
	record     recorder
	bodies     *bodyBudget
	ready      *readiness
	page       *page
	oauth      *oauth.Server // nil: off
	salt       []byte        // of this process: hashes of keys mean nothing elsewhere
	timeouts   timeouts
	inFlight   tracker
	hijacked   hijackedSet

	draining context.Context //nolint:containedctx // a state, done for good
	drain    context.CancelFunc

	mu      sync.Mutex
	servers []*http.Server // those that Serve runs
	admin   *http.Server   // the one for operators; may be nil
	closed  chan struct{}  // by Shutdown
	close   func()
}

// NewHTTP returns a server. Serve gives it an address, or a program serves Handler itself. The
// error names every option that is wrong, as an *OptionError.
func NewHTTP(b Backend, o HTTPOptions) (*HTTP, error) {
	if b.Tools == nil {
		return nil, errors.New("Backend.Tools is missing") //nolint:revive // the field's name
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	guard, err := newGuard(o)
	if err != nil {
		return nil, err
	}
	limits, err := newLimits(o)
	if err != nil {
		return nil, err
	}
	if b.Telemetry == nil {
		b.Telemetry = NewTelemetry(b.Version, nil)
	}
	if b.Start == nil {
		b.Start = func() {}
	}
	if b.Once == nil && b.Store != nil && !b.Store.Alone() {
		b.Once = storeOnce{b.Store}
	}
	h := &HTTP{
		Backend: b, shared: newSharedRate(b.Store, o), options: o, guard: guard, limits: limits, bodies: newBodyBudget(o.MaxBody),
		page: newPage(b.Tools, b.Version, o.DemoKey), record: b.Telemetry.with(b.Log),
		salt: make([]byte, 32), timeouts: defaultTimeouts, dispatcher: dispatcher{b.Tools.MCP(), b.Tools.Server, b.Log, b.Tools.Plain},
	}
	_, _ = rand.Read(h.salt) // never fails
	if h.oauth, err = newOAuth(h); err != nil {
		return nil, err
	}
	h.draining, h.drain = context.WithCancel(context.Background())
	h.closed = make(chan struct{})
	h.close = sync.OnceFunc(func() { close(h.closed) })
	shared := newStoreCheck(b.Store, b.Log)
	shared.register(b.Telemetry.metrics)
	b.Telemetry.metrics.expect(h.dispatcher.mcp)
	h.ready = newReadiness(h.draining, b, shared)
	return h, nil
}

// Drain makes the server unready. Requests are still served.
func (h *HTTP) Drain() { h.drain() }

// Shutdown drains the server, closes the listeners of Serve, and waits until no request is in
// flight. If ctx ends before that, requests to Serve's listeners are cut off, and Shutdown
// returns the context's error.
func (h *HTTP) Shutdown(ctx context.Context) error {
	h.Drain()
	h.mu.Lock()
	h.close()
	servers, admin := h.servers, h.admin
	h.mu.Unlock()
	var group errgroup.Group
	for _, s := range servers {
		group.Go(func() error {
			err := s.Shutdown(ctx)
			if err != nil {
				_ = s.Close() // the error is ctx's
			}
			return err
		})
	}
	err := errors.Join(group.Wait(), h.inFlight.wait(ctx))
	h.hijacked.cut() // none is left unless ctx ended
	h.ready.close()
	if admin != nil { // last, so that operators can watch the rest
		_ = admin.Close()
	}
	return err
}

// Handler serves everything: MCP at /v1 and /mcp, /healthz, /readyz, /metrics, the page that browsers
// come back to from a consent at /connected/, and the page at
// / that shows people how to connect.
func (h *HTTP) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, path := range endpoints {
		mux.HandleFunc(path, h.serveMCP)
		mux.HandleFunc(path+"/{$}", h.serveMCP)
	}
	mux.HandleFunc("GET /healthz", serveHealth)
	if h.options.AdminListen == "" {
		mux.HandleFunc("GET /readyz", h.ready.serveReady)
		mux.Handle("GET /metrics", h.Telemetry.Metrics().Handler())
	} else {
		mux.HandleFunc("GET /readyz", h.ready.servePlain)
	}
	mux.HandleFunc("GET /{$}", h.page.serve)
	if h.Consents != nil {
		mux.HandleFunc(consent.Path, h.serveConnected)
	}
	if h.oauth != nil {
		h.oauth.Register(mux)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		text := "Not found. MCP is at /v1; the page at / shows how to connect."
		if h.oauth == nil && isOAuth(r.URL.Path) {
			if r.Method == http.MethodPost {
				serveNoOAuth(w, r)
				return
			}
			text = noOAuth
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, text+"\n") // an error: the client is gone
	})
	guarded := h.guard.wrap(mux, h.timeouts.body, func(status int, p peer) {
		h.record.end(context.Background(), &activity{caller: caller{peer: p}, id: newRequestID(), status: status, outcome: refusals[status]})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.Start()
		h.ready.start()
		defer h.inFlight.begin()()
		guarded.ServeHTTP(w, r)
	})
}

// tracker counts what is in flight.
type tracker struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n is 0 again; nil while nobody waits
}

// begin counts one more, until end.
func (t *tracker) begin() (end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.n--; t.n == 0 && t.idle != nil {
			close(t.idle)
			t.idle = nil
		}
	}
}

// wait waits until nothing is in flight, or until ctx ends.
func (t *tracker) wait(ctx context.Context) error {
	t.mu.Lock()
	if t.n == 0 {
		t.mu.Unlock()
		return nil
	}
	if t.idle == nil {
		t.idle = make(chan struct{})
	}
	idle := t.idle
	t.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitFor is wait with a limit of time.
func (t *tracker) waitFor(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return t.wait(ctx)
}
