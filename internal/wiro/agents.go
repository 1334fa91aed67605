package wiro

import (
	"context"
	"strings"
)

var (
	agentList   = endpoint("Agent/List", read, quick)
	agentDetail = endpoint("Agent/Detail", read, quick)
)

// Agent is a template of the catalog: what can be deployed, and what it costs. Lists carry
// the heading and the tiers only. In a UserAgent it is the template that was deployed, or,
// where Custom, a stand-in of the same shape.
//
// Wiro docs: Agent Overview, POST /Agent/List and /Agent/Detail.
type Agent struct {
	GUID             Text                 `json:"guid"`
	Custom           Bool                 `json:"custom"`
	Title            Text                 `json:"title"`
	Slug             Text                 `json:"slug"`
	Headline         Text                 `json:"headline"`
	Description      Text                 `json:"description"`
	Cover            Text                 `json:"cover"` // URL, as the next two
	Icon             Text                 `json:"icon"`
	Samples          List[Text]           `json:"samples"`
	Categories       List[Text]           `json:"categories"`
	TierMultiplier   Float                `json:"tiermultiplier"` // Pro against Starter
	Tiers            Map[Tier]            `json:"tiers"`          // by "starter" and "pro"
	ActionCosts      CreditCosts          `json:"peractioncosts"`
	Skills           List[EnabledSkill]   `json:"skills"`
	SkillsMeta       SkillsMeta           `json:"skillsmeta"`
	Credentials      Map[AgentCredential] `json:"credentials"`
	CustomSkills     List[CustomSkill]    `json:"customskills"`    // asked for with full
	ScheduledSkills  List[CustomSkill]    `json:"scheduledskills"` // asked for with full
	ExtraCreditPacks List[CreditPack]     `json:"extracreditpacks"`
	Status           Int                  `json:"status"` // 1 while it can be deployed
	CreatedAt        Time                 `json:"createdat"`
	UpdatedAt        Time                 `json:"updatedat"`
}

// Tier is what a month of an agent costs and how many credits it brings.
//
// Wiro docs: Agent Overview (Pricing Summary).
type Tier struct {
	PriceUSD Float `json:"priceUsd"`
	Credits  Float `json:"credits"`
}

// UnmarshalJSON also takes the price under its other name, price.
func (t *Tier) UnmarshalJSON(data []byte) error {
	var tier struct {
		PriceUSD *Float `json:"priceUsd"`
		Price    Float  `json:"price"`
		Credits  Float  `json:"credits"`
	}
	_ = decode(data, &tier) // what is no tier has neither price nor credits
	*t = Tier{PriceUSD: tier.Price, Credits: tier.Credits}
	if tier.PriceUSD != nil {
		t.PriceUSD = *tier.PriceUSD
	}
	return nil
}

// CreditPack is a pack of extra credits. They last six months.
//
// Wiro docs: Agent Overview (Extra Credit Packs).
type CreditPack struct {
	Key      Text  `json:"packkey"` // small, medium or large
	Credits  Float `json:"credits"`
	PriceUSD Float `json:"priceusd"`
	Enabled  Bool  `json:"enabled"`
}

// SkillMeta describes an integration skill of an agent.
type SkillMeta struct {
	Name                     Text       `json:"name"`
	Title                    Text       `json:"title"`
	Description              Text       `json:"description"`
	Icon                     Text       `json:"icon"`
	BrandColor               Text       `json:"brand_color"`
	BrandTextColor           Text       `json:"brand_text_color"`
	BrandLogoFilter          Text       `json:"brand_logo_filter"`
	Category                 Text       `json:"category"`
	DocsURL                  Text       `json:"docs_url"`
	CredentialKey            Text       `json:"credential_key"`
	AdditionalCredentialKeys List[Text] `json:"additional_credential_keys"`
	RequiresCredentials      Bool       `json:"requires_credentials"`
	UserInvocable            Bool       `json:"user_invocable"`
	Deprecated               Bool       `json:"deprecated"`
	Replacement              Text       `json:"replacement"`
}

// SkillsMeta describes an agent's skills, by name. The catalog sends a list.
type SkillsMeta map[string]SkillMeta

// UnmarshalJSON takes an object by name or a list of objects with names.
func (m *SkillsMeta) UnmarshalJSON(data []byte) error {
	var byName Map[SkillMeta]
	if err := byName.UnmarshalJSON(data); err != nil {
		return err
	}
	if byName == nil {
		var list List[SkillMeta]
		if err := list.UnmarshalJSON(data); err != nil {
			return err
		}
		byName = make(Map[SkillMeta], len(list))
		for _, meta := range list {
			byName[string(meta.Name)] = meta
		}
	}
	*m = SkillsMeta(byName)
	return nil
}

// AgentQuery filters and pages the catalog. Sort is id, title, slug, status, createdat,
// updatedat, totalrun or activerun; Order is ASC or DESC. Limit is Wiro's own 20 where 0,
// 1000 at most.
//
// Wiro docs: Agent Overview, POST /Agent/List.
type AgentQuery struct {
	Search   string `json:"search,omitempty"`
	Category string `json:"category,omitempty"`
	Sort     string `json:"sort,omitempty"`
	Order    string `json:"order,omitempty"`
	Start    int    `json:"start,omitempty"`
	Limit    int    `json:"limit,omitempty"`
}

// AgentPage is a page of the catalog.
type AgentPage struct {
	Total  Int         `json:"total"` // of all pages
	Agents List[Agent] `json:"agents"`
}

// Agents lists the templates of the catalog that the query matches. It works without
// credentials.
//
// Wiro docs: Agent Overview, POST /Agent/List.
func (c *Client) Agents(ctx context.Context, q AgentQuery) (AgentPage, error) {
	return call[AgentPage](ctx, c, agentList, q)
}

// AgentRef names a template of the catalog by its guid or its slug; the slug has priority.
type AgentRef struct {
	GUID string `json:"guid,omitempty"`
	Slug string `json:"slug,omitempty"`
}

// Agent returns a template of the catalog; full adds its custom and scheduled skills. One
// that does not exist matches ErrNotFound. It works without credentials.
//
// Wiro docs: Agent Overview, POST /Agent/Detail.
func (c *Client) Agent(ctx context.Context, ref AgentRef, full bool) (Agent, error) {
	if strings.TrimSpace(ref.GUID) == "" && strings.TrimSpace(ref.Slug) == "" {
		return Agent{}, &InputError{Field: "guid", Reason: "or slug must be given"}
	}
	request := struct {
		AgentRef
		Type string `json:"type,omitempty"`
	}{AgentRef: ref}
	if full {
		request.Type = "full"
	}
	page, err := call[AgentPage](ctx, c, agentDetail, request)
	if err != nil {
		return Agent{}, err
	}
	if len(page.Agents) == 0 {
		return Agent{}, missing(agentDetail, "template")
	}
	return page.Agents[0], nil
}
