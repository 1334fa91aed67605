package consent

import (
	"cmp"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/webpage"
)

// Path is where the pages are; the state of a consent follows it.
const Path = "/connected/"

const mostQuery = 64 << 10 // bytes of what a browser brings

// Serve is the page of every consent on a public address. origin is the address at which the
// browser reached it.
func (m *Flows) Serve(w http.ResponseWriter, r *http.Request, origin string) {
	m.serve(w, r, origin, nil)
}

// serve answers a request for a page, and reports whether it was the last one of its consent.
// The page never leads anywhere but to itself.
func (m *Flows) serve(w http.ResponseWriter, r *http.Request, origin string, selectAccount SelectFunc) (last bool) {
	state := strings.TrimPrefix(r.URL.Path, Path)
	if len(state) != 26 || strings.Trim(state, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		unknown(w, r, origin)
		return false
	}
	f, err := m.load(r.Context(), state)
	if err == nil && f == nil {
		unknown(w, r, origin)
		return false
	}
	again := false // the page itself is shown next, without what the address held
	switch {
	case err != nil:
	case r.Method == http.MethodPost:
		f, again, err = m.chosen(w, r, state, f)
		if !again && err == nil {
			return false
		}
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "This page takes GET and POST.", http.StatusMethodNotAllowed)
		return false
	case r.URL.RawQuery != "" && r.Method == http.MethodGet:
		query, parseErr := url.ParseQuery(r.URL.RawQuery[:min(len(r.URL.RawQuery), mostQuery)])
		back, ok := f.Provider.ParseReturn(query)
		if parseErr != nil && !ok {
			show(w, r, http.StatusBadRequest, "Nothing came back", "The address does not say how the consent ended. Open the link from your assistant once more.")
			return false
		}
		if again = true; ok {
			f, err = m.returned(r.Context(), state, back)
		}
	}
	if err == nil && selectAccount != nil && f.Chosen != nil && !f.Done() {
		f, err = m.Finish(r.Context(), f, selectAccount)
	}
	switch {
	case errors.Is(err, ErrGone):
		unknown(w, r, origin)
	case err != nil:
		m.log.Warn().Err(err).Msg("a consent could not be kept")
		keepAddress(w, r, http.StatusServiceUnavailable, "What you did cannot be kept at the moment", "Load this page again in a moment. If that does not help, copy its address and give it to your assistant:", origin)
	case again:
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Location", state) // relative: a proxy may serve the page below a prefix
		w.WriteHeader(http.StatusSeeOther)
	default:
		f.show(w, r)
		return f.Done() && r.Method == http.MethodGet
	}
	return false
}

// chosen takes what the user chose on the page. If ok is false it has answered.
func (m *Flows) chosen(w http.ResponseWriter, r *http.Request, state string, f *Flow) (after *Flow, ok bool, err error) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		http.Error(w, "This form is sent by its own page only.", http.StatusForbidden)
		return f, false, nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form cannot be read.", http.StatusBadRequest)
		return f, false, nil
	}
	f, ok, err = m.choose(r.Context(), state, strings.TrimSpace(r.PostForm.Get("id")))
	if err == nil && !ok {
		show(w, r, http.StatusBadRequest, "That cannot be chosen", "It is none of the choices. Go back and choose one of them.")
	}
	return f, ok, err
}

// show is the page as the consent stands.
func (f *Flow) show(w http.ResponseWriter, r *http.Request) {
	service := f.Provider.Title()
	thing, _ := f.Provider.Selection()
	const leave = "You can close this page and go back to your assistant."
	switch {
	case f.Return == nil:
		show(w, r, http.StatusOK, "The consent is still under way", "Open the link from your assistant, and allow the agent to use the "+service+" account.")
	case f.Return.Error != "":
		show(w, r, http.StatusOK, service+" is not connected", ErrorText(f.Return.Error, f.Return.Detail), leave)
	case f.NeedsSelection():
		f.showChoices(w, r, service, thing)
	case f.Failure != "":
		show(w, r, http.StatusOK, service+" is connected, but the "+thing+" was not set", f.Failure, leave)
	case f.Selected:
		show(w, r, http.StatusOK, service+" is connected", "The agent works with the "+thing+" "+cmp.Or(f.Chosen.Name, f.Chosen.ID)+".", leave)
	case f.Chosen != nil:
		show(w, r, http.StatusOK, service+" is almost connected", "You chose the "+thing+" "+cmp.Or(f.Chosen.Name, f.Chosen.ID)+". Go back to your assistant and say that you are done: it completes the connection.")
	default:
		account := "the account"
		if f.Return.Account != "" {
			account += " " + f.Return.Account
		}
		show(w, r, http.StatusOK, service+" is connected", "The agent can use "+account+".", leave)
	}
}

