package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestCatalogNeedsNoKey(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{}).as("")
	list := a.ok("Agent/List", obj{})
	require.EqualValues(t, 9, list["total"])
	require.Len(t, list["agents"], 9)
	first := list["agents"].([]any)[0].(obj)
	require.Equal(t, "push-notification-manager", first["slug"]) // newest first
	require.NotContains(t, first, "credentials")
	require.EqualValues(t, 15, first["tiers"].(obj)["starter"].(obj)["priceUsd"])
	require.IsType(t, "", first["createdat"])

	require.NotEmpty(t, a.ok("Skills/List", obj{})["skills"])
	require.NotEmpty(t, a.ok("Credentials/List", obj{})["credentials"])
	require.Len(t, a.ok("Skills/Capabilities", obj{})["capabilities"], 31)
	require.Equal(t, 401, a.post("UserAgent/MyAgents", obj{}).status)
}

func TestAgentListFiltersSortsAndPages(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	slugs := func(body obj) []any { return pluck(a.ok("Agent/List", body)["agents"], "slug") }
	require.Equal(t, []any{"social-manager"}, slugs(obj{"search": "instagram LinkedIn"}))
	require.Equal(t, []any{"meta-ads-manager", "google-ads-manager"}, slugs(obj{"category": "advertising"}))
	require.Equal(t, []any{"app-event-manager", "app-review-support"}, slugs(obj{"sort": "title", "order": "ASC", "limit": 2}))
	require.Equal(t, []any{"blog-content-editor"}, slugs(obj{"sort": "title", "order": "asc", "start": "2", "limit": "1"}))
	require.Empty(t, slugs(obj{"search": "knitting"}))
	require.Empty(t, slugs(obj{"search": "before social manager"}), "inactive templates are not listed")
}

func TestAgentDetailShowsMoreWhenAskedForAll(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	brief := a.ok("Agent/Detail", obj{"slug": "social-manager"})["agents"].([]any)[0].(obj)
	full := a.template("social-manager")
	require.NotContains(t, brief, "customskills")
	require.Equal(t, []any{"cs-content-tone"}, pluck(full["customskills"], "key"))
	require.Len(t, full["scheduledskills"], 3)
	require.Contains(t, brief["description"], "please fail")

	twitter := brief["credentials"].(obj)["twitter"].(obj)
	require.Equal(t, false, twitter["optional"])
	require.NotContains(t, twitter, "_connected")
	require.Equal(t, "/UserAgentOAuth/XConnect", twitter["_schema"].(obj)["oauth_provider"].(obj)["connect_endpoint"])
	require.Empty(t, brief["extracreditpacks"])
	require.EqualValues(t, 60, brief["peractioncosts"].(obj)["create"])

	byGUID := a.ok("Agent/Detail", obj{"guid": brief["guid"]})["agents"].([]any)[0]
	require.Equal(t, brief, byGUID)
	bare := a.template("blog-content-editor")
	require.Equal(t, []any{"content-strategy"}, pluck(bare["customskills"], "key"), "some templates show bare keys")
	a.refusals([]refusal{
		{"Agent/Detail", obj{"slug": "barista"}, 1, "Agent not found"},
		{"Agent/Detail", obj{}, 0, "Request parameter [guid] or [slug] required"},
	})
}

func TestSkillRegistryFilters(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	names := func(body obj) []any { return pluck(a.ok("Skills/List", body)["skills"], "name") }
	require.Equal(t, []any{"int-firebase-push"}, names(obj{"capability": "push_notification"}))
	require.Equal(t, []any{"int-calendarific"}, names(obj{"capability": "holiday_discovery", "user_invocable": false}))
	require.Empty(t, names(obj{"capability": "holiday_discovery", "user_invocable": "true"}))
	require.Equal(t, []any{"int-gmail-check", "website"}, names(obj{"name_in": []string{"website", "int-gmail-check"}}))
	require.NotContains(t, names(obj{"category": "rule"}), "int-gmail-check")
	require.Contains(t, names(obj{"category": "rule"}), "cs-cron-content-scanner")
	require.NotContains(t, names(obj{"requires_credentials": false}), "int-gmail-check")
	require.Contains(t, names(obj{"wiro_connect_pending": true}), "int-instagram-post")
}

func TestSkillsSayWhatTheyCostUnderTwoNames(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	seen := map[string]bool{}
	for _, s := range objects(a.ok("Skills/List", obj{"category": "int"})["skills"]) {
		for name := range s["pricing"].(obj) {
			seen[name] = true
		}
	}
	for _, name := range []string{"monthly_price_weight_usd", "monthly_credits_weight", "base_price_usd", "base_credits", "credit_costs"} {
		require.True(t, seen[name], name)
	}
}

func TestRegistryEntriesByName(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	skill := a.ok("Skills/Detail", obj{"name": "int-instagram-post"})["skill"].(obj)
	require.Equal(t, "instagram", skill["credential_key"])
	credential := a.ok("Credentials/Detail", obj{"key": "instagram"})["credential"].(obj)
	require.Equal(t, credential, a.ok("Skills/CredentialSchema", obj{"name": "int-instagram-post"})["credential"])
	require.Equal(t, []any{"int-instagram-post"}, credential["used_by_skills"])
	require.Contains(t, pluck(credential["credential_schema"], "key"), "appsecret")
	a.refusals([]refusal{
		{"Skills/Detail", obj{"name": "int-juggling"}, 404, "Skill not found: int-juggling"},
		{"Credentials/Detail", obj{"key": "myspace"}, 404, "Credential not found: myspace"},
		{"Skills/CredentialSchema", obj{"name": "util-html-strip"}, 404, "No credential associated with skill: util-html-strip"},
		{"Skills/CredentialSchema", obj{"name": "int-wiro-generator"}, 404, "No credential associated with skill: int-wiro-generator"},
	})
	modes := a.ok("Credentials/List", obj{"credential_mode": "jwt_sa"})
	require.Equal(t, []any{"apple-appstore"}, pluck(modes["credentials"], "key"))
	require.Equal(t, "1", modes["total"])
}
