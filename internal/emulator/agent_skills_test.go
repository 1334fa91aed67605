package emulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// skillOf is a custom or scheduled skill of an instance, by any form of its key.
func (a *api) skillOf(guid, key string) obj {
	a.t.Helper()
	d := a.mine(guid)
	for _, s := range append(objects(d["customskills"]), objects(d["scheduledskills"])...) {
		if s["key"] == key {
			return s
		}
	}
	return nil
}

func TestCustomSkillsTakeWhatTheirSourceAllows(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("social-manager")
	a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "content-tone", "value": "Be brief.", "interval": "* * * * *", "enabled": false, "description": "mine"})
	tone := a.skillOf(guid, "cs-content-tone")
	require.Equal(t, "Be brief.", tone["value"])
	require.Nil(t, tone["interval"])
	require.Equal(t, true, tone["enabled"])
	require.NotEqual(t, "mine", tone["description"])
	require.Equal(t, "preset-strategy", tone["_source"])
	require.Equal(t, true, tone["_edited"])

	a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "cron-content-scanner", "value": "x", "interval": "0 9 * * 1", "enabled": "false"})
	scanner := a.skillOf(guid, "cs-cron-content-scanner")
	require.Empty(t, scanner["value"], "the skill's own business")
	require.Equal(t, "0 9 * * 1", scanner["interval"])
	require.Equal(t, false, scanner["enabled"])
	require.Equal(t, false, scanner["_editable"])
	a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "cs-cron-content-scanner", "interval": nil})
	require.Nil(t, a.skillOf(guid, "cs-cron-content-scanner")["interval"])

	a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "weekly", "value": "v", "interval": "0 9 * * 1", "description": "Weekly", "usercreated": true})
	a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "weekly", "value": "w"})
	weekly := a.skillOf(guid, "cs-cron-weekly")
	require.Equal(t, "w", weekly["value"])
	require.Equal(t, true, weekly["_user_created"])
	require.Equal(t, "Weekly", weekly["description"])
	a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "cs-persona", "value": "A pirate.", "usercreated": true})
	require.Equal(t, "A pirate.", a.skillOf(guid, "cs-persona")["value"], "with cs- it is no scheduled task")

	a.refusals([]refusal{
		{"UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "nope", "value": "x"}, nil, "skill-not-found"},
		{"UserAgent/CustomSkillUpsert", obj{"useragentguid": guid}, 0, "Request parameter [skillkey] required"},
		{"UserAgent/CustomSkillDelete", obj{"useragentguid": guid, "skillkey": "nope"}, nil, "skill-not-found"},
	})
	a.ok("UserAgent/CustomSkillDelete", obj{"useragentguid": guid, "skillkey": "content-tone"})
	require.NotNil(t, a.skillOf(guid, "cs-content-tone"), "presets cannot be deleted")
	a.ok("UserAgent/CustomSkillDelete", obj{"useragentguid": guid, "skillkey": "cron-weekly"})
	require.Nil(t, a.skillOf(guid, "cs-cron-weekly"))
}

