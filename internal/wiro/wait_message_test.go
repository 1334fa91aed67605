package wiro_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// chatServer is a Wiro with one message, whose Detail says what a test sets, and a socket
// that plays a script to every connection that asks for it.
type chatServer struct {
	*wiro.Client
	t   *testing.T
	url string

	mu          sync.Mutex
	details     []string // what Message/Detail says, one after the other; the last one stays
	looks       int
	connections int
	script      func(line *chatLine)
}

// chatLine is a connection that has asked for the message's events.
type chatLine struct {
	*chatServer
	conn   *websocket.Conn
	number int // of the connection, from 1
}

const chatToken = "tok-chat"

func chatting(t *testing.T, script func(line *chatLine), details ...string) *chatServer {
	t.Helper()
	s := &chatServer{t: t, script: script, details: details}
	mux := http.NewServeMux()
	mux.HandleFunc("/base/v1/UserAgent/Message/Detail", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, s.detail()) })
	mux.HandleFunc("/base/socket", s.serve)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	options := wiro.Options{
		BaseURL: s.base(), SocketURL: s.socket(),
		Credentials: wiro.Credentials{Key: testKey}, Retry: time.Millisecond,
		Poll: []time.Duration{10 * time.Millisecond}, Safety: time.Minute,
	}
	if script == nil {
		options.SocketURL = wiro.NoSocket
	}
	s.Client = wiro.New(options)
	t.Cleanup(s.Close)
	return s
}

func (s *chatServer) base() string { return s.url + "/base/v1" }
func (s *chatServer) socket() string {
	return "ws" + strings.TrimPrefix(s.url, "http") + "/base/socket"
}

func (s *chatServer) detail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	now := s.details[0]
	if len(s.details) > 1 {
		s.details = s.details[1:]
	}
	return now
}

// say changes what Message/Detail says from now on.
func (s *chatServer) say(details ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.details = details
}

func (s *chatServer) serve(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close() //nolint:errcheck // either side may be first
	s.mu.Lock()
	s.connections++
	line := &chatLine{s, conn, s.connections}
	s.mu.Unlock()
	line.send(`{"type":"connected","version":"1.0"}`)
	for {
		var register struct{ Type, AgentToken string }
		if conn.ReadJSON(&register) != nil {
			return
		}
		if register.Type == "agent_info" && register.AgentToken == chatToken {
			s.script(line)
		}
	}
}

func (l *chatLine) send(frame string) { _ = l.conn.WriteMessage(websocket.TextMessage, []byte(frame)) }

func (l *chatLine) subscribed(status, said string) {
	l.send(fmt.Sprintf(`{"type":"agent_subscribed","agenttoken":%q,"status":%q,"debugoutput":%q,"result":true}`, chatToken, status, said))
}

// event sends an event with a text, or with what the agent has said so far.
func (l *chatLine) event(kind, message string) {
	l.send(fmt.Sprintf(`{"type":%q,"agenttoken":%q,"message":%s,"result":true}`, kind, chatToken, message))
}

func saying(raw string) string {
	thinking, answer := "[]", fmt.Sprintf("[%q]", raw)
	if thought, rest, ok := strings.Cut(strings.TrimPrefix(raw, "<think>"), "</think>"); ok {
		thinking, answer = fmt.Sprintf("[%q]", thought), fmt.Sprintf("[%q]", rest)
	}
	return fmt.Sprintf(`{"type":"progressGenerate","speed":"12.4","speedType":"words/s","elapsedTime":"3.2s","tokenCount":9,
		"wordCount":%d,"raw":%q,"thinking":%s,"answer":%s,"isThinking":false}`, len(strings.Fields(raw)), raw, thinking, answer)
}

// messageOf is what Detail says of a message.
func messageOf(status, response, debug string) string {
	return fmt.Sprintf(`{"result":true,"errors":[],"data":{"guid":"m-1","agenttoken":%q,"sessionkey":"s-7","content":"Hi",
		"response":%q,"debugoutput":%q,"status":%q,"metadata":{}}}`, chatToken, response, debug, status)
}

