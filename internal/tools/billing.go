package tools

import (
	"context"
	"fmt"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var previewAgentPrice = define(Meta{
	Name:    "preview_agent_price",
	Title:   "Preview an agent's price",
	About:   "What an agent would cost a month as Starter and as Pro: a deployed one with other skills (useragentguid, skill_overrides), or one to be built of skills. Charges nothing.",
	Toolset: Billing,
}, func(ctx context.Context, call Call, in priceQuery) (PriceResult, error) {
	if in.GUID == "" && len(in.Skills) == 0 {
		return PriceResult{}, problem("preview_agent_price needs useragentguid, a deployed agent, or skills to build one of.")
	}
	overrides, err := switches("skill_overrides", in.Overrides)
	if err != nil {
		return PriceResult{}, err
	}
	price, err := call.Wiro.PreviewPrice(ctx, wiro.PriceQuery{
		UserAgentGUID: in.GUID, Skills: in.Skills, SkillOverrides: overrides, Tier: in.Tier,
	})
	if err != nil {
		return PriceResult{}, err
	}
	return priceResult(price), nil
})

type priceQuery struct {
	GUID      string         `json:"useragentguid,omitempty" doc:"a deployed agent"`
	Skills    []string       `json:"skills,omitempty" doc:"names of skills, to price an agent that does not exist yet"`
	Overrides map[string]any `json:"skill_overrides,omitempty" doc:"skills of the deployed agent to switch, {\"int-wordpress-post\":false}"`
	Tier      string         `json:"tier,omitempty" enum:"starter,pro" doc:"tier to price; both are listed anyway"`
}

// paidAgent names a deployed agent to pay for.
type paidAgent struct {
	agentGUID
	Team    string `json:"teamguid,omitempty" doc:"the team that owns and pays it"`
	Confirm bool   `json:"confirm,omitempty" doc:"true once the user has agreed to the price"`
}

var subscribeAgent = define(Meta{
	Name:    "subscribe_agent",
	Title:   "Subscribe an agent",
	About:   "Pay for a deployed agent that has no subscription, out of the wallet, after a yes. It is queued to start.",
	Toolset: Billing,
	Effect:  Writes,
	Spends:  true,
}, func(ctx context.Context, call Call, in subscription) (BillingAction, error) {
	client := call.Wiro.InTeam(in.Team)
	err := call.spend(in.Confirm, func() (Charge, error) { return subscribeCharge(ctx, client, in.GUID, in.Tier) })
	if err != nil {
		return BillingAction{}, err
	}
	paid, err := client.Subscribe(ctx, in.GUID, in.Tier)
	if err != nil {
		return BillingAction{}, err
	}
	return call.billingAction("subscribe", in.GUID, float64(paid.MonthlyPriceUSD), fmt.Sprintf(
		"Subscribed: $%s charged, %s a month. The agent is queued to start.", money(float64(paid.MonthlyPriceUSD)), credits(float64(paid.MonthlyCredits)))), nil
})

type subscription struct {
	paidAgent
	Tier string `json:"tier,omitempty" enum:"starter,pro" doc:"its own by default"`
}

var cancelAgentSubscription = define(Meta{
	Name:       "cancel_agent_subscription",
	Title:      "Cancel an agent's subscription",
	About:      "Let a subscription end with the period that is paid for. The agent works until then; nothing is refunded. renew_agent_subscription takes it back.",
	Toolset:    Billing,
	Effect:     Destroys,
	Idempotent: true,
}, func(ctx context.Context, call Call, in subscriptionRef) (BillingAction, error) {
	ends, err := call.Wiro.InTeam(in.Team).CancelSubscription(ctx, in.GUID)
	if err != nil {
		return BillingAction{}, err
	}
	text := "Canceled: it ends with the period that is paid for."
	if !ends.IsZero() {
		text = fmt.Sprintf("Canceled: it works until %s and is not charged again.", moment(ends))
	}
	action := call.billingAction("cancel", in.GUID, 0, text)
	action.NextAction = call.next("renew_agent_subscription", "take it back before then, at no cost", map[string]any{"useragentguid": in.GUID})
	return action, nil
})

type subscriptionRef struct {
	agentGUID
	Team string `json:"teamguid,omitempty" doc:"the team that owns it"`
}

var renewAgentSubscription = define(Meta{
	Name:    "renew_agent_subscription",
	Title:   "Renew an agent's subscription",
	About:   "Take back a cancellation, at no cost, or pay for 30 more days of a subscription that has expired, out of the wallet, after a yes.",
	Toolset: Billing,
	Effect:  Writes,
	Spends:  true,
}, func(ctx context.Context, call Call, in paidAgent) (BillingAction, error) {
	client := call.Wiro.InTeam(in.Team)
	if err := call.spend(in.Confirm, func() (Charge, error) { return renewCharge(ctx, client, in.GUID) }); err != nil {
		return BillingAction{}, err
	}
	renewal, err := client.RenewSubscription(ctx, in.GUID)
	if err != nil {
		return BillingAction{}, err
	}
	if renewal.Action == wiro.RenewalUndoneCancel {
		return call.billingAction("renew", in.GUID, 0, "The cancellation is taken back. Nothing was charged."), nil
	}
	return call.billingAction("renew", in.GUID, float64(renewal.AmountUSD), fmt.Sprintf(
		"Renewed for 30 days: $%s charged, %s a month.", money(float64(renewal.AmountUSD)), credits(float64(renewal.MonthlyCredits)))), nil
})

var upgradeAgentTier = define(Meta{
	Name:    "upgrade_agent_tier",
	Title:   "Upgrade an agent to Pro",
	About:   "Take a deployed agent from Starter to Pro, after a yes: charges the difference for the rest of the period and restarts it. There is no way back but to cancel.",
	Toolset: Billing,
	Effect:  Writes,
	Spends:  true,
}, func(ctx context.Context, call Call, in paidAgent) (BillingAction, error) {
	client := call.Wiro.InTeam(in.Team)
	if err := call.spend(in.Confirm, func() (Charge, error) { return upgradeCharge(ctx, client, in.GUID) }); err != nil {
		return BillingAction{}, err
	}
	upgrade, err := client.UpgradeTier(ctx, in.GUID)
	if err != nil {
		return BillingAction{}, err
	}
	return call.billingAction("upgrade", in.GUID, float64(upgrade.ChargedUSD), fmt.Sprintf(
		"Upgraded from %s to %s: $%s charged for the rest of the period; then $%s a month with %s. It restarts.",
		upgrade.PreviousTier, upgrade.Tier, money(float64(upgrade.ChargedUSD)), money(float64(upgrade.PriceUSD)), credits(float64(upgrade.MonthlyCredits)))), nil
})

var buyAgentCredits = define(Meta{
	Name:    "buy_agent_credits",
	Title:   "Buy credits for an agent",
	About:   "Buy a pack of extra credits for a Pro agent, out of the wallet, after a yes. get_my_agent lists the packs. They expire after six months.",
	Toolset: Billing,
	Effect:  Writes,
	Spends:  true,
}, func(ctx context.Context, call Call, in creditPurchase) (BillingAction, error) {
	client := call.Wiro.InTeam(in.Team)
	var charged float64
	err := call.spend(in.Confirm, func() (Charge, error) {
		charge, err := packCharge(ctx, client, in.GUID, in.Pack)
		charged = charge.USD
		return charge, err
	})
	if err != nil {
		return BillingAction{}, err
	}
	if err := client.BuyCredits(ctx, in.GUID, in.Pack); err != nil {
		return BillingAction{}, err
	}
	text := fmt.Sprintf("The %s pack is bought; its credits are there.", in.Pack)
	if charged > 0 {
		text += fmt.Sprintf(" $%s charged.", money(charged))
	}
	return call.billingAction("buy", in.GUID, charged, text), nil
})

type creditPurchase struct {
	paidAgent
	Pack string `json:"pack" enum:"small,medium,large" doc:"which pack"`
}

var listAgentTransactions = define(Meta{
	Name:    "list_agent_transactions",
	Title:   "List an agent's transactions",
	About:   "Where an agent's credits went and came from, newest first, with the balance.",
	Toolset: Billing,
	More:    "Page with start and limit.",
}, func(ctx context.Context, call Call, in ledgerQuery) (TransactionPage, error) {
	ledger, err := call.Wiro.InTeam(in.Team).Transactions(ctx, wiro.TransactionQuery{
		UserAgentGUID: in.GUID, Start: in.Start, Limit: in.Limit,
	})
	if err != nil {
		return TransactionPage{}, err
	}
	return call.transactionPage(ledger, in), nil
})

type ledgerQuery struct {
	agentGUID
	Start int    `json:"start,omitempty" min:"0" doc:"how many to skip"`
	Limit int    `json:"limit,omitempty" min:"1" max:"500" doc:"how many to list, 50 by default"`
	Team  string `json:"teamguid,omitempty" doc:"the team that owns it"`
}
