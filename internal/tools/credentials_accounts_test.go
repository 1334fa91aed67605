package tools_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	authorize = `{"result": true, "authorizeUrl": "https://x.example/authorize?state=s1&client_id=c1", "errors": []}`
	connectX  = `{"useragentguid": "ua1", "provider": "twitter", "redirecturl": "https://app.example.com/cb"}`
)

func TestProvidersAreThoseOfTheClient(t *testing.T) {
	t.Parallel()
	for _, d := range tools.All() {
		var schema struct {
			Properties map[string]struct{ Enum []wiro.OAuthProvider }
		}
		require.NoError(t, json.Unmarshal(d.Tool().RawInputSchema, &schema))
		if provider, ok := schema.Properties["provider"]; ok {
			offered := wiro.OAuthProviders()
			if d.Name == "refresh_agent_token" {
				offered = slices.DeleteFunc(offered, func(p wiro.OAuthProvider) bool { return !p.Refreshable() })
			}
			require.ElementsMatch(t, offered, provider.Enum, d.Name)
		}
	}
}

func TestConnectingAnAccountGivesTheAddressAndWhatComesAfter(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{"UserAgentOAuth/XConnect": authorize, "UserAgentOAuth/FBConnect": authorize})
	a := s.call("connect_agent_account", connectX).ok("https://x.example/authorize?state=s1&client_id=c1", "within 15 minutes", "x_connected=true", "x_error")
	require.Equal(t, "authorization_required", a.at("state"))
	require.Equal(t, "https://x.example/authorize?state=s1&client_id=c1", a.at("authorizeUrl"))
	require.Equal(t, "get_agent_account_status", a.at("nextAction.tool"))
	s.follow(a).ok("not connected")
	require.Equal(t, map[string]any{"useragentguid": "ua1"}, s.to("UserAgentOAuth/XStatus")[0].body)

	s.call("connect_agent_account", `{"useragentguid": "ua1", "provider": "facebook-pages", "redirecturl": "http://localhost:1/", "authmethod": "own"}`).
		ok("fb_pages lists each page", "select_agent_account")
	require.Equal(t, "own", s.to("UserAgentOAuth/FBConnect")[0].body["authmethod"])
	s.call("connect_agent_account", `{"useragentguid": "ua1", "provider": "twitter", "redirecturl": "http://app.example.com/cb"}`).refused("redirecturl must be an https address")
	require.Len(t, s.to("UserAgentOAuth/XConnect"), 1)
}

func TestAClientThatCanOpenPagesIsAskedTo(t *testing.T) {
	t.Parallel()
	for _, era := range eras {
		s := newScript(t, map[string]string{"UserAgentOAuth/XConnect": authorize})
		yes := s.connect(era, mcp.ElicitationResponseActionAccept, mcp.ElicitationCapability{URL: &struct{}{}})
		a := s.use(yes, "connect_agent_account", connectX).ok("https://x.example/authorize?state=s1&client_id=c1")
		require.Equal(t, "opened", a.at("state"))
		questions := yes.questions()
		require.Len(t, questions, 1)
		require.Equal(t, mcp.ElicitationModeURL, questions[0].Mode)
		require.Equal(t, "https://x.example/authorize?state=s1&client_id=c1", questions[0].URL)
		require.NotEmpty(t, questions[0].ElicitationID)
		require.Contains(t, questions[0].Message, "X (Twitter)")
		require.Len(t, s.to("UserAgentOAuth/XConnect"), 1, "the page that the user opened is the one that counts")

		no := s.connect(era, mcp.ElicitationResponseActionDecline, mcp.ElicitationCapability{URL: &struct{}{}})
		s.use(no, "connect_agent_account", connectX).refused("did not open the page")

		forms := s.connect(era, mcp.ElicitationResponseActionAccept, mcp.ElicitationCapability{Form: &struct{}{}})
		a = s.use(forms, "connect_agent_account", connectX).ok("the user opens this address")
		require.Equal(t, "authorization_required", a.at("state"))
		require.Empty(t, forms.questions())
	}
}

