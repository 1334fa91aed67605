// Package wiromcp gives AI assistants the Wiro platform through the Model Context Protocol,
// and Go programs the platform itself.
//
// NewClient calls the Wiro API: find a model, run it, wait for it over the WebSocket, upload
// files, work with agents. NewServer offers all of that as MCP tools, over stdio, over HTTP,
// or inside the program.
package wiromcp

import (
	"context"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/docsindex"
	"github.com/wiroai/wiro-mcp-go/internal/config"
	"github.com/wiroai/wiro-mcp-go/internal/docs"
	"github.com/wiroai/wiro-mcp-go/internal/fetch"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/internal/transport"
	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// The types that a caller meets.
type (
	// Client calls the Wiro API for one project.
	Client = wiro.Client
	// ClientOptions configure NewClient.
	ClientOptions = wiro.Options
	// Credentials are a project's API key and, where it signs requests, its secret.
	Credentials = wiro.Credentials
	// Secret is a text that prints as [set].
	Secret = wiro.Secret

	// Slug names a model as "owner/model".
	Slug = wiro.Slug
	// Model is a model of the marketplace.
	Model = wiro.Model
	// ModelQuery filters and pages a list of models.
	ModelQuery = wiro.ModelQuery
	// RunRequest asks for a run of a model.
	RunRequest = wiro.RunRequest
	// Submission is a run that Wiro accepted.
	Submission = wiro.Submission
	// Task is a run of a model.
	Task = wiro.Task
	// TaskRef names a task by token or id.
	TaskRef = wiro.TaskRef
	// TaskQuery pages tasks.
	TaskQuery = wiro.TaskQuery
	// Update is news of a task that is waited for.
	Update = wiro.Update
	// Output is what a task made.
	Output = wiro.Output
	// File is something to upload.
	File = wiro.File
	// APIError is Wiro saying no.
	APIError = wiro.APIError

	// Toolset is a group of tools.
	Toolset = tools.Toolset
	// ReportFunc takes a call's progress.
	ReportFunc = mcptool.ProgressFunc
	// HTTPSettings are an operator's settings of the HTTP server. Zero limits are the defaults.
	HTTPSettings = config.HTTP
	// Metrics count what the server and its client do.
	Metrics = transport.Metrics
	// Result is a tool call's outcome.
	Result = mcptool.Result
	// Tool is a tool: NewTool makes one of a program's own.
	Tool = mcptool.Tool
)

// What an *APIError can stand for; test with errors.Is.
var (
	ErrNotFound            = wiro.ErrNotFound
	ErrUnauthorized        = wiro.ErrUnauthorized
	ErrConcurrencyLimit    = wiro.ErrConcurrencyLimit
	ErrInsufficientBalance = wiro.ErrInsufficientBalance
	ErrSignInRequired      = wiro.ErrSignInRequired
	ErrRateLimited         = wiro.ErrRateLimited
	ErrUnreachable         = wiro.ErrUnreachable
	ErrUncertain           = wiro.ErrUncertain
)

// NewClient returns a client of the Wiro API. It opens no connection before the first call;
// Close it when done.
func NewClient(o ClientOptions) *Client { return wiro.New(o) }

// ParseSlug reads "owner/model".
func ParseSlug(text string) (Slug, error) { return wiro.ParseSlug(text) }

// ParseToolsets reads a comma-separated list of toolsets; "default" and "all" stand for
// theirs, and an empty text for the default.
func ParseToolsets(text string) ([]Toolset, error) { return tools.ParseToolsets(text) }

// ServerOptions configure NewServer. Only Client is needed.
type ServerOptions struct {
	// Client calls Wiro. Its credentials serve stdio and Call; over HTTP every request
	// brings its own.
	Client *Client

	Tools      []Tool        // of the program's own, made with NewTool; their names must be new
	Toolsets   []Toolset     // where nil the default ones, and those of Tools
	ReadOnly   bool          // only tools that change nothing
	RunTimeout time.Duration // how long run_model waits by default; 120 s where 0

	AllowPrivateURLs bool   // let upload_file and the documentation reach private addresses
	DocsURL          string // newer documentation on the web: a Markdown file or an index of pages
	DocsDir          string // newer documentation in a folder

	Metrics *Metrics // for /metrics; also the Observer of the client
	Log     zerolog.Logger
}

// Server offers the tools.
type Server struct {
	options ServerOptions
	tools   *tools.Server
	docs    *docs.Library
	mcp     func() *server.MCPServer
	drain   context.CancelFunc // ends what the tools know as their Drain

	mu  sync.Mutex
	web []*transport.HTTP // what Handler and ListenAndServe have made
}

const docsRefresh = time.Hour

// NewServer returns a server of the tools. It does nothing until it is asked to serve.
func NewServer(o ServerOptions) *Server {
	options := []docs.Option{docs.WithLogger(o.Log)}
	guarded := fetch.Client(o.AllowPrivateURLs)
	switch {
	case o.DocsURL != "":
		options = append(options, docs.WithSource(docs.URL(o.DocsURL, guarded), docsRefresh))
	case o.DocsDir != "":
		options = append(options, docs.WithSource(docs.Dir(o.DocsDir), docsRefresh))
	}
	draining, drain := context.WithCancel(context.Background())
	s := &Server{options: o, docs: docs.Open(docsindex.Pages(), options...), drain: drain}
	s.tools = tools.New(tools.Options{
		Wiro: o.Client, Docs: s.docs, Fetch: guarded, Own: o.Tools,
		Toolsets: o.Toolsets, ReadOnly: o.ReadOnly, RunTimeout: o.RunTimeout,
		Version: Version(), Log: o.Log, Drain: draining,
	})
	s.mcp = sync.OnceValue(s.tools.MCP)
	return s
}

// MCP returns the MCP server itself, to be served in ways that this package does not know.
// Its tools work with the credentials of the context (see WithCredentials), and with none
// where the context has none.
func (s *Server) MCP() *server.MCPServer { return s.mcp() }

// Tools lists the tools that are enabled.
func (s *Server) Tools() []Tool { return s.tools.Tools() }

// RefreshDocs takes in newer documentation, where DocsURL or DocsDir say that there is some.
// Servers do so by themselves, in the background.
func (s *Server) RefreshDocs(ctx context.Context) error { return s.docs.Refresh(ctx) }

// Call calls a tool in this process, with the credentials of the context (see
// WithCredentials) or else those of the client. A call that the tool refuses is a Result with IsError;
// an error is a tool that does not exist or is off. Report may be nil.
func (s *Server) Call(ctx context.Context, tool string, arguments map[string]any, report ReportFunc) (Result, error) {
	return s.tools.Call(ctx, tool, arguments, report)
}

// ServeStdio serves one client on these streams until the input or ctx ends, with the
// client's own credentials. It returns within a second after that.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go s.docs.Watch(ctx)
	go s.warm(ctx)
	return transport.Stdio(ctx, s.MCP(), in, out, s.options.Log)
}

