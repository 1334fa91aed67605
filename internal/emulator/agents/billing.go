package agents

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

func (a *Agents) installBilling() {
	a.serve("UserAgent/CreateSubscriptionCheckout", a.subscribeInstance)
	a.serve("UserAgent/CancelSubscription", a.cancelSubscription)
	a.serve("UserAgent/RenewSubscription", a.renewSubscription)
	a.serve("UserAgent/UpgradeTier", a.upgradeTier)
	a.serve("UserAgent/CreateExtraCreditCheckout", a.buyCredits)
	a.serve("UserAgent/TransactionList", a.listTransactions)
}

// A subscription pays for an instance, 30 days at a time, out of a wallet.
type subscription struct {
	id      int64
	expired bool
	amount  float64
	end     time.Time
	cancel  bool // at the end of the period
}

const (
	subscriptionDays = 30
	day              = 24 * time.Hour
	packLife         = 6 * 30 * day
)

func (s *subscription) active() bool { return s != nil && !s.expired }

// days is how many days of the period are left, the present one included.
func (s *subscription) days(now time.Time) int {
	return max(0, int(math.Ceil(s.end.Sub(now).Hours()/24)))
}

// prorated is the part of a change of the monthly price that the rest of the period costs.
func (s *subscription) prorated(delta float64, now time.Time) float64 {
	if !s.active() {
		return 0
	}
	return cents(delta / subscriptionDays * float64(min(s.days(now), subscriptionDays)))
}

// view is a subscription inside an instance, null where there is none.
func (s *subscription) view(now time.Time) any {
	if s == nil {
		return nil
	}
	status, pending := "active", ""
	if s.expired {
		status = "expired"
	}
	if s.cancel {
		pending = "cancel"
	}
	return core.Object{
		{"plan", "agent"}, {"status", status}, {"amount", s.amount}, {"currency", "usd"},
		{"currentperiodend", s.end.Unix()}, {"renewaldate", isoTime(s.end)}, {"daysremaining", s.days(now)},
		{"pendingdowngrade", optional(pending)}, {"provider", "prepaid"},
	}
}

// A creditPack is a number of extra credits that expire.
type creditPack struct {
	credits int
	expires time.Time
}

// extraExpiry is when the first pack of extra credits expires.
func (u *userAgent) extraExpiry(now time.Time) *int64 {
	var first time.Time
	for _, p := range u.packs {
		if p.expires.After(now) && (first.IsZero() || p.expires.Before(first)) {
			first = p.expires
		}
	}
	return unixOrNil(first)
}

// reprice sets what a month costs and allows.
func (u *userAgent) reprice(price tierPrice) {
	u.price, u.monthly = price.USD, price.Credits
	if u.sub != nil {
		u.sub.amount = price.USD
	}
}

// begin starts a period of 30 days with a full pool of credits.
func (a *Agents) begin(u *userAgent, by *core.Project, from time.Time, description string) {
	u.sub = &subscription{id: a.server.IDs.Next(), amount: u.price, end: from.Add(subscriptionDays * day)}
	u.used, u.period = 0, from.UTC().Format("2006-01")
	a.record(u, by, &transaction{
		kind: "renewal", action: "monthly", amount: u.monthly, description: description, provider: "prepaid",
		metadata: core.Object{{"period", u.period}, {"priceUsd", u.price}, {"tier", u.tier}},
	})
}

var (
	errFree    = core.Fail(0, "Subscription price must be greater than $0. Add at least one paid skill or set agent base price.")
	errPrepaid = core.Fail(0, "useprepaid must be true for API requests")
)

// subscribeInstance answers POST /UserAgent/CreateSubscriptionCheckout.
func (a *Agents) subscribeInstance(c *core.Call) (core.Fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	tier, err := tierArg(c, u.tier)
	switch {
	case err != nil:
		return nil, err
	case !c.Args.Bool("useprepaid"):
		return nil, errPrepaid
	case u.sub.active():
		return nil, core.Fail(0, "Subscription already active for this useragent. Cancel or modify the existing subscription instead.")
	}
	price := a.tiers(u).of(tier)
	if price.USD == 0 {
		return nil, errFree
	}
	if err := a.wallet(u).Pay(price.USD, codeBalance, notEnough); err != nil {
		return nil, err
	}
	u.tier = tier
	u.reprice(price)
	a.begin(u, c.Project, a.now(), "Subscription start")
	a.revive(u)
	return core.Fields{{"subscriptionId", u.sub.id}, {"monthlypriceusd", u.price}, {"monthlycredits", u.monthly}}, nil
}

// revive queues an agent that rested for want of payment.
func (a *Agents) revive(u *userAgent) {
	a.settle(u)
	if u.status == agentStopped || u.status == agentFailed {
		a.queue(u)
	}
}

