package tools

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/consent"
	"github.com/wiroai/wiro-mcp-go/internal/docs"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// Options configure New.
type Options struct {
	Wiro  *wiro.Client   // calls Wiro; its credentials serve requests of mcptool.ServerCredentials alone
	Docs  *docs.Library  // what search_docs and read_doc read
	Fetch *http.Client   // for addresses that callers name; must be guarded
	Files *http.Client   // for files that Wiro names; must be guarded; Fetch where nil
	Own   []mcptool.Tool // tools of the program, beside the catalog

	Limits mcptool.SpendingLimits // the most that callers may spend; requests narrow them

	// MissingKey answers calls with mcptool.ServerCredentials that need a key, where Wiro has none.
	// It is given the MCP client's name. May be nil.
	MissingKey func(client string) string

	Toolsets   []Toolset     // DefaultToolsets and those of the program's own tools where nil
	ReadOnly   bool          // only tools that change nothing
	RunTimeout time.Duration // how long tools wait where the caller does not say; where 0, 45 s, or longer for clients that are known to listen longer
	Version    string
	Log        zerolog.Logger

	// Store remembers runs for calls that are repeated, and what else must be remembered; one in
	// memory where nil. The caller closes it.
	Store *store.Store
	// Consents follows what users allow on a page of ours; without one, calls say where the
	// browser goes. May be nil.
	Consents *consent.Flows
	// StopAbandoned stops the task of a call that its client canceled. A lost connection, or a
	// client whose time is up, stops nothing.
	StopAbandoned bool
	// QueueOnLimit waits for a slot, within the call's wait, where the account runs as many
	// tasks as it may.
	QueueOnLimit bool

	// SessionPace is how fast sound is sent to realtime models: 1, that of speech, where 0; less
	// than 0 does not wait at all.
	SessionPace float64

	// Local is what callers with the server's own credentials may do with local files.
	Local LocalFiles
	// InlineImages says which clients get a picture in the result of a run.
	InlineImages InlineImages

	// Drain ends waits early, with what they know and how to go on: a server that shuts
	// down ends it. May be nil.
	Drain context.Context
}

// Server offers the tools, the documentation as resources, and prompts.
type Server struct {
	*mcptool.Server
	options  Options
	models   *modelCache
	sessions realtime.Host
	toolsets []Toolset // all that exist
	defaults []Toolset
}

// Call is what a handler works with: Wiro as the caller, and the call's own circumstances.
type Call struct {
	*mcptool.Call
	Wiro  *wiro.Client // with the caller's credentials
	Docs  *docs.Library
	Fetch *http.Client // guarded, for addresses that callers name
	Files *http.Client // guarded, for those that Wiro names
	Store *store.Store

	Local    LocalFiles
	consents *consent.Flows

	models   *modelCache
	sessions *realtime.Host
	pace     float64                // of sound in sessions
	limits   mcptool.SpendingLimits // of this caller's runs
	proven   bool                   // Wiro accepted the key during this call: see proveKey

	log            zerolog.Logger
	inlineImages   InlineImages
	stopsAbandoned bool
	queuesOnLimit  bool

	sealed   sync.Once
	identity store.Caller // see caller

	plan   *plannedRun // of run_model, once it is checked
	launch *launch     // of run_model, once it is remembered
	team   string      // of the agent that the call is about, once it was looked at and if the caller named none
}

// New returns a server of the tools that the options enable. A tool of the program that has
// the name of another one panics.
func New(o Options) *Server {
	if o.Store == nil {
		o.Store, _ = store.Open("memory", store.Options{}) // fails for other addresses only
	}
	if o.SessionPace == 0 {
		o.SessionPace = 1
	}
	s := &Server{options: o, models: newModelCache(), toolsets: slices.Clone(AllToolsets), defaults: slices.Clone(DefaultToolsets)}
	for _, t := range o.Own {
		if !slices.Contains(s.toolsets, t.Toolset) {
			s.toolsets, s.defaults = append(s.toolsets, t.Toolset), append(s.defaults, t.Toolset)
		}
	}
	if o.Toolsets == nil {
		o.Toolsets = s.defaults
	}
	s.Server = mcptool.New(mcptool.Options{
		Name: "wiro-mcp", Version: o.Version, Tools: append(All(), o.Own...),
		Toolsets: o.Toolsets, ReadOnly: o.ReadOnly, WaitTimeout: o.RunTimeout, Drain: o.Drain, Log: o.Log,
		Prepare: s.prepare, Explain: explainTo,
		UseOnce: func(ctx context.Context, token string, ttl time.Duration) (bool, error) {
			return o.Store.Use(ctx, "confirmation", token, time.Now().Add(ttl))
		},
		ContextArguments: []string{"useragentguid", "teamguid", "sessionkey"}, CarriedArguments: []string{"teamguid"},
	})
	return s
}

