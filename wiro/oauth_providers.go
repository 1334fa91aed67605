package wiro

import (
	"maps"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// OAuthProvider names a service whose accounts are connected to agents by the consent of the
// account's holder. It is the key of the service in the credential registry.
type OAuthProvider string

// The services that are connected by consent.
const (
	Twitter              OAuthProvider = "twitter"
	TikTok               OAuthProvider = "tiktok"
	Instagram            OAuthProvider = "instagram"
	FacebookPages        OAuthProvider = "facebook-pages"
	LinkedIn             OAuthProvider = "linkedin"
	GoogleAds            OAuthProvider = "google-ads"
	MetaAds              OAuthProvider = "meta-ads"
	HubSpot              OAuthProvider = "hubspot"
	Mailchimp            OAuthProvider = "mailchimp"
	YouTube              OAuthProvider = "youtube"
	GoogleAnalytics      OAuthProvider = "ga4"
	GoogleMerchantCenter OAuthProvider = "google-merchant-center"
)

// oauthEndpoints is a provider and Wiro's endpoints for it.
type oauthEndpoints struct {
	title                       string
	connect, status, disconnect wire.Operation
	returns                     string         // prefix of the parameters on the way back, such as x of x_connected
	own                         string         // fields that an app of the caller's own needs, separated by spaces
	selector                    *oauthSelector // nil if there is nothing to select
}

// oauthSelector is the endpoint that selects what of an account the agent works with.
type oauthSelector struct {
	wire.Operation
	thing string // what is selected
	id    string // fields of the request
	name  string
	list  string // parameter on the way back that lists the choices
}

// oauthProviders is every OAuth endpoint by provider.
//
// Wiro docs: Agent Credentials & OAuth (Supported OAuth Providers) and the integration page of
// each service.
var oauthProviders = map[OAuthProvider]oauthEndpoints{
	Twitter:   oauth("X (Twitter)", "X", "x", "clientid clientsecret", nil),
	TikTok:    oauth("TikTok", "TikTok", "tiktok", "clientkey clientsecret", nil),
	Instagram: oauth("Instagram", "IG", "ig", "appid appsecret", nil),
	LinkedIn:  oauth("LinkedIn", "LI", "li", "clientid clientsecret organizationid", nil),
	HubSpot:   oauth("HubSpot", "HubSpot", "hubspot", "clientid clientsecret", nil),
	Mailchimp: oauth("Mailchimp", "Mailchimp", "mailchimp", "clientid clientsecret", nil),
	// A page can be selected once after each consent: Wiro drops the list of pages with it.
	FacebookPages:        oauth("Facebook Pages", "FB", "fb", "appid appsecret", selecting("FBSetPage", wire.NonIdempotent, "page", "pageid", "pagename", "fb_pages")),
	GoogleAds:            oauth("Google Ads", "GAds", "gads", "clientid clientsecret developertoken managercustomerid", selecting("GAdsSetCustomerId", wire.Idempotent, "customer", "customerid", "customerdescriptivename", "gads_accounts")),
	MetaAds:              oauth("Meta Ads", "MetaAds", "metaads", "appid appsecret", selecting("MetaAdsSetAdAccount", wire.Idempotent, "ad account", "adaccountid", "adaccountname", "metaads_accounts")),
	YouTube:              oauth("YouTube", "YT", "yt", "clientid clientsecret", selecting("YTSetChannel", wire.Idempotent, "channel", "channelid", "channeltitle", "yt_channels")),
	GoogleAnalytics:      oauth("Google Analytics 4", "GA4", "ga4", "clientid clientsecret", selecting("GA4SetProperty", wire.Idempotent, "property", "propertyid", "propertydisplayname", "ga4_properties")),
	GoogleMerchantCenter: oauth("Google Merchant Center", "MC", "mc", "clientid clientsecret", selecting("MCSetMerchantId", wire.Idempotent, "merchant account", "merchantid", "accountname", "mc_accounts")),
}

// selecting makes the selector at an endpoint: what it selects, the request's fields for its id
// and name, and the parameter that lists the choices.
func selecting(name string, effect wire.Effect, thing, idField, nameField, list string) *oauthSelector {
	return &oauthSelector{wire.Endpoint("UserAgentOAuth/"+name, effect, wire.ShortTimeout), thing, idField, nameField, list}
}

// oauth makes a provider whose endpoints begin with a prefix.
func oauth(title, prefix, returns, own string, selector *oauthSelector) oauthEndpoints {
	path := "UserAgentOAuth/" + prefix
	return oauthEndpoints{
		title:      title,
		connect:    wire.Endpoint(path+"Connect", wire.Idempotent, wire.ShortTimeout), // an address that is never opened changes nothing
		status:     wire.Endpoint(path+"Status", wire.Safe, wire.ShortTimeout).Private(),
		disconnect: wire.Endpoint(path+"Disconnect", wire.Idempotent, wire.ShortTimeout),
		returns:    returns,
		own:        own,
		selector:   selector,
	}
}

// OAuthProviders returns the services that are connected by consent, sorted.
func OAuthProviders() []OAuthProvider { return slices.Sorted(maps.Keys(oauthProviders)) }

// Title returns the name of the service as people know it.
func (p OAuthProvider) Title() string {
	if e, ok := oauthProviders[p]; ok {
		return e.title
	}
	return string(p)
}

// Selection says what must be selected once an account is connected, such as "page", and which
// parameter of the redirect URL lists the choices. Both are "" if nothing must be.
func (p OAuthProvider) Selection() (thing, parameter string) {
	if s := oauthProviders[p].selector; s != nil {
		return s.thing, s.list
	}
	return "", ""
}

// ReturnParams names the parameters of the redirect URL that say how a consent ended, such as
// x_connected and x_error.
func (p OAuthProvider) ReturnParams() (connected, failed string) {
	prefix := oauthProviders[p].returns
	return prefix + "_connected", prefix + "_error"
}

// OwnAppFields lists the fields of the credential that the mode own needs before Connect,
// besides authmethod.
//
// Wiro docs: Agent Credentials & OAuth ("own" Mode Credentials per Provider).
func (p OAuthProvider) OwnAppFields() []string { return strings.Fields(oauthProviders[p].own) }

// Refreshable reports whether RefreshTokens works with the provider. Mailchimp's tokens never
// expire; those of YouTube, Google Analytics and Merchant Center only running agents refresh.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/TokenRefresh.
func (p OAuthProvider) Refreshable() bool {
	switch p {
	case Twitter, TikTok, Instagram, FacebookPages, LinkedIn, GoogleAds, MetaAds, HubSpot:
		return true
	}
	return false
}

// endpoints returns the endpoints of a known provider, and checks that an agent is named.
func (p OAuthProvider) endpoints(userAgentGUID string) (oauthEndpoints, error) {
	e, ok := oauthProviders[p]
	if !ok {
		names := make([]string, 0, len(oauthProviders))
		for _, provider := range OAuthProviders() {
			names = append(names, string(provider))
		}
		return e, &InputError{Field: "provider", Reason: "must be one of " + strings.Join(names, ", ")}
	}
	return e, require("useragentguid", userAgentGUID)
}
