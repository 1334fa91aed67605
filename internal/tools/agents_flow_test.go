package tools_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// deployed deploys the blog editor, with a yes, and returns its guid.
func (s *stage) deployed(credentials string) string {
	s.t.Helper()
	guid := s.call("get_agent", `{"slug": "blog-content-editor"}`).ok().at("agent.guid")
	arguments := fmt.Sprintf(`{"agentguid": %q, "title": "My editor", "tier": "pro", "credentials": %s, "confirm": true}`, guid, credentials)
	made, _ := s.call("deploy_agent", arguments).ok("Deployed").at("agent.useragentguid").(string)
	return made
}

const wordpress = `{"wordpress": {"url": "https://blog.example.com", "user": "ada", "apppassword": "open sesame now pls"}}`

// up is a blog editor that runs.
func (s *stage) up() string {
	s.t.Helper()
	guid := s.deployed(wordpress)
	s.call("start_agent", `{"useragentguid": "`+guid+`"}`).ok("It runs")
	return guid
}

func about(guid string, more ...string) string {
	return `{"useragentguid": "` + guid + `"` + strings.Join(append([]string{""}, more...), ", ") + `}`
}

func TestFromTheCatalogToATalk(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.call("list_agents", `{"search": "blog"}`).ok("Blog Content Editor", "$", "credits")
	template := s.call("get_agent", `{"slug": "blog-content-editor", "full": true}`).ok("wordpress", "apppassword", "Scheduled tasks")

	before := s.sandbox.Balance(emulator.DemoSignedKey)
	asked := s.call("deploy_agent", fmt.Sprintf(`{"agentguid": %q, "title": "My editor"}`, template.at("agent.guid"))).ok("Nothing has been charged")
	require.Equal(t, "confirmation_required", asked.at("state"))
	require.InDelta(t, before, s.sandbox.Balance(emulator.DemoSignedKey), 0)
	require.Zero(t, s.sandbox.RequestCount("UserAgent/Deploy"))

	made := s.call("deploy_agent", fmt.Sprintf(`{"agentguid": %q, "title": "My editor", "confirm": true}`, template.at("agent.guid"))).ok("setup required", "wordpress")
	require.InDelta(t, asked.at("costUsd"), before-s.sandbox.Balance(emulator.DemoSignedKey), 0.001)
	guid, _ := made.at("agent.useragentguid").(string)
	s.call("list_my_agents", `{}`).ok("My editor · setup required", guid)

	refused := s.call("start_agent", about(guid)).refused("Setup required: wordpress needs", "apppassword", "set_agent_credentials")
	require.Equal(t, "set_agent_credentials", refused.at("nextAction.tool"))
	s.call("set_agent_credentials", about(guid, `"fields": [{"credentialkey": "wordpress", "fieldname": "url", "fieldvalue": "https://blog.example.com"},
		{"credentialkey": "wordpress", "fieldname": "user", "fieldvalue": "ada"}, {"credentialkey": "wordpress", "fieldname": "apppassword", "fieldvalue": "open sesame now pls"}]`)).ok()
	s.call("get_my_agent", about(guid)).ok("stopped", "[set]", "start_agent")
	s.call("start_agent", about(guid)).ok("It runs and takes messages")
	s.call("start_agent", about(guid)).ok("It runs already")

	for _, session := range []string{"user-1", "user-2"} {
		answer := s.call("send_agent_message", about(guid, `"message": "Which bread is best?"`, `"sessionkey": "`+session+`"`)).ok("Completed", session)
		require.Contains(t, answer.at("answer"), "Which bread is best?")
		require.NotEmpty(t, answer.at("thinking"))
		again := s.call("get_agent_message", fmt.Sprintf(`{"messageguid": %q}`, answer.at("message.messageguid"))).ok()
		require.Equal(t, answer.at("answer"), again.at("answer"))
	}
	s.call("list_agent_sessions", about(guid)).ok("user-1 · 1 message", "user-2")
	s.call("list_agent_messages", about(guid, `"sessionkey": "user-1"`)).ok("asked: Which bread is best?", "answered:")
	s.call("list_agent_transactions", about(guid)).ok("deduct", "renewal")
	s.call("get_agent_logs", about(guid)).ok("newest last", "message")
	s.call("list_agent_log_dates", about(guid)).ok("1 day")

	s.call("update_my_agent", about(guid, `"title": "Our editor"`, `"pinned": true`)).ok("Our editor")
	s.call("list_my_agents", `{"pinned": true}`).ok("Our editor", "last message")
	s.call("stop_agent", about(guid)).ok("stopped")
	s.call("send_agent_message", about(guid, `"message": "Still there?"`)).refused("not running", "start_agent")
	s.call("delete_agent_messages", about(guid, `"sessionkey": "user-2"`)).ok()
	require.NotContains(t, s.call("list_agent_sessions", about(guid)).ok().text, "user-2")
}

