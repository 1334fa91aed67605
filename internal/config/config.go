package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/apikey"
	"github.com/wiroai/wiro-mcp-go/internal/loopback"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/internal/transport/oauth"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// Config is the settings of every command.
type Config struct {
	// Key and Secret are as they were set: only a command that uses them asks Credentials.
	Key    wiro.Secret `env:"WIRO_API_KEY" about:"API key of your Wiro project (stdio and call only)"`
	Secret wiro.Secret `env:"WIRO_API_SECRET" about:"its secret, if the project signs requests (stdio and call only)"`

	BaseURL   string `env:"WIRO_API_BASE_URL" envDefault:"https://api.wiro.ai/v1" flag:"api-base-url" about:"address of the Wiro API"`
	SocketURL string `env:"WIRO_SOCKET_URL" flag:"socket-url" about:"address of the Wiro WebSocket; none polls instead (default wss://socket.wiro.ai/v1, or none if the API is elsewhere)"`

	Toolsets   Toolsets `env:"WIRO_TOOLSETS" envDefault:"default" flag:"toolsets" about:"toolsets to offer: models, tasks, files, docs, agents, messages, credentials, skills, billing, logs, teams, extras, default, all"`
	ReadOnly   bool     `env:"WIRO_READ_ONLY" flag:"read-only" about:"offer only tools that change nothing"`
	RunTimeout Wait     `env:"WIRO_RUN_TIMEOUT" flag:"run-timeout" about:"how long tools wait by default, up to 600s (default 45s, longer for clients known to listen longer)"`

	Store        string    `env:"WIRO_STORE" flag:"store" about:"where submitted runs are remembered: memory, file:FOLDER, or redis://HOST:PORT for several replicas (default memory; over stdio a folder in the user's state folder)"`
	OnAbandon    OnAbandon `env:"WIRO_ON_ABANDON" envDefault:"leave" flag:"on-abandon" about:"what becomes of the task of a call that its client cancels: leave or stop"`
	QueueOnLimit bool      `env:"WIRO_QUEUE_ON_LIMIT" flag:"queue-on-limit" about:"at the account's limit of concurrent tasks, wait for a slot"`

	MaxCostPerRun Cost `env:"WIRO_MAX_COST_PER_RUN" flag:"max-cost-per-run" about:"most that a run may cost in USD; one that may cost more is refused, or confirmed first if that is not known; 0 refuses every paid run (default no limit)"`
	MaxCostPerDay Cost `env:"WIRO_MAX_COST_PER_DAY" flag:"max-cost-per-day" about:"most that one caller may spend on a UTC day in USD (default no limit)"`

	OutputDir    string       `env:"WIRO_OUTPUT_DIR" flag:"output-dir" about:"folder for saved outputs (stdio and call; default wiro in the user's Downloads)"`
	SaveOutputs  bool         `env:"WIRO_SAVE_OUTPUTS" flag:"save-outputs" about:"save the files of every finished run (stdio and call)"`
	FilesDirs    Folders      `env:"WIRO_FILES_DIRS" flag:"files-dirs" about:"folders from which local files may be read, separated as in PATH (stdio and call; default the output folder, and the working folder unless that is / or the home folder)"`
	InlineImages InlineImages `env:"WIRO_INLINE_IMAGES" envDefault:"auto" flag:"inline-images" about:"a small picture in results: auto (for clients known to show them), always or never"`

	AllowPrivateURLs bool `env:"WIRO_ALLOW_PRIVATE_URLS" flag:"allow-private-urls" about:"allow fetches from loopback and private addresses"`
	FetchProxy       bool `env:"WIRO_FETCH_PROXY" flag:"fetch-proxy" about:"fetch addresses that callers name through HTTPS_PROXY, too"`

	DocsURL string `env:"WIRO_DOCS_URL" flag:"docs-url" about:"newer documentation: a Markdown file or an index of pages on the web"`
	DocsDir string `env:"WIRO_DOCS_DIR" flag:"docs-dir" about:"newer documentation: a folder of Markdown files"`

	LogLevel  Level  `env:"WIRO_LOG_LEVEL" envDefault:"info" flag:"log-level" about:"trace, debug, info, warn, error or disabled"`
	LogFormat Format `env:"WIRO_LOG_FORMAT" flag:"log-format" about:"console or json (default console on a terminal)"`
}

