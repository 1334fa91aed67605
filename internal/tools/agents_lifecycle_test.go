package tools

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

const theAgent = `{"useragentguid": "` + agentID + `"}`

func TestStartFollowsAnAgentUntilItRuns(t *testing.T) {
	t.Parallel()
	f := faking(t, nil)
	f.say("UserAgent/Detail", agentNow(`"status": 2`), agentNow(`"status": 3`), agentNow(`"status": 4`))
	var told []string
	r := f.callAs(circumstances{progress: func(_, _ float64, message string) { told = append(told, message) }}, "start_agent", theAgent)
	require.False(t, r.isError, r.text)
	require.Contains(t, r.text, "It runs and takes messages. send_agent_message talks to it.")
	require.Equal(t, map[string]any{"useragentguid": agentID, "title": "My bot", "status": "running"}, r.data["agent"])
	require.Equal(t, []string{"queued", "starting", "running"}, told)
	require.Equal(t, "UserAgent/Start", f.paths()[0])
}

func TestStartOfAnAgentThatRunsIsNoError(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"Agent is already running", "Agent is already queued to start"} {
		f := faking(t, map[string]string{"UserAgent/Start": saysNo(words), "UserAgent/Detail": agentNow(`"status": 4`)})
		require.Contains(t, f.ok("start_agent", theAgent).text, "It runs already")
	}
}

func TestStartSaysWhatSetUpIsMissing(t *testing.T) {
	t.Parallel()
	const fields = `"fields": [{"key": "url", "type": "text", "required": true}, {"key": "user", "type": "text", "required": true},
		{"key": "apppassword", "type": "password", "required": true}, {"key": "note", "type": "text", "required": false}]`
	for name, test := range map[string]struct {
		credentials string
		says        string
		next        string
		arguments   map[string]any
	}{
		"fields": {
			`"wordpress": {"_required_missing": true, "_schema": {"title": "WordPress", "credential_mode": "api_key", ` + fields + `}, "url": "", "user": "", "apppassword": ""}`,
			"Setup required: wordpress needs url, user, apppassword: set_agent_credentials.", "set_agent_credentials",
			map[string]any{"useragentguid": agentID, "fields": []any{
				map[string]any{"credentialkey": "wordpress", "fieldname": "url", "fieldvalue": "…"},
				map[string]any{"credentialkey": "wordpress", "fieldname": "user", "fieldvalue": "…"},
				map[string]any{"credentialkey": "wordpress", "fieldname": "apppassword", "fieldvalue": "…"},
			}},
		},
		"some fields": {
			`"wordpress": {"_required_missing": true, "_schema": {"credential_mode": "api_key", ` + fields + `}, "url": "https://a.test", "user": "ada"},
			 "telegram": {"optional": true, "_schema": {"credential_mode": "api_key", "fields": [{"key": "bottoken", "type": "password", "required": true}]}}`,
			"Setup required: wordpress needs apppassword: set_agent_credentials.", "set_agent_credentials", nil,
		},
		"an account": {
			`"twitter": {"_connected": false, "_required_missing": true, "_schema": {"credential_mode": "oauth", "oauth_provider": "twitter", "connection_modes": ["wiro", "own"],
				"fields": [{"key": "clientid", "required": true, "only_in_modes": ["own"]}, {"key": "xusername", "required": true}]}}`,
			"Setup required: twitter needs an account: connect_agent_account with provider twitter.", "connect_agent_account",
			map[string]any{"useragentguid": agentID, "provider": "twitter"},
		},
		"an account through one's own app": {
			`"instagram": {"_required_missing": true, "_schema": {"credential_mode": "oauth", "wiro_connect_pending": true, "oauth_provider": "instagram",
				"fields": [{"key": "appid", "required": true, "only_in_modes": ["own"]}, {"key": "appsecret", "type": "password", "required": true, "only_in_modes": ["own"]}]}}`,
			"instagram needs appid, appsecret of your own app: set_agent_credentials, with authmethod own; then connect_agent_account with provider instagram and authmethod own",
			"set_agent_credentials", nil,
		},
		"an account, its app being there": {
			`"instagram": {"_required_missing": true, "_schema": {"credential_mode": "oauth", "wiro_connect_pending": true, "oauth_provider": "instagram",
				"fields": [{"key": "appid", "required": true, "only_in_modes": ["own"]}]}, "appid": "1", "authmethod": "own"}`,
			"instagram needs an account: connect_agent_account with provider instagram and authmethod own", "connect_agent_account",
			map[string]any{"useragentguid": agentID, "provider": "instagram", "authmethod": "own"},
		},
		"a choice of what the account has": {
			`"google-ads": {"_required_missing": true, "_schema": {"credential_mode": "oauth", "oauth_provider": "google-ads"}, "connectedat": "1714608000", "customerid": ""}`,
			"google-ads needs a customer: select_agent_account with provider google-ads", "select_agent_account",
			map[string]any{"useragentguid": agentID, "provider": "google-ads"},
		},
		"a list": {
			`"firebase": {"_required_missing": true, "_schema": {"credential_mode": "sa", "fields": [{"key": "accounts", "type": "array", "required": true,
				"fields": [{"key": "appname"}, {"key": "serviceaccountjsonbase64", "type": "password"}]}]}, "accounts": []}`,
			"firebase needs accounts: set_agent_credentials", "set_agent_credentials", nil,
		},
		"nobody knows what": {``, "Setup required: Wiro does not say what is missing.", "get_my_agent", map[string]any{"useragentguid": agentID}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := agentNow(`"status": 6, "setuprequired": true, "credentials": {` + test.credentials + `}`)
			atOnce := faking(t, map[string]string{"UserAgent/Start": saysNo("Agent setup is not complete. Please fill in your credentials before starting."), "UserAgent/Detail": now})
			later := faking(t, map[string]string{"UserAgent/Detail": now})
			for _, f := range []*fakeWiro{atOnce, later} {
				next, arguments := f.refused("start_agent", theAgent, test.says).next()
				require.Equal(t, test.next, next)
				if test.arguments != nil {
					require.Equal(t, test.arguments, arguments)
				}
			}
			// get_my_agent says the same before anybody tries.
			if test.credentials != "" {
				detail := atOnce.ok("get_my_agent", theAgent)
				require.Contains(t, detail.text, strings.TrimSuffix(strings.TrimPrefix(test.says, "Setup required: "), "."))
				next, _ := detail.next()
				require.Equal(t, test.next, next)
			}
		})
	}
}