// warm builds the index of the documentation once the client has had its start.
func (s *Server) warm(ctx context.Context) {
	const settled = 5 * time.Second
	select {
	case <-time.After(settled):
		s.docs.Warm()
	case <-ctx.Done():
	}
}

// Handler returns all of the HTTP server: MCP over Streamable HTTP at /v1 and /mcp, where
// every request brings its own credentials, /healthz, /readyz, /metrics, and the page at /.
// The error names a setting that makes no sense. When the program shuts down, Drain lets
// waits return first.
func (s *Server) Handler(settings HTTPSettings) (http.Handler, error) {
	h, err := s.http(settings)
	if err != nil {
		return nil, err
	}
	return h.Handler(), nil
}

// ListenAndServe serves Handler at the address of the settings until ctx ends, then lets
// calls in flight finish for the time of ShutdownGrace.
func (s *Server) ListenAndServe(ctx context.Context, settings HTTPSettings) error {
	h, err := s.http(settings)
	if err != nil {
		return err
	}
	go s.docs.Watch(ctx)
	return h.Serve(ctx)
}

func (s *Server) http(settings HTTPSettings) (*transport.HTTP, error) {
	h, err := transport.NewHTTP(transport.HTTPOptions{
		Tools: s.tools, Settings: settings, Docs: s.docs, WiroURL: s.options.Client.BaseURL(),
		Drain: s.drain, Metrics: s.options.Metrics, Version: Version(), Log: s.options.Log,
	})
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.web = append(s.web, h)
	}
	return h, err
}

// Drain ends the waits of all calls: each returns what it knows, and how to go on. Handlers
// are no longer ready from then on: /readyz says so.
func (s *Server) Drain() {
	s.drain()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.web {
		h.Drain()
	}
}

// NewMetrics returns metrics for Prometheus, in a registry of their own. They are the
// Observer of ClientOptions and the Metrics of ServerOptions.
func NewMetrics() *Metrics { return transport.NewMetrics(Version()) }

// Version is the version of this module: set by the build, or as Go recorded it; "dev"
// where neither is known.
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
