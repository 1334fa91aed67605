package wiromcp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/docsindex"
	"github.com/wiroai/wiro-mcp-go/internal/consent"
	"github.com/wiroai/wiro-mcp-go/internal/docs"
	"github.com/wiroai/wiro-mcp-go/internal/fetch"
	"github.com/wiroai/wiro-mcp-go/internal/logging"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/internal/transport"
	"github.com/wiroai/wiro-mcp-go/internal/transport/oauth"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// ServerOptions configure NewServer. Only Client is required.
type ServerOptions struct {
	// Client calls Wiro. Its credentials serve stdio and Call; over HTTP each request brings
	// its own. The server does not close it.
	Client *wiro.Client

	Tools      []Tool        // of the program's own, made with NewTool; their names must be new
	Toolsets   []Toolset     // if nil the default ones, and those of Tools
	ReadOnly   bool          // offer only tools that change nothing
	RunTimeout time.Duration // how long tools wait by default; if 0, 45 s, or longer for clients known to listen longer

	// Store remembers submitted runs, so that a repeated call finds its task and pays once, and
	// what was spent. If nil it is one in memory. The caller closes it after Shutdown.
	Store *Store
	// StopAbandoned stops the paid task of a call that its client canceled. A lost connection, or
	// a client whose time is up, stops nothing.
	StopAbandoned bool
	// QueueOnLimit has run_model wait for a slot, if the account runs as many tasks as it may.
	QueueOnLimit bool

	MaxCostPerRun *float64 // most that a run may cost in USD, 0 refuses paid runs; if nil there is no limit
	MaxCostPerDay *float64 // most that one caller may spend on a UTC day in USD; if nil there is no limit

	// MissingKey says, to the user of the MCP client of this name, how to get a key and where to
	// put it, if Client has none: tools that need one answer so over stdio and from Call. If nil,
	// Wiro's own refusal is shown.
	MissingKey func(client string) string

	// FilesDirs are the folders from which local files may be read, for calls with the client's
	// own credentials (ServeStdio, Call). If empty no local file is read. Requests over HTTP
	// never reach one.
	FilesDirs []string
	FilesHint string // how another folder is allowed, a sentence for users whose file is refused

	// OutputDir is where save_output saves files, for the same calls; it is made when it is
	// needed. If "" nothing is saved.
	OutputDir   string
	OutputHint  string // how another folder is chosen, a sentence for users
	SaveOutputs bool   // save the files of every finished run

	// InlineImages says which clients get a small picture in the result of a run: "auto" or ""
	// (those known to show one), "always" or "never".
	InlineImages string

	AllowPrivateURLs bool             // let upload_file and the documentation reach private addresses
	AllowedAddresses []netip.AddrPort // addresses that upload_file may reach although they are private
	FetchProxy       bool             // fetch addresses that callers name through HTTPS_PROXY, too
	DocsURL          string           // newer documentation on the web: a Markdown file or an index of pages
	DocsDir          string           // newer documentation in a folder

	Telemetry *Telemetry   // for /metrics and traces; also the Observer of the client
	Logger    *slog.Logger // never sees a key, a token, an argument or a result; nil logs nothing
}

// Server offers the tools. Shutdown ends it.
type Server struct {
	options ServerOptions
	log     zerolog.Logger
	tools   *tools.Server
	docs    *docs.Library
	consent *consent.Flows
	once    oauth.Once // what all HTTP servers share; nil: the store does
	mcp     func() *server.MCPServer

	running context.Context //nolint:containedctx // of what runs in the background, until Shutdown
	stop    context.CancelFunc
	drain   context.CancelFunc // ends waits early

	mu         sync.Mutex
	background sync.WaitGroup
	watching   bool
	web        []*transport.HTTP // that Handler and ListenAndServe made
}

const (
	docsRefresh = time.Hour
	warmDelay   = 5 * time.Second // over stdio: the client's start comes first
	keyDelay    = time.Second     // likewise
	keyTimeout  = 15 * time.Second
)