func TestAToolThatIsOffIsNotSuggestedButNamed(t *testing.T) {
	t.Parallel()
	byDefault := func(o *Options) { o.Toolsets = DefaultToolsets }
	f := faking(t, map[string]string{"UserAgent/Detail": agentNow(`"status": 0, "subscription": {"status": "expired"}`)}, byDefault)
	r := f.ok("get_my_agent", theAgent)
	require.Contains(t, r.text, "its subscription is expired: renew_agent_subscription (its toolset is off here: WIRO_TOOLSETS=all turns it on)")
	next, _ := r.next()
	require.Empty(t, next)

	// What an agent needs to get going is on by default.
	f = faking(t, map[string]string{"UserAgent/Detail": agentNow(`"status": 6, "setuprequired": true, "credentials": {"wordpress": {"_required_missing": true,
		"_schema": {"credential_mode": "api_key", "fields": [{"key": "url", "required": true}]}}}`)}, byDefault)
	next, _ = f.ok("get_my_agent", theAgent).next()
	require.Equal(t, "set_agent_credentials", next)
}

func TestStartReportsAnAgentThatFailsOrIsStopped(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{"UserAgent/Detail": agentNow(`"status": 5`)})
	next, arguments := f.refused("start_agent", theAgent, "ended with an error", "get_agent_logs").next()
	require.Equal(t, "get_agent_logs", next)
	require.Equal(t, agentID, arguments["useragentguid"])
	f.say("UserAgent/Detail", agentNow(`"status": 0`))
	next, _ = f.refused("start_agent", theAgent, "stopped again").next()
	require.Equal(t, "start_agent", next)
}