func TestCustomSkillRename(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("social-manager")
	for _, key := range []string{"cs-one", "cs-two", "daily"} {
		a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": key, "value": key, "usercreated": true})
	}
	rename := func(from, to string) obj {
		return obj{"useragentguid": guid, "oldskillkey": from, "newskillkey": to}
	}
	require.Equal(t, "cs-uno", a.ok("UserAgent/CustomSkillRename", rename("cs-one", "uno"))["newskillkey"])
	require.Equal(t, "cs-cron-nightly", a.ok("UserAgent/CustomSkillRename", obj{"useragentguid": guid, "oldskillkey": "cs-cron-daily", "newskillkey": "nightly", "description": "At night"})["newskillkey"])
	require.Equal(t, "At night", a.skillOf(guid, "cs-cron-nightly")["description"])
	history := objects(a.ok("UserAgent/CustomSkillHistory", obj{"useragentguid": guid, "skillkey": "cs-uno"})["entries"])
	require.Equal(t, []any{"rename", "upsert"}, []any{history[0]["operation"], history[1]["operation"]})
	path := "UserAgent/CustomSkillRename"
	a.refusals([]refusal{
		{path, rename("cs-content-tone", "x"), nil, "agent-customskill-rename-preset-forbidden"},
		{path, rename("cs-uno", "cs-cron-uno"), nil, "agent-customskill-rename-flavour-mismatch"},         //nolint:misspell // Wiro's own word
		{path, rename("cs-cron-nightly", "cs-nightly"), nil, "agent-customskill-rename-flavour-mismatch"}, //nolint:misspell // Wiro's own word
		{path, rename("cs-uno", "two"), nil, "agent-customskill-rename-collision"},
		{path, rename("cs-uno", "uno"), nil, "agent-customskill-rename-same-key"},
		{path, rename("cs-nope", "x"), nil, "agent-customskill-not-found"},
	})
}

func TestCustomSkillHistoryAndRevert(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor")
	preset := a.skillOf(guid, "content-strategy")["value"]
	for _, value := range []string{"first", "second"} {
		a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "content-strategy", "value": value})
		a.s.Advance(time.Hour)
	}
	a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "content-strategy", "value": "second"})
	out := a.ok("UserAgent/CustomSkillHistory", obj{"useragentguid": guid, "skillkey": "cs-content-strategy"})
	require.Equal(t, preset, out["preset_default"].(obj)["value"])
	entries := objects(out["entries"])
	require.Len(t, entries, 2, "a write that changes nothing is none")
	require.Equal(t, "first", entries[0]["prev_value"])
	require.Equal(t, "second", entries[0]["after_value"])
	require.Equal(t, []any{"value"}, entries[0]["changed_fields"])
	require.Nil(t, entries[1]["prev_value"])
	require.Len(t, a.ok("UserAgent/CustomSkillHistory", obj{"useragentguid": guid, "skillkey": "content-strategy", "startdate": time.Now().Add(30 * time.Minute).Unix()})["entries"], 1)

	revert := func(more obj) obj {
		more["useragentguid"], more["skillkey"] = guid, "content-strategy"
		return more
	}
	path := "UserAgent/CustomSkillRevert"
	out = a.ok(path, revert(obj{"source": "history", "versionguid": entries[1]["guid"]}))
	require.Equal(t, "reverted", out["action"])
	require.Equal(t, "first", out["current_value"])
	require.Equal(t, "no-op", a.ok(path, revert(obj{"source": "history", "versionguid": entries[1]["guid"]}))["action"])
	require.Equal(t, "reset-to-preset", a.ok(path, revert(obj{"source": "preset"}))["action"])
	require.Equal(t, preset, a.skillOf(guid, "content-strategy")["value"])
	require.Equal(t, false, a.skillOf(guid, "content-strategy")["_edited"])
	a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "mine", "usercreated": true, "value": "v"})
	a.refusals([]refusal{
		{path, revert(obj{"source": "history"}), 0, "Request parameter [versionguid] required"},
		{path, revert(obj{"source": "history", "versionguid": "nope"}), nil, "agent-customskill-version-not-found"},
		{path, revert(obj{"source": "moon"}), 0, "source must be 'preset' or 'history'"},
		{path, obj{"useragentguid": guid, "skillkey": "mine", "source": "preset"}, nil, "agent-customskill-no-preset"},
		{path, obj{"useragentguid": guid, "skillkey": "nope", "source": "preset"}, nil, "agent-customskill-not-found"},
	})
}

