package tools_test

import (
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"
)

func TestAnOrganizationAndItsTeams(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{
		"Organization/Create": `{"result": true, "errors": [], "organization": {"guid": "o1", "name": "Acme"}}`,
		"Team/Create":         `{"result": true, "errors": []}`,
	})
	require.Equal(t, "o1", s.call("create_organization", `{"name": "Acme"}`).ok("Acme (guid o1)", "create_team").at("organizationguid"))
	s.call("create_team", `{"organizationguid": "o1", "name": "A"}`).ok("the team A (its guid is at https://wiro.ai/panel)", "transfer_credit")
	s.call("restore_organization", `{"organizationguid": "o1"}`).ok("Restored", "transfer_agent")
	require.Equal(t, map[string]any{"organizationguid": "o1"}, s.to("Organization/Restore")[0].body)
	s.call("invite_team_member", `{"teamguid": "t1", "email": "ada@example.com", "role": "member"}`).ok("Invited ada@example.com as member", "seven days")
	s.call("invite_team_member", `{"teamguid": "t1", "email": "ada@example.com", "role": "owner"}`).refused("admin, member")
	s.call("update_team", `{"teamguid": "t1"}`).refused("needs something to change")
	s.call("update_team", `{"teamguid": "t1", "modelaccess": "allowlist", "allowedmodelids": ["7", "8"], "blockedmodelids": []}`).
		ok("access to models: allowlist; 2 models allowed; 0 models blocked")
	require.Equal(t, map[string]any{"teamguid": "t1", "modelaccess": "allowlist", "allowedmodelids": []any{"7", "8"}, "blockedmodelids": []any{}}, s.to("Team/Update")[0].body)

	s.breaks("Team/Create", 1)
	s.call("create_team", `{"organizationguid": "o1", "name": "A"}`).refused("may have reached Wiro", "https://wiro.ai/panel")
	require.Len(t, s.to("Team/Create"), 2, "sent once")
}

func TestATeamsSpendingIsSaidWithItsLimits(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{"Team/SpendingSummary": `{"result": true, "teamTotal": 45.5, "playgroundTotal": 32.1, "apiTotal": "13.4",
		"memberSpent": {"total": 12.5, "playground": 8.3, "api": 4.2}, "spendLimit": 500, "memberSpendLimit": null}`})
	a := s.call("get_team_spending", `{"teamguid": "t1"}`).ok("team t1: $45.50 spent ($32.10 in the playground, $13.40 through the API) of $500.00, 9%", "You: $12.50", "no limit")
	require.NotContains(t, a.data, "yourSpendLimitUsd")
	require.Equal(t, "t1", s.to("Team/SpendingSummary")[0].team)
	s.call("get_team_spending", `{}`).ok("The team:")
}

func TestTransfersGoToTeamsAndBack(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{})
	s.call("transfer_agent", `{"useragentguid": "ua1", "targetteamguid": "t1"}`).ok("in team t1 now")
	s.call("transfer_agent", `{"useragentguid": "ua1", "targetteamguid": ""}`).ok("in the personal workspace now")
	s.call("transfer_agent", `{"useragentguid": "ua1"}`).refused("transfer_agent needs targetteamguid")
	require.Len(t, s.to("Team/TransferAgent"), 2)
	require.Equal(t, map[string]any{"useragentguid": "ua1", "targetteamguid": ""}, s.to("Team/TransferAgent")[1].body)

	const key = "project-key-0123456789"
	s.sayNothingOf(s.call("transfer_project", `{"projectapikey": "`+key+`", "targetteamguid": "t1"}`).ok("in team t1 now"), key)
	s.answer("Team/TransferProject", refusal(0, "Project "+key+" not found"))
	s.sayNothingOf(s.call("transfer_project", `{"projectapikey": "`+key+`", "targetteamguid": "t1"}`).refused("not found"), key)
}

const transferred = `{"result": true, "errors": [], "transferred": {"total": 100, "gifted": 50, "store": 0, "amount": 50}}`

func TestCreditMovesOnlyAfterAYes(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{"Team/TransferCredit": transferred})
	asked := s.call("transfer_credit", `{"amount": "100", "targetteamguid": "t1"}`).ok("$100.00", `the wallet of team "t1"`, "the personal wallet", "Nothing has been charged")
	require.Equal(t, "confirmation_required", asked.at("state"))
	require.Equal(t, float64(100), asked.at("costUsd"))
	require.Empty(t, s.to("Team/TransferCredit"))
	s.follow(asked).ok("Moved $100.00 from the personal wallet to the wallet of team t1", "$50.00 coupons and rewards, $50.00 paid in")
	require.Equal(t, map[string]any{"amount": float64(100), "targetteamguid": "t1"}, s.to("Team/TransferCredit")[0].body)

	for _, wrong := range []string{`{"amount": 0, "targetteamguid": "t1"}`, `{"amount": -5, "targetteamguid": "t1"}`, `{"amount": 5}`,
		`{"amount": 5, "sourceteamguid": "t1", "targetteamguid": "t1", "confirm": true}`} {
		s.call("transfer_credit", wrong).refused()
	}
	require.Len(t, s.to("Team/TransferCredit"), 1)

	s.breaks("Team/TransferCredit", 1)
	s.call("transfer_credit", `{"amount": 5, "sourceteamguid": "t1", "confirm": true}`).refused("both wallets' transactions")
	require.Len(t, s.to("Team/TransferCredit"), 2, "sent once")
}

func TestTheUserIsAskedBeforeCreditMoves(t *testing.T) {
	t.Parallel()
	for _, era := range eras {
		s := newScript(t, map[string]string{"Team/TransferCredit": transferred})
		no := s.connect(era, mcp.ElicitationResponseActionDecline, mcp.ElicitationCapability{})
		s.use(no, "transfer_credit", `{"amount": 100, "targetteamguid": "t1", "confirm": true}`).refused("nothing was done or charged")
		require.Empty(t, s.to("Team/TransferCredit"))
		yes := s.connect(era, mcp.ElicitationResponseActionAccept, mcp.ElicitationCapability{})
		s.use(yes, "transfer_credit", `{"amount": 100, "targetteamguid": "t1"}`).ok("Moved $100.00")
		require.Len(t, s.to("Team/TransferCredit"), 1)
	}
}