// HTTP is the settings of the http command on top. Its fields are named after those of
// wiromcp.HTTPOptions, which holds the defaults and the checks.
type HTTP struct {
	Listen         string        `env:"WIRO_LISTEN" flag:"listen" about:"address to listen on"`
	AllowedHosts   Names         `env:"WIRO_ALLOWED_HOSTS" flag:"allowed-hosts" about:"Host headers to answer, such as mcp.example.com or *.example.com (default loopback names on a loopback address, else all)"`
	AllowedOrigins Names         `env:"WIRO_ALLOWED_ORIGINS" flag:"allowed-origins" about:"browser origins to answer, such as https://app.example.com, or * for all (default the server's own, and loopback ones on a loopback address)"`
	TrustedProxies Networks      `env:"WIRO_TRUSTED_PROXIES" flag:"trusted-proxies" about:"trusted proxy networks, whose X-Forwarded-* headers are believed"`
	ShutdownGrace  time.Duration `env:"WIRO_SHUTDOWN_GRACE" flag:"shutdown-grace" about:"how long calls in flight may take to finish at shutdown"`
	TLSCert        string        `env:"WIRO_TLS_CERT" flag:"tls-cert" about:"certificate file, read again when it changes"`
	TLSKey         string        `env:"WIRO_TLS_KEY" flag:"tls-key" about:"its key file"`
	TLSDomains     Names         `env:"WIRO_TLS_DOMAIN" flag:"tls-domain" about:"domains to get certificates for by ACME"`
	TLSCache       string        `env:"WIRO_TLS_CACHE" flag:"tls-cache" about:"folder for ACME certificates (default wiro-mcp in the user's cache folder)"`
	TLSChallenge   string        `env:"WIRO_TLS_CHALLENGE" flag:"tls-challenge" about:"address for ACME's HTTP challenges, or none"`
	TLSDirectory   string        `env:"WIRO_TLS_DIRECTORY" flag:"tls-directory" about:"address of the ACME directory (default Let's Encrypt)"`
	PublicURL      string        `env:"WIRO_PUBLIC_URL" flag:"public-url" about:"address at which clients reach the server, such as https://mcp.example.com; OAuth needs it unless clients are on this machine"`
	OAuthSecrets   wiro.Secret   `env:"WIRO_OAUTH_SECRET" about:"turns OAuth sign-in on: secrets of 32 characters or more that seal its tokens, separated by commas, newest first (openssl rand -base64 32)"`
	MaxBody        Size          `env:"WIRO_MAX_BODY" flag:"max-body" about:"largest request, such as 512KB or 2MB"`
	AdminListen    string        `env:"WIRO_ADMIN_LISTEN" flag:"admin-listen" about:"address of a listener of its own for /metrics, reasons at /readyz, and pprof, such as 127.0.0.1:9090 (default none: /metrics is at the main one)"`
	RatePerKey     float64       `env:"WIRO_RATE_PER_KEY" flag:"rate-per-key" about:"requests per second for each key"`
	BurstPerKey    int           `env:"WIRO_BURST_PER_KEY" flag:"burst-per-key" about:"burst size for each key"`
	WaitsPerKey    int           `env:"WIRO_WAITS_PER_KEY" flag:"waits-per-key" about:"concurrent waits for each key"`
	Rate           float64       `env:"WIRO_RATE" flag:"rate" about:"total requests per second"`
	Burst          int           `env:"WIRO_BURST" flag:"burst" about:"total burst size"`
	Waits          int           `env:"WIRO_WAITS" flag:"waits" about:"total concurrent waits"`
}

func (h *HTTP) setDefaults() {
	d := wiromcp.DefaultHTTPOptions()
	*h = HTTP{
		Listen: d.Listen, TLSChallenge: d.TLSChallenge, ShutdownGrace: d.ShutdownGrace, MaxBody: Size(d.MaxBody),
		RatePerKey: d.RatePerKey, BurstPerKey: d.BurstPerKey, WaitsPerKey: d.WaitsPerKey,
		Rate: d.Rate, Burst: d.Burst, Waits: d.Waits,
	}
}

// Options returns the settings as the library takes them.
func (h HTTP) Options() wiromcp.HTTPOptions {
	return wiromcp.HTTPOptions{
		Listen: h.Listen, AllowedHosts: h.AllowedHosts, AllowedOrigins: h.AllowedOrigins, TrustedProxies: h.TrustedProxies,
		ShutdownGrace: h.ShutdownGrace, TLSCert: h.TLSCert, TLSKey: h.TLSKey, TLSDomains: h.TLSDomains, TLSCache: h.TLSCache,
		TLSChallenge: h.TLSChallenge, TLSDirectory: h.TLSDirectory,
		PublicURL: h.PublicURL, OAuthSecrets: oauth.Secrets(h.OAuthSecrets.Reveal()),
		MaxBody: int(h.MaxBody), AdminListen: h.AdminListen,
		RatePerKey: h.RatePerKey, BurstPerKey: h.BurstPerKey, WaitsPerKey: h.WaitsPerKey,
		Rate: h.Rate, Burst: h.Burst, Waits: h.Waits,
	}
}

