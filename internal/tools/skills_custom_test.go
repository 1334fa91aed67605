package tools_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACustomSkillIsSetInPartsAndEmptyIsNotNothing(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{})
	s.call("set_custom_skill", `{"useragentguid": "ua1", "skillkey": "cron-x", "interval": "", "enabled": "false"}`).ok("Of interval, enabled Wiro keeps what the kind of skill takes")
	s.call("set_custom_skill", `{"useragentguid": "ua1", "skillkey": "weekly", "value": "Look.", "interval": "0 9 * * 1", "usercreated": true, "description": ""}`).
		ok("scheduled task weekly", "prefix")
	s.call("set_custom_skill", `{"useragentguid": "ua1", "skillkey": "content-tone", "value": "calm"}`).ok("Set content-tone. If the agent runs, it restarts.")
	s.call("set_custom_skill", `{"useragentguid": "ua1", "skillkey": "content-tone"}`).refused("needs something to set")
	bodies := s.to("UserAgent/CustomSkillUpsert")
	require.Len(t, bodies, 3)
	require.Equal(t, map[string]any{"useragentguid": "ua1", "skillkey": "cron-x", "interval": "", "enabled": false}, bodies[0].body)
	require.Equal(t, map[string]any{"useragentguid": "ua1", "skillkey": "weekly", "value": "Look.", "interval": "0 9 * * 1", "usercreated": true, "description": ""}, bodies[1].body)
}

func TestARenamedSkillGoesByTheNameThatWiroGaveIt(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{"UserAgent/CustomSkillRename": `{"result": true, "errors": [], "newskillkey": "cs-cron-new"}`})
	const arguments = `{"useragentguid": "ua1", "oldskillkey": "cs-cron-old", "newskillkey": "New"}`
	require.Equal(t, "cs-cron-new", s.call("rename_custom_skill", arguments).ok("to cs-cron-new").at("skillkey"))
	require.NotContains(t, s.to("UserAgent/CustomSkillRename")[0].body, "description")

	s.breaks("UserAgent/CustomSkillRename", 1)
	lost := s.call("rename_custom_skill", arguments).refused("may have reached Wiro")
	require.Equal(t, "get_my_agent", lost.at("nextAction.tool"))
	require.Len(t, s.to("UserAgent/CustomSkillRename"), 2, "sent once")
}

func TestADeletedSkillMayHaveToStay(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{})
	s.call("delete_custom_skill", `{"useragentguid": "ua1", "skillkey": "cron-x"}`).ok("if a user had created it")
	require.Equal(t, map[string]any{"useragentguid": "ua1", "skillkey": "cron-x"}, s.to("UserAgent/CustomSkillDelete")[0].body)
}

const revisions = `{"result": true, "errors": [], "preset_default": {"value": "warm", "intervalexpr": null, "enabled": true, "description": "d"}, "entries": [
	{"guid": "r3", "operation": "delete-user", "changedby": "system", "changedat": 1714694412, "after_value": null},
	{"guid": "r2", "operation": "upsert", "value": "old", "after_value": "calm\nand short", "after_interval": "0 7 * * *", "after_enabled": false,
	 "changed_fields": ["value", "interval"], "changedby": "u1", "changedby_user": {"username": "ada"}, "changedat": 1714694411},
	{"guid": "r1", "operation": "upsert", "value": "key xkeysib-0123456789abcdef0123", "enabled": true, "changedby": "u2", "changedat": 1714694410}]}`

func TestTheHistoryOfASkillShowsWhatItBecame(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{"UserAgent/CustomSkillHistory": revisions})
	a := s.call("get_custom_skill_history", `{"useragentguid": "ua1", "skillkey": "cs-tone", "startdate": 1}`).
		ok("3 changes of cs-tone", "delete-user", "ada · upsert of value, interval · versionguid r2", "interval 0 7 * * *, off", "  calm\n  and short", "key [set]", "The template has:\n  warm")
	require.Nil(t, a.at("versions.0.state"))
	require.Equal(t, "calm\nand short", a.at("versions.1.state.value"))
	require.Equal(t, "warm", a.at("preset.value"))
	s.sayNothingOf(a, "xkeysib")
	require.Equal(t, map[string]any{"useragentguid": "ua1", "skillkey": "cs-tone", "startdate": float64(1)}, s.to("UserAgent/CustomSkillHistory")[0].body)
}

