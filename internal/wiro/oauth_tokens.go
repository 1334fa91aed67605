package wiro

import "context"

// A refresh token is good for one refresh with most services: a second one fails.
var oauthTokenRefresh = endpoint("UserAgentOAuth/TokenRefresh", submit, quick).private()

// Tokens are the tokens that a refresh brought. They never print.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/TokenRefresh.
type Tokens struct {
	Access  Secret
	Refresh Secret // "" with services that issue none
}

// UnmarshalJSON takes what Text takes: an odd form must not end in an error that shows it.
func (t *Tokens) UnmarshalJSON(data []byte) error {
	var texts Map[Text]
	if err := texts.UnmarshalJSON(data); err != nil {
		return err
	}
	*t = Tokens{Access: Secret(texts["accesstoken"]), Refresh: Secret(texts["refreshtoken"])}
	return nil
}

// RefreshTokens fetches new tokens for a connected account. Running agents do so on their
// own; this is for trying. Mailchimp's tokens never expire, and Wiro refuses to refresh
// them. A running agent is restarted.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgentOAuth/TokenRefresh.
func (c *Client) RefreshTokens(ctx context.Context, k OAuthKey, useragent string) (Tokens, error) {
	if _, err := k.service(); err != nil {
		return Tokens{}, err
	}
	if k == Mailchimp {
		return Tokens{}, &InputError{Field: "provider", Reason: "cannot be mailchimp: its tokens do not expire"}
	}
	if err := given("useragentguid", useragent); err != nil {
		return Tokens{}, err
	}
	return call[Tokens](ctx, c, oauthTokenRefresh, struct {
		byUserAgent
		Provider OAuthKey `json:"provider"`
	}{byUserAgent{useragent}, k})
}
