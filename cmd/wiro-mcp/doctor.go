package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/spf13/cobra"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/config"
	"github.com/wiroai/wiro-mcp-go/internal/fetch"
	"github.com/wiroai/wiro-mcp-go/internal/proxy"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// finding is what the doctor found out about one thing.
type finding struct {
	About string `json:"about"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Fix   string `json:"fix,omitempty"` // what to do; empty if nothing is wrong
}

const (
	doctorTimeout = 10 * time.Second // of each check
	clockSkew     = time.Minute      // beyond it signatures may be refused
)

func (a *app) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the key, the network and the clients' configurations",
		Long: "Check this binary, the API key (with one free call), the clock, the connection to Wiro, proxies,\n" +
			"folders, the store, and the configuration of each MCP client on this machine. Each fault comes with what to do.\n\n" +
			"Exit codes: 0 all is well, 1 something is not.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := a.examine(cmd.Context())
			healthy := true
			for _, f := range findings {
				healthy = healthy && f.OK
			}
			if asJSON {
				encoder := json.NewEncoder(a.out)
				encoder.SetIndent("", "  ")
				if err := encoder.Encode(map[string]any{"ok": healthy, "findings": findings}); err != nil {
					return err
				}
			} else {
				for _, f := range findings {
					a.say("%s", f)
				}
			}
			if !healthy {
				return &exit{code: exitRefused}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings for programs")
	return cmd
}

// String is a line, and a second one for the fix.
func (f finding) String() string {
	mark := "ok   "
	if !f.OK {
		mark = "FAULT"
	}
	text := fmt.Sprintf("%s %s: %s\n", mark, f.About, f.Found)
	if f.Fix != "" {
		text += "      " + f.Fix + "\n"
	}
	return text
}

// examine makes every check, all at once, and returns what they find in their order.
func (a *app) examine(ctx context.Context) []finding {
	clients, haveKeys := a.configuredClients()
	keyFault := a.authenticate()
	c := a.client(nil)
	one := func(check func() finding) func() []finding { return func() []finding { return []finding{check()} } }
	checks := []func() []finding{
		one(a.examineBinary), a.examineSettings,
		one(func() finding { return a.examineKey(ctx, c, keyFault, haveKeys) }),
		func() []finding { return a.examineAPI(ctx) },
		one(func() finding { return a.examineSocket(ctx) }),
		one(examineNetwork), one(a.examineFolders),
		one(func() finding { return a.examineStore(ctx) }),
	}
	for _, client := range clients {
		checks = append(checks, one(func() finding { return a.examineClient(ctx, c, client) }))
	}
	if len(clients) == 0 {
		checks = append(checks, one(func() finding {
			return finding{About: "MCP clients", OK: true, Found: "none is found on this machine"}
		}))
	}
	found := make([][]finding, len(checks))
	var all sync.WaitGroup
	for i, check := range checks {
		all.Go(func() { found[i] = check() })
	}
	all.Wait()
	return slices.Concat(found...)
}

// examineSettings names the settings that are wrong, or that are none; with neither it finds nothing.
func (a *app) examineSettings() []finding {
	var findings []finding
	if a.settingsFault != nil {
		for fault := range strings.Lines(a.settingsFault.Error()) {
			findings = append(findings, finding{About: "settings", Found: strings.TrimSpace(fault), Fix: "Correct it where it is set: with it the server does not start"})
		}
	}
	for _, warning := range config.Unknown(a.environ) {
		findings = append(findings, finding{About: "settings", OK: true, Found: warning})
	}
	return findings
}

func (a *app) examineBinary() finding {
	path, err := os.Executable()
	if err != nil {
		path = "unknown path"
	}
	f := finding{About: "binary", OK: true, Found: fmt.Sprintf("wiro-mcp %s, %s/%s, %s", wiromcp.Version(), runtime.GOOS, runtime.GOARCH, path)}
	if strings.Contains(filepath.ToSlash(path), "/_npx/") {
		f.Fix = "It is in npx's cache. Install it for good: npm install -g @wiro-ai/wiro-mcp-go"
	}
	return f
}

func (a *app) examineKey(ctx context.Context, c *wiro.Client, fault error, clientsHaveKeys bool) finding {
	f := finding{About: "API key"}
	switch {
	case fault != nil:
		f.Found, f.Fix = strings.TrimPrefix(fault.Error(), settingsPrefix), "Set WIRO_API_KEY to the key of your project: https://wiro.ai/panel/project"
		return f
	case !a.credentials.Set() && clientsHaveKeys:
		f.OK, f.Found = true, "WIRO_API_KEY is not set here; the clients below bring their own"
		return f
	case !a.credentials.Set():
		f.Found, f.Fix = "WIRO_API_KEY is not set here", "Create a project at https://wiro.ai/panel/project, then: wiro-mcp install"
		return f
	}
	f.Found, f.Fix = tryKey(ctx, c, a.credentials)
	f.OK = f.Fix == ""
	return f
}

// tryKey asks Wiro with a free call whether it accepts a key, and returns what it said and what to
// do if it does not.
func tryKey(ctx context.Context, c *wiro.Client, credentials wiro.Credentials) (found, fix string) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	_, err := c.WithCredentials(credentials).Tasks.List(ctx, wiro.TaskQuery{Limit: 1})
	switch reason := wiro.ReasonOf(err); {
	case err == nil && credentials.Secret != "":
		return "Wiro accepts it (requests are signed)", ""
	case err == nil:
		return "Wiro accepts it", ""
	case reason == wiro.ReasonSignatureRequired:
		return err.Error(), "The project signs its requests: set WIRO_API_SECRET, too"
	case errors.Is(err, wiro.ErrUnauthorized):
		return err.Error(), "Copy the key again from https://wiro.ai/panel/project; check WIRO_API_SECRET and the clock"
	}
	return "could not be checked: " + err.Error(), "See the connection to the API below"
}

// examineAPI looks at the connection to the API, and compares the clocks.
func (a *app) examineAPI(ctx context.Context) []finding {
	api := finding{About: "Wiro API", Found: a.config.BaseURL}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, a.config.BaseURL, nil)
	if err != nil {
		api.Found, api.Fix = err.Error(), "Check WIRO_API_BASE_URL"
		return []finding{api}
	}
	start := time.Now()
	response, err := fetch.OperatorClient(true).Do(request)
	if err != nil {
		api.Found = fmt.Sprintf("%s cannot be reached: %v", a.config.BaseURL, proxy.Explain(err, proxyFor(request)))
		api.Fix = "Check the network, HTTPS_PROXY and NO_PROXY, and, behind a proxy that inspects traffic, SSL_CERT_FILE"
		return []finding{api}
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	took := time.Since(start)
	api.OK, api.Found = true, fmt.Sprintf("%s answers after %d ms", a.config.BaseURL, took.Milliseconds())
	if used := proxyFor(request); used != nil {
		api.Found += ", through the proxy " + used.Host
	}
	clock := finding{About: "clock", OK: true, Found: "Wiro does not say what time it is"}
	if there, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		skew := time.Since(there.Add(took / 2)).Round(time.Second)
		clock.OK, clock.Found = skew.Abs() < clockSkew, fmt.Sprintf("differs from Wiro's by %s", skew.Abs())
		if !clock.OK {
			clock.Fix = "Set the clock of this machine: signed requests carry the time"
		}
	}
	return []finding{api, clock}
}

func proxyFor(request *http.Request) *url.URL { return proxy.Of(http.DefaultClient, request) }

func (a *app) examineSocket(ctx context.Context) finding {
	f := finding{About: "Wiro socket", Found: a.config.SocketURL}
	if a.config.SocketURL == wiro.NoSocket {
		f.OK, f.Found = true, "none is used: tasks are polled"
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: doctorTimeout}
	var used *url.URL
	if address, err := url.Parse(strings.Replace(a.config.SocketURL, "ws", "http", 1)); err == nil {
		used = proxyFor(&http.Request{URL: address})
	}
	connection, response, err := dialer.DialContext(ctx, a.config.SocketURL, nil)
	if response != nil && response.Body != nil {
		defer response.Body.Close() //nolint:errcheck // it was only read
	}
	if err != nil {
		f.Found = fmt.Sprintf("%s cannot be reached: %v", a.config.SocketURL, proxy.Explain(err, used))
		if response != nil {
			f.Found += ", HTTP " + response.Status
		}
		f.Fix = "Runs work without it, only a few seconds slower. Let the proxy or firewall pass WebSockets, or set WIRO_SOCKET_URL=none"
		return f
	}
	f.OK, f.Found = true, a.config.SocketURL+" answers"
	_ = connection.Close()
	return f
}
