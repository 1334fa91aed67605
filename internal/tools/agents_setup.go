package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/fold"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// States of an agent's credential.
const (
	credentialConnected = "connected" // an account is connected
	credentialSet       = "set"       // what it needs is entered
	credentialMissing   = "missing"   // the agent cannot do without it
	credentialUnused    = "unused"    // optional, and not entered
)

// CredentialState is a service that an agent works with, and what is missing for that.
type CredentialState struct {
	Key      string         `json:"credentialkey"`
	State    string         `json:"state"` // connected, set, missing or unused
	Optional bool           `json:"optional,omitempty"`
	Values   map[string]any `json:"values,omitempty"`     // secrets as [set] or [empty]
	Missing  []FieldInfo    `json:"missing,omitempty"`    // fields for set_agent_credentials
	Provider string         `json:"provider,omitempty"`   // whose account connect_agent_account has to connect
	Choose   string         `json:"choose,omitempty"`     // what select_agent_account has to choose, such as page
	OwnApp   bool           `json:"ownAppOnly,omitempty"` // connecting needs an app of one's own (authmethod own)
}

// FieldInfo is a field of a credential.
type FieldInfo struct {
	Name    string   `json:"fieldname"`
	Label   string   `json:"label,omitempty"`
	Type    string   `json:"type,omitempty"`
	Options []string `json:"options,omitempty"`
	Help    string   `json:"help,omitempty"`
	Fields  []string `json:"fields,omitempty"` // of each element, where the field is a list
	Parent  string   `json:"parentfield,omitempty"`
	Ordinal *int     `json:"ordinal,omitempty"`

	rows []FieldInfo // what the first element needs, where the field is an empty list
}

func fieldInfo(f wiro.CredentialField) FieldInfo {
	info := FieldInfo{Name: f.Key, Label: f.Label, Type: f.Type, Help: mcptool.Clip(f.Help, 160)}
	if info.Help == "" && f.Placeholder != "" && f.Type != "password" {
		info.Help = "such as " + mcptool.Clip(f.Placeholder, 60)
	}
	for _, option := range f.Options {
		info.Options = append(info.Options, option.Value)
	}
	for _, inner := range f.Fields {
		info.Fields = append(info.Fields, inner.Key)
	}
	return info
}

// credentialStates are an agent's credentials, those that block it first.
func credentialStates(credentials map[string]wiro.AgentCredential) []CredentialState {
	states := make([]CredentialState, 0, len(credentials))
	for _, key := range slices.Sorted(maps.Keys(credentials)) {
		c := credentials[key]
		if wiro.IsPlatformCredential(key) || len(c.Values) == 0 && len(c.Schema.Fields) == 0 && c.Schema.OAuth == nil && !lacks(c) {
			continue // it is not entered by people
		}
		states = append(states, credentialState(key, c))
	}
	slices.SortStableFunc(states, func(a, b CredentialState) int { return a.rank() - b.rank() })
	return states
}

func (s CredentialState) rank() int {
	return slices.Index([]string{credentialMissing, credentialConnected, credentialSet, credentialUnused}, s.State)
}

// lacks reports whether Wiro says that required fields are empty.
func lacks(c wiro.AgentCredential) bool { return c.RequiredMissing != nil && *c.RequiredMissing }

func credentialState(key string, c wiro.AgentCredential) CredentialState {
	s := CredentialState{
		Key: key, Optional: c.Optional,
		Values: shownValues(c),
	}
	service := c.Schema.Provider(key)
	method, _ := c.Values["authmethod"].(string)
	own := method == "own" || method == "" && c.Schema.WiroConnectPending
	toConnect := service != "" && !c.Connected
	for _, field := range c.Schema.Fields {
		ownOnly := slices.Contains(field.OnlyInModes, "own") || slices.Contains(service.OwnAppFields(), field.Key)
		if ownOnly && !own || toConnect && !ownOnly {
			continue // Wiro's app needs none, and what is not of the app comes with the account
		}
		s.Missing = append(s.Missing, missingFields(field, c.Values, "", nil)...)
	}
	if c.Schema.Fields == nil && service == "" {
		s.Missing = unsetFields(c.Values)
	}
	switch thing, _ := service.Selection(); {
	case c.Connected && (len(s.Missing) == 0 || !lacks(c)):
		s.State, s.Missing = credentialConnected, nil
	case toConnect && thing != "" && !empty(c.Values["connectedat"]):
		s.State, s.Provider, s.Choose, s.OwnApp = credentialMissing, string(service), thing, own
	case toConnect && (c.RequiredMissing == nil || lacks(c) || !anyKey(c)):
		s.State, s.Provider, s.OwnApp = credentialMissing, string(service), own
	case len(s.Missing) > 0 || lacks(c):
		s.State = credentialMissing
	default:
		s.State = credentialSet
	}
	if s.State == credentialMissing && s.Optional {
		s.State = credentialUnused
	}
	return s
}

