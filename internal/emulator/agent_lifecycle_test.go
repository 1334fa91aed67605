package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestStartGoesThroughItsStatuses(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor", obj{"credentials": blog})
	a.s.Behave("UserAgent/Start", emulator.Behavior{HoldAt: emulator.AgentQueue})
	a.ok("UserAgent/Start", obj{"guid": guid})
	require.EqualValues(t, queued, a.mine(guid)["status"])
	a.refusals([]refusal{{"UserAgent/Start", obj{"guid": guid}, 0, "Agent is already queued to start"}})
	a.s.Release(guid)
	require.Equal(t, running, a.rest(guid))
	a.refusals([]refusal{{"UserAgent/Start", obj{"guid": guid}, 0, "Agent is already running"}})
	d := a.mine(guid)
	require.NotNil(t, d["queuedat"])
	require.NotNil(t, d["startedat"])
	require.NotNil(t, d["runningat"])

	a.ok("UserAgent/Stop", obj{"guid": guid})
	require.Equal(t, stopped, a.rest(guid))
	require.NotNil(t, a.mine(guid)["stopdat"])
	a.refusals([]refusal{{"UserAgent/Stop", obj{"guid": guid}, 0, "Agent is already stopped"}})
}

func TestStopTakesAnAgentOutOfTheQueueAtOnce(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor", obj{"credentials": blog})
	a.s.Behave("UserAgent/Start", emulator.Behavior{HoldAt: emulator.AgentQueue})
	a.ok("UserAgent/Start", obj{"guid": guid})
	a.ok("UserAgent/Stop", obj{"guid": guid})
	require.EqualValues(t, stopped, a.mine(guid)["status"])
}

func TestStatusesThatTakeTime(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Pace: 1000})
	guid := a.deploy("blog-content-editor", obj{"credentials": blog})
	a.ok("UserAgent/Start", obj{"guid": guid})
	require.EqualValues(t, queued, a.mine(guid)["status"])
}

func TestStartingAgentCanBeStopped(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor", obj{"credentials": blog})
	a.s.Behave("UserAgent/Start", emulator.Behavior{HoldAt: emulator.AgentStart})
	a.ok("UserAgent/Start", obj{"guid": guid})
	require.Eventually(t, func() bool { return a.mine(guid)["status"] == float64(starting) }, patience, time.Millisecond)
	a.ok("UserAgent/Stop", obj{"guid": guid})
	require.Equal(t, stopped, a.rest(guid))
}

func TestStartCanFailAndBeTriedAgain(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor", obj{"credentials": blog})
	a.s.Behave("UserAgent/Start", emulator.Behavior{Times: 1, FailWith: &emulator.Exit{}})
	a.ok("UserAgent/Start", obj{"guid": guid})
	require.Equal(t, failed, a.rest(guid))
	require.NotNil(t, a.mine(guid)["errordat"])
	a.refusals([]refusal{{"UserAgent/Stop", obj{"guid": guid}, 0, "Agent is in error state, use Start to retry"}})
	a.start(guid)
}

func TestStartRefusesWhatCannotRun(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor")
	call := func(message string) {
		a.refusals([]refusal{{"UserAgent/Start", obj{"guid": guid}, 0, message}})
	}
	call("Agent setup is not complete. Please fill in your credentials before starting.")
	for field, value := range blog["wordpress"].(obj) {
		a.ok("UserAgent/CredentialUpsert", obj{"useragentguid": guid, "fields": []obj{{"credentialkey": "wordpress", "fieldname": field, "fieldvalue": value}}})
	}
	require.EqualValues(t, stopped, a.mine(guid)["status"], "completing the credentials completes the set-up")
	require.True(t, a.s.SetAgentCredits(guid, 0))
	call("No credits available. Please renew your subscription or purchase extra credits.")
	a.ok("UserAgent/CancelSubscription", obj{"guid": guid})
	a.s.Advance(31 * 24 * time.Hour)
	call("Active subscription required to start agent. Please renew your subscription.")
	a.refusals([]refusal{
		{"UserAgent/Start", obj{"guid": "nope"}, 1, "User agent not found"},
		{"UserAgent/Start", obj{}, 0, "Request parameter [guid] required"},
	})
	require.False(t, a.s.SetAgentCredits("nope", 1))
	_, err := a.s.AgentAtRest(a.ctx(), "nope")
	require.Error(t, err)
}

