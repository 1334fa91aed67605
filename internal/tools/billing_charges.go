package tools

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// An agent's subscription is paid for in periods of this many days.
const periodDays = 30

// walletBalance is what pays for an agent of a team; "" is the personal workspace.
func walletBalance(team string) string {
	if team == "" {
		return "the wallet's balance"
	}
	return "the balance of " + quotedWallet(team)
}

// monthly says when a subscription is charged that begins now.
func (c *Call) monthly(team string, brings *float64) string {
	return fmt.Sprintf("now, from %s, and again every %d days until %s ends it; each time it brings %s",
		walletBalance(team), periodDays, c.toolName("cancel_agent_subscription"), credits(brings))
}

// deployCharge is a template's tier, or what the chosen skills come to.
func deployCharge(ctx context.Context, call *Call, in deployment) (*mcptool.Charge, error) {
	d, err := in.request()
	if err != nil {
		return nil, err
	}
	client := call.Wiro.WithTeam(in.Team)
	tier := d.Tier
	if tier == "" {
		tier = "starter"
	}
	what := fmt.Sprintf("Deploying %s (%s)", mcptool.Quote(d.Title), tier)
	if d.Custom {
		skills := slices.Sorted(maps.Keys(d.Skills))
		skills = slices.DeleteFunc(skills, func(name string) bool { return !d.Skills[name] })
		price, err := client.Billing.Preview(ctx, wiro.PriceQuery{Skills: skills, Tier: tier})
		if err != nil {
			return nil, err
		}
		month := tierOf(price, tier)
		made, err := charge(what, month.PriceUSD, call.monthly(in.Team, month.Credits))
		if err == nil {
			made.Also = call.skillRequirements(ctx, price.EnabledSkills, d.Credentials, nil)
		}
		return made, err
	}
	agent, err := findTemplate(ctx, client, wiro.AgentRef{GUID: d.AgentGUID}, false)
	if err != nil {
		return nil, err
	}
	month, ok := agent.Tiers[tier]
	if !ok {
		return nil, mcptool.Problemf("The catalog gives %s no price as %s: it has %s. Nothing was deployed or charged.", mcptool.Quote(agent.Title), tier, tierLine(tiers(agent.Tiers)))
	}
	what = fmt.Sprintf("Deploying %s from the template %s (%s)", mcptool.Quote(d.Title), mcptool.Quote(agent.Title), tier)
	made, err := charge(what, month.PriceUSD, call.monthly(in.Team, month.Credits))
	if err == nil {
		made.Also = call.requirements(agent.Credentials, d.Credentials)
	}
	return made, err
}

// tierName is a tier as a question names it: quoted if it is none that Wiro documents.
func tierName(tier string) string {
	if tier == wiro.TierStarter || tier == wiro.TierPro {
		return tier
	}
	return mcptool.Quote(tier)
}

// tierOf is a tier of a price, or the price itself where it lists no tiers.
func tierOf(p wiro.AgentPrice, tier string) wiro.Tier {
	if month, ok := p.Tiers[tier]; ok {
		return month
	}
	return wiro.Tier{PriceUSD: p.PriceUSD, Credits: p.Credits}
}

// subscribeCharge is what the agent costs now, as the tier that is asked for or its own.
func subscribeCharge(ctx context.Context, call *Call, in subscription) (*mcptool.Charge, error) {
	agent, err := call.agent(ctx, in.GUID, in.Team)
	if err != nil {
		return nil, err
	}
	if agent.Subscription.Active() {
		return nil, mcptool.Problemf("%s has a subscription, %s. Nothing was charged.", mcptool.Quote(agent.Title), subscriptionLine(agent.Subscription)).
			WithNext("upgrade_agent_tier", "go from Starter to Pro instead: it asks before it charges", nil)
	}
	tier := cmp.Or(in.Tier, agent.Tier)
	price, err := call.inTeam(in.Team).Billing.Preview(ctx, wiro.PriceQuery{UserAgentGUID: in.GUID, Tier: tier})
	if err != nil {
		return nil, err
	}
	month := tierOf(price, tier)
	return charge(fmt.Sprintf("Subscribing %s (%s)", mcptool.Quote(agent.Title), tierName(tier)), month.PriceUSD, call.monthly(agent.TeamGUID, month.Credits))
}