// anyKey reports whether a key was entered instead of connecting an account.
func anyKey(c wiro.AgentCredential) bool {
	for name, value := range c.Values {
		if strings.HasSuffix(fold.Name(name), "apikey") && !empty(value) {
			return true
		}
	}
	return false
}

func empty(value any) bool { return secretState(value) == secretEmpty }

// shownValues are what is entered, secrets hidden and long values cut. Other empty fields
// stay out: those that matter are listed as missing.
func shownValues(c wiro.AgentCredential) map[string]any {
	shown := map[string]any{}
	hidden, _ := redactSecrets(c.Values, schemaPasswords(c.Schema.Fields)...).(map[string]any)
	for name, value := range hidden {
		switch v := value.(type) {
		case string:
			value = mcptool.Clip(v, 100)
		case []any, map[string]any:
			data, err := json.Marshal(v)
			if err != nil {
				continue
			}
			value = mcptool.Clip(string(data), 160)
		}
		if value == secretEmpty || !empty(value) && value != "[]" && value != "{}" {
			shown[name] = value
		}
	}
	return shown
}

// schemaPasswords are the fields, in lower case, that the schema gives the type password.
func schemaPasswords(fields []wiro.CredentialField) []string {
	var names []string
	for _, field := range fields {
		if field.Type == "password" {
			names = append(names, strings.ToLower(field.Key))
		}
		names = append(names, schemaPasswords(field.Fields)...)
	}
	return names
}

// need says what a missing credential lacks and which tool gives it, as a sentence.
func (c *Call) need(s CredentialState) string {
	names := make([]string, len(s.Missing))
	for i, field := range s.Missing {
		names[i] = fieldPath(field.Parent, field.Ordinal, field.Name)
	}
	fields := strings.Join(names, ", ")
	connect := c.toolName("connect_agent_account")
	switch {
	case s.Choose != "" && c.pageOffersSelection():
		return fmt.Sprintf("%s needs a %s: %s with provider %s, whose page lists each, or %s with its id", s.Key, s.Choose, connect, s.Provider, c.toolName("select_agent_account"))
	case s.Choose != "":
		return fmt.Sprintf("%s needs a %s: %s with provider %s", s.Key, s.Choose, c.toolName("select_agent_account"), s.Provider)
	case s.Provider != "" && fields != "":
		return fmt.Sprintf("%s needs %s of your own app: %s, with authmethod own; then %s with provider %s and authmethod own (the redirect URI of the app must be %s)",
			s.Key, fields, c.toolName("set_agent_credentials"), connect, s.Provider, c.Wiro.Credentials.CallbackURL(wiro.OAuthProvider(s.Provider)))
	case s.Provider != "":
		text := fmt.Sprintf("%s needs an account: %s with provider %s", s.Key, connect, s.Provider)
		if s.OwnApp {
			text += " and authmethod own"
		}
		return text
	case fields != "":
		return fmt.Sprintf("%s needs %s: %s", s.Key, fields, c.toolName("set_agent_credentials"))
	}
	return fmt.Sprintf("%s is not complete: %s", s.Key, c.toolName("set_agent_credentials"))
}

// pageOffersSelection reports whether the page at the end of a consent lists what there is to choose: then
// nobody needs to know an id.
func (c *Call) pageOffersSelection() bool {
	return c.consents != nil || !c.Enabled("select_agent_account")
}

// placeholder stands in a suggested call where the user's value goes.
const placeholder = "…"

