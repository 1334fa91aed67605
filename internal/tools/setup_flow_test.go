package tools_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// setter is a user who sets an agent up, and remembers all that they were told.
type setter struct {
	*stage
	told []answer
}

func (s *setter) call(tool, arguments string, values ...string) answer {
	s.t.Helper()
	var parsed map[string]any
	require.NoError(s.t, json.Unmarshal([]byte(arguments), &parsed))
	for i := 0; i < len(values); i += 2 {
		parsed[values[i]] = values[i+1]
	}
	data, err := json.Marshal(parsed)
	require.NoError(s.t, err)
	a := s.stage.call(tool, string(data))
	s.told = append(s.told, a)
	return a
}

func (s *setter) follow(a answer) answer {
	s.t.Helper()
	arguments, err := json.Marshal(a.at("nextAction.arguments"))
	require.NoError(s.t, err)
	return s.call(a.at("nextAction.tool").(string), string(arguments))
}

// consents opens an authorize page as a browser does, and returns where it leads back to.
func (s *setter) consents(a answer) url.Values {
	s.t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer browser.CloseIdleConnections()
	response, err := browser.Get(a.at("authorizeUrl").(string))
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	back, err := response.Location()
	require.NoError(s.t, err)
	return back.Query()
}

// TestACustomAgentIsSetUp goes from choosing skills to an agent whose accounts are connected
// and whose tasks are its user's own, and holds all that was said against the secrets.
func TestACustomAgentIsSetUp(t *testing.T) {
	t.Parallel()
	const password = "wxyz wxyz stuv stuv"
	s := &setter{stage: newStage(t)}
	balance := func() float64 { return s.sandbox.Balance(emulator.DemoSignedKey) }

	s.call("list_skill_capabilities", `{}`).ok("social_publishing")
	s.call("list_skills", `{"capability": "campaign_management"}`).ok("int-googleads-manage", "needs google-ads")
	s.call("list_skills", `{"name": "int-gmail-check"}`).ok("Needs the credential: gmail")
	s.call("list_skills", `{"name": "int-gmail"}`).refused("Did you mean int-gmail-check?")
	s.call("list_credential_types", `{"skill": "int-gmail-check"}`).ok("account", "apppassword (password")
	s.call("list_credential_types", `{}`).ok("google-ads")
	deployed := s.call("deploy_agent", `{"custom": true, "title": "Desk", "skills": {"int-gmail-check": true}, "tier": "pro", "confirm": true}`).ok()
	agent := deployed.at("agent.useragentguid").(string)

	// A password, once entered, is entered.
	s.call("set_agent_credentials", `{"fields": [{"credentialkey": "gmail", "fieldname": "account", "fieldvalue": "desk@example.com"},
		{"credentialkey": "gmail", "fieldname": "apppassword", "fieldvalue": "`+password+`"}]}`, "useragentguid", agent).ok("2 of 2 fields written")
	s.call("get_agent_credential_history", `{"credentialkey": "gmail"}`, "useragentguid", agent).ok("account = desk@example.com", "apppassword = [set]")
	s.call("set_agent_credentials", `{"fields": [{"credentialkey": "nosuch", "fieldname": "a", "fieldvalue": "b"}]}`, "useragentguid", agent).refused()

	// Skills are paid for once, after confirmation.
	before := balance()
	asked := s.call("apply_agent_skills", `{"skills": {"int-googleads-manage": true, "int-twitterx-post": true}}`, "useragentguid", agent).ok("Nothing has been charged")
	require.InDelta(t, before, balance(), 0.001)
	applied := s.follow(asked).ok("was taken from the wallet", "int-googleads-manage")
	require.InDelta(t, before-applied.at("chargedUsd").(float64), balance(), 0.001)
	require.LessOrEqual(t, applied.at("chargedUsd"), asked.at("costUsd"))
	paid := balance()
	s.follow(asked).ok()
	require.InDelta(t, paid, balance(), 0.001, "the same key pays once")

	// Accounts are connected by consent.
	link := s.call("connect_agent_account", `{"provider": "twitter", "redirecturl": "http://localhost:9/cb"}`, "useragentguid", agent).ok("within 15 minutes")
	s.follow(link).ok("not connected")
	require.Equal(t, "true", s.consents(link).Get("x_connected"))
	s.follow(link).ok("X (Twitter): connected as")
	link = s.call("connect_agent_account", `{"provider": "google-ads", "redirecturl": "https://app.example.com/cb"}`, "useragentguid", agent).ok("gads_accounts lists each customer")
	var choices []struct{ ID, Name string }
	require.NoError(t, json.Unmarshal([]byte(s.consents(link).Get("gads_accounts")), &choices))
	s.call("select_agent_account", `{"provider": "google-ads"}`, "useragentguid", agent, "id", choices[0].ID, "name", choices[0].Name).ok("The agent works with the customer " + choices[0].Name)
	s.follow(link).ok("Google Ads: connected as " + choices[0].Name)
	s.call("refresh_agent_token", `{"provider": "twitter"}`, "useragentguid", agent).ok("Access token [set]")
	s.call("get_my_agent", `{}`, "useragentguid", agent).ok()
	s.call("disconnect_agent_account", `{"provider": "twitter"}`, "useragentguid", agent).ok()
	s.call("get_agent_account_status", `{"provider": "twitter"}`, "useragentguid", agent).ok("not connected")

	// A scheduled task of one's own is made, changed, renamed, taken back and deleted.
	s.call("set_custom_skill", `{"skillkey": "digest", "value": "Count the mail.", "interval": "0 9 * * 1", "enabled": true, "usercreated": true}`, "useragentguid", agent).ok("prefix")
	renamed := s.call("rename_custom_skill", `{"oldskillkey": "cs-cron-digest", "newskillkey": "recap"}`, "useragentguid", agent).ok("Renamed")
	key := renamed.at("skillkey").(string)
	s.call("set_custom_skill", `{"value": "Count the mail twice."}`, "useragentguid", agent, "skillkey", key).ok()
	history := s.call("get_custom_skill_history", `{}`, "useragentguid", agent, "skillkey", key).ok("Count the mail twice.", "Count the mail.")
	versions := history.data["versions"].([]any)
	first := versions[len(versions)-1].(map[string]any)
	s.call("revert_custom_skill", `{"source": "history"}`, "useragentguid", agent, "skillkey", key, "versionguid", first["versionguid"].(string)).ok(key)
	s.call("delete_custom_skill", `{}`, "useragentguid", agent, "skillkey", key).ok("Deleted")
	s.call("rename_custom_skill", `{"newskillkey": "again"}`, "useragentguid", agent, "oldskillkey", key).refused("no such custom skill")

	s.scan(password)
}

