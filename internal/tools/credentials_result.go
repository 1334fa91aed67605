package tools

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/fold"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// CredentialTypes are services that agents can connect to.
type CredentialTypes struct {
	Credentials []CredentialTypeInfo `json:"credentials"`
	Total       int                  `json:"total"`
	full        bool                 // one, asked for by name
}

// CredentialTypeInfo is a service: what it asks for, and how that is done.
type CredentialTypeInfo struct {
	Key      string                `json:"key"`
	Title    string                `json:"title"`
	Mode     string                `json:"mode"`
	Fields   []string              `json:"fields,omitempty"` // names of those that people enter, of one alone: in lists Setup has them
	Setup    string                `json:"setup"`            // which tool, with what
	Provider string                `json:"provider,omitempty"`
	Modes    []string              `json:"connectionModes,omitempty"`    // wiro, own; of one alone
	Pending  bool                  `json:"wiroConnectPending,omitempty"` // of one alone
	Skills   []string              `json:"usedBySkills,omitempty"`
	Docs     string                `json:"docsPage,omitempty"` // of one alone
	Schema   []CredentialFieldInfo `json:"schema,omitempty"`   // of one alone
}

// CredentialFieldInfo is a field of a credential, with all that the registry says of it.
type CredentialFieldInfo struct {
	FieldInfo
	Required bool     `json:"required"`
	Modes    []string `json:"onlyInModes,omitempty"`
	Auto     bool     `json:"filledByConsent,omitempty"`
	Pattern  string   `json:"pattern,omitempty"`
}

func credentialType(t wiro.CredentialType, full bool) CredentialTypeInfo {
	info := CredentialTypeInfo{
		Key: t.Key, Title: t.Title, Mode: t.Mode, Fields: []string{}, Modes: plainTexts(t.ConnectionModes),
		Pending: t.WiroConnectPending, Skills: plainTexts(t.UsedBySkills),
	}
	info.Provider = string(wiro.CredentialSchema{Mode: t.Mode, OAuth: t.OAuth, Fields: t.Fields}.Provider(info.Key))
	for _, f := range t.Fields {
		if !f.AutoFilledByOAuth {
			info.Fields = append(info.Fields, f.Key)
		}
		if full {
			info.Schema = append(info.Schema, CredentialFieldInfo{
				FieldInfo: fieldInfo(f), Required: f.Required, Modes: plainTexts(f.OnlyInModes),
				Auto: f.AutoFilledByOAuth, Pattern: f.Pattern,
			})
		}
	}
	info.Setup = setup(info)
	if full {
		info.Docs = t.DocsURL
	} else {
		info.Fields, info.Modes, info.Pending = nil, nil, false
	}
	return info
}

func setup(t CredentialTypeInfo) string {
	enter := "set_agent_credentials with " + strings.Join(t.Fields, ", ")
	switch own := wiro.OAuthProvider(t.Provider).OwnAppFields(); {
	case t.Provider == "" && len(t.Fields) == 0:
		return "nothing to enter"
	case t.Provider == "":
		return enter
	case t.Pending:
		return fmt.Sprintf("with an app of your own only: set_agent_credentials with %s and authmethod \"own\", then connect_agent_account with authmethod \"own\"",
			strings.Join(own, ", "))
	}
	for _, field := range t.Fields {
		if fold.Name(field) == "apikey" {
			return "connect_agent_account, or set_agent_credentials with " + field
		}
	}
	return "connect_agent_account"
}

