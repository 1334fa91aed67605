package wiro_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestWaitMessageHearsAnAnswerGrow(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) {
		l.subscribed("agent_queue", "")
		l.event("agent_start", `""`)
		l.event("agent_output", saying("<think>They greet.</think>"))
		l.event("agent_output", saying("<think>They greet.</think>Good"))
		l.sayAfterwards(messageOf("agent_end", "<think>They greet.</think>Good morning", ""))
		l.event("agent_end", saying("<think>They greet.</think>Good morning"))
	}, queued)
	message, told, err := s.wait()
	require.NoError(t, err)
	require.Equal(t, wiro.MessageEnded, message.Status)
	require.Equal(t, []string{"Good morning"}, message.Output().Answer)
	require.Equal(t, []string{"They greet."}, message.Output().Thinking)
	require.Equal(t, "s-7", message.SessionKey)

	length := 0
	var statuses []wiro.MessageStatus
	for _, u := range told {
		require.GreaterOrEqual(t, len(u.Output.Raw), length)
		length = len(u.Output.Raw)
		statuses = append(statuses, u.Status)
	}
	require.Subset(t, statuses, []wiro.MessageStatus{wiro.MessageQueued, wiro.MessageStarted, wiro.MessageOutput, wiro.MessageEnded})
	_, connections := s.count()
	require.Equal(t, 1, connections)
}

// One look when the socket is up, one at the end.
func TestWaitMessageLooksTwiceAtMost(t *testing.T) {
	t.Parallel()
	var before int
	s := chatting(t, func(l *chatLine) {
		before, _ = l.count()
		l.subscribed("agent_queue", "")
		l.event("agent_output", saying("Good"))
		l.sayAfterwards(messageOf("agent_end", "Good morning", ""))
		l.event("agent_end", saying("Good morning"))
	}, queued)
	patient := wiro.NewClient(wiro.Options{BaseURL: s.base(), SocketURL: s.socket(), Credentials: wiro.Credentials{Key: testKey}})
	t.Cleanup(patient.Close)
	_, err := patient.Messages.Wait(soon(t), chatRef, s.told)
	require.NoError(t, err)
	looks, _ := s.count()
	require.LessOrEqual(t, looks-before, 2)
}

func TestWaitMessageRecognizesFromTheSnapshotThatItIsOver(t *testing.T) {
	t.Parallel()
	for _, status := range []wiro.MessageStatus{wiro.MessageEnded, wiro.MessageFailed, wiro.MessageCanceled} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			s := chatting(t, func(l *chatLine) { l.subscribed(string(status), "All of it") }, messageOf(string(status), "All of it", "All of it"))
			message, _, err := s.wait()
			require.NoError(t, err)
			require.Equal(t, status, message.Status)
			if status == wiro.MessageEnded {
				require.Equal(t, []string{"All of it"}, message.Output().Answer)
			} else {
				require.Empty(t, message.Output().Answer, "a reason is no answer")
			}
		})
	}
}

func TestWaitMessageTellsAFailureAndItsReason(t *testing.T) {
	t.Parallel()
	const sentence = "Agent is temporarily unavailable. Please try again shortly."
	for name, test := range map[string]struct{ event, reason string }{
		"a sentence":               {`"` + sentence + `"`, sentence},
		"an output without answer": {saying("..."), "..."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := chatting(t, func(l *chatLine) {
				l.subscribed("agent_output", "So")
				l.sayAfterwards(messageOf("agent_error", "ECONNRESET 10.0.0.3", "ECONNRESET 10.0.0.3"))
				l.event("agent_error", test.event)
			}, queued)
			message, told, err := s.wait()
			require.NoError(t, err, "a failed message is no error")
			require.Equal(t, wiro.MessageFailed, message.Status)
			require.Equal(t, test.reason, told[len(told)-1].Error)
			require.Equal(t, []string{"So"}, message.Output().Answer, "what was heard before")
		})
	}
}

