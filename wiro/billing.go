package wiro

import (
	"context"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	userAgentPricing    = wire.Endpoint("UserAgent/PricingPreview", wire.Safe, wire.ShortTimeout)
	userAgentSubscribe  = wire.Endpoint("UserAgent/CreateSubscriptionCheckout", wire.NonIdempotent, wire.LongTimeout).Receipts("subscriptionId")
	userAgentCancelSub  = wire.Endpoint("UserAgent/CancelSubscription", wire.Idempotent, wire.ShortTimeout)
	userAgentRenew      = wire.Endpoint("UserAgent/RenewSubscription", wire.NonIdempotent, wire.LongTimeout).Receipts("action", "amount")
	userAgentUpgrade    = wire.Endpoint("UserAgent/UpgradeTier", wire.NonIdempotent, wire.LongTimeout).Receipts("previousTier", "proratedCharge")
	userAgentBuyCredits = wire.Endpoint("UserAgent/CreateExtraCreditCheckout", wire.NonIdempotent, wire.LongTimeout)
)

// BillingService pays for deployed agents: subscriptions, tiers and credits. Subscribe, Renew,
// Upgrade and BuyCredits charge the wallet, that of the team for an agent of a team. They are
// sent once; ErrUnknownOutcome means that the wallet may have been charged: look at
// UserAgent.Subscription and Transactions before repeating one. ErrInsufficientBalance means
// that the wallet does not hold the price and nothing was charged.
//
// For an agent of a team, call it on a client from WithTeam: Wiro refuses otherwise.
//
// Wiro docs: Agent Overview; Agent Transactions.
type BillingService service

// PriceQuery asks what an agent would cost: a deployed one, named by UserAgentGUID, with
// SkillOverrides on top of what it has; or, if that is empty, one made of Skills.
//
// Wiro docs: Agent Overview, POST /UserAgent/PricingPreview.
type PriceQuery struct {
	UserAgentGUID  string
	SkillOverrides map[string]bool
	Skills         []string
	Tier           string // TierStarter or TierPro; the result carries both
}

// AgentPrice is what an agent costs a month, and why. An amount is nil if Wiro does not state
// it.
//
// Wiro docs: Agent Overview, POST /UserAgent/PricingPreview.
type AgentPrice struct {
	Tier           string          `json:"tier"`
	TierMultiplier float64         `json:"tiermultiplier"`
	PriceUSD       *float64        `json:"totalPriceUsd"`
	Credits        *float64        `json:"totalMonthlyCredits"`
	ActionCosts    CreditCosts     `json:"peractioncosts"`
	Breakdown      []SkillPrice    `json:"skillBreakdown"`
	EnabledSkills  []string        `json:"enabledSkills"` // including those that others depend on
	DirectSkills   []string        `json:"directSkills"`  // those that were asked for
	Base           Tier            `json:"agentBase"`     // what every agent costs
	Tiers          map[string]Tier `json:"tiers"`         // by TierStarter and TierPro
}

// SkillPrice is a skill's part in an agent's price. An amount is nil if Wiro does not state it.
type SkillPrice struct {
	Skill       string              `json:"skill"`
	PriceUSD    *float64            `json:"priceUsd"`
	Credits     *float64            `json:"credits"`
	ActionCosts map[string]*float64 `json:"actionCostOverrides"` // credits by kind of action
}

// Preview returns what an agent would cost. It changes and charges nothing.
//
// Wiro docs: Agent Overview, POST /UserAgent/PricingPreview; Agent Builder.
func (s *BillingService) Preview(ctx context.Context, query PriceQuery) (AgentPrice, error) {
	return call[AgentPrice](ctx, s.client, userAgentPricing, struct {
		Draft     bool            `json:"draft,omitempty"`
		GUID      string          `json:"useragentguid,omitempty"`
		Skills    []string        `json:"skills,omitempty"`
		Overrides map[string]bool `json:"skillOverrides,omitempty"`
		Tier      string          `json:"tier,omitempty"`
	}{query.UserAgentGUID == "", query.UserAgentGUID, query.Skills, query.SkillOverrides, query.Tier})
}

// Subscribed is a subscription that was just paid for. An amount is nil if Wiro does not state
// it.
type Subscribed struct {
	ID              string   `json:"subscriptionId"`
	MonthlyPriceUSD *float64 `json:"monthlypriceusd"` // what was charged
	MonthlyCredits  *float64 `json:"monthlycredits"`
}

