package tools

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// aDay is a LogsFile answer with n events, one a second, from noon on.
func aDay(t *testing.T, n int) string {
	t.Helper()
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).Unix()
	events := make([]any, n)
	for i := range events {
		events[i] = map[string]any{"ts": noon + int64(i), "kind": "tool", "action": fmt.Sprintf("step-%d", i), "skill": "int-a",
			"details": map[string]any{"note": strings.Repeat("x", 200)}}
	}
	data, err := json.Marshal(map[string]any{"result": true, "date": "2026-05-01", "truncated": false, "events": events})
	require.NoError(t, err)
	return string(data)
}

func steps(r result) []string {
	events, _ := r.data["events"].([]any)
	var steps []string
	for _, event := range events {
		member, _ := event.(map[string]any)
		action, _ := member["action"].(string)
		steps = append(steps, action)
	}
	return steps
}

func TestLogsAreReadableAndNewestLast(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{"UserAgent/Logs": `{"result": true, "date": "2026-05-03", "totalLines": 1428, "events": [
		{"ts": 1777800012, "kind": "deduct", "action": "create", "skill": "int-wordpress-post", "userUuid": "system", "user": null, "details": {"cost": 60}},
		{"ts": 1777800010, "kind": "message", "action": "agent_end", "session": "user-42", "user": {"firstname": "Ada", "lastname": "Lovelace"},
			"details": {"prompt": "Draft a\nroundup", "tags": ["a", "b"]}}]}`})
	r := f.ok("get_agent_logs", theAgent)
	require.Equal(t, "2 events of 2026-05-03, newest last:\n(1426 older)\n"+
		"2026-05-03 09:20:10Z message agent_end in user-42 by Ada Lovelace: prompt=Draft a roundup, tags=[\"a\",\"b\"]\n"+
		"2026-05-03 09:20:12Z deduct create (int-wordpress-post): cost=60\n"+
		`Next: get_agent_logs {"date":"2026-05-03","full":true,"useragentguid":"`+agentID+`"} (see the whole day)`, r.text)
	require.Equal(t, []string{"agent_end", "create"}, steps(r))
	require.EqualValues(t, 1426, r.data["olderNotShown"])

	f.say("UserAgent/Logs", `{"result": true, "date": "2026-05-03", "events": []}`)
	require.Contains(t, f.ok("get_agent_logs", theAgent).text, "Nothing is logged on 2026-05-03")
}

func TestALongDayIsReadInParts(t *testing.T) {
	t.Parallel()
	const events = 1000
	f := faking(t, map[string]string{"UserAgent/LogsFile": aDay(t, events)})
	arguments := `{"useragentguid": "` + agentID + `", "date": "2026-05-01", "full": true}`
	var seen []string
	for range 20 {
		r := f.ok("get_agent_logs", arguments)
		require.Less(t, len(r.text), logCap)
		data, err := json.Marshal(r.data)
		require.NoError(t, err)
		require.Less(t, len(data), logCap+1000)
		seen = append(steps(r), seen...)
		tool, next := r.next()
		if tool == "" {
			break
		}
		require.Contains(t, r.text, "older events of the day are left out")
		data, err = json.Marshal(next)
		require.NoError(t, err)
		arguments = string(data)
	}
	require.Len(t, seen, events, "nothing is shown twice or lost")
	for i, step := range seen {
		require.Equal(t, fmt.Sprintf("step-%d", i), step)
	}
}

func TestLogsTakeADayOrAMoment(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{"UserAgent/LogsFile": aDay(t, 10), "UserAgent/Logs": aDay(t, 10)})
	for _, date := range []string{"2026-05-01T12:00:03", "2026-05-01T12:00:03Z", "2026-05-01 12:00:03"} {
		r := f.ok("get_agent_logs", `{"useragentguid": "ua", "date": "`+date+`"}`)
		require.Equal(t, []string{"step-0", "step-1", "step-2"}, steps(r))
	}
	require.Equal(t, "2026-05-01", f.requests()[0].body["date"])
	f.refused("get_agent_logs", `{"useragentguid": "ua", "date": "yesterday"}`, "2026-05-01")

	f.forget()
	f.ok("get_agent_logs", `{"useragentguid": "ua", "full": true}`)
	require.Equal(t, time.Now().UTC().Format(time.DateOnly), f.requests()[0].body["date"], "today, where no day is named")
}

func TestDaysOfLogsAreListedAndDeleted(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{
		"UserAgent/LogsList":   `{"result": true, "dates": [{"date": "2026-05-03", "filename": "2026-05-03.jsonl", "size": 184220, "compressed": false}]}`,
		"UserAgent/LogsDelete": `{"result": true, "date": "2026-05-01", "removed": {"plain": false, "gz": true}}`,
	})
	r := f.ok("list_agent_log_dates", theAgent)
	require.Contains(t, r.text, "- 2026-05-03 · 184 kB")
	next, arguments := r.next()
	require.Equal(t, "get_agent_logs", next)
	require.Equal(t, "2026-05-03", arguments["date"])
	const day = `{"useragentguid": "ua", "date": "2026-05-01"}`
	require.Contains(t, f.ok("delete_agent_log", day).text, "are deleted")
	f.say("UserAgent/LogsDelete", `{"result": true, "removed": {"plain": false, "gz": false}}`)
	require.Contains(t, f.ok("delete_agent_log", day).text, "There are no logs of 2026-05-01")
}

func TestADayThatIsTooLongForOneAnswerIsReadInPart(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{"UserAgent/LogsFile": `{"result":true,"padding":"` + strings.Repeat("x", 17<<20) + `"}`})
	next, arguments := f.refused("get_agent_logs", `{"useragentguid": "`+agentID+`", "date": "2026-05-01", "full": true}`, "too long to be read at once").next()
	require.Equal(t, "get_agent_logs", next)
	require.Equal(t, map[string]any{"useragentguid": agentID, "date": "2026-05-01", "lines": float64(5000)}, arguments)
}
