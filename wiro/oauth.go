package wiro

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// A refresh token is good for one refresh with most services: a second one fails.
var oauthTokenRefresh = wire.Endpoint("UserAgentOAuth/TokenRefresh", wire.NonIdempotent, wire.ShortTimeout).Private()

// ConnectRequest asks for the address at which the account's holder consents.
//
// Wiro docs: Agent Credentials & OAuth (Connect Endpoint).
type ConnectRequest struct {
	UserAgentGUID string `json:"useragentguid"`
	RedirectURL   string `json:"redirecturl"`          // where the browser goes afterwards: https, or http on this machine
	AuthMethod    string `json:"authmethod,omitempty"` // wiro (the default): with Wiro's app; own: with the caller's
}

// Connect returns the address at which the account's holder consents. It is good for 15
// minutes. The browser then goes to the redirect URL, with parameters that say how the consent
// ended (OAuthProvider.ReturnParams) and, for some services, what there is to select from
// (OAuthProvider.Selection): SelectAccount selects. In the mode own, Set the credential's
// OwnAppFields before.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/{Provider}Connect.
func (s *CredentialsService) Connect(ctx context.Context, provider OAuthProvider, request ConnectRequest) (string, error) {
	e, err := provider.endpoints(request.UserAgentGUID)
	if err != nil {
		return "", err
	}
	if err := checkRedirect(request.RedirectURL); err != nil {
		return "", err
	}
	answer, err := call[struct {
		URL string `json:"authorizeUrl"`
	}](ctx, s.client, e.connect, request)
	if err == nil && answer.URL == "" {
		err = notFound(e.connect, "address for the consent")
	}
	return answer.URL, err
}

// checkRedirect accepts what Wiro accepts: https anywhere, http on the caller's own machine.
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

// Connection is how an agent's connection to a service stands. Services name the account in
// their own ways: Account finds it.
//
// Wiro docs: Agent Credentials & OAuth (Status Check).
type Connection struct {
	Connected             bool      `json:"connected"`
	Username              string    `json:"username"` // of most services; with HubSpot the portal's id
	LinkedInName          string    `json:"linkedinname"`
	CustomerID            string    `json:"customerid"` // Google Ads
	CustomerName          string    `json:"customerdescriptivename"`
	MerchantID            string    `json:"merchantid"` // Merchant Center
	AccountTitle          string    `json:"accountname"`
	ChannelID             string    `json:"channelid"` // YouTube
	ChannelName           string    `json:"channelname"`
	ChannelTitle          string    `json:"channeltitle"`
	PropertyID            string    `json:"propertyid"` // Google Analytics
	PropertyName          string    `json:"propertyname"`
	PropertyDisplayName   string    `json:"propertydisplayname"`
	AdAccountID           string    `json:"adaccountid"` // Meta Ads
	AdAccountName         string    `json:"adaccountname"`
	PageID                string    `json:"pageid"` // Facebook Pages
	PageName              string    `json:"pagename"`
	ConnectedAt           time.Time `json:"connectedat,omitzero"`
	TokenExpiresAt        time.Time `json:"tokenexpiresat,omitzero"`        // zero if it does not expire
	RefreshTokenExpiresAt time.Time `json:"refreshtokenexpiresat,omitzero"` // zero if there is none
}

// Account is an account, page, channel or property of a service.
type Account struct {
	ID   string // "" if Wiro states none
	Name string // as people know it; "" if Wiro states none
}

// Account returns the account that is connected.
func (c Connection) Account() Account {
	return Account{
		ID: cmp.Or(c.CustomerID, c.MerchantID, c.ChannelID, c.PropertyID, c.AdAccountID, c.PageID),
		Name: cmp.Or(c.LinkedInName, c.CustomerName, c.AccountTitle, c.ChannelTitle, c.ChannelName,
			c.PropertyDisplayName, c.PropertyName, c.AdAccountName, c.PageName, c.Username),
	}
}

// Status reports how an agent's connection to a service stands. A service that was given a key
// by Set, rather than a consent, does not show as connected.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/{Provider}Status.
func (s *CredentialsService) Status(ctx context.Context, provider OAuthProvider, userAgentGUID string) (Connection, error) {
	e, err := provider.endpoints(userAgentGUID)
	if err != nil {
		return Connection{}, err
	}
	return call[Connection](ctx, s.client, e.status, byUserAgent{userAgentGUID})
}

// Disconnect removes an agent's tokens for a service. Wiro revokes them before, if the service
// allows it.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/{Provider}Disconnect.
func (s *CredentialsService) Disconnect(ctx context.Context, provider OAuthProvider, userAgentGUID string) error {
	e, err := provider.endpoints(userAgentGUID)
	if err != nil {
		return err
	}
	return do(ctx, s.client, e.disconnect, byUserAgent{userAgentGUID})
}

// SelectAccount selects what of a connected account the agent works with: a Google Ads
// customer, a Meta ad account, a Facebook page, a YouTube channel, a GA4 property or a merchant
// account. The name is for people and may be empty. It returns the account as Wiro keeps it.
// A Facebook page must be selected within 15 minutes of the consent, and can be only once.
//
// Wiro docs: Agent Credentials & OAuth (Extra Provider Endpoints); the YouTube, Google
// Analytics 4 and Google Merchant Center integration pages.
func (s *CredentialsService) SelectAccount(ctx context.Context, provider OAuthProvider, userAgentGUID string, account Account) (Account, error) {
	e, err := provider.endpoints(userAgentGUID)
	if err != nil {
		return Account{}, err
	}
	if e.selector == nil {
		return Account{}, &InputError{Field: "provider", Reason: "has nothing to select: a " + e.title + " account is complete once it is connected"}
	}
	account.ID = strings.TrimSpace(account.ID)
	if err := require("id", account.ID); err != nil {
		return Account{}, err
	}
	request := map[string]string{"useragentguid": userAgentGUID, e.selector.id: account.ID}
	if account.Name != "" {
		request[e.selector.name] = account.Name
	}
	answer, err := call[map[string]string](ctx, s.client, e.selector.Operation, request)
	if err != nil {
		return Account{}, err
	}
	return Account{ID: cmp.Or(answer[e.selector.id], account.ID), Name: cmp.Or(answer[e.selector.name], account.Name)}, nil
}

// Tokens are the tokens that a refresh brought. They print as [set].
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/TokenRefresh.
type Tokens struct {
	Access  Secret `json:"accesstoken"`
	Refresh Secret `json:"refreshtoken"` // "" if the service issues none
}

// RefreshTokens fetches new tokens for a connected account of a provider that is Refreshable.
// Running agents do so themselves; this is for tests. It is sent once; ErrUnknownOutcome means
// that the tokens may have changed.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/TokenRefresh.
func (s *CredentialsService) RefreshTokens(ctx context.Context, provider OAuthProvider, userAgentGUID string) (Tokens, error) {
	if _, err := provider.endpoints(userAgentGUID); err != nil {
		return Tokens{}, err
	}
	if !provider.Refreshable() {
		return Tokens{}, &InputError{Field: "provider", Reason: "cannot be " + string(provider) + ": Wiro does not refresh its tokens on request"}
	}
	return call[Tokens](ctx, s.client, oauthTokenRefresh, struct {
		byUserAgent
		Provider OAuthProvider `json:"provider"`
	}{byUserAgent{userAgentGUID}, provider})
}