// Sessions is the number of realtime sessions that go on.
func (s *Server) Sessions() int { return s.sessions.Len() }

// ParseToolsets is the package's, with the toolsets of the program's own tools.
func (s *Server) ParseToolsets(text string) ([]Toolset, error) {
	return mcptool.ParseToolsets(text, s.toolsets, s.defaults)
}

// Toolsets lists every toolset that exists, those of the program's own tools last.
func (s *Server) Toolsets() []Toolset { return s.toolsets }

// prepare gives a call its client.
func (s *Server) prepare(_ context.Context, call *mcptool.Call) error {
	client, err := s.client(call.Scope, call.Tool.Public)
	if err != nil {
		return err
	}
	if _, own := call.Scope.Caller.(mcptool.ServerCredentials); own && s.options.MissingKey != nil && !call.Tool.Public && !call.Tool.Offline {
		return mcptool.Problemf("%s", s.options.MissingKey(call.Client.Name))
	}
	if client != nil {
		call.Seal, call.Redact = client.Seal, client.Redact
	}
	call.App = &Call{
		Call: call, Wiro: client, Docs: s.options.Docs, Fetch: s.options.Fetch, Files: cmp.Or(s.options.Files, s.options.Fetch), Store: s.options.Store, Local: s.options.Local, log: s.options.Log,
		consents: s.options.Consents, models: s.models, sessions: &s.sessions, pace: s.options.SessionPace, limits: s.options.Limits.Narrow(call.Scope.Limits),
		inlineImages: s.options.InlineImages, stopsAbandoned: s.options.StopAbandoned, queuesOnLimit: s.options.QueueOnLimit,
	}
	return nil
}

// client returns Wiro as the caller of a request. A request without credentials gets none of
// the server's: it can use what is public, without any.
func (s *Server) client(scope mcptool.Scope, public bool) (*wiro.Client, error) {
	switch caller := scope.Caller.(type) {
	case mcptool.ServerCredentials:
		return s.options.Wiro, nil
	case wiro.Credentials:
		if caller.Set() {
			return s.options.Wiro.WithCredentials(caller).OnAccepted(scope.Accepted), nil
		}
	}
	if !public {
		return nil, mcptool.Problemf("The request carries no Wiro credentials. Send the API key as \"Authorization: Bearer KEY\", or KEY:SECRET for a project that signs its requests (https://wiro.ai/panel/project).")
	}
	if s.options.Wiro == nil {
		return nil, nil
	}
	return s.options.Wiro.WithCredentials(wiro.Credentials{}), nil
}

// Plain returns a text for the caller of a request that no tool made: without control
// characters, and without the caller's own key and secret.
func (s *Server) Plain(ctx context.Context, text string) string {
	text = plaintext.Result(text)
	scope, _ := mcptool.ScopeFrom(ctx)
	if client, err := s.client(scope, true); err == nil && client != nil {
		text = client.Redact(text)
	}
	return text
}

// define returns a tool of the catalog.
func define[In any, Out mcptool.TextRenderer](meta mcptool.Meta, handler func(context.Context, *Call, In) (Out, error)) mcptool.Tool {
	return Define(meta, handler)
}

// defineConfirmed returns a tool of the catalog that charges money; price says how much.
func defineConfirmed[In any, Out mcptool.TextRenderer](meta mcptool.Meta, price func(context.Context, *Call, In) (*mcptool.Charge, error), handler func(context.Context, *Call, In) (Out, error)) mcptool.Tool {
	return mcptool.DefineConfirmed(meta, withCall(price), withCall(handler))
}

// Define returns a tool of a program's own. A result that does not render itself is shown as
// its JSON.
func Define[In, Out any](meta mcptool.Meta, handler func(context.Context, *Call, In) (Out, error)) mcptool.Tool {
	return mcptool.Define(meta, withCall(handler))
}

