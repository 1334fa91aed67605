package transport

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/loopback"
	"github.com/wiroai/wiro-mcp-go/internal/transport/oauth"
)

// HTTPOptions are an operator's settings of the HTTP server. The zero value is usable: where
// a field is zero, the default in its comment holds.
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

	// DemoKey is filled into the key field of the page at /, for servers with an emulator of
	// Wiro behind them. Everybody sees it.
	DemoKey string

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

const noChallenge = "none" // as TLSChallenge

// DefaultHTTPOptions returns the options that hold where nothing else is said.
func DefaultHTTPOptions() HTTPOptions {
	return HTTPOptions{
		Listen: "127.0.0.1:8080", TLSChallenge: ":80", ShutdownGrace: 30 * time.Second, MaxBody: 512 << 10,
		RatePerKey: 100, BurstPerKey: 500, WaitsPerKey: 256,
		Rate: 5000, Burst: 10_000, Waits: 10_000,
	}
}

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

func optionError(option, format string, args ...any) error {
	return &OptionError{Options: []string{option}, Err: fmt.Errorf(format, args...)}
}

// Check reports everything that is wrong with the options: each fault is an *OptionError,
// several are joined.
func (o HTTPOptions) Check() error {
	_, err := o.withDefaults()
	return err
}

// withDefaults fills in the fields that are zero, and checks all of them.
func (o HTTPOptions) withDefaults() (HTTPOptions, error) {
	d := DefaultHTTPOptions()
	o.Listen = cmp.Or(o.Listen, d.Listen)
	o.TLSChallenge = cmp.Or(o.TLSChallenge, d.TLSChallenge)
	o.ShutdownGrace = cmp.Or(o.ShutdownGrace, d.ShutdownGrace)
	o.RatePerKey, o.BurstPerKey = cmp.Or(o.RatePerKey, d.RatePerKey), cmp.Or(o.BurstPerKey, d.BurstPerKey)
	o.Rate, o.Burst = cmp.Or(o.Rate, d.Rate), cmp.Or(o.Burst, d.Burst)
	o.WaitsPerKey, o.Waits = cmp.Or(o.WaitsPerKey, d.WaitsPerKey), cmp.Or(o.Waits, d.Waits)
	o.MaxBody = cmp.Or(o.MaxBody, d.MaxBody)
	if len(o.AllowedHosts) == 0 {
		o.AllowedHosts = o.TLSDomains
	}
	if origin, err := oauth.ParseIssuer(o.PublicURL); err == nil {
		o.PublicURL = origin // as browsers send it
	}
	return o, errors.Join(append(o.checkLimits(), o.checkAddresses()...)...)
}

func (o HTTPOptions) checkLimits() (faults []error) {
	for _, limit := range []struct {
		option string
		value  float64
	}{
		{"RatePerKey", o.RatePerKey}, {"BurstPerKey", float64(o.BurstPerKey)}, {"WaitsPerKey", float64(o.WaitsPerKey)},
		{"Rate", o.Rate}, {"Burst", float64(o.Burst)}, {"Waits", float64(o.Waits)}, {"MaxBody", float64(o.MaxBody)}, {"ShutdownGrace", o.ShutdownGrace.Seconds()},
	} {
		if limit.value <= 0 || math.IsNaN(limit.value) {
			faults = append(faults, optionError(limit.option, "must be more than 0"))
		}
	}
	return faults
}

func (o HTTPOptions) checkAddresses() (faults []error) {
	add := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		add(optionError("Listen", "%q must be HOST:PORT, such as 127.0.0.1:8080", o.Listen))
	}
	if _, _, err := net.SplitHostPort(o.AdminListen); err != nil && o.AdminListen != "" {
		add(optionError("AdminListen", "%q must be HOST:PORT, such as 127.0.0.1:9090", o.AdminListen))
	}
	if (o.TLSCert == "") != (o.TLSKey == "") {
		add(&OptionError{[]string{"TLSCert", "TLSKey"}, errors.New("one is set without the other")})
	}
	if _, _, err := net.SplitHostPort(o.TLSChallenge); err != nil && o.TLSChallenge != noChallenge {
		add(optionError("TLSChallenge", "%q must be HOST:PORT, such as :80, or none", o.TLSChallenge))
	}
	if o.TLSDirectory != "" {
		if u, err := url.Parse(o.TLSDirectory); err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback.Is(u.Hostname())) {
			add(optionError("TLSDirectory", "must be an address that starts with https://"))
		}
	}
	if len(o.TLSDomains) > 0 && o.TLSCert != "" {
		add(&OptionError{[]string{"TLSDomains", "TLSCert"}, errors.New("a domain gets its own certificate: set one of the two")})
	}
	if _, err := oauth.ParseIssuer(o.PublicURL); err != nil {
		add(&OptionError{[]string{"PublicURL"}, err})
	}
	if err := oauth.CheckSecrets(o.OAuthSecrets); err != nil {
		add(&OptionError{[]string{"OAuthSecrets"}, err})
	}
	_, err := hostPatterns(o.AllowedHosts)
	add(err)
	_, err = originPatterns(o.AllowedOrigins)
	add(err)
	return faults
}