// Text is a line a service, or one in full.
func (c CredentialTypes) Text() string {
	if len(c.Credentials) == 0 {
		return "No credential type matches. list_credential_types without arguments lists all."
	}
	if c.full {
		return c.Credentials[0].full()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", mcptool.Count(c.Total, "credential type"))
	for _, t := range c.Credentials {
		fmt.Fprintf(&b, "- %s · %s · %s · %s", t.Key, t.Title, t.Mode, t.Setup)
		if len(t.Skills) > 0 {
			b.WriteString(" · for " + strings.Join(t.Skills, ", "))
		}
		b.WriteString("\n")
	}
	b.WriteString("With key, one in full.")
	return b.String()
}

func (c CredentialTypeInfo) full() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (key %s, %s)\nSet-up: %s.\n", c.Title, c.Key, c.Mode, c.Setup)
	if len(c.Modes) > 0 {
		fmt.Fprintf(&b, "Connection modes: %s\n", strings.Join(c.Modes, ", "))
	}
	if len(c.Skills) > 0 {
		fmt.Fprintf(&b, "Needed by: %s\n", strings.Join(c.Skills, ", "))
	}
	if c.Docs != "" {
		fmt.Fprintf(&b, "Documentation: read_doc %s\n", c.Docs)
	}
	b.WriteString("Fields:\n")
	for _, f := range c.Schema {
		fmt.Fprintf(&b, "- %s (%s", f.Name, f.Type)
		if f.Required {
			b.WriteString(", required")
		}
		if len(f.Modes) > 0 {
			b.WriteString(", in mode " + strings.Join(f.Modes, ", "))
		}
		if f.Auto {
			b.WriteString(", filled by consent")
		}
		b.WriteString("): " + f.Label)
		for _, more := range []struct{ name, text string }{
			{"one of ", strings.Join(f.Options, ", ")}, {"each with ", strings.Join(f.Fields, ", ")}, {"pattern ", f.Pattern}, {"", f.Help},
		} {
			if more.text != "" {
				b.WriteString(" · " + more.name + more.text)
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// CredentialsEntered is what of the fields that were entered took effect.
type CredentialsEntered struct {
	Applied    int                 `json:"applied"`
	Fields     []string            `json:"fields"`            // that were sent, such as "wordpress.url [set]"
	Refused    []string            `json:"refused,omitempty"` // why Wiro skipped the others
	Then       string              `json:"then,omitempty"`    // what is still missing
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// Text says what was written and what was not.
func (c CredentialsEntered) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %s written:\n", c.Applied, mcptool.Count(len(c.Fields), "field"))
	for _, f := range c.Fields {
		b.WriteString("- " + f + "\n")
	}
	for _, refusal := range c.Refused {
		fmt.Fprintf(&b, "Not written: %s\n", refusal)
	}
	if c.Applied > 0 {
		b.WriteString("An agent that runs restarts with them.\n")
	}
	b.WriteString(c.Then)
	return mcptool.TextWithNext(b.String(), c.NextAction)
}

// CredentialHistory is how an agent's credential changed, newest first.
type CredentialHistory struct {
	Credential string             `json:"credentialkey"`
	Changes    []CredentialChange `json:"changes"`
}

// CredentialChange is one write to a field.
type CredentialChange struct {
	At        string `json:"at"`
	By        string `json:"by"`
	Operation string `json:"operation"`
	Field     string `json:"field"`
	Value     string `json:"value"` // [set] or [empty] for a secret
	Status    string `json:"fieldstatus"`
}

func credentialChange(c wiro.CredentialChange, secret func(field string) bool) CredentialChange {
	value := redactSecrets(map[string]any{
		"fieldname": c.Field, "fieldstatus": c.Status, "fieldvalue": c.Value,
	})
	shown, _ := value.(map[string]any)["fieldvalue"].(string)
	if secret(c.Field) {
		shown = secretState(c.Value)
	}
	ordinal := int(c.Ordinal)
	return CredentialChange{
		At: moment(c.ChangedAt), By: changedBy(c.User, c.ChangedBy), Operation: c.Operation,
		Field: fieldPath(c.Parent, &ordinal, c.Field), Value: shown, Status: c.Status,
	}
}

// changedBy is somebody's name, or "system" for Wiro itself.
func changedBy(user *wiro.User, id string) string { return cmp.Or(user.Name(), id) }

// Text is a line a change.
func (h CredentialHistory) Text() string {
	if len(h.Changes) == 0 {
		return "No changes of " + h.Credential + " are recorded in that time. Tokens, and credentials that Wiro manages, never are."
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s, newest first:\n", mcptool.Count(len(h.Changes), "change"), h.Credential)
	for _, c := range h.Changes {
		b.WriteString("- " + mcptool.Row(c.At, c.By, c.Operation, c.Field+" = "+c.Value, c.Status) + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}
