package wiro

import "context"

var (
	userAgentPricing      = endpoint("UserAgent/PricingPreview", read, quick)
	userAgentSubscribe    = endpoint("UserAgent/CreateSubscriptionCheckout", submit, slow)
	userAgentCancelSub    = endpoint("UserAgent/CancelSubscription", write, quick)
	userAgentRenew        = endpoint("UserAgent/RenewSubscription", submit, slow)
	userAgentUpgrade      = endpoint("UserAgent/UpgradeTier", submit, slow)
	userAgentBuyCredits   = endpoint("UserAgent/CreateExtraCreditCheckout", submit, slow)
	userAgentTransactions = endpoint("UserAgent/TransactionList", read, quick)
)

// PriceQuery asks what an agent would cost: one that is deployed, by UserAgentGUID, with
// SkillOverrides on top of what it has; or, where that is empty, one made of Skills.
//
// Wiro docs: Agent Overview, POST /UserAgent/PricingPreview.
type PriceQuery struct {
	UserAgentGUID  string
	SkillOverrides map[string]bool
	Skills         []string
	Tier           string // starter or pro; the answer carries both
}

// AgentPrice is what an agent costs a month and how it comes about.
//
// Wiro docs: Agent Overview, POST /UserAgent/PricingPreview.
type AgentPrice struct {
	Tier           Text             `json:"tier"`
	TierMultiplier Float            `json:"tiermultiplier"`
	PriceUSD       Float            `json:"totalPriceUsd"`
	Credits        Float            `json:"totalMonthlyCredits"`
	ActionCosts    CreditCosts      `json:"peractioncosts"`
	Breakdown      List[SkillPrice] `json:"skillBreakdown"`
	EnabledSkills  List[Text]       `json:"enabledSkills"` // with those that others depend on
	DirectSkills   List[Text]       `json:"directSkills"`  // those that were asked for
	Base           Tier             `json:"agentBase"`     // of any agent, whatever its skills
	Tiers          Map[Tier]        `json:"tiers"`
}

// SkillPrice is a skill's part in an agent's price.
type SkillPrice struct {
	Skill       Text       `json:"skill"`
	PriceUSD    Float      `json:"priceUsd"`
	Credits     Float      `json:"credits"`
	ActionCosts Map[Float] `json:"actionCostOverrides"`
}

// PreviewPrice returns what an agent would cost. It changes and charges nothing.
//
// Wiro docs: Agent Overview, POST /UserAgent/PricingPreview; Agent Builder.
func (c *Client) PreviewPrice(ctx context.Context, q PriceQuery) (AgentPrice, error) {
	return call[AgentPrice](ctx, c, userAgentPricing, struct {
		Draft     bool            `json:"draft,omitempty"`
		GUID      string          `json:"useragentguid,omitempty"`
		Skills    []string        `json:"skills,omitempty"`
		Overrides map[string]bool `json:"skillOverrides,omitempty"`
		Tier      string          `json:"tier,omitempty"`
	}{q.UserAgentGUID == "", q.UserAgentGUID, q.Skills, q.SkillOverrides, q.Tier})
}

// Subscribed is a subscription that was just paid for.
type Subscribed struct {
	ID              Text  `json:"subscriptionId"`
	MonthlyPriceUSD Float `json:"monthlypriceusd"`
	MonthlyCredits  Float `json:"monthlycredits"`
}

// Subscribe pays for an agent that has no active subscription, out of the wallet, and
// queues it. Tier "" keeps the agent's own.
//
// Wiro docs: Agent Overview, POST /UserAgent/CreateSubscriptionCheckout.
func (c *Client) Subscribe(ctx context.Context, guid, tier string) (Subscribed, error) {
	if err := given("useragentguid", guid); err != nil {
		return Subscribed{}, err
	}
	return call[Subscribed](ctx, c, userAgentSubscribe, struct {
		byUserAgent
		Prepaid bool   `json:"useprepaid"`
		Tier    string `json:"tier,omitempty"`
	}{byUserAgent{guid}, true, tier})
}

// CancelSubscription lets a subscription end with the period that is paid for, and returns
// when that is. The agent works until then; nothing is refunded. RenewSubscription takes the
// cancellation back.
//
// Wiro docs: Agent Overview, POST /UserAgent/CancelSubscription.
func (c *Client) CancelSubscription(ctx context.Context, guid string) (Time, error) {
	if err := given("guid", guid); err != nil {
		return Time{}, err
	}
	answer, err := call[struct {
		CancelsAt Time `json:"cancelsAt"`
	}](ctx, c, userAgentCancelSub, byGUID{guid})
	return answer.CancelsAt, err
}

// What RenewSubscription did.
const (
	RenewalUndoneCancel = "undo-cancel" // a cancellation was taken back: no charge
	RenewalRenewed      = "renewed"     // a new period was paid for
)

