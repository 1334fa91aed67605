package tools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var listCredentialTypesTool = define(mcptool.Meta{
	Name:        "list_credential_types",
	Title:       "List credential types",
	Description: "The services that agents can connect to. With key, or with the skill that needs it, one of them in full: its fields, and how to enter or connect it.",
	Toolset:     Credentials,
	Public:      true,
	Examples:    []mcptool.Example{{Arguments: `{"credential_mode": "oauth"}`}},
}, listCredentialTypes)

func listCredentialTypes(ctx context.Context, call *Call, in credentialQuery) (CredentialTypes, error) {
	if in.Key != "" || in.Skill != "" {
		return call.oneCredentialType(ctx, in)
	}
	page, err := call.Wiro.Credentials.List(ctx, wiro.CredentialQuery{Mode: in.Mode, WiroConnectPending: in.WiroPending})
	if err != nil {
		return CredentialTypes{}, err
	}
	types := CredentialTypes{Credentials: make([]CredentialTypeInfo, 0, len(page.Credentials)), Total: max(int(page.Total), len(page.Credentials))}
	for _, credential := range page.Credentials {
		types.Credentials = append(types.Credentials, credentialType(credential, false))
	}
	return types, nil
}

type credentialQuery struct {
	Key         string `json:"key,omitempty" doc:"one in full, such as \"wordpress\""`
	Skill       string `json:"skill,omitempty" doc:"the one that a skill needs, in full"`
	Mode        string `json:"credential_mode,omitempty" doc:"oauth, sa, api_key, multi_api_key, hybrid, imap_credentials, jwt_sa or rule_only"`
	WiroPending *bool  `json:"wiro_connect_pending,omitempty" doc:"whether Wiro's own app is still to come, so that only an app of your own connects"`
}

func (c *Call) oneCredentialType(ctx context.Context, in credentialQuery) (CredentialTypes, error) {
	var (
		found wiro.CredentialType
		err   error
	)
	switch {
	case in.Key != "" && in.Skill != "":
		return CredentialTypes{}, mcptool.Problemf("key and skill exclude each other: give one.")
	case in.Key != "":
		found, err = c.Wiro.Credentials.Get(ctx, in.Key)
		err = noSuch("credential type", in.Key, "list_credential_types", err, func() ([]string, error) {
			page, err := c.Wiro.Credentials.List(ctx, wiro.CredentialQuery{})
			return namesOf(page.Credentials, func(t wiro.CredentialType) string { return t.Key }), err
		})
	default:
		found, err = c.Wiro.Credentials.ForSkill(ctx, in.Skill)
		if reasonOf(err) == wiro.ReasonNoCredential || errors.Is(err, wiro.ErrNotFound) {
			err = mcptool.Problemf("%s needs no credential, or there is no such skill.", in.Skill).
				WithNext("list_skills", "see whether the skill exists and what it needs", map[string]any{"name": in.Skill})
		}
	}
	if err != nil {
		return CredentialTypes{}, err
	}
	return CredentialTypes{Credentials: []CredentialTypeInfo{credentialType(found, true)}, Total: 1, full: true}, nil
}

