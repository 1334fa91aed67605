package tools

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAgentToolsReachTheirEndpoints holds each tool's path and body. Those that ask first
// have a yes here.
func TestAgentToolsReachTheirEndpoints(t *testing.T) {
	t.Parallel()
	const guid = `"useragentguid": "` + agentID + `"`
	for _, test := range []struct{ tool, arguments, path, body, team string }{
		{"list_agents", `{"search": "instagram"}`, "Agent/List", `{"search": "instagram"}`, ""},
		{"list_agents", `{"category": "a", "sort": "title", "order": "ASC", "start": "2", "limit": "3"}`, "Agent/List",
			`{"category": "a", "sort": "title", "order": "ASC", "start": 2, "limit": 3}`, ""},
		{"get_agent", `{"slug": "instagram-manager", "full": true}`, "Agent/Detail", `{"slug": "instagram-manager", "type": "full"}`, ""},
		{"get_agent", `{"guid": "a1b2"}`, "Agent/Detail", `{"guid": "a1b2"}`, ""},
		{"deploy_agent", `{"agentguid": "a1b2", "title": "My Instagram Bot", "tier": "starter", "pinned": false, "confirm": true}`, "UserAgent/Deploy",
			`{"agentguid": "a1b2", "title": "My Instagram Bot", "useprepaid": true, "tier": "starter", "pinned": false}`, ""},
		{"deploy_agent", `{"custom": true, "title": "B", "skills": {"int-a": "true", "int-b": false}, "credentials": "{\"gmail\": {\"port\": 993}}",
			"customskills": [{"key": "cron-x", "interval": "0 9 * * 1", "enabled": "true", "_user_created": true}], "teamguid": "t1", "confirm": "true"}`,
			"UserAgent/Deploy", `{"custom": true, "title": "B", "useprepaid": true, "skills": {"int-a": true, "int-b": false}, "credentials": {"gmail": {"port": 993}},
			"customskills": [{"key": "cron-x", "interval": "0 9 * * 1", "enabled": true, "_user_created": true}]}`, "t1"},
		{"list_my_agents", `{"limit": 10}`, "UserAgent/MyAgents", `{"limit": 10}`, ""},
		{"list_my_agents", `{"category": "a", "teamguid": "t1"}`, "UserAgent/MyAgents", `{"category": "a"}`, "t1"},
		{"get_my_agent", `{` + guid + `}`, "UserAgent/Detail", `{"guid": "` + agentID + `"}`, ""},
		{"update_my_agent", `{` + guid + `, "title": "New"}`, "UserAgent/Update", `{"guid": "` + agentID + `", "title": "New"}`, ""},
		{"update_my_agent", `{` + guid + `, "description": "", "cover": "https://a.test/c.png", "categories": "a"}`, "UserAgent/Update",
			`{"guid": "` + agentID + `", "description": "", "cover": "https://a.test/c.png", "categories": ["a"]}`, ""},
		{"update_my_agent", `{` + guid + `, "pinned": "true"}`, "UserAgent/Pin", `{` + guid + `, "pinned": true}`, ""},
		{"start_agent", `{` + guid + `, "wait": false}`, "UserAgent/Start", `{"guid": "` + agentID + `"}`, ""},
		{"stop_agent", `{` + guid + `, "wait": false}`, "UserAgent/Stop", `{"guid": "` + agentID + `"}`, ""},
		{"send_agent_message", `{` + guid + `, "message": "Hello", "sessionkey": "user-42", "wait": false}`, "UserAgent/Message/Send",
			`{` + guid + `, "message": "Hello", "sessionkey": "user-42"}`, ""},
		{"send_agent_message", `{` + guid + `, "message": "Hello", "callbackurl": "https://a.test/hook", "wait": "false"}`, "UserAgent/Message/Send",
			`{` + guid + `, "message": "Hello", "callbackurl": "https://a.test/hook"}`, ""},
		{"get_agent_message", `{"messageguid": "m1"}`, "UserAgent/Message/Detail", `{"messageguid": "m1"}`, ""},
		{"list_agent_messages", `{` + guid + `, "sessionkey": "default", "limit": 50}`, "UserAgent/Message/History",
			`{` + guid + `, "sessionkey": "default", "limit": 50}`, ""},
		{"list_agent_messages", `{` + guid + `, "before": "m9"}`, "UserAgent/Message/History", `{` + guid + `, "before": "m9"}`, ""},
		{"list_agent_sessions", `{` + guid + `}`, "UserAgent/Message/Sessions", `{` + guid + `}`, ""},
		{"cancel_agent_message", `{"agenttoken": "t1"}`, "UserAgent/Message/Cancel", `{"agenttoken": "t1"}`, ""},
		{"delete_agent_messages", `{` + guid + `, "items": [{"messageguid": "m1", "side": "both"}]}`, "UserAgent/Message/Delete",
			`{` + guid + `, "items": [{"messageguid": "m1", "side": "both"}]}`, ""},
		{"delete_agent_messages", `{` + guid + `, "items": {"messageguid": "m1"}}`, "UserAgent/Message/Delete",
			`{` + guid + `, "items": [{"messageguid": "m1", "side": "both"}]}`, ""},
		{"delete_agent_messages", `{` + guid + `, "sessionkey": "s"}`, "UserAgent/Message/DeleteSession", `{` + guid + `, "sessionkey": "s"}`, ""},
		{"preview_agent_price", `{"skills": ["int-gmail-check"], "tier": "pro"}`, "UserAgent/PricingPreview",
			`{"draft": true, "skills": ["int-gmail-check"], "tier": "pro"}`, ""},
		{"preview_agent_price", `{` + guid + `, "skill_overrides": {"int-a": "false"}}`, "UserAgent/PricingPreview",
			`{` + guid + `, "skillOverrides": {"int-a": false}}`, ""},
		{"subscribe_agent", `{` + guid + `, "tier": "pro", "confirm": true, "teamguid": "t1"}`, "UserAgent/CreateSubscriptionCheckout",
			`{` + guid + `, "useprepaid": true, "tier": "pro"}`, "t1"},
		{"cancel_agent_subscription", `{` + guid + `, "teamguid": "t1"}`, "UserAgent/CancelSubscription", `{"guid": "` + agentID + `"}`, "t1"},
		{"renew_agent_subscription", `{` + guid + `, "confirm": true, "teamguid": "t1"}`, "UserAgent/RenewSubscription", `{"guid": "` + agentID + `"}`, "t1"},
		{"upgrade_agent_tier", `{` + guid + `, "confirm": true, "teamguid": "t1"}`, "UserAgent/UpgradeTier",
			`{"guid": "` + agentID + `", "targetTier": "pro"}`, "t1"},
		{"buy_agent_credits", `{` + guid + `, "pack": "medium", "confirm": true, "teamguid": "t1"}`, "UserAgent/CreateExtraCreditCheckout",
			`{` + guid + `, "pack": "medium", "useprepaid": true}`, "t1"},
		{"list_agent_transactions", `{` + guid + `, "limit": 50, "teamguid": "t1"}`, "UserAgent/TransactionList", `{` + guid + `, "limit": 50}`, "t1"},
		{"get_agent_logs", `{` + guid + `, "lines": 200}`, "UserAgent/Logs", `{` + guid + `, "lines": 200}`, ""},
		{"get_agent_logs", `{` + guid + `, "date": "2026-05-01", "full": true}`, "UserAgent/LogsFile", `{` + guid + `, "date": "2026-05-01"}`, ""},
		{"list_agent_log_dates", `{` + guid + `}`, "UserAgent/LogsList", `{` + guid + `}`, ""},
		{"delete_agent_log", `{` + guid + `, "date": "2026-05-01"}`, "UserAgent/LogsDelete", `{` + guid + `, "date": "2026-05-01"}`, ""},
	} {
		t.Run(test.tool, func(t *testing.T) {
			t.Parallel()
			answers := map[string]string{
				"Agent/Detail": `{"result":true,"agents":[{"guid":"a1b2"}]}`, "UserAgent/Deploy": agentNow(""), "UserAgent/Detail": agentNow(""),
				"UserAgent/Update": agentNow(""), "UserAgent/Message/Detail": messageNow("agent_end", "Hi"),
				"UserAgent/Message/Send": sentNow,
			}
			tool, _ := faking(t, nil).Find(test.tool)
			if tool.RequiresConfirmation {
				answers = ForSale(test.tool)
			}
			f := faking(t, answers)
			f.ok(test.tool, test.arguments)
			seen := f.requests()
			if tool.RequiresConfirmation { // the others look the price up
				seen = slices.DeleteFunc(seen, func(r seenRequest) bool { return !slices.Contains(charging, r.path) })
			}
			if test.tool == "stop_agent" { // it looks which subscription goes on
				seen = slices.DeleteFunc(seen, func(r seenRequest) bool { return r.path == "UserAgent/Detail" })
			}
			require.Len(t, seen, 1, "one request does it")
			require.Equal(t, test.path, seen[0].path)
			require.Equal(t, test.team, seen[0].team)
			got, err := json.Marshal(seen[0].body)
			require.NoError(t, err)
			require.JSONEq(t, test.body, string(got))
		})
	}
}