const noMessage = `{"result":false,"errors":[{"code":0,"message":"Message not found"}]}`

var (
	chatRef = wiro.MessageRef{Token: chatToken}
	queued  = messageOf("agent_queue", "", "")
)

// wait waits for the message and gathers what is told of it.
func (s *chatServer) wait() (wiro.Message, []wiro.MessageUpdate, error) {
	var told []wiro.MessageUpdate
	message, err := s.WaitMessage(s.t.Context(), chatRef, func(u wiro.MessageUpdate) { told = append(told, u) })
	return message, told, err
}

func (s *chatServer) count() (looks, connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looks, s.connections
}

func TestWaitMessageHearsAnAnswerGrow(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) {
		l.subscribed("agent_queue", "")
		l.event("agent_start", `""`)
		l.event("agent_output", saying("<think>They greet.</think>"))
		l.event("agent_output", saying("<think>They greet.</think>Good"))
		l.say(messageOf("agent_end", "<think>They greet.</think>Good morning", ""))
		l.event("agent_end", saying("<think>They greet.</think>Good morning"))
	}, queued)
	message, told, err := s.wait()
	require.NoError(t, err)
	require.Equal(t, wiro.MessageEnded, message.Status)
	require.Equal(t, wiro.List[wiro.Text]{"Good morning"}, message.Output().Answer)
	require.Equal(t, wiro.List[wiro.Text]{"They greet."}, message.Output().Thinking)
	require.EqualValues(t, "s-7", message.SessionKey)

	length := 0
	var statuses []wiro.MessageStatus
	for _, u := range told {
		require.GreaterOrEqual(t, len(u.Output.Raw), length)
		length = len(u.Output.Raw)
		statuses = append(statuses, u.Status)
	}
	require.Subset(t, statuses, []wiro.MessageStatus{wiro.MessageQueued, wiro.MessageStarted, wiro.MessageOutput, wiro.MessageEnded})
	looks, connections := s.count()
	require.LessOrEqual(t, looks, 2)
	require.Equal(t, 1, connections)
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
				require.Equal(t, wiro.List[wiro.Text]{"All of it"}, message.Output().Answer)
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
				l.say(messageOf("agent_error", "ECONNRESET 10.0.0.3", "ECONNRESET 10.0.0.3"))
				l.event("agent_error", test.event)
			}, queued)
			message, told, err := s.wait()
			require.NoError(t, err, "a failed message is no error")
			require.Equal(t, wiro.MessageFailed, message.Status)
			require.Equal(t, test.reason, told[len(told)-1].Error)
			require.Equal(t, wiro.List[wiro.Text]{"So"}, message.Output().Answer, "what was heard before")
		})
	}
}

func TestWaitMessageHearsOfACancelInTheMiddle(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) {
		l.subscribed("agent_start", "")
		l.event("agent_output", saying("Once upon"))
		l.say(messageOf("agent_cancel", "AbortError", "AbortError"))
		l.event("agent_cancel", `"AbortError"`)
	}, queued)
	message, told, err := s.wait()
	require.NoError(t, err)
	require.Equal(t, wiro.MessageCanceled, message.Status)
	require.Equal(t, wiro.List[wiro.Text]{"Once upon"}, message.Output().Answer)
	require.Empty(t, told[len(told)-1].Error)
}