// renewCharge is nothing for a cancellation that is taken back, and otherwise the price that
// the agent had.
func renewCharge(ctx context.Context, call *Call, in paidAgent) (*mcptool.Charge, error) {
	agent, err := call.agent(ctx, in.GUID, in.Team)
	if err != nil {
		return nil, err
	}
	switch s := agent.Subscription; {
	case s.Active() && s.Canceled():
		return &mcptool.Charge{
			What: fmt.Sprintf("Taking back the cancellation of %s", mcptool.Quote(agent.Title)), USD: 0,
			When: fmt.Sprintf("it is paid until %s; then %s every %d days", day(s.CurrentPeriodEnd), mcptool.USD(agent.MonthlyPriceUSD), periodDays),
		}, nil
	case s == nil:
		return nil, mcptool.Problemf("%s has no subscription to renew. Nothing was charged.", mcptool.Quote(agent.Title)).
			WithNext("subscribe_agent", "subscribe it: it asks before it charges", nil)
	case s.Active():
		return nil, mcptool.Problemf("The subscription of %s is active until %s: there is nothing to renew. Nothing was charged.", mcptool.Quote(agent.Title), day(s.CurrentPeriodEnd))
	}
	return charge(fmt.Sprintf("Renewing %s (%s)", mcptool.Quote(agent.Title), tierName(agent.Tier)), agent.MonthlyPriceUSD, call.monthly(agent.TeamGUID, agent.MonthlyCredits))
}

// upgradeCharge is the difference between the tiers for what is left of the period.
func upgradeCharge(ctx context.Context, call *Call, in paidAgent) (*mcptool.Charge, error) {
	agent, err := call.agent(ctx, in.GUID, in.Team)
	if err != nil {
		return nil, err
	}
	if agent.Tier == "pro" {
		return nil, mcptool.Problemf("%s is Pro already. Nothing was changed or charged.", mcptool.Quote(agent.Title))
	}
	if !agent.Subscription.Active() {
		return nil, mcptool.Problemf("%s has no subscription that is paid for. Nothing was charged.", mcptool.Quote(agent.Title)).
			WithNext("subscribe_agent", "subscribe it as Pro: it asks before it charges", map[string]any{"tier": "pro"})
	}
	price, err := call.inTeam(in.Team).Billing.Preview(ctx, wiro.PriceQuery{UserAgentGUID: in.GUID, Tier: "pro"})
	if err != nil {
		return nil, err
	}
	pro, days := tierOf(price, "pro"), daysLeft(agent.Subscription)
	return charge(fmt.Sprintf("Upgrading %s from %s to pro", mcptool.Quote(agent.Title), tierName(agent.Tier)), proRata(agent.MonthlyPriceUSD, pro.PriceUSD, days),
		fmt.Sprintf("now, from %s, for the %.0f days that are left of the period; then %s every %d days, with %s",
			walletBalance(agent.TeamGUID), days, mcptool.USD(pro.PriceUSD), periodDays, credits(pro.Credits)))
}

// proRata is the difference of two monthly prices for some days of a period, in whole cents; nil
// where either price is unknown.
func proRata(from, to *float64, days float64) *float64 {
	if from, to = stated(from), stated(to); from == nil || to == nil {
		return nil
	}
	usd := math.Round(100*max(0, (*to-*from)/periodDays*days)) / 100
	return &usd
}

// charge is what a call costs. A price that cannot be read, or that is below zero, is refused: it
// must not pass for free.
func charge(what string, usd *float64, when string) (*mcptool.Charge, error) {
	usd = stated(usd)
	if usd == nil {
		return nil, mcptool.Problemf("%s: the price cannot be read; nothing was charged. Look at https://wiro.ai, or try again later.", what)
	}
	return &mcptool.Charge{What: what, USD: *usd, When: when}, nil
}

// stated is an amount that can be one; nil if it is not known or below zero.
func stated(usd *float64) *float64 {
	if usd == nil || !(*usd >= 0) || math.IsInf(*usd, 0) {
		return nil
	}
	return usd
}

// daysLeft of a period, at most a whole one.
func daysLeft(s *wiro.Subscription) float64 {
	if s == nil {
		return 0
	}
	days := 0.0
	if s.DaysRemaining != nil {
		days = float64(*s.DaysRemaining)
	}
	if days <= 0 && !s.CurrentPeriodEnd.IsZero() {
		days = max(0, time.Until(s.CurrentPeriodEnd).Hours()/24)
	}
	return min(days, periodDays)
}

// packCharge is the agent's own price of a pack.
func packCharge(ctx context.Context, call *Call, in creditPurchase) (*mcptool.Charge, error) {
	agent, err := call.agent(ctx, in.GUID, in.Team)
	if err != nil {
		return nil, err
	}
	offered := packs(agent.Agent.ExtraCreditPacks)
	for _, p := range offered {
		if p.Pack == in.Pack {
			return charge(fmt.Sprintf("The %s pack of %s for %s", in.Pack, credits(p.Credits), mcptool.Quote(agent.Title)), p.PriceUSD,
				"now, once, from "+walletBalance(agent.TeamGUID)+"; the credits expire after six months")
		}
	}
	if len(offered) > 0 {
		return nil, mcptool.Problemf("%s has no pack %q: it has %s. Nothing was charged.", mcptool.Quote(agent.Title), in.Pack, packLine(offered))
	}
	return nil, mcptool.Problemf("%s has no credit packs: they are for Pro agents, and it is %s. Nothing was charged.", mcptool.Quote(agent.Title), tierName(agent.Tier)).
		WithNext("upgrade_agent_tier", "go from Starter to Pro: it asks before it charges", nil)
}
