package tools_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// deployed is an agent of the emulator that is built of skills.
func (s *setter) deployed(skills string) string {
	s.t.Helper()
	s.sandbox.SetBalance(emulator.DemoSignedKey, 10_000)
	return s.call("deploy_agent", `{"custom": true, "title": "It", "confirm": true}`, "skills", skills).ok().at("agent.useragentguid").(string)
}

// Wiro takes lists as rows and texts alone; people and models have the lists themselves.
func TestListsAreEnteredAsTheyAre(t *testing.T) {
	t.Parallel()
	s := &setter{stage: newStage(t)}
	agent := s.deployed(`{"int-firebase-push": true, "int-google-drive": true}`)
	const account = `{"project_id": "shop", "client_email": "robot@shop.example"}`
	encoded := base64.StdEncoding.EncodeToString([]byte(account))

	half := s.call("set_agent_credentials", `{"fields": [{"credentialkey": "firebase", "fieldname": "accounts", "fieldvalue": [{"appname": "Shop",
		"apps": [{"platform": "iOS", "id": 6479306352}, {"platform": "android"}], "topics": {"locale_en": "English users", "tier_paid": "Payers"}}]}]}`, "useragentguid", agent).
		ok("8 of 8 fields written", "Still missing: firebase needs accounts[0].serviceaccountjsonbase64, accounts.0.apps[1].id: set_agent_credentials; google-drive needs serviceaccountjsonbase64")
	fields := half.at("nextAction.arguments.fields").([]any)
	require.Equal(t, map[string]any{"credentialkey": "firebase", "parentfield": "accounts", "ordinal": float64(0), "fieldname": "serviceaccountjsonbase64", "fieldvalue": "…"}, fields[0])
	s.follow(half).refused("is still", "put in what the user gives you")

	s.call("set_agent_credentials", `{"fields": [{"credentialkey": "firebase", "parentfield": "accounts[0]", "fieldname": "apps", "fieldvalue": "[]"}]}`, "useragentguid", agent).refused()
	s.call("set_agent_credentials", `{"fields": [
		{"credentialkey": "Firebase", "parentfield": "accounts", "ordinal": 0, "fieldname": "ServiceAccountJsonBase64", "fieldvalue": `+account+`},
		{"credentialkey": "firebase", "parentfield": "accounts.0.apps", "ordinal": 1, "fieldname": "id", "fieldvalue": "com.example.app"},
		{"credentialkey": "googledrive", "fieldname": "serviceaccountjsonbase64", "fieldvalue": "`+encoded[:20]+`\n`+encoded[20:]+`"},
		{"credentialkey": "telegram", "fieldname": "allowedusers", "fieldvalue": [761381461, "987654321"]},
		{"credentialkey": "telegram", "fieldname": "sessionmode", "fieldvalue": "Collaborative"}]}`, "useragentguid", agent).
		ok("5 of 5 fields written", "Nothing is missing: the agent can be started")
	for _, row := range s.sandbox.RequestsTo("UserAgent/CredentialUpsert") {
		for _, field := range row.Body["fields"].([]any) {
			require.IsType(t, "", field.(map[string]any)["fieldvalue"])
		}
	}
	last := s.sandbox.RequestsTo("UserAgent/CredentialUpsert")
	rows := last[len(last)-1].Body["fields"].([]any)
	value := func(i int) any { return rows[i].(map[string]any)["fieldvalue"] }
	decoded, err := base64.StdEncoding.DecodeString(value(0).(string))
	require.NoError(t, err)
	require.JSONEq(t, account, string(decoded))
	require.Equal(t, "google-drive", rows[2].(map[string]any)["credentialkey"])
	require.Equal(t, encoded, value(2))
	require.Equal(t, `["761381461","987654321"]`, value(3))
	require.Equal(t, "collaborative", value(4))

	// What list_drive_folders suggests, Wiro takes.
	s.follow(s.call("list_drive_folders", `{}`, "useragentguid", agent).ok("2 folders")).ok("4 of 4 fields written", "google-drive.folders[1].name")
	s.call("set_agent_credentials", `{"fields": [{"credentialkey": "google-drive", "fieldname": "folders", "fieldvalue": "Creatives"}]}`, "useragentguid", agent).
		refused("is a list", "each with id, name", `parentfield "folders"`)
	s.call("start_agent", `{}`, "useragentguid", agent).ok("runs")
	s.scan()
}
