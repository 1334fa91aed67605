package wiro

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// ConsentReturn is what a browser brings back from a consent, in the query of the redirect URL.
//
// Wiro docs: Agent Credentials & OAuth (Supported OAuth Providers; Error Values), and the
// integration page of each service.
type ConsentReturn struct {
	Connected bool            `json:"connected"`
	Error     string          `json:"error,omitempty"`   // Wiro's code, such as authorization_denied; "" if Connected
	Detail    string          `json:"detail,omitempty"`  // of the error, in words; "" if Wiro states none
	Account   string          `json:"account,omitempty"` // name of the account; "" if Wiro states none
	Choices   []AccountChoice `json:"choices,omitempty"` // to select from; nil also if Wiro lists none
}

// AccountChoice is something that SelectAccount can select.
type AccountChoice struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Note string `json:"note,omitempty"` // its status, or what it belongs to; "" if Wiro states neither
}

// ParseReturn reads the query with which a browser came back to the redirect URL. It returns
// false if the query says nothing about the provider. Its texts come from a browser: anybody may
// have written them.
func (p OAuthProvider) ParseReturn(query url.Values) (ConsentReturn, bool) {
	e, ok := oauthProviders[p]
	if !ok {
		return ConsentReturn{}, false
	}
	connected, failed := p.ReturnParams()
	if code := query.Get(failed); code != "" {
		return ConsentReturn{Error: code, Detail: query.Get(failed + "_detail")}, true
	}
	if query.Get(connected) != "true" {
		return ConsentReturn{}, false
	}
	back := ConsentReturn{Connected: true}
	for _, name := range []string{"username", "name", "account", "pagename", "portal"} {
		back.Account = cmp.Or(back.Account, query.Get(e.returns+"_"+name))
	}
	if e.selector != nil {
		back.Choices = e.selector.choices(query.Get(e.selector.list))
	}
	return back, true
}

// choices reads a list of choices. Services name ids and names in their own ways, and some
// encode the list twice.
func (s *oauthSelector) choices(text string) []AccountChoice {
	var list []map[string]any
	if err := wire.Decode([]byte(text), &list); err != nil {
		once, err := url.QueryUnescape(text)
		if err != nil || wire.Decode([]byte(once), &list) != nil {
			return nil
		}
	}
	var choices []AccountChoice
	for _, item := range list {
		member := func(names ...string) string {
			for _, name := range names {
				switch value := item[name].(type) {
				case string:
					if value != "" {
						return value
					}
				case json.Number:
					return value.String()
				}
			}
			return ""
		}
		choice := AccountChoice{ID: member(s.id, "id"), Name: member(s.name, "name"), Note: member("status")}
		if parent := member("accountname"); parent != choice.Name {
			choice.Note = cmp.Or(choice.Note, parent)
		}
		if choice.ID != "" {
			choices = append(choices, choice)
		}
	}
	return choices
}

// CallbackURL returns the address to register as the redirect URI of an app of one's own, on
// the service's developer portal. It is "" for a provider that is unknown.
//
// Wiro docs: Agent Credentials & OAuth ("own" Mode Full Flow).
func (s *CredentialsService) CallbackURL(p OAuthProvider) string {
	e, ok := oauthProviders[p]
	if !ok {
		return ""
	}
	return strings.TrimSuffix(s.client.BaseURL(), "/") + "/" + strings.TrimSuffix(e.connect.Path, "Connect") + "Callback"
}
