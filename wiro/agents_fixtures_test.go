package wiro_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const template = `{
  "guid": "tpl-1", "title": "Review Watcher", "slug": "review-watcher", "headline": "Answers reviews",
  "description": "Reads reviews and answers them.", "cover": "https://files.test/cover.webp", "icon": "https://files.test/icon.webp",
  "categories": ["support", "mobile"], "samples": ["https://files.test/s1.webp"], "tiermultiplier": 4,
  "tiers": {"starter": {"priceUsd": 11.5, "credits": 1200}, "pro": {"priceUsd": "46", "credits": "4800"}},
  "peractioncosts": {"message": 8, "create": 55, "modify": 21, "regenerate": 22},
  "skills": ["int-reviews-read"], "extracreditpacks": [{"packkey": "small", "credits": 6000, "priceusd": 51, "enabled": true}],
  "status": 1, "createdat": "1711929601", "updatedat": 1714521602, "custom": true}`

const skillMeta = `{"name": "int-reviews-read", "title": "Reviews", "icon": "https://files.test/r.svg", "brand_color": "#010203",
  "brand_text_color": "#040506", "brand_logo_filter": "sepia(1)", "category": "int", "docs_url": "/docs/reviews",
  "credential_key": "reviews", "additional_credential_keys": ["mood"], "requires_credentials": true, "user_invocable": true,
  "deprecated": true, "replacement": "int-reviews-pro", "description": "Reads reviews."}`

const deployed = `{
  "guid": "ua-1", "uuid": "u-grace", "agentid": 12, "agentguid": "tpl-1", "teamguid": "team-9", "title": "My watcher",
  "description": "Mine", "cover": "https://files.test/mine.webp", "categories": ["support"], "tier": "pro", "tiermultiplier": 4,
  "monthlypriceusd": 46, "monthlycredits": 4800, "extracredits": "600", "usedcredits": 77, "remainingcredits": 5323,
  "creditperiod": "2026-07", "creditsyncat": 1714694411, "status": 4, "pinned": true, "setuprequired": true, "restartafter": 1,
  "teamsessionmode": "private", "customskills": [{"key": "cs-tone", "description": "How it sounds", "value": "# Tone", "enabled": true,
    "interval": null, "_source": "preset-strategy", "_editable": true, "_edited": true}],
  "scheduledskills": [{"key": "cs-cron-digest", "description": "Weekly", "value": "Sum up.", "enabled": true, "interval": "0 9 * * 1",
    "_source": "user-created", "_editable": true, "_edited": false, "_user_created": true}],
  "skills": [{"name": "int-reviews-read", "enabled": true, "_edited": true, "_user_created": true}],
  "skillsmeta": {"int-reviews-read": ` + skillMeta + `},
  "peractioncosts": {"message": 8, "create": 55, "modify": 21, "regenerate": 22},
  "subscription": {"plan": "agent", "status": "active", "amount": 46, "currency": "usd", "currentperiodend": 1717200001,
    "renewaldate": "2026-06-01T00:00:02.000Z", "daysremaining": 19, "pendingdowngrade": "cancel", "provider": "prepaid"},
  "extracreditsexpiry": 1730419201, "createdat": 1714608001, "updatedat": 1714694402, "queuedat": 1714694303, "startedat": 1714694404,
  "runningat": 1714694415, "stoppingat": 1714694416, "stopdat": 1714694417, "errordat": 1714694418}`

const answered = `{"guid": "m-1", "uuid": "u-grace", "agenttoken": "tok-m-1", "user": ` + grace + `, "sessionkey": "s-7",
  "content": "How are the reviews?", "response": "Good.", "debugoutput": "<think>hm</think>Good.", "status": "agent_end",
  "metadata": {"type": "progressGenerate", "task": "Generate", "speed": "14.2", "speedType": "words/s", "elapsedTime": "8.1s",
    "tokenCount": 105, "wordCount": 118, "raw": "<think>hm</think>Good.", "thinking": ["hm"], "answer": ["Good."], "isThinking": true},
  "attachments": [{"url": "https://files.test/a.pdf", "name": "a.pdf", "type": "application/pdf", "size": 812}],
  "deletestatus": 2, "createdat": "1743350401", "startedat": "1743350402", "endedat": 1743350409}`

