package wiromcp

import (
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/internal/transport"
)

// Toolset is the name of a group of tools that are enabled together.
type Toolset string

// The toolsets. Models, tasks, files, docs, agents and messages are on by default.
const (
	ToolsetModels      Toolset = "models"
	ToolsetTasks       Toolset = "tasks"
	ToolsetFiles       Toolset = "files"
	ToolsetDocs        Toolset = "docs"
	ToolsetAgents      Toolset = "agents"
	ToolsetMessages    Toolset = "messages"
	ToolsetCredentials Toolset = "credentials"
	ToolsetSkills      Toolset = "skills"
	ToolsetBilling     Toolset = "billing"
	ToolsetLogs        Toolset = "logs"
	ToolsetTeams       Toolset = "teams"
	ToolsetExtras      Toolset = "extras" // seldom needed
	ToolsetCustom      Toolset = "custom" // tools of a program's own that name no other
)

// ParseToolsets reads a comma-separated list of toolsets. "default" and "all" stand for those
// of Wiro, and an empty text for the default. An unknown name is an error that lists the valid
// ones.
func ParseToolsets(text string) ([]Toolset, error) {
	toolsets, err := tools.ParseToolsets(text)
	return convert[Toolset](toolsets), err
}

// convert turns a list of one type of text into another; nil stays nil.
func convert[To, From ~string](list []From) []To {
	if list == nil {
		return nil
	}
	converted := make([]To, len(list))
	for i, text := range list {
		converted[i] = To(text)
	}
	return converted
}

// HTTPOptions are an operator's settings of the HTTP server. The zero value is usable: a field
// that is zero has the default that its comment states.
type HTTPOptions struct {
	Listen string // address that ListenAndServe listens on, HOST:PORT; "127.0.0.1:8080"

	// AllowedHosts are the Host headers to answer, such as "mcp.example.com" or
	// "*.example.com". Default: loopback names on a loopback address, else TLSDomains, else all.
	AllowedHosts []string
	// AllowedOrigins are the browser origins to answer, such as "https://app.example.com", or
	// "*" for all. Default: the server's own, and loopback ones on a loopback address.
	AllowedOrigins []string
	// TrustedProxies are the networks whose X-Forwarded-* headers are believed; none.
	TrustedProxies []netip.Prefix

	ShutdownGrace time.Duration // how long calls in flight may take to finish; 30 s

	TLSCert, TLSKey string   // certificate and key files, read again when they change
	TLSDomains      []string // domains to get certificates for by ACME
	TLSCache        string   // folder for ACME certificates; wiro-mcp/acme in the user's cache folder
	TLSChallenge    string   // address for ACME's HTTP challenges, or "none"; ":80"
	TLSDirectory    string   // address of the ACME directory; Let's Encrypt

	// PublicURL is the address at which clients reach the server, such as
	// "https://mcp.example.com": the issuer of OAuth tokens. OAuth works on loopback
	// connections only if it is "".
	PublicURL string
	// OAuthSecrets seal OAuth tokens, newest first; at least 32 characters each, the same on
	// all replicas. OAuth is off without one.
	OAuthSecrets []string

	MaxBody int // bytes of the largest request; 512 KB

	// AdminListen is the address of a listener of its own for operators, HOST:PORT: /metrics,
	// /readyz with its reasons, and /debug/pprof. The main listener then shows neither metrics
	// nor reasons. Anyone who reaches the address can read all of it. None if "".
	AdminListen string

	RatePerKey  float64 // requests per second for each key; 100
	BurstPerKey int     // burst size for each key; 500
	WaitsPerKey int     // concurrent waits for each key; 256
	Rate        float64 // total requests per second; 5000
	Burst       int     // total burst size; 10000
	Waits       int     // total concurrent waits; 10000
}

// DefaultHTTPOptions returns the options that a zero HTTPOptions stands for.
func DefaultHTTPOptions() HTTPOptions { return HTTPOptions(transport.DefaultHTTPOptions()) }

// Check reports everything that is wrong with the options: each fault is an *OptionError,
// several are joined.
func (o HTTPOptions) Check() error { return optionErrors(transport.HTTPOptions(o).Check()) }

// OptionError says what is wrong with one option, or with several together.
type OptionError struct {
	Options []string // field names of HTTPOptions
	Err     error
}

// Error names the options as a Go program writes them.
func (e *OptionError) Error() string {
	return "HTTPOptions." + strings.Join(e.Options, ", HTTPOptions.") + ": " + e.Err.Error()
}

// Unwrap returns what is wrong without the options' names.
func (e *OptionError) Unwrap() error { return e.Err }

// optionErrors gives the faults that the transport found their public type.
func optionErrors(err error) error {
	switch e := err.(type) { //nolint:errorlint // each branch of what errors.Join made
	case *transport.OptionError:
		return (*OptionError)(e)
	case interface{ Unwrap() []error }:
		var faults []error
		for _, fault := range e.Unwrap() {
			faults = append(faults, optionErrors(fault))
		}
		return errors.Join(faults...)
	}
	return err
}
