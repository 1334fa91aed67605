package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// team creates an organization and a team with some money.
func (a *api) team(usd float64) (team, organization string) {
	a.t.Helper()
	o := a.ok("Organization/Create", obj{"name": "Acme"})["organization"].(obj)
	require.EqualValues(a.t, 1, o["status"])
	out := a.ok("Team/Create", obj{"organizationguid": o["guid"], "name": "Engineering"})["team"].(obj)
	require.Equal(a.t, o["guid"], out["organizationguid"])
	a.s.SetTeamBalance(out["guid"].(string), usd)
	return out["guid"].(string), o["guid"].(string)
}

func TestTeamAgentsLiveInTheirTeam(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	team, _ := a.team(50)
	agent := a.template("blog-content-editor")["guid"]
	out := a.inTeam(team, "UserAgent/Deploy", obj{"agentguid": agent, "title": "Team blog", "useprepaid": true, "credentials": blog}).must(t)
	u := out["useragents"].([]any)[0].(obj)
	guid := u["guid"].(string)
	require.Equal(t, team, u["teamguid"])
	require.Equal(t, "collaborative", u["teamsessionmode"])
	require.InDelta(t, 41, a.s.TeamBalance(team), 1e-9)
	require.InDelta(t, emulator.DemoBalance, a.s.Balance(emulator.DemoKey), 1e-9)
	require.Empty(t, a.ok("UserAgent/MyAgents", obj{})["useragents"])
	require.Len(t, a.inTeam(team, "UserAgent/MyAgents", obj{}).must(t)["useragents"], 1)
	require.Equal(t, guid, a.mine(guid)["guid"], "a member may look at it from anywhere")

	a.start(guid)
	wrongContext := "This agent belongs to a team. Switch to the team context to access it."
	a.refusals([]refusal{
		{"UserAgent/Message/Send", obj{"useragentguid": guid, "message": "x"}, 0, wrongContext},
		{"UserAgent/Message/Sessions", obj{"useragentguid": guid}, 0, wrongContext},
		{"UserAgent/UpgradeTier", obj{"guid": guid, "targetTier": "pro"}, 0, wrongContext},
	})
	sent := a.inTeam(team, "UserAgent/Message/Send", obj{"useragentguid": guid, "message": "x"}).must(t)
	a.refusals([]refusal{
		{"UserAgent/Message/Detail", obj{"messageguid": sent["messageguid"]}, 0, wrongContext},
		{"UserAgent/Message/Cancel", obj{"agenttoken": sent["agenttoken"]}, 0, wrongContext},
	})
	a.inTeam(team, "UserAgent/Message/Detail", obj{"messageguid": sent["messageguid"]}).must(t)
	mine := a.up()
	_, message := a.inTeam(team, "UserAgent/Message/Send", obj{"useragentguid": mine, "message": "x"}).failure(t)
	require.Equal(t, "This agent is personal. Switch to your personal context to access it.", message)
	_, message = a.inTeam("nope", "UserAgent/MyAgents", obj{}).failure(t)
	require.Equal(t, "Team not found", message)

	spending := a.ok("Team/SpendingSummary", obj{"teamguid": team})
	require.EqualValues(t, 9, spending["teamTotal"])
	require.EqualValues(t, 9, spending["memberSpent"].(obj)["total"])
	require.Nil(t, spending["spendLimit"])
	require.EqualValues(t, 9, a.inTeam(team, "Team/SpendingSummary", obj{}).must(t)["apiTotal"])
	a.refusals([]refusal{{"Team/SpendingSummary", obj{}, 0, "Request parameter [teamguid] required"}})
}

func TestAgentsMoveBetweenWorkspaces(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	team, organization := a.team(0)
	guid := a.up()
	a.ok("Team/TransferAgent", obj{"useragentguid": guid, "targetteamguid": team})
	require.Equal(t, running, a.rest(guid))
	require.Equal(t, team, a.mine(guid)["teamguid"])
	a.ok("Team/TransferAgent", obj{"useragentguid": guid, "targetteamguid": ""})
	require.Nil(t, a.mine(guid)["teamguid"])
	a.ok("Team/TransferAgent", obj{"useragentguid": guid, "targetteamguid": team})

	require.True(t, a.s.RemoveOrganization(organization))
	require.False(t, a.s.RemoveOrganization("nope"))
	require.Nil(t, a.mine(guid)["teamguid"], "agents go home when the organization goes")
	a.refusals([]refusal{
		{"Team/Update", obj{"teamguid": team}, "1", "Team not found"},
		{"Team/Create", obj{"organizationguid": organization, "name": "x"}, "1", "Organization not found"},
	})
	require.EqualValues(t, 1, a.ok("Organization/Restore", obj{"organizationguid": organization})["organization"].(obj)["status"])
	a.ok("Organization/Restore", obj{"organizationguid": organization})
	a.ok("Team/Update", obj{"teamguid": team})
	a.refusals([]refusal{
		{"Team/TransferAgent", obj{"useragentguid": guid}, 0, "Request parameter [targetteamguid] required"},
		{"Team/TransferAgent", obj{"useragentguid": "nope", "targetteamguid": ""}, 1, "User agent not found"},
		{"Team/TransferAgent", obj{"useragentguid": guid, "targetteamguid": "nope"}, "1", "Team not found"},
		{"Organization/Restore", obj{"organizationguid": "nope"}, "1", "Organization not found"},
		{"Organization/Create", obj{}, 0, "Request parameter [name] required"},
	})
}

