package agents

import (
	"math"
	"slices"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// agentBase is what every custom build costs at least, as long as one of its skills costs
// anything.
//
// Wiro docs: Agent Builder, Live Pricing Preview.
var agentBase = tierPrice{USD: 9, Credits: 1000}

func (a *Agents) installPricing() {
	a.serve("UserAgent/PricingPreview", a.previewPrice)
	a.server.Serve("UserAgent/SkillsApply", core.Endpoint{Handle: a.applySkills})
}

// tiers are the prices of an instance: those of its template, or of its skills.
func (a *Agents) tiers(u *userAgent) tiers {
	if !u.isCustom() {
		return u.template.Tiers
	}
	return a.priceOf(u.enabledSkills())
}

// priceOf is what a set of skills costs. A set in which everything is free costs nothing,
// and cannot be deployed.
func (a *Agents) priceOf(names []string) tiers {
	sum := agentBase
	paid := false
	for _, name := range names {
		s := a.registry.skill(name)
		sum.USD += s.USD
		sum.Credits += s.Credits
		paid = paid || s.USD > 0
	}
	if !paid {
		return tiers{}
	}
	return tiers{Starter: sum, Pro: tierPrice{sum.USD * tierMultiplier, sum.Credits * tierMultiplier}}
}

// costs are the credits that actions burn: of each, the most that a skill asks.
func (a *Agents) costs(names []string) actionCosts {
	most := actionCosts{Message: 5}
	for _, name := range names {
		most = most.max(a.registry.skill(name).Costs)
	}
	return most
}

// closure is a set of skills with all that they depend on, in the order of first mention.
func (a *Agents) closure(direct []string) ([]string, error) {
	enabled := []string{}
	var add func(names []string) error
	add = func(names []string) error {
		for _, name := range names {
			s := a.registry.skill(name)
			if s == nil {
				return core.Fail(404, "Skill not found: "+name)
			}
			if slices.Contains(enabled, s.Name) {
				continue
			}
			enabled = append(enabled, s.Name)
			if err := add(s.Depends); err != nil {
				return err
			}
		}
		return nil
	}
	return enabled, add(direct)
}

// toggles reads a parameter that maps names of skills to true or false.
func (a *Agents) toggles(c *core.Call, param string) (map[string]bool, error) {
	if c.Args[param] == nil {
		return nil, nil
	}
	given, ok := c.Args[param].(map[string]any)
	if !ok {
		return nil, core.ErrInvalidBody
	}
	toggles := map[string]bool{}
	for name := range given {
		s := a.registry.skill(name)
		if s == nil {
			return nil, core.Fail(404, "Skill not found: "+name)
		}
		toggles[s.Name] = core.Args(given).Bool(name)
	}
	return toggles, nil
}

// tierArg reads a tier, or gives the fallback.
func tierArg(c *core.Call, fallback string) (string, error) {
	switch tier := c.Args.Text("tier"); tier {
	case "":
		return fallback, nil
	case tierStarter, tierPro:
		return tier, nil
	default:
		return "", core.Fail(0, "Valid tier required when using prepaid (starter or pro)")
	}
}

// previewPrice answers POST /UserAgent/PricingPreview.
func (a *Agents) previewPrice(c *core.Call) (core.Fields, error) {
	if c.Args.Bool("draft") {
		tier, err := tierArg(c, tierStarter)
		if err != nil {
			return nil, err
		}
		direct := c.Args.List("skills")
		enabled, err := a.closure(direct)
		if err != nil {
			return nil, err
		}
		return a.preview(tier, a.priceOf(enabled), direct, enabled), nil
	}
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	tier, err := tierArg(c, u.tier)
	if err != nil {
		return nil, err
	}
	overrides, err := a.toggles(c, "skillOverrides")
	if err != nil {
		return nil, err
	}
	direct := u.toggled(overrides)
	enabled, err := a.closure(direct)
	if err != nil {
		return nil, err
	}
	prices := a.tiers(u)
	if u.isCustom() {
		prices = a.priceOf(enabled)
	}
	return a.preview(tier, prices, direct, enabled), nil
}

// toggled are the skills that are on once overrides have been applied.
func (u *userAgent) toggled(overrides map[string]bool) []string {
	direct := []string{}
	for _, name := range u.enabledSkills() {
		if on, said := overrides[name]; on || !said {
			direct = append(direct, name)
		}
	}
	for _, name := range sortedKeys(overrides) {
		if overrides[name] && !slices.Contains(direct, name) {
			direct = append(direct, name)
		}
	}
	return direct
}

func (a *Agents) preview(tier string, prices tiers, direct, enabled []string) core.Fields {
	breakdown := []core.Object{}
	for _, name := range enabled {
		s := a.registry.skill(name)
		breakdown = append(breakdown, core.Object{
			{"skill", name}, {"priceUsd", s.USD}, {"credits", s.Credits}, {"actionCostOverrides", s.Costs.nonzero()},
		})
	}
	return core.Fields{
		{"tier", tier}, {"tiermultiplier", tierMultiplier},
		{"totalPriceUsd", prices.of(tier).USD}, {"totalMonthlyCredits", prices.of(tier).Credits},
		{"peractioncosts", a.costs(enabled)}, {"skillBreakdown", breakdown},
		{"enabledSkills", enabled}, {"directSkills", direct}, {"agentBase", agentBase}, {"tiers", prices},
	}
}

func (c actionCosts) nonzero() map[string]int {
	costs := map[string]int{}
	for _, action := range []string{"message", "create", "modify", "regenerate"} {
		if n := c.of(action); n > 0 {
			costs[action] = n
		}
	}
	return costs
}

// A packOffer is a pack of extra credits as UserAgent/Detail offers it.
type packOffer struct {
	Key     string  `json:"packkey"`
	Credits int     `json:"credits"`
	USD     float64 `json:"priceusd"`
	Enabled bool    `json:"enabled"`
}

// packsOnSale are the packs of a Pro instance: 5, 10 and 20 months' worth of credits, with
// a discount. Starter has none.
//
// Wiro docs: Agent Overview, Extra Credit Packs.
func (u *userAgent) packsOnSale() []packOffer {
	offers := []packOffer{}
	if u.tier != tierPro {
		return offers
	}
	for _, size := range []struct {
		key    string
		months int
		rate   float64
	}{{"small", 5, 0.9}, {"medium", 10, 0.82}, {"large", 20, 0.72}} {
		offers = append(offers, packOffer{
			Key: size.key, Credits: u.monthly * size.months,
			USD: math.Round(u.price * float64(size.months) * size.rate), Enabled: true,
		})
	}
	return offers
}

// cents rounds an amount of money.
func cents(usd float64) float64 { return math.Round(usd*100) / 100 }
