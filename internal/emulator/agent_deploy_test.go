package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestDeployChargesTheTierAndAsksForSetup(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	u := a.deployed(obj{"agentguid": a.template("blog-content-editor")["guid"], "title": "Bread blog", "useprepaid": true, "tier": "pro", "pinned": false})
	require.InDelta(t, emulator.DemoBalance-27, a.s.Balance(emulator.DemoKey), 1e-9)
	require.EqualValues(t, setup, u["status"])
	require.Equal(t, true, u["setuprequired"])
	require.EqualValues(t, 3000, u["monthlycredits"])
	require.EqualValues(t, 3000, u["remainingcredits"])
	require.Equal(t, false, u["pinned"])
	require.NotContains(t, u, "subscription")
	require.IsType(t, obj{}, u["skills"].([]any)[0], "skills of a template are objects")
	require.Equal(t, true, u["credentials"].(obj)["wordpress"].(obj)["_required_missing"])
	require.Len(t, u["agent"].(obj)["extracreditpacks"], 3)

	d := a.mine(u["guid"].(string))
	sub := d["subscription"].(obj)
	require.Equal(t, "active", sub["status"])
	require.EqualValues(t, 30, sub["daysremaining"])
	require.Equal(t, "prepaid", sub["provider"])
}

func TestDeployWithCredentialsIsReadyToStart(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor", obj{
		"credentials":  blog,
		"customskills": []obj{{"key": "content-strategy", "value": "Only about rye."}, {"key": "rye-day", "interval": "0 9 * * 5", "value": "Post about rye.", "_user_created": true}},
	})
	d := a.mine(guid)
	require.EqualValues(t, stopped, d["status"])
	require.Equal(t, "ada", d["credentials"].(obj)["wordpress"].(obj)["user"])
	require.Equal(t, "Only about rye.", objects(d["customskills"])[0]["value"])
	require.Contains(t, pluck(d["scheduledskills"], "key"), "cron-rye-day")
}

func TestDeployOfACustomBuild(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	skills := obj{"int-gmail-check": true, "int-brevo-email": true, "website": true}
	u := a.deployed(obj{
		"custom": true, "title": "Digest", "useprepaid": true, "skills": skills, "cover": "https://example.com/c.png",
		"credentials":  obj{"gmail": obj{"account": "a@example.com", "apppassword": "abcd"}, "brevo": obj{"apikey": "k"}, "nonsense": obj{"x": 1}},
		"customskills": []obj{{"key": "cron-digest", "value": "Sum it up.", "interval": "0 9 * * *", "_user_created": true}, {"key": "persona", "value": "Be kind."}},
	})
	require.InDelta(t, emulator.DemoBalance-17, a.s.Balance(emulator.DemoKey), 1e-9, "9 base + 4 + 4")
	require.EqualValues(t, stopped, u["status"])
	require.Nil(t, u["agentguid"])
	require.Nil(t, u["agentid"])
	require.Equal(t, true, u["agent"].(obj)["custom"])
	require.ElementsMatch(t, []any{"int-gmail-check", "int-brevo-email", "website", "util-newsletter-compose"}, u["skills"], "with what they depend on, as names")
	require.ElementsMatch(t, []any{"cs-cron-digest", "cs-cron-gmail-checker", "cs-cron-subscriber-scanner"}, pluck(u["scheduledskills"], "key"))
	require.Equal(t, []any{"cs-persona"}, pluck(u["customskills"], "key"))
	require.Equal(t, "k", u["credentials"].(obj)["brevo"].(obj)["apiKey"])
}

func TestDeployRefusals(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{
		{Key: emulator.DemoKey, Balance: 8.5}, {Key: "banned", Balance: 100, Suspended: true},
	}})
	guid := a.template("blog-content-editor")["guid"]
	old := a.template("instagram-manager")["guid"]
	a.refusals([]refusal{
		{"UserAgent/Deploy", obj{"agentguid": guid, "useprepaid": true}, 0, "Request parameter [title] required"},
		{"UserAgent/Deploy", obj{"title": "x", "useprepaid": true}, 0, "Request parameter [agentguid] required"},
		{"UserAgent/Deploy", obj{"title": "x", "agentguid": "nope", "useprepaid": true}, 1, "Agent not found"},
		{"UserAgent/Deploy", obj{"title": "x", "agentguid": old, "useprepaid": true}, 1, "Agent not found or inactive"},
		{"UserAgent/Deploy", obj{"title": "x", "agentguid": guid}, 0, "useprepaid must be true for API requests"},
		{"UserAgent/Deploy", obj{"title": "x", "agentguid": guid, "useprepaid": true, "tier": "gold"}, 0, "Valid tier required when using prepaid (starter or pro)"},
		{"UserAgent/Deploy", obj{"title": "x", "agentguid": guid, "useprepaid": true}, 97, "Insufficient wallet balance. Required: $9.00, Available: $8.50"},
		{"UserAgent/Deploy", obj{"title": "x", "custom": true, "useprepaid": true, "skills": obj{"int-wiro-generator": true}}, 0, "Subscription price must be greater than $0. Add at least one paid skill or set agent base price."},
		{"UserAgent/Deploy", obj{"title": "x", "custom": true, "useprepaid": true, "skills": obj{"int-juggling": true}}, 404, "Skill not found: int-juggling"},
		{"UserAgent/Deploy", obj{"title": "x", "custom": true, "useprepaid": true, "skills": obj{"util-autopilot": true, "util-approval-flow": true}}, 102, "skillsapply-conflict"},
		{"UserAgent/Deploy", obj{"title": "x", "agentguid": guid, "useprepaid": true, "customskills": []obj{{"key": "nope"}}}, nil, "skill-not-found"},
	})
	_, message := a.as("banned").refused("UserAgent/Deploy", obj{"title": "x", "agentguid": guid, "useprepaid": true})
	require.Equal(t, "Your account has been suspended. Please contact support if you believe this is a mistake.", message)
	require.InDelta(t, 8.5, a.s.Balance(emulator.DemoKey), 1e-9, "nothing was charged")
	require.Empty(t, a.ok("UserAgent/MyAgents", obj{})["useragents"])
}

