package transport

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// page shows people how to connect their client to the address at which they see it. It is
// put together by hand: html/template would keep the linker from leaving out what nobody
// calls, and make the program a sixth larger. Every value goes through html.EscapeString.
type page struct {
	frame  string // the page, but for what depends on the address
	policy string // Content-Security-Policy
}

// pageClient is a client and what to do in it.
type pageClient struct {
	ID, Name string
	Link     string // installs the server; "" where the client has no such links
	LinkText string
	Where    string // where the snippet goes
	Snippet  string
	Note     string
}

func newPage(s *tools.Server, version string) *page {
	fixed := strings.NewReplacer(
		"{{css}}", pageCSS, "{{js}}", pageJS,
		"{{count}}", strconv.Itoa(len(s.Tools())),
		"{{toolsets}}", toolsetsHTML(s),
		"{{version}}", html.EscapeString(version),
	)
	return &page{
		frame: fixed.Replace(pageHTML),
		policy: "default-src 'none'; style-src " + hashOf(pageCSS) + "; script-src " + hashOf(pageJS) +
			"; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}
}

func toolsetsHTML(s *tools.Server) string {
	var b strings.Builder
	for _, set := range s.Toolsets() {
		var rows strings.Builder
		count := 0
		for _, d := range s.Tools() {
			if d.Toolset != set {
				continue
			}
			count++
			fmt.Fprintf(&rows, "      <dt><code>%s</code> <span class=\"effect %[2]s\">%[2]s</span></dt>\n      <dd>%[3]s</dd>\n",
				html.EscapeString(d.Name), effectOf(d), html.EscapeString(d.Description))
		}
		if count > 0 {
			fmt.Fprintf(&b, "  <details>\n    <summary>%s <span class=\"count\">%d</span></summary>\n    <dl>\n%s    </dl>\n  </details>\n",
				html.EscapeString(string(set)), count, rows.String())
		}
	}
	return b.String()
}

func effectOf(d mcptool.Tool) string {
	switch {
	case d.RequiresConfirmation:
		return "spends"
	case d.Effect == mcptool.Destroys:
		return "deletes"
	case d.Effect == mcptool.Writes:
		return "changes"
	}
	return "reads"
}

func clientsHTML(clients []pageClient) string {
	var tabs, panels strings.Builder
	for i, c := range clients {
		checked := ""
		if i == 0 {
			checked = " checked"
		}
		id, name := html.EscapeString(c.ID), html.EscapeString(c.Name)
		fmt.Fprintf(&tabs, "    <input type=\"radio\" name=\"client\" id=\"tab-%[1]s\"%[2]s>\n    <label for=\"tab-%[1]s\">%[3]s</label>\n", id, checked, name)
		fmt.Fprintf(&panels, "    <div class=\"panel\" id=\"panel-%s\">\n", id)
		if c.Link != "" {
			fmt.Fprintf(&panels, "      <p><a class=\"install\" href=\"%s\">%s</a></p>\n", html.EscapeString(c.Link), html.EscapeString(c.LinkText))
		}
		fmt.Fprintf(&panels, "      <p>%s</p>\n      <div class=\"copyable\">\n        <pre tabindex=\"0\"><code id=\"snippet-%[2]s\">%[3]s</code></pre>\n"+
			"        <button type=\"button\" class=\"copy\" data-copy=\"snippet-%[2]s\" aria-label=\"Copy the configuration for %[4]s\">Copy</button>\n      </div>\n",
			html.EscapeString(c.Where), id, html.EscapeString(c.Snippet), name)
		if c.Note != "" {
			fmt.Fprintf(&panels, "      <p class=\"note\">%s</p>\n", html.EscapeString(c.Note))
		}
		panels.WriteString("    </div>\n")
	}
	return tabs.String() + panels.String()
}

// hashOf allows one inline style or script, and no other.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

const openWarning = `  <p class="warning">This page came over an open connection. Use an address that starts with https:// before you send a key.</p>
`

func (p *page) serve(w http.ResponseWriter, r *http.Request) {
	o := originFrom(r)
	address := o.scheme + "://" + plainHost(o.host) + endpoints[0]
	warning := ""
	if o.scheme == "http" && !isLoopback(hostName(o.host)) {
		warning = openWarning
	}
	text := strings.NewReplacer(
		"{{url}}", html.EscapeString(address), "{{warning}}", warning, "{{clients}}", clientsHTML(pageClients(address)),
	).Replace(p.frame)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store") // it depends on the Host
	_, _ = io.WriteString(w, text)     // an error: the visitor is gone
}

func hostName(host string) string {
	name, _ := splitPort(host)
	return name
}

// plainHost is a host as it may stand in snippets that people paste into a shell.
func plainHost(host string) string {
	if host == "" || strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") != "" {
		return "YOUR-SERVER"
	}
	return host
}

