// Package config holds every setting of the program: from the environment, and from flags,
// which win. All are checked once, at start, and all that is wrong is reported at once.
package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// Config is the settings of every command.
type Config struct {
	APIKey    wiro.Secret `env:"WIRO_API_KEY" about:"the key of your Wiro project (stdio and call only)"`
	APISecret wiro.Secret `env:"WIRO_API_SECRET" about:"its secret, if the project signs requests (stdio and call only)"`

	BaseURL   string `env:"WIRO_API_BASE_URL" envDefault:"https://api.wiro.ai/v1" flag:"api-base-url" about:"address of the Wiro API"`
	SocketURL string `env:"WIRO_SOCKET_URL" flag:"socket-url" about:"address of the Wiro WebSocket; none polls instead (default wss://socket.wiro.ai/v1, or none where the API is elsewhere)"`

	Toolsets   Toolsets `env:"WIRO_TOOLSETS" envDefault:"default" flag:"toolsets" about:"toolsets to offer: models, tasks, files, docs, agents, messages, credentials, skills, billing, logs, teams, default, all"`
	ReadOnly   bool     `env:"WIRO_READ_ONLY" flag:"read-only" about:"offer only tools that change nothing"`
	RunTimeout Wait     `env:"WIRO_RUN_TIMEOUT" envDefault:"120s" flag:"run-timeout" about:"how long run_model waits by default, up to 600s"`

	AllowPrivateURLs bool `env:"WIRO_ALLOW_PRIVATE_URLS" flag:"allow-private-urls" about:"let fetches reach loopback and private addresses"`

	DocsURL string `env:"WIRO_DOCS_URL" flag:"docs-url" about:"newer documentation: a Markdown file or an index of pages on the web"`
	DocsDir string `env:"WIRO_DOCS_DIR" flag:"docs-dir" about:"newer documentation: a folder of Markdown files"`

	LogLevel  Level  `env:"WIRO_LOG_LEVEL" envDefault:"info" flag:"log-level" about:"trace, debug, info, warn, error or disabled"`
	LogFormat Format `env:"WIRO_LOG_FORMAT" flag:"log-format" about:"console or json (default console on a terminal)"`
}

// HTTP is the settings of the http command on top.
type HTTP struct {
	Listen         string        `env:"WIRO_LISTEN" envDefault:"127.0.0.1:8080" flag:"listen" about:"address to listen on"`
	AllowedHosts   []string      `env:"WIRO_ALLOWED_HOSTS" flag:"allowed-hosts" about:"Host headers to answer to, such as mcp.example.com or *.example.com (default loopback names on a loopback address, else all)"`
	AllowedOrigins []string      `env:"WIRO_ALLOWED_ORIGINS" flag:"allowed-origins" about:"browser origins to answer to, such as https://app.example.com, or * for all (default the server's own, and loopback ones on a loopback address)"`
	TrustedProxies []Network     `env:"WIRO_TRUSTED_PROXIES" flag:"trusted-proxies" about:"networks whose X-Forwarded-* headers count"`
	ShutdownGrace  time.Duration `env:"WIRO_SHUTDOWN_GRACE" envDefault:"30s" flag:"shutdown-grace" about:"how long calls in flight may take to finish"`
	TLSCert        string        `env:"WIRO_TLS_CERT" flag:"tls-cert" about:"certificate file, read again when it changes"`
	TLSKey         string        `env:"WIRO_TLS_KEY" flag:"tls-key" about:"its key file"`
	TLSDomain      string        `env:"WIRO_TLS_DOMAIN" flag:"tls-domain" about:"domains to get certificates for by ACME"`
	TLSCache       string        `env:"WIRO_TLS_CACHE" flag:"tls-cache" about:"folder to keep ACME certificates in (default wiro-mcp in the user's cache folder)"`
	TLSChallenge   string        `env:"WIRO_TLS_CHALLENGE" envDefault:":80" flag:"tls-challenge" about:"address for ACME's HTTP challenges, or none"`
	TLSDirectory   string        `env:"WIRO_TLS_DIRECTORY" flag:"tls-directory" about:"address of the ACME directory (default Let's Encrypt)"`
	RatePerKey     float64       `env:"WIRO_RATE_PER_KEY" envDefault:"100" flag:"rate-per-key" about:"calls a second for each key"`
	BurstPerKey    int           `env:"WIRO_BURST_PER_KEY" envDefault:"500" flag:"burst-per-key" about:"calls at once for each key"`
	WaitsPerKey    int           `env:"WIRO_WAITS_PER_KEY" envDefault:"256" flag:"waits-per-key" about:"waits at once for each key"`
	Rate           float64       `env:"WIRO_RATE" envDefault:"5000" flag:"rate" about:"calls a second in all"`
	Burst          int           `env:"WIRO_BURST" envDefault:"10000" flag:"burst" about:"calls at once in all"`
	Waits          int           `env:"WIRO_WAITS" envDefault:"10000" flag:"waits" about:"waits at once in all"`
}