func TestInstancesBelongToTheirProject(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{{Key: emulator.DemoKey, Balance: 500, Account: "same"}, {Key: "other", Balance: 500, Account: "same"}}})
	guid := a.up()
	token, message := a.send(guid, "Hello")
	b := a.as("other")
	b.refusals([]refusal{
		{"UserAgent/Detail", obj{"guid": guid}, 1, "User agent not found"},
		{"UserAgent/Stop", obj{"guid": guid}, 1, "User agent not found"},
		{"UserAgent/Message/Send", obj{"useragentguid": guid, "message": "x"}, 1, "Agent not found or access denied"},
		{"UserAgent/Message/Detail", obj{"messageguid": message}, 1, "Message not found"},
		{"UserAgent/Message/Cancel", obj{"agenttoken": token}, 1, "Message not found"},
		{"UserAgent/Logs", obj{"useragentguid": guid}, nil, "useragent-access-denied"},
		{"UserAgent/TransactionList", obj{"useragentguid": guid}, nil, "useragent-access-denied"},
		{"UserAgentOAuth/XStatus", obj{"useragentguid": guid}, 1, "User agent not found or unauthorized"},
	})
	require.Empty(t, b.ok("UserAgent/MyAgents", obj{})["useragents"])
	require.Empty(t, b.ok("UserAgent/PinnedUnread", obj{})["data"])
}

func TestMyAgentsAndPins(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	first := a.deploy("blog-content-editor", obj{"title": "B"})
	second := a.deploy("social-manager", obj{"title": "A", "pinned": false})
	guids := func(path string, body obj) []any { return pluck(a.ok(path, body)["useragents"], "guid") }
	require.Equal(t, []any{second, first}, guids("UserAgent/MyAgents", obj{}))
	require.Equal(t, []any{second, first}, guids("UserAgent/MyAgents", obj{"sort": "title", "order": "ASC"}))
	require.Equal(t, []any{first}, guids("UserAgent/MyAgents", obj{"start": 1}))
	require.Equal(t, []any{second}, guids("UserAgent/MyAgents", obj{"category": "social-media"}))
	row := objects(a.ok("UserAgent/MyAgents", obj{})["useragents"])[0]
	require.NotContains(t, row, "credentials")
	require.Contains(t, row, "subscription")
	require.Contains(t, row, "setuprequired")

	require.Equal(t, []any{first}, guids("UserAgent/PinnedAgents", obj{}))
	a.ok("UserAgent/Pin", obj{"useragentguid": second, "pinned": true})
	a.ok("UserAgent/Pin", obj{"useragentguid": first, "pinned": false})
	require.Equal(t, []any{second}, guids("UserAgent/PinnedAgents", obj{}))
	unread := objects(a.ok("UserAgent/PinnedUnread", obj{})["data"])
	require.Equal(t, []obj{{"useragentguid": second, "lastmessageguid": nil}}, unread)
}

func TestUpdateAndCover(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	out := a.ok("UserAgent/Update", obj{"guid": guid, "title": "New", "description": "Bread", "categories": []string{"food"}})
	u := out["useragents"].([]any)[0].(obj)
	require.Equal(t, "New", u["title"])
	require.EqualValues(t, stopping, u["status"], "a running agent restarts")
	require.NotNil(t, u["queuedat"])
	require.NotContains(t, u, "credentials")
	require.Equal(t, running, a.rest(guid))
	a.ok("UserAgent/Update", obj{"guid": guid, "description": nil})
	require.Nil(t, a.mine(guid)["description"])
	a.refusals([]refusal{{"UserAgent/Update", obj{"guid": guid, "categories": []string{}}, 0, "Categories cannot be empty"}})

	cover := a.form("UserAgent/Cover", []formFile{{"image", "bread.png", "pixels"}}, "useragentguid", guid).must(t)
	require.Equal(t, cover["cover"], a.mine(guid)["cover"])
	require.Equal(t, "pixels", a.fetch(cover["cover"].(string)).text)
	require.NotContains(t, cover["useragents"].([]any)[0], "setuprequired")
	_, message := a.form("UserAgent/Cover", nil, "useragentguid", guid).failure(t)
	require.Equal(t, "Request files [image] required", message)
	_, message = a.form("UserAgent/Cover", []formFile{{"image", "bread.txt", "x"}}, "useragentguid", guid).failure(t)
	require.Equal(t, "File type is not supported.", message)
}

func TestDetailIsLarge(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("social-manager")
	raw := a.post("UserAgent/Detail", obj{"guid": guid}).text
	require.Greater(t, len(raw), 12_000)
	require.Less(t, len(raw), 40_000)
	require.Contains(t, raw, `"oauth_provider":"twitter"`, "an instance names the provider only")
}

func TestSomeInstancesWriteNumbersAsStrings(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	d := a.mine(a.deploy("lead-generation-manager"))
	for _, name := range []string{"status", "monthlycredits", "remainingcredits", "createdat", "tiermultiplier", "setuprequired", "pinned"} {
		require.IsType(t, "", d[name], name)
	}
	require.Equal(t, "6", d["status"])
	require.Equal(t, "true", d["setuprequired"])
	require.Nil(t, d["description"])
	require.False(t, strings.HasPrefix(d["guid"].(string), `"`))
}
