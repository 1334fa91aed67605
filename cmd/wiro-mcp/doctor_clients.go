package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/apikey"
	"github.com/wiroai/wiro-mcp-go/internal/fetch"
	"github.com/wiroai/wiro-mcp-go/internal/install"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// clientToExamine is the configuration of a client on this machine, the user's own or that of the
// project in this folder.
type clientToExamine struct {
	install.Client
	at      install.Configured
	project bool
	err     error // the configuration cannot be read
}

// configuredClients are the clients on this machine, and whether one of them brings a key.
func (a *app) configuredClients() (clients []clientToExamine, haveKeys bool) {
	system, err := a.system()
	if err != nil {
		return []clientToExamine{{Client: install.Client{Title: "MCP clients"}, err: err}}, false
	}
	folder, err := os.Getwd()
	if err != nil {
		folder = ""
	}
	for _, client := range install.Clients {
		if client.Installed(system) {
			at, err := client.Configured(system, "")
			clients = append(clients, clientToExamine{client, at, false, err})
		}
		if folder == "" || client.Project == "" || client.File(system, folder) == client.File(system, "") {
			continue
		}
		if at, err := client.Configured(system, folder); at.Found || err != nil {
			clients = append(clients, clientToExamine{client, at, true, err})
		}
	}
	for _, c := range clients {
		haveKeys = haveKeys || c.at.Environment["WIRO_API_KEY"] != "" || len(c.at.Headers) > 0
	}
	return clients, haveKeys
}

// examineClient looks at the configuration of a client, and at what it launches or reaches.
func (a *app) examineClient(ctx context.Context, c *wiro.Client, client clientToExamine) finding {
	f := finding{About: client.Title}
	again := "wiro-mcp install " + client.ID
	if client.project {
		f.About, again = f.About+", this project", again+" --project"
	}
	switch {
	case client.err != nil:
		f.Found, f.Fix = client.err.Error(), "Mend the file by hand: nothing writes into a file that cannot be parsed"
	case !client.at.Found:
		f.OK, f.Found, f.Fix = true, "no entry for Wiro in "+client.at.Path, again
	case client.project && !client.launchesThis():
		f.OK, f.Found = true, fmt.Sprintf("%s has %s; what a folder brings is not started or asked from here", client.at.Path, client.names())
	case client.at.URL != "":
		f.OK, f.Found = true, fmt.Sprintf("connects to %s (%s)", client.names(), client.at.Path)
		if fault, certain := tryServer(ctx, client.at); fault != "" {
			f.OK, f.Found, f.Fix = !certain, f.Found+", which "+fault, again+" --remote URL writes the address and the key"
		}
	case len(client.at.Command) == 0:
		f.Found, f.Fix = "the entry in "+client.at.Path+" launches nothing", again
	default:
		a.examineLaunch(ctx, c, client, &f, again)
	}
	return f
}

// names is the server that the client connects to, without what may be a key, or the program that it
// launches.
func (c clientToExamine) names() string {
	if c.at.URL == "" {
		return strings.Join(c.at.Command[:min(1, len(c.at.Command))], "")
	}
	u, err := url.Parse(c.at.URL)
	if err != nil {
		return "an address that cannot be read"
	}
	u.RawQuery, u.User = "", nil
	return u.String()
}

// launchesThis reports whether the client launches this binary: nothing else that a folder names, which
// may be anybody's, is started.
func (c clientToExamine) launchesThis() bool {
	return c.at.URL == "" && len(c.at.Command) > 0 && isThisBinary(c.at.Command[0])
}

