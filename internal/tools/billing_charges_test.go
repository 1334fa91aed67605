package tools

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// charging are the endpoints that take money.
var charging = []string{
	"UserAgent/Deploy", "UserAgent/CreateSubscriptionCheckout", "UserAgent/RenewSubscription", "UserAgent/UpgradeTier",
	"UserAgent/CreateExtraCreditCheckout",
}

func (f *fakeWiro) charged() []string {
	return slices.DeleteFunc(f.paths(), func(path string) bool { return !slices.Contains(charging, path) })
}

// purchases are the ways to spend money on an agent, what each costs here, and from where
// the price is.
var purchases = []struct {
	name, tool, arguments string
	agent                 string // how it stands
	usd                   float64
	says                  []string
	source                string // endpoint that knows the price
}{
	{"a template", "deploy_agent", `{"agentguid": "tpl", "title": "Mine", "tier": "pro"}`, "", 29,
		[]string{`"Mine" from the template "Instagram Manager" (pro)`, "$29.00", "every 30 days", "5,000 credits"}, "Agent/Detail"},
	{"a template as it is by default", "deploy_agent", `{"agentguid": "tpl", "title": "Mine"}`, "", 9, []string{"(starter)", "$9.00"}, "Agent/Detail"},
	{"an agent of skills", "deploy_agent", `{"custom": true, "title": "Mine", "skills": {"int-a": true, "int-b": false}, "tier": "pro"}`, "", 27,
		[]string{`Deploying "Mine" (pro)`, "$27.00", "3,000 credits"}, "UserAgent/PricingPreview"},
	{"a subscription", "subscribe_agent", `{"useragentguid": "ua", "tier": "pro"}`, `"subscription": null`, 27, []string{`Subscribing "My bot" (pro)`, "every 30 days"}, "UserAgent/PricingPreview"},
	{"an expired subscription", "renew_agent_subscription", `{"useragentguid": "ua"}`, `"subscription": {"status": "expired"}`, 9,
		[]string{`Renewing "My bot"`, "$9.00"}, "UserAgent/Detail"},
	{"a canceled subscription", "renew_agent_subscription", `{"useragentguid": "ua"}`,
		`"subscription": {"status": "active", "pendingdowngrade": "cancel", "currentperiodend": 1893456000}`, 0,
		[]string{`Taking back the cancellation of "My bot" costs nothing now: it is paid until`, "2030-01-01"}, "UserAgent/Detail"},
	{"an upgrade", "upgrade_agent_tier", `{"useragentguid": "ua"}`, "", 10.2, // (27-9)/30*17
		[]string{`from starter to pro`, "$10.20", "17 days", "$27.00 every 30 days"}, "UserAgent/PricingPreview"},
	{"a pack", "buy_agent_credits", `{"useragentguid": "ua", "pack": "medium"}`,
		`"agent": {"extracreditpacks": [{"packkey": "medium", "credits": 30000, "priceusd": 220, "enabled": true}]}`, 220,
		[]string{"The medium pack of 30,000 credits", "$220.00", "once", "six months"}, "UserAgent/Detail"},
}

func shop(t *testing.T, agent string) *fakeWiro {
	t.Helper()
	answers := ForSale("")
	answers["UserAgent/Detail"] = agentNow(agent)
	return faking(t, answers)
}

func TestNothingIsChargedWithoutAYes(t *testing.T) {
	t.Parallel()
	for _, p := range purchases {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			f := shop(t, p.agent)
			asked := f.ok(p.tool, p.arguments)
			require.Equal(t, "confirmation_required", asked.data["state"])
			require.InDelta(t, p.usd, asked.data["costUsd"], 0.001)
			for _, text := range p.says {
				require.Contains(t, asked.text, text)
			}
			require.Empty(t, f.charged())
			require.Contains(t, f.paths(), p.source)

			// The next step is the same call with a yes, and charges once.
			tool, arguments := asked.next()
			require.Equal(t, p.tool, tool)
			var given map[string]any
			require.NoError(t, json.Unmarshal([]byte(p.arguments), &given))
			given["confirm"], given["confirmation"] = true, arguments["confirmation"]
			require.Equal(t, given, arguments)
			require.NotEmpty(t, arguments["confirmation"])
			data, err := json.Marshal(arguments)
			require.NoError(t, err)
			f.ok(tool, string(data))
			require.Len(t, f.charged(), 1)
		})
	}
}