// DefaultHTTP returns the settings that HTTP has where nothing else is said.
func DefaultHTTP() HTTP {
	var h HTTP
	if err := env.ParseWithOptions(&h, env.Options{Environment: map[string]string{}}); err != nil {
		panic(err) // a default in a tag above is wrong
	}
	return h
}

// Toolsets is a list of toolsets as a setting.
type Toolsets []tools.Toolset

// UnmarshalText reads a comma-separated list.
func (t *Toolsets) UnmarshalText(text []byte) error {
	chosen, err := tools.ParseToolsets(string(text))
	*t = chosen
	return err
}

// Wait is a duration that may be given as plain seconds.
type Wait time.Duration

// UnmarshalText reads "90", "90s" or "1m30s".
func (w *Wait) UnmarshalText(text []byte) error {
	s := string(text)
	if s != "" && strings.Trim(s, "0123456789.") == "" {
		s += "s"
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second || d > 10*time.Minute {
		return fmt.Errorf("%q must be 1s to 600s, such as 90 or 1m30s", text)
	}
	*w = Wait(d)
	return nil
}

// Level is a log level as a setting.
type Level zerolog.Level

// UnmarshalText reads a level's name.
func (l *Level) UnmarshalText(text []byte) error {
	level, err := zerolog.ParseLevel(strings.ToLower(string(text)))
	if err != nil || string(text) == "" {
		return fmt.Errorf("%q must be trace, debug, info, warn, error or disabled", text)
	}
	*l = Level(level)
	return nil
}

// Format is how logs are written: console, json, or "" for what fits.
type Format string

// UnmarshalText reads a format's name.
func (f *Format) UnmarshalText(text []byte) error {
	switch *f = Format(strings.ToLower(string(text))); *f {
	case "", "console", "json":
		return nil
	}
	return fmt.Errorf("%q must be console or json", text)
}

// Network is an address or a range of them as a setting.
type Network struct{ netip.Prefix }

// UnmarshalText reads "10.0.0.0/8" or "10.1.2.3".
func (n *Network) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	prefix, err := netip.ParsePrefix(s)
	if address, lone := netip.ParseAddr(s); lone == nil {
		prefix, err = address.Prefix(address.BitLen())
	}
	if err != nil {
		return fmt.Errorf("%q must be an address or a network, such as 10.0.0.0/8", s)
	}
	n.Prefix = prefix
	return nil
}

// Flags adds a flag for every setting of a struct that has one. Keys and secrets have none:
// a command line is not private.
func Flags(set *pflag.FlagSet, settings any) {
	eachField(settings, func(f reflect.StructField) {
		name := f.Tag.Get("flag")
		if name == "" {
			return
		}
		about := f.Tag.Get("about") + " (" + f.Tag.Get("env") + ")"
		if f.Type.Kind() == reflect.Bool {
			set.Bool(name, false, about)
			return
		}
		set.String(name, f.Tag.Get("envDefault"), about)
	})
}

// Load fills settings, a pointer to Config or HTTP, from the environment and the flags that
// were given. The error names every setting that is wrong, with what is allowed.
func Load(environ []string, set *pflag.FlagSet, settings any) error {
	values := env.ToMap(environ)
	variables := map[string]string{} // by field name
	eachField(settings, func(f reflect.StructField) {
		variable := f.Tag.Get("env")
		variables[f.Name] = variable
		if strings.TrimSpace(values[variable]) == "" {
			delete(values, variable) // an empty variable is an unset one
		}
		if set == nil || f.Tag.Get("flag") == "" {
			return
		}
		if flag := set.Lookup(f.Tag.Get("flag")); flag != nil && flag.Changed {
			values[variable] = flag.Value.String()
			variables[f.Name] = "--" + flag.Name
		}
	})
	var faults []error
	if err := env.ParseWithOptions(settings, env.Options{Environment: values}); err != nil {
		faults = append(faults, readable(err, variables)...)
		useDefaults(settings, err)
	}
	if checked, ok := settings.(interface{ check() []error }); ok {
		faults = append(faults, checked.check()...)
	}
	return errors.Join(faults...)
}

// useDefaults gives the fields that could not be read their defaults, so that no check finds
// fault with them a second time.
func useDefaults(settings any, err error) {
	all, _ := errors.AsType[env.AggregateError](err)
	target := reflect.ValueOf(settings).Elem()
	defaults := reflect.New(target.Type())
	if env.ParseWithOptions(defaults.Interface(), env.Options{Environment: map[string]string{}}) != nil {
		return // and DefaultHTTP panics
	}
	for _, one := range all.Errors {
		if parse, ok := errors.AsType[env.ParseError](one); ok {
			target.FieldByName(parse.Name).Set(defaults.Elem().FieldByName(parse.Name))
		}
	}
}