func TestASkillIsRevertedToTheTemplateOrToAVersion(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{"UserAgent/CustomSkillRevert": `{"result": true, "action": "reverted", "current_value": "calm", "current_interval": null, "current_enabled": true}`})
	lacking := s.call("revert_custom_skill", `{"useragentguid": "ua1", "skillkey": "cs-tone", "source": "history"}`).refused("needs versionguid")
	s.follow(lacking).ok()
	s.call("revert_custom_skill", `{"useragentguid": "ua1", "skillkey": "cs-tone", "source": "preset", "versionguid": "r1"}`).refused("goes with source history")
	require.Empty(t, s.to("UserAgent/CustomSkillRevert"))

	s.call("revert_custom_skill", `{"useragentguid": "ua1", "skillkey": "cs-tone", "source": "history", "versionguid": "r1"}`).ok("back at that version", "calm")
	for action, says := range map[string]string{"no-op": "nothing changed", "deleted": "so it was deleted", "reset-to-preset": "what the template has"} {
		s.answer("UserAgent/CustomSkillRevert", `{"result": true, "action": "`+action+`", "current_value": "calm"}`)
		require.Equal(t, action, s.call("revert_custom_skill", `{"useragentguid": "ua1", "skillkey": "cs-tone", "source": "preset"}`).ok(says).at("action"))
	}
	require.Equal(t, "r1", s.to("UserAgent/CustomSkillRevert")[0].body["versionguid"])
}

const slackSkill = `{"name": "int-slack-post", "category": "int", "version": "1.0.0", "title": "Slack", "description": "Posts to channels.",
	"docs_url": "integration-slack-skills", "requires_credentials": true, "credential_key": "slack", "additional_credential_keys": ["mood"],
	"capabilities": ["social_publishing"], "depends_on": ["util-x"], "conflicts_with": ["int-y"], "user_invocable": true, "deprecated": true, "replacement": "int-z",
	"pricing": {"base_price_usd": "5.5", "base_credits": 200, "credit_costs": {"message": 6, "create": 58, "modify": 29, "regenerate": 58}}}`

func TestSkillsAreListedWithWhatDecides(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{
		"Skills/List":         `{"result": true, "total": 2, "skills": [` + slackSkill + `, {"name": "util-x", "title": "X", "description": "Helps.", "pricing": null}]}`,
		"Skills/Detail":       `{"result": true, "skill": ` + slackSkill + `}`,
		"Skills/Capabilities": `{"result": true, "capabilities": [{"name": "social_publishing", "description": "Posts"}]}`,
	})
	list := s.call("list_skills", `{"capability": "social_publishing", "user_invocable": true, "requires_credentials": "false", "wiro_connect_pending": false, "name_in": "int-slack-post", "category": "int"}`).
		ok("2 skills", "int-slack-post · Slack · +$5.50 and 200", "needs slack, mood", "with util-x", "not with int-y", "deprecated for int-z", "util-x · X · no price stated")
	require.Nil(t, list.at("skills.0.creditsPerAction"))
	require.Equal(t, map[string]any{"capability": "social_publishing", "user_invocable": true, "requires_credentials": false,
		"wiro_connect_pending": false, "name_in": []any{"int-slack-post"}, "category": "int"}, s.to("Skills/List")[0].body)

	one := s.call("list_skills", `{"name": "int-slack-post"}`).ok("Price: +$5.50", "create 58", "read_doc integration-slack-skills", "in a message", "use int-z")
	require.Equal(t, "slack", one.at("nextAction.arguments.key"))

	s.call("list_skill_capabilities", `{}`).ok("Capabilities:", "social_publishing: Posts")
	s.answer("Skills/List", `{"result": true, "total": 0, "skills": []}`)
	s.follow(s.call("list_skills", `{"capability": "x"}`).ok("No skill matches")).ok("social_publishing")
}
