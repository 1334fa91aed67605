package wiro

import (
	"context"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	credentialsList   = wire.Endpoint("Credentials/List", wire.Safe, wire.ShortTimeout)
	credentialsDetail = wire.Endpoint("Credentials/Detail", wire.Safe, wire.ShortTimeout)
	skillCredential   = wire.Endpoint("Skills/CredentialSchema", wire.Safe, wire.ShortTimeout)
)

// CredentialsService gives deployed agents access to other services: by fields such as an API
// key (Set), or by the consent of an account's holder (Connect, then SelectAccount if something
// must be selected). List, Get and ForSkill read the public registry of what services ask for.
// Its calls cost nothing. Changes restart an agent that starts or runs.
//
// Wiro docs: Agent Credentials & OAuth.
type CredentialsService service

// CredentialType is an entry of the registry: a service and the fields that it asks for.
//
// Wiro docs: Agent Credentials & OAuth, POST /Credentials/List.
type CredentialType struct {
	Key                string            `json:"key"`
	Title              string            `json:"title"`
	Icon               string            `json:"icon"`
	BrandColor         string            `json:"brand_color"`
	BrandTextColor     string            `json:"brand_text_color"`
	BrandLogoFilter    string            `json:"brand_logo_filter"`
	DocsURL            string            `json:"docs_url"`             // a page of the documentation
	Mode               string            `json:"credential_mode"`      // oauth, sa, api_key, hybrid and others
	ConnectionModes    []string          `json:"connection_modes"`     // wiro: with Wiro's app; own: with the caller's
	WiroConnectPending bool              `json:"wiro_connect_pending"` // the mode wiro is not available yet
	Fields             []CredentialField `json:"credential_schema"`
	OAuth              *OAuthConfig      `json:"oauth_provider"` // nil if fields are all that it takes
	UsedBySkills       []string          `json:"used_by_skills"`
}

// CredentialField is a field of a credential. One of type password holds a secret.
//
// Wiro docs: Agent Credentials & OAuth, POST /Credentials/List.
type CredentialField struct {
	Key                   string            `json:"key"`
	Type                  string            `json:"type"` // text, password, select and others
	Label                 string            `json:"label"`
	Required              bool              `json:"required"`
	Pattern               string            `json:"pattern"` // a regular expression; "" if any text will do
	Placeholder           string            `json:"placeholder"`
	Help                  string            `json:"help"`
	Default               any               `json:"default"`
	Options               []ParamOption     `json:"options"` // of a select
	ShowToggle            bool              `json:"show_toggle"`
	OAuthManaged          bool              `json:"oauth_managed"`
	OnlyInModes           []string          `json:"only_in_modes"`        // such as own; in any mode if empty
	AutoFilledByOAuth     bool              `json:"auto_filled_by_oauth"` // not entered by users
	ReadonlyWhenConnected bool              `json:"readonly_when_connected"`
	Fields                []CredentialField `json:"fields,omitempty"` // of each row, if the field is a list
}

// OAuthConfig says how an account is connected by consent. An agent's schema may carry Name
// alone; the registry carries all but Name.
//
// Wiro docs: Agent Credentials & OAuth, POST /Credentials/List.
type OAuthConfig struct {
	Name               string `json:"name,omitempty" wire:"text"`
	AuthMethod         string `json:"auth_method_value"`
	ConnectEndpoint    string `json:"connect_endpoint"`
	DisconnectEndpoint string `json:"disconnect_endpoint"`
	StatusEndpoint     string `json:"status_endpoint"`
	ButtonLabel        string `json:"connect_button_label"`
	ButtonIcon         string `json:"connect_button_icon"`
	ButtonBrandColor   string `json:"connect_button_brand_color"`
	ButtonTextColor    string `json:"connect_button_text_color"`
	ButtonLogoFilter   string `json:"connect_button_logo_filter"`
	UsernameField      string `json:"username_field"`
	ReturnParam        string `json:"return_query_param"`
	ReturnErrorParam   string `json:"return_error_param"`
	ReturnDetailParam  string `json:"return_error_detail_param"`
	AccountPicker      any    `json:"account_picker"` // nil if no account has to be selected afterwards
	ExtraStep          any    `json:"extra_step"`
}

// CredentialQuery filters the registry; the zero value matches all of it.
type CredentialQuery struct {
	Mode               string `json:"credential_mode,omitempty"` // oauth, sa, api_key, multi_api_key, hybrid, imap_credentials, jwt_sa or rule_only
	WiroConnectPending *bool  `json:"wiro_connect_pending,omitempty"`
}

// CredentialList is the part of the registry that a query matches.
type CredentialList struct {
	Total       int64            `json:"total"`
	Credentials []CredentialType `json:"credentials"`
}

// List returns the services that agents can connect to. It needs no credentials.
//
// Wiro docs: Agent Credentials & OAuth, POST /Credentials/List.
func (s *CredentialsService) List(ctx context.Context, query CredentialQuery) (CredentialList, error) {
	return call[CredentialList](ctx, s.client, credentialsList, query)
}

// Get returns one entry of the registry by its key. ErrNotFound means that the key is unknown.
// It needs no credentials.
//
// Wiro docs: Agent Credentials & OAuth, POST /Credentials/Detail.
func (s *CredentialsService) Get(ctx context.Context, key string) (CredentialType, error) {
	if err := require("key", key); err != nil {
		return CredentialType{}, err
	}
	return s.get(ctx, credentialsDetail, struct {
		Key string `json:"key"`
	}{key})
}

// ForSkill returns the credential that a skill needs. ErrNotFound means that the skill needs
// none or does not exist. It needs no credentials itself.
//
// Wiro docs: Agent Skills, POST /Skills/CredentialSchema.
func (s *CredentialsService) ForSkill(ctx context.Context, skill string) (CredentialType, error) {
	if err := require("skill", skill); err != nil {
		return CredentialType{}, err
	}
	return s.get(ctx, skillCredential, struct {
		Name string `json:"name"`
	}{skill})
}

func (s *CredentialsService) get(ctx context.Context, op wire.Operation, request any) (CredentialType, error) {
	answer, err := call[struct {
		Credential *CredentialType `json:"credential"`
	}](ctx, s.client, op, request)
	if err != nil {
		return CredentialType{}, err
	}
	if answer.Credential == nil {
		return CredentialType{}, notFound(op, "credential")
	}
	return *answer.Credential, nil
}