func TestProjectOfATeamPaysFromItsWallet(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	team, _ := a.team(20)
	signedProject := emulator.DemoSignedKey // the other project of the account
	a.ok("Team/TransferProject", obj{"projectapikey": emulator.DemoKey, "targetteamguid": team})
	task := a.result("google/nano-banana", obj{"prompt": "bread"})
	require.Less(t, a.s.TeamBalance(team), 20.0)
	require.Equal(t, "0", task["pexit"])
	require.Positive(t, a.ok("Team/SpendingSummary", obj{})["teamTotal"])

	id := a.ok("Tool/Detail", obj{"slugowner": "google", "slugproject": "nano-banana"})["tool"].([]any)[0].(obj)["id"]
	a.ok("Team/Update", obj{"teamguid": team, "modelaccess": "blocklist", "blockedmodelids": []any{id}})
	refused := refusal{"Run/google/nano-banana", obj{"prompt": "bread"}, 0, "This model is not allowed in your team. Contact your team admin."}
	a.refusals([]refusal{refused})
	a.ok("Team/Update", obj{"teamguid": team, "modelaccess": "allowlist", "allowedmodelids": []any{id}})
	a.run("google/nano-banana", obj{"prompt": "bread"})
	a.ok("Team/Update", obj{"teamguid": team, "allowedmodelids": []any{}})
	a.refusals([]refusal{refused})
	out := a.ok("Team/Update", obj{"teamguid": team, "modelaccess": "all", "spendlimit": 500})["team"].(obj)
	require.Equal(t, "all", out["modelaccess"])
	require.EqualValues(t, 500, a.ok("Team/SpendingSummary", obj{})["spendLimit"])

	a.ok("Team/TransferProject", obj{"projectapikey": emulator.DemoKey, "targetteamguid": ""})
	require.InDelta(t, emulator.DemoBalance, a.s.Balance(emulator.DemoKey), 1e-9)
	a.ok("Team/TransferProject", obj{"projectapikey": signedProject, "targetteamguid": team})
	a.refusals([]refusal{
		{"Team/TransferProject", obj{"projectapikey": "nope", "targetteamguid": ""}, 1, "Project not found"},
		{"Team/Update", obj{"teamguid": team, "modelaccess": "some"}, 0, "modelaccess must be 'all', 'allowlist' or 'blocklist'"},
	})
}

func TestCreditMovesBetweenWallets(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	team, _ := a.team(0)
	out := a.ok("Team/TransferCredit", obj{"amount": 100, "targetteamguid": team})
	require.Equal(t, obj{"total": float64(100), "gifted": float64(0), "store": float64(0), "amount": float64(100)}, out["transferred"])
	require.InDelta(t, 100, a.s.TeamBalance(team), 1e-9)
	require.InDelta(t, emulator.DemoBalance-100, a.s.Balance(emulator.DemoKey), 1e-9)
	a.ok("Team/TransferCredit", obj{"amount": "40", "sourceteamguid": team})
	require.InDelta(t, 60, a.s.TeamBalance(team), 1e-9)
	require.EqualValues(t, 0, a.ok("Team/SpendingSummary", obj{"teamguid": team})["teamTotal"], "moving is not spending")
	path := "Team/TransferCredit"
	a.refusals([]refusal{
		{path, obj{"amount": 61, "sourceteamguid": team}, 97, "Insufficient wallet balance. Required: $61.00, Available: $60.00"},
		{path, obj{"amount": 1}, 0, "Source and target must be different wallets"},
		{path, obj{"amount": -1, "targetteamguid": team}, 0, "Request parameter [amount] must be greater than 0"},
		{path, obj{"amount": "NaN", "targetteamguid": team}, 0, "Request parameter [amount] must be greater than 0"},
		{path, obj{"amount": 1, "targetteamguid": "nope"}, "1", "Team not found"},
	})
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{{Key: emulator.DemoKey, Balance: 1}, {Key: "stranger", Balance: 1}}})
	team, _ := a.team(0)
	for range 2 {
		m := a.ok("Team/Member/Invite", obj{"teamguid": team, "email": "bea@example.com", "role": "member"})["member"].(obj)
		require.Equal(t, "pending", m["status"])
		require.Equal(t, "member", m["role"])
	}
	a.refusals([]refusal{
		{"Team/Member/Invite", obj{"teamguid": team, "email": "x@example.com", "role": "boss"}, 0, "role must be 'admin' or 'member'"},
		{"Team/Member/Invite", obj{"teamguid": team, "role": "admin"}, 0, "Request parameter [email] required"},
	})
	a.as("stranger").refusals([]refusal{{"Team/Member/Invite", obj{"teamguid": team, "email": "x@example.com", "role": "member"}, "1", "Team not found"}})
}