const ledger = `"total": 131, "summary": {"monthlycredits": 4800, "extracredits": 600, "usedcredits": 77, "remainingcredits": 5323,
    "creditperiod": "2026-07", "creditsyncat": 1714694411},
  "transactions": [{"guid": "x-1", "type": "deduct", "action": "create", "amount": -55, "balanceafter": 5323, "description": "Made a post",
    "sessionkey": "s-7", "messageguid": "m-1", "provider": "agent", "providerref": "ref-1", "metadata": {"skill": "int-reviews-read", "priceUsd": 3.5},
    "uuid": "u-grace", "user": ` + grace + `, "createdat": 1714694419},
    {"guid": "x-2", "type": "renewal", "amount": 4800, "uuid": "system", "user": null, "metadata": null, "createdat": 1714608000}]`

const events = `[{"ts": 1714694421, "kind": "tool", "action": "review-answer", "skill": "int-reviews-read", "session": "s-7",
    "userUuid": "u-grace", "user": ` + grace + `, "details": {"stars": 5, "tags": ["a", "b"], "url": "https://reviews.test/1"}},
  {"ts": 1714694400, "kind": "system", "action": "agent_start", "skill": null, "session": null, "userUuid": "system", "user": null, "details": {}}]`

const price = `"tier": "pro", "tiermultiplier": 4, "totalPriceUsd": 14.5, "totalMonthlyCredits": 1550,
  "peractioncosts": {"message": 8, "create": 61, "modify": 21, "regenerate": 22},
  "skillBreakdown": [{"skill": "int-reviews-read", "priceUsd": 5.5, "credits": 550, "actionCostOverrides": {"create": 61}}],
  "enabledSkills": ["int-reviews-read", "util-crop"], "directSkills": ["int-reviews-read"], "agentBase": {"priceUsd": 9, "credits": 1000},
  "tiers": {"starter": {"priceUsd": 9, "credits": 1000}, "pro": {"priceUsd": 14.5, "credits": 1550}}`

