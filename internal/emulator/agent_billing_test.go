package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

const month = 30 * 24 * time.Hour

func TestSubscriptionCanBeCanceledAndTakenBack(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor")
	balance := a.s.Balance(emulator.DemoKey)
	ends := a.ok("UserAgent/CancelSubscription", obj{"guid": guid})["cancelsAt"]
	sub := a.mine(guid)["subscription"].(obj)
	require.Equal(t, "cancel", sub["pendingdowngrade"])
	require.Equal(t, "active", sub["status"])
	require.Equal(t, ends, sub["currentperiodend"])
	require.Equal(t, "undo-cancel", a.ok("UserAgent/RenewSubscription", obj{"guid": guid})["action"])
	require.Nil(t, a.mine(guid)["subscription"].(obj)["pendingdowngrade"])
	require.InDelta(t, balance, a.s.Balance(emulator.DemoKey), 1e-9)
	a.refusals([]refusal{{"UserAgent/RenewSubscription", obj{"guid": guid}, 0, "Subscription is already active"}})
}

func TestSubscriptionRenewsByItself(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	a.say(guid, "Hello")
	a.s.Advance(month)
	d := a.mine(guid)
	require.InDelta(t, emulator.DemoBalance-18, a.s.Balance(emulator.DemoKey), 1e-9)
	require.EqualValues(t, 0, d["usedcredits"])
	require.Equal(t, "active", d["subscription"].(obj)["status"])
	newest := objects(a.ok("UserAgent/TransactionList", obj{"useragentguid": guid})["transactions"])[0]
	require.Equal(t, "renewal", newest["type"])
	require.Equal(t, "system", newest["uuid"])
	require.Nil(t, newest["user"])
}

func TestSubscriptionExpires(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	a.s.SetBalance(emulator.DemoKey, 5)
	a.s.Advance(month)
	require.Equal(t, stopped, a.rest(guid), "nobody pays, so it stops")
	d := a.mine(guid)
	require.Equal(t, "expired", d["subscription"].(obj)["status"])
	require.EqualValues(t, 0, d["remainingcredits"])
	a.refusals([]refusal{
		{"UserAgent/CancelSubscription", obj{"guid": guid}, 0, "No active subscription found for this agent"},
		{"UserAgent/UpgradeTier", obj{"guid": guid, "targetTier": "pro"}, 0, "No active subscription — use /UserAgent/CreateSubscriptionCheckout to subscribe at the chosen tier"},
		{"UserAgent/CreateExtraCreditCheckout", obj{"useragentguid": guid, "pack": "small", "useprepaid": true}, 0, "Active subscription required to purchase extra credits."},
		{"UserAgent/RenewSubscription", obj{"guid": guid}, 97, "Insufficient wallet balance. Required: $9.00, Available: $5.00"},
	})
	a.s.SetBalance(emulator.DemoKey, 50)
	out := a.ok("UserAgent/RenewSubscription", obj{"guid": guid})
	require.Equal(t, "renewed", out["action"])
	require.EqualValues(t, 9, out["amount"])
	require.Equal(t, running, a.rest(guid), "renewing starts it again")
	require.InDelta(t, 41, a.s.Balance(emulator.DemoKey), 1e-9)
	require.EqualValues(t, 1000, a.mine(guid)["remainingcredits"])
}

func TestSubscribingAnewMayChangeTheTier(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor", obj{"credentials": blog})
	body := obj{"useragentguid": guid, "tier": "pro", "useprepaid": true}
	a.refusals([]refusal{
		{"UserAgent/CreateSubscriptionCheckout", body, 0, "Subscription already active for this useragent. Cancel or modify the existing subscription instead."},
		{"UserAgent/CreateSubscriptionCheckout", obj{"useragentguid": guid}, 0, "useprepaid must be true for API requests"},
	})
	a.ok("UserAgent/CancelSubscription", obj{"guid": guid})
	a.s.Advance(month)
	out := a.ok("UserAgent/CreateSubscriptionCheckout", body)
	require.EqualValues(t, 27, out["monthlypriceusd"])
	require.EqualValues(t, 3000, out["monthlycredits"])
	require.Positive(t, out["subscriptionId"])
	require.Equal(t, running, a.rest(guid))
}

