package agents

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A credential is an entry of the credential registry: which fields a service needs, and
// how its account is connected.
type credential struct {
	Key      string             `json:"key"`
	Aliases  []string           `json:"aliases"` // other names in the documentation
	Title    string             `json:"title"`
	Icon     string             `json:"icon"`
	Color    string             `json:"color"`
	Docs     *string            `json:"docs"`
	Mode     string             `json:"mode"`
	Modes    []string           `json:"modes"`
	Pending  bool               `json:"pending"`  // Wiro's own app is not there yet
	Platform bool               `json:"platform"` // Wiro fills it in
	Fields   []*credentialField `json:"fields"`
	OAuth    *oauthProvider     `json:"oauth"`
	Picker   *accountPicker     `json:"picker"`
}

// A credentialField is one field of a credential, as the registry describes it.
type credentialField struct {
	Key         string             `json:"key"`
	Type        string             `json:"type"`
	Label       string             `json:"label"`
	Required    bool               `json:"required"`
	Placeholder string             `json:"placeholder,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Help        string             `json:"help,omitempty"`
	Options     []fieldOption      `json:"options,omitempty"`
	Default     string             `json:"default,omitempty"`
	ShowToggle  bool               `json:"show_toggle,omitempty"`
	Managed     bool               `json:"oauth_managed,omitempty"`
	OnlyIn      []string           `json:"only_in_modes,omitempty"`
	AutoFilled  bool               `json:"auto_filled_by_oauth,omitempty"`
	Writable    bool               `json:"-"` // by users, although connecting fills it in
	ReadOnly    bool               `json:"readonly_when_connected,omitempty"`
	Fields      []*credentialField `json:"fields,omitempty"` // of a list
}

type fieldOption struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// An oauthProvider is how accounts of a service are connected. Fields of the credential
// are named by their keys.
type oauthProvider struct {
	Provider    string            `json:"provider"` // its name for TokenRefresh
	Prefix      string            `json:"prefix"`   // of its endpoints
	Param       string            `json:"param"`    // prefix of the query parameters on the way back
	Scope       string            `json:"scope"`
	Access      duration          `json:"access"`  // life of an access token; 0: for ever
	Refresh     duration          `json:"refresh"` // life of a refresh token; 0: not told
	Time        string            `json:"time"`    // form of times in Status: iso, unix, number
	Refreshable bool              `json:"refreshable"`
	TokenOnly   bool              `json:"tokenonly"` // Status calls it connected before an account is picked
	APIKey      string            `json:"apikey"`    // field that does instead of connecting
	Fills       map[string]string `json:"fills"`     // fields that connecting fills in
	Query       map[string]string `json:"query"`     // query parameter on the way back: field
	Reports     map[string]string `json:"reports"`   // member of Status: field
}

// An accountPicker is the choice that some providers need after connecting.
type accountPicker struct {
	Endpoint string           `json:"endpoint"`
	ID       string           `json:"id"`     // parameter, and field where it is kept
	Name     string           `json:"name"`   // parameter
	Stored   string           `json:"stored"` // field where the name is kept
	Strip    pattern          `json:"strip"`  // what is taken out of an id
	Query    string           `json:"query"`  // query parameter with the choices
	Listed   string           `json:"listed"` // member of a choice that is its id
	Echo     bool             `json:"echo"`   // the answer repeats what was chosen
	Pending  bool             `json:"pending"`
	Choices  []map[string]any `json:"choices"`
}

// duration is a time.Duration written as "2h".
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

// pattern is a regular expression; the zero value matches nothing.
type pattern struct{ *regexp.Regexp }

func (p *pattern) UnmarshalText(text []byte) (err error) {
	p.Regexp, err = regexp.Compile(string(text))
	return err
}

func (p pattern) removeFrom(text string) string {
	if p.Regexp == nil {
		return text
	}
	return p.ReplaceAllLiteralString(text, "")
}

// Who writes a field, and so who may.
//
// Wiro docs: Agent Credentials & OAuth, fieldstatus values.
const (
	statusUser     = "user"
	statusApp      = "oauth_app"
	statusSession  = "oauth_session"
	statusPicker   = "oauth_picker"
	statusPlatform = "platform"
)

func (f *credentialField) status() string {
	switch {
	case f.AutoFilled:
		return statusPicker
	case f.Managed:
		return statusApp
	default:
		return statusUser
	}
}

// sessionFields are written by the OAuth callback alone and are part of no schema.
var sessionFields = []string{"accesstoken", "refreshtoken", "pageAccessToken", "tokenexpiresat", "refreshtokenexpiresat", "connectedat"}

func isSessionField(name string) bool {
	return slices.ContainsFunc(sessionFields, func(f string) bool { return strings.EqualFold(f, name) })
}

// field finds a field by its key, in any case, below a parent such as "accounts.0.apps".
func (c *credential) field(parent, name string) *credentialField {
	fields := c.Fields
	for i, step := range strings.Split(parent, ".") {
		if parent == "" {
			continue
		}
		if i%2 == 1 { // every other step is an index
			if n, err := strconv.Atoi(step); err != nil || n < 0 {
				return nil
			}
			continue
		}
		list := findField(fields, step)
		if list == nil || list.Type != "list" {
			return nil
		}
		fields = list.Fields
	}
	return findField(fields, name)
}

func findField(fields []*credentialField, name string) *credentialField {
	i := slices.IndexFunc(fields, func(f *credentialField) bool { return strings.EqualFold(f.Key, name) })
	if i < 0 {
		return nil
	}
	return fields[i]
}

// secret reports whether a field holds what must not be shown.
func (f *credentialField) secret() bool { return f.Type == "password" }
