package emulator_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// providers are the prefixes of the endpoints, by credential.
var providers = map[string]string{
	"twitter": "X", "tiktok": "TikTok", "instagram": "IG", "facebook-pages": "FB", "linkedin": "LI", "google-ads": "GAds",
	"meta-ads": "MetaAds", "hubspot": "HubSpot", "mailchimp": "Mailchimp", "youtube": "YT", "ga4": "GA4", "google-merchant-center": "MC",
}

func provider(key string) string { return providers[key] }

// open opens a page without following where it leads, and returns the query on the way back.
func (a *api) open(page string) (int, url.Values) {
	a.t.Helper()
	client := *a.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(a.ctx(), http.MethodGet, page, nil)
	require.NoError(a.t, err)
	resp, err := client.Do(req)
	require.NoError(a.t, err)
	require.NoError(a.t, resp.Body.Close())
	target, err := url.Parse(resp.Header.Get("Location"))
	require.NoError(a.t, err)
	return resp.StatusCode, target.Query()
}

// connect goes through the whole flow and returns the query on the way back.
func (a *api) connect(guid, prefix, mode string) url.Values {
	a.t.Helper()
	out := a.ok("UserAgentOAuth/"+prefix+"Connect", obj{"useragentguid": guid, "redirecturl": "https://app.example.com/cb?tab=2", "authmethod": mode})
	status, query := a.open(out["authorizeUrl"].(string))
	require.Equal(a.t, http.StatusFound, status)
	require.Equal(a.t, "2", query.Get("tab"))
	return query
}

// everything is a custom build that uses every account there is.
func (a *api) everything() string {
	a.t.Helper()
	skills := obj{}
	for _, s := range objects(a.ok("Skills/List", obj{"requires_credentials": true})["skills"]) {
		skills[s["name"].(string)] = true
	}
	return a.custom(skills)
}

func (a *api) account(guid, prefix string) obj {
	a.t.Helper()
	return a.ok("UserAgentOAuth/"+prefix+"Status", obj{"useragentguid": guid})
}

func TestEveryProviderConnects(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.everything()
	for key, prefix := range providers {
		require.Equal(t, false, a.account(guid, prefix)["connected"], prefix)
		require.Equal(t, "", a.account(guid, prefix)["connectedat"], prefix)
		for _, field := range []string{"appid", "appsecret", "clientid", "clientkey", "clientsecret", "developertoken", "managercustomerid"} {
			a.upsert(guid, [3]string{key, field, "1"})
		}
		query := a.connect(guid, prefix, "own")
		connected := false
		for name := range query {
			connected = connected || len(name) > 10 && name[len(name)-10:] == "_connected"
		}
		require.True(t, connected, prefix)
	}
	x := a.account(guid, "X")
	require.Equal(t, true, x["connected"])
	require.Equal(t, "jane_doe", x["username"])
	require.NotEmpty(t, x["refreshtokenexpiresat"])
	require.NotContains(t, a.account(guid, "Mailchimp"), "tokenexpiresat")
	require.Equal(t, "Jane Doe", a.account(guid, "LI")["linkedinname"])
	require.Equal(t, "12345678", a.account(guid, "HubSpot")["username"])

	iso, err := time.Parse(time.RFC3339, x["connectedat"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), iso, time.Minute)
	require.IsType(t, float64(0), a.account(guid, "Mailchimp")["connectedat"], "times come in three forms")
	require.Regexp(t, `^\d{10}$`, a.account(guid, "YT")["connectedat"])
}

