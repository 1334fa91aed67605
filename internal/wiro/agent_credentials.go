package wiro

import (
	"slices"
	"strings"
)

// AgentCredential is what an agent holds of one service's credential, or, in the catalog,
// what it will ask for.
//
// Wiro docs: Agent Overview (Credential response flags); Agent Credentials & OAuth.
type AgentCredential struct {
	Connected       Bool             // an account is connected and, where one is to be picked, picked; OAuth only
	Optional        Bool             // the agent starts without it
	Extra           Bool             // belongs to a skill that is off by default
	RequiredMissing *Bool            // fields that it needs are empty; nil where Wiro does not say
	Editable        Map[Bool]        // by field name
	Schema          CredentialSchema // its fields: names, types, which are required
	Values          Object           // every other member: the fields' values, secrets among them
}

// UnmarshalJSON parts the flags from the values.
func (c *AgentCredential) UnmarshalJSON(data []byte) error {
	*c = AgentCredential{}
	var flags struct {
		Connected       Bool             `json:"_connected"`
		Optional        Bool             `json:"optional"`
		Extra           Bool             `json:"extra"`
		RequiredMissing *Bool            `json:"_required_missing"`
		Editable        Map[Bool]        `json:"_editable"`
		Schema          CredentialSchema `json:"_schema"`
	}
	if err := unmarshalOr(data, &flags, func(string) {}); err != nil {
		return err
	}
	*c = AgentCredential{
		Connected: flags.Connected, Optional: flags.Optional, Extra: flags.Extra,
		RequiredMissing: flags.RequiredMissing, Editable: flags.Editable, Schema: flags.Schema,
	}
	if err := c.Values.UnmarshalJSON(data); err != nil {
		return err
	}
	for name := range c.Values {
		if strings.HasPrefix(name, "_") || name == "optional" || name == "extra" {
			delete(c.Values, name)
		}
	}
	return nil
}

// Platform reports whether Wiro itself holds the credential of this key: nobody enters it.
//
// Wiro docs: Agent Overview (Field redaction in responses; CredentialFieldHistory).
func Platform(key string) bool {
	return slices.Contains([]string{"wiro", "openai", "sys-openai", "calendarific"}, key)
}

// CredentialSchema describes the credential of a service.
//
// Wiro docs: Agent Credentials & OAuth (Credential Registry Endpoints).
type CredentialSchema struct {
	Title              Text                  `json:"title"`
	Icon               Text                  `json:"icon"`
	BrandColor         Text                  `json:"brand_color"`
	BrandTextColor     Text                  `json:"brand_text_color"`
	BrandLogoFilter    Text                  `json:"brand_logo_filter"`
	DocsURL            Text                  `json:"docs_url"`
	Mode               Text                  `json:"credential_mode"`      // oauth, sa, api_key, hybrid, …
	ConnectionModes    List[Text]            `json:"connection_modes"`     // wiro, own, api_key
	WiroConnectPending Bool                  `json:"wiro_connect_pending"` // the mode wiro is not on offer yet
	OAuth              *OAuthConnection      `json:"oauth_provider"`       // nil where there is nothing to connect
	Fields             List[CredentialField] `json:"fields"`
}

// Service returns the OAuth service whose account the credential of this key wants to be
// connected; "" where it wants none. Keys and names have several spellings: twitterx is
// twitter, googleads google-ads.
func (s CredentialSchema) Service(key string) OAuthKey {
	names := []string{key}
	if s.OAuth != nil {
		for service, endpoints := range oauthServices {
			if endpoints.connect.path == strings.TrimPrefix(string(s.OAuth.ConnectEndpoint), "/") {
				return service
			}
		}
		names = append(names, string(s.OAuth.Name))
	} else if len(s.Fields) > 0 && !strings.Contains(string(s.Mode), "oauth") && s.Mode != "hybrid" {
		return ""
	}
	for _, name := range names {
		name = bareKey(name)
		if alias, ok := oauthAliases[name]; ok {
			return alias
		}
		for service := range oauthServices {
			if bareKey(string(service)) == name {
				return service
			}
		}
	}
	return ""
}

func bareKey(key string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(key))
}

// oauthAliases are the services' other names, without hyphens.
var oauthAliases = map[string]OAuthKey{
	"x": Twitter, "twitterx": Twitter, "facebook": FacebookPages, "facebookpage": FacebookPages,
	"googleanalytics": GoogleAnalytics, "googleanalytics4": GoogleAnalytics, "merchantcenter": GoogleMerchantCenter,
}
