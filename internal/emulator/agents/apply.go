package agents

import (
	"slices"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// applyTime is how long SkillsApply takes, at pace 1.
const applyTime = 700 * time.Millisecond

// applySkills answers POST /UserAgent/SkillsApply. While it works, a second call for the
// same agent is refused; the answer is kept, and given again to the same idempotency key.
func (a *Agents) applySkills(c *core.Call) (core.Fields, error) {
	u, key, err := a.beginApply(c)
	if err != nil || u == nil {
		return nil, err
	}
	defer a.endApply(u)
	a.mu.Lock()
	kept := u.applied[key]
	a.mu.Unlock()
	if kept != nil {
		return kept, nil
	}
	if !a.server.Pause(c.Request.Context(), applyTime) {
		return nil, core.Fail(108, "skillsapply-db-tx-failed")
	}
	return a.locked(func(c *core.Call) (core.Fields, error) { return a.apply(c, u, key) })(c)
}

func (a *Agents) beginApply(c *core.Call) (*userAgent, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u, err := a.guarded(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, "", err
	}
	key, err := c.Args.Require("idempotencyKey")
	switch {
	case err != nil:
		return nil, "", err
	case u.applying:
		return nil, "", core.Fail(104, "skillsapply-in-progress")
	case !u.isCustom():
		return nil, "", core.Fail(100, "Skill changes are only available for custom-built agents.")
	}
	u.applying = true
	return u, key, nil
}

func (a *Agents) endApply(u *userAgent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u.applying = false
}

// apply checks, charges and changes. The caller holds the lock.
func (a *Agents) apply(c *core.Call, u *userAgent, key string) (core.Fields, error) {
	toggles, err := a.toggles(c, "skills")
	if err != nil {
		return nil, err
	}
	if toggles == nil {
		return nil, core.Required("skills")
	}
	tier, err := tierArg(c, u.tier)
	switch {
	case err != nil:
		return nil, err
	case u.tier == tierPro && tier == tierStarter:
		return nil, core.Fail(105, "skillsapply-tier-downgrade")
	case !u.sub.active():
		return nil, core.Fail(106, "skillsapply-subscription-inactive")
	}
	enabled, err := a.closure(u.toggled(toggles))
	if err != nil {
		return nil, err
	}
	if err := a.compatible(enabled, toggles); err != nil {
		return nil, err
	}
	price := a.priceOf(enabled).of(tier)
	if price.USD == 0 {
		return nil, errFree
	}
	before := u.enabledSkills()
	changed := !sameSet(before, enabled) || tier != u.tier
	delta := 0.0
	if changed {
		delta = u.sub.prorated(price.USD-u.price, a.now())
		if err := a.wallet(u).Pay(delta, 103, notEnoughProration); err != nil {
			return nil, err
		}
	}
	out := core.Fields{
		{"tier", tier}, {"stripeProrationApplied", false}, {"prepaidWalletDelta", delta},
		{"restartTriggered", false}, {"restartedAt", nil},
		{"pricing", core.Object{
			{"previousPriceUsd", u.price}, {"newPriceUsd", price.USD}, {"deltaUsd", cents(price.USD - u.price)},
			{"previousMonthlyCredits", u.monthly}, {"newMonthlyCredits", price.Credits}, {"deltaCredits", price.Credits - u.monthly},
			{"enabledSkills", enabled}, {"peractioncosts", a.costs(enabled)},
		}},
	}
	if changed {
		a.recordToggles(c, u, before, enabled, price, delta)
		u.tier = tier
		u.setSkills(enabled)
		a.syncSkills(u)
		if a.restart(u) {
			out[3][1], out[4][1] = true, a.now().Unix()
		}
		a.settle(u)
	}
	if u.applied == nil {
		u.applied = map[string]core.Fields{}
	}
	u.applied[key] = out // its values are encoded in place before they are read again
	return out, nil
}

// compatible refuses a dependency that was switched off, and skills that exclude each other.
func (a *Agents) compatible(enabled []string, toggles map[string]bool) error {
	var deps, conflicts []core.Object
	for _, name := range enabled {
		s := a.registry.skill(name)
		for _, needed := range s.Depends {
			if on, said := toggles[needed]; said && !on {
				deps = append(deps, core.Object{{"skill", name}, {"depends_on", needed}})
			}
		}
		for _, other := range s.Conflicts {
			if name < other && slices.Contains(enabled, other) {
				conflicts = append(conflicts, core.Object{{"skill", name}, {"conflicts_with", other}})
			}
		}
	}
	switch {
	case deps != nil:
		return core.Fail(101, "skillsapply-deps-violation").With("deps", deps)
	case conflicts != nil:
		return core.Fail(102, "skillsapply-conflict").With("conflicts", conflicts)
	default:
		return nil
	}
}

// recordToggles sets the new price and books the change of the pool of credits.
func (a *Agents) recordToggles(c *core.Call, u *userAgent, before, enabled []string, price tierPrice, delta float64) {
	entry := &transaction{
		kind: "grant", action: "skill-toggle", amount: price.Credits - u.monthly, provider: "prepaid",
		description: describeToggles(before, enabled),
		metadata:    core.Object{{"previousPriceUsd", u.price}, {"newPriceUsd", price.USD}, {"proratedCharge", delta}},
	}
	if entry.amount < 0 {
		entry.kind = "expired"
	}
	u.reprice(price)
	a.record(u, c.Project, entry)
}

func describeToggles(before, after []string) string {
	text := "Skills unchanged"
	for _, name := range after {
		if !slices.Contains(before, name) {
			text = "Skill enabled: " + name
		}
	}
	for _, name := range before {
		if !slices.Contains(after, name) {
			text = "Skill disabled: " + name
		}
	}
	return text
}

// setSkills replaces the set of enabled skills. Those that change are marked as edited.
func (u *userAgent) setSkills(enabled []string) {
	var next []skillToggle
	for _, name := range enabled {
		i := slices.IndexFunc(u.skills, func(t skillToggle) bool { return t.name == name && t.enabled })
		next = append(next, skillToggle{name: name, enabled: true, edited: i < 0 || u.skills[i].edited})
	}
	u.skills = next
}

func sameSet(x, y []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y)))
}
