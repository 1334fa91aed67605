package tools

import (
	"cmp"
	"context"
	"fmt"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var previewAgentPriceTool = define(mcptool.Meta{
	Name:        "preview_agent_price",
	Title:       "Preview an agent's price",
	Description: "What an agent would cost a month as Starter and as Pro: a deployed one with other skills (useragentguid, skill_overrides), or one to be built of skills. Charges nothing.",
	Toolset:     Billing,
	Examples:    []mcptool.Example{{Arguments: `{"skills": ["int-gmail-check"], "tier": "pro"}`}},
}, previewAgentPrice)

func previewAgentPrice(ctx context.Context, call *Call, in priceQuery) (PriceResult, error) {
	if in.GUID == "" && len(in.Skills) == 0 {
		return PriceResult{}, mcptool.Problemf("preview_agent_price needs useragentguid, a deployed agent, or skills to build one of.")
	}
	overrides, err := parseBools("skill_overrides", in.Overrides)
	if err != nil {
		return PriceResult{}, err
	}
	price, err := call.Wiro.Billing.Preview(ctx, wiro.PriceQuery{
		UserAgentGUID: in.GUID, Skills: in.Skills, SkillOverrides: overrides, Tier: in.Tier,
	})
	if err != nil {
		return PriceResult{}, err
	}
	return priceResult(price), nil
}

type priceQuery struct {
	GUID      string         `json:"useragentguid,omitempty" doc:"a deployed agent"`
	Skills    []string       `json:"skills,omitempty" doc:"names of skills, to price an agent that does not exist yet"`
	Overrides map[string]any `json:"skill_overrides,omitempty" doc:"skills of the deployed agent to switch, {\"int-wordpress-post\":false}"`
	Tier      string         `json:"tier,omitempty" enum:"starter,pro" doc:"tier to price; both are listed anyway"`
}

// paidAgent names a deployed agent to pay for.
type paidAgent struct {
	agentGUID
	Team string `json:"teamguid,omitempty" doc:"the team that owns and pays it"`
}

var subscribeAgentTool = defineConfirmed(mcptool.Meta{
	Name:        "subscribe_agent",
	Title:       "Subscribe an agent",
	Description: "Pay for an agent that has no subscription, out of the wallet, after confirmation. It is queued to start.",
	Toolset:     Billing,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "tier": "pro", "confirm": true}`}},
}, subscribeCharge, subscribeAgent)

func subscribeAgent(ctx context.Context, call *Call, in subscription) (BillingAction, error) {
	paid, err := submit(ctx, call, "UserAgent/CreateSubscriptionCheckout", nil, func(ctx context.Context) (wiro.Subscribed, error) {
		return call.Wiro.WithTeam(in.Team).Billing.Subscribe(ctx, in.GUID, in.Tier)
	})
	if err != nil {
		return BillingAction{}, err
	}
	charged := stated(paid.MonthlyPriceUSD)
	return call.billingAction("subscribe", in.GUID, charged, fmt.Sprintf(
		"Subscribed: %s charged, %s a month. The agent is queued to start.", mcptool.USD(charged), credits(paid.MonthlyCredits))), nil
}

type subscription struct {
	paidAgent
	Tier string `json:"tier,omitempty" enum:"starter,pro" doc:"its own by default"`
}

var cancelAgentSubscriptionTool = define(mcptool.Meta{
	Name:        "cancel_agent_subscription",
	Title:       "Cancel an agent's subscription",
	Description: "Let a subscription end with the period that is paid for. The agent works until then; nothing is refunded.",
	Toolset:     Agents,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321"}`}},
}, cancelAgentSubscription)

func cancelAgentSubscription(ctx context.Context, call *Call, in subscriptionRef) (BillingAction, error) {
	ends, err := call.Wiro.WithTeam(in.Team).Billing.Cancel(ctx, in.GUID)
	if err != nil {
		return BillingAction{}, err
	}
	text := "Canceled: it ends with the period that is paid for."
	if !ends.IsZero() {
		text = fmt.Sprintf("Canceled: it works until %s and is not charged again.", moment(ends))
	}
	action := call.billingAction("cancel", in.GUID, &nothing, text)
	action.NextAction = call.Next("renew_agent_subscription", "take it back before then, at no cost", agentRef(in.GUID))
	return action, nil
}

type subscriptionRef struct {
	agentGUID
	Team string `json:"teamguid,omitempty" doc:"the team that owns it"`
}

