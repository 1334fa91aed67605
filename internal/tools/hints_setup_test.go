package tools_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// TestRefusalsOfTheSetUpNameWhatMendsThem takes every refusal that the documentation lists
// for credentials, accounts, skills and teams.
func TestRefusalsOfTheSetUpNameWhatMendsThem(t *testing.T) {
	t.Parallel()
	const (
		upsert = `set_agent_credentials {"useragentguid": "ua1", "fields": [{"credentialkey": "a", "fieldname": "b", "fieldvalue": "long enough"}]}`
		rename = `rename_custom_skill {"useragentguid": "ua1", "oldskillkey": "cs-a", "newskillkey": "cs-b"}`
		set    = `set_custom_skill {"useragentguid": "ua1", "skillkey": "cs-a", "value": "b"}`
		apply  = `apply_agent_skills {"useragentguid": "ua1", "skills": {"int-a": true}, "confirm": true}`
		page   = `select_agent_account {"useragentguid": "ua1", "provider": "facebook-pages", "id": "1"}`
	)
	tests := []struct {
		call, path string
		code       int
		message    string
		says       string
		next       string
	}{
		{upsert, "UserAgent/CredentialUpsert", 0, "agent-fieldstatus-not-allowed-for-role", "Wiro fills that field itself", "get_my_agent"},
		{upsert, "UserAgent/CredentialUpsert", 0, "User agent not found or unauthorized", "Check useragentguid", "list_my_agents"},
		{page, "UserAgentOAuth/FBSetPage", 0, "Selected pageid not found in pending pages list", "fb_pages", ""},
		{page, "UserAgentOAuth/FBSetPage", 0, "No pending Facebook connection. Please reconnect via FBConnect.", "15 minutes", "connect_agent_account"},
		{rename, "UserAgent/CustomSkillRename", 0, "agent-customskill-rename-preset-forbidden", "Only custom skills that a user created", "get_my_agent"},
		{rename, "UserAgent/CustomSkillRename", 0, "agent-customskill-rename-flavour-mismatch", "delete it and create it", "get_my_agent"}, //nolint:misspell // Wiro's own word
		{rename, "UserAgent/CustomSkillRename", 0, "agent-customskill-rename-collision", "already", "get_my_agent"},
		{rename, "UserAgent/CustomSkillRename", 0, "agent-customskill-rename-same-key", "nothing to rename", ""},
		{rename, "UserAgent/CustomSkillRename", 1, "agent-customskill-not-found", "no such custom skill", "get_my_agent"},
		{set, "UserAgent/CustomSkillUpsert", 0, "skill-not-found", "usercreated:true", "get_my_agent"},
		{apply, "UserAgent/SkillsApply", 100, "Skill changes are only available for custom-built agents.", "deploy a custom agent", "list_skills"},
		{apply, "UserAgent/SkillsApply", 100, "skillsapply-template-only", "deploy a custom agent", "list_skills"},
		{apply, "UserAgent/SkillsApply", 0, "skillsapply-template-only", "deploy a custom agent", "list_skills"},
		{apply, "UserAgent/SkillsApply", 101, "skillsapply-deps-violation", "needs another one", "list_skills"},
		{apply, "UserAgent/SkillsApply", 102, "skillsapply-conflict", "exclude each other", "list_skills"},
		{apply, "UserAgent/SkillsApply", 103, "Insufficient wallet balance for proration. Required: $9.00, available: $1.00", "https://wiro.ai/panel/billing", ""},
		{apply, "UserAgent/SkillsApply", 0, "skillsapply-in-progress", "under way", "apply_agent_skills"},
		{apply, "UserAgent/SkillsApply", 105, "skillsapply-tier-downgrade", "does not go from Pro to Starter", "cancel_agent_subscription"},
		{apply, "UserAgent/SkillsApply", 106, "skillsapply-subscription-inactive", "no subscription that is paid for", "renew_agent_subscription"},
		{apply, "UserAgent/SkillsApply", 108, "skillsapply-db-tx-failed", "took it back", "apply_agent_skills"},
		{apply, "UserAgent/SkillsApply", 0, "This agent belongs to a team. Switch to the team context to access it.", "teamguid", "list_my_agents"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d %s", test.code, test.message), func(t *testing.T) {
			t.Parallel()
			tool, arguments := split(test.call)
			answers := map[string]string{}
			if tool == "apply_agent_skills" {
				answers = tools.ForSale(tool)
			}
			answers[test.path] = refusal(test.code, test.message)
			s := newScript(t, answers)
			a := s.call(tool, arguments).refused(test.says)
			if test.next == "" {
				require.NotContains(t, a.data, "nextAction")
				return
			}
			require.Equal(t, test.next, a.at("nextAction.tool"))
			if test.next == "get_my_agent" {
				require.Equal(t, "ua1", a.at("nextAction.arguments.useragentguid"))
			}
		})
	}
}

func split(call string) (tool, arguments string) {
	for i, r := range call {
		if r == ' ' {
			return call[:i], call[i+1:]
		}
	}
	return call, "{}"
}

// planted is a secret of every kind wherever an answer about set-up could hold one.
const planted = `"accesstoken": "planted-1", "refreshtoken": "planted-2", "clientsecret": "planted-3", "pageAccessToken": "planted-4",
	"apppassword": "planted-5", "bottoken": "planted-6", "apiKey": "planted-7", "serviceaccountjsonbase64": "planted-8", "privatekey": "planted-9"`

// TestNoToolOfTheSetUpLetsASecretOut gives every answer all of them.
func TestNoToolOfTheSetUpLetsASecretOut(t *testing.T) {
	t.Parallel()
	const everything = `{"result": true, ` + planted + `, "applied": 1, "authorizeUrl": "https://x.example/a", "connected": true, "username": "ada",
		"errors": [{` + planted + `, "message": "skipped {\"accesstoken\": \"planted-10\", apppassword: planted-11}"}],
		"entries": [{` + planted + `, "guid": "g", "fieldname": "apppassword", "fieldvalue": "planted-12", "fieldstatus": "user", "operation": "upsert", "skillkey": "cs-a", "value": "v"},
			{"fieldname": "token", "fieldvalue": "planted-13", "fieldstatus": "oauth_session"}],
		"credential": {` + planted + `, "key": "a", "credential_schema": [{"key": "b", "type": "password", "label": "B", "default": "planted-14"}]},
		"credentials": [{` + planted + `, "key": "a", "credential_schema": [{"key": "b", "type": "password", "label": "B", "default": "planted-15"}]}],
		"skill": {` + planted + `, "name": "int-a"}, "skills": [{` + planted + `, "name": "int-a"}], "folders": [{` + planted + `, "id": "f"}],
		"transferred": {` + planted + `, "total": 1}, "pricing": {` + planted + `}, "organization": {` + planted + `, "guid": "o1"}, "team": {` + planted + `, "guid": "t1"}}`
	for _, d := range tools.All() {
		switch d.Toolset {
		case tools.Credentials, tools.Skills, tools.Teams:
		default:
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			for _, answer := range []string{
				everything,
				refusal(0, `provider: {"accesstoken":"planted-20","client_secret": "planted-21"} apppassword=planted-22`),
				`{"result": true, ` + planted, `<html>` + planted,
			} {
				s := newScript(t, map[string]string{})
				s.answer("*", answer)
				a := s.call(d.Name, d.Examples[0].Arguments)
				require.NotEmpty(t, a.text)
				s.sayNothingOf(a, "planted-")
			}
		})
	}
}
