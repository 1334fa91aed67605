package wiro

import (
	"cmp"
	"context"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	skillsList         = wire.Endpoint("Skills/List", wire.Safe, wire.ShortTimeout)
	skillsDetail       = wire.Endpoint("Skills/Detail", wire.Safe, wire.ShortTimeout)
	skillsCapabilities = wire.Endpoint("Skills/Capabilities", wire.Safe, wire.ShortTimeout)
)

// SkillsService reads the registry of skills that agents can have (List, Get, Capabilities),
// switches skills of deployed agents on and off (Apply), and edits their custom skills:
// preferences and scheduled tasks (SetCustom and the others). Only Apply costs money. Changes
// restart an agent that starts or runs.
//
// Wiro docs: Agent Skills.
type SkillsService service

// Skill is an entry of the registry: something that an agent can do.
//
// Wiro docs: Agent Skills, POST /Skills/List.
type Skill struct {
	Name                     string       `json:"name"`     // with its prefix: int-, util- or cs-cron-
	Category                 string       `json:"category"` // int: works with another service; rule: needs none
	Version                  string       `json:"version"`
	Title                    string       `json:"title"`
	Description              string       `json:"description"`
	Icon                     string       `json:"icon"`
	BrandColor               string       `json:"brand_color"`
	BrandTextColor           string       `json:"brand_text_color"`
	BrandLogoFilter          string       `json:"brand_logo_filter"`
	DocsURL                  string       `json:"docs_url"` // a page of the documentation
	RequiresCredentials      bool         `json:"requires_credentials"`
	CredentialKey            string       `json:"credential_key"` // "" if it needs none
	AdditionalCredentialKeys []string     `json:"additional_credential_keys"`
	Capabilities             []string     `json:"capabilities"`
	DependsOn                []string     `json:"depends_on"`     // skills that Wiro enables with it
	ConflictsWith            []string     `json:"conflicts_with"` // skills that cannot be enabled beside it
	UserInvocable            bool         `json:"user_invocable"` // users can ask for it in a message
	Deprecated               bool         `json:"deprecated"`
	Replacement              string       `json:"replacement"` // of a deprecated skill
	Pricing                  SkillPricing `json:"pricing"`
}

// SkillPricing is what a skill adds to an agent's monthly price and credits, and what its
// actions cost. The documentation names the first two in two ways: PriceUSD and Credits return
// whichever Wiro sent.
//
// Wiro docs: Agent Skills; Agent Builder.
type SkillPricing struct {
	WeightUSD     *float64    `json:"monthly_price_weight_usd,omitempty"`
	WeightCredits *float64    `json:"monthly_credits_weight,omitempty"`
	BaseUSD       *float64    `json:"base_price_usd,omitempty"`
	BaseCredits   *float64    `json:"base_credits,omitempty"`
	Costs         CreditCosts `json:"credit_costs"`
}

// PriceUSD is what the skill adds to the monthly price of Starter; nil if Wiro does not state it.
func (p SkillPricing) PriceUSD() *float64 { return cmp.Or(p.WeightUSD, p.BaseUSD) }

// Credits is what the skill adds to the monthly credits of Starter; nil if Wiro does not state
// it.
func (p SkillPricing) Credits() *float64 { return cmp.Or(p.WeightCredits, p.BaseCredits) }

// SkillQuery filters the registry; the zero value matches all of it.
type SkillQuery struct {
	Category            string   `json:"category,omitempty"`   // int or rule
	Capability          string   `json:"capability,omitempty"` // the name of one of Capabilities
	UserInvocable       *bool    `json:"user_invocable,omitempty"`
	RequiresCredentials *bool    `json:"requires_credentials,omitempty"`
	WiroConnectPending  *bool    `json:"wiro_connect_pending,omitempty"`
	Names               []string `json:"name_in,omitempty"`
}

// SkillList is the part of the registry that a query matches.
type SkillList struct {
	Total  int64   `json:"total"`
	Skills []Skill `json:"skills"`
}

// Capability is a tag of skills.
type Capability struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// List returns the skills that agents can have. It needs no credentials.
//
// Wiro docs: Agent Skills, POST /Skills/List.
func (s *SkillsService) List(ctx context.Context, query SkillQuery) (SkillList, error) {
	return call[SkillList](ctx, s.client, skillsList, query)
}

// Get returns one entry of the registry by its full name. ErrNotFound means that the name is
// unknown. It needs no credentials.
//
// Wiro docs: Agent Skills, POST /Skills/Detail.
func (s *SkillsService) Get(ctx context.Context, name string) (Skill, error) {
	if err := require("name", name); err != nil {
		return Skill{}, err
	}
	answer, err := call[struct {
		Skill *Skill `json:"skill"`
	}](ctx, s.client, skillsDetail, struct {
		Name string `json:"name"`
	}{name})
	if err != nil {
		return Skill{}, err
	}
	if answer.Skill == nil {
		return Skill{}, notFound(skillsDetail, "skill")
	}
	return *answer.Skill, nil
}

// Capabilities returns the tags by which List filters. It needs no credentials.
//
// Wiro docs: Agent Skills, POST /Skills/Capabilities.
func (s *SkillsService) Capabilities(ctx context.Context) ([]Capability, error) {
	answer, err := call[struct {
		Capabilities []Capability `json:"capabilities"`
	}](ctx, s.client, skillsCapabilities, nil)
	return answer.Capabilities, err
}
