package wiro

import (
	"context"
	"strings"
)

var (
	credentialUpsert  = endpoint("UserAgent/CredentialUpsert", write, quick).private()
	credentialHistory = endpoint("UserAgent/CredentialFieldHistory", read, quick).private()
)

// CredentialValue is a value for a field of an agent's credential; an empty one clears it.
// A field inside a list also has the list's dotted path and its place in it.
//
// Wiro docs: Agent Overview, POST /UserAgent/CredentialUpsert.
type CredentialValue struct {
	Credential string // key of the credential, such as "wordpress"
	Field      string // must not start with an underscore
	Value      Secret
	Parent     string // such as "accounts.0.apps"; "" outside lists
	Ordinal    *int   // from 0; Wiro's own 0 where nil
}

// credentialRow is a CredentialValue on its way to Wiro.
type credentialRow struct {
	Credential string `json:"credentialkey"`
	Field      string `json:"fieldname"`
	Value      string `json:"fieldvalue"`
	Parent     string `json:"parentfield,omitempty"`
	Ordinal    *int   `json:"ordinal,omitempty"`
}

// CredentialsSet says what of a CredentialUpsert took effect. Wiro skips a row that it does
// not take and writes the others.
type CredentialsSet struct {
	Applied Int      // rows written
	Refused []string // Wiro's words on the others
}

// SetCredentials writes fields of an agent's credentials, of several services at once if
// need be. An agent that runs is restarted. Neither the answer nor an error repeats a value.
//
// Wiro docs: Agent Overview, POST /UserAgent/CredentialUpsert.
func (c *Client) SetCredentials(ctx context.Context, useragent string, values []CredentialValue) (CredentialsSet, error) {
	if err := given("useragentguid", useragent); err != nil {
		return CredentialsSet{}, err
	}
	if len(values) == 0 {
		return CredentialsSet{}, &InputError{Field: "fields", Reason: "must name at least one field and its value"}
	}
	rows, secrets := make([]credentialRow, len(values)), make([]string, len(values))
	for i, v := range values {
		if err := allGiven("credentialkey", v.Credential, "fieldname", v.Field); err != nil {
			return CredentialsSet{}, err
		}
		if strings.HasPrefix(v.Field, "_") {
			return CredentialsSet{}, &InputError{Field: "fieldname", Reason: "must not start with an underscore: those are Wiro's own"}
		}
		rows[i] = credentialRow{v.Credential, v.Field, v.Value.Reveal(), v.Parent, v.Ordinal}
		secrets[i] = v.Value.Reveal()
	}
	c = c.hiding(secrets...)
	answer, err := call[struct {
		Applied Int           `json:"applied"`
		Errors  List[refusal] `json:"errors"`
	}](ctx, c, credentialUpsert, struct {
		UserAgent string          `json:"useragentguid"`
		Fields    []credentialRow `json:"fields"`
	}{useragent, rows})
	set := CredentialsSet{Applied: answer.Applied}
	for _, refusal := range answer.Errors {
		if refusal.Message != "" {
			set.Refused = append(set.Refused, c.redact(string(refusal.Message)))
		}
	}
	return set, err
}

// CredentialChange is one write to a field of an agent's credential. Value may be a secret
// where Wiro did not replace it with [REDACTED] itself.
//
// Wiro docs: Agent Overview, POST /UserAgent/CredentialFieldHistory.
type CredentialChange struct {
	GUID       Text   `json:"guid"`
	UserAgent  Text   `json:"useragentguid"`
	Credential Text   `json:"credentialkey"`
	Field      Text   `json:"fieldname"`
	Value      Text   `json:"fieldvalue"`
	Status     Text   `json:"fieldstatus"` // who may write the field: user, oauth_app, oauth_picker, computed, …
	Parent     Text   `json:"parentfield"`
	Ordinal    Int    `json:"ordinal"`
	Operation  Text   `json:"operation"`
	ChangedBy  Text   `json:"changedby"`      // a user's id, or "system"
	User       Person `json:"changedby_user"` // the zero value for Wiro itself and for users since deleted
	ChangedAt  Time   `json:"changedat"`
}

// Period bounds a history, in Unix seconds; 0 is no bound.
type Period struct {
	From int64 `json:"startdate,omitempty"`
	To   int64 `json:"enddate,omitempty"`
}

// CredentialHistory lists the writes to one credential of an agent, newest first. Tokens
// never appear in it.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgent/CredentialFieldHistory.
func (c *Client) CredentialHistory(ctx context.Context, useragent, credential string, in Period) ([]CredentialChange, error) {
	if err := allGiven("useragentguid", useragent, "credentialkey", credential); err != nil {
		return nil, err
	}
	answer, err := call[struct {
		Entries List[CredentialChange] `json:"entries"`
	}](ctx, c, credentialHistory, struct {
		UserAgent  string `json:"useragentguid"`
		Credential string `json:"credentialkey"`
		Period
	}{useragent, credential, in})
	return answer.Entries, err
}
