package tools_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// aTeam makes a team with money in its wallet.
func (s *setter) aTeam(name string, usd float64) string {
	s.t.Helper()
	organization := s.call("create_organization", `{"name": "Acme"}`).ok().at("organizationguid").(string)
	team := s.call("create_team", `{}`, "organizationguid", organization, "name", name).ok().at("teamguid").(string)
	s.sandbox.SetTeamBalance(team, usd)
	return team
}

const bakery = `{"custom": true, "title": "Bakery", "tier": "pro", "skills": {"int-wordpress-post": true},
	"credentials": {"wordpress": {"url": "https://blog.example.com", "user": "ada", "apppassword": "abcd efgh ijkl mnop"}}, "confirm": true}`

// teams are the teams that Wiro was told of in requests to an endpoint, in order.
func (s *setter) teams(path string) (teams []string) {
	for _, r := range s.sandbox.Requests() {
		if r.Path == path {
			teams = append(teams, r.Header.Get("teamGUID"))
		}
	}
	return teams
}

// Who has the guid of a team's agent needs nothing more: its team is taken from the agent itself,
// and every next step names it.
func TestATeamsAgentIsReachedByItsGuidAlone(t *testing.T) {
	t.Parallel()
	s := &setter{stage: newStage(t)}
	team := s.aTeam("Desk", 1000)
	agent := s.call("deploy_agent", bakery, "teamguid", team).ok().at("agent.useragentguid").(string)
	names := func(a answer) {
		t.Helper()
		require.Equal(t, team, a.at("nextAction.arguments.teamguid"), a.text)
	}

	looked := s.call("get_my_agent", `{}`, "useragentguid", agent).ok("Of the team " + team)
	names(looked)
	s.follow(looked).ok("It runs")
	require.Equal(t, []string{team}, s.teams("UserAgent/Start"))

	sent := s.call("send_agent_message", `{"message": "please hold", "wait": false}`, "useragentguid", agent).ok("Sent")
	names(sent)
	require.Equal(t, []string{"", team}, s.teams("UserAgent/Message/Send"), "refused without, sent with")
	message := sent.at("message.messageguid").(string)
	s.call("get_agent_message", `{}`, "messageguid", message, "useragentguid", agent).ok("Still running")
	s.call("get_agent_message", `{}`, "messageguid", message).refused("belongs to a team", "teamguid")
	s.call("cancel_agent_message", `{}`, "messageguid", message, "useragentguid", agent).ok("Canceled")
	s.call("send_agent_message", `{"message": "Hello"}`, "useragentguid", agent).ok("You wrote", "It used 10 credits;")
	s.call("list_agent_messages", `{}`, "useragentguid", agent).ok("Hello")
	s.call("list_agent_sessions", `{}`, "useragentguid", agent).ok("default")
	s.call("delete_agent_messages", `{"sessionkey": "default"}`, "useragentguid", agent).ok("deleted")
	s.call("list_agent_transactions", `{}`, "useragentguid", agent).ok("message")

	before := s.sandbox.TeamBalance(team)
	asked := s.once("buy_agent_credits", map[string]any{"useragentguid": agent, "pack": "small"}).ok(`the balance of the wallet of team "`+team, "Nothing has been charged")
	names(asked)
	bought := s.follow(asked).ok("as its ledger says", "credits now")
	require.InDelta(t, before-s.sandbox.TeamBalance(team), bought.at("chargedUsd"), 0.001)
	require.Positive(t, bought.at("creditsLeft"))
	require.InDelta(t, emulator.DemoBalance, s.sandbox.Balance(emulator.DemoSignedKey), 0.001)

	s.call("cancel_agent_subscription", `{}`, "useragentguid", agent).ok("is not charged again")
	stopped := s.call("stop_agent", `{}`, "useragentguid", agent).ok("Its subscription ends", "not charged again")
	require.Contains(t, stopped.at("agent.subscription"), "canceled")
	s.call("renew_agent_subscription", `{"confirm": true}`, "useragentguid", agent).ok("taken back")
	s.call("stop_agent", `{}`, "useragentguid", agent).ok("stopped already", "Its subscription (pro) goes on: it renews", "cancel_agent_subscription ends it")

	moved := s.call("transfer_agent", `{"targetteamguid": ""}`, "useragentguid", agent).ok("in the personal workspace")
	require.NotContains(t, moved.at("nextAction.arguments"), "teamguid")
	back := s.call("transfer_agent", `{}`, "useragentguid", agent, "targetteamguid", team).ok("in team " + team)
	names(back)
	s.follow(back).ok("Of the team " + team)
}

