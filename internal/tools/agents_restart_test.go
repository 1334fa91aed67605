package tools

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const stoppingNow = "Agent is currently stopping, please wait"

// A change of a running agent restarts it: Wiro refuses to start what stops for that.
func TestStartWaitsForAnAutomaticRestart(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{"UserAgent/Start": saysNo(stoppingNow)})
	f.say("UserAgent/Detail", agentNow(`"status": 1, "restartafter": true`), agentNow(`"status": 2`), agentNow(`"status": 4`))
	require.Contains(t, f.ok("start_agent", theAgent).text, "It runs and takes messages.")
	require.Equal(t, 1, times(f.paths(), "UserAgent/Start"), "it comes back by itself")

	f.say("UserAgent/Detail", agentNow(`"status": 1, "restartafter": "1"`))
	r := f.ok("start_agent", `{"useragentguid": "`+agentID+`", "wait": false}`)
	require.Contains(t, r.text, "It restarts by itself")
	next, _ := r.next()
	require.Equal(t, "get_my_agent", next)
	r = f.ok("start_agent", `{"useragentguid": "`+agentID+`", "timeout_seconds": 0}`)
	require.Contains(t, r.text, "It is still stopping and goes on by itself.")
}

// An agent that somebody stopped is started once it has stopped.
func TestStartWaitsUntilAnAgentHasStopped(t *testing.T) {
	t.Parallel()
	f := faking(t, nil)
	f.say("UserAgent/Start", saysNo(stoppingNow), yes)
	f.say("UserAgent/Detail", agentNow(`"status": 1`), agentNow(`"status": 0`), agentNow(`"status": 2`), agentNow(`"status": 4`))
	require.Contains(t, f.ok("start_agent", theAgent).text, "It runs and takes messages.")
	require.Equal(t, 2, times(f.paths(), "UserAgent/Start"))

	f.say("UserAgent/Start", saysNo(stoppingNow), saysNo("No credits available. Please renew your subscription or purchase extra credits."))
	f.say("UserAgent/Detail", agentNow(`"status": 1`), agentNow(`"status": 0`))
	f.refused("start_agent", theAgent, "No credits available")

	f.say("UserAgent/Start", saysNo(stoppingNow))
	f.say("UserAgent/Detail", agentNow(`"status": 1`))
	for _, more := range []string{`"wait": false`, `"timeout_seconds": 0`} {
		f.refused("start_agent", `{"useragentguid": "`+agentID+`", `+more+`}`, "start it again once it has stopped")
	}
}

func TestStopNamesTheSubscriptionThatGoesOn(t *testing.T) {
	t.Parallel()
	const active = `"tier": "pro", "monthlypriceusd": 29, "subscription": {"status": "active", "amount": 29, "currentperiodend": 1780272000, "provider": "prepaid"`
	for name, test := range map[string]struct{ agent, arguments, says, subscription string }{
		"active":            {active + `}, "status": 0`, theAgent, "It has stopped. Its subscription (pro) goes on: it renews 2026-06-01 for $29.00. cancel_agent_subscription ends it.", "active until 2026-06-01"},
		"without a wait":    {active + `}, "status": 1`, `{"useragentguid": "` + agentID + `", "wait": false}`, "It is stopping; that takes a moment. Its subscription (pro) goes on", "active until 2026-06-01"},
		"canceled":          {active + `, "pendingdowngrade": "cancel"}, "status": 0`, theAgent, "It has stopped. Its subscription ends 2026-06-01 and is not charged again.", "canceled, ends 2026-06-01"},
		"without any":       {`"subscription": null, "status": 0`, theAgent, "It has stopped.", "none"},
		"one that is over":  {`"subscription": {"status": "expired"}, "status": 0`, theAgent, "It has stopped.", "expired"},
		"without its price": {`"monthlypriceusd": null, "subscription": {"status": "active", "currentperiodend": 1780272000}, "status": 0`, theAgent, "for an unknown amount", "active until 2026-06-01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := faking(t, map[string]string{"UserAgent/Detail": agentNow(test.agent)})
			r := f.ok("stop_agent", test.arguments)
			require.Contains(t, r.text, test.says)
			agent, _ := r.data["agent"].(map[string]any)
			require.Equal(t, test.subscription, agent["subscription"])
			if test.says == "It has stopped." {
				require.NotContains(t, r.text, "ubscription")
			}
			f.say("UserAgent/Stop", saysNo("Agent is already stopped"))
			require.Contains(t, f.ok("stop_agent", theAgent).text, "stopped already")
		})
	}
}