const sentNow = `{"result":true,"errors":[],"messageguid":"m1","agenttoken":"tok1","status":"agent_queue"}`

// agentNow is what Detail says of a deployed agent; more adds or replaces members.
func agentNow(more string) string {
	agent := map[string]any{
		"guid": agentID, "title": "My bot", "tier": "starter", "status": 0, "monthlypriceusd": 9, "monthlycredits": 1000,
		"usedcredits": 100, "remainingcredits": 900,
		"subscription": map[string]any{"status": "active", "currentperiodend": 1893456000, "daysremaining": 17, "provider": "prepaid"},
	}
	if more != "" {
		var members map[string]any
		if err := json.Unmarshal([]byte("{"+more+"}"), &members); err != nil {
			panic(err)
		}
		maps.Copy(agent, members)
	}
	data, err := json.Marshal(map[string]any{"result": true, "errors": []any{}, "useragents": []any{agent}})
	if err != nil {
		panic(err)
	}
	return string(data)
}

func messageNow(status, response string) string {
	data, err := json.Marshal(map[string]any{"result": true, "data": map[string]any{
		"guid": "m1", "agenttoken": "tok1", "sessionkey": "default", "content": "Hello", "response": response, "status": status,
		"metadata": map[string]any{}, "createdat": "1743350400", "startedat": "1743350401", "endedat": "1743350408",
	}})
	if err != nil {
		panic(err)
	}
	return string(data)
}

func saysNo(message string) string {
	data, err := json.Marshal(map[string]any{"result": false, "errors": []any{map[string]any{"code": 0, "message": message}}})
	if err != nil {
		panic(err)
	}
	return string(data)
}