func TestAPageThatWasNotAskedForIsNotBelieved(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{"UserAgentOAuth/XConnect": authorize})
	state := s.leg("connect_agent_account", connectX, "", nil)
	require.NotEmpty(t, state)
	other := `{"useragentguid": "ua2", "provider": "twitter", "redirecturl": "https://app.example.com/cb"}`
	for _, forged := range []string{"", "x", "1.2.3", state + "x", "x" + state} {
		require.NotEmpty(t, s.leg("connect_agent_account", connectX, forged, accepted("open")), "asked again: %s", forged)
	}
	require.NotEmpty(t, s.leg("connect_agent_account", other, state, accepted("open")))
	before := len(s.to("UserAgentOAuth/XConnect"))
	require.Empty(t, s.leg("connect_agent_account", connectX, state, accepted("open")))
	require.Len(t, s.to("UserAgentOAuth/XConnect"), before)
}

func TestAnOwnAppWithoutKeysIsToldWhichItNeeds(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{"UserAgentOAuth/TikTokConnect": refusal(0, "TikTok credentials not configured")})
	a := s.call("connect_agent_account", `{"useragentguid": "ua1", "provider": "tiktok", "redirecturl": "https://a.example", "authmethod": "own"}`).
		refused("clientkey, clientsecret, authmethod", "set_agent_credentials")
	require.Equal(t, "set_agent_credentials", a.at("nextAction.tool"))
	require.Equal(t, "ua1", a.at("nextAction.arguments.useragentguid"))
	require.Equal(t, "clientkey", a.at("nextAction.arguments.fields.0.fieldname"))
	require.Equal(t, "own", a.at("nextAction.arguments.fields.2.fieldvalue"))
}

func TestTheStatusOfAnAccountSaysWhatIsStillToDo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		provider, path, answer string
		says                   []string
	}{
		{"twitter", "XStatus", `"connected": true, "username": "ada", "connectedat": "1714694410", "tokenexpiresat": "1719878410", "refreshtokenexpiresat": "1730073610"`,
			[]string{"X (Twitter): connected as ada.", "Connected at 2024-05-03", "Token good until 2024-07-02", "Refresh token good until 2024-10-28"}},
		{"google-ads", "GAdsStatus", `"connected": true, "customerid": "123", "customerdescriptivename": "Acme"`, []string{"connected as Acme (123)."}},
		{"meta-ads", "MetaAdsStatus", `"connected": true, "username": "", "connectedat": "2026-04-17T12:00:00.000Z"`,
			[]string{"ad account is still to be chosen", "select_agent_account", "metaads_accounts"}},
		{"facebook-pages", "FBStatus", `"connected": false`, []string{"not connected", "choose the page", "fb_pages", "connect_agent_account"}},
		{"mailchimp", "MailchimpStatus", `"connected": false`, []string{"An API key that was entered instead does not show here"}},
		{"linkedin", "LIStatus", `"connected": false, "connectedat": ""`, []string{"LinkedIn: not connected.", "connect_agent_account"}},
		{"youtube", "YTStatus", `"connected": true, "channelid": "UC1", "accesstoken": "ya29.leaked-token-0123456789"`, []string{"connected as UC1."}},
	}
	for _, test := range tests {
		t.Run(test.provider, func(t *testing.T) {
			t.Parallel()
			s := newScript(t, map[string]string{"UserAgentOAuth/" + test.path: `{"result": true, "errors": [], ` + test.answer + `}`})
			a := s.call("get_agent_account_status", `{"useragentguid": "ua1", "provider": "`+test.provider+`"}`).ok(test.says...)
			s.sayNothingOf(a, "leaked")
		})
	}
}