// cancelSubscription answers POST /UserAgent/CancelSubscription. A second time it does
// nothing.
func (a *Agents) cancelSubscription(c *core.Call) (core.Fields, error) {
	u, err := a.guarded(c, "guid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	if !u.sub.active() {
		return nil, core.Fail(0, "No active subscription found for this agent")
	}
	u.sub.cancel = true
	return core.Fields{{"cancelsAt", u.sub.end.Unix()}}, nil
}

// renewSubscription answers POST /UserAgent/RenewSubscription: it takes a cancellation
// back, or pays for a new period.
func (a *Agents) renewSubscription(c *core.Call) (core.Fields, error) {
	u, err := a.guarded(c, "guid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	switch {
	case u.sub == nil:
		return nil, core.Fail(0, "No expired subscription found to renew")
	case u.sub.active() && u.sub.cancel:
		u.sub.cancel = false
		return core.Fields{{"action", "undo-cancel"}}, nil
	case u.sub.active():
		return nil, core.Fail(0, "Subscription is already active")
	case u.price == 0:
		return nil, core.Fail(0, "Renewal pricing must be greater than $0. Add at least one paid skill or set agent base price.")
	}
	if err := a.wallet(u).Pay(u.price, codeBalance, notEnough); err != nil {
		return nil, err
	}
	a.begin(u, c.Project, a.now(), "Subscription renewal")
	a.revive(u)
	return core.Fields{{"action", "renewed"}, {"plan", "agent"}, {"amount", u.price}, {"monthlycredits", u.monthly}}, nil
}

// upgradeTier answers POST /UserAgent/UpgradeTier.
func (a *Agents) upgradeTier(c *core.Call) (core.Fields, error) {
	u, err := a.guarded(c, "guid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	target := c.Args.Text("targetTier")
	switch {
	case target != tierStarter && target != tierPro:
		return nil, core.Fail(0, "targetTier must be 'starter' or 'pro'")
	case target == tierStarter:
		return nil, core.Fail(0, "Downgrading to Starter is not supported. /UserAgent/UpgradeTier is upgrade-only (Starter → Pro).")
	case !u.sub.active():
		return nil, core.Fail(0, "No active subscription — use /UserAgent/CreateSubscriptionCheckout to subscribe at the chosen tier")
	case u.tier == target:
		return nil, core.Fail(0, fmt.Sprintf("Already on %s tier", target))
	}
	price := a.tiers(u).Pro
	charge := max(0, u.sub.prorated(price.USD-u.price, a.now()))
	if err := a.wallet(u).Pay(charge, codeBalance, notEnoughProration); err != nil {
		return nil, err
	}
	gained := price.Credits - u.monthly
	u.tier = tierPro
	u.reprice(price)
	a.record(u, c.Project, &transaction{
		kind: "grant", action: "upgrade", amount: gained, description: "Upgrade to Pro", provider: "prepaid",
		metadata: core.Object{{"tier", tierPro}, {"proratedCharge", charge}},
	})
	a.restart(u)
	return core.Fields{
		{"tier", tierPro}, {"previousTier", tierStarter}, {"newPriceUsd", u.price}, {"newMonthlyCredits", u.monthly},
		{"proratedCharge", charge}, {"stripeProrationApplied", false},
	}, nil
}

// buyCredits answers POST /UserAgent/CreateExtraCreditCheckout.
func (a *Agents) buyCredits(c *core.Call) (core.Fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	key := c.Args.Text("pack")
	switch {
	case key == "":
		return nil, core.Fail(0, "Pack key required")
	case !c.Args.Bool("useprepaid"):
		return nil, errPrepaid
	case !u.sub.active():
		return nil, core.Fail(0, "Active subscription required to purchase extra credits.")
	case u.tier != tierPro:
		return nil, core.Fail(0, "Extra credits are available only for Pro plan subscribers. Please upgrade your plan.")
	}
	offers := u.packsOnSale()
	i := slices.IndexFunc(offers, func(o packOffer) bool { return o.Key == key })
	if i < 0 {
		return nil, core.Fail(0, "Invalid pack. Choose small, medium, or large.")
	}
	pack := offers[i]
	if err := a.wallet(u).Pay(pack.USD, codeBalance, notEnough); err != nil {
		return nil, err
	}
	u.packs = append(u.packs, creditPack{pack.Credits, a.now().Add(packLife)})
	a.record(u, c.Project, &transaction{
		kind: "purchase", action: key, amount: pack.Credits, description: "Extra credits — " + key + " pack", provider: "prepaid",
		metadata: core.Object{{"pack", key}, {"priceUsd", pack.USD}},
	})
	return nil, nil
}