func TestWaitMessageHearsOfACancelInTheMiddle(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) {
		l.subscribed("agent_start", "")
		l.event("agent_output", saying("Once upon"))
		l.sayAfterwards(messageOf("agent_cancel", "AbortError", "AbortError"))
		l.event("agent_cancel", `"AbortError"`)
	}, queued)
	message, told, err := s.wait()
	require.NoError(t, err)
	require.Equal(t, wiro.MessageCanceled, message.Status)
	require.Equal(t, []string{"Once upon"}, message.Output().Answer)
	require.Empty(t, told[len(told)-1].Error)
}

// Nothing is broadcast then: the slow look finds it.
func TestWaitMessageFindsACancelWhileItWasQueued(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) { l.subscribed("agent_queue", "") }, queued, queued, messageOf("agent_cancel", "", ""))
	quick := wiro.NewClient(wiro.Options{
		BaseURL: s.base(), SocketURL: s.socket(), Credentials: wiro.Credentials{Key: testKey}, SafetyPollInterval: 20 * time.Millisecond,
	})
	t.Cleanup(quick.Close)
	message, err := quick.Messages.Wait(soon(t), chatRef)
	require.NoError(t, err)
	require.Equal(t, wiro.MessageCanceled, message.Status)
	require.Empty(t, message.Output().Answer)
}

func TestWaitMessageSurvivesADroppedSocket(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(l *chatLine){
		"in the middle": func(l *chatLine) {
			if l.number == 1 {
				l.subscribed("agent_queue", "")
				l.event("agent_output", saying("Once"))
				_ = l.conn.Close()
				return
			}
			l.subscribed("agent_output", "Once upon a")
			l.sayAfterwards(messageOf("agent_end", "Once upon a time", ""))
			l.event("agent_end", saying("Once upon a time"))
		},
		"at the end": func(l *chatLine) {
			if l.number == 1 {
				l.subscribed("agent_start", "")
				l.event("agent_output", saying("Once upon a"))
				l.sayAfterwards(messageOf("agent_end", "Once upon a time", ""))
				_ = l.conn.Close()
				return
			}
			l.subscribed("agent_end", "Once upon a time")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := chatting(t, script, queued)
			message, told, err := s.wait()
			require.NoError(t, err)
			require.Equal(t, wiro.MessageEnded, message.Status)
			require.Equal(t, []string{"Once upon a time"}, message.Output().Answer)
			for i := 1; i < len(told); i++ {
				require.GreaterOrEqual(t, len(told[i].Output.Raw), len(told[i-1].Output.Raw), "an answer never shrinks")
			}
		})
	}
}

func TestWaitMessagePollsWithoutASocket(t *testing.T) {
	t.Parallel()
	s := chatting(t, nil, queued, messageOf("agent_output", "", "Once"), messageOf("agent_end", "Once upon a time", ""))
	message, told, err := s.wait()
	require.NoError(t, err)
	require.Equal(t, []string{"Once upon a time"}, message.Output().Answer)
	require.Equal(t, wiro.MessageOutput, told[1].Status)
	require.Equal(t, []string{"Once"}, told[1].Output.Answer)
}

func TestWaitMessageRefusesATokenThatNobodyKnows(t *testing.T) {
	t.Parallel()
	unknown := func(l *chatLine) {
		l.send(`{"type":"agent_subscribed","agenttoken":"` + chatToken + `","status":"unknown","result":true}`)
	}
	s := chatting(t, unknown, noMessage)
	_, _, err := s.wait()
	require.ErrorIs(t, err, wiro.ErrNotFound)

	// One that was just sent may only be too young.
	s = chatting(t, unknown, noMessage, noMessage, messageOf("agent_end", "There", ""))
	sent, err := s.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: "ua-1", Message: "Hi"})
	require.NoError(t, err)
	message, err := sent.Wait(soon(t))
	require.NoError(t, err)
	require.Equal(t, []string{"There"}, message.Output().Answer)
}