func TestPickersFinishAConnection(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.everything()
	for _, p := range []struct {
		prefix, endpoint string
		body, answer     obj
		list             string
	}{
		{"GAds", "GAdsSetCustomerId", obj{"customerid": "123-456-7890", "customerdescriptivename": "Acme"}, obj{"customerid": "1234567890", "customerdescriptivename": "Acme"}, "gads_accounts"},
		{"YT", "YTSetChannel", obj{"channelid": "UC1", "channeltitle": "TV"}, obj{"channelid": "UC1", "channeltitle": "TV"}, "yt_channels"},
		{"GA4", "GA4SetProperty", obj{"propertyid": "1"}, obj{"propertyid": "1"}, "ga4_properties"},
		{"MC", "MCSetMerchantId", obj{"merchantid": "5", "accountname": "S"}, obj{"merchantid": "5", "accountname": "S"}, "mc_accounts"},
	} {
		body := maps.Clone(p.body)
		body["useragentguid"] = guid
		_, message := a.refused("UserAgentOAuth/"+p.endpoint, body)
		require.Contains(t, message, "is not connected")
		require.Contains(t, a.connect(guid, p.prefix, "wiro").Get(p.list), "[{")
		require.Equal(t, false, a.account(guid, p.prefix)["connected"], "not before an account is picked")
		out := a.ok("UserAgentOAuth/"+p.endpoint, body)
		for name, value := range p.answer {
			require.Equal(t, value, out[name])
		}
		require.Equal(t, true, a.account(guid, p.prefix)["connected"])
		_, message = a.refused("UserAgentOAuth/"+p.endpoint, obj{"useragentguid": guid})
		require.Contains(t, message, "Missing ")
	}
}

func TestMetaAdsIsConnectedBeforeAnAccountIsPicked(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("meta-ads-manager")
	a.upsert(guid, [3]string{"meta-ads", "appid", "1"}, [3]string{"meta-ads", "appsecret", "s"}).must(t)
	require.JSONEq(t, `[{"id":"123456789","name":"Corner Bakery Ads"}]`, a.connect(guid, "MetaAds", "own").Get("metaads_accounts"))
	require.Equal(t, true, a.account(guid, "MetaAds")["connected"])
	require.Equal(t, false, a.mine(guid)["credentials"].(obj)["meta-ads"].(obj)["_connected"])
	require.EqualValues(t, setup, a.mine(guid)["status"])
	a.ok("UserAgentOAuth/MetaAdsSetAdAccount", obj{"useragentguid": guid, "adaccountid": "act_42", "adaccountname": "Mine"})
	require.Equal(t, "42", a.mine(guid)["credentials"].(obj)["meta-ads"].(obj)["adaccountid"])
	require.Equal(t, "Mine", a.account(guid, "MetaAds")["username"])
	require.EqualValues(t, stopped, a.mine(guid)["status"])
}

func TestFacebookWaitsForAPage(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("social-manager") // comes with an own app
	pick := func(page string) refusal {
		return refusal{"UserAgentOAuth/FBSetPage", obj{"useragentguid": guid, "pageid": page}, 0, "No pending Facebook connection. Please reconnect via FBConnect."}
	}
	a.refusals([]refusal{pick("104200000000001")})
	require.Contains(t, a.connect(guid, "FB", "own").Get("fb_pages"), "104200000000002")
	require.Equal(t, false, a.account(guid, "FB")["connected"])
	wrong := pick("7")
	wrong.message = "Selected pageid not found in pending pages list"
	a.refusals([]refusal{wrong})
	a.s.Advance(16 * time.Minute)
	a.refusals([]refusal{pick("104200000000001")})

	a.connect(guid, "FB", "own")
	out := a.ok("UserAgentOAuth/FBSetPage", obj{"useragentguid": guid, "pageid": "104200000000001"})
	require.Equal(t, "Corner Bakery", out["pagename"])
	require.Equal(t, true, a.account(guid, "FB")["connected"])
	require.Equal(t, "Corner Bakery", a.account(guid, "FB")["username"])
}

func TestConnectingCompletesTheSetupAndDisconnectingUndoesIt(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("social-manager")
	a.connect(guid, "X", "")
	require.EqualValues(t, stopped, a.mine(guid)["status"])
	a.start(guid)
	out := a.ok("UserAgentOAuth/TokenRefresh", obj{"useragentguid": guid, "provider": "twitter"})
	require.Contains(t, emulator.PlantedSecrets(), out["accesstoken"])
	require.Contains(t, emulator.PlantedSecrets(), out["refreshtoken"])
	require.Equal(t, running, a.rest(guid))
	a.ok("UserAgentOAuth/XDisconnect", obj{"useragentguid": guid})
	require.Equal(t, setup, a.rest(guid))
	require.Equal(t, false, a.account(guid, "X")["connected"])
	a.ok("UserAgentOAuth/XDisconnect", obj{"useragentguid": guid})
}