var renewAgentSubscriptionTool = defineConfirmed(mcptool.Meta{
	Name:        "renew_agent_subscription",
	Title:       "Renew an agent's subscription",
	Description: "Take back a cancellation, at no cost, or pay for 30 more days of a subscription that has expired, out of the wallet, after confirmation.",
	Toolset:     Billing,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "confirm": true}`}},
}, renewCharge, renewAgentSubscription)

func renewAgentSubscription(ctx context.Context, call *Call, in paidAgent) (BillingAction, error) {
	renewal, err := submit(ctx, call, "UserAgent/RenewSubscription", nil, func(ctx context.Context) (wiro.Renewal, error) {
		return call.Wiro.WithTeam(in.Team).Billing.Renew(ctx, in.GUID)
	})
	if err != nil {
		return BillingAction{}, err
	}
	if renewal.Action == wiro.RenewalUndoneCancel {
		return call.billingAction("renew", in.GUID, &nothing, "The cancellation is taken back. Nothing was charged."), nil
	}
	charged := stated(renewal.AmountUSD)
	return call.billingAction("renew", in.GUID, charged, fmt.Sprintf(
		"Renewed for 30 days: %s charged, %s a month.", mcptool.USD(charged), credits(renewal.MonthlyCredits))), nil
}

var upgradeAgentTierTool = defineConfirmed(mcptool.Meta{
	Name:        "upgrade_agent_tier",
	Title:       "Upgrade an agent to Pro",
	Description: "Take a deployed agent from Starter to Pro, after confirmation: charges the difference for the rest of the period and restarts it. There is no way back but to cancel.",
	Toolset:     Billing,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "confirm": true}`}},
}, upgradeCharge, upgradeAgentTier)

func upgradeAgentTier(ctx context.Context, call *Call, in paidAgent) (BillingAction, error) {
	upgrade, err := submit(ctx, call, "UserAgent/UpgradeTier", nil, func(ctx context.Context) (wiro.Upgraded, error) {
		return call.Wiro.WithTeam(in.Team).Billing.Upgrade(ctx, in.GUID)
	})
	if err != nil {
		return BillingAction{}, err
	}
	charged := stated(upgrade.ChargedUSD)
	return call.billingAction("upgrade", in.GUID, charged, fmt.Sprintf(
		"Upgraded from %s to %s: %s charged for the rest of the period; then %s a month with %s. It restarts.",
		cmp.Or(upgrade.PreviousTier, wiro.TierStarter), cmp.Or(upgrade.Tier, wiro.TierPro), mcptool.USD(charged),
		mcptool.USD(stated(upgrade.PriceUSD)), credits(upgrade.MonthlyCredits))), nil
}

var buyAgentCreditsTool = defineConfirmed(mcptool.Meta{
	Name:        "buy_agent_credits",
	Title:       "Buy credits for an agent",
	Description: "Buy a pack of extra credits for a Pro agent, out of the wallet, after confirmation. get_my_agent lists the packs. They expire after six months.",
	Toolset:     Billing,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "pack": "medium", "confirm": true}`}},
}, packCharge, buyAgentCredits)

func buyAgentCredits(ctx context.Context, call *Call, in creditPurchase) (BillingAction, error) {
	client := call.Wiro.WithTeam(in.Team)
	_, err := submit(ctx, call, "UserAgent/CreateExtraCreditCheckout", nil, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, client.Billing.BuyCredits(ctx, in.GUID, in.Pack)
	})
	if err != nil {
		return BillingAction{}, err
	}
	charged := call.packPaid(ctx, client, in)
	text := fmt.Sprintf("The %s pack is bought; its credits are there.", in.Pack)
	if charged != nil {
		text += fmt.Sprintf(" %s charged, its price before and after.", mcptool.USD(charged))
	} else {
		text += " Wiro does not say what was charged: the wallet's transactions are at " + billingPage + "."
	}
	return call.billingAction("buy", in.GUID, charged, text), nil
}

// packPaid is what a pack cost that was just bought. Wiro's answer does not say, so that it is
// the price that was agreed to if it still holds, and otherwise unknown.
func (c *Call) packPaid(ctx context.Context, client *wiro.Client, in creditPurchase) *float64 {
	agent, err := client.MyAgents.Get(ctx, in.GUID)
	if err != nil || c.Charge == nil {
		return nil
	}
	for _, p := range packs(agent.Agent.ExtraCreditPacks) {
		if p.Pack == in.Pack && p.PriceUSD != nil && *p.PriceUSD == c.Charge.USD {
			return p.PriceUSD
		}
	}
	return nil
}

type creditPurchase struct {
	paidAgent
	Pack string `json:"pack" enum:"small,medium,large" doc:"which pack"`
}

var listAgentTransactionsTool = define(mcptool.Meta{
	Name:           "list_agent_transactions",
	Title:          "List an agent's transactions",
	Description:    "Credit ledger of an agent: what it spends its credits on and what was added, newest first, with the balance.",
	Toolset:        Billing,
	TruncationHint: "Page with start and limit.",
	Examples:       []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "limit": 50}`}},
}, listAgentTransactions)

func listAgentTransactions(ctx context.Context, call *Call, in ledgerQuery) (TransactionPage, error) {
	ledger, err := call.Wiro.WithTeam(in.Team).Billing.Transactions(ctx, wiro.TransactionQuery{
		UserAgentGUID: in.GUID, Start: in.Start, Limit: in.Limit,
	})
	if err != nil {
		return TransactionPage{}, err
	}
	return call.transactionPage(ledger, in), nil
}

type ledgerQuery struct {
	agentGUID
	Start int    `json:"start,omitempty" min:"0" doc:"how many to skip"`
	Limit int    `json:"limit,omitempty" min:"1" max:"500" doc:"how many to list, 50 by default"`
	Team  string `json:"teamguid,omitempty" doc:"the team that owns it"`
}