func TestChangesRestartARunningAgent(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	before := a.mine(guid)["runningat"]
	require.NotNil(t, before)
	a.s.Advance(time.Hour)
	a.ok("UserAgent/CredentialUpsert", obj{"useragentguid": guid, "fields": []obj{{"credentialkey": "wordpress", "fieldname": "user", "fieldvalue": "bea"}}})
	require.Equal(t, running, a.rest(guid))
	require.Greater(t, a.mine(guid)["runningat"], before)

	a.ok("UserAgent/CredentialUpsert", obj{"useragentguid": guid, "fields": []obj{{"credentialkey": "wordpress", "fieldname": "user", "fieldvalue": ""}}})
	require.Equal(t, setup, a.rest(guid), "a restart without credentials ends in set-up")
}

func TestLogsTellWhatHappened(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	a.say(guid, "Write about rye")
	tail := a.ok("UserAgent/Logs", obj{"useragentguid": guid})
	events := objects(tail["events"])
	require.Equal(t, "agent_end", events[0]["action"], "newest first")
	require.Equal(t, "ada", events[0]["user"].(obj)["username"])
	require.Equal(t, "agent_start", events[len(events)-1]["action"])
	require.Nil(t, events[len(events)-1]["user"])
	require.Contains(t, pluck(tail["events"], "kind"), "deduct")
	require.Contains(t, pluck(tail["events"], "kind"), "tool")
	require.EqualValues(t, len(events), tail["totalLines"])
	require.Len(t, a.ok("UserAgent/Logs", obj{"useragentguid": guid, "lines": 1})["events"], 1)

	date := tail["date"].(string)
	file := a.ok("UserAgent/LogsFile", obj{"useragentguid": guid, "date": date})
	require.Equal(t, "agent_start", objects(file["events"])[0]["action"], "oldest first")
	require.Equal(t, false, file["truncated"])

	a.s.Advance(8 * 24 * time.Hour)
	dates := objects(a.ok("UserAgent/LogsList", obj{"useragentguid": guid})["dates"])
	require.Len(t, dates, 9, "scheduled tasks left a line every day")
	require.Equal(t, false, dates[0]["compressed"])
	require.Equal(t, true, dates[8]["compressed"])
	require.True(t, strings.HasSuffix(dates[8]["filename"].(string), ".jsonl.gz"))

	gone := a.ok("UserAgent/LogsDelete", obj{"useragentguid": guid, "date": date})
	require.Equal(t, obj{"plain": false, "gz": true}, gone["removed"])
	gone = a.ok("UserAgent/LogsDelete", obj{"useragentguid": guid, "date": date})
	require.Equal(t, obj{"plain": false, "gz": false}, gone["removed"])
	require.Empty(t, a.ok("UserAgent/LogsFile", obj{"useragentguid": guid, "date": date})["events"])
	a.refusals([]refusal{
		{"UserAgent/LogsFile", obj{"useragentguid": guid}, 0, "Request parameter [date] required"},
		{"UserAgent/LogsDelete", obj{"useragentguid": guid, "date": "yesterday"}, 0, "date must be YYYY-MM-DD"},
	})
	a.s.Advance(200 * 24 * time.Hour)
	require.Less(t, len(objects(a.ok("UserAgent/LogsList", obj{"useragentguid": guid})["dates"])), 182)
}

func TestLogsRepeatThemselvesForAWhile(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Pace: 0.1}) // so for three seconds
	guid := a.up()
	a.s.Behave("UserAgent/Message/Send", emulator.Behavior{Seconds: 0.01})
	date := a.ok("UserAgent/Logs", obj{"useragentguid": guid})["date"]
	count := func() any { return a.ok("UserAgent/Logs", obj{"useragentguid": guid, "date": date})["totalLines"] }
	require.EqualValues(t, 1, count())
	a.say(guid, "Hello")
	require.EqualValues(t, 1, count())
	a.s.Advance(3 * time.Second)
	require.EqualValues(t, 3, count())
}