func TestConsentIsGivenOnceAndInTime(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("social-manager")
	page := func() string {
		return a.ok("UserAgentOAuth/XConnect", obj{"useragentguid": guid, "redirecturl": "http://localhost:9/cb"})["authorizeUrl"].(string)
	}
	denied := page()
	_, query := a.open(denied + "&deny=1")
	require.Equal(t, "authorization_denied", query.Get("x_error"))
	status, _ := a.open(denied)
	require.Equal(t, http.StatusBadRequest, status, "a state serves once")
	late := page()
	a.s.Advance(16 * time.Minute)
	_, query = a.open(late)
	require.Equal(t, "session_expired", query.Get("x_error"))
	require.Equal(t, false, a.account(guid, "X")["connected"])
	require.Contains(t, late, "scope=tweet.read")
}

func TestConnectRefusals(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("social-manager")
	cb := "https://app.example.com/cb"
	a.refusals([]refusal{
		{"UserAgentOAuth/XConnect", obj{"redirecturl": cb}, 0, "Missing useragentguid"},
		{"UserAgentOAuth/XConnect", obj{"useragentguid": guid}, 0, "Missing redirecturl"},
		{"UserAgentOAuth/XConnect", obj{"useragentguid": guid, "redirecturl": "http://app.example.com"}, 0, "Invalid redirect URL"},
		{"UserAgentOAuth/XConnect", obj{"useragentguid": guid, "redirecturl": "javascript:alert(1)"}, 0, "Invalid redirect URL"},
		{"UserAgentOAuth/XConnect", obj{"useragentguid": "nope", "redirecturl": cb}, 1, "User agent not found or unauthorized"},
		{"UserAgentOAuth/XConnect", obj{"useragentguid": guid, "redirecturl": cb, "authmethod": "own"}, 0, "X (Twitter) credentials not configured"},
		{"UserAgentOAuth/MetaAdsConnect", obj{"useragentguid": guid, "redirecturl": cb}, 0, "Meta Ads credentials not configured"},
		{"UserAgentOAuth/IGConnect", obj{"useragentguid": guid, "redirecturl": cb}, 0, `Instagram cannot be connected through Wiro's app yet. Use authmethod "own".`},
		{"UserAgentOAuth/TokenRefresh", obj{"useragentguid": guid}, 0, "Missing provider"},
		{"UserAgentOAuth/TokenRefresh", obj{"useragentguid": guid, "provider": "mailchimp"}, 0, "Invalid provider: mailchimp"},
		{"UserAgentOAuth/TokenRefresh", obj{"useragentguid": guid, "provider": "twitter"}, 0, "Token refresh failed: invalid_grant (grant_type=refresh_token)"},
	})
}

func TestDriveFoldersNeedAServiceAccount(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("social-manager") // comes with one
	out := a.ok("UserAgentOAuth/GoogleDriveListFolders", obj{"useragentguid": guid})
	require.Equal(t, "wiro-agent@corner-bakery.iam.gserviceaccount.com", out["serviceAccountEmail"])
	require.Len(t, out["folders"], 2)
	given := base64.StdEncoding.EncodeToString([]byte(`{"client_email":"me@example.com"}`))
	out = a.ok("UserAgentOAuth/GoogleDriveListFolders", obj{"useragentguid": guid, "serviceaccountjsonbase64": given})
	require.Equal(t, "me@example.com", out["serviceAccountEmail"])
	bare := a.custom(obj{"int-google-drive": true})
	a.refusals([]refusal{
		{"UserAgentOAuth/GoogleDriveListFolders", obj{"useragentguid": guid, "serviceaccountjsonbase64": "junk"}, 0, "Invalid service account JSON"},
		{"UserAgentOAuth/GoogleDriveListFolders", obj{"useragentguid": bare}, 0, "Missing serviceaccountjsonbase64"},
	})
}