func TestWaitMessageGivesBackWhatThereIsWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) {
		l.subscribed("agent_start", "")
		l.event("agent_output", saying("Once upon"))
	}, queued)
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	message, err := s.Messages.Wait(ctx, chatRef, func(u wiro.MessageUpdate) {
		if u.Status == wiro.MessageOutput {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, wiro.MessageOutput, message.Status)
	require.Equal(t, []string{"Once upon"}, message.Output().Answer)
}

// The end is told before the row says so: the wait looks until it does.
func TestWaitMessageLooksAgainWhereDetailIsBehind(t *testing.T) {
	t.Parallel()
	behind := messageOf("agent_output", "", "Once")
	s := chatting(t, func(l *chatLine) {
		l.say(behind, behind, messageOf("agent_end", "Once upon", ""))
		l.event("agent_end", saying("Once upon"))
	}, queued)
	message, told, err := s.wait()
	require.NoError(t, err)
	require.Equal(t, "Once upon", message.Response)
	require.Equal(t, wiro.MessageEnded, told[len(told)-1].Status, "news never goes backwards")
}

// A socket may carry events and never answer a ping. Once it is gone, it serves no longer.
func TestWaitMessagePollsAfterASocketThatOnlySentEvents(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) {
		l.conn.SetPingHandler(func(string) error { return nil })
		if l.number > 1 {
			return
		}
		l.event("agent_output", saying("Once"))
		l.say(messageOf("agent_end", "Once upon a time", ""))
		_ = l.conn.Close()
	}, queued)
	message, err := s.Messages.Wait(soon(t), chatRef)
	require.NoError(t, err)
	require.Equal(t, []string{"Once upon a time"}, message.Output().Answer)
}

func TestWaitMessageByItsGUIDAsksForTheTokenFirst(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) {
		l.subscribed("agent_queue", "")
		l.say(messageOf("agent_end", "Hello", ""))
		l.event("agent_end", saying("Hello"))
	}, queued)
	message, err := s.Messages.Wait(soon(t), wiro.MessageRef{GUID: "m-1"})
	require.NoError(t, err)
	require.Equal(t, []string{"Hello"}, message.Output().Answer)
	_, connections := s.count()
	require.Equal(t, 1, connections)
}

func TestAnOutputIsPartedIntoThinkingAndAnswer(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]wiro.AgentOutput{
		"Plain":                     {Answer: []string{"Plain"}},
		"<think>a</think>b":         {Thinking: []string{"a"}, Answer: []string{"b"}},
		"<think>still":              {Thinking: []string{"still"}, IsThinking: true},
		"x<think>a</think>y<think>": {Thinking: []string{"a"}, Answer: []string{"x", "y"}, IsThinking: true},
		"":                          {},
	} {
		encoded, err := json.Marshal(raw)
		require.NoError(t, err)
		for _, form := range []string{string(encoded), `{"raw":` + string(encoded) + `}`} {
			var got wiro.AgentOutput
			require.NoError(t, wire.Decode([]byte(form), &got))
			want.Raw = raw
			require.Equal(t, want, got, form)
		}
	}
}

func TestMessageUpdatesEndWithTheMessage(t *testing.T) {
	t.Parallel()
	s := chatting(t, nil, queued, messageOf("agent_output", "", "Once"), messageOf("agent_end", "Once upon a time", ""))
	var told []wiro.MessageUpdate
	for update, err := range s.Messages.Updates(soon(t), chatRef) {
		require.NoError(t, err)
		told = append(told, update)
	}
	last := told[len(told)-1]
	require.Equal(t, wiro.MessageEnded, last.Status)
	require.Equal(t, "Once upon a time", last.Message.Response)
	require.Equal(t, []string{"Once upon a time"}, last.Output.Answer)
	for _, update := range told[:len(told)-1] {
		require.Nil(t, update.Message)
	}
}

func TestLeavingMessageUpdatesEndsTheWait(t *testing.T) {
	t.Parallel()
	s := chatting(t, nil, queued)
	for _, err := range s.Messages.Updates(soon(t), chatRef) {
		require.NoError(t, err)
		break
	}
	s = chatting(t, nil, noMessage)
	for _, err := range s.Messages.Updates(soon(t), chatRef) {
		require.ErrorIs(t, err, wiro.ErrNotFound)
	}
}