func TestAnAccountIsChosenAfterItIsConnected(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{
		"UserAgentOAuth/GAdsSetCustomerId": `{"result": true, "customerid": "1234567890", "customerdescriptivename": "Acme", "errors": []}`,
		"UserAgentOAuth/FBSetPage":         refusal(0, "No pending Facebook connection. Please reconnect via FBConnect."),
	})
	a := s.call("select_agent_account", `{"useragentguid": "ua1", "provider": "google-ads", "id": "123-456-7890", "name": "Acme"}`).ok("customer Acme (1234567890)")
	require.Equal(t, "1234567890", a.at("id"))
	require.Equal(t, map[string]any{"useragentguid": "ua1", "customerid": "123-456-7890", "customerdescriptivename": "Acme"}, s.to("UserAgentOAuth/GAdsSetCustomerId")[0].body)

	late := s.call("select_agent_account", `{"useragentguid": "ua1", "provider": "facebook-pages", "id": "9"}`).refused("more than 15 minutes old")
	require.Equal(t, "connect_agent_account", late.at("nextAction.tool"))
	require.Equal(t, "ua1", late.at("nextAction.arguments.useragentguid"))
	require.Equal(t, "facebook-pages", late.at("nextAction.arguments.provider"))

	s.breaks("UserAgentOAuth/FBSetPage", 1)
	lost := s.call("select_agent_account", `{"useragentguid": "ua1", "provider": "facebook-pages", "id": "9"}`).refused("may have reached Wiro")
	require.Equal(t, "get_agent_account_status", lost.at("nextAction.tool"))

	nothing := s.call("select_agent_account", `{"useragentguid": "ua1", "provider": "twitter", "id": "9"}`).refused("nothing to choose")
	s.follow(nothing).ok("X (Twitter)")
}

func TestARefreshedTokenStaysHidden(t *testing.T) {
	t.Parallel()
	const access, refresh = "new-access-token-material", "new-refresh-token-material"
	s := newScript(t, map[string]string{
		"UserAgentOAuth/TokenRefresh": `{"result": true, "errors": [], "accesstoken": "` + access + `", "refreshtoken": "` + refresh + `"}`,
	})
	a := s.call("refresh_agent_token", `{"useragentguid": "ua1", "provider": "twitter"}`).ok("new X (Twitter) token", "Access token [set], refresh token [set]")
	s.sayNothingOf(a, access, refresh)
	s.answer("UserAgentOAuth/TokenRefresh", `{"result": true, "accesstoken": "`+access+`", "refreshtoken": ""}`)
	s.call("refresh_agent_token", `{"useragentguid": "ua1", "provider": "instagram"}`).ok("refresh token [empty]")

	for _, answer := range []string{
		`{"result": true, "accesstoken": "` + access, `<p>` + access + `</p>`, refusal(0, `provider said {"access_token": "`+access+`"}`),
		`{"result": true, "accesstoken": {"value": "` + access + `"}}`,
	} {
		s.answer("UserAgentOAuth/TokenRefresh", answer)
		s.sayNothingOf(s.call("refresh_agent_token", `{"useragentguid": "ua1", "provider": "twitter"}`), access)
	}
	s.call("refresh_agent_token", `{"useragentguid": "ua1", "provider": "mailchimp"}`).refused("provider must be one of twitter")
	requests := s.to("UserAgentOAuth/TokenRefresh")
	require.False(t, slices.ContainsFunc(requests, func(r scripted) bool { return r.body["provider"] == "mailchimp" }))
	require.Equal(t, map[string]any{"useragentguid": "ua1", "provider": "twitter"}, requests[0].body)
}

func TestADisconnectedAccountIsSaid(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{})
	s.call("disconnect_agent_account", `{"useragentguid": "ua1", "provider": "google-merchant-center"}`).ok("no Google Merchant Center account any more")
	require.Len(t, s.to("UserAgentOAuth/MCDisconnect"), 1)
}