func TestAnAgentOfSkillsIsPricedAndDeployed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	price := s.call("preview_agent_price", `{"skills": ["int-gmail-check", "int-wordpress-post"], "tier": "pro"}`).ok("int-gmail-check", "starter", "pro")
	asked := s.call("deploy_agent", `{"custom": true, "title": "Inbox to blog", "tier": "pro", "skills": {"int-gmail-check": true, "int-wordpress-post": true}}`).ok()
	require.Equal(t, price.at("priceUsd"), asked.at("costUsd"))
	made := s.call("deploy_agent", `{"custom": true, "title": "Inbox to blog", "tier": "pro", "skills": {"int-gmail-check": true, "int-wordpress-post": true}, "confirm": true}`).
		ok("Inbox to blog", "int-gmail-check", "gmail needs", "wordpress needs")
	guid, _ := made.at("agent.useragentguid").(string)
	s.call("preview_agent_price", about(guid, `"skill_overrides": {"int-gmail-check": false}`)).ok()
}

func TestOutOfCreditsIsSeenAndMended(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	guid := s.up()
	require.True(t, s.sandbox.SetAgentCredits(guid, 0))
	refused := s.call("send_agent_message", about(guid, `"message": "Hello"`)).refused("credits", "A pack of credits helps")
	require.Equal(t, "buy_agent_credits", refused.at("nextAction.tool"))
	s.call("get_my_agent", about(guid)).ok("no credits are left", "Credit packs: small")

	asked := s.call("buy_agent_credits", about(guid, `"pack": "small"`)).ok("The small pack", "six months")
	require.Zero(t, s.sandbox.RequestCount("UserAgent/CreateExtraCreditCheckout"))
	before := s.sandbox.Balance(emulator.DemoSignedKey)
	s.call("buy_agent_credits", about(guid, `"pack": "small"`, `"confirm": true`)).ok("bought")
	require.InDelta(t, asked.at("costUsd"), before-s.sandbox.Balance(emulator.DemoSignedKey), 0.001)
	s.call("send_agent_message", about(guid, `"message": "Hello"`)).ok("Completed")
	s.call("list_agent_transactions", about(guid)).ok("purchase small")
}

func TestASubscriptionIsCanceledTakenBackAndRenewed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	guid := s.deployed(wordpress)
	s.call("renew_agent_subscription", about(guid)).refused("nothing to renew")
	s.call("subscribe_agent", about(guid, `"confirm": true`)).refused("upgrade_agent_tier")
	s.call("cancel_agent_subscription", about(guid)).ok("not charged again")
	s.call("get_my_agent", about(guid)).ok("canceled, ends")
	asked := s.call("renew_agent_subscription", about(guid)).ok("Taking back the cancellation")
	require.Zero(t, asked.at("costUsd"))
	s.call("renew_agent_subscription", about(guid, `"confirm": true`)).ok("Nothing was charged")
	s.call("upgrade_agent_tier", about(guid)).refused("Pro already")

	s.call("cancel_agent_subscription", about(guid)).ok()
	s.sandbox.Advance(40 * 24 * 60 * 60 * 1e9)
	s.call("get_my_agent", about(guid)).ok("its subscription is expired", "renew_agent_subscription")
	before := s.sandbox.Balance(emulator.DemoSignedKey)
	asked = s.call("renew_agent_subscription", about(guid)).ok(`Renewing "My editor"`)
	s.call("renew_agent_subscription", about(guid, `"confirm": true`)).ok("Renewed for 30 days")
	require.InDelta(t, asked.at("costUsd"), before-s.sandbox.Balance(emulator.DemoSignedKey), 0.001)
}

func TestAnUpgradeCostsWhatItSaid(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	guid := s.call("get_agent", `{"slug": "blog-content-editor"}`).at("agent.guid")
	made, _ := s.call("deploy_agent", fmt.Sprintf(`{"agentguid": %q, "title": "x", "tier": "starter", "confirm": true}`, guid)).at("agent.useragentguid").(string)
	s.call("buy_agent_credits", about(made, `"pack": "small"`)).refused("for Pro agents", "upgrade_agent_tier")
	before := s.sandbox.Balance(emulator.DemoSignedKey)
	asked := s.call("upgrade_agent_tier", about(made)).ok("from starter to pro")
	s.call("upgrade_agent_tier", about(made, `"confirm": true`)).ok("Upgraded from starter to pro")
	require.InDelta(t, asked.at("costUsd"), before-s.sandbox.Balance(emulator.DemoSignedKey), 0.011)
}