// A call that names the wrong team does nothing, and says which one is right.
func TestTheWrongTeamIsSetRight(t *testing.T) {
	t.Parallel()
	s := &setter{stage: newStage(t)}
	desk, other := s.aTeam("Desk", 1000), s.aTeam("Other", 1000)
	personal := s.call("deploy_agent", bakery).ok().at("agent.useragentguid").(string)
	agent := s.call("deploy_agent", bakery, "teamguid", desk).ok().at("agent.useragentguid").(string)
	for _, guid := range []string{personal, agent} {
		s.call("start_agent", `{}`, "useragentguid", guid).ok()
	}
	balances := func() []float64 {
		return []float64{s.sandbox.TeamBalance(desk), s.sandbox.TeamBalance(other), s.sandbox.Balance(emulator.DemoSignedKey)}
	}
	before := balances()
	for tool, arguments := range map[string]string{
		"send_agent_message": `{"message": "Hello"}`, "list_agent_messages": `{}`, "list_agent_sessions": `{}`,
		"buy_agent_credits": `{"pack": "small", "confirm": true}`, "apply_agent_skills": `{"skills": {"int-gmail-check": true}, "confirm": true}`,
		"cancel_agent_subscription": `{}`,
	} {
		for guid, team := range map[string]string{personal: "", agent: desk} {
			refused := s.call(tool, arguments, "useragentguid", guid, "teamguid", other).refused()
			if team == "" {
				require.Contains(t, refused.text, "The agent is personal", tool)
				require.NotContains(t, refused.at("nextAction.arguments"), "teamguid", tool)
			} else {
				require.Contains(t, refused.text, "The agent belongs to the team "+desk, tool)
				require.Equal(t, desk, refused.at("nextAction.arguments.teamguid"), tool)
			}
			require.Equal(t, tool, refused.at("nextAction.tool"))
			require.Equal(t, before, balances(), tool)
			s.follow(refused).ok()
		}
	}
	s.call("get_my_agent", `{"teamguid": "made-up"}`, "useragentguid", agent).refused("The agent belongs to the team " + desk)
}

func TestUpdateTeamTakesSlugs(t *testing.T) {
	t.Parallel()
	s := &setter{stage: newStage(t)}
	team := s.aTeam("Desk", 10)
	model := s.call("get_model_schema", `{"model": "openai/sora-2"}`).ok()
	id := model.at("model.id").(string)
	require.NotEmpty(t, id)
	require.Contains(t, model.text, "id "+id)

	updated := s.call("update_team", `{"modelaccess": "blocklist", "blockedmodelids": ["openai/sora-2", "721"]}`, "teamguid", team).
		ok("2 models blocked", "openai/sora-2 (id "+id+"), 721")
	require.Equal(t, []any{
		map[string]any{"list": "blocked", "id": id, "slug": "openai/sora-2"}, map[string]any{"list": "blocked", "id": "721"},
	}, updated.at("models"))
	last := s.sandbox.Requests()[len(s.sandbox.Requests())-1]
	require.Equal(t, "Team/Update", last.Path)
	require.Equal(t, []any{id, "721"}, last.Body["blockedmodelids"])

	before := s.sandbox.Requests()
	s.call("update_team", `{"allowedmodelids": ["openai/no-such-model"]}`, "teamguid", team).refused("openai/no-such-model does not exist")
	for _, r := range s.sandbox.Requests()[len(before):] {
		require.NotEqual(t, "Team/Update", r.Path)
	}
}
