package wiro

import "context"

var (
	credentialsList   = endpoint("Credentials/List", read, quick)
	credentialsDetail = endpoint("Credentials/Detail", read, quick)
	skillCredential   = endpoint("Skills/CredentialSchema", read, quick)
)

// CredentialType is an entry of the credential registry: a service that agents connect to,
// and the fields that it asks for.
//
// Wiro docs: Agent Credentials & OAuth, POST /Credentials/List.
type CredentialType struct {
	Key             Text                  `json:"key"`
	Title           Text                  `json:"title"`
	Icon            Text                  `json:"icon"`
	BrandColor      Text                  `json:"brand_color"`
	BrandTextColor  Text                  `json:"brand_text_color"`
	BrandLogoFilter Text                  `json:"brand_logo_filter"`
	DocsURL         Text                  `json:"docs_url"`             // a page of the documentation
	Mode            Text                  `json:"credential_mode"`      // oauth, sa, api_key, hybrid and others
	ConnectionModes List[Text]            `json:"connection_modes"`     // "wiro": with Wiro's app; "own": with the caller's
	WiroPending     Bool                  `json:"wiro_connect_pending"` // mode "wiro" is still to come
	Fields          List[CredentialField] `json:"credential_schema"`
	OAuth           *OAuthConnection      `json:"oauth_provider"` // nil where fields are all it takes
	UsedBySkills    List[Text]            `json:"used_by_skills"`
}

// CredentialField is a field of a credential. One of type "password" holds a secret.
//
// Wiro docs: Agent Credentials & OAuth, POST /Credentials/List.
type CredentialField struct {
	Key                   Text                  `json:"key"`
	Type                  Text                  `json:"type"` // text, password, select and others
	Label                 Text                  `json:"label"`
	Required              Bool                  `json:"required"`
	Pattern               Text                  `json:"pattern"` // a regular expression; "" where any text will do
	Placeholder           Text                  `json:"placeholder"`
	Help                  Text                  `json:"help"`
	Default               any                   `json:"default"`
	Options               List[ParamOption]     `json:"options"` // of a select
	ShowToggle            Bool                  `json:"show_toggle"`
	OAuthManaged          Bool                  `json:"oauth_managed"`
	OnlyInModes           List[Text]            `json:"only_in_modes"`        // such as "own"; in any where empty
	AutoFilledByOAuth     Bool                  `json:"auto_filled_by_oauth"` // nobody enters it
	ReadonlyWhenConnected Bool                  `json:"readonly_when_connected"`
	Fields                List[CredentialField] `json:"fields,omitempty"` // of each row, where the field is a list
}

// OAuthConnection says how an account is connected by consent rather than by a key. A
// deployed agent carries Name alone, the registry all but Name.
//
// Wiro docs: Agent Credentials & OAuth, POST /Credentials/List.
type OAuthConnection struct {
	Name               Text `json:"-"`
	AuthMethod         Text `json:"auth_method_value"`
	ConnectEndpoint    Text `json:"connect_endpoint"`
	DisconnectEndpoint Text `json:"disconnect_endpoint"`
	StatusEndpoint     Text `json:"status_endpoint"`
	ButtonLabel        Text `json:"connect_button_label"`
	ButtonIcon         Text `json:"connect_button_icon"`
	ButtonBrandColor   Text `json:"connect_button_brand_color"`
	ButtonTextColor    Text `json:"connect_button_text_color"`
	ButtonLogoFilter   Text `json:"connect_button_logo_filter"`
	UsernameField      Text `json:"username_field"`
	ReturnParam        Text `json:"return_query_param"`
	ReturnErrorParam   Text `json:"return_error_param"`
	ReturnDetailParam  Text `json:"return_error_detail_param"`
	AccountPicker      any  `json:"account_picker"` // nil where no account has to be picked afterwards
	ExtraStep          any  `json:"extra_step"`
}

// UnmarshalJSON also takes the provider's bare name.
func (o *OAuthConnection) UnmarshalJSON(data []byte) error {
	type plain OAuthConnection
	*o = OAuthConnection{}
	return unmarshalOr(data, (*plain)(o), func(text string) { o.Name = Text(text) })
}

// CredentialQuery filters the credential registry; the zero value asks for all of it.
type CredentialQuery struct {
	Mode        string `json:"credential_mode,omitempty"`
	WiroPending *bool  `json:"wiro_connect_pending,omitempty"`
}

// CredentialPage is the part of the credential registry that a query asked for.
type CredentialPage struct {
	Total       Int                  `json:"total"`
	Credentials List[CredentialType] `json:"credentials"`
}

// CredentialTypes lists the services that agents can connect to. It needs no credentials.
//
// Wiro docs: Agent Credentials & OAuth, POST /Credentials/List.
func (c *Client) CredentialTypes(ctx context.Context, q CredentialQuery) (CredentialPage, error) {
	return call[CredentialPage](ctx, c, credentialsList, q)
}

// CredentialType returns one entry of the registry by its key. An unknown key matches
// ErrNotFound. It needs no credentials.
//
// Wiro docs: Agent Credentials & OAuth, POST /Credentials/Detail.
func (c *Client) CredentialType(ctx context.Context, key string) (CredentialType, error) {
	if err := given("key", key); err != nil {
		return CredentialType{}, err
	}
	return c.credentialType(ctx, credentialsDetail, struct {
		Key string `json:"key"`
	}{key})
}

// SkillCredential returns the credential that a skill needs. ErrNotFound is a skill that
// needs none, or that does not exist. It needs no credentials of its own.
//
// Wiro docs: Agent Skills, POST /Skills/CredentialSchema.
func (c *Client) SkillCredential(ctx context.Context, skill string) (CredentialType, error) {
	if err := given("skill", skill); err != nil {
		return CredentialType{}, err
	}
	return c.credentialType(ctx, skillCredential, struct {
		Name string `json:"name"`
	}{skill})
}

func (c *Client) credentialType(ctx context.Context, op operation, request any) (CredentialType, error) {
	answer, err := call[struct {
		Credential *CredentialType `json:"credential"`
	}](ctx, c, op, request)
	if err != nil {
		return CredentialType{}, err
	}
	if answer.Credential == nil {
		return CredentialType{}, missing(op, "credential")
	}
	return *answer.Credential, nil
}
