package tools_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/consent"
	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// hosted is a server over HTTP: two replicas share a store, and one serves the pages.
type hosted struct {
	*setter
	pages string // address of the pages; "" without one
	log   safeBuffer
}

func newHosted(t *testing.T) *hosted {
	t.Helper()
	shared, err := store.Open("memory", store.Options{})
	require.NoError(t, err)
	h := &hosted{}
	log := zerolog.New(&h.log)
	here, there := consent.NewFlows(shared, log), consent.NewFlows(shared, log)
	t.Cleanup(here.Close)
	t.Cleanup(there.Close)
	h.setter = &setter{stage: newStage(t, func(o *tools.Options) {
		o.Store, o.Consents, o.RunTimeout, o.Log = shared, here, 300*time.Millisecond, log
	})}
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { there.Serve(w, r, "http://"+r.Host) }))
	t.Cleanup(pages.Close)
	h.pages = pages.URL
	return h
}

// as calls a tool with a caller's own credentials.
func (h *hosted) as(credentials wiro.Credentials, tool, arguments string) answer {
	h.t.Helper()
	var parsed map[string]any
	require.NoError(h.t, json.Unmarshal([]byte(arguments), &parsed))
	ctx := mcptool.WithScope(soon(h.t), mcptool.Scope{Caller: credentials, PublicURL: h.pages})
	result, err := h.Call(ctx, tool, parsed, nil)
	require.NoError(h.t, err)
	a := answer{text: result.Text, isError: result.IsError, t: h.t}
	require.NoError(h.t, json.Unmarshal(result.Structured, &a.data))
	h.told = append(h.told, a)
	return a
}

var (
	ada     = wiro.Credentials{Key: emulator.DemoSignedKey, Secret: emulator.DemoSignedSecret}
	mallory = wiro.Credentials{Key: emulator.DemoKey}
)

func TestOverHTTPAnyReplicaServesThePageAndTheCallerFinishes(t *testing.T) {
	t.Parallel()
	h := newHosted(t)
	agent := h.deployed(`{"int-googleads-manage": true}`)
	connect := `{"provider": "google-ads", "useragentguid": "` + agent + `"}`
	link := h.as(ada, "connect_agent_account", connect).ok("chooses the customer on the page that opens")
	require.Contains(t, link.text, "That page is on this computer", "its address is loopback here")
	h.as(mallory, "connect_agent_account", connect).refused()
	h.as(ada, "get_agent_account_status", connect).ok("A consent is under way")

	require.Contains(t, h.browse(link.at("authorizeUrl").(string)), "You chose the customer Corner Bakery. Go back to your assistant")
	require.Empty(t, h.sandbox.RequestsTo("UserAgentOAuth/GAdsSetCustomerId"), "the page has no key")
	h.as(mallory, "get_agent_account_status", connect).refused()
	done := h.as(ada, "connect_agent_account", connect).ok("Google Ads is connected: Corner Bakery (1234567890).", "Nothing is missing")
	require.Equal(t, "connected", done.at("state"))
	require.Equal(t, "start_agent", done.at("nextAction.tool"))
	h.as(ada, "get_agent_account_status", connect).ok("connected as Corner Bakery")
	require.Equal(t, "authorization_required", h.as(ada, "connect_agent_account", connect).ok().at("state"), "the next one is another")
	require.NotContains(t, h.log.String(), "connected/")
	h.scan(emulator.DemoSignedSecret)
}