func TestNothingThatWiroSaysAboutAgentsIsLost(t *testing.T) {
	t.Parallel()
	wrap := func(members string) string { return `{"result": true, "errors": [], ` + members + `}` }
	agents, message := wrap(`"useragents": [`+deployed+`]`), wiro.MessageRef{GUID: "m-1"}
	for name, test := range map[string]struct {
		answer, part string
		call         func(*testing.T, *wiro.Client) (any, error)
	}{
		"Agent/List": {
			wrap(`"total": 12, "agents": [` + template + `]`), `{"total": 12, "agents": [` + noNames(template) + `]}`,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Agents.List(t.Context(), wiro.AgentQuery{}) },
		},
		"Agent/Detail": {
			wrap(`"agents": [` + template + `]`), noNames(template),
			func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Agents.GetFull(t.Context(), wiro.AgentRef{Slug: "review-watcher"})
			},
		},
		"UserAgent/Deploy": {agents, deployed, func(t *testing.T, c *wiro.Client) (any, error) {
			return c.MyAgents.Deploy(t.Context(), wiro.Deployment{AgentGUID: "tpl-1", Title: "x"})
		}},
		"UserAgent/MyAgents": {agents, `[` + deployed + `]`, func(t *testing.T, c *wiro.Client) (any, error) {
			return c.MyAgents.List(t.Context(), wiro.MyAgentsQuery{})
		}},
		"UserAgent/PinnedAgents": {agents, `[` + deployed + `]`, func(t *testing.T, c *wiro.Client) (any, error) { return c.MyAgents.Pinned(t.Context()) }},
		"UserAgent/PinnedUnread": {
			wrap(`"data": [{"useragentguid": "ua-1", "lastmessageguid": "m-1"}, {"useragentguid": "ua-2", "lastmessageguid": null}]`),
			`{"ua-1": "m-1", "ua-2": ""}`,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.MyAgents.LastMessages(t.Context()) },
		},
		"UserAgent/Detail": {agents, deployed, func(t *testing.T, c *wiro.Client) (any, error) { return c.MyAgents.Get(t.Context(), "ua-1") }},
		"UserAgent/Update": {agents, deployed, func(t *testing.T, c *wiro.Client) (any, error) {
			return c.MyAgents.Update(t.Context(), "ua-1", wiro.AgentUpdate{})
		}},
		"UserAgent/PricingPreview": {wrap(price), `{` + price + `}`, func(t *testing.T, c *wiro.Client) (any, error) {
			return c.Billing.Preview(t.Context(), wiro.PriceQuery{})
		}},
		"UserAgent/CreateSubscriptionCheckout": {
			wrap(`"subscriptionId": 8422, "monthlypriceusd": 46, "monthlycredits": 4800`),
			`{"subscriptionId": 8422, "monthlypriceusd": 46, "monthlycredits": 4800}`,
			func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Billing.Subscribe(t.Context(), "ua-1", "pro")
			},
		},
		"UserAgent/CancelSubscription": {wrap(`"cancelsAt": 1717200001`), `1717200001`, func(t *testing.T, c *wiro.Client) (any, error) {
			return c.Billing.Cancel(t.Context(), "ua-1")
		}},
		"UserAgent/RenewSubscription": {
			wrap(`"action": "renewed", "plan": "agent", "amount": 46, "monthlycredits": 4800`),
			`{"action": "renewed", "plan": "agent", "amount": 46, "monthlycredits": 4800}`,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Billing.Renew(t.Context(), "ua-1") },
		},
		"UserAgent/UpgradeTier": {
			wrap(`"tier": "pro", "previousTier": "starter", "newPriceUsd": 46, "newMonthlyCredits": 4800, "proratedCharge": 11.34, "stripeProrationApplied": true`),
			`{"tier": "pro", "previousTier": "starter", "newPriceUsd": 46, "newMonthlyCredits": 4800, "proratedCharge": 11.34, "stripeProrationApplied": true}`,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Billing.Upgrade(t.Context(), "ua-1") },
		},
		"UserAgent/TransactionList": {wrap(ledger), `{` + ledger + `}`, func(t *testing.T, c *wiro.Client) (any, error) {
			return c.Billing.Transactions(t.Context(), wiro.TransactionQuery{UserAgentGUID: "ua-1"})
		}},
		"UserAgent/Message/Send": {
			wrap(`"messageguid": "m-1", "agenttoken": "tok-m-1", "status": "agent_queue"`),
			`{"messageguid": "m-1", "agenttoken": "tok-m-1", "status": "agent_queue"}`,
			func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: "ua-1", Message: "hi"})
			},
		},
		"UserAgent/Message/Detail": {wrap(`"data": ` + answered), answered, func(t *testing.T, c *wiro.Client) (any, error) { return c.Messages.Get(t.Context(), message) }},
		"UserAgent/Message/History": {
			wrap(`"data": {"messages": [` + answered + `], "count": 1, "hasmore": true}`), `{"messages": [` + answered + `], "count": 1, "hasmore": true}`,
			func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Messages.History(t.Context(), wiro.HistoryQuery{UserAgentGUID: "ua-1"})
			},
		},
		"UserAgent/Message/Sessions": {
			wrap(`"data": {"sessions": [{"sessionkey": "s-7", "messagecount": "24", "updatedat": "1743350401", "lastmessage": "How are they?"}]}`),
			`[{"sessionkey": "s-7", "messagecount": 24, "updatedat": "1743350401", "lastmessage": "How are they?"}]`,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Messages.Sessions(t.Context(), "ua-1") },
		},
		"UserAgent/Message/SystemInsert": {
			wrap(`"messageguid": "m-2", "sessionkey": "default"`), `{"messageguid": "m-2", "sessionkey": "default"}`,
			func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Messages.Insert(t.Context(), wiro.SystemMessage{UserAgentGUID: "ua-1", OwnerUUID: "u-grace", Content: "hi"})
			},
		},
		"UserAgent/Logs": {
			wrap(`"date": "2026-05-03", "totalLines": 1428, "events": ` + events), `{"date": "2026-05-03", "totalLines": 1428, "events": ` + events + `}`,
			func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Logs.Tail(t.Context(), wiro.LogQuery{UserAgentGUID: "ua-1"})
			},
		},
		"UserAgent/LogsFile": {
			wrap(`"date": "2026-05-03", "truncated": true, "events": ` + events), `{"date": "2026-05-03", "truncated": true, "events": ` + events + `}`,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Logs.Day(t.Context(), "ua-1", "2026-05-03") },
		},
		"UserAgent/LogsList": {
			wrap(`"dates": [{"date": "2026-05-01", "filename": "2026-05-01.jsonl.gz", "size": 38912, "compressed": true}]`),
			`[{"date": "2026-05-01", "filename": "2026-05-01.jsonl.gz", "size": 38912, "compressed": true}]`,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Logs.Days(t.Context(), "ua-1") },
		},
		"UserAgent/LogsDelete": {
			wrap(`"date": "2026-05-01", "removed": {"plain": true, "gz": true}`), `{"date": "2026-05-01", "removed": {"plain": true, "gz": true}}`,
			func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Logs.Delete(t.Context(), "ua-1", "2026-05-01")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			value, err := test.call(t, answering(t, test.answer).Client)
			require.NoError(t, err)
			require.Empty(t, lost(t, test.part, value))
		})
	}
}

