package wiro

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	agentList   = wire.Endpoint("Agent/List", wire.Safe, wire.ShortTimeout)
	agentDetail = wire.Endpoint("Agent/Detail", wire.Safe, wire.ShortTimeout)
)

// AgentsService reads the catalog of agent templates: what can be deployed, and what it costs.
// Its calls cost nothing and need no credentials. MyAgentsService manages deployed agents.
//
// Wiro docs: Agent Overview.
type AgentsService service

// Agent is a template of the catalog. A list carries the heading and the tiers only. In a
// UserAgent it is the template that was deployed or, if Custom, a placeholder of the same shape.
//
// Wiro docs: Agent Overview, POST /Agent/List and /Agent/Detail.
type Agent struct {
	GUID             string                     `json:"guid"`
	Custom           bool                       `json:"custom"`
	Title            string                     `json:"title"`
	Slug             string                     `json:"slug"`
	Headline         string                     `json:"headline"`
	Description      string                     `json:"description"`
	Cover            string                     `json:"cover"` // URL
	Icon             string                     `json:"icon"`  // URL
	Samples          []string                   `json:"samples"`
	Categories       []string                   `json:"categories"`
	TierMultiplier   float64                    `json:"tiermultiplier"` // price and credits of Pro compared with Starter
	Tiers            map[string]Tier            `json:"tiers"`          // by TierStarter and TierPro
	ActionCosts      CreditCosts                `json:"peractioncosts"`
	Skills           []EnabledSkill             `json:"skills"`
	SkillsMeta       map[string]SkillMeta       `json:"skillsmeta"`       // by name
	Credentials      map[string]AgentCredential `json:"credentials"`      // by the key of the service
	CustomSkills     []CustomSkill              `json:"customskills"`     // from GetFull
	ScheduledSkills  []CustomSkill              `json:"scheduledskills"`  // from GetFull
	ExtraCreditPacks []CreditPack               `json:"extracreditpacks"` // of a deployed agent
	Status           int64                      `json:"status"`           // 1 while it can be deployed
	CreatedAt        time.Time                  `json:"createdat,omitzero"`
	UpdatedAt        time.Time                  `json:"updatedat,omitzero"`
}

// The tiers of an agent. Pro costs more and brings more credits; only Pro can buy extra ones.
const (
	TierStarter = "starter"
	TierPro     = "pro"
)

// Tier is what a month of an agent costs and how many credits it brings. An amount is nil if
// Wiro does not state it.
//
// Wiro docs: Agent Overview (Pricing Summary).
type Tier struct {
	PriceUSD *float64 `json:"priceUsd" wire:"alias=price"`
	Credits  *float64 `json:"credits"`
}

// CreditPack is a pack of extra credits, which expire six months after the purchase. An amount
// is nil if Wiro does not state it.
//
// Wiro docs: Agent Overview (Extra Credit Packs).
type CreditPack struct {
	Key      string   `json:"packkey"` // small, medium or large
	Credits  *float64 `json:"credits"`
	PriceUSD *float64 `json:"priceusd"`
	Enabled  bool     `json:"enabled"`
}

// CreditCosts is how many credits an action of each kind takes; nil if Wiro does not state it.
type CreditCosts struct {
	Message    *float64 `json:"message"`
	Create     *float64 `json:"create"`
	Modify     *float64 `json:"modify"`
	Regenerate *float64 `json:"regenerate"`
}

// SkillMeta describes an integration skill of an agent.
type SkillMeta struct {
	Name                     string   `json:"name" wire:"key"`
	Title                    string   `json:"title"`
	Description              string   `json:"description"`
	Icon                     string   `json:"icon"`
	BrandColor               string   `json:"brand_color"`
	BrandTextColor           string   `json:"brand_text_color"`
	BrandLogoFilter          string   `json:"brand_logo_filter"`
	Category                 string   `json:"category"`
	DocsURL                  string   `json:"docs_url"`
	CredentialKey            string   `json:"credential_key"` // "" if it needs none
	AdditionalCredentialKeys []string `json:"additional_credential_keys"`
	RequiresCredentials      bool     `json:"requires_credentials"`
	UserInvocable            bool     `json:"user_invocable"`
	Deprecated               bool     `json:"deprecated"`
	Replacement              string   `json:"replacement"` // of a deprecated skill
}

// AgentQuery filters and pages the catalog.
//
// Wiro docs: Agent Overview, POST /Agent/List.
type AgentQuery struct {
	Search   string `json:"search,omitempty"` // words of title and description
	Category string `json:"category,omitempty"`
	Sort     string `json:"sort,omitempty"`  // id (the default), title, slug, status, createdat, updatedat, totalrun or activerun
	Order    string `json:"order,omitempty"` // ASC or DESC (the default)
	Start    int    `json:"start,omitempty"`
	Limit    int    `json:"limit,omitempty"` // 20 if 0, 1000 at most
}

// AgentPage is a page of the catalog.
type AgentPage struct {
	Total  int64   `json:"total"` // of all pages
	Agents []Agent `json:"agents"`
}

// List returns a page of the templates that match the query.
//
// Wiro docs: Agent Overview, POST /Agent/List.
func (s *AgentsService) List(ctx context.Context, query AgentQuery) (AgentPage, error) {
	return call[AgentPage](ctx, s.client, agentList, query)
}

// All iterates over the templates that match the query, from query.Start on, and fetches pages
// of query.Limit (100 if 0) as it goes. It ends with the first error.
//
// Wiro docs: Agent Overview, POST /Agent/List.
func (s *AgentsService) All(ctx context.Context, query AgentQuery) iter.Seq2[Agent, error] {
	return allPages(query.Start, query.Limit, func(a Agent) string { return a.GUID }, func(start, limit int) ([]Agent, int64, error) {
		query.Start, query.Limit = start, limit
		page, err := s.List(ctx, query)
		return page.Agents, page.Total, err
	})
}

// AgentRef names a template by its GUID or its slug. If both are given, the slug counts.
type AgentRef struct {
	GUID string `json:"guid,omitempty"`
	Slug string `json:"slug,omitempty"`
}

// Get returns a template with its skills, the credentials that it asks for and its prices.
// ErrNotFound means that there is no such template.
//
// Wiro docs: Agent Overview, POST /Agent/Detail.
func (s *AgentsService) Get(ctx context.Context, ref AgentRef) (Agent, error) {
	return s.get(ctx, ref, "")
}

// GetFull is Get with the template's preferences and scheduled tasks.
//
// Wiro docs: Agent Overview, POST /Agent/Detail with type "full".
func (s *AgentsService) GetFull(ctx context.Context, ref AgentRef) (Agent, error) {
	return s.get(ctx, ref, "full")
}

func (s *AgentsService) get(ctx context.Context, ref AgentRef, kind string) (Agent, error) {
	if strings.TrimSpace(ref.GUID) == "" && strings.TrimSpace(ref.Slug) == "" {
		return Agent{}, &InputError{Field: "guid", Reason: "or slug must be given"}
	}
	page, err := call[AgentPage](ctx, s.client, agentDetail, struct {
		AgentRef
		Type string `json:"type,omitempty"`
	}{ref, kind})
	if err != nil {
		return Agent{}, err
	}
	if len(page.Agents) == 0 {
		return Agent{}, notFound(agentDetail, "template")
	}
	return page.Agents[0], nil
}