func TestWithoutAPageTheAddressIsPasted(t *testing.T) {
	t.Parallel()
	h := newHosted(t)
	h.pages = ""
	agent := h.deployed(`{"int-facebookpage-post": true}`)
	row := func(name, value string) string {
		return `{"credentialkey": "facebook-pages", "fieldname": "` + name + `", "fieldvalue": "` + value + `"}`
	}
	refused := h.as(ada, "connect_agent_account", `{"provider": "facebook-pages", "authmethod": "own", "useragentguid": "`+agent+`"}`).
		refused("Its redirect URI must be " + h.sandbox.APIURL() + "/UserAgentOAuth/FBCallback")
	require.Equal(t, "set_agent_credentials", refused.at("nextAction.tool"))
	h.as(ada, "set_agent_credentials", `{"useragentguid": "`+agent+`", "fields": [`+row("appid", "1")+`,`+row("appsecret", "s")+`,`+row("authmethod", "own")+`]}`).
		ok("Still missing: facebook-pages needs an account: connect_agent_account with provider facebook-pages and authmethod own")
	link := h.as(ada, "connect_agent_account", `{"provider": "facebook-pages", "authmethod": "own", "useragentguid": "`+agent+`"}`).
		ok("Wiro's dashboard", "fb_pages lists each page", "takes that whole address", "/UserAgentOAuth/FBCallback")
	back := "https://wiro.ai/panel/agents?" + h.consents(link).Encode()
	selecting := func(more map[string]any) answer {
		more["provider"], more["useragentguid"] = "facebook-pages", agent
		data, err := json.Marshal(more)
		require.NoError(t, err)
		return h.as(ada, "select_agent_account", string(data))
	}
	selecting(map[string]any{}).refused("Which page?", "connect the account again")
	selecting(map[string]any{"address": "https://wiro.ai/panel/agents?fb_error=no_pages"}).refused("administers no Facebook page")
	selecting(map[string]any{"address": "https://wiro.ai/panel/agents?x_connected=true"}).refused("neither fb_connected nor fb_error")
	list := selecting(map[string]any{"address": back}).ok("Nothing is set yet", "104200000000001 · Corner Bakery", "104200000000002 · Corner Bakery, Catering")
	require.Equal(t, "104200000000002", list.at("choices.1.id"))
	require.Equal(t, "…", list.at("nextAction.arguments.id"))
	selecting(map[string]any{"address": back, "id": "corner bakery, catering"}).ok("The agent works with the page Corner Bakery, Catering (104200000000002)")
	h.as(ada, "start_agent", `{"useragentguid": "`+agent+`", "timeout_seconds": 20}`).ok("runs")
}

// A client that opens pages opens the consent, and gets the end of it as the answer to its call.
func TestTheCallWaitsForAConsentThatItsClientOpens(t *testing.T) {
	t.Parallel()
	for _, era := range eras {
		s := newScript(t, map[string]string{
			"UserAgentOAuth/YTSetChannel": `{"result": true, "channelid": "UC1", "channeltitle": "TV"}`,
			"UserAgent/Detail":            `{"result": true, "useragents": [{"guid": "ua1", "status": 0}]}`,
		})
		withConsents(t)(&s.options)
		s.remade()
		s.answer("UserAgentOAuth/YTConnect", authorize)
		u := s.connect(era, mcp.ElicitationResponseActionAccept, mcp.ElicitationCapability{URL: &struct{}{}})
		u.opens = func(string) {
			back := s.to("UserAgentOAuth/YTConnect")[0].body["redirecturl"].(string)
			response, err := http.Get(back + "?yt_connected=true&yt_channels=" + url.QueryEscape(`[{"channelid":"UC1","channeltitle":"TV"}]`))
			if err == nil {
				_ = response.Body.Close()
			}
		}
		a := s.use(u, "connect_agent_account", `{"useragentguid": "ua1", "provider": "youtube"}`).ok("YouTube is connected: TV (UC1).")
		require.Equal(t, "connected", a.at("state"))
		require.Len(t, u.questions(), 1)
		require.Equal(t, "https://x.example/authorize?state=s1&client_id=c1", u.questions()[0].URL)
		require.Len(t, s.to("UserAgentOAuth/YTSetChannel"), 1)

		no := s.connect(era, mcp.ElicitationResponseActionDecline, mcp.ElicitationCapability{URL: &struct{}{}})
		s.use(no, "connect_agent_account", `{"useragentguid": "ua1", "provider": "youtube"}`).refused("did not open the page")
		require.Equal(t, "authorization_required", s.call("connect_agent_account", `{"useragentguid": "ua1", "provider": "youtube"}`).ok("on this computer").at("state"))
	}
}
