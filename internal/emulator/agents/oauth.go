package agents

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// consentPath is where the pages live on which somebody allows an agent to use an account.
const consentPath = "/oauth/"

// flowLife is how long somebody has to give consent, and then to pick an account.
//
// Wiro docs: Agent Credentials & OAuth, Security.
const flowLife = 15 * time.Minute

// An oauthFlow is an account on its way to being connected.
type oauthFlow struct {
	agent    *userAgent
	held     *heldCredential
	redirect *url.URL
	mode     string // wiro or own
	expires  time.Time
}

func (a *Agents) installOAuth() {
	for _, cr := range a.registry.credentials {
		if cr.OAuth == nil {
			continue
		}
		at := "UserAgentOAuth/" + cr.OAuth.Prefix
		a.serve(at+"Connect", func(c *core.Call) (core.Fields, error) { return a.connect(c, cr) })
		a.serve(at+"Status", func(c *core.Call) (core.Fields, error) { return a.accountStatus(c, cr) })
		a.serve(at+"Disconnect", func(c *core.Call) (core.Fields, error) { return a.disconnect(c, cr) })
		if cr.Picker != nil {
			a.serve("UserAgentOAuth/"+cr.Picker.Endpoint, func(c *core.Call) (core.Fields, error) { return a.pick(c, cr) })
		}
	}
	a.serve("UserAgentOAuth/TokenRefresh", a.refreshToken)
	a.serve("UserAgentOAuth/GoogleDriveListFolders", a.listDriveFolders)
}

// missing is how the OAuth endpoints word it.
func missing(param string) *core.Failure { return core.Fail(0, "Missing "+param) }

// account finds the instance and its credential that an OAuth call is about.
func (a *Agents) account(c *core.Call, cr *credential) (*userAgent, *heldCredential, error) {
	if c.Args.Text("useragentguid") == "" {
		return nil, nil, missing("useragentguid")
	}
	u, err := a.instance(c, "useragentguid", errUnauthorized)
	if err != nil {
		return nil, nil, err
	}
	h := u.credential(a.registry, cr.Key)
	if h == nil {
		return nil, nil, notConfigured(cr)
	}
	return u, h, nil
}

func notConfigured(cr *credential) *core.Failure {
	return core.Fail(0, cr.Title+" credentials not configured")
}

// connect answers POST /UserAgentOAuth/{Provider}Connect.
func (a *Agents) connect(c *core.Call, cr *credential) (core.Fields, error) {
	u, h, err := a.account(c, cr)
	if err != nil {
		return nil, err
	}
	target := c.Args.Text("redirecturl")
	if target == "" {
		return nil, missing("redirecturl")
	}
	redirect, err := redirectTarget(target)
	if err != nil {
		return nil, err
	}
	mode := c.Args.Text("authmethod")
	switch mode {
	case "", "wiro":
		mode = "wiro"
		if cr.Pending {
			return nil, core.Fail(0, cr.Title+` cannot be connected through Wiro's app yet. Use authmethod "own".`)
		}
	case "own":
		if !h.hasOwnApp() {
			return nil, notConfigured(cr)
		}
	default:
		return nil, core.Fail(0, `authmethod must be "wiro" or "own"`)
	}
	now := a.now()
	for state, f := range a.flows {
		if now.After(f.expires.Add(flowLife)) { // until then an opener hears session_expired
			delete(a.flows, state)
		}
	}
	state := a.server.IDs.Token()
	a.flows[state] = &oauthFlow{u, h, redirect, mode, now.Add(flowLife)}
	origin := a.server.Origin(c.Request)
	query := url.Values{
		"client_id": {"emulator-" + mode}, "redirect_uri": {origin + core.APIPath + "UserAgentOAuth/" + cr.OAuth.Prefix + "Callback"},
		"response_type": {"code"}, "state": {state},
	}
	if cr.OAuth.Scope != "" {
		query.Set("scope", cr.OAuth.Scope)
	}
	return core.Fields{{"authorizeUrl", origin + consentPath + cr.OAuth.Provider + "/authorize?" + query.Encode()}}, nil
}

