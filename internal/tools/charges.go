package tools

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// An agent's subscription is paid for in periods of this many days.
const periodDays = 30

// spend is Confirm for a charge that has to be looked up: it is, unless the yes is there.
func (c *Call) spend(confirm bool, charge func() (Charge, error), secret ...string) error {
	if confirm && !c.canElicit {
		return nil
	}
	price, err := charge()
	if err != nil {
		return err
	}
	return c.Confirm(confirm, price, secret...)
}

// monthly says when a subscription is charged that begins now.
func monthly(brings wiro.Float) string {
	return fmt.Sprintf("now, from the wallet's balance, and again every %d days until it is canceled; each time it brings %s", periodDays, credits(float64(brings)))
}

// deployCharge is a template's tier, or what the chosen skills come to.
func deployCharge(ctx context.Context, client *wiro.Client, d wiro.Deployment) (Charge, error) {
	tier := d.Tier
	if tier == "" {
		tier = "starter"
	}
	what := fmt.Sprintf("Deploying %q (%s)", d.Title, tier)
	if d.Custom {
		skills := slices.Sorted(maps.Keys(d.Skills))
		skills = slices.DeleteFunc(skills, func(name string) bool { return !d.Skills[name] })
		price, err := client.PreviewPrice(ctx, wiro.PriceQuery{Skills: skills, Tier: tier})
		if err != nil {
			return Charge{}, err
		}
		month := tierOf(price, tier)
		return Charge{what, float64(month.PriceUSD), monthly(month.Credits)}, nil
	}
	agent, err := client.Agent(ctx, wiro.AgentRef{GUID: d.AgentGUID}, false)
	if err != nil {
		return Charge{}, err
	}
	month, ok := agent.Tiers[tier]
	if !ok {
		return Charge{}, problem("The catalog gives %s no price as %s: it has %s. Nothing was deployed or charged.", agent.Title, tier, tierLine(tiers(agent.Tiers)))
	}
	what = fmt.Sprintf("Deploying %q from the template %s (%s)", d.Title, agent.Title, tier)
	return Charge{what, float64(month.PriceUSD), monthly(month.Credits)}, nil
}

// tierOf is a tier of a price, or the price itself where it lists no tiers.
func tierOf(p wiro.AgentPrice, tier string) wiro.Tier {
	if month, ok := p.Tiers[tier]; ok {
		return month
	}
	return wiro.Tier{PriceUSD: p.PriceUSD, Credits: p.Credits}
}

// subscribeCharge is what the agent costs now, as the tier that is asked for or its own.
func subscribeCharge(ctx context.Context, client *wiro.Client, guid, tier string) (Charge, error) {
	agent, err := client.MyAgent(ctx, guid)
	if err != nil {
		return Charge{}, err
	}
	if agent.Subscription.Active() {
		return Charge{}, problem("%q has a subscription, %s. Nothing was charged.", agent.Title, subscriptionLine(agent.Subscription)).
			then("upgrade_agent_tier", "go from Starter to Pro instead: it asks before it charges", nil)
	}
	if tier == "" {
		tier = string(agent.Tier)
	}
	price, err := client.PreviewPrice(ctx, wiro.PriceQuery{UserAgentGUID: guid, Tier: tier})
	if err != nil {
		return Charge{}, err
	}
	month := tierOf(price, tier)
	return Charge{
		fmt.Sprintf("Subscribing %q (%s)", agent.Title, tier), float64(month.PriceUSD), monthly(month.Credits),
	}, nil
}

// renewCharge is nothing for a cancellation that is taken back, and otherwise the price that
// the agent had.
func renewCharge(ctx context.Context, client *wiro.Client, guid string) (Charge, error) {
	agent, err := client.MyAgent(ctx, guid)
	if err != nil {
		return Charge{}, err
	}
	switch s := agent.Subscription; {
	case s.Active() && s.Canceled():
		return Charge{
			fmt.Sprintf("Taking back the cancellation of %q", agent.Title), 0,
			fmt.Sprintf("it is paid until %s; then $%s every %d days", day(s.CurrentPeriodEnd), money(float64(agent.MonthlyPriceUSD)), periodDays),
		}, nil
	case s == nil:
		return Charge{}, problem("%q has no subscription to renew. Nothing was charged.", agent.Title).
			then("subscribe_agent", "subscribe it: it asks before it charges", nil)
	case s.Active():
		return Charge{}, problem("The subscription of %q is active until %s: there is nothing to renew. Nothing was charged.", agent.Title, day(s.CurrentPeriodEnd))
	}
	return Charge{
		fmt.Sprintf("Renewing %q (%s)", agent.Title, agent.Tier), float64(agent.MonthlyPriceUSD), monthly(agent.MonthlyCredits),
	}, nil
}

// upgradeCharge is the difference between the tiers for what is left of the period.
func upgradeCharge(ctx context.Context, client *wiro.Client, guid string) (Charge, error) {
	agent, err := client.MyAgent(ctx, guid)
	if err != nil {
		return Charge{}, err
	}
	if agent.Tier == "pro" {
		return Charge{}, problem("%q is Pro already. Nothing was changed or charged.", agent.Title)
	}
	if !agent.Subscription.Active() {
		return Charge{}, problem("%q has no subscription that is paid for. Nothing was charged.", agent.Title).
			then("subscribe_agent", "subscribe it as Pro: it asks before it charges", map[string]any{"tier": "pro"})
	}
	price, err := client.PreviewPrice(ctx, wiro.PriceQuery{UserAgentGUID: guid, Tier: "pro"})
	if err != nil {
		return Charge{}, err
	}
	pro, days := tierOf(price, "pro"), daysLeft(agent.Subscription)
	usd := max(0, float64(pro.PriceUSD-agent.MonthlyPriceUSD)/periodDays*days)
	return Charge{
		fmt.Sprintf("Upgrading %q from %s to pro", agent.Title, agent.Tier), cents(usd),
		fmt.Sprintf("now, from the wallet's balance, for the %.0f days that are left of the period; then $%s every %d days, with %s",
			days, money(float64(pro.PriceUSD)), periodDays, credits(float64(pro.Credits))),
	}, nil
}

func cents(usd float64) float64 { return float64(int64(usd*100+0.5)) / 100 }

// daysLeft of a period, at most a whole one.
func daysLeft(s *wiro.Subscription) float64 {
	if s == nil {
		return 0
	}
	days := float64(s.DaysRemaining)
	if days <= 0 && !s.CurrentPeriodEnd.IsZero() {
		days = max(0, time.Until(s.CurrentPeriodEnd.Time).Hours()/24)
	}
	return min(days, periodDays)
}

// packCharge is the agent's own price of a pack.
func packCharge(ctx context.Context, client *wiro.Client, guid, pack string) (Charge, error) {
	agent, err := client.MyAgent(ctx, guid)
	if err != nil {
		return Charge{}, err
	}
	offered := packs(agent.Agent.ExtraCreditPacks)
	for _, p := range offered {
		if p.Pack == pack {
			return Charge{
				fmt.Sprintf("The %s pack of %s for %q", pack, credits(p.Credits), agent.Title), p.PriceUSD,
				"now, once, from the wallet's balance; the credits expire after six months",
			}, nil
		}
	}
	if len(offered) > 0 {
		return Charge{}, problem("%q has no pack %q: it has %s. Nothing was charged.", agent.Title, pack, packLine(offered))
	}
	return Charge{}, problem("%q has no credit packs: they are for Pro agents, and it is %s. Nothing was charged.", agent.Title, agent.Tier).
		then("upgrade_agent_tier", "go from Starter to Pro: it asks before it charges", nil)
}
