package wiro

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// A call with the same idempotency key returns the first one's result and charges nothing.
var userAgentSkillsApply = wire.Endpoint("UserAgent/SkillsApply", wire.Idempotent, wire.LongTimeout)

// SkillsChange asks for skills to be switched on or off, and for another tier if need be.
//
// Wiro docs: Agent Overview, POST /UserAgent/SkillsApply.
type SkillsChange struct {
	UserAgentGUID string          `json:"useragentguid"`
	Skills        map[string]bool `json:"skills"`         // by full name; others stay as they are
	Tier          string          `json:"tier,omitempty"` // TierStarter or TierPro; "" keeps the tier
	// IdempotencyKey stands for this change. Apply makes a UUID if it is empty.
	IdempotencyKey string `json:"idempotencyKey"`
}

// SkillsApplied is the result of a change of skills. An amount is nil if Wiro does not state it.
//
// Wiro docs: Agent Overview, POST /UserAgent/SkillsApply.
type SkillsApplied struct {
	IdempotencyKey   string        `json:"-"` // that the change was sent with, set beside an error too
	Tier             string        `json:"tier"`
	StripeProration  bool          `json:"stripeProrationApplied"`
	WalletDelta      *float64      `json:"prepaidWalletDelta"` // USD that the wallet was charged; below 0 what it got back
	RestartTriggered bool          `json:"restartTriggered"`
	RestartedAt      time.Time     `json:"restartedAt,omitzero"`
	Pricing          SkillsPricing `json:"pricing"`
}

// SkillsPricing compares an agent's month before and after a change of skills. An amount is nil
// if Wiro does not state it.
type SkillsPricing struct {
	PreviousPriceUSD *float64    `json:"previousPriceUsd"`
	NewPriceUSD      *float64    `json:"newPriceUsd"`
	DeltaUSD         *float64    `json:"deltaUsd"`
	PreviousCredits  *float64    `json:"previousMonthlyCredits"`
	NewCredits       *float64    `json:"newMonthlyCredits"`
	DeltaCredits     *float64    `json:"deltaCredits"`
	EnabledSkills    []string    `json:"enabledSkills"` // all that are on now, including those that others depend on
	ActionCosts      CreditCosts `json:"peractioncosts"`
}

// Apply switches an agent's integration skills on and off, all or none, and restarts the agent
// once if it runs. It charges the wallet the difference in price for the rest of the period, or
// returns it: Billing.Preview states the new price before. Only agents that were built, rather
// than deployed from a template, allow it.
//
// Wiro refuses with one of the reasons ReasonSkills…: APIError.Extra has deps for
// ReasonSkillsDependency and conflicts for ReasonSkillsConflict.
//
// The result carries the idempotency key even beside an error: with it Apply can be repeated
// without a second charge.
//
// Wiro docs: Agent Overview, POST /UserAgent/SkillsApply.
func (s *SkillsService) Apply(ctx context.Context, change SkillsChange) (SkillsApplied, error) {
	if err := require("useragentguid", change.UserAgentGUID); err != nil {
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
	applied, err := call[SkillsApplied](ctx, s.client, userAgentSkillsApply, change)
	if err == nil && applied.Tier == "" && applied.WalletDelta == nil && applied.Pricing.NewPriceUSD == nil {
		err = s.client.invalidResponse(userAgentSkillsApply, "does not say what was changed or charged", nil)
	}
	applied.IdempotencyKey = change.IdempotencyKey
	return applied, err
}
