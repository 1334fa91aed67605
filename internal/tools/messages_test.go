package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const hello = `{"useragentguid": "` + agentID + `", "message": "Hello", "sessionkey": "user-42"}`

func talking(t *testing.T, details ...string) *fakeWiro {
	t.Helper()
	f := faking(t, map[string]string{"UserAgent/Message/Send": sentNow})
	f.say("UserAgent/Message/Detail", details...)
	return f
}

func TestSendWaitsAndReportsTheAnswerAsItGrows(t *testing.T) {
	t.Parallel()
	f := talking(t, messageNow("agent_queue", ""), messageNow("agent_start", ""), messageNow("agent_output", "<think>A greeting"),
		messageNow("agent_output", "<think>A greeting</think>Good"), messageNow("agent_end", "<think>A greeting</think>Good morning, Ada."))
	var told []string
	var values []float64
	r := f.callAs(circumstances{progress: func(value, _ float64, message string) {
		told, values = append(told, message), append(values, value)
	}}, "send_agent_message", hello)
	require.False(t, r.isError, r.text)
	require.Equal(t, []string{"queued", "the agent works on it", "thinking: A greeting", "Good", "Good morning, Ada."}, told)
	for i := 1; i < len(values); i++ {
		require.Greater(t, values[i], values[i-1])
	}
	require.Equal(t, "completed", r.data["state"])
	require.Equal(t, "Good morning, Ada.", r.data["answer"])
	require.Equal(t, "A greeting", r.data["thinking"])
	message, _ := r.data["message"].(map[string]any)
	require.Equal(t, "m1", message["messageguid"])
	require.Equal(t, "tok1", message["agenttoken"])
	require.Equal(t, "default", message["sessionkey"])
	require.EqualValues(t, 7, message["durationSeconds"])
	require.True(t, strings.HasPrefix(r.text, "Good morning, Ada.\n"), "the answer comes first")
	for _, text := range []string{"> A greeting", "m1", "tok1", "took 7s"} {
		require.Contains(t, r.text, text)
	}
	require.Equal(t, 1, times(f.paths(), "UserAgent/Message/Send"))
}

func times(paths []string, path string) (n int) {
	for _, p := range paths {
		if p == path {
			n++
		}
	}
	return n
}

func TestSendOutOfTimeGivesBackWhatThereIs(t *testing.T) {
	t.Parallel()
	enough, leave := context.WithCancel(soon(t))
	f := faking(t, map[string]string{"UserAgent/Message/Send": sentNow, "UserAgent/Message/Detail": messageNow("agent_output", "Good")},
		func(o *Options) { o.Drain = enough })
	outOfTime := f.ok("send_agent_message", strings.Replace(hello, "{", `{"timeout_seconds": 1, `, 1)) // before or after the first look
	cutShort := f.callAs(circumstances{progress: func(_, _ float64, message string) {
		if message == "Good" {
			leave()
		}
	}}, "send_agent_message", hello)
	require.Equal(t, "Good", cutShort.data["answer"])
	require.Contains(t, cutShort.text, "not complete")
	for _, r := range []result{outOfTime, cutShort} {
		require.Equal(t, "running", r.data["state"])
		for _, text := range []string{"m1", "tok1", "do not send the message again", "get_agent_message"} {
			require.Contains(t, r.text, text)
		}
		next, arguments := r.next()
		require.Equal(t, "get_agent_message", next)
		require.Equal(t, map[string]any{"messageguid": "m1", "useragentguid": agentID, "wait_seconds": 30.}, arguments)
	}
	require.Equal(t, 2, times(f.paths(), "UserAgent/Message/Send"))

	f.say("UserAgent/Message/Detail", messageNow("agent_end", "Good morning"))
	later := f.ok("get_agent_message", `{"messageguid": "m1"}`)
	require.Equal(t, "completed", later.data["state"])
	require.Equal(t, "Good morning", later.data["answer"])
	require.Contains(t, later.text, `The question was: "Hello"`)
}

