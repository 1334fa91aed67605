package tools_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// An agent of the emulator, built of skills, with a scheduled task of the user's own.
func TestACustomSkillIsReadableBeforeItIsReplaced(t *testing.T) {
	t.Parallel()
	s := &setter{stage: newStage(t)}
	template := s.call("list_agents", `{"search":"blog"}`).ok().at("agents.0.guid").(string)
	agent := s.call("deploy_agent", `{"title":"Writer","confirm":true}`, "agentguid", template).ok().at("agent.useragentguid").(string)

	detail := s.call("get_my_agent", `{"full":true}`, "useragentguid", agent).ok("Preferences", "Scheduled tasks", "UTC")
	key := detail.at("agent.customSkills.0.skillkey").(string)
	original := detail.at("agent.customSkills.0.value").(string)
	require.NotEmpty(t, original)

	changed := s.call("set_custom_skill", `{"value":"# Tone\nBe brief.\n\n# Words\nUse short ones."}`, "useragentguid", agent, "skillkey", key).ok("Before:", "Short sentences", "Now:", "Be brief.")
	require.Equal(t, original, changed.at("before.value"))
	section := s.call("set_custom_skill", `{"part":"Tone","value":"Be warm."}`, "useragentguid", agent, "skillkey", key).ok()
	require.Equal(t, "# Tone\nBe warm.\n\n# Words\nUse short ones.", section.at("after.value"))
	appended := s.call("set_custom_skill", `{"mode":"append","value":"# End\nSay bye."}`, "useragentguid", agent, "skillkey", key).ok()
	require.Equal(t, "# Tone\nBe warm.\n\n# Words\nUse short ones.\n\n# End\nSay bye.", appended.at("after.value"))
	s.call("set_custom_skill", `{"part":"Tome","value":"x"}`, "useragentguid", agent, "skillkey", key).refused("Did you mean Tone?", "Words")
	s.call("set_custom_skill", `{"mode":"append"}`, "useragentguid", agent, "skillkey", key).refused("needs something to set")

	reverted := s.follow(appended).ok()
	require.Equal(t, "# Tone\nBe warm.\n\n# Words\nUse short ones.", reverted.at("after.value"))
	again := s.follow(changed).ok()
	require.Equal(t, original, again.at("after.value"))

	made := s.call("set_custom_skill", `{"skillkey":"digest","value":"Count.","interval":"0 9 * * 1-5","usercreated":true}`, "useragentguid", agent).ok("Its key is")
	require.NotEqual(t, "digest", made.at("skillkey"))
	s.call("get_my_agent", `{}`, "useragentguid", agent).ok("Monday to Friday at 09:00 UTC")
	s.follow(made).ok("Deleted")
}

func TestMessagesReachATeamsAgent(t *testing.T) {
	t.Parallel()
	refused := refusal(0, "This agent belongs to a team. Switch to the team context to access it.")
	s := newScript(t, map[string]string{
		"UserAgent/Message/History": refused,
		"UserAgent/Detail":          `{"result":true,"errors":[],"useragents":[{"guid":"ua1","teamguid":"team-7"}]}`,
	})
	s.call("list_agent_messages", `{"useragentguid":"ua1"}`).refused("teamguid")
	asked := s.to("UserAgent/Message/History")
	require.Len(t, asked, 2)
	require.Empty(t, asked[0].team)
	require.Equal(t, "team-7", asked[1].team)

	s.call("list_agent_messages", `{"useragentguid":"ua1","teamguid":"team-9"}`).refused("team")
	asked = s.to("UserAgent/Message/History")
	require.Len(t, asked, 3, "a team that was named is not replaced")
	require.Equal(t, "team-9", asked[2].team)
}
