package wiro

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// OAuthKey names a service whose accounts agents are connected to by the account holder's
// consent. It is the service's key in the credential registry.
type OAuthKey string

// The services that are connected by consent.
const (
	Twitter              OAuthKey = "twitter"
	TikTok               OAuthKey = "tiktok"
	Instagram            OAuthKey = "instagram"
	FacebookPages        OAuthKey = "facebook-pages"
	LinkedIn             OAuthKey = "linkedin"
	GoogleAds            OAuthKey = "google-ads"
	MetaAds              OAuthKey = "meta-ads"
	HubSpot              OAuthKey = "hubspot"
	Mailchimp            OAuthKey = "mailchimp"
	YouTube              OAuthKey = "youtube"
	GoogleAnalytics      OAuthKey = "ga4"
	GoogleMerchantCenter OAuthKey = "google-merchant-center"
)

// oauthService is a service and where Wiro's endpoints for it are.
type oauthService struct {
	title                       string
	connect, status, disconnect operation
	returns                     string  // prefix of the parameters on the way back, such as "x" of x_connected
	own                         string  // fields that an app of the caller's own needs, separated by spaces
	picker                      *picker // nil where there is nothing to choose
}

// picker is the endpoint that chooses what of an account the agent works with.
type picker struct {
	operation
	thing string // what is chosen
	id    string // fields of the request
	name  string
	list  string // parameter on the way back that lists the choices
}

// oauthServices is all of Wiro's OAuth endpoints, by service.
//
// Wiro docs: Agent Credentials & OAuth (Supported OAuth Providers) and each service's
// integration page.
var oauthServices = map[OAuthKey]oauthService{
	Twitter:   oauth("X (Twitter)", "X", "x", "clientid clientsecret", nil),
	TikTok:    oauth("TikTok", "TikTok", "tiktok", "clientkey clientsecret", nil),
	Instagram: oauth("Instagram", "IG", "ig", "appid appsecret", nil),
	LinkedIn:  oauth("LinkedIn", "LI", "li", "clientid clientsecret organizationid", nil),
	HubSpot:   oauth("HubSpot", "HubSpot", "hubspot", "clientid clientsecret", nil),
	Mailchimp: oauth("Mailchimp", "Mailchimp", "mailchimp", "clientid clientsecret", nil),
	// A page can be chosen once after each consent: the list of pages is gone with the answer.
	FacebookPages:        oauth("Facebook Pages", "FB", "fb", "appid appsecret", picking("FBSetPage", submit, "page", "pageid", "pagename", "fb_pages")),
	GoogleAds:            oauth("Google Ads", "GAds", "gads", "clientid clientsecret developertoken managercustomerid", picking("GAdsSetCustomerId", write, "customer", "customerid", "customerdescriptivename", "gads_accounts")),
	MetaAds:              oauth("Meta Ads", "MetaAds", "metaads", "appid appsecret", picking("MetaAdsSetAdAccount", write, "ad account", "adaccountid", "adaccountname", "metaads_accounts")),
	YouTube:              oauth("YouTube", "YT", "yt", "clientid clientsecret", picking("YTSetChannel", write, "channel", "channelid", "channeltitle", "yt_channels")),
	GoogleAnalytics:      oauth("Google Analytics 4", "GA4", "ga4", "clientid clientsecret", picking("GA4SetProperty", write, "property", "propertyid", "propertydisplayname", "ga4_properties")),
	GoogleMerchantCenter: oauth("Google Merchant Center", "MC", "mc", "clientid clientsecret", picking("MCSetMerchantId", write, "merchant account", "merchantid", "accountname", "mc_accounts")),
}

// picking makes the picker at an endpoint: what it chooses, the request's fields for its id
// and name, and the parameter that lists the choices.
func picking(name string, effect effect, thing, idField, nameField, list string) *picker {
	return &picker{endpoint("UserAgentOAuth/"+name, effect, quick), thing, idField, nameField, list}
}

// oauth makes a service whose endpoints begin with a prefix.
func oauth(title, prefix, returns, own string, p *picker) oauthService {
	path := "UserAgentOAuth/" + prefix
	return oauthService{
		title:      title,
		connect:    endpoint(path+"Connect", write, quick), // an address that nobody opens changes nothing
		status:     endpoint(path+"Status", read, quick).private(),
		disconnect: endpoint(path+"Disconnect", write, quick),
		returns:    returns,
		own:        own,
		picker:     p,
	}
}

// OAuthKeys lists the services that are connected by consent.
func OAuthKeys() []OAuthKey { return slices.Sorted(maps.Keys(oauthServices)) }

// Title is the service's name as people know it.
func (k OAuthKey) Title() string {
	if s, ok := oauthServices[k]; ok {
		return s.title
	}
	return string(k)
}

// Picks says what has to be chosen once an account of the service is connected, such as
// "page", and which parameter lists the choices on the way back. Both are "" where nothing
// has to be.
func (k OAuthKey) Picks() (thing, parameter string) {
	if p := oauthServices[k].picker; p != nil {
		return p.thing, p.list
	}
	return "", ""
}

// Returns names the parameters of the redirect URL that say how a consent ended, such as
// x_connected and x_error.
func (k OAuthKey) Returns() (connected, failed string) {
	prefix := oauthServices[k].returns
	return prefix + "_connected", prefix + "_error"
}

// OwnFields lists the fields of the service's credential that mode "own" needs before
// Connect, besides authmethod.
//
// Wiro docs: Agent Credentials & OAuth ("own" Mode Credentials per Provider).
func (k OAuthKey) OwnFields() []string { return strings.Fields(oauthServices[k].own) }