// asking is a client that can ask its user.
func asking(state string, answer *mcp.ElicitationResult) circumstances {
	call := circumstances{client: mcptool.Client{SupportsElicitation: true}}
	if answer != nil {
		call.params.InputResponses = mcp.InputResponses{"confirm": {Elicitation: answer}}
	}
	call.params.RequestState = state
	return call
}

func TestTheUserIsAskedWhereTheClientCan(t *testing.T) {
	t.Parallel()
	accept := &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"agree": true}}}
	decline := &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionDecline}}
	for _, p := range purchases {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			f := shop(t, p.agent)
			withYes := p.arguments[:len(p.arguments)-1] + `, "confirm": true}` // the model's word is not the user's
			for _, arguments := range []string{p.arguments, withYes} {
				asked := f.callAs(asking("", nil), p.tool, arguments)
				require.NotEmpty(t, asked.raw.InputRequests, asked.text)
				state := asked.raw.RequestState
				require.NotEmpty(t, state)
				require.Empty(t, f.charged())

				require.True(t, f.callAs(asking(state, decline), p.tool, arguments).isError)
				require.NotEmpty(t, f.callAs(asking("0."+state, accept), p.tool, arguments).raw.InputRequests, "a yes under another seal is asked again")
				require.Empty(t, f.charged())

				done := f.callAs(asking(state, accept), p.tool, arguments)
				require.False(t, done.isError, done.text)
				require.Len(t, f.charged(), 1)
				f.forget()
			}
		})
	}
}

// A client that sends its user's yes again, because an answer was lost, has one yes.
func TestAYesChargesOnce(t *testing.T) {
	t.Parallel()
	accept := &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"agree": true}}}
	for _, p := range purchases {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			f := shop(t, p.agent)
			state := f.callAs(asking("", nil), p.tool, p.arguments).raw.RequestState
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() { f.callAs(asking(state, accept), p.tool, p.arguments) })
			}
			wg.Wait()
			require.Len(t, f.charged(), 1)

			again := f.callAs(asking(state, accept), p.tool, p.arguments)
			require.NotEmpty(t, again.raw.InputRequests, "asked again: %s", again.text)
			f.callAs(asking(again.raw.RequestState, accept), p.tool, p.arguments)
			require.Len(t, f.charged(), 2, "a new yes")
		})
	}
}

// forget leaves the requests so far out of requests and paths.
func (f *fakeWiro) forget() { f.from = len(f.wiro.Requests()) }

func TestAPriceThatChangedIsAskedAboutAgain(t *testing.T) {
	t.Parallel()
	f := shop(t, "")
	const arguments = `{"agentguid": "tpl", "title": "Mine", "tier": "pro"}`
	state := f.callAs(asking("", nil), "deploy_agent", arguments).raw.RequestState
	f.say("Agent/Detail", `{"result":true,"agents":[{"guid":"tpl","title":"Instagram Manager","tiers":{"pro":{"priceUsd":99,"credits":5000}}}]}`)
	accept := &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"agree": true}}}
	again := f.callAs(asking(state, accept), "deploy_agent", arguments)
	require.NotEmpty(t, again.raw.InputRequests)
	require.NotEqual(t, state, again.raw.RequestState)
	require.Empty(t, f.charged())
	f.callAs(asking(again.raw.RequestState, accept), "deploy_agent", arguments)
	require.Equal(t, []string{"UserAgent/Deploy"}, f.charged())
}

