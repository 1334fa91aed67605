package tools

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

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
	GUID      string         `json:"useragentguid,omitempty" alias:"guid,agentguid,agent" doc:"a deployed agent"`
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
	paid, err := submitInTeam(ctx, call, "UserAgent/CreateSubscriptionCheckout", in.GUID, in.Team, nil, func(ctx context.Context, w *wiro.Client) (wiro.Subscribed, error) {
		return w.Billing.Subscribe(ctx, in.GUID, in.Tier)
	})
	if err != nil {
		return BillingAction{}, err
	}
	charged := stated(paid.MonthlyPriceUSD)
	return call.billingAction(in.GUID, charged, fmt.Sprintf(
		"Subscribed: %s charged, %s a month. The agent is queued to start.", mcptool.USD(charged), credits(paid.MonthlyCredits))), nil
}

type subscription struct {
	paidAgent
	Tier string `json:"tier,omitempty" enum:"starter,pro" doc:"its own by default"`
}

var cancelAgentSubscriptionTool = define(mcptool.Meta{
	Name:        "cancel_agent_subscription",
	Title:       "Cancel an agent's subscription",
	Description: "Let a subscription end with the paid period. The agent works until then; nothing is refunded.",
	Toolset:     Agents,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321"}`}},
}, cancelAgentSubscription)

func cancelAgentSubscription(ctx context.Context, call *Call, in subscriptionRef) (BillingAction, error) {
	ends, err := inTeam(ctx, call, in.GUID, in.Team, func(w *wiro.Client) (time.Time, error) { return w.Billing.Cancel(ctx, in.GUID) })
	if err != nil {
		return BillingAction{}, err
	}
	text := "Canceled: it ends with the period that is paid for."
	if !ends.IsZero() {
		text = fmt.Sprintf("Canceled: it works until %s and is not charged again.", moment(ends))
	}
	action := call.billingAction(in.GUID, &nothing, text)
	action.NextAction = call.Next("renew_agent_subscription", "take it back before then, at no cost", agentRef(in.GUID))
	return action, nil
}

type subscriptionRef struct {
	agentGUID
	teamOf
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
	renewal, err := submitInTeam(ctx, call, "UserAgent/RenewSubscription", in.GUID, in.Team, nil, func(ctx context.Context, w *wiro.Client) (wiro.Renewal, error) {
		return w.Billing.Renew(ctx, in.GUID)
	})
	if err != nil {
		return BillingAction{}, err
	}
	if renewal.Action == wiro.RenewalUndoneCancel {
		return call.billingAction(in.GUID, &nothing, "The cancellation is taken back. Nothing was charged."), nil
	}
	charged := stated(renewal.AmountUSD)
	return call.billingAction(in.GUID, charged, fmt.Sprintf(
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
	upgrade, err := submitInTeam(ctx, call, "UserAgent/UpgradeTier", in.GUID, in.Team, nil, func(ctx context.Context, w *wiro.Client) (wiro.Upgraded, error) {
		return w.Billing.Upgrade(ctx, in.GUID)
	})
	if err != nil {
		return BillingAction{}, err
	}
	charged := stated(upgrade.ChargedUSD)
	return call.billingAction(in.GUID, charged, fmt.Sprintf(
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
	before := call.purchases(ctx, in)
	_, err := submitInTeam(ctx, call, "UserAgent/CreateExtraCreditCheckout", in.GUID, in.Team, nil, func(ctx context.Context, w *wiro.Client) (struct{}, error) {
		return struct{}{}, w.Billing.BuyCredits(ctx, in.GUID, in.Pack)
	})
	if err != nil {
		return BillingAction{}, err
	}
	charged, left, how := call.packPaid(ctx, in, before)
	text := fmt.Sprintf("The %s pack is bought; its credits are there.", in.Pack)
	if charged != nil {
		text += fmt.Sprintf(" %s charged, %s.", mcptool.USD(charged), how)
	} else {
		text += " Wiro does not say what was charged: the wallet's transactions are at " + billingPage + "."
	}
	if left != nil {
		text += fmt.Sprintf(" The agent has %s now.", credits(left))
	}
	action := call.billingAction(in.GUID, charged, text)
	action.CreditsLeft = left
	return action, nil
}

// purchases are the guids of the agent's newest purchases in its ledger; nil if it cannot be read.
func (c *Call) purchases(ctx context.Context, in creditPurchase) map[string]bool {
	ledger, err := c.inTeam(in.Team).Billing.Transactions(ctx, wiro.TransactionQuery{UserAgentGUID: in.GUID, Limit: ledgerLook})
	if err != nil {
		return nil
	}
	known := map[string]bool{}
	for _, t := range ledger.Transactions {
		known[t.GUID] = true
	}
	return known
}

const ledgerLook = 20 // newest transactions

// packPaid is what a pack cost that was just bought, the credits that the agent has then, and how
// the price is known. Wiro's answer does not say: the agent's ledger does, or else it is the price
// that was agreed to if it still holds.
func (c *Call) packPaid(ctx context.Context, in creditPurchase, before map[string]bool) (usd, left *float64, how string) {
	client := c.inTeam(in.Team)
	ledger, err := client.Billing.Transactions(ctx, wiro.TransactionQuery{UserAgentGUID: in.GUID, Limit: ledgerLook})
	if err == nil && before != nil {
		left = ledger.Summary.Remaining
		for _, t := range ledger.Transactions {
			if price := priceIn(t.Metadata); !before[t.GUID] && t.Type == "purchase" && t.Action == in.Pack && price != nil {
				return price, left, "as its ledger says"
			}
		}
	}
	agent, err := client.MyAgents.Get(ctx, in.GUID)
	if err != nil {
		return nil, left, ""
	}
	left = agent.Remaining()
	for _, p := range packs(agent.Agent.ExtraCreditPacks) {
		if c.Charge != nil && p.Pack == in.Pack && p.PriceUSD != nil && *p.PriceUSD == c.Charge.USD {
			return p.PriceUSD, left, "its price before and after"
		}
	}
	return nil, left, ""
}

// priceIn is the price that a transaction of the ledger states; nil if it states none.
func priceIn(metadata map[string]any) *float64 {
	text, plain := plainText(metadata["priceUsd"])
	usd, err := strconv.ParseFloat(text, 64)
	if !plain || err != nil {
		return nil
	}
	return stated(&usd)
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
	ledger, err := inTeam(ctx, call, in.GUID, in.Team, func(w *wiro.Client) (wiro.Ledger, error) {
		return w.Billing.Transactions(ctx, wiro.TransactionQuery{UserAgentGUID: in.GUID, Start: in.Start, Limit: in.Limit})
	})
	if err != nil {
		return TransactionPage{}, err
	}
	return call.transactionPage(ledger, in), nil
}

type ledgerQuery struct {
	agentGUID
	Start int `json:"start,omitempty" min:"0" doc:"how many to skip"`
	Limit int `json:"limit,omitempty" min:"1" max:"500" doc:"how many to list, 50 by default"`
	teamOf
}
