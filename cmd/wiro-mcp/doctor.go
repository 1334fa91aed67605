package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/spf13/cobra"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/fetch"
	"github.com/wiroai/wiro-mcp-go/internal/install"
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

func (a *app) examine(ctx context.Context) []finding {
	findings := []finding{a.examineBinary(), a.examineKey(ctx)}
	findings = append(findings, a.examineAPI(ctx)...)
	findings = append(findings, a.examineSocket(ctx), examineNetwork(), a.examineFolders(), a.examineStore(ctx))
	return append(findings, a.examineClients(ctx)...)
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

func (a *app) examineKey(ctx context.Context) finding {
	f := finding{About: "API key"}
	if err := a.authenticate(); err != nil {
		f.Found, f.Fix = errors.Unwrap(err).Error(), "Set WIRO_API_KEY to the key of your project: https://wiro.ai/panel/project"
		return f
	}
	if !a.credentials.Set() {
		f.Found, f.Fix = "WIRO_API_KEY is not set here", "Create a project at https://wiro.ai/panel/project, then: wiro-mcp install"
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	_, err := a.client(nil).Tasks.List(ctx, wiro.TaskQuery{Limit: 1})
	switch reason := wiro.ReasonOf(err); {
	case err == nil:
		f.OK, f.Found = true, "Wiro accepts it"
		if a.credentials.Secret != "" {
			f.Found += " (requests are signed)"
		}
	case reason == wiro.ReasonSignatureRequired:
		f.Found, f.Fix = err.Error(), "The project signs its requests: set WIRO_API_SECRET, too"
	case errors.Is(err, wiro.ErrUnauthorized):
		f.Found, f.Fix = err.Error(), "Copy the key again from https://wiro.ai/panel/project; check WIRO_API_SECRET and the clock"
	default:
		f.Found, f.Fix = "could not be checked: "+err.Error(), "See the connection to the API below"
	}
	return f
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
		f.Fix = "Runs work without it, only a few seconds slower. Let the proxy or firewall pass WebSockets, or set WIRO_SOCKET_URL=none"
		return f
	}
	f.OK, f.Found = true, a.config.SocketURL+" answers"
	_ = connection.Close()
	return f
}

// examineClients looks at the configuration of every client on this machine, and starts what it
// launches.
func (a *app) examineClients(ctx context.Context) []finding {
	system, err := a.system()
	if err != nil {
		return []finding{{About: "MCP clients", Found: err.Error()}}
	}
	var findings []finding
	for _, client := range install.Clients {
		if client.Installed(system) {
			findings = append(findings, a.examineClient(ctx, client, system))
		}
	}
	if len(findings) == 0 {
		findings = append(findings, finding{About: "MCP clients", OK: true, Found: "none is found on this machine"})
	}
	return findings
}

func (a *app) examineClient(ctx context.Context, client install.Client, system install.System) finding {
	f := finding{About: client.Title}
	at, err := client.Configured(system, "")
	switch {
	case err != nil:
		f.Found, f.Fix = err.Error(), "Mend the file by hand: nothing writes into a file that cannot be parsed"
	case !at.Found:
		f.OK, f.Found, f.Fix = true, "no entry for Wiro in "+at.Path, "wiro-mcp install "+client.ID
	case at.URL != "":
		f.OK, f.Found = true, fmt.Sprintf("connects to %s (%s)", at.URL, at.Path)
	case len(at.Command) == 0:
		f.Found, f.Fix = "the entry in "+at.Path+" launches nothing", "wiro-mcp install "+client.ID
	default:
		tools, err := toolsOf(ctx, at.Command)
		if err != nil {
			f.Found, f.Fix = fmt.Sprintf("%s in %s: %v", at.Command[0], at.Path, err), "wiro-mcp install "+client.ID+" writes the path of this binary"
			break
		}
		f.OK, f.Found = true, fmt.Sprintf("launches %s, which lists %d tools (%s)", at.Command[0], tools, at.Path)
		if !isThisBinary(at.Command[0]) {
			f.Found += ", not this binary"
		}
	}
	return f
}

// toolsOf launches a server over stdio, without a key, and counts its tools.
func toolsOf(ctx context.Context, command []string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	server := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // what the user's client launches
	server.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return strings.EqualFold(name, "WIRO_API_KEY") || strings.EqualFold(name, "WIRO_API_SECRET")
	})
	stdin, err := server.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := server.Start(); err != nil {
		return 0, fmt.Errorf("it does not start: %w", err)
	}
	defer server.Wait() //nolint:errcheck // how it ends is not the question
	defer stdin.Close() //nolint:errcheck // as above
	for _, message := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"wiro-mcp-doctor","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`,
	} {
		if _, err := io.WriteString(stdin, message+"\n"); err != nil {
			return 0, errors.New("it ends at once")
		}
	}
	lines := bufio.NewScanner(io.LimitReader(stdout, 4<<20))
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var answer struct {
			ID     int `json:"id"`
			Result struct {
				Tools []json.RawMessage `json:"tools"`
			} `json:"result"`
		}
		if json.Unmarshal(lines.Bytes(), &answer) == nil && answer.ID == 2 {
			return len(answer.Result.Tools), nil
		}
	}
	return 0, errors.New("it does not list its tools")
}