// redirectTarget checks where somebody is sent afterwards: HTTPS, or their own machine.
func redirectTarget(text string) (*url.URL, error) {
	target, err := url.Parse(text)
	if err == nil {
		host := target.Hostname()
		local := target.Scheme == "http" && (host == "localhost" || host == "127.0.0.1")
		if host != "" && (target.Scheme == "https" || local) {
			return target, nil
		}
	}
	return nil, core.Fail(0, "Invalid redirect URL")
}

// hasOwnApp reports whether the user's own OAuth app is filled in.
func (h *heldCredential) hasOwnApp() bool {
	for _, f := range h.Fields {
		if f.Managed && f.Required && h.value(f.Key) == "" {
			return false
		}
	}
	return true
}

// consent serves the page that authorizeUrl names. Opening it is consent, unless
// the query says deny=1; either way it leads back to the redirect URL.
func (a *Agents) consent(w http.ResponseWriter, r *http.Request, _ string) {
	state := r.URL.Query().Get("state")
	a.mu.Lock()
	f := a.flows[state]
	var target string
	if f != nil {
		target = a.consented(f, r.URL.Query().Get("deny") == "1")
		delete(a.flows, state)
	}
	a.mu.Unlock()
	if f == nil {
		http.Error(w, "missing_params: this page belongs to no connection under way", http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, target, http.StatusFound)
}

// consented connects the account of a flow, and tells where to go from there.
func (a *Agents) consented(f *oauthFlow, denied bool) string {
	now := a.now()
	o, h := f.held.OAuth, f.held
	query := f.redirect.Query()
	switch {
	case now.After(f.expires):
		query.Set(o.Param+"_error", "session_expired")
	case denied:
		query.Set(o.Param+"_error", "authorization_denied")
	default:
		query.Set(o.Param+"_connected", "true")
		if p := h.Picker; p != nil {
			query.Set(p.Query, string(core.Encode(p.Choices)))
			h.choiceOpenBefore = now.Add(flowLife)
			h.choiceMode = f.mode
		}
		if h.Picker == nil || !h.Picker.Pending {
			h.connect(now, f.mode)
		}
		for name, field := range o.Query {
			query.Set(name, h.value(field))
		}
		a.accountChanged(f.agent)
	}
	target := *f.redirect
	target.RawQuery = query.Encode()
	return target.String()
}

// accountChanged does what follows a change of a connected account.
func (a *Agents) accountChanged(u *userAgent) {
	u.times.updated = a.now()
	a.settle(u)
	a.restart(u)
	a.changed.Raise()
}

// accountStatus answers POST /UserAgentOAuth/{Provider}Status.
func (a *Agents) accountStatus(c *core.Call, cr *credential) (core.Fields, error) {
	_, h, err := a.account(c, cr)
	if err != nil {
		return nil, err
	}
	o := cr.OAuth
	out := core.Fields{{"connected", h.ready() || o.TokenOnly && len(h.tokens) > 0}}
	for _, name := range sortedKeys(o.Reports) {
		out = append(out, core.Field{name, h.value(o.Reports[name])})
	}
	out = append(out, core.Field{"connectedat", o.time(h.connected)})
	if o.Access > 0 {
		out = append(out, core.Field{"tokenexpiresat", o.time(h.tokenExpires)})
	}
	if o.Refresh > 0 {
		out = append(out, core.Field{"refreshtokenexpiresat", o.time(h.refreshExpires)})
	}
	return out, nil
}

// time writes a time in the provider's form.
func (o *oauthProvider) time(t time.Time) any {
	switch {
	case t.IsZero():
		return ""
	case o.Time == "iso":
		return isoTime(t)
	case o.Time == "number":
		return t.Unix()
	default:
		return core.Unix(t)
	}
}

// disconnect answers POST /UserAgentOAuth/{Provider}Disconnect.
func (a *Agents) disconnect(c *core.Call, cr *credential) (core.Fields, error) {
	u, h, err := a.account(c, cr)
	if err != nil {
		return nil, err
	}
	h.disconnect()
	a.accountChanged(u)
	return nil, nil
}

// pick answers the endpoints that choose among the accounts of a connected user.
func (a *Agents) pick(c *core.Call, cr *credential) (core.Fields, error) {
	u, h, err := a.account(c, cr)
	if err != nil {
		return nil, err
	}
	p := cr.Picker
	id := p.Strip.removeFrom(c.Args.Text(p.ID))
	if id == "" {
		return nil, missing(p.ID)
	}
	choice := p.choice(id)
	now := a.now()
	switch {
	case p.Pending && now.After(h.choiceOpenBefore):
		return nil, core.Fail(0, "No pending Facebook connection. Please reconnect via FBConnect.")
	case p.Pending && choice == nil:
		return nil, core.Fail(0, "Selected pageid not found in pending pages list")
	case !p.Pending && len(h.tokens) == 0:
		return nil, core.Fail(0, cr.Title+" is not connected. Please connect via "+cr.OAuth.Prefix+"Connect.")
	}
	name := c.Args.Text(p.Name)
	if name == "" && p.Pending {
		name, _ = choice[p.listedName()].(string)
	}
	if p.Pending {
		h.connect(now, h.choiceMode)
		h.choiceOpenBefore = time.Time{}
	}
	h.set(credentialRow{name: p.ID, value: id})
	h.set(credentialRow{name: p.Stored, value: name})
	a.accountChanged(u)
	if !p.Echo {
		return nil, nil
	}
	out := core.Fields{{p.ID, id}}
	if name != "" {
		out = append(out, core.Field{p.Name, name})
	}
	return out, nil
}

// choice is the account with an id, nil where the user has none.
func (p *accountPicker) choice(id string) map[string]any {
	for _, choice := range p.Choices {
		if choice[p.Listed] == id {
			return choice
		}
	}
	return nil
}

// listedName is the member of a choice that is its name.
func (p *accountPicker) listedName() string {
	if p.Listed == "id" {
		return "name"
	}
	return p.Name
}

// refreshToken answers POST /UserAgentOAuth/TokenRefresh.
func (a *Agents) refreshToken(c *core.Call) (core.Fields, error) {
	provider := c.Args.Text("provider")
	if provider == "" {
		return nil, missing("provider")
	}
	var cr *credential
	for _, other := range a.registry.credentials {
		if o := other.OAuth; o != nil && o.Refreshable && o.Provider == provider {
			cr = other
		}
	}
	if cr == nil {
		return nil, core.Fail(0, "Invalid provider: "+provider)
	}
	u, h, err := a.account(c, cr)
	if err != nil {
		return nil, err
	}
	if len(h.tokens) == 0 {
		return nil, core.Fail(0, "Token refresh failed: "+h.refusal())
	}
	h.tokenExpires = a.now().Add(time.Duration(cr.OAuth.Access))
	a.accountChanged(u)
	return core.Fields{{"accesstoken", h.tokens["accesstoken"]}, {"refreshtoken", h.tokens["refreshtoken"]}}, nil
}

// refusal is how a provider words it that it knows no token, with all that it was sent.
func (h *heldCredential) refusal() string {
	sent := []string{"grant_type=refresh_token"}
	for _, f := range h.Fields {
		if value := h.value(f.Key); f.Managed && value != "" {
			sent = append(sent, f.Key+"="+value)
		}
	}
	return "invalid_grant (" + strings.Join(sent, "&") + ")"
}

// listDriveFolders answers POST /UserAgentOAuth/GoogleDriveListFolders, for a service
// account that is saved or about to be.
func (a *Agents) listDriveFolders(c *core.Call) (core.Fields, error) {
	_, h, err := a.account(c, a.registry.credentialByKey["google-drive"])
	if err != nil {
		return nil, err
	}
	encoded := c.Args.Text("serviceaccountjsonbase64")
	if encoded == "" {
		encoded = h.value("serviceaccountjsonbase64")
	}
	if encoded == "" {
		return nil, missing("serviceaccountjsonbase64")
	}
	account := serviceAccount(encoded)
	email, _ := account["client_email"].(string)
	if email == "" {
		return nil, core.Fail(0, "Invalid service account JSON")
	}
	return core.Fields{{"serviceAccountEmail", email}, {"folders", []core.Object{
		{{"id", "1BxSandboxCreatives"}, {"name", "Creatives"}, {"modifiedTime", "2026-04-10T12:34:00Z"}, {"ownerName", "ada@example.com"}},
		{{"id", "2CySandboxAdAssets"}, {"name", "Ad Assets"}, {"modifiedTime", "2026-04-12T09:12:00Z"}, {"ownerName", "ada@example.com"}},
	}}}, nil
}
