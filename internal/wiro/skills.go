package wiro

import "context"

var (
	skillsList         = endpoint("Skills/List", read, quick)
	skillsDetail       = endpoint("Skills/Detail", read, quick)
	skillsCapabilities = endpoint("Skills/Capabilities", read, quick)
)

// Skill is an entry of the skill registry: something that an agent can be able to do.
//
// Wiro docs: Agent Skills, POST /Skills/List.
type Skill struct {
	Name                     Text         `json:"name"`     // with its prefix: int-, util- or cs-cron-
	Category                 Text         `json:"category"` // "int": works with a third party; "rule": needs none
	Version                  Text         `json:"version"`
	Title                    Text         `json:"title"`
	Description              Text         `json:"description"`
	Icon                     Text         `json:"icon"`
	BrandColor               Text         `json:"brand_color"`
	BrandTextColor           Text         `json:"brand_text_color"`
	BrandLogoFilter          Text         `json:"brand_logo_filter"`
	DocsURL                  Text         `json:"docs_url"` // a page of the documentation
	RequiresCredentials      Bool         `json:"requires_credentials"`
	CredentialKey            Text         `json:"credential_key"` // "" where it needs none
	AdditionalCredentialKeys List[Text]   `json:"additional_credential_keys"`
	Capabilities             List[Text]   `json:"capabilities"`
	DependsOn                List[Text]   `json:"depends_on"`     // skills that come with it
	ConflictsWith            List[Text]   `json:"conflicts_with"` // skills that cannot be on at once with it
	UserInvocable            Bool         `json:"user_invocable"` // people can ask for it in a message
	Deprecated               Bool         `json:"deprecated"`
	Replacement              Text         `json:"replacement"` // of a deprecated skill
	Pricing                  SkillPricing `json:"pricing"`
}

// SkillPricing is what a skill adds to an agent's monthly price and credits, and what its
// actions cost. The documentation names the first two in two ways; PriceUSD and Credits
// return whichever came.
//
// Wiro docs: Agent Skills; Agent Builder.
type SkillPricing struct {
	WeightUSD     *Float      `json:"monthly_price_weight_usd,omitempty"`
	WeightCredits *Float      `json:"monthly_credits_weight,omitempty"`
	BaseUSD       *Float      `json:"base_price_usd,omitempty"`
	BaseCredits   *Float      `json:"base_credits,omitempty"`
	Costs         CreditCosts `json:"credit_costs"`
}

// PriceUSD is what the skill adds to the Starter price of a month, in USD.
func (p SkillPricing) PriceUSD() float64 { return firstOf(p.WeightUSD, p.BaseUSD) }

// Credits is what the skill adds to the Starter credits of a month.
func (p SkillPricing) Credits() float64 { return firstOf(p.WeightCredits, p.BaseCredits) }

func firstOf(values ...*Float) float64 {
	for _, value := range values {
		if value != nil {
			return float64(*value)
		}
	}
	return 0
}

// CreditCosts is how many credits an action of each kind takes.
type CreditCosts struct {
	Message    Float `json:"message"`
	Create     Float `json:"create"`
	Modify     Float `json:"modify"`
	Regenerate Float `json:"regenerate"`
}

// SkillQuery filters the skill registry; the zero value asks for all of it.
type SkillQuery struct {
	Category            string   `json:"category,omitempty"`
	Capability          string   `json:"capability,omitempty"` // one of SkillCapabilities
	UserInvocable       *bool    `json:"user_invocable,omitempty"`
	RequiresCredentials *bool    `json:"requires_credentials,omitempty"`
	WiroPending         *bool    `json:"wiro_connect_pending,omitempty"`
	Names               []string `json:"name_in,omitempty"`
}

// SkillPage is the part of the skill registry that a query asked for.
type SkillPage struct {
	Total  Int         `json:"total"`
	Skills List[Skill] `json:"skills"`
}

// Capability is a tag that skills carry.
type Capability struct {
	Name        Text `json:"name"`
	Description Text `json:"description"`
}

// Skills lists what agents can be able to do. It needs no credentials.
//
// Wiro docs: Agent Skills, POST /Skills/List.
func (c *Client) Skills(ctx context.Context, q SkillQuery) (SkillPage, error) {
	return call[SkillPage](ctx, c, skillsList, q)
}

// Skill returns one entry of the registry by its full name. An unknown name matches
// ErrNotFound. It needs no credentials.
//
// Wiro docs: Agent Skills, POST /Skills/Detail.
func (c *Client) Skill(ctx context.Context, name string) (Skill, error) {
	if err := given("name", name); err != nil {
		return Skill{}, err
	}
	answer, err := call[struct {
		Skill *Skill `json:"skill"`
	}](ctx, c, skillsDetail, struct {
		Name string `json:"name"`
	}{name})
	if err != nil {
		return Skill{}, err
	}
	if answer.Skill == nil {
		return Skill{}, missing(skillsDetail, "skill")
	}
	return *answer.Skill, nil
}

// SkillCapabilities lists the tags by which Skills can be filtered. It needs no credentials.
//
// Wiro docs: Agent Skills, POST /Skills/Capabilities.
func (c *Client) SkillCapabilities(ctx context.Context) ([]Capability, error) {
	answer, err := call[struct {
		Capabilities List[Capability] `json:"capabilities"`
	}](ctx, c, skillsCapabilities, nil)
	return answer.Capabilities, err
}