// Whatever happens after it was sent, the message's guid and token come back.
func TestSendNeverLosesAMessageThatWasSent(t *testing.T) {
	t.Parallel()
	drain, leave := context.WithCancel(soon(t))
	leave()
	for name, test := range map[string]struct {
		detail string
		change func(*Options)
	}{
		"Wiro does not know it":  {saysNo("Message not found"), func(*Options) {}},
		"Wiro has lost its mind": {saysNo("transactions-list-failed"), func(o *Options) { o.RunTimeout = time.Second }},
		"the server is going":    {messageNow("agent_start", ""), func(o *Options) { o.Drain = drain }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := faking(t, map[string]string{"UserAgent/Message/Send": sentNow, "UserAgent/Message/Detail": test.detail}, test.change)
			r := f.ok("send_agent_message", hello)
			require.Equal(t, "running", r.data["state"])
			require.Contains(t, r.text, "m1")
			require.Contains(t, r.text, "tok1")
			require.Contains(t, r.text, "user-42")
			require.Contains(t, r.text, "do not send the message again")
		})
	}
}

func TestSendWithoutWaitingReturnsAtOnce(t *testing.T) {
	t.Parallel()
	f := talking(t)
	r := f.ok("send_agent_message", strings.Replace(hello, "{", `{"wait": false, `, 1))
	require.Equal(t, "submitted", r.data["state"])
	require.Contains(t, r.text, "Sent: message m1 (session user-42, token tok1).")
	next, _ := r.next()
	require.Equal(t, "get_agent_message", next)
	require.Equal(t, []string{"UserAgent/Message/Send"}, f.paths())
}

func TestAFailedMessageSaysWhy(t *testing.T) {
	t.Parallel()
	f := talking(t, strings.Replace(messageNow("agent_error", "Could not resolve agent endpoint"), `"content"`, `"debugoutput":"Could not resolve agent endpoint","content"`, 1))
	r := f.ok("send_agent_message", hello)
	require.Equal(t, "failed", r.data["state"])
	require.Equal(t, "Could not resolve agent endpoint", r.data["error"])
	require.Empty(t, r.data["answer"])
	f.say("UserAgent/Message/Detail", messageNow("agent_cancel", "AbortError"))
	r = f.ok("send_agent_message", hello)
	require.Equal(t, "cancelled", r.data["state"])
	require.NotContains(t, r.text, "AbortError")
}

func TestAnAgentOutOfCreditsIsSaidToBeSo(t *testing.T) {
	t.Parallel()
	f := talking(t, messageNow("agent_end", "[SYSTEM_CREDIT_LIMIT_REACHED]"))
	require.Contains(t, f.ok("send_agent_message", hello).text, "no credits left: buy_agent_credits")
}

// Wiro keeps a side of a message that was deleted, and marks it.
func TestASideThatWasDeletedDoesNotShow(t *testing.T) {
	t.Parallel()
	for flag, shows := range map[int]struct{ question, answer bool }{0: {true, true}, 1: {false, true}, 2: {true, false}, 3: {false, false}} {
		row := strings.Replace(messageNow("agent_end", "<think>Private thought</think>The answer"), `"content":"Hello"`, fmt.Sprintf(`"content":"Hello","deletestatus":%d`, flag), 1)
		require.Contains(t, row, "deletestatus")
		var one struct{ Data json.RawMessage }
		require.NoError(t, json.Unmarshal([]byte(row), &one))
		f := faking(t, map[string]string{
			"UserAgent/Message/Detail":  row,
			"UserAgent/Message/History": `{"result":true,"data":{"count":1,"messages":[` + string(one.Data) + `]}}`,
		})
		for _, r := range []result{f.ok("get_agent_message", `{"messageguid":"m1"}`), f.ok("list_agent_messages", theAgent)} {
			data, err := json.Marshal(r.data)
			require.NoError(t, err)
			for _, form := range []string{r.text, string(data)} {
				require.Equal(t, shows.question, strings.Contains(form, "Hello"), flag)
				require.Equal(t, shows.answer, strings.Contains(form, "The answer"), flag)
				require.False(t, !shows.answer && strings.Contains(form, "Private thought"), flag)
			}
		}
	}
}

func TestSendToAnAgentThatDoesNotRunSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for status, test := range map[int]struct{ says, next string }{
		0: {"Start it first", "start_agent"}, 1: {"is stopping", "get_my_agent"}, 2: {"is starting", "get_my_agent"},
		3: {"is starting", "get_my_agent"}, 5: {"start_agent tries again", "start_agent"}, 6: {"lacks credentials", "get_my_agent"},
	} {
		f := faking(t, map[string]string{"UserAgent/Message/Send": saysNo(fmt.Sprintf("Agent is not running. Current status: %d", status))})
		next, arguments := f.refused("send_agent_message", hello, test.says).next()
		require.Equal(t, test.next, next, status)
		require.Equal(t, agentID, arguments["useragentguid"], status)
	}
}

func TestAConversationIsListedInLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 200)
	answer, err := json.Marshal(map[string]any{"result": true, "data": map[string]any{"count": 2, "hasmore": true, "messages": []any{
		map[string]any{"guid": "m2", "status": "agent_output", "agenttoken": "tok2", "content": "And now?", "debugoutput": "Well", "createdat": "1743350400"},
		map[string]any{"guid": "m1", "status": "agent_end", "agenttoken": "tok1", "content": "Hello", "response": long, "createdat": "1743350300",
			"user": map[string]any{"firstname": "Ada", "lastname": "Lovelace"}},
	}}})
	require.NoError(t, err)
	f := faking(t, map[string]string{"UserAgent/Message/History": string(answer)})
	r := f.ok("list_agent_messages", theAgent)
	for _, text := range []string{`Conversation "default", newest first`, "m2 · 2025-03-30 16:00:00Z · running · token tok2", "asked: And now?", "answered: Well", "m1", "Ada Lovelace", "…"} {
		require.Contains(t, r.text, text)
	}
	require.NotContains(t, r.text, "tok1", "the token of one that is over is of no use")
	require.Less(t, len(r.text), 1200)
	next, arguments := r.next()
	require.Equal(t, "list_agent_messages", next)
	require.Equal(t, "m1", arguments["before"])

	f.say("UserAgent/Message/Sessions", `{"result": true, "data": {"sessions": [{"sessionkey": "user-42", "messagecount": "8", "updatedat": "1743350400", "lastmessage": "How?"}]}}`)
	r = f.ok("list_agent_sessions", theAgent)
	require.Contains(t, r.text, `- user-42 · 8 messages · 2025-03-30 16:00:00Z · "How?"`)
	next, arguments = r.next()
	require.Equal(t, "list_agent_messages", next)
	require.Equal(t, "user-42", arguments["sessionkey"])
}

func TestCancelAndDeleteSayWhatWasDone(t *testing.T) {
	t.Parallel()
	f := faking(t, nil)
	require.Equal(t, "Canceled.", f.ok("cancel_agent_message", `{"messageguid": "m1"}`).text)
	f.say("UserAgent/Message/Cancel", saysNo("Message cannot be cancelled (status: agent_cancel)"))
	require.Equal(t, "It was canceled already.", f.ok("cancel_agent_message", `{"agenttoken": "tok1"}`).text)
	f.say("UserAgent/Message/Cancel", saysNo("Message cannot be cancelled (status: agent_end)"))
	next, arguments := f.refused("cancel_agent_message", `{"agenttoken": "tok1"}`, "is over").next()
	require.Equal(t, "get_agent_message", next)
	require.Equal(t, "tok1", arguments["agenttoken"])
	f.refused("cancel_agent_message", `{}`, "messageguid", "agenttoken")

	require.Contains(t, f.ok("delete_agent_messages", `{"useragentguid": "ua", "items": [{"messageguid": "m1", "side": "user"}, {"messageguid": "m2"}]}`).text, "2 messages deleted")
	require.Contains(t, f.ok("delete_agent_messages", `{"useragentguid": "ua", "sessionkey": "s"}`).text, `conversation "s"`)
	f.refused("delete_agent_messages", `{"useragentguid": "ua"}`, "either items")
	f.refused("delete_agent_messages", `{"useragentguid": "ua", "sessionkey": "s", "items": [{"messageguid": "m1"}]}`, "either items")
	f.refused("delete_agent_messages", `{"useragentguid": "ua", "items": [{"messageguid": "m1", "side": "left"}]}`, "user, agent, both")
}