// noNames replaces the catalog's names of skills with the objects that they are decoded to.
func noNames(agent string) string {
	const names = `"skills": ["int-reviews-read"]`
	return strings.Replace(agent, names, `"skills": [{"name": "int-reviews-read", "enabled": true}]`, 1)
}

func TestACredentialKeepsItsFlagsItsSchemaAndItsValues(t *testing.T) {
	t.Parallel()
	const credential = `{"_connected": true, "optional": true, "extra": true, "_editable": {"user": true, "apikey": false},
		"_required_missing": true, "_schema": {"title": "Reviews", "icon": "https://files.test/i.svg", "brand_color": "#010203",
			"brand_text_color": "#040506", "brand_logo_filter": "sepia(1)", "docs_url": "/docs/reviews", "credential_mode": "hybrid",
			"connection_modes": ["wiro", "own"], "wiro_connect_pending": true, "oauth_provider": "instagram",
			"fields": [{"key": "user", "label": "User", "type": "text", "required": true, "pattern": "^a", "placeholder": "ada", "help": "Who"}]},
		"user": "ada", "apikey": "k-1", "accounts": [{"name": "a", "size": 12345678901234567}], "connectedat": "2026-05-01T12:00:00.000Z"}`
	agent, err := answering(t, `{"result": true, "useragents": [{"guid": "ua-1", "credentials": {"reviews": `+credential+`, "odd": "text"}}]}`).
		MyAgents.Get(t.Context(), "ua-1")
	require.NoError(t, err)
	c := agent.Credentials["reviews"]
	require.True(t, c.Connected && c.Optional && c.Extra && *c.RequiredMissing)
	require.Equal(t, map[string]bool{"user": true, "apikey": false}, c.Editable)
	require.Empty(t, lost(t, `{"title": "Reviews", "icon": "https://files.test/i.svg", "brand_color": "#010203",
		"brand_text_color": "#040506", "brand_logo_filter": "sepia(1)", "docs_url": "/docs/reviews", "credential_mode": "hybrid",
		"connection_modes": ["wiro", "own"], "wiro_connect_pending": true,
		"fields": [{"key": "user", "label": "User", "type": "text", "required": true, "pattern": "^a", "placeholder": "ada", "help": "Who"}]}`, c.Schema))
	require.Equal(t, "instagram", c.Schema.OAuth.Name)
	require.Empty(t, lost(t, `{"user": "ada", "apikey": "k-1", "accounts": [{"name": "a", "size": 12345678901234567}], "connectedat": "2026-05-01T12:00:00.000Z"}`, c.Values))
	require.Len(t, c.Values, 4, "flags are no values")
	require.Contains(t, agent.Credentials, "odd")
}

