package wiro

import (
	"context"

	"github.com/google/uuid"
)

// A call with the same idempotency key is answered from the first one's result: repeating
// it charges nothing more.
var skillsApply = endpoint("UserAgent/SkillsApply", write, slow)

// SkillsChange asks for skills to be switched on or off, and for another tier if need be.
//
// Wiro docs: Agent Overview, POST /UserAgent/SkillsApply.
type SkillsChange struct {
	UserAgent string          `json:"useragentguid"`
	Skills    map[string]bool `json:"skills"`         // by full name; those not named stay as they are
	Tier      string          `json:"tier,omitempty"` // "starter" or "pro"; "" keeps the tier
	// IdempotencyKey stands for this change: a UUID as a rule. ApplySkills makes one where
	// it is empty.
	IdempotencyKey string `json:"idempotencyKey"`
}

// SkillsApplied is what a change of skills came to.
//
// Wiro docs: Agent Overview, POST /UserAgent/SkillsApply.
type SkillsApplied struct {
	IdempotencyKey   string        `json:"-"` // that the change was sent with, also where it failed
	Tier             Text          `json:"tier"`
	StripeProration  Bool          `json:"stripeProrationApplied"`
	WalletDelta      Float         `json:"prepaidWalletDelta"` // USD taken from the wallet; below 0 what it got back
	RestartTriggered Bool          `json:"restartTriggered"`
	RestartedAt      Time          `json:"restartedAt"`
	Pricing          SkillsPricing `json:"pricing"`
}

// SkillsPricing compares an agent's month before and after a change of skills.
type SkillsPricing struct {
	PreviousPriceUSD Float       `json:"previousPriceUsd"`
	NewPriceUSD      Float       `json:"newPriceUsd"`
	DeltaUSD         Float       `json:"deltaUsd"`
	PreviousCredits  Float       `json:"previousMonthlyCredits"`
	NewCredits       Float       `json:"newMonthlyCredits"`
	DeltaCredits     Float       `json:"deltaCredits"`
	EnabledSkills    List[Text]  `json:"enabledSkills"` // all that are on now, those they depend on included
	ActionCosts      CreditCosts `json:"peractioncosts"`
}

// Codes of SkillsApply's refusals.
//
// Wiro docs: Agent Overview, POST /UserAgent/SkillsApply (Common error codes).
const (
	CodeSkillsTemplateOnly       = 100 // the agent was deployed from a template
	CodeSkillsDependency         = 101 // a skill depends on one that would be off
	CodeSkillsConflict           = 102 // two skills exclude each other
	CodeSkillsInsufficientWallet = 103
	CodeSkillsInProgress         = 104 // another change is under way
	CodeSkillsTierDowngrade      = 105 // from Pro to Starter
	CodeSkillsSubscription       = 106 // there is no active subscription
	CodeSkillsRolledBack         = 108 // nothing was changed; repeat with a new key
)

// ApplySkills switches an agent's integration skills on and off, all or none, and restarts
// it once if it runs. It charges the wallet the difference in price for the rest of the
// period. Only agents that were built rather than deployed from a template take it. The
// answer carries the idempotency key even beside an error: with it the call can be repeated
// without being charged again.
//
// Wiro docs: Agent Overview, POST /UserAgent/SkillsApply.
func (c *Client) ApplySkills(ctx context.Context, change SkillsChange) (SkillsApplied, error) {
	if err := given("useragentguid", change.UserAgent); err != nil {
		return SkillsApplied{}, err
	}
	if len(change.Skills) == 0 && change.Tier == "" {
		return SkillsApplied{}, &InputError{Field: "skills", Reason: `must name at least one skill, such as {"int-gmail-check": true}`}
	}
	if change.Skills == nil {
		change.Skills = map[string]bool{}
	}
	if change.IdempotencyKey == "" {
		change.IdempotencyKey = uuid.NewString()
	}
	applied, err := call[SkillsApplied](ctx, c, skillsApply, change)
	applied.IdempotencyKey = change.IdempotencyKey
	return applied, err
}
