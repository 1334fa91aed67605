package wiro_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestAConsentsReturnIsRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		provider wiro.OAuthProvider
		query    string
		want     wiro.ConsentReturn
	}{
		{wiro.Twitter, "x_connected=true&x_username=jane", wiro.ConsentReturn{Connected: true, Account: "jane"}},
		{wiro.HubSpot, "hubspot_connected=true&hubspot_portal=12&hubspot_name=My%20Space", wiro.ConsentReturn{Connected: true, Account: "My Space"}},
		{wiro.FacebookPages, "fb_error=no_pages&fb_error_detail=None", wiro.ConsentReturn{Error: "no_pages", Detail: "None"}},
		{
			wiro.FacebookPages, "fb_connected=true&fb_pages=" + url.QueryEscape(`[{"id":104200000000000001,"name":"A"},{"id":"2","name":""},{"name":"no id"}]`),
			wiro.ConsentReturn{Connected: true, Choices: []wiro.AccountChoice{{ID: "104200000000000001", Name: "A"}, {ID: "2"}}},
		},
		{ // encoded twice, as the documentation's own example decodes it
			wiro.GoogleAds, "gads_connected=true&gads_accounts=" + url.QueryEscape(url.QueryEscape(`[{"id":"1","name":"My Client","status":"ENABLED"}]`)),
			wiro.ConsentReturn{Connected: true, Choices: []wiro.AccountChoice{{ID: "1", Name: "My Client", Note: "ENABLED"}}},
		},
		{wiro.GoogleAds, "gads_connected=true", wiro.ConsentReturn{Connected: true}},
		{
			wiro.GoogleAnalytics, "ga4_connected=true&ga4_properties=" + url.QueryEscape(`[{"propertyid":"7","propertydisplayname":"Shop","accountname":"Acme"}]`),
			wiro.ConsentReturn{Connected: true, Choices: []wiro.AccountChoice{{ID: "7", Name: "Shop", Note: "Acme"}}},
		},
		{
			wiro.GoogleMerchantCenter, "mc_connected=true&mc_accounts=" + url.QueryEscape(`[{"merchantid":"5","accountname":"Store"}]`),
			wiro.ConsentReturn{Connected: true, Choices: []wiro.AccountChoice{{ID: "5", Name: "Store"}}},
		},
	} {
		query, err := url.ParseQuery(test.query)
		require.NoError(t, err)
		back, ok := test.provider.ParseReturn(query)
		require.True(t, ok, test.query)
		require.Equal(t, test.want, back)
		_, ok = wiro.TikTok.ParseReturn(query)
		require.False(t, ok, "it is of another service")
	}
}

func TestTheCallbackToRegisterIsWiros(t *testing.T) {
	t.Parallel()
	client := wiro.NewClient(wiro.Options{})
	defer client.Close()
	require.Equal(t, "https://api.wiro.ai/v1/UserAgentOAuth/FBCallback", client.Credentials.CallbackURL(wiro.FacebookPages))
	require.Equal(t, "https://api.wiro.ai/v1/UserAgentOAuth/YTCallback", client.Credentials.CallbackURL(wiro.YouTube))
	require.Empty(t, client.Credentials.CallbackURL("other"))
}