// examineLaunch starts what a client launches, and tries the key that it is given.
func (a *app) examineLaunch(ctx context.Context, c *wiro.Client, client clientToExamine, f *finding, again string) {
	command := client.at.Command[0]
	tools, err := toolsOf(ctx, client.at.Command, client.at.Environment)
	if err != nil {
		f.Found = fmt.Sprintf("%s in %s: %v", command, client.at.Path, err)
		if f.Fix = again + " writes the path of this binary"; isThisBinary(command) {
			f.Fix = "Correct that in the environment of the entry"
		}
		return
	}
	f.OK, f.Found = true, fmt.Sprintf("launches %s, which lists %d tools (%s)", command, tools, client.at.Path)
	switch {
	case !filepath.IsAbs(command):
		f.Fix = "Programs that are started from the desktop may not find " + command + ": " + again + " writes the full path"
	case !isThisBinary(command):
		f.Found += "; it is not this binary"
	}
	_, elsewhere := client.at.Environment["WIRO_API_BASE_URL"]
	key, secret := client.at.Environment["WIRO_API_KEY"], client.at.Environment["WIRO_API_SECRET"]
	if key == "" || elsewhere || isFilledIn(key) || isFilledIn(secret) || slices.Contains(client.at.Command, "--sandbox") {
		return
	}
	credentials, err := apikey.Parse(key, secret)
	if err != nil {
		f.OK, f.Found, f.Fix = false, f.Found+"; "+err.Error(), again+" asks for the key"
		return
	}
	if said, fix := tryKey(ctx, c, credentials); fix != "" && !strings.HasPrefix(said, "could not") {
		f.OK, f.Found, f.Fix = false, f.Found+"; of its key Wiro says: "+said, fix
	}
}

// isFilledIn reports whether the client fills a text in.
func isFilledIn(text string) bool {
	return strings.Contains(text, "${") || strings.Contains(text, "{{") || strings.Contains(text, "{env:") || strings.HasPrefix(text, "$")
}

// tryServer connects to a hosted server with what the client sends. That its name is not known
// here is not certain to be a fault: the client may be in another network.
func tryServer(ctx context.Context, at install.Configured) (fault string, certain bool) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, at.URL, strings.NewReader(initialize))
	if err != nil {
		return "is not an address: " + err.Error(), true
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	sent := false
	for name, value := range at.Headers {
		if !isFilledIn(value) {
			request.Header.Set(name, value)
			sent = true
		}
	}
	client := *fetch.OperatorClient(true)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the key stays here
	response, err := client.Do(request)
	if err != nil {
		_, unknown := errors.AsType[*net.DNSError](err)
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return "cannot be reached from here: " + err.Error(), !unknown
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	switch unauthorized := response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden; {
	case unauthorized && sent:
		return "refuses the key, HTTP " + response.Status, true
	case unauthorized: // the client fills the key in, or signs in
		return "", false
	case response.StatusCode/100 != 2:
		return "answers HTTP " + response.Status + ", not as an MCP server does", true
	}
	return "", false
}

const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"wiro-mcp-doctor","version":"1"}}}`

// toolsOf launches a server over stdio as a client does, but without a key, and counts its tools.
func toolsOf(ctx context.Context, command []string, environment map[string]string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	server := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // what the user's client launches
	server.Env = os.Environ()
	for name, value := range environment {
		server.Env = append(server.Env, name+"="+value)
	}
	server.Env = slices.DeleteFunc(server.Env, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return strings.EqualFold(name, "WIRO_API_KEY") || strings.EqualFold(name, "WIRO_API_SECRET")
	})
	var said lastLine
	server.Stderr = &said
	server.WaitDelay = doctorTimeout
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
	count, err := listTools(stdin, stdout)
	_ = stdin.Close()
	_ = server.Wait() // how it ends is not the question, and what it said is complete then
	if err != nil && said.text != "" {
		err = fmt.Errorf("%w; it says: %s", err, said.text)
	}
	return count, err
}

func listTools(stdin io.Writer, stdout io.Reader) (int, error) {
	for _, message := range []string{
		initialize,
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

// lastLine keeps the last line that was written, cut to a length that a terminal shows.
type lastLine struct{ text string }

func (l *lastLine) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			l.text = string(line[:min(len(line), 300)])
		}
	}
	return len(p), nil
}