var setAgentCredentialsTool = define(mcptool.Meta{
	Name:        "set_agent_credentials",
	Title:       "Set an agent's credentials",
	Description: "Enter what an agent's services ask for: API keys, passwords, other fields. get_my_agent names them. Values never show again; a running agent restarts.",
	Toolset:     Agents,
	Effect:      mcptool.Writes,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "fields": [{"credentialkey": "wordpress", "fieldname": "url", "fieldvalue": "https://blog.example.com"}]}`}},
}, setAgentCredentials)

func setAgentCredentials(ctx context.Context, call *Call, in credentialEntry) (CredentialsEntered, error) {
	var held map[string]wiro.AgentCredential // what cannot be looked up is sent as it is given
	if agent, err := call.Wiro.MyAgents.Get(ctx, in.UserAgent); err == nil {
		held = agent.Credentials
	}
	values, err := credentialValues(in.Fields, held)
	if err != nil {
		return CredentialsEntered{}, err
	}
	entered := CredentialsEntered{UserAgent: in.UserAgent, Fields: make([]string, len(values))}
	for i, v := range values {
		entered.Fields[i] = v.Credential + "." + fieldPath(v.Parent, v.Ordinal, v.Field) + " " + v.Value.String()
	}
	set, err := call.Wiro.Credentials.Set(ctx, in.UserAgent, values)
	if err != nil {
		return CredentialsEntered{}, err
	}
	entered.Applied = int(set.Applied)
	for _, said := range set.Refused {
		refusal := &wiro.APIError{Operation: "UserAgent/CredentialUpsert", Messages: []string{said}}
		p := mcptool.Problemf("%s.", wordsOf(refusal))
		if hint, known := hints[reasonOf(refusal)]; known {
			p = hint.problem(refusal)
		}
		if entered.Applied == 0 {
			p.Text = "Nothing was written. " + p.Text
			return CredentialsEntered{}, p
		}
		entered.Refused = append(entered.Refused, p.Text)
	}
	entered.Then, entered.NextAction = call.remainingSetup(ctx, in.UserAgent)
	return entered, nil
}

type credentialEntry struct {
	UserAgent string            `json:"useragentguid" doc:"guid of your agent"`
	Fields    []credentialField `json:"fields" doc:"the fields to write; others stay as they are"`
}

type credentialField struct {
	Credential string           `json:"credentialkey" doc:"such as \"wordpress\""`
	Field      string           `json:"fieldname" doc:"such as \"apppassword\""`
	Value      mcptool.JSONText `json:"fieldvalue" doc:"the value, a list as JSON; empty clears the field"`
	Parent     string           `json:"parentfield,omitempty" doc:"path of the list that the field is in, such as \"accounts.0.apps\""`
	Ordinal    *int             `json:"ordinal,omitempty" min:"0" doc:"place in that list, from 0"`
}

// fieldPath writes a field with the list that it is in: accounts.0.apps[1].id.
func fieldPath(parent string, ordinal *int, field string) string {
	if parent == "" {
		return field
	}
	place := 0
	if ordinal != nil {
		place = *ordinal
	}
	return fmt.Sprintf("%s[%d].%s", parent, place, field)
}

var getAgentCredentialHistoryTool = define(mcptool.Meta{
	Name:           "get_agent_credential_history",
	Title:          "Get a credential's history",
	Description:    "Who changed which field of an agent's credential and when, newest first. Secrets show as [set] or [empty].",
	Toolset:        Credentials,
	TruncationHint: "Narrow it with startdate and enddate.",
	Examples:       []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "credentialkey": "instagram"}`}},
}, getAgentCredentialHistory)

func getAgentCredentialHistory(ctx context.Context, call *Call, in credentialAudit) (CredentialHistory, error) {
	changes, err := call.Wiro.Credentials.History(ctx, in.UserAgent, in.Credential, in.bounds())
	if err != nil {
		return CredentialHistory{}, err
	}
	history := CredentialHistory{UserAgent: in.UserAgent, Credential: in.Credential, Changes: make([]CredentialChange, 0, len(changes))}
	if len(changes) == 0 {
		return history, nil
	}
	secret := call.secretFields(ctx, in.Credential)
	for _, change := range changes {
		history.Changes = append(history.Changes, credentialChange(change, secret))
	}
	return history, nil
}

type credentialAudit struct {
	UserAgent  string `json:"useragentguid" doc:"guid of your agent"`
	Credential string `json:"credentialkey" doc:"such as \"instagram\""`
	period
}

// period bounds a history.
type period struct {
	From int64 `json:"startdate,omitempty" doc:"from this time on, Unix seconds"`
	To   int64 `json:"enddate,omitempty" doc:"up to this time, Unix seconds"`
}

// bounds are the times that the period lies between.
func (p period) bounds() wiro.Period {
	at := func(seconds int64) time.Time {
		if seconds == 0 {
			return time.Time{}
		}
		return time.Unix(seconds, 0)
	}
	return wiro.Period{From: at(p.From), To: at(p.To)}
}

// secretFields returns a test for fields that the registry calls secret. What it cannot be
// asked about is: every value is a secret then.
func (c *Call) secretFields(ctx context.Context, credential string) func(field string) bool {
	known, err := c.Wiro.Credentials.Get(ctx, credential)
	if err != nil && !errors.Is(err, wiro.ErrNotFound) {
		return func(string) bool { return true }
	}
	names := schemaPasswords(known.Fields)
	return func(field string) bool { return slices.Contains(names, strings.ToLower(field)) }
}
