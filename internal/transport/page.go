package transport

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
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

// page shows people how to connect their client. It is static: its script fills in the address,
// from the page's own, and the tools. html/template is not used, because its reflection keeps
// the linker from removing unused methods, which makes the program a sixth larger.
type page struct {
	html   string
	policy string // Content-Security-Policy
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

func newPage(s *tools.Server, version string) (*page, error) {
	data, err := json.Marshal(map[string]any{"version": version, "toolsets": pageToolsets(s)}) // with < escaped
	if err != nil {
		return nil, err
	}
	return &page{
		html: strings.NewReplacer("{{css}}", pageCSS, "{{js}}", pageJS, "{{data}}", string(data)).Replace(pageHTML),
		policy: "default-src 'none'; style-src " + hashOf(pageCSS) + "; script-src " + hashOf(pageJS) +
			"; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}, nil
}

func pageToolsets(s *tools.Server) []pageToolset {
	toolsets := []pageToolset{}
	for _, name := range s.Toolsets() {
		set := pageToolset{Name: string(name)}
		for _, d := range s.Tools() {
			if d.Local { // never for a caller on the network
				continue
			}
			if d.Toolset == name {
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
	case d.RequiresConfirmation:
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
	text := strings.ReplaceAll(p.html, "https://YOUR-SERVER/v1", at.scheme+"://"+plainHost(at.host)+at.prefix+endpoints[0])
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
