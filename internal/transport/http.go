package transport

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/config"
	"github.com/wiroai/wiro-mcp-go/internal/docs"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// endpoints are the paths of MCP.
var endpoints = []string{"/v1", "/mcp"}

// HTTPOptions configure NewHTTP. Only Tools is needed.
type HTTPOptions struct {
	Tools *tools.Server

	// Settings are the operator's. Where a limit is 0, that of config.DefaultHTTP holds.
	Settings config.HTTP

	// Docs are loaded at once, in the background; until they are, the server is not ready.
	// May be nil.
	Docs *docs.Library

	// WiroURL is the address of the Wiro API, without whose answer the server is not ready.
	// Nobody asks it where it has answered a call lately. May be "".
	WiroURL string

	// Drain is called once when the server starts to shut down: it closes what the tools
	// know as their Drain. May be nil.
	Drain func()

	Metrics *Metrics // also the Observer of the tools' wiro.Client; fresh ones where nil
	Version string
	Log     zerolog.Logger
}

// HTTP serves MCP to many callers at once, each with credentials of their own. It keeps
// nothing between requests: any replica can serve any of them.
type HTTP struct {
	tools    *tools.Server
	mcp      *server.MCPServer
	settings config.HTTP
	guard    *guard
	limits   *limits
	metrics  *Metrics
	ready    *readiness
	page     *page
	salt     []byte // of this process: hashes of keys mean nothing elsewhere
	logger   zerolog.Logger
	timeouts timeouts

	draining context.Context //nolint:containedctx // a state, done for good
	drain    func()
}

// NewHTTP returns the server; Serve or a server of one's own with Handler gives it an
// address. The error names a setting that makes no sense.
func NewHTTP(o HTTPOptions) (*HTTP, error) {
	if o.Tools == nil {
		return nil, errors.New("HTTPOptions.Tools is missing")
	}
	settings := withDefaults(o.Settings)
	hosts := settings.AllowedHosts
	if len(hosts) == 0 {
		hosts = domains(settings)
	}
	guard, err := newGuard(hosts, settings.AllowedOrigins, settings.TrustedProxies)
	if err != nil {
		return nil, err
	}
	limits, err := newLimits(settings)
	if err != nil {
		return nil, err
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(o.Version)
	}
	h := &HTTP{
		tools: o.Tools, settings: settings, guard: guard, limits: limits, metrics: o.Metrics,
		page: newPage(o.Tools, o.Version),
		salt: make([]byte, 32), logger: o.Log, timeouts: defaultTimeouts,
		mcp: o.Tools.MCP(),
	}
	_, _ = rand.Read(h.salt) // never fails
	var cancel context.CancelFunc
	h.draining, cancel = context.WithCancel(context.Background())
	h.drain = sync.OnceFunc(func() {
		cancel()
		if o.Drain != nil {
			o.Drain()
		}
	})
	h.ready = &readiness{
		docs: make(chan struct{}), draining: h.draining, last: &o.Metrics.lastAnswer, address: o.WiroURL,
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	go func() {
		defer close(h.ready.docs)
		if o.Docs != nil {
			o.Docs.Warm()
		}
	}()
	return h, nil
}

// Drain makes the server unready and ends what waits: waits return what they know, with how
// to go on, and streams of notifications close. Serve does it by itself; a program that
// serves Handler calls it before it shuts its own server down.
func (h *HTTP) Drain() { h.drain() }

// Handler is all of the server: MCP at /v1 and /mcp, /healthz, /readyz, /metrics, and the
// page at / that tells people how to connect.
func (h *HTTP) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, path := range endpoints {
		mux.HandleFunc(path, h.serveMCP)
		mux.HandleFunc(path+"/{$}", h.serveMCP)
	}
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("GET /readyz", h.ready.serveReady)
	mux.Handle("GET /metrics", h.metrics.Handler())
	mux.HandleFunc("GET /{$}", h.page.serve)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "Nothing is here. MCP is at /v1, and the page at / tells how to connect.\n")
	})
	return h.guard.wrap(mux, h.timeouts.body, func(status int, o origin) {
		h.log(entry{caller: caller{origin: o}, id: newRequestID(), status: status, outcome: refusals[status]})
	})
}

// withDefaults fills the limits that are left at 0.
func withDefaults(s config.HTTP) config.HTTP {
	d := config.DefaultHTTP()
	s.Listen = cmp.Or(s.Listen, d.Listen)
	s.TLSChallenge = cmp.Or(s.TLSChallenge, d.TLSChallenge)
	s.ShutdownGrace = cmp.Or(s.ShutdownGrace, d.ShutdownGrace)
	s.RatePerKey, s.BurstPerKey = cmp.Or(s.RatePerKey, d.RatePerKey), cmp.Or(s.BurstPerKey, d.BurstPerKey)
	s.Rate, s.Burst = cmp.Or(s.Rate, d.Rate), cmp.Or(s.Burst, d.Burst)
	s.WaitsPerKey, s.Waits = cmp.Or(s.WaitsPerKey, d.WaitsPerKey), cmp.Or(s.Waits, d.Waits)
	return s
}
