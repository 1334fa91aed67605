package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// subscribe registers for a message and returns the snapshot.
func (a *api) subscribe(l *line, token string) obj {
	a.t.Helper()
	l.send(obj{"type": "agent_info", "agenttoken": token})
	snapshot := l.event()
	require.Equal(a.t, "agent_subscribed", snapshot["type"])
	return snapshot
}

// scripted makes the next messages behave, and returns a line to listen on.
func (a *api) scripted(b emulator.Behavior) *line {
	a.t.Helper()
	a.s.Behave("UserAgent/Message/Send", b)
	return a.dial()
}

func TestAnswerStreamsWithItsThinking(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	l := a.scripted(emulator.Behavior{AwaitSubscriber: true})
	token, _ := a.send(guid, "Which bread is best?")
	require.Equal(t, obj{"type": "agent_subscribed", "agenttoken": token, "status": "agent_queue", "debugoutput": "", "result": true}, a.subscribe(l, token))
	events := l.until(emulator.AgentEnd)
	require.Equal(t, []string{"agent_start", "agent_output", "agent_end"}, types(events))
	require.Equal(t, "", events[0]["message"])

	raw, thought := "", false
	for _, e := range events[1:] {
		m := e["message"].(obj)
		require.Equal(t, true, e["result"])
		require.Equal(t, token, e["agenttoken"])
		require.GreaterOrEqual(t, len(m["raw"].(string)), len(raw), "raw only grows")
		require.Contains(t, m["raw"], raw)
		raw = m["raw"].(string)
		if m["isThinking"] == true {
			thought = true
			require.Empty(t, m["answer"])
			require.Len(t, m["thinking"], 1)
		}
	}
	require.True(t, thought)
	final := events[len(events)-1]["message"].(obj)
	require.Equal(t, "progressGenerate", final["type"])
	require.Equal(t, "words/s", final["speedType"])
	require.Contains(t, final["answer"].([]any)[0], "Which bread is best?")
	require.NotContains(t, final["answer"].([]any)[0], "<think>")
	require.Positive(t, final["wordCount"])

	said := a.said(token)
	require.Equal(t, "agent_end", said["status"])
	require.Equal(t, final, said["metadata"])
	require.Equal(t, final["raw"], said["response"])
	require.NotEqual(t, "0", said["endedat"])
	require.NotContains(t, said, "attachments")
	snapshot := a.subscribe(l, token)
	require.Equal(t, "agent_end", snapshot["status"])
	require.Equal(t, final["raw"], snapshot["debugoutput"])
}

func TestSocketAnswersOddSubscriptions(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	l := a.dial()
	for _, token := range []any{nil, "", "  "} {
		l.send(obj{"type": "agent_info", "agenttoken": token})
		require.Equal(t, obj{"type": "error", "message": "agenttoken-required", "result": false}, l.event())
	}
	require.Equal(t, obj{"type": "agent_subscribed", "agenttoken": "nobody's", "status": "unknown", "result": true}, a.subscribe(l, "nobody's"))
}

func TestDroppedSocketFindsItsWayBack(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	l := a.scripted(emulator.Behavior{AwaitSubscriber: true, DropSocketAt: emulator.AgentOutput})
	token, _ := a.send(guid, "Tell me a lot")
	l.send(obj{"type": "agent_info", "agenttoken": token})
	l.closed()
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.AgentEnd))
	snapshot := a.subscribe(a.dial(), token)
	require.Equal(t, "agent_end", snapshot["status"])
	require.NotEmpty(t, snapshot["debugoutput"])

	l = a.scripted(emulator.Behavior{AwaitSubscriber: true})
	token, _ = a.send(guid, "Please hang up on me")
	l.send(obj{"type": "agent_info", "agenttoken": token})
	l.closed()
}

func TestSocketMisbehaviorOfMessages(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()

	l := a.scripted(emulator.Behavior{Times: 1, AwaitSubscriber: true, LoseFinalEvent: true})
	token, _ := a.send(guid, "one")
	a.subscribe(l, token)
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.AgentEnd))
	last := obj{}
	for ended := false; !ended; { // what is in the pipe ends with the snapshot of a second registration
		l.send(obj{"type": "agent_info", "agenttoken": "x"})
		for e := l.event(); ; e = l.event() {
			if e["type"] == "agent_subscribed" {
				ended = true
				break
			}
			last = e
		}
	}
	require.Equal(t, "agent_output", last["type"])

	l = a.scripted(emulator.Behavior{Times: 1, AwaitSubscriber: true, Duplicate: true})
	token, _ = a.send(guid, "two")
	a.subscribe(l, token)
	require.Equal(t, l.event(), l.event())

	l = a.scripted(emulator.Behavior{Times: 1, RefuseSocket: true})
	token, _ = a.send(guid, "three")
	l.send(obj{"type": "agent_info", "agenttoken": token})
	require.Empty(t, l.closed())

	l = a.scripted(emulator.Behavior{Times: 1, AwaitSubscriber: true, Garbage: true})
	token, _ = a.send(guid, "four")
	a.subscribe(l, token)
	_, data, err := l.conn.ReadMessage()
	require.NoError(t, err)
	require.Equal(t, `{"type":"task_out`, string(data))

	l = a.scripted(emulator.Behavior{Times: 1, AwaitSubscriber: true, Silent: true})
	token, _ = a.send(guid, "five")
	a.subscribe(l, token)
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.AgentEnd))
	require.Equal(t, "agent_end", a.subscribe(l, token)["status"], "nothing came in between")
}

func TestErrorsComeInTwoForms(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	for text, object := range map[string]bool{"Please fail now": false, "please say nothing": true} {
		l := a.scripted(emulator.Behavior{AwaitSubscriber: true})
		token, _ := a.send(guid, text)
		a.subscribe(l, token)
		events := l.until(emulator.AgentError)
		last := events[len(events)-1]
		require.Equal(t, false, last["result"])
		said := a.said(token)
		require.Equal(t, "agent_error", said["status"])
		require.Equal(t, obj{}, said["metadata"])
		if object {
			require.Equal(t, "...", last["message"].(obj)["raw"])
			require.Equal(t, "...", said["response"])
			continue
		}
		require.Equal(t, "Agent is temporarily unavailable. Please try again shortly.", last["message"])
		require.Contains(t, said["debugoutput"], "upstream answered 502", "the API tells what the socket does not")
	}
	a.s.Behave("UserAgent/Message/Send", emulator.Behavior{FailWith: &emulator.Exit{Stderr: []string{"oom"}}})
	token, _ := a.send(guid, "x")
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.AgentError))
	require.Contains(t, a.said(token)["debugoutput"], "oom")
	require.EqualValues(t, 0, a.mine(guid)["usedcredits"], "failures cost nothing")
}
