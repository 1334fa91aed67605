package transport

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/install"
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

// page shows people how to connect their client. It is static: its script fills in the address,
// from the page's own, the clients and the tools. html/template is not used, because its reflection keeps
// the linker from removing unused methods, which makes the program a sixth larger.
type page struct {
	html   func() (string, error) // made when it is first asked for
	policy string                 // Content-Security-Policy
}

// pageAddress and pageKey stand in the page where the script puts the visitor's own.
const (
	pageAddress = "https://YOUR-SERVER/v1"
	pageKey     = "YOUR_API_KEY"
)

// pageClient is a client as the script takes it.
type pageClient struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	Place   string     `json:"place"`             // its configuration file
	Project string     `json:"project,omitempty"` // that of a project
	File    string     `json:"file"`              // what the file holds
	Bridge  bool       `json:"bridge,omitempty"`  // it takes no hosted servers: the file starts mcp-remote
	Command string     `json:"command,omitempty"`
	After   string     `json:"after"`
	Links   []pageLink `json:"links,omitempty"`
}

type pageLink struct {
	Title    string `json:"title"`
	Template string `json:"template"`
	Entry    string `json:"entry"`
	Website  bool   `json:"website,omitempty"` // it leads through a website and has no key
}

// pageToolset is a toolset as the script takes it.
type pageToolset struct {
	Name  string     `json:"name"`
	Tools []pageTool `json:"tools"`
}

type pageTool struct {
	Name        string `json:"name"`
	Effect      string `json:"effect"` // "reads", "changes", "deletes" or "spends"
	Description string `json:"description"`
}

// newPage returns the page. A demo key is filled into its key field.
func newPage(s *tools.Server, version, demoKey string) *page {
	return &page{
		html: sync.OnceValues(func() (string, error) {
			clients, err := pageClients()
			if err != nil {
				return "", err
			}
			var data bytes.Buffer
			encoder := json.NewEncoder(&data)
			encoder.SetEscapeHTML(false) // addresses stay as they are; < alone would end the script
			err = encoder.Encode(map[string]any{"version": version, "demoKey": demoKey, "clients": clients, "toolsets": pageToolsets(s)})
			text := strings.ReplaceAll(strings.TrimSpace(data.String()), "<", `\u003c`)
			return strings.NewReplacer("{{css}}", pageCSS, "{{js}}", pageJS, "{{data}}", text).Replace(pageHTML), err
		}),
		policy: "default-src 'none'; style-src " + hashOf(pageCSS) + "; script-src " + hashOf(pageJS) +
			"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}
}

func pageClients() ([]pageClient, error) {
	hosted := install.Server{URL: pageAddress, Key: pageKey}
	bridge := install.Server{
		Command: "npx", Args: []string{"-y", "mcp-remote", pageAddress, "--header", "Authorization:${WIRO_API_KEY}"},
		Key: "Bearer " + pageKey, // in the variable, because arguments with spaces do not reach every shell
	}
	clients := make([]pageClient, 0, len(install.Clients))
	for _, c := range install.Clients {
		p := pageClient{ID: c.ID, Title: c.Title, Place: c.Place(), Command: c.Command(hosted), After: c.After}
		if c.Project != p.Place {
			p.Project = c.Project
		}
		var err error
		if p.File, err = c.Entry(hosted, false); err != nil {
			p.Bridge = true
			p.File, err = c.Entry(bridge, false)
		}
		if err != nil {
			return nil, err
		}
		for _, link := range c.Links {
			entry, err := c.LinkEntry(hosted, strings.Contains(link.Template, "{named}"))
			if err != nil {
				return nil, err
			}
			p.Links = append(p.Links, pageLink{link.Title, link.Template, entry, link.IsWebsite()})
		}
		clients = append(clients, p)
	}
	return clients, nil
}

func pageToolsets(s *tools.Server) []pageToolset {
	toolsets := []pageToolset{}
	for _, name := range s.Toolsets() {
		set := pageToolset{Name: string(name)}
		for _, d := range s.Tools() {
			if d.Toolset == name && !d.ForViews && !d.Local { // neither is for a model on the network
				set.Tools = append(set.Tools, pageTool{d.Name, effectOf(d), d.Description})
			}
		}
		if set.Tools != nil {
			toolsets = append(toolsets, set)
		}
	}
	return toolsets
}

func effectOf(d mcptool.Tool) string {
	switch {
	case d.RequiresConfirmation, d.Name == "run_model":
		return "spends"
	case d.Effect == mcptool.Destroys:
		return "deletes"
	case d.Effect == mcptool.Writes:
		return "changes"
	}
	return "reads"
}

// hashOf allows one inline style or script, and no other.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (p *page) serve(w http.ResponseWriter, r *http.Request) {
	// The script replaces this address; it is for those who read the page without it.
	at := peerOf(r)
	html, err := p.html()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	text := strings.ReplaceAll(html, pageAddress, at.scheme+"://"+plainHost(at.host)+at.prefix+endpoints[0])
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store") // it depends on the Host
	_, _ = io.WriteString(w, text)     // an error: the visitor is gone
}

// plainHost is a host as it may stand in snippets that people paste into a shell.
func plainHost(host string) string {
	if host == "" || strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") != "" {
		return "YOUR-SERVER"
	}
	return host
}