// withCall gives a function the Call that prepare made.
func withCall[In, Out any](f func(context.Context, *Call, In) (Out, error)) func(context.Context, *mcptool.Call, In) (Out, error) {
	return func(ctx context.Context, call *mcptool.Call, in In) (Out, error) {
		own, _ := call.App.(*Call)
		return f(ctx, own, in)
	}
}

// MCP returns the MCP server: the tools, the documentation as resources, and the prompts.
func (s *Server) MCP() *server.MCPServer {
	options := []server.ServerOption{
		server.WithTitle("Wiro"),
		server.WithDescription("AI models and agents of wiro.ai: find, run, wait, and read the documentation."),
		server.WithWebsiteURL("https://wiro.ai"),
		server.WithInstructions(s.Instructions()),
		server.WithPromptCapabilities(false),
		server.WithCompletions(),
		server.WithPromptCompletionProvider(promptCompletions{s}),
		server.WithCacheHints(listsLast.Milliseconds(), mcp.CacheScopePrivate),
	}
	pages := &docResources{Server: s}
	if s.options.Docs != nil {
		options = append(options, pages.options()...)
	}
	m := s.Server.MCP(options...)
	if s.options.Docs != nil {
		pages.addTo(m)
	}
	s.addPrompts(m)
	return m
}

// Call calls a tool in this process: with the credentials of the context's scope, or with the
// server's own where it carries no scope. Progress may be nil.
func (s *Server) Call(ctx context.Context, name string, arguments map[string]any, progress mcptool.ProgressFunc) (mcptool.Result, error) {
	scope, ok := mcptool.ScopeFrom(ctx)
	if !ok {
		scope.Caller = mcptool.ServerCredentials{}
	}
	scope.Client, scope.Progress = &mcptool.Client{ClientInfo: mcptool.ClientInfo{Name: mcptool.InProcess}}, progress
	scope.Answer = mcptool.AnswerFrom(ctx)
	return s.Server.Call(mcptool.WithScope(ctx, scope), name, arguments)
}

// GiveUp takes note that the client of a request waits no longer, on whatever replica the
// request is: the same call goes on with its run. The request itself goes on. Where the client
// canceled it, rather than running out of time, its session is ended; and if StopAbandoned is set,
// its task is stopped.
func (s *Server) GiveUp(ctx context.Context, scope mcptool.Scope, request string, canceled bool) error {
	client, err := s.client(scope, false)
	if err != nil {
		return err
	}
	runs, err := s.options.Store.GiveUp(ctx, storeCaller(client), request, canceled)
	if err != nil || !canceled || len(runs) != 1 { // of two, one is another window's
		return err
	}
	run := runs[0]
	if s.endSession(client, run) || run.State != store.Submitting && !s.options.StopAbandoned {
		return nil
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if err := s.stopOnceSubmitted(ctx, client, run); err != nil {
			s.options.Log.Warn().Ctx(ctx).Err(err).Msg("the task of a canceled call could not be stopped")
		}
	}()
	return nil
}

// endSession ends the session of a run, if this server holds one.
func (s *Server) endSession(client *wiro.Client, run *store.Run) (ended bool) {
	if run.State != store.Submitted {
		return false
	}
	held := s.sessions.Find(storeCaller(client).Key, wiro.TaskRef{ID: run.TaskID, Token: run.Token})
	if held == nil {
		return false
	}
	held.End(errSessionAbandoned, stopGrace)
	return true
}

// stopOnceSubmitted ends the session of a run that may still be on its way to Wiro. Without a
// session, it stops the task if StopAbandoned is set.
func (s *Server) stopOnceSubmitted(ctx context.Context, client *wiro.Client, run *store.Run) error {
	if run.State == store.Submitting {
		for run.State == store.Submitting {
			if err := pause(ctx, refreshInterval); err != nil {
				return err
			}
			if gone, err := run.Refresh(ctx); err != nil || gone {
				return err
			}
		}
		for range sessionLooks { // a session begins once its run is noted as submitted
			if s.endSession(client, run) {
				return nil
			}
			if err := pause(ctx, refreshInterval); err != nil {
				return err
			}
		}
	}
	if run.State == store.Lost || !s.options.StopAbandoned {
		return nil
	}
	return stopRun(ctx, client, run)
}