// fix is the step that gives the first of what is missing; nil where its tool is off.
func (c *Call) fix(guid string, states []CredentialState) *mcptool.NextAction {
	for _, s := range states {
		arguments := agentRef(guid)
		switch {
		case s.State != credentialMissing:
			continue
		case s.Choose != "" && !c.pageOffersSelection():
			arguments["provider"] = s.Provider
			return c.Next("select_agent_account", "choose the "+s.Choose+" by its id", arguments)
		case s.Provider != "" && len(s.Missing) == 0:
			arguments["provider"] = s.Provider
			if s.OwnApp {
				arguments["authmethod"] = "own"
			}
			return c.Next("connect_agent_account", "connect the account: it gives the address that the user opens", arguments)
		case len(s.Missing) == 0:
			return c.Next("get_my_agent", "see what is missing", arguments)
		}
		fields := make([]any, 0, len(s.Missing)+1)
		for _, field := range s.Missing {
			fields = append(fields, field.entries(s.Key)...)
		}
		if s.Provider != "" {
			fields = append(fields, map[string]any{"credentialkey": s.Key, "fieldname": "authmethod", "fieldvalue": "own"})
		}
		arguments["fields"] = fields
		return c.Next("set_agent_credentials", "enter what the user gives you for each …", arguments)
	}
	return nil
}

// entries are the rows of set_agent_credentials that enter a field.
func (f FieldInfo) entries(credential string) []any {
	if f.rows != nil {
		var rows []any
		for _, row := range f.rows {
			rows = append(rows, row.entries(credential)...)
		}
		return rows
	}
	row := map[string]any{"credentialkey": credential, "fieldname": f.Name, "fieldvalue": placeholder}
	if f.Parent != "" {
		row["parentfield"], row["ordinal"] = f.Parent, *f.Ordinal
	}
	return []any{row}
}

// remainingSetup says what an agent lacks after something was entered or connected, and the next
// step.
func (c *Call) remainingSetup(ctx context.Context, guid string) (string, *mcptool.NextAction) {
	look := c.Next("get_my_agent", "see whether anything is still missing", agentRef(guid))
	agent, err := c.Wiro.MyAgents.Get(ctx, guid)
	if err != nil {
		return "", look
	}
	why, next := c.blocked(agent, credentialStates(agent.Credentials))
	switch {
	case len(why) > 0 && next == nil:
		next = look
		fallthrough
	case len(why) > 0:
		return "Still missing: " + strings.Join(why, "; ") + ".", next
	case next != nil:
		return "Nothing is missing: the agent can be started.", next
	}
	return "Nothing is missing. The agent is " + agent.Status.String() + ".", look
}

// setupProblem is the refusal to start an agent, with what it lacks.
func (c *Call) setupProblem(u wiro.UserAgent) *mcptool.Problem {
	states := credentialStates(u.Credentials)
	p := mcptool.Problemf("Setup required: %s.", strings.Join(c.needs(states), "; "))
	if p.Next = c.fix(u.GUID, states); p.Next == nil {
		p.Next = &mcptool.NextAction{Tool: "get_my_agent", Arguments: agentRef(u.GUID), Reason: "see what is missing"}
	}
	return p
}

// needs are the sentences for all that is missing.
func (c *Call) needs(states []CredentialState) []string {
	var needs []string
	for _, s := range states {
		if s.State == credentialMissing {
			needs = append(needs, c.need(s))
		}
	}
	if needs == nil {
		needs = []string{"Wiro does not say what is missing"}
	}
	return needs
}

// line is the credential as lists show it.
func (s CredentialState) line() string {
	text := s.Key + ": " + s.State
	if s.Optional {
		text += " (optional)"
	}
	var values []string
	for _, name := range slices.Sorted(maps.Keys(s.Values)) {
		values = append(values, fmt.Sprintf("%s %v", name, s.Values[name]))
	}
	if values != nil {
		text += " · " + strings.Join(values, ", ")
	}
	for _, field := range s.Missing {
		text += "\n  " + fieldPath(field.Parent, field.Ordinal, field.Name)
		if field.Label != "" {
			text += " (" + field.Label + ")"
		}
		if len(field.Options) > 0 {
			text += ": one of " + strings.Join(field.Options, ", ")
		}
		if len(field.Fields) > 0 {
			text += ": a list, each with " + strings.Join(field.Fields, ", ")
		}
		if field.Help != "" {
			text += ": " + field.Help
		}
	}
	return text
}