// TestATeamIsMadeFundedAndGivenAnAgent covers the tools about teams.
func TestATeamIsMadeFundedAndGivenAnAgent(t *testing.T) {
	t.Parallel()
	s := &setter{stage: newStage(t)}
	organization := s.call("create_organization", `{"name": "Acme"}`).ok("Created").at("organizationguid").(string)
	team := s.call("create_team", `{"name": "Desk"}`, "organizationguid", organization).ok("Created").at("teamguid").(string)
	s.call("invite_team_member", `{"email": "ada@example.com", "role": "member"}`, "teamguid", team).ok("Invited")
	s.call("update_team", `{"modelaccess": "blocklist", "blockedmodelids": ["1"]}`, "teamguid", team).ok("blocklist")
	before := s.sandbox.Balance(emulator.DemoSignedKey)
	asked := s.call("transfer_credit", `{"amount": 20}`, "targetteamguid", team).ok("Nothing has been charged")
	require.Zero(t, s.sandbox.TeamBalance(team))
	s.follow(asked).ok("Moved $20.00")
	require.InDelta(t, 20, s.sandbox.TeamBalance(team), 0.001)
	require.InDelta(t, before-20, s.sandbox.Balance(emulator.DemoSignedKey), 0.001)
	s.call("get_team_spending", `{}`, "teamguid", team).ok("spent")

	agent := s.call("deploy_agent", `{"custom": true, "title": "Desk", "skills": {"int-gmail-check": true}, "confirm": true}`).ok().at("agent.useragentguid").(string)
	s.call("transfer_agent", `{}`, "useragentguid", agent, "targetteamguid", team).ok("in team")
	s.call("apply_agent_skills", `{"skills": {"int-twitterx-post": true}, "confirm": true}`, "useragentguid", agent).ok("Skills applied")
	s.call("apply_agent_skills", `{"skills": {"int-twitterx-post": false}, "confirm": true}`, "useragentguid", agent, "teamguid", team).ok("Skills applied")
	s.call("transfer_agent", `{}`, "useragentguid", agent, "targetteamguid", "").ok("personal workspace")

	require.True(t, s.sandbox.RemoveOrganization(organization))
	s.call("create_team", `{"name": "Late"}`, "organizationguid", organization).refused("Organization not found")
	s.call("restore_organization", `{}`, "organizationguid", organization).ok("Restored")
	s.call("create_team", `{"name": "Late"}`, "organizationguid", organization).ok("Created")
	s.scan()
}

// scan holds all that was said against the sandbox's secrets and the user's own.
func (s *setter) scan(own ...string) {
	s.t.Helper()
	require.NotEmpty(s.t, emulator.PlantedSecrets())
	for _, a := range s.told {
		data, err := json.Marshal(a.data)
		require.NoError(s.t, err)
		for _, secret := range append(own, emulator.PlantedSecrets()...) {
			require.NotContains(s.t, a.text, secret)
			require.NotContains(s.t, string(data), secret)
		}
	}
}
