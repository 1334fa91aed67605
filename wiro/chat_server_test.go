package wiro_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// chatServer is a Wiro with one message, whose Detail says what a test sets, and a socket
// that plays a script to every connection that asks for it.
type chatServer struct {
	*wiro.Client
	t   *testing.T
	url string

	mu          sync.Mutex
	details     []string // what Message/Detail says, one after the other; the last one stays
	afterwards  []string // and what once the wait has told of the end
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
	mux.HandleFunc("/base/v1/UserAgent/Message/Send", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, `{"result":true,"errors":[],"agenttoken":"`+chatToken+`","status":"agent_queue"}`)
	})
	mux.HandleFunc("/base/socket", s.serve)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	options := wiro.Options{
		BaseURL: s.base(), SocketURL: s.socket(),
		Credentials: wiro.Credentials{Key: testKey}, MinBackoff: time.Millisecond,
		PollIntervals: []time.Duration{10 * time.Millisecond}, SafetyPollInterval: time.Minute,
	}
	if script == nil {
		options.SocketURL = wiro.NoSocket
	}
	s.Client = wiro.NewClient(options)
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

// sayAfterwards is say from the moment on in which the wait has told of the end: a look before
// that must not find the message over, or the wait would not hear the rest.
func (s *chatServer) sayAfterwards(details ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.afterwards = details
}

func (s *chatServer) told(u wiro.MessageUpdate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Status.Over() && s.afterwards != nil {
		s.details = s.afterwards
	}
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
	message, err := s.Messages.Wait(soon(s.t), chatRef, func(u wiro.MessageUpdate) {
		told = append(told, u)
		s.told(u)
	})
	return message, told, err
}

func (s *chatServer) count() (looks, connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looks, s.connections
}