// Nothing is broadcast then: the slow look finds it.
func TestWaitMessageFindsACancelWhileItWasQueued(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) { l.subscribed("agent_queue", "") }, queued, queued, messageOf("agent_cancel", "", ""))
	quick := wiro.New(wiro.Options{
		BaseURL: s.base(), SocketURL: s.socket(), Credentials: wiro.Credentials{Key: testKey}, Safety: 20 * time.Millisecond,
	})
	t.Cleanup(quick.Close)
	message, err := quick.WaitMessage(t.Context(), chatRef, nil)
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
			l.say(messageOf("agent_end", "Once upon a time", ""))
			l.event("agent_end", saying("Once upon a time"))
		},
		"at the end": func(l *chatLine) {
			if l.number == 1 {
				l.subscribed("agent_start", "")
				l.event("agent_output", saying("Once upon a"))
				l.say(messageOf("agent_end", "Once upon a time", ""))
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
			require.Equal(t, wiro.List[wiro.Text]{"Once upon a time"}, message.Output().Answer)
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
	require.Equal(t, wiro.List[wiro.Text]{"Once upon a time"}, message.Output().Answer)
	require.Equal(t, wiro.MessageOutput, told[1].Status)
	require.Equal(t, wiro.List[wiro.Text]{"Once"}, told[1].Output.Answer)
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
	message, err := s.WaitSent(t.Context(), wiro.SentMessage{AgentToken: chatToken}, nil)
	require.NoError(t, err)
	require.Equal(t, wiro.List[wiro.Text]{"There"}, message.Output().Answer)
}

func TestWaitMessageGivesBackWhatThereIsWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) {
		l.subscribed("agent_start", "")
		l.event("agent_output", saying("Once upon"))
	}, queued)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	message, err := s.WaitMessage(ctx, chatRef, func(u wiro.MessageUpdate) {
		if u.Status == wiro.MessageOutput {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, wiro.MessageOutput, message.Status)
	require.Equal(t, wiro.List[wiro.Text]{"Once upon"}, message.Output().Answer)
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
	require.EqualValues(t, "Once upon", message.Response)
	require.Equal(t, wiro.MessageEnded, told[len(told)-1].Status, "news never goes backwards")
}

func TestWaitMessageByItsGUIDAsksForTheTokenFirst(t *testing.T) {
	t.Parallel()
	s := chatting(t, func(l *chatLine) {
		l.subscribed("agent_queue", "")
		l.say(messageOf("agent_end", "Hello", ""))
		l.event("agent_end", saying("Hello"))
	}, queued)
	message, err := s.WaitMessage(t.Context(), wiro.MessageRef{GUID: "m-1"}, nil)
	require.NoError(t, err)
	require.Equal(t, wiro.List[wiro.Text]{"Hello"}, message.Output().Answer)
	_, connections := s.count()
	require.Equal(t, 1, connections)
}

func TestAnOutputIsPartedIntoThinkingAndAnswer(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]wiro.AgentOutput{
		"Plain":                     {Answer: wiro.List[wiro.Text]{"Plain"}},
		"<think>a</think>b":         {Thinking: wiro.List[wiro.Text]{"a"}, Answer: wiro.List[wiro.Text]{"b"}},
		"<think>still":              {Thinking: wiro.List[wiro.Text]{"still"}, IsThinking: true},
		"x<think>a</think>y<think>": {Thinking: wiro.List[wiro.Text]{"a"}, Answer: wiro.List[wiro.Text]{"x", "y"}, IsThinking: true},
		"":                          {},
	} {
		encoded, err := json.Marshal(raw)
		require.NoError(t, err)
		for _, form := range []string{string(encoded), `{"raw":` + string(encoded) + `}`} {
			var got wiro.AgentOutput
			require.NoError(t, json.Unmarshal([]byte(form), &got))
			want.Raw = wiro.Text(raw)
			require.Equal(t, want, got, form)
		}
	}
}

func TestWaitAgentFollowsAnAgentUntilItIsSettled(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	status := 1
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		status++
		answer(w, 200, fmt.Sprintf(`{"result":true,"useragents":[{"guid":"ua-1","status":%d}]}`, status))
	}))
	t.Cleanup(server.Close)
	c := wiro.New(wiro.Options{BaseURL: server.URL, Poll: []time.Duration{time.Millisecond}})
	t.Cleanup(c.Close)
	var heard []wiro.AgentStatus
	agent, err := c.WaitAgent(t.Context(), "ua-1", func(u wiro.UserAgent) bool { return u.Status == wiro.AgentRunning },
		func(u wiro.UserAgent) { heard = append(heard, u.Status) })
	require.NoError(t, err)
	require.Equal(t, wiro.AgentRunning, agent.Status)
	require.Equal(t, []wiro.AgentStatus{wiro.AgentQueued, wiro.AgentStarting, wiro.AgentRunning}, heard)
}