// OnLoopback reports whether the server listens on this machine alone.
func (h HTTP) OnLoopback() bool {
	host, _, err := net.SplitHostPort(h.Listen)
	return err == nil && loopback.Is(host)
}

// check reports what is wrong, by field name. A 0 that somebody typed is not left to become
// the default.
func (h *HTTP) check() error {
	var faults []error
	for name, value := range map[string]float64{
		"RatePerKey": h.RatePerKey, "BurstPerKey": float64(h.BurstPerKey), "WaitsPerKey": float64(h.WaitsPerKey),
		"Rate": h.Rate, "Burst": float64(h.Burst), "Waits": float64(h.Waits), "ShutdownGrace": h.ShutdownGrace.Seconds(),
		"MaxBody": float64(h.MaxBody),
	} {
		if value == 0 {
			faults = append(faults, fault(name, "must be more than 0"))
		}
	}
	if _, _, err := net.SplitHostPort(h.Listen); err == nil && h.OAuthSecrets != "" && h.PublicURL == "" && !h.OnLoopback() {
		faults = append(faults, fault("PublicURL", "is needed for OAuth: set it to the address at which clients reach the server"))
	}
	if h.OAuthSecrets != "" && len(oauth.Secrets(h.OAuthSecrets.Reveal())) == 0 {
		faults = append(faults, fault("OAuthSecrets", "has no secret in it; leave it out to turn OAuth off"))
	}
	return errors.Join(append(faults, h.Options().Check())...)
}

// Credentials returns those of the environment; none if there are none. The error names the
// variable, and never repeats its value.
func (c *Config) Credentials() (wiro.Credentials, error) {
	if apikey.Unquote(c.Key.Reveal()) == "" && c.Secret != "" {
		return wiro.Credentials{}, errors.New("WIRO_API_KEY: is missing, while WIRO_API_SECRET is set.") //nolint:staticcheck,revive // a sentence, like the others
	}
	parsed, err := apikey.Parse(c.Key.Reveal(), c.Secret.Reveal())
	if problem, ok := errors.AsType[*apikey.Error](err); ok {
		variable := "WIRO_API_KEY: "
		switch {
		case problem.AfterColon:
			variable += "the secret after the colon "
		case problem.Secret:
			variable = "WIRO_API_SECRET: "
		}
		return wiro.Credentials{}, errors.New(variable + problem.Problem)
	}
	return parsed, err
}

func (c *Config) check() error {
	var faults []error
	add := func(field string, err error) {
		if err != nil {
			faults = append(faults, fault(field, "%w", err))
		}
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	add("BaseURL", checkURL(c.BaseURL, c.AllowPrivateURLs, "https", "http"))
	switch {
	case c.SocketURL != "" && c.SocketURL != wiro.NoSocket:
		add("SocketURL", checkURL(c.SocketURL, c.AllowPrivateURLs, "wss", "ws"))
	case c.SocketURL == "" && c.BaseURL == wiro.DefaultBaseURL:
		c.SocketURL = wiro.DefaultSocketURL
	default: // tokens of another API are not for Wiro's socket
		c.SocketURL = cmp.Or(c.SocketURL, wiro.NoSocket)
	}
	if c.Store != "" {
		_, err := store.Open(c.Store, store.Options{})
		add("Store", err)
	}
	_, err := media.NewFolders(c.FilesDirs...)
	add("FilesDirs", err)
	if c.DocsURL != "" {
		add("DocsURL", checkURL(c.DocsURL, true, "https", "http"))
	}
	return errors.Join(faults...)
}

// checkURL requires the secure scheme. The plain one is allowed on this machine, or if plain.
func checkURL(text string, plain bool, secure, insecure string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != secure && u.Scheme != insecure {
		return fmt.Errorf("must be an address that starts with %s://", secure)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("must be a plain address, without user, query or fragment")
	}
	if u.Scheme == insecure && !plain && !loopback.Is(u.Hostname()) {
		return fmt.Errorf("must start with %s:// : keys do not go over an open connection (WIRO_ALLOW_PRIVATE_URLS=true allows it)", secure)
	}
	return nil
}