func TestUpgradeIsProrated(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	a.say(guid, "Hello")
	a.s.Advance(month / 2)
	before := a.s.Balance(emulator.DemoKey)
	out := a.ok("UserAgent/UpgradeTier", obj{"guid": guid, "targetTier": "pro"})
	require.EqualValues(t, 9, out["proratedCharge"], "half of 18")
	require.Equal(t, "starter", out["previousTier"])
	require.EqualValues(t, 3000, out["newMonthlyCredits"])
	require.InDelta(t, before-9, a.s.Balance(emulator.DemoKey), 1e-9)
	require.Equal(t, running, a.rest(guid))
	d := a.mine(guid)
	require.EqualValues(t, 2990, d["remainingcredits"], "what was used stays used")
	require.EqualValues(t, 27, d["subscription"].(obj)["amount"])
	path := "UserAgent/UpgradeTier"
	a.refusals([]refusal{
		{path, obj{"guid": guid, "targetTier": "pro"}, 0, "Already on pro tier"},
		{path, obj{"guid": guid, "targetTier": "starter"}, 0, "Downgrading to Starter is not supported. /UserAgent/UpgradeTier is upgrade-only (Starter → Pro)."},
		{path, obj{"guid": guid}, 0, "targetTier must be 'starter' or 'pro'"},
	})
	poor := a.deploy("blog-content-editor")
	a.s.SetBalance(emulator.DemoKey, 1)
	a.refusals([]refusal{{path, obj{"guid": poor, "targetTier": "pro"}, 97, "Insufficient wallet balance for proration. Required: $18.00, available: $1.00"}})
}

func TestExtraCredits(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor", obj{"tier": "pro"})
	offers := objects(a.mine(guid)["agent"].(obj)["extracreditpacks"])
	require.Equal(t, obj{"packkey": "medium", "credits": float64(30000), "priceusd": float64(221), "enabled": true}, offers[1])
	before := a.s.Balance(emulator.DemoKey)
	a.ok("UserAgent/CreateExtraCreditCheckout", obj{"useragentguid": guid, "pack": "medium", "useprepaid": true})
	require.InDelta(t, before-221, a.s.Balance(emulator.DemoKey), 1e-9)
	d := a.mine(guid)
	require.EqualValues(t, 30000, d["extracredits"])
	require.EqualValues(t, 33000, d["remainingcredits"])
	require.NotNil(t, d["extracreditsexpiry"])
	newest := objects(a.ok("UserAgent/TransactionList", obj{"useragentguid": guid})["transactions"])[0]
	require.Equal(t, "purchase", newest["type"])
	require.Equal(t, "medium", newest["action"])
	require.EqualValues(t, 221, newest["metadata"].(obj)["priceUsd"])

	a.s.Advance(190 * 24 * time.Hour)
	require.EqualValues(t, 0, a.mine(guid)["extracredits"], "packs expire")
	path := "UserAgent/CreateExtraCreditCheckout"
	starter := a.deploy("blog-content-editor")
	require.Empty(t, a.mine(starter)["agent"].(obj)["extracreditpacks"])
	a.refusals([]refusal{
		{path, obj{"useragentguid": guid, "useprepaid": true}, 0, "Pack key required"},
		{path, obj{"useragentguid": guid, "pack": "small"}, 0, "useprepaid must be true for API requests"},
		{path, obj{"useragentguid": guid, "pack": "huge", "useprepaid": true}, 0, "Invalid pack. Choose small, medium, or large."},
		{path, obj{"useragentguid": starter, "pack": "small", "useprepaid": true}, 0, "Extra credits are available only for Pro plan subscribers. Please upgrade your plan."},
	})
}
