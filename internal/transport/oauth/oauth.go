package oauth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

const (
	codeLifetime    = time.Minute
	formLifetime    = 30 * time.Minute    // time to fetch a key from the Wiro panel
	accessLifetime  = 24 * time.Hour      // some clients lose their users when it is an hour
	refreshLifetime = 90 * 24 * time.Hour // since the last refresh

	scope = "wiro"
)

// ErrKeyRejected is what Options.CheckKey returns where Wiro answered that it does not accept
// the credentials.
var ErrKeyRejected = errors.New("Wiro does not accept this API key") //nolint:staticcheck,revive // Wiro is a name

// Options configure New.
type Options struct {
	// Issuer is the public origin of the server, such as https://mcp.example.com: a scheme, a
	// host and a port where it is not the default one, without a path. Plain http is for
	// loopback hosts alone. Where Issuer is "", sign-in works on loopback connections only,
	// and the issuer is the loopback name and port that the client used.
	Issuer string

	// Endpoints are the paths of the MCP endpoint, such as /mcp: what tokens are for.
	Endpoints []string

	// Secrets seal what is issued, newest first; see Secrets. What older ones sealed still
	// opens. Each has at least 32 characters. Replicas share them.
	Secrets []string

	// Once remembers used codes and refresh tokens. Nil is a Memory of its own.
	Once Once

	// CheckKey asks Wiro, with one free call, whether it accepts the credentials: nil,
	// ErrKeyRejected (wrapped or not), or another error where that could not be found out.
	CheckKey func(ctx context.Context, c Credentials) error

	// Fetch fetches client ID metadata documents, from addresses that strangers name: it must
	// refuse private ones. Redirects are refused here. Where it is nil, such clients are not
	// supported, and the metadata says so.
	Fetch *http.Client

	// Allow takes a request to an endpoint out of the share of who sent it: register, token,
	// authorize for a form that was sent, which costs a request to Wiro, or document for a
	// client's metadata document that has to be fetched. It returns 0, or when to try again. May
	// be nil.
	Allow func(r *http.Request, endpoint string) (retry time.Duration)

	// Toolsets are offered on the page, to be left out of a connection. May be empty.
	Toolsets []Toolset

	// CostLimits offers limits of cost on the page. Set it only where they are enforced.
	CostLimits bool

	// Observe is told of each request that was answered: the endpoint (register, authorize,
	// token), how it ended (issued, refreshed, registered, shown, denied, limited, or an OAuth error
	// code), and the HTTP status. None of them is worded by a caller. May be nil.
	Observe func(endpoint, outcome string, status int)

	Now func() time.Time // the clock; nil is time.Now
}

// Toolset is a group of tools that a person can leave out of a connection.
type Toolset struct {
	Name        string // as in WIRO_TOOLSETS
	Description string // what it is for, in a few words
}

// Secret is a text that formats and encodes as "[set]" or "[empty]"; string(s) is the text.
type Secret string

// Format hides the text, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) {
	text, _ := s.MarshalText()
	_, _ = f.Write(text)
}

// MarshalText hides the text from encoders, JSON among them.
func (s Secret) MarshalText() ([]byte, error) {
	if s == "" {
		return []byte("[empty]"), nil
	}
	return []byte("[set]"), nil
}

// Credentials identify a Wiro project. Secret is "" for a project that sends its key alone.
type Credentials struct {
	Key    Secret
	Secret Secret
}

// Limits are what a person allowed for one connection, an upper bound beside the operator's.
// The zero value allows everything that the operator does.
type Limits struct {
	ReadOnly      bool     `json:"r,omitempty"`
	Toolsets      []string `json:"t,omitempty"` // nil: all that the operator offers
	MaxCostPerRun float64  `json:"c,omitempty"` // USD; 0: no limit
	MaxCostPerDay float64  `json:"d,omitempty"` // USD, of this connection's caller; 0: no limit
}

// Server is the authorization server and verifies the tokens that it issued. It is safe for
// concurrent use.
type Server struct {
	issuer    string // "" on loopback connections only
	endpoints []string
	sealer    *sealer
	once      Once
	checkKey  func(context.Context, Credentials) error
	checks    chan struct{} // slots for checks of keys
	documents *documents    // nil: not supported
	toolsets  []Toolset
	costs     bool // limits of cost are offered
	allow     func(r *http.Request, endpoint string) time.Duration
	observe   func(endpoint, outcome string, status int)
	rejected  *rejections

	refreshers *lru.Cache[[sha256.Size]byte, *rate.Limiter] // by hash of the connection, and of the key
	now        func() time.Time
}

// maxChecks bounds the checks of keys at once, which anybody can cause.
const maxChecks = 16

// New returns a Server. The error names the option that is wrong and never repeats a secret.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	issuer, err := ParseIssuer(o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("Options.Issuer: %w", err) //nolint:staticcheck,revive // the field's name
	}
	if len(o.Endpoints) == 0 {
		return nil, errors.New("Options.Endpoints is missing")
	}
	for _, path := range o.Endpoints {
		if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") {
			return nil, fmt.Errorf("Options.Endpoints: %q must be a path such as /mcp", path)
		}
	}
	if o.CheckKey == nil {
		return nil, errors.New("Options.CheckKey is missing")
	}
	sealer, err := newSealer(o.Secrets, o.Now)
	if err != nil {
		return nil, fmt.Errorf("Options.Secrets: %w", err) //nolint:staticcheck,revive // the field's name
	}
	s := &Server{
		issuer: issuer, endpoints: o.Endpoints, sealer: sealer, once: o.Once, checkKey: o.CheckKey,
		checks: make(chan struct{}, maxChecks), toolsets: o.Toolsets, costs: o.CostLimits, allow: o.Allow, observe: o.Observe,
		rejected: newRejections(o.Now), now: o.Now,
	}
	if s.refreshers, err = lru.New[[sha256.Size]byte, *rate.Limiter](refreshersKept); err != nil {
		return nil, err
	}
	if s.once == nil {
		s.once = &Memory{}
	}
	if s.allow == nil {
		s.allow = func(*http.Request, string) time.Duration { return 0 }
	}
	if s.observe == nil {
		s.observe = func(string, string, int) {}
	}
	if o.Fetch != nil {
		s.documents = newDocuments(o.Fetch, o.Now)
	}
	return s, nil
}

// Register adds the server's routes to a mux: /authorize, /token, /register and the metadata
// under /.well-known. Host and Origin checks, CORS and deadlines are those of the handler in
// front of the mux; the Origin of the issuer must be let through.
func (s *Server) Register(mux *http.ServeMux) {
	for _, path := range append([]string{""}, s.endpoints...) {
		mux.HandleFunc("/.well-known/oauth-protected-resource"+path, s.onIssuer(s.serveResourceMetadata(path)))
		mux.HandleFunc("/.well-known/oauth-authorization-server"+path, s.onIssuer(s.serveServerMetadata))
		mux.HandleFunc("/.well-known/openid-configuration"+path, s.onIssuer(s.serveServerMetadata))
		if path != "" {
			mux.HandleFunc(path+"/.well-known/openid-configuration", s.onIssuer(s.serveServerMetadata))
		}
	}
	// Some clients take the token endpoint for an issuer.
	mux.HandleFunc("/token/.well-known/openid-configuration", s.onIssuer(s.serveServerMetadata))
	mux.HandleFunc("/register", s.onIssuer(s.serveRegister))
	mux.HandleFunc("/authorize", s.onIssuer(s.serveAuthorize))
	mux.HandleFunc("/token", s.onIssuer(s.serveToken))
}