func eachField(settings any, visit func(reflect.StructField)) {
	t := reflect.TypeOf(settings).Elem()
	for f := range t.Fields() {
		visit(f)
	}
}

// readable names the variable instead of the struct's field, and leaves its value out where
// it may be secret.
func readable(err error, variables map[string]string) []error {
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return []error{err}
	}
	var faults []error
	for _, one := range all.Errors {
		parse, ok := errors.AsType[env.ParseError](one)
		if !ok {
			faults = append(faults, one)
			continue
		}
		what := parse.Err.Error()
		switch parse.Type.Kind() {
		case reflect.Bool:
			what = "must be true or false"
		case reflect.Int, reflect.Float64:
			what = "must be a number"
		case reflect.Int64:
			if parse.Type == reflect.TypeFor[time.Duration]() {
				what = "must be a duration, such as 30s"
			}
		}
		faults = append(faults, fmt.Errorf("%s: %s", variables[parse.Name], what))
	}
	return faults
}

func (c *Config) check() []error {
	var faults []error
	add := func(name string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	add("WIRO_API_BASE_URL", checkURL(c.BaseURL, c.AllowPrivateURLs, "https", "http"))
	switch {
	case c.SocketURL != "" && c.SocketURL != wiro.NoSocket:
		add("WIRO_SOCKET_URL", checkURL(c.SocketURL, c.AllowPrivateURLs, "wss", "ws"))
	case c.SocketURL == "" && c.BaseURL == wiro.DefaultBaseURL:
		c.SocketURL = wiro.DefaultSocketURL
	default: // tokens of another API are not for Wiro's socket
		c.SocketURL = wiro.NoSocket
	}
	if c.APISecret != "" && c.APIKey == "" {
		add("WIRO_API_KEY", errors.New("is missing, while WIRO_API_SECRET is set"))
	}
	for name, key := range map[string]wiro.Secret{"WIRO_API_KEY": c.APIKey, "WIRO_API_SECRET": c.APISecret} {
		if strings.ContainsFunc(key.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
			add(name, errors.New("has characters that no key has (spaces, quotes of another script?)"))
		}
	}
	if c.DocsURL != "" {
		add("WIRO_DOCS_URL", checkURL(c.DocsURL, true, "https", "http"))
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return faults
}

// checkURL wants the secure scheme, and takes the plain one on this machine, or where
// private addresses are allowed.
func checkURL(text string, plain bool, secure, insecure string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != secure && u.Scheme != insecure {
		return fmt.Errorf("must be an address that starts with %s://", secure)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("must be a plain address, without user, query or fragment")
	}
	if u.Scheme == insecure && !plain && !loopback(u.Hostname()) {
		return fmt.Errorf("must start with %s:// : keys do not go over an open connection (WIRO_ALLOW_PRIVATE_URLS=true allows it)", secure)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (h *HTTP) check() []error {
	var faults []error
	if _, _, err := net.SplitHostPort(h.Listen); err != nil {
		faults = append(faults, fmt.Errorf("WIRO_LISTEN: %q must be HOST:PORT, such as 127.0.0.1:8080", h.Listen))
	}
	if (h.TLSCert == "") != (h.TLSKey == "") {
		faults = append(faults, errors.New("WIRO_TLS_CERT and WIRO_TLS_KEY go together"))
	}
	if _, _, err := net.SplitHostPort(h.TLSChallenge); err != nil && h.TLSChallenge != "none" {
		faults = append(faults, fmt.Errorf("WIRO_TLS_CHALLENGE: %q must be HOST:PORT, such as :80, or none", h.TLSChallenge))
	}
	if h.TLSDirectory != "" {
		if err := checkURL(h.TLSDirectory, false, "https", "http"); err != nil {
			faults = append(faults, fmt.Errorf("WIRO_TLS_DIRECTORY: %w", err))
		}
	}
	if h.TLSDomain != "" && h.TLSCert != "" {
		faults = append(faults, errors.New("WIRO_TLS_DOMAIN gets its own certificates: it does not go with WIRO_TLS_CERT"))
	}
	positive := map[string]float64{
		"WIRO_RATE_PER_KEY": h.RatePerKey, "WIRO_BURST_PER_KEY": float64(h.BurstPerKey), "WIRO_WAITS_PER_KEY": float64(h.WaitsPerKey),
		"WIRO_RATE": h.Rate, "WIRO_BURST": float64(h.Burst), "WIRO_WAITS": float64(h.Waits), "WIRO_SHUTDOWN_GRACE": h.ShutdownGrace.Seconds(),
	}
	for _, name := range slices.Sorted(maps.Keys(positive)) {
		if positive[name] <= 0 {
			faults = append(faults, fmt.Errorf("%s: must be more than 0", name))
		}
	}
	return faults
}

// Duration is the wait as Go has it.
func (w Wait) Duration() time.Duration { return time.Duration(w) }