func TestAWaitForAnAgentEndsWithWhatIsKnown(t *testing.T) {
	t.Parallel()
	drain, leave := context.WithCancel(soon(t))
	leave()
	for name, change := range map[string]func(*Options){
		"time is up":             func(o *Options) { o.RunTimeout = time.Millisecond },
		"the server is going":    func(o *Options) { o.Drain = drain },
		"the caller has no time": func(*Options) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := faking(t, map[string]string{"UserAgent/Detail": agentNow(`"status": 3`)}, change)
			arguments := theAgent
			if name == "the caller has no time" {
				arguments = `{"useragentguid": "` + agentID + `", "timeout_seconds": 0.01}`
			}
			r := f.ok("start_agent", arguments)
			require.Contains(t, r.text, "goes on by itself")
			next, _ := r.next()
			require.Equal(t, "get_my_agent", next)
		})
	}
}

func TestStopFollowsAnAgentUntilItHasStopped(t *testing.T) {
	t.Parallel()
	f := faking(t, nil)
	f.say("UserAgent/Detail", agentNow(`"status": 1`), agentNow(`"status": 0`))
	require.Contains(t, f.ok("stop_agent", theAgent).text, "It has stopped.")
	f.say("UserAgent/Stop", saysNo("Agent is already stopped"))
	require.Contains(t, f.ok("stop_agent", theAgent).text, "It was stopped already.")
	f.say("UserAgent/Stop", saysNo("Agent is in error state, use Start to retry"))
	next, arguments := f.refused("stop_agent", theAgent, "in error state").next()
	require.Equal(t, "start_agent", next)
	require.Equal(t, agentID, arguments["useragentguid"])
}

// A change of a running agent restarts it: Wiro refuses to stop what is stopping already.
func TestStopStopsAnAgentThatIsRestarting(t *testing.T) {
	t.Parallel()
	f := faking(t, nil)
	f.say("UserAgent/Stop", saysNo("Agent is currently stopping, please wait"), yes)
	f.say("UserAgent/Detail", agentNow(`"status": 1`), agentNow(`"status": 2`), agentNow(`"status": 1`), agentNow(`"status": 0`))
	require.Contains(t, f.ok("stop_agent", theAgent).text, "It has stopped.")
	require.Equal(t, 2, times(f.paths(), "UserAgent/Stop"))

	f.say("UserAgent/Stop", saysNo("Agent is currently stopping, please wait"))
	f.say("UserAgent/Detail", agentNow(`"status": 1`), agentNow(`"status": 0`))
	require.Contains(t, f.ok("stop_agent", theAgent).text, "It has stopped.")
	f.refused("stop_agent", `{"useragentguid": "`+agentID+`", "wait": false}`, "currently stopping")
}

func TestDeployShowsWhatIsLeftToDo(t *testing.T) {
	t.Parallel()
	f := faking(t, ForSale("deploy_agent"))
	f.say("UserAgent/Deploy", agentNow(`"status": 6, "setuprequired": true, "subscription": null,
		"credentials": {"twitter": {"_required_missing": true, "_schema": {"oauth_provider": "twitter"}}}`))
	r := f.ok("deploy_agent", `{"agentguid": "tpl", "title": "My bot", "confirm": true}`)
	require.Contains(t, r.text, "Deployed: My bot.")
	require.Contains(t, r.text, "twitter needs an account")
	next, _ := r.next()
	require.Equal(t, "connect_agent_account", next)

	f.say("UserAgent/Deploy", agentNow(`"subscription": null`))
	next, _ = f.ok("deploy_agent", `{"agentguid": "tpl", "title": "My bot", "confirm": true}`).next()
	require.Equal(t, "start_agent", next)
}

func TestGetMyAgentSaysWhatBlocks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ agent, says, next string }{
		"nothing, but it is stopped": {``, "stopped.", "start_agent"},
		"nothing, and it runs":       {`"status": 4`, "running", ""},
		"no credits":                 {`"status": 4, "remainingcredits": 0, "usedcredits": 1000`, "no credits are left", "buy_agent_credits"},
		"an expired subscription":    {`"subscription": {"status": "expired"}`, "its subscription is expired", "renew_agent_subscription"},
		"an error":                   {`"status": 5`, "it ended with an error", "start_agent"},
	} {
		f := faking(t, map[string]string{"UserAgent/Detail": agentNow(test.agent)})
		r := f.ok("get_my_agent", theAgent)
		require.Contains(t, r.text, test.says, name)
		next, _ := r.next()
		require.Equal(t, test.next, next, name)
	}
}

