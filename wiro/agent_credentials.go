package wiro

import (
	"maps"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// AgentCredential is what an agent holds of the credential of a service or, in the catalog,
// what it will ask for.
//
// Wiro docs: Agent Overview (Credential response flags); Agent Credentials & OAuth.
type AgentCredential struct {
	Connected       bool             `json:"_connected"`        // an account is connected and, if one must be selected, selected; OAuth only
	Optional        bool             `json:"optional"`          // the agent starts without it
	Extra           bool             `json:"extra"`             // belongs to a skill that is off by default
	RequiredMissing *bool            `json:"_required_missing"` // required fields are empty; nil if Wiro does not say
	Editable        map[string]bool  `json:"_editable"`         // by field
	Schema          CredentialSchema `json:"_schema"`           // its fields: names, types, which are required
	Values          map[string]any   `json:"-" wire:"rest"`     // the fields' values, secrets among them; numbers are json.Number
}

// UnmarshalJSON accepts a credential of any form: an odd one must not lose its service's name.
func (c *AgentCredential) UnmarshalJSON(data []byte) error {
	type plain AgentCredential
	*c = AgentCredential{}
	_ = wire.Decode(data, (*plain)(c))
	maps.DeleteFunc(c.Values, func(name string, _ any) bool { return strings.HasPrefix(name, "_") }) // Wiro's own
	return nil
}

// IsPlatformCredential reports whether Wiro itself holds the credential of this key and
// no user enters it.
//
// Wiro docs: Agent Overview (Field redaction in responses; CredentialFieldHistory).
func IsPlatformCredential(key string) bool {
	return slices.Contains([]string{"wiro", "openai", "sys-openai", "calendarific"}, key)
}

// CredentialSchema describes the credential of a service as an agent holds it.
//
// Wiro docs: Agent Credentials & OAuth (Credential Registry Endpoints).
type CredentialSchema struct {
	Title              string            `json:"title"`
	Icon               string            `json:"icon"`
	BrandColor         string            `json:"brand_color"`
	BrandTextColor     string            `json:"brand_text_color"`
	BrandLogoFilter    string            `json:"brand_logo_filter"`
	DocsURL            string            `json:"docs_url"`
	Mode               string            `json:"credential_mode"`      // oauth, sa, api_key, hybrid and others
	ConnectionModes    []string          `json:"connection_modes"`     // wiro, own, api_key
	WiroConnectPending bool              `json:"wiro_connect_pending"` // the mode wiro is not available yet
	OAuth              *OAuthConfig      `json:"oauth_provider"`       // nil if there is nothing to connect
	Fields             []CredentialField `json:"fields"`
}

// Provider returns the OAuth provider whose account must be connected for the credential of
// this key, or "" if none must. Keys and names have several spellings: twitterx is twitter,
// googleads google-ads.
func (s CredentialSchema) Provider(key string) OAuthProvider {
	names := []string{key}
	if s.OAuth != nil {
		for provider, endpoints := range oauthProviders {
			if endpoints.connect.Path == strings.TrimPrefix(s.OAuth.ConnectEndpoint, "/") {
				return provider
			}
		}
		names = append(names, s.OAuth.Name)
	} else if len(s.Fields) > 0 && !strings.Contains(s.Mode, "oauth") && s.Mode != "hybrid" {
		return ""
	}
	for _, name := range names {
		name = bareKey(name)
		if alias, ok := oauthAliases[name]; ok {
			return alias
		}
		for provider := range oauthProviders {
			if bareKey(string(provider)) == name {
				return provider
			}
		}
	}
	return ""
}

func bareKey(key string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(key))
}

// oauthAliases are other names of the providers, without hyphens.
var oauthAliases = map[string]OAuthProvider{
	"x": Twitter, "twitterx": Twitter, "facebook": FacebookPages, "facebookpage": FacebookPages,
	"googleanalytics": GoogleAnalytics, "googleanalytics4": GoogleAnalytics, "merchantcenter": GoogleMerchantCenter,
}
