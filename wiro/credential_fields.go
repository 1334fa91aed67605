package wiro

import (
	"context"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	credentialUpsert  = wire.Endpoint("UserAgent/CredentialUpsert", wire.Idempotent, wire.ShortTimeout).Private()
	credentialHistory = wire.Endpoint("UserAgent/CredentialFieldHistory", wire.Safe, wire.ShortTimeout).Private()
)

// CredentialValue is the value of a field of an agent's credential; an empty one clears the
// field. A field in a list also has the path of the list and its place there.
//
// Wiro docs: Agent Overview, POST /UserAgent/CredentialUpsert.
type CredentialValue struct {
	Credential string // key of the credential, such as wordpress
	Field      string // must not start with an underscore
	Value      Secret
	Parent     string // path of the list, such as accounts.0.apps; "" outside lists
	Ordinal    *int   // place in the list, from 0; 0 if nil
}

// credentialRow is a CredentialValue as Wiro takes it.
type credentialRow struct {
	Credential string `json:"credentialkey"`
	Field      string `json:"fieldname"`
	Value      string `json:"fieldvalue"`
	Parent     string `json:"parentfield,omitempty"`
	Ordinal    *int   `json:"ordinal,omitempty"`
}

// CredentialsSet says which values took effect. Wiro skips those that it refuses and writes the
// others.
type CredentialsSet struct {
	Applied int64    // number of values written
	Refused []string // Wiro's words on the others
}

// Set writes fields of an agent's credentials, of several services at once if need be. It does
// not fail if Wiro refuses some of them: see CredentialsSet. Neither the result nor an error
// repeats a value.
//
// Wiro docs: Agent Overview, POST /UserAgent/CredentialUpsert.
func (s *CredentialsService) Set(ctx context.Context, userAgentGUID string, values []CredentialValue) (CredentialsSet, error) {
	if err := require("useragentguid", userAgentGUID); err != nil {
		return CredentialsSet{}, err
	}
	if len(values) == 0 {
		return CredentialsSet{}, &InputError{Field: "fields", Reason: "must name at least one field and its value"}
	}
	rows, secrets := make([]credentialRow, len(values)), make([]string, len(values))
	for i, v := range values {
		if err := requireAll("credentialkey", v.Credential, "fieldname", v.Field); err != nil {
			return CredentialsSet{}, err
		}
		if strings.HasPrefix(v.Field, "_") {
			return CredentialsSet{}, &InputError{Field: "fieldname", Reason: "must not start with an underscore: those are Wiro's own"}
		}
		rows[i] = credentialRow{v.Credential, v.Field, v.Value.Reveal(), v.Parent, v.Ordinal}
		secrets[i] = v.Value.Reveal()
	}
	client := s.client.withRedacted(secrets...)
	answer, err := call[struct {
		Applied int64 `json:"applied"`
		Errors  []struct {
			Message string `json:"message" wire:"text"`
		} `json:"errors"`
	}](ctx, client, credentialUpsert, struct {
		UserAgent string          `json:"useragentguid"`
		Fields    []credentialRow `json:"fields"`
	}{userAgentGUID, rows})
	set := CredentialsSet{Applied: answer.Applied}
	for _, refusal := range answer.Errors {
		if refusal.Message != "" {
			set.Refused = append(set.Refused, client.redact(refusal.Message))
		}
	}
	return set, err
}

// CredentialChange is one write to a field of an agent's credential. Value may be a secret
// unless Wiro replaced it with [REDACTED].
//
// Wiro docs: Agent Overview, POST /UserAgent/CredentialFieldHistory.
type CredentialChange struct {
	GUID          string    `json:"guid"`
	UserAgentGUID string    `json:"useragentguid"`
	Credential    string    `json:"credentialkey"`
	Field         string    `json:"fieldname"`
	Value         string    `json:"fieldvalue"`
	Status        string    `json:"fieldstatus"` // who may write the field: user, oauth_app, oauth_picker, computed and others
	Parent        string    `json:"parentfield"`
	Ordinal       int64     `json:"ordinal"`
	Operation     string    `json:"operation"`
	ChangedBy     string    `json:"changedby"`      // UUID of a user, or system
	User          *User     `json:"changedby_user"` // nil for Wiro itself and for deleted accounts
	ChangedAt     time.Time `json:"changedat,omitzero"`
}

// Period bounds a history; a zero time is no bound.
type Period struct {
	From, To time.Time
}

// epochPeriod is a Period as Wiro takes it, in Unix seconds.
type epochPeriod struct {
	From int64 `json:"startdate,omitempty"`
	To   int64 `json:"enddate,omitempty"`
}

func (p Period) epoch() epochPeriod {
	var e epochPeriod
	if !p.From.IsZero() {
		e.From = p.From.Unix()
	}
	if !p.To.IsZero() {
		e.To = p.To.Unix()
	}
	return e
}

// History returns the writes to one credential of an agent, newest first. Tokens never appear
// in it.
//
// Wiro docs: Agent Credentials & OAuth, POST /UserAgent/CredentialFieldHistory.
func (s *CredentialsService) History(ctx context.Context, userAgentGUID, credential string, in Period) ([]CredentialChange, error) {
	if err := requireAll("useragentguid", userAgentGUID, "credentialkey", credential); err != nil {
		return nil, err
	}
	answer, err := call[struct {
		Entries []CredentialChange `json:"entries"`
	}](ctx, s.client, credentialHistory, struct {
		UserAgent  string `json:"useragentguid"`
		Credential string `json:"credentialkey"`
		epochPeriod
	}{userAgentGUID, credential, in.epoch()})
	return answer.Entries, err
}