// NewServer returns a server of the tools. It starts nothing: what has to run in the background
// starts with the first request.
func NewServer(o ServerOptions) *Server {
	if o.Store == nil {
		o.Store, _ = OpenStore("memory", StoreOptions{}) // fails for a bad address only
	}
	s := &Server{options: o, log: logging.FromSlog(o.Logger).Hook(transport.TraceIDs{})}
	if o.Telemetry != nil {
		o.Telemetry.telemetry.SetUpstream(o.Client.BaseURL())
	}
	documentation := []docs.Option{docs.WithLogger(s.log)}
	switch {
	case o.DocsURL != "":
		documentation = append(documentation, docs.WithSource(docs.URL(o.DocsURL, fetch.OperatorClient(o.AllowPrivateURLs)), docsRefresh))
	case o.DocsDir != "":
		documentation = append(documentation, docs.WithSource(docs.Dir(o.DocsDir), docsRefresh))
	}
	var draining context.Context
	s.running, s.stop = context.WithCancel(context.Background())
	draining, s.drain = context.WithCancel(context.Background())
	s.docs = docs.Open(docsindex.Pages(), documentation...)
	readable, err := media.NewFolders(o.FilesDirs...)
	if err != nil {
		s.log.Error().Err(err).Msg("no local files are read")
	}
	fetching := fetch.Options{AllowPrivate: o.AllowPrivateURLs, Allowed: o.AllowedAddresses, Proxy: o.FetchProxy}
	s.consent = consent.NewFlows(o.Store.store, s.log)
	if o.Store.store.Alone() { // it forgets what is too much
		s.once = &oauth.Memory{}
	}
	s.tools = tools.New(tools.Options{
		Consents: s.consent,
		Local: tools.LocalFiles{
			Read: readable, ReadHint: o.FilesHint, OutputDir: o.OutputDir, OutputHint: o.OutputHint, SaveAll: o.SaveOutputs,
		},
		InlineImages: tools.InlineImages(o.InlineImages),
		Wiro:         o.Client, Docs: s.docs, Fetch: fetch.CallerClient(fetching), Files: fetch.WiroClient(fetching),
		MissingKey: o.MissingKey, Own: ownTools(o.Tools), Toolsets: convert[tools.Toolset](o.Toolsets), ReadOnly: o.ReadOnly, RunTimeout: o.RunTimeout,
		Limits: mcptool.SpendingLimits{PerRun: o.MaxCostPerRun, PerDay: o.MaxCostPerDay},
		Store:  o.Store.store, StopAbandoned: o.StopAbandoned, QueueOnLimit: o.QueueOnLimit,
		Version: Version(), Log: s.log, Drain: draining,
	})
	s.mcp = sync.OnceValue(s.tools.MCP)
	return s
}

// MCP returns the MCP server itself, for transports that this package does not have. Its tools
// use the credentials of the context (see WithCredentials), and none if the context has none.
func (s *Server) MCP() *server.MCPServer { return s.mcp() }

// Tools lists the tools that are enabled.
func (s *Server) Tools() []Tool {
	enabled := s.tools.Tools()
	list := make([]Tool, len(enabled))
	for i, t := range enabled {
		list[i] = toolOf(t)
	}
	return list
}

// RefreshDocs fetches newer documentation now, if DocsURL or DocsDir is set. A server that
// serves does so by itself, at its start and every hour.
func (s *Server) RefreshDocs(ctx context.Context) error { return s.docs.Refresh(ctx) }

// Call calls a tool in this process, with the credentials of the context (see WithCredentials)
// or else those of the client. If the tool refuses the call, IsError of the Result is
// true; an error means that the tool does not exist or is off. report may be nil.
func (s *Server) Call(ctx context.Context, tool string, arguments map[string]any, report ReportFunc) (Result, error) {
	result, err := s.tools.Call(ctx, tool, arguments, mcptool.ProgressFunc(report))
	return Result(result), err
}

// Sessions is the number of realtime sessions that the server holds: they go on when the calls
// that started them have returned, and Shutdown ends them.
func (s *Server) Sessions() int { return s.tools.Sessions() }

// ServeStdio serves one client on these streams until the input ends, ctx ends, or the server
// is shut down. It uses the client's own credentials. Waits then return what they know at once,
// other calls have 1.5 s to finish, and ServeStdio returns within two seconds.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.consent.Close() // its pages were for this client
	defer context.AfterFunc(s.running, cancel)()
	s.start()
	ended := make(chan struct{})
	defer close(ended)
	s.goBackground(func(context.Context) { <-ended }) // Shutdown waits for it
	s.goBackground(func(running context.Context) {
		select {
		case <-time.After(warmDelay):
			s.docs.Warm()
		case <-ctx.Done():
		case <-running.Done():
		}
	})
	if s.options.MissingKey == nil {
		s.goBackground(func(context.Context) { s.noticeKey(ctx) })
	}
	return transport.Stdio(ctx, s.MCP(), in, out, s.log, s.options.Telemetry.internal())
}