// showChoices asks what of the account the agent works with.
func (f *Flow) showChoices(w http.ResponseWriter, r *http.Request, service, thing string) {
	title := "Choose the " + thing
	var b strings.Builder
	b.WriteString("<h1>" + html.EscapeString(title) + "</h1>\n<p>" + html.EscapeString(service) + " is connected. ")
	if len(f.Return.Choices) == 0 {
		b.WriteString("It listed nothing to choose from. If you know the id of the " + html.EscapeString(thing) + ", enter it:</p>\n" +
			`<form method="post"><div class="field"><label for="id">Id of the ` + html.EscapeString(thing) + `</label><input type="text" id="id" name="id" required maxlength="100"></div>` +
			`<div class="buttons"><button>Use it</button></div></form>` + "\n")
		webpage.Show(w, r, http.StatusOK, html.EscapeString(title), b.String())
		return
	}
	b.WriteString("Which " + html.EscapeString(thing) + " shall the agent work with?</p>\n" + `<form method="post" class="list">` + "\n")
	for _, c := range f.Return.Choices {
		soft := c.ID
		if c.Note != "" {
			soft += ", " + c.Note
		}
		b.WriteString(`<button name="id" value="` + html.EscapeString(c.ID) + `">` + html.EscapeString(cmp.Or(c.Name, c.ID)) +
			` <span class="soft">` + html.EscapeString(soft) + "</span></button>\n")
	}
	b.WriteString("</form>\n")
	webpage.Show(w, r, http.StatusOK, html.EscapeString(title), b.String())
}

// unknown is the page of a consent that is not known here: it is over, or another replica began
// it. Nothing of the address is taken as true.
func unknown(w http.ResponseWriter, r *http.Request, origin string) {
	if r.URL.RawQuery == "" || len(r.URL.RawQuery) > mostQuery {
		show(w, r, http.StatusNotFound, "No consent is under way here", "It is over, or took longer than 15 minutes. Ask your assistant to connect the account again.")
		return
	}
	keepAddress(w, r, http.StatusNotFound, "Give this address to your assistant",
		"This server does not know the consent that you come from: it is over, or began elsewhere. If you have just allowed an agent to use an account, copy this address and give it to your assistant:", origin)
}

// keepAddress is a page from which the user copies its own address.
func keepAddress(w http.ResponseWriter, r *http.Request, status int, title, text, origin string) {
	address := origin + r.URL.Path
	if r.URL.RawQuery != "" {
		address += "?" + r.URL.RawQuery
	}
	webpage.Show(w, r, status, html.EscapeString(title), "<h1>"+html.EscapeString(title)+"</h1>\n"+
		`<p><label for="address">`+html.EscapeString(text)+"</label></p>\n"+`<textarea id="address" readonly>`+html.EscapeString(address)+"</textarea>\n")
}

func show(w http.ResponseWriter, r *http.Request, status int, title string, paragraphs ...string) {
	body := "<h1>" + html.EscapeString(title) + "</h1>\n"
	for _, p := range paragraphs {
		body += "<p>" + html.EscapeString(p) + "</p>\n"
	}
	webpage.Show(w, r, status, html.EscapeString(title), body)
}

// ErrorText says what Wiro's code for a failed consent means and what to do, as sentences. Detail
// is what Wiro says beside the code; it may be "".
//
// Wiro docs: Agent Credentials & OAuth (Error Values), and the integration pages
// (Troubleshooting).
func ErrorText(code, detail string) string {
	text := map[string]string{ //nolint:gosec // words
		"authorization_denied":  "The consent was declined. If it was not the user who declined: an app of your own that is in development mode takes only accounts that are entered as its testers, and needs all scopes enabled.",
		"session_expired":       "The consent took longer than 15 minutes. Connect again.",
		"missing_params":        "The service sent no authorization back. Connect again.",
		"token_exchange_failed": "The service refused the app: its secret is wrong, or its redirect URI is not exactly the callback address that Wiro gives.",
		"no_pages":              "The account administers no Facebook page. Create one, or become its admin, and connect again.",
		"template_not_found":    "Wiro's own app does not serve this account. Connect with authmethod own.",
		"useragent_not_found":   "Wiro does not find the agent. Check its guid.",
		"invalid_config":        "The agent has no credential for this service, or its app is not entered.",
		"internal_error":        "Wiro had a problem. Connect again; if it happens twice, ask Wiro's support.",
	}[code]
	if text == "" {
		text = "Wiro says: " + code + ". Connect again."
	}
	if detail != "" {
		text += " Wiro adds: " + strings.TrimRight(detail, ". ") + "."
	}
	return text
}