func TestAMessageSurvivesTheSocketAndIsCanceled(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	guid := s.up()
	for name, behavior := range map[string]emulator.Behavior{
		"drops in the middle":  {AwaitSubscriber: true, DropSocketAt: emulator.AgentOutput},
		"loses the last event": {AwaitSubscriber: true, LoseFinalEvent: true},
		"closes on us":         {RefuseSocket: true},
		"says nothing":         {Silent: true},
		"says all twice":       {Duplicate: true},
		"talks nonsense":       {Garbage: true},
	} {
		s.sandbox.Behave("UserAgent/Message/Send", behavior)
		answer := s.call("send_agent_message", about(guid, `"message": "Which bread is best?"`)).ok("Completed")
		require.Contains(t, answer.at("answer"), "Which bread is best?", name)
	}
	require.Equal(t, 6, s.sandbox.RequestCount("UserAgent/Message/Send"))

	s.sandbox.Behave("UserAgent/Message/Send", emulator.Behavior{HoldAt: emulator.AgentQueue})
	sent := s.call("send_agent_message", about(guid, `"message": "Never mind"`, `"wait": false`)).ok("Sent")
	token, _ := sent.at("message.agenttoken").(string)
	s.call("cancel_agent_message", `{"agenttoken": "`+token+`"}`).ok("Canceled")
	s.call("cancel_agent_message", `{"agenttoken": "`+token+`"}`).ok("canceled already")
	require.Equal(t, "cancelled", s.call("get_agent_message", `{"agenttoken": "`+token+`"}`).ok().at("state"))
}

// The sandbox hands out secrets of its own accord: none of them shows.
func TestNoPlantedSecretOfTheSandboxShows(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	secrets := emulator.PlantedSecrets()
	require.NotEmpty(t, secrets)
	clean := func(a answer) {
		t.Helper()
		for _, secret := range secrets {
			require.NotContains(t, a.text, secret)
			require.NotContains(t, fmt.Sprint(a.data), secret)
		}
	}
	list := s.call("list_agents", `{"limit": 50}`).ok()
	templates, _ := list.at("agents").([]any)
	require.NotEmpty(t, templates)
	for _, template := range templates {
		entry, _ := template.(map[string]any)
		made := s.call("deploy_agent", fmt.Sprintf(`{"agentguid": %q, "title": "x", "confirm": true}`, entry["guid"])).ok()
		clean(made)
		guid, _ := made.at("agent.useragentguid").(string)
		for _, tool := range []string{"get_my_agent", "start_agent", "list_agent_sessions", "list_agent_messages", "list_agent_transactions",
			"get_agent_logs", "list_agent_log_dates", "stop_agent", "cancel_agent_subscription"} {
			clean(s.call(tool, about(guid)))
		}
		clean(s.call("send_agent_message", about(guid, `"message": "Hello"`)))
		clean(s.call("update_my_agent", about(guid, `"title": "y"`)))
	}
	clean(s.call("list_my_agents", `{}`))
	guid := s.up()
	s.sandbox.Behave("UserAgent/Message/Send", emulator.Behavior{FailWith: &emulator.Exit{}})
	failed := s.call("send_agent_message", about(guid, `"message": "Fail, please"`)).ok("Failed")
	clean(failed)
	clean(s.call("get_agent_message", fmt.Sprintf(`{"messageguid": %q}`, failed.at("message.messageguid"))).ok("Failed"))
	clean(s.call("list_agent_messages", about(guid)))
}

// A template has a guid and a slug, and tools name the argument differently: each is taken in
// each place, and a deploy sends the guid.
func TestATemplateIsFoundByAnyOfItsNames(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	guid, _ := s.call("get_agent", `{"slug":"blog-content-editor"}`).ok().at("agent.guid").(string)
	require.NotEmpty(t, guid)
	for _, name := range []string{"guid", "agentguid", "slug", "agent_guid", "agent"} {
		for _, value := range []string{guid, "blog-content-editor", " " + guid} {
			require.Equal(t, guid, s.call("get_agent", `{"`+name+`":"`+value+`"}`).ok().at("agent.guid"), "%s %s", name, value)
			s.call("deploy_agent", `{"`+name+`":"`+value+`","title":"Mine","confirm":true}`).ok("Deployed")
		}
	}
	require.Equal(t, 15, s.sandbox.RequestCount("UserAgent/Deploy"))
	for _, request := range s.sandbox.Requests() {
		if request.Path == "UserAgent/Deploy" {
			require.Equal(t, guid, request.Body["agentguid"])
		}
	}
	s.call("get_agent", `{"guid":"nobody"}`).refused()
	deployed, _ := s.call("list_my_agents", `{}`).ok().at("agents.0.useragentguid").(string)
	for _, name := range []string{"useragentguid", "user_agent_guid", "userAgentGuid", "guid", "agentguid", "agent"} {
		for _, tool := range []string{"get_my_agent", "list_agent_messages", "get_agent_logs", "list_agent_transactions", "preview_agent_price"} {
			s.call(tool, `{"`+name+`":"`+deployed+`"}`).ok()
		}
	}
}