// Fields come in several shapes: none of them loses the agent.
func TestTheManyFormsOfAnAgentMeanTheSame(t *testing.T) {
	t.Parallel()
	for name, agent := range map[string]string{
		"skills by name":            `"status": "4", "skills": ["int-a"], "skillsmeta": [{"name": "int-a", "title": "A"}], "credentials": []`,
		"skills as objects":         `"status": 4, "skills": [{"name": "int-a", "enabled": true}], "skillsmeta": {"int-a": {"name": "int-a", "title": "A"}}, "credentials": {}`,
		"everything inside strings": `"status": 4.0, "skills": "[\"int-a\"]", "skillsmeta": "{\"int-a\": {\"name\": \"int-a\", \"title\": \"A\"}}", "credentials": null`,
	} {
		u, err := answering(t, `{"result": true, "useragents": [{"guid": 7, "monthlycredits": "1000", "usedcredits": 400.5, `+agent+`}]}`).MyAgents.Get(t.Context(), "7")
		require.NoError(t, err, name)
		require.Equal(t, "7", u.GUID, name)
		require.Equal(t, wiro.AgentRunning, u.Status, name)
		require.Equal(t, "running", u.Status.String(), name)
		require.Equal(t, []wiro.EnabledSkill{{Name: "int-a", Enabled: true}}, u.Skills, name)
		require.Equal(t, "A", u.SkillsMeta["int-a"].Title, name)
		require.Empty(t, u.Credentials, name)
		require.Equal(t, new(599.5), u.Remaining(), name)
		require.False(t, u.Subscription.Active(), name)
	}
}

func TestATierHasOnePriceUnderTwoNames(t *testing.T) {
	t.Parallel()
	for _, tier := range []string{`{"priceUsd": 9, "credits": 1000}`, `{"price": "9", "credits": "1000"}`} {
		agent, err := answering(t, `{"result": true, "agents": [{"tiers": {"starter": `+tier+`}}]}`).Agents.Get(t.Context(), wiro.AgentRef{GUID: "a"})
		require.NoError(t, err)
		require.Equal(t, wiro.Tier{PriceUSD: new(9.0), Credits: new(1000.0)}, agent.Tiers["starter"])
	}
}

func TestACredentialNamesTheAccountThatItWantsConnected(t *testing.T) {
	t.Parallel()
	oauth := func(name string) *wiro.OAuthConfig { return &wiro.OAuthConfig{Name: name} }
	field := []wiro.CredentialField{{Key: "apppassword"}}
	for name, test := range map[string]struct {
		key    string
		schema wiro.CredentialSchema
		want   wiro.OAuthProvider
	}{
		"by endpoint":               {"ig", wiro.CredentialSchema{OAuth: &wiro.OAuthConfig{ConnectEndpoint: "/UserAgentOAuth/IGConnect"}}, wiro.Instagram},
		"by name":                   {"whatever", wiro.CredentialSchema{OAuth: oauth("google-ads")}, wiro.GoogleAds},
		"by key":                    {"twitter", wiro.CredentialSchema{OAuth: oauth("")}, wiro.Twitter},
		"by another key":            {"twitterx", wiro.CredentialSchema{OAuth: oauth("")}, wiro.Twitter},
		"without hyphens":           {"googleads", wiro.CredentialSchema{Mode: "oauth", Fields: field}, wiro.GoogleAds},
		"no schema at all":          {"metaads", wiro.CredentialSchema{}, wiro.MetaAds},
		"a password":                {"wordpress", wiro.CredentialSchema{Mode: "api_key", Fields: field}, ""},
		"a password of a known key": {"hubspot", wiro.CredentialSchema{Mode: "api_key", Fields: field}, ""},
	} {
		require.Equal(t, test.want, test.schema.Provider(test.key), name)
	}
}

func FuzzAgentsAndMessages(f *testing.F) {
	for _, seed := range []string{deployed, template, answered, `{"metadata":"<think>a","credentials":"{","skills":[[]],"tiers":{"pro":5}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		decodesOrNot[wiro.UserAgent](t, data)
		decodesOrNot[wiro.Agent](t, data)
		decodesOrNot[wiro.Message](t, data)
		decodesOrNot[wiro.Ledger](t, data)
		decodesOrNot[wiro.AgentLog](t, data)
	})
}

// decodesOrNot decodes what it can; what decodes must encode again.
func decodesOrNot[T any](t *testing.T, data string) {
	t.Helper()
	var value T
	if wire.Decode([]byte(data), &value) == nil {
		_, err := json.Marshal(value)
		require.NoError(t, err)
	}
}