// Renewal is what RenewSubscription did.
type Renewal struct {
	Action         Text  `json:"action"` // RenewalUndoneCancel or RenewalRenewed
	Plan           Text  `json:"plan"`
	AmountUSD      Float `json:"amount"` // charged
	MonthlyCredits Float `json:"monthlycredits"`
}

// RenewSubscription takes back the cancellation of an active subscription, at no cost, or
// pays for another 30 days of an expired one, at the price that the agent had. Wiro decides
// which by the subscription's state.
//
// Wiro docs: Agent Overview, POST /UserAgent/RenewSubscription.
func (c *Client) RenewSubscription(ctx context.Context, guid string) (Renewal, error) {
	if err := given("guid", guid); err != nil {
		return Renewal{}, err
	}
	return call[Renewal](ctx, c, userAgentRenew, byGUID{guid})
}

// Upgrade is what UpgradeTier did.
type Upgrade struct {
	Tier            Text  `json:"tier"`
	PreviousTier    Text  `json:"previousTier"`
	PriceUSD        Float `json:"newPriceUsd"` // a month, from now on
	MonthlyCredits  Float `json:"newMonthlyCredits"`
	ChargedUSD      Float `json:"proratedCharge"` // for what is left of the period
	StripeProration Bool  `json:"stripeProrationApplied"`
}

// UpgradeTier takes an agent from Starter to Pro, charges the difference for the rest of the
// period, and restarts it. There is no way back but to cancel and subscribe again.
//
// Wiro docs: Agent Overview, POST /UserAgent/UpgradeTier.
func (c *Client) UpgradeTier(ctx context.Context, guid string) (Upgrade, error) {
	if err := given("guid", guid); err != nil {
		return Upgrade{}, err
	}
	return call[Upgrade](ctx, c, userAgentUpgrade, struct {
		byGUID
		Tier string `json:"targetTier"`
	}{byGUID{guid}, "pro"})
}

// BuyCredits buys a pack of extra credits (small, medium or large) for a Pro agent, out of
// the wallet. They expire after six months.
//
// Wiro docs: Agent Overview, POST /UserAgent/CreateExtraCreditCheckout.
func (c *Client) BuyCredits(ctx context.Context, guid, pack string) error {
	if err := allGiven("useragentguid", guid, "pack", pack); err != nil {
		return err
	}
	return act(ctx, c, userAgentBuyCredits, struct {
		byUserAgent
		Pack    string `json:"pack"`
		Prepaid bool   `json:"useprepaid"`
	}{byUserAgent{guid}, pack, true})
}

// Ledger is a page of an agent's credit transactions, newest first, with its balance.
//
// Wiro docs: Agent Transactions, POST /UserAgent/TransactionList.
type Ledger struct {
	Total        Int               `json:"total"` // of all pages
	Summary      CreditBalance     `json:"summary"`
	Transactions List[Transaction] `json:"transactions"`
}

// CreditBalance is how an agent's credits stand.
type CreditBalance struct {
	Monthly   Float `json:"monthlycredits"`
	Extra     Float `json:"extracredits"`
	Used      Float `json:"usedcredits"`
	Remaining Float `json:"remainingcredits"`
	Period    Text  `json:"creditperiod"` // YYYY-MM
	SyncedAt  Time  `json:"creditsyncat"`
}

// Transaction is a change of an agent's credits.
//
// Wiro docs: Agent Transactions (Transaction fields).
type Transaction struct {
	GUID         Text    `json:"guid"`
	Type         Text    `json:"type"`         // deduct, renewal, purchase, grant, expired, refund or cancel
	Action       Text    `json:"action"`       // such as message, monthly, small, skill-toggle
	Amount       Float   `json:"amount"`       // credits, negative where they went
	BalanceAfter *Float  `json:"balanceafter"` // nil where it was not recorded
	Description  Text    `json:"description"`
	SessionKey   Text    `json:"sessionkey"`
	MessageGUID  Text    `json:"messageguid"`
	Provider     Text    `json:"provider"` // agent, prepaid or stripe
	ProviderRef  Text    `json:"providerref"`
	Metadata     Object  `json:"metadata"`
	UUID         Text    `json:"uuid"` // who caused it; system for Wiro itself
	User         *Person `json:"user"`
	CreatedAt    Time    `json:"createdat"`
}

// TransactionQuery pages a ledger. Limit is Wiro's own 50 where 0, 500 at most.
type TransactionQuery struct {
	UserAgentGUID string `json:"useragentguid"`
	Start         int    `json:"start,omitempty"`
	Limit         int    `json:"limit,omitempty"`
}

// Transactions returns the changes of an agent's credits, newest first.
//
// Wiro docs: Agent Transactions, POST /UserAgent/TransactionList.
func (c *Client) Transactions(ctx context.Context, q TransactionQuery) (Ledger, error) {
	if err := given("useragentguid", q.UserAgentGUID); err != nil {
		return Ledger{}, err
	}
	return call[Ledger](ctx, c, userAgentTransactions, q)
}