// Subscribe pays for 30 days of an agent that has no active subscription and queues it to
// start. Tier "" keeps the agent's own.
//
// Wiro docs: Agent Overview, POST /UserAgent/CreateSubscriptionCheckout.
func (s *BillingService) Subscribe(ctx context.Context, userAgentGUID, tier string) (Subscribed, error) {
	if err := require("useragentguid", userAgentGUID); err != nil {
		return Subscribed{}, err
	}
	paid, err := call[Subscribed](ctx, s.client, userAgentSubscribe, struct {
		byUserAgent
		Prepaid bool   `json:"useprepaid"`
		Tier    string `json:"tier,omitempty"`
	}{byUserAgent{userAgentGUID}, true, tier})
	if err == nil && paid.ID == "" && paid.MonthlyPriceUSD == nil {
		err = s.client.invalidResponse(userAgentSubscribe, "names no subscription", nil)
	}
	return paid, err
}

// Cancel ends a subscription with the period that is paid for, and returns when that is. The
// agent works until then; nothing is refunded. Renew takes the cancellation back. Wiro refuses
// if the subscription is paid by card: those are managed in the dashboard.
//
// Wiro docs: Agent Overview, POST /UserAgent/CancelSubscription.
func (s *BillingService) Cancel(ctx context.Context, userAgentGUID string) (time.Time, error) {
	if err := require("guid", userAgentGUID); err != nil {
		return time.Time{}, err
	}
	answer, err := call[struct {
		CancelsAt time.Time `json:"cancelsAt"`
	}](ctx, s.client, userAgentCancelSub, byGUID{userAgentGUID})
	return answer.CancelsAt, err
}

// What Renew did.
const (
	RenewalUndoneCancel = "undo-cancel" // it took a cancellation back, at no charge
	RenewalRenewed      = "renewed"     // it paid for a new period
)

// Renewal is what Renew did. An amount is nil if Wiro does not state it, as for
// RenewalUndoneCancel.
type Renewal struct {
	Action         string   `json:"action"` // RenewalUndoneCancel or RenewalRenewed
	Plan           string   `json:"plan"`
	AmountUSD      *float64 `json:"amount"` // what was charged
	MonthlyCredits *float64 `json:"monthlycredits"`
}

// Renew takes back the cancellation of an active subscription, at no charge, or pays for
// another 30 days of an expired one, at the price that the agent had. Wiro decides which by the
// state of the subscription.
//
// Wiro docs: Agent Overview, POST /UserAgent/RenewSubscription.
func (s *BillingService) Renew(ctx context.Context, userAgentGUID string) (Renewal, error) {
	if err := require("guid", userAgentGUID); err != nil {
		return Renewal{}, err
	}
	renewal, err := call[Renewal](ctx, s.client, userAgentRenew, byGUID{userAgentGUID})
	if err == nil && renewal.Action != RenewalUndoneCancel && renewal.Action != RenewalRenewed {
		err = s.client.invalidResponse(userAgentRenew, "does not say what was done", nil)
	}
	return renewal, err
}

// Upgraded is what Upgrade did. An amount is nil if Wiro does not state it.
type Upgraded struct {
	Tier            string   `json:"tier"`
	PreviousTier    string   `json:"previousTier"`
	PriceUSD        *float64 `json:"newPriceUsd"` // a month, from now on
	MonthlyCredits  *float64 `json:"newMonthlyCredits"`
	ChargedUSD      *float64 `json:"proratedCharge"` // for the rest of the period
	StripeProration bool     `json:"stripeProrationApplied"`
}

// Upgrade takes an agent from Starter to Pro, charges the difference for the rest of the period
// and restarts the agent. The only way back is to cancel and to subscribe again.
//
// Wiro docs: Agent Overview, POST /UserAgent/UpgradeTier.
func (s *BillingService) Upgrade(ctx context.Context, userAgentGUID string) (Upgraded, error) {
	if err := require("guid", userAgentGUID); err != nil {
		return Upgraded{}, err
	}
	upgraded, err := call[Upgraded](ctx, s.client, userAgentUpgrade, struct {
		byGUID
		Tier string `json:"targetTier"`
	}{byGUID{userAgentGUID}, TierPro})
	if err == nil && upgraded.Tier == "" && upgraded.ChargedUSD == nil {
		err = s.client.invalidResponse(userAgentUpgrade, "names no tier and no charge", nil)
	}
	return upgraded, err
}

// BuyCredits buys a pack of extra credits (small, medium or large) for a Pro agent. The credits
// are there at once and expire after six months. Agent.ExtraCreditPacks of a deployed agent has
// the prices.
//
// Wiro docs: Agent Overview, POST /UserAgent/CreateExtraCreditCheckout.
func (s *BillingService) BuyCredits(ctx context.Context, userAgentGUID, pack string) error {
	if err := requireAll("useragentguid", userAgentGUID, "pack", pack); err != nil {
		return err
	}
	return do(ctx, s.client, userAgentBuyCredits, struct {
		byUserAgent
		Pack    string `json:"pack"`
		Prepaid bool   `json:"useprepaid"`
	}{byUserAgent{userAgentGUID}, pack, true})
}