// pageClients are the clients, with snippets for one address.
func pageClients(address string) []pageClient {
	const bearer = `"Authorization": "Bearer YOUR_API_KEY"`
	cursor := fmt.Sprintf(`{"url":"%s","headers":{%s}}`, address, strings.Replace(bearer, ": ", ":", 1))
	code := fmt.Sprintf(`{"name":"wiro","type":"http","url":"%s","headers":{"Authorization":"Bearer ${input:wiro_api_key}"},`+
		`"inputs":[{"type":"promptString","id":"wiro_api_key","description":"Wiro API key, or KEY:SECRET","password":true}]}`, address)
	bridge := `"-y", "mcp-remote", "` + address + `", "--header", "Authorization:${WIRO_AUTH}"`
	if strings.HasPrefix(address, "http://") {
		bridge += `, "--allow-http"`
	}
	return []pageClient{
		{
			ID: "cursor", Name: "Cursor", LinkText: "Add to Cursor",
			Link: "cursor://anysphere.cursor-deeplink/mcp/install?name=wiro&config=" +
				url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(cursor))),
			Where:   "Or put this into ~/.cursor/mcp.json:",
			Snippet: "{\n  \"mcpServers\": {\n    \"wiro\": {\n      \"url\": \"" + address + "\",\n      \"headers\": { " + bearer + " }\n    }\n  }\n}",
			Note:    "After the button, put your key where YOUR_API_KEY stands.",
		},
		{
			ID: "vscode", Name: "VS Code", LinkText: "Add to VS Code",
			Link:  "vscode:mcp/install?" + url.PathEscape(code),
			Where: "Or put this into .vscode/mcp.json:",
			Snippet: "{\n  \"inputs\": [\n    { \"type\": \"promptString\", \"id\": \"wiro_api_key\", \"description\": \"Wiro API key\", \"password\": true }\n  ],\n" +
				"  \"servers\": {\n    \"wiro\": {\n      \"type\": \"http\",\n      \"url\": \"" + address + "\",\n" +
				"      \"headers\": { \"Authorization\": \"Bearer ${input:wiro_api_key}\" }\n    }\n  }\n}",
			Note: "VS Code asks for the key once and keeps it safe.",
		},
		{
			ID: "claude-code", Name: "Claude Code",
			Where:   "In a terminal:",
			Snippet: "claude mcp add --transport http wiro " + address + " \\\n  --header \"Authorization: Bearer YOUR_API_KEY\"",
			Note:    "Add --scope user to have it in every project.",
		},
		{
			ID: "claude-desktop", Name: "Claude Desktop",
			Where: "Settings, Developer, Edit Config (needs Node.js):",
			Snippet: "{\n  \"mcpServers\": {\n    \"wiro\": {\n      \"command\": \"npx\",\n      \"args\": [" + bridge + "],\n" +
				"      \"env\": { \"WIRO_AUTH\": \"Bearer YOUR_API_KEY\" }\n    }\n  }\n}",
			Note: "Restart Claude Desktop afterwards.",
		},
		{
			ID: "windsurf", Name: "Windsurf",
			Where:   "In ~/.codeium/windsurf/mcp_config.json:",
			Snippet: "{\n  \"mcpServers\": {\n    \"wiro\": {\n      \"serverUrl\": \"" + address + "\",\n      \"headers\": { " + bearer + " }\n    }\n  }\n}",
		},
		{
			ID: "codex", Name: "Codex",
			Where:   "In ~/.codex/config.toml, with the key in the variable WIRO_API_KEY:",
			Snippet: "[mcp_servers.wiro]\nurl = \"" + address + "\"\nbearer_token_env_var = \"WIRO_API_KEY\"",
		},
		{
			ID: "gemini", Name: "Gemini CLI",
			Where:   "In a terminal:",
			Snippet: "gemini mcp add --transport http \\\n  --header \"Authorization: Bearer YOUR_API_KEY\" \\\n  wiro " + address,
		},
		{
			ID: "other", Name: "Any other",
			Where: "Streamable HTTP, with a header. To try it in a terminal:",
			Snippet: "curl " + address + " \\\n  -H \"Authorization: Bearer YOUR_API_KEY\" \\\n  -H \"Content-Type: application/json\" \\\n" +
				"  -H \"Accept: application/json, text/event-stream\" \\\n  -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}'",
			Note: "Clients that cannot set Authorization may send x-api-key and x-api-secret.",
		},
	}
}