func TestPricingPreview(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	out := a.ok("UserAgent/PricingPreview", obj{"draft": true, "tier": "pro", "skills": []string{"int-gmail-check", "int-brevo-email"}})
	require.EqualValues(t, 51, out["totalPriceUsd"])
	require.EqualValues(t, 17, out["tiers"].(obj)["starter"].(obj)["priceUsd"])
	require.EqualValues(t, 5100, out["totalMonthlyCredits"])
	require.Equal(t, []any{"int-gmail-check", "int-brevo-email", "util-newsletter-compose"}, out["enabledSkills"])
	require.Equal(t, []any{"int-gmail-check", "int-brevo-email"}, out["directSkills"])
	require.EqualValues(t, 9, out["agentBase"].(obj)["priceUsd"])
	require.EqualValues(t, 40, out["peractioncosts"].(obj)["create"])
	require.Len(t, out["skillBreakdown"], 3)
	require.EqualValues(t, 0, a.ok("UserAgent/PricingPreview", obj{"draft": true, "skills": []string{"int-wiro-generator"}})["totalPriceUsd"])

	guid := a.custom(obj{"int-gmail-check": true})
	saved := a.ok("UserAgent/PricingPreview", obj{"useragentguid": guid})
	require.EqualValues(t, 13, saved["totalPriceUsd"])
	saved = a.ok("UserAgent/PricingPreview", obj{"useragentguid": guid, "tier": "pro", "skillOverrides": obj{"int-gmail-check": false, "int-wordpress-post": true}})
	require.EqualValues(t, 42, saved["totalPriceUsd"])
	require.Equal(t, []any{"int-wordpress-post"}, saved["directSkills"])
	require.Equal(t, []any{"int-gmail-check"}, a.mine(guid)["skills"], "a preview changes nothing")
	template := a.deploy("social-manager")
	require.EqualValues(t, 19, a.ok("UserAgent/PricingPreview", obj{"useragentguid": template})["totalPriceUsd"])
	a.refusals([]refusal{
		{"UserAgent/PricingPreview", obj{"draft": true, "skills": []string{"nope"}}, 404, "Skill not found: nope"},
		{"UserAgent/PricingPreview", obj{}, 0, "Request parameter [useragentguid] required"},
	})
}

func TestSkillsApplyChargesOncePerKey(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.custom(obj{"util-autopilot": true})
	a.start(guid)
	before := a.s.Balance(emulator.DemoKey)
	body := obj{"useragentguid": guid, "idempotencyKey": "k1", "skills": obj{"int-gmail-check": true}}
	first := a.ok("UserAgent/SkillsApply", body)
	require.Equal(t, setup, a.rest(guid), "a new skill may need a new credential")
	require.EqualValues(t, 4, first["prepaidWalletDelta"], "30 of 30 days")
	require.Equal(t, true, first["restartTriggered"])
	require.NotNil(t, first["restartedAt"])
	require.EqualValues(t, 12, first["pricing"].(obj)["previousPriceUsd"])
	require.EqualValues(t, 16, first["pricing"].(obj)["newPriceUsd"])
	require.EqualValues(t, 400, first["pricing"].(obj)["deltaCredits"])
	require.Equal(t, first, a.ok("UserAgent/SkillsApply", body))
	body["skills"] = obj{"int-gmail-check": false}
	require.Equal(t, first, a.ok("UserAgent/SkillsApply", body), "the key decides, not the body")
	require.InDelta(t, before-4, a.s.Balance(emulator.DemoKey), 1e-9)
	d := a.mine(guid)
	require.ElementsMatch(t, []any{"util-autopilot", "int-gmail-check"}, d["skills"])
	require.EqualValues(t, 16, d["monthlypriceusd"])
	require.Contains(t, d["credentials"], "gmail")
	require.Equal(t, true, d["setuprequired"])
	require.NotNil(t, a.skillOf(guid, "cs-cron-gmail-checker"))

	a.s.Advance(15 * 24 * time.Hour)
	body["idempotencyKey"] = "k2"
	second := a.ok("UserAgent/SkillsApply", body)
	require.EqualValues(t, -2, second["prepaidWalletDelta"], "half of the month is left")
	d = a.mine(guid)
	require.NotContains(t, d["credentials"], "gmail")
	require.Nil(t, a.skillOf(guid, "cs-cron-gmail-checker"), "a task goes with its skill")
	ledger := objects(a.ok("UserAgent/TransactionList", obj{"useragentguid": guid})["transactions"])
	require.Equal(t, "expired", ledger[0]["type"])
	require.EqualValues(t, -400, ledger[0]["amount"])
	require.Equal(t, "grant", ledger[1]["type"])
	require.Equal(t, "Skill enabled: int-gmail-check", ledger[1]["description"])

	body["idempotencyKey"], body["skills"], body["tier"] = "k3", obj{"util-autopilot": true}, "pro"
	third := a.ok("UserAgent/SkillsApply", body)
	require.Equal(t, "pro", third["tier"])
	require.Equal(t, "pro", a.mine(guid)["tier"])
	delete(body, "tier")
	body["idempotencyKey"] = "k4"
	require.EqualValues(t, 0, a.ok("UserAgent/SkillsApply", body)["prepaidWalletDelta"], "nothing to change")
}

