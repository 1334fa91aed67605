package tools_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// Before anything is paid, the price comes with what the agent will need and what ends it.
func TestDeployingSaysWhatItTakes(t *testing.T) {
	t.Parallel()
	s := &setter{stage: newStage(t)}
	template := func(search string) string {
		return s.call("list_agents", `{}`, "search", search).ok().at("agents.0.guid").(string)
	}
	s.call("deploy_agent", `{"title": "My"}`, "agentguid", template("meta ads")).ok("again every 30 days until cancel_agent_subscription ends it",
		"Before it can start, meta-ads needs appid, appsecret of your own app: set_agent_credentials, with authmethod own; then connect_agent_account",
		"must be "+s.sandbox.APIURL()+"/UserAgentOAuth/MetaAdsCallback")
	s.call("deploy_agent", `{"title": "My"}`, "agentguid", template("push")).ok("Before it can start, firebase needs accounts: set_agent_credentials.")
	s.call("deploy_agent", `{"title": "My", "custom": true, "skills": {"int-googleads-manage": true, "int-gmail-check": true}}`).
		ok("gmail needs account, apppassword: set_agent_credentials; google-ads needs an account: connect_agent_account with provider google-ads")
	asked := s.call("deploy_agent", `{"title": "My", "custom": true, "skills": {"int-gmail-check": true}, "credentials": {"gmail": {"account": "a@b.example", "apppassword": "wxyz wxyz"}}}`).
		ok("It needs no credentials for that.")
	require.NotContains(t, asked.text, "wxyz")
	s.sandbox.Behave("Credentials/List", emulator.Behavior{Status: 500})
	s.call("deploy_agent", `{"title": "My", "custom": true, "skills": {"int-gmail-check": true}}`).ok("$", "cannot be read now; get_my_agent says it afterwards")
	s.sandbox.Behave("Credentials/List")

	agent := s.deployed(`{"int-gmail-check": true}`)
	s.call("set_agent_credentials", `{"fields": [{"credentialkey": "gmail", "fieldname": "account", "fieldvalue": "a@b.example"}, {"credentialkey": "gmail", "fieldname": "apppassword", "fieldvalue": "wxyz"}]}`, "useragentguid", agent).ok()
	s.call("apply_agent_skills", `{"skills": {"int-youtube-manage": true}}`, "useragentguid", agent).ok("Before it can start, youtube needs an account: connect_agent_account with provider youtube.")
	s.call("apply_agent_skills", `{"skills": {"util-autopilot": true}}`, "useragentguid", agent).ok("It needs no credentials for that.")
}

// Over HTTP nobody is told to change the settings of a server that is not theirs.
func TestHostedCallersAreToldWhatTheyCanDo(t *testing.T) {
	t.Parallel()
	h := newHosted(t)
	a := h.as(wiro.Credentials{Key: "no-such-key"}, "list_my_agents", `{}`).refused("Check the key that you send")
	require.NotContains(t, a.text, "WIRO_")
	unsigned := h.as(wiro.Credentials{Key: emulator.DemoSignedKey}, "list_my_agents", `{}`).refused("KEY:SECRET")
	require.NotContains(t, unsigned.text, "WIRO_")

	template := h.call("list_agents", `{"search": "blog"}`).ok().at("agents.0.guid").(string)
	arguments := map[string]any{"agentguid": template, "title": "My"}
	fewer := func(tool mcptool.Tool) bool {
		return tool.Name != "set_agent_credentials" && tool.Name != "cancel_agent_subscription"
	}
	deploy := func(scope mcptool.Scope) string {
		scope.Allowed = fewer
		result, err := h.Call(mcptool.WithScope(soon(t), scope), "deploy_agent", arguments, nil)
		require.NoError(t, err)
		require.False(t, result.IsError, result.Text)
		var data map[string]any
		require.NoError(t, json.Unmarshal(result.Structured, &data))
		require.Contains(t, data["message"], "wordpress needs url, user, apppassword: set_agent_credentials (")
		return result.Text
	}
	hosted := deploy(mcptool.Scope{Caller: ada})
	require.Contains(t, hosted, "cancel_agent_subscription (off here: do it at https://wiro.ai/panel/agents) ends it")
	require.NotContains(t, hosted, "WIRO_")
	require.Contains(t, deploy(mcptool.Scope{Caller: mcptool.ServerCredentials{}}), "set_agent_credentials (its toolset is off here: WIRO_TOOLSETS=all turns it on)")
}

func TestAServiceWithoutWirosAppAsksForOnesOwn(t *testing.T) {
	t.Parallel()
	s := &setter{stage: newStage(t, withConsents(t))}
	agent := s.deployed(`{"int-linkedin-post": true}`)
	refused := s.call("connect_agent_account", `{"provider": "linkedin"}`, "useragentguid", agent).
		refused("Wiro has no app of its own for LinkedIn yet", "linkedin needs clientid, clientsecret, organizationid of your own app", "LICallback")
	s.next(refused).ok("Still missing: linkedin needs an account: connect_agent_account with provider linkedin and authmethod own")
	again := s.call("connect_agent_account", `{"provider": "linkedin"}`, "useragentguid", agent).refused("and authmethod own")
	link := s.next(again).ok("The redirect URI of your app must be")
	s.next(link).ok("LinkedIn is connected: Jane Doe")
	s.next(s.call("connect_agent_account", `{"provider": "linkedin"}`, "useragentguid", agent).refused("Connect through an app of your own: authmethod own")).ok()
	s.scan()
}