func TestCoverIsFetchedAndUploaded(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			w.Header().Set("Content-Type", "application/pdf")
		} else {
			w.Header().Set("Content-Type", "image/png")
		}
		_, _ = w.Write([]byte("pixels"))
	}))
	t.Cleanup(site.Close)
	f := faking(t, map[string]string{"UserAgent/Cover": agentNow(`"status": 4`), "UserAgent/Update": agentNow(`"status": 1`)},
		func(o *Options) { o.Fetch = site.Client() })
	r := f.ok("update_my_agent", `{"useragentguid": "`+agentID+`", "title": "New", "cover_file_url": "`+site.URL+`/cover.png", "pinned": false}`)
	require.Equal(t, []string{"UserAgent/Update", "UserAgent/Cover", "UserAgent/Pin"}, f.paths())
	require.Contains(t, r.text, "Its details are changed, its cover is uploaded, it is not pinned any more.")

	require.Contains(t, f.ok("update_my_agent", `{"useragentguid": "`+agentID+`", "title": "New"}`).text, "It restarts with the change.")
	f.refused("update_my_agent", `{"useragentguid": "`+agentID+`", "cover_file_url": "`+site.URL+`/page.pdf"}`, "must lead to a picture")
	f.refused("update_my_agent", `{"useragentguid": "`+agentID+`"}`, "Nothing to update", "title, description")
	f.say("UserAgent/Pin", saysNo("User agent not found"))
	f.refused("update_my_agent", `{"useragentguid": "`+agentID+`", "title": "New", "pinned": true}`, "Its details are changed. Then: User agent not found")
}

func TestPinnedAgentsCarryTheirLastMessage(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{
		"UserAgent/PinnedAgents": agentNow(`"pinned": true, "agent": {"slug": "instagram-manager"}, "teamguid": "t1"`),
		"UserAgent/PinnedUnread": `{"result": true, "data": [{"useragentguid": "` + agentID + `", "lastmessageguid": "m9"}]}`,
	})
	r := f.ok("list_my_agents", `{"pinned": true, "teamguid": "t1"}`)
	for _, text := range []string{"My bot · stopped", agentID, "instagram-manager", "starter", "900 credits left", "active until 2030-01-01", "team t1", "last message m9"} {
		require.Contains(t, r.text, text)
	}
	for _, request := range f.requests() {
		require.Equal(t, "t1", request.team)
	}
}

func TestListsSayHowToGoOn(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{
		"Agent/List":         `{"result": true, "total": 3, "agents": [{"guid": "a", "slug": "s", "title": "T", "headline": "Does things", "tiers": {"starter": {"priceUsd": 9, "credits": 1000}}}]}`,
		"UserAgent/MyAgents": agentNow(""),
	})
	r := f.ok("list_agents", `{"search": "x", "start": 1}`)
	require.Contains(t, r.text, "3 agents, 2 to 2 shown:\n- T (slug s, guid a) · starter $9.00 a month with 1,000 credits\n  Does things")
	next, arguments := r.next()
	require.Equal(t, "list_agents", next)
	require.EqualValues(t, 2, arguments["start"])
	require.Equal(t, "x", arguments["search"])

	next, arguments = f.ok("list_my_agents", `{"limit": 1}`).next()
	require.Equal(t, "list_my_agents", next)
	require.EqualValues(t, 1, arguments["start"])
	next, _ = f.ok("list_my_agents", `{"limit": 2}`).next()
	require.Empty(t, next)
	f.say("UserAgent/MyAgents", yes)
	next, _ = f.ok("list_my_agents", `{}`).next()
	require.Equal(t, "list_agents", next)
}

func TestWiroAgentsHaveAKnownName(t *testing.T) {
	t.Parallel()
	require.Equal(t, "setup required", wiro.AgentSetupRequired.String())
	require.Equal(t, "status 9", wiro.AgentStatus(9).String())
}