// noticeKey lets the first result say that Wiro refuses the server's own key, even if the call
// needed none.
func (s *Server) noticeKey(ctx context.Context) {
	select {
	case <-time.After(keyDelay):
	case <-ctx.Done():
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keyTimeout)
	defer cancel()
	if _, err := s.options.Client.Tasks.List(ctx, wiro.TaskQuery{Limit: 1}); errors.Is(err, wiro.ErrUnauthorized) {
		s.tools.Notify("Wiro refuses the API key of this server: calls that need it will fail. Check it at https://wiro.ai/panel/project.")
	}
}

// start runs in the background what a server needs that serves.
func (s *Server) start() {
	s.mu.Lock()
	started := s.watching
	s.watching = true
	s.mu.Unlock()
	if !started {
		s.goBackground(s.docs.Watch)
	}
}

// goBackground runs f until Shutdown, which waits for it. After Shutdown it does nothing.
func (s *Server) goBackground(f func(context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running.Err() == nil {
		s.background.Go(func() { f(s.running) })
	}
}

// Handler returns a handler of everything that is served over HTTP: MCP at /v1 and /mcp, where
// each request brings its own credentials, /healthz, /readyz, /metrics, and the page at /. The
// error names the options that are wrong. Shutdown lets waits return and waits for requests.
func (s *Server) Handler(o HTTPOptions) (http.Handler, error) {
	h, err := s.http(o)
	if err != nil {
		return nil, err
	}
	return h.Handler(), nil
}

// ListenAndServe serves Handler at o.Listen until ctx ends or the server is shut down. Calls in
// flight then have o.ShutdownGrace to finish.
func (s *Server) ListenAndServe(ctx context.Context, o HTTPOptions) error {
	h, err := s.http(o)
	if err != nil {
		return err
	}
	return optionErrors(h.Serve(ctx))
}

func (s *Server) http(o HTTPOptions) (*transport.HTTP, error) {
	var documents *http.Client // clients on this machine register; no document is needed
	if o.PublicURL != "" {
		documents = fetch.CallerClient(fetch.Options{Proxy: s.options.FetchProxy})
	}
	h, err := transport.NewHTTP(transport.Backend{
		Tools: s.tools, Docs: s.docs, WiroURL: s.options.Client.BaseURL(), Start: s.start,
		Telemetry: s.options.Telemetry.internal(), Version: Version(), Log: s.log,
		CheckKey: s.checkKey, Fetch: documents, Store: s.options.Store.store, Consents: s.consent, Once: s.once,
	}, transport.HTTPOptions(o))
	if err != nil {
		return nil, optionErrors(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.web = append(s.web, h)
	return h, nil
}

// checkKey asks Wiro with a free call whether it accepts credentials.
func (s *Server) checkKey(ctx context.Context, c wiro.Credentials) error {
	_, err := s.options.Client.WithCredentials(c).Tasks.List(ctx, wiro.TaskQuery{Limit: 1})
	return err
}

// Drain ends the waits of all calls: each returns what it knows, and how to go on. /readyz
// answers 503 from then on. Requests are still served: Shutdown ends them.
func (s *Server) Drain() {
	s.drain()
	for _, h := range s.handlers() {
		h.Drain()
	}
}

func (s *Server) handlers() []*transport.HTTP {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.web
}

// Shutdown drains the server, closes the listeners of ListenAndServe, ends ServeStdio, and
// waits for all requests in flight and for everything that runs in the background. It returns
// the context's error if ctx ends before that. The Client stays open: Close it afterwards.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	var faults []error
	for _, h := range s.handlers() {
		faults = append(faults, h.Shutdown(ctx))
	}
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.consent.Close()
		s.background.Wait()
		_ = s.tools.Join(ctx) // requests whose calls are over
	}()
	select {
	case <-done:
	case <-ctx.Done():
		faults = append(faults, ctx.Err())
	}
	return errors.Join(faults...)
}

// Version is the version of this module: set by the build, or as Go recorded it; "dev" if neither
// is known.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	for _, module := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if module.Path == "github.com/wiroai/wiro-mcp-go" && module.Version != "" && module.Version != "(devel)" {
			return module.Version
		}
	}
	return "dev"
}

// version is set with -ldflags "-X github.com/wiroai/wiro-mcp-go.version=1.2.3".
var version string
