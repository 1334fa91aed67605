package oauth

import (
	_ "embed"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/webpage"
)

// The bodies of the pages; webpage puts the rest around them.
var (
	//go:embed form.html
	formHTML string
	//go:embed costs.html
	costsHTML string
)

// showForm shows the page on which a person gives the key.
func (s *Server) showForm(w http.ResponseWriter, r *http.Request, status int, outcome string, f form) {
	redirect, err := parseRedirect(f.Redirect)
	if err != nil { // it was parsed before
		s.showProblem(w, r, fail(http.StatusBadRequest, "invalid_request", "The sign-in request cannot be read."), "", "")
		return
	}
	name := f.Name
	if name == "" {
		name = "an MCP client"
	}
	host := ""
	if f.Host != "" {
		host = ` <span class="soft">(published by ` + html.EscapeString(f.Host) + `)</span>`
	}
	keyHelp, keyInvalid, limitsInvalid := "key-note", "", ""
	if f.keyProblem != "" {
		keyHelp, keyInvalid = "key-problem key-note", ` aria-invalid="true" autofocus` // with focus, screen readers read the problem
	}
	if f.limitsProblem != "" {
		limitsInvalid = ` aria-describedby="limits-problem"`
	}
	body := strings.NewReplacer(
		"{{name}}", html.EscapeString(name), "{{host}}", host, "{{redirect}}", destination(redirect),
		"{{server}}", html.EscapeString(strings.TrimPrefix(f.Issuer, "https://")), "{{warning}}", warning(redirect),
		"{{request}}", html.EscapeString(f.token),
		"{{keyhelp}}", keyHelp, "{{keyinvalid}}", keyInvalid, "{{keyproblem}}", problemHTML("key-problem", f.keyProblem),
		"{{open}}", attribute(" open", f.limited), "{{limitsproblem}}", problemHTML("limits-problem", f.limitsProblem),
		"{{readonly}}", attribute(" checked", f.readOnly),
		"{{costs}}", s.costsHTML(f, limitsInvalid),
		"{{toolsets}}", s.toolsetsHTML(f.toolsets),
	).Replace(formHTML)
	title := "Connect " + html.EscapeString(name) + " to Wiro"
	if f.keyProblem != "" || f.limitsProblem != "" {
		title = "Error: " + title
	}
	webpage.Show(w, r, status, title, body)
	s.observe("authorize", outcome, status)
}

// destination tells people where a code goes.
func destination(u *url.URL) string {
	host := html.EscapeString(u.Host)
	switch {
	case isLoopbackRedirect(u):
		return host + ` <span class="soft">(a program on this device)</span>`
	case u.Scheme != "https":
		return html.EscapeString(u.Scheme+"://"+u.Host) + ` <span class="soft">(a program on this device)</span>`
	}
	return host
}

func warning(u *url.URL) string {
	if isKnown(u) {
		return ""
	}
	return `<p class="warning" role="note"><strong>This server does not know ` + html.EscapeString(u.Host) + `.</strong> ` +
		`The name above is what it calls itself. Go on only if you trust it: it will be able to spend on your Wiro account.</p>` + "\n"
}

func problemHTML(id, text string) string {
	if text == "" {
		return ""
	}
	return `    <p class="problem" id="` + id + `" role="alert">` + html.EscapeString(text) + "</p>\n"
}

func attribute(text string, on bool) string {
	if on {
		return text
	}
	return ""
}

// costsHTML are the fields for limits of cost.
func (s *Server) costsHTML(f form, invalid string) string {
	if !s.costs {
		return ""
	}
	return strings.NewReplacer(
		"{{costrun}}", html.EscapeString(f.costPerRun), "{{costday}}", html.EscapeString(f.costPerDay), "{{limitsinvalid}}", invalid,
	).Replace(costsHTML)
}

// toolsetsHTML are the groups of tools, all of them checked where none were chosen yet.
func (s *Server) toolsetsHTML(chosen []string) string {
	if len(s.toolsets) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("    <fieldset>\n      <legend>Groups of tools</legend>\n")
	for _, t := range s.toolsets {
		name := html.EscapeString(t.Name)
		b.WriteString(`      <label class="choice"><input type="checkbox" name="toolset" value="` + name + `"` +
			attribute(" checked", chosen == nil || slices.Contains(chosen, t.Name)) + "> <span>" + name +
			` <span class="soft">` + html.EscapeString(t.Description) + "</span></span></label>\n")
	}
	b.WriteString("    </fieldset>\n")
	return b.String()
}

// showProblem tells a person why there is no sign-in; link, where there is one, tells the client.
func (s *Server) showProblem(w http.ResponseWriter, r *http.Request, f *failure, link, host string) {
	body := "<h1>This sign-in cannot go on</h1>\n<p>" + html.EscapeString(f.text) + "</p>\n<p class=\"note\">" + html.EscapeString(f.code) + "</p>\n"
	if link != "" {
		body += `<p>To tell the client, <a href="` + html.EscapeString(link) + `" rel="noreferrer">go back to ` + html.EscapeString(host) + "</a>.</p>\n"
	}
	f.setRetryAfter(w.Header())
	webpage.Show(w, r, f.status, "Sign-in cannot go on", body)
	s.observe("authorize", f.outcome(), f.status)
}