func TestSkillsApplyRefusals(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{{Key: emulator.DemoKey, Balance: 60}}})
	template := a.deploy("blog-content-editor")
	guid := a.custom(obj{"util-autopilot": true}, obj{"tier": "pro"})
	path := "UserAgent/SkillsApply"
	body := func(skills obj) obj { return obj{"useragentguid": guid, "idempotencyKey": "k", "skills": skills} }
	downgrade := body(obj{})
	downgrade["tier"] = "starter"
	a.refusals([]refusal{
		{path, obj{"useragentguid": guid, "skills": obj{}}, 0, "Request parameter [idempotencyKey] required"},
		{path, obj{"useragentguid": guid, "idempotencyKey": "k"}, 0, "Request parameter [skills] required"},
		{path, obj{"useragentguid": template, "idempotencyKey": "k", "skills": obj{}}, 100, "Skill changes are only available for custom-built agents."},
		{path, body(obj{"int-brevo-email": true, "util-newsletter-compose": false}), 101, "skillsapply-deps-violation"},
		{path, body(obj{"util-approval-flow": true}), 102, "skillsapply-conflict"},
		{path, body(obj{"int-metaads-manage": true}), 103, "Insufficient wallet balance for proration. Required: $36.00, available: $15.00"},
		{path, downgrade, 105, "skillsapply-tier-downgrade"},
		{path, body(obj{"util-autopilot": false}), 0, "Subscription price must be greater than $0. Add at least one paid skill or set agent base price."},
		{path, body(obj{"nope": true}), 404, "Skill not found: nope"},
	})
	out := a.post(path, body(obj{"int-brevo-email": true, "util-newsletter-compose": false}))
	require.Equal(t, []any{obj{"skill": "int-brevo-email", "depends_on": "util-newsletter-compose"}}, out.body["deps"])
	out = a.post(path, body(obj{"util-approval-flow": true}))
	require.Len(t, out.body["conflicts"], 1)
	require.Equal(t, []any{"util-autopilot"}, a.mine(guid)["skills"], "what was refused changed nothing")

	a.ok("UserAgent/CancelSubscription", obj{"guid": guid})
	a.s.Advance(31 * 24 * time.Hour)
	a.refusals([]refusal{{path, body(obj{"website": true}), 106, "skillsapply-subscription-inactive"}})
}

func TestSkillsApplyRunsOneAtATime(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Pace: 1e6})
	guid := a.custom(obj{"util-autopilot": true})
	results := make(chan answer, 2)
	for _, key := range []string{"k1", "k2"} {
		go func() {
			out, _ := a.do(http.MethodPost, a.s.APIURL()+"/UserAgent/SkillsApply", "application/json", nil,
				jsonBody(obj{"useragentguid": guid, "idempotencyKey": key, "skills": obj{"website": true}}))
			results <- out
		}()
	}
	code, message := (<-results).failure(t) // the other one takes its time
	require.EqualValues(t, 104, code)
	require.Equal(t, "skillsapply-in-progress", message)
	a.s.Close()
	<-results
}