func TestWhatCannotBeBoughtIsNotAskedAbout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ tool, arguments, agent, says, next string }{
		"a tier without a price":      {"deploy_agent", `{"agentguid": "tpl", "title": "x", "tier": "pro"}`, "", "no price as pro", ""},
		"an active subscription":      {"renew_agent_subscription", `{"useragentguid": "ua"}`, "", "nothing to renew", ""},
		"a second subscription":       {"subscribe_agent", `{"useragentguid": "ua"}`, "", "has a subscription, active until 2030-01-01", "upgrade_agent_tier"},
		"no subscription":             {"renew_agent_subscription", `{"useragentguid": "ua"}`, `"subscription": null`, "no subscription to renew", "subscribe_agent"},
		"an upgrade of nothing":       {"upgrade_agent_tier", `{"useragentguid": "ua"}`, `"subscription": {"status": "expired"}`, "no subscription that is paid for", "subscribe_agent"},
		"a Pro agent":                 {"upgrade_agent_tier", `{"useragentguid": "ua"}`, `"tier": "pro"`, "is Pro already", ""},
		"packs of a Starter agent":    {"buy_agent_credits", `{"useragentguid": "ua", "pack": "small"}`, "", "no credit packs", "upgrade_agent_tier"},
		"a pack that is not offered":  {"buy_agent_credits", `{"useragentguid": "ua", "pack": "small"}`, `"agent": {"extracreditpacks": [{"packkey": "large", "credits": 9, "priceusd": 3, "enabled": true}, {"packkey": "small", "enabled": false}]}`, "it has large 9 credits for $3.00", ""},
		"neither template nor skills": {"deploy_agent", `{"title": "x"}`, "", "needs agentguid", "list_agents"},
		"both":                        {"deploy_agent", `{"title": "x", "agentguid": "tpl", "custom": true}`, "", "exclude each other", ""},
		"a skill that is half on":     {"deploy_agent", `{"title": "x", "custom": true, "skills": {"int-a": "half"}}`, "", "int-a must be true or false", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := shop(t, test.agent)
			if name == "a tier without a price" {
				f.say("Agent/Detail", `{"result":true,"agents":[{"guid":"tpl","title":"T","tiers":{"starter":{"priceUsd":9}}}]}`)
			}
			tool, arguments := f.refused(test.tool, test.arguments, test.says).next()
			require.Equal(t, test.next, tool)
			if tool == "upgrade_agent_tier" || tool == "subscribe_agent" {
				require.Equal(t, "ua", arguments["useragentguid"])
			}
			require.Empty(t, f.charged())
		})
	}
}

func TestADeployedAgentIsShownAsPaidFor(t *testing.T) {
	t.Parallel()
	f := shop(t, "")
	f.say("UserAgent/Deploy", agentNow(`"subscription": null`))
	deployed := f.ok("deploy_agent", `{"agentguid": "tpl", "title": "Mine", "confirm": true}`)
	require.Contains(t, deployed.text, "Subscription: active")
}

func TestCredentialsAreNotRepeatedInTheSuggestion(t *testing.T) {
	t.Parallel()
	f := shop(t, "")
	asked := f.ok("deploy_agent", `{"agentguid": "tpl", "title": "x", "credentials": {"gmail": {"account": "ada@example.com", "apppassword": "abcd efgh ijkl mnop"}}}`)
	require.NotContains(t, asked.everything(t), "efgh")
	require.Contains(t, asked.text, "Pass credentials again")
	_, arguments := asked.next()
	require.ElementsMatch(t, []string{"agentguid", "title", "confirm", "confirmation"}, slices.Collect(maps.Keys(arguments)))
}

// everything that a result says, in both its forms.
func (r result) everything(t *testing.T) string {
	t.Helper()
	data, err := mcptool.Marshal(r.raw)
	require.NoError(t, err)
	return r.text + "\n" + string(data)
}

func TestASpendingCallWhoseAnswerIsLostSaysWhereToLook(t *testing.T) {
	t.Parallel()
	for tool, test := range map[string]struct{ arguments, path, next string }{
		"deploy_agent":       {`{"agentguid": "tpl", "title": "x", "confirm": true}`, "UserAgent/Deploy", "list_my_agents"},
		"subscribe_agent":    {`{"useragentguid": "ua", "confirm": true}`, "UserAgent/CreateSubscriptionCheckout", "get_my_agent"},
		"buy_agent_credits":  {`{"useragentguid": "ua", "pack": "small", "confirm": true}`, "UserAgent/CreateExtraCreditCheckout", "get_my_agent"},
		"send_agent_message": {`{"useragentguid": "ua", "message": "hi"}`, "UserAgent/Message/Send", "list_agent_messages"},
	} {
		f := faking(t, ForSale(tool))
		f.say(test.path, "")
		next, arguments := f.refused(tool, test.arguments, "may have reached Wiro", "Do not repeat it").next()
		require.Equal(t, test.next, next, tool)
		if next != "list_my_agents" {
			require.Equal(t, "ua", arguments["useragentguid"], tool)
		}
		require.Equal(t, 1, times(f.paths(), test.path), "never sent twice")
	}
}