func (k OAuthKey) service() (oauthService, error) {
	s, ok := oauthServices[k]
	if !ok {
		names := make([]string, 0, len(oauthServices))
		for _, key := range OAuthKeys() {
			names = append(names, string(key))
		}
		return s, &InputError{Field: "provider", Reason: "must be one of " + strings.Join(names, ", ")}
	}
	return s, nil
}

// ConnectRequest asks for the address at which an account's holder consents.
//
// Wiro docs: Agent Credentials & OAuth (Connect Endpoint).
type ConnectRequest struct {
	UserAgent   string `json:"useragentguid"`
	RedirectURL string `json:"redirecturl"`          // where the browser goes afterwards: https, or http on this machine
	AuthMethod  string `json:"authmethod,omitempty"` // "wiro", the default: with Wiro's app; "own": with the caller's
}

// Connect returns the address at which the account's holder consents. It is good for 15
// minutes. The browser then comes back to the redirect URL, with parameters that say how it
// went (see OAuthKey.Returns) and, for some services, what there is to choose from (see
// OAuthKey.Picks): Pick makes the choice.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/{Provider}Connect.
func (c *Client) Connect(ctx context.Context, k OAuthKey, r ConnectRequest) (string, error) {
	s, err := k.service()
	if err != nil {
		return "", err
	}
	if err := given("useragentguid", r.UserAgent); err != nil {
		return "", err
	}
	if err := checkRedirect(r.RedirectURL); err != nil {
		return "", err
	}
	answer, err := call[struct {
		URL Text `json:"authorizeUrl"`
	}](ctx, c, s.connect, r)
	if err == nil && answer.URL == "" {
		err = missing(s.connect, "address for the consent")
	}
	return string(answer.URL), err
}

// checkRedirect takes what Wiro takes: https anywhere, http on the caller's own machine.
func checkRedirect(address string) error {
	u, err := url.Parse(strings.TrimSpace(address))
	if err == nil && u.Host != "" && u.User == nil {
		host := u.Hostname()
		if u.Scheme == "https" || u.Scheme == "http" && (host == "localhost" || host == "127.0.0.1") {
			return nil
		}
	}
	return &InputError{Field: "redirecturl", Reason: "must be an https address, or http on localhost or 127.0.0.1, " +
		"such as https://example.com/connected: the browser goes there afterwards"}
}

// Connection is how an agent's connection to a service stands. Services name the account
// in their own ways: AccountID and AccountName find it.
//
// Wiro docs: Agent Credentials & OAuth (Status Check).
type Connection struct {
	Connected             Bool `json:"connected"`
	Username              Text `json:"username"` // of most; with HubSpot the portal's id
	LinkedInName          Text `json:"linkedinname"`
	CustomerID            Text `json:"customerid"` // Google Ads
	CustomerName          Text `json:"customerdescriptivename"`
	MerchantID            Text `json:"merchantid"` // Merchant Center
	AccountTitle          Text `json:"accountname"`
	ChannelID             Text `json:"channelid"` // YouTube
	ChannelName           Text `json:"channelname"`
	ChannelTitle          Text `json:"channeltitle"`
	PropertyID            Text `json:"propertyid"` // Google Analytics
	PropertyName          Text `json:"propertyname"`
	PropertyDisplayName   Text `json:"propertydisplayname"`
	AdAccountID           Text `json:"adaccountid"` // Meta Ads
	AdAccountName         Text `json:"adaccountname"`
	PageID                Text `json:"pageid"` // Facebook Pages
	PageName              Text `json:"pagename"`
	ConnectedAt           Time `json:"connectedat"`
	TokenExpiresAt        Time `json:"tokenexpiresat"`        // zero where it does not
	RefreshTokenExpiresAt Time `json:"refreshtokenexpiresat"` // zero where there is none
}

// AccountID is the id of the account, page, channel or property; "" where Wiro gives none.
func (c Connection) AccountID() string {
	return firstText(c.CustomerID, c.MerchantID, c.ChannelID, c.PropertyID, c.AdAccountID, c.PageID)
}

// AccountName is the account's name as people know it; "" where Wiro gives none.
func (c Connection) AccountName() string {
	return firstText(c.LinkedInName, c.CustomerName, c.AccountTitle, c.ChannelTitle, c.ChannelName,
		c.PropertyDisplayName, c.PropertyName, c.AdAccountName, c.PageName, c.Username)
}

func firstText(texts ...Text) string {
	for _, text := range texts {
		if text != "" {
			return string(text)
		}
	}
	return ""
}

// Connection reports how an agent's connection to a service stands. An account that was
// entered as a key rather than by consent does not show as connected.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/{Provider}Status.
func (c *Client) Connection(ctx context.Context, k OAuthKey, useragent string) (Connection, error) {
	s, err := k.service()
	if err != nil {
		return Connection{}, err
	}
	if err := given("useragentguid", useragent); err != nil {
		return Connection{}, err
	}
	return call[Connection](ctx, c, s.status, byUserAgent{useragent})
}

// Disconnect removes an agent's tokens for a service; where the service lets it, Wiro
// revokes them first. A running agent is restarted.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/{Provider}Disconnect.
func (c *Client) Disconnect(ctx context.Context, k OAuthKey, useragent string) error {
	s, err := k.service()
	if err != nil {
		return err
	}
	if err := given("useragentguid", useragent); err != nil {
		return err
	}
	return act(ctx, c, s.disconnect, byUserAgent{useragent})
}
