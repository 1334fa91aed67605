package tools_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/logging"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// script is a Wiro that answers as a test says, by path; everything else it takes and says
// no more about.
type script struct {
	*stage
	mu        sync.Mutex
	answers   map[string]string
	otherwise string // the answer of every other path
	status    map[string]int
	drop      map[string]int // connections to break after the request has arrived
	requests  []scripted
	log       safeBuffer
}

type scripted struct {
	path string
	team string
	body map[string]any
}

func newScript(t *testing.T, answers map[string]string) *script {
	t.Helper()
	s := &script{answers: answers, otherwise: `{"result": true, "errors": []}`, status: map[string]int{}, drop: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	log := zerolog.New(&s.log)
	wiroClient := wiro.NewClient(wiro.Options{
		BaseURL: server.URL + "/sub/v1", MinBackoff: time.Millisecond, Logger: logging.ToSlog(log), SocketURL: wiro.NoSocket, PollIntervals: []time.Duration{time.Millisecond},
		Credentials: wiro.Credentials{Key: "script-key"},
	})
	t.Cleanup(func() { wiroClient.Close(); server.Close() })
	s.stage = &stage{tools.New(tools.Options{Wiro: wiroClient, Toolsets: tools.AllToolsets, RunTimeout: 2 * time.Second, Fetch: &http.Client{Transport: refusing{}}, Log: log}), nil, t}
	return s
}

func (s *script) serve(w http.ResponseWriter, r *http.Request) {
	data, _ := io.ReadAll(r.Body)
	path := strings.TrimPrefix(r.URL.Path, "/sub/v1/")
	request := scripted{path: path, team: r.Header.Get("teamGUID")}
	_ = json.Unmarshal(data, &request.body)
	s.mu.Lock()
	s.requests = append(s.requests, request)
	answer, known := s.answers[path]
	if other, changed := s.answers[path+" changed"]; changed && request.body["skillOverrides"] != nil {
		answer = other // the price of a change
	}
	status := s.status[path]
	drop := s.drop[path] > 0
	s.drop[path]--
	s.mu.Unlock()
	if drop {
		panic(http.ErrAbortHandler)
	}
	if !known {
		answer = s.otherwise
	}
	if status != 0 {
		w.WriteHeader(status)
	}
	_, _ = io.WriteString(w, answer)
}

// answer sets what a path answers from now on.
func (s *script) answer(path, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = answer
}

// breaks lets the next n requests to a path arrive and then breaks their connections.
func (s *script) breaks(path string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop[path] = n
}

// to returns the requests to a path.
func (s *script) to(path string) []scripted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.requests), func(r scripted) bool { return r.path != path })
}

// refusal is Wiro saying no.
func refusal(code int, message string) string {
	data, err := json.Marshal(map[string]any{"result": false, "errors": []any{map[string]any{"code": code, "message": message}}})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// follow calls the tool that a result names as its next step.
func (s *script) follow(a answer) answer {
	s.t.Helper()
	tool, ok := a.at("nextAction.tool").(string)
	require.True(s.t, ok, a.text)
	arguments, err := json.Marshal(a.at("nextAction.arguments"))
	require.NoError(s.t, err)
	return s.call(tool, string(arguments))
}

// user is an MCP client whose user answers questions.
type user struct {
	*client.Client
	mu     sync.Mutex
	asked  []mcp.ElicitationParams
	action mcp.ElicitationResponseAction
}

// Elicit answers as the test's user does.
func (u *user) Elicit(_ context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked = append(u.asked, r.Params)
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: u.action, Content: map[string]any{"agree": true}}}, nil
}

func (u *user) questions() []mcp.ElicitationParams {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.asked)
}

// connect returns a client of one of MCP's eras, with a user who answers every question alike.
func (s *script) connect(version string, action mcp.ElicitationResponseAction, can mcp.ElicitationCapability) *user {
	s.t.Helper()
	u := &user{action: action}
	c, err := client.NewInProcessClientWithOptions(s.MCP(),
		client.WithElicitationHandler(u), client.WithProtocolVersion(version),
		client.WithClientCapabilities(mcp.ClientCapabilities{Elicitation: &can}))
	require.NoError(s.t, err)
	u.Client = c
	s.t.Cleanup(func() { _ = c.Close() })
	require.NoError(s.t, c.Start(soon(s.t)))
	request := mcp.InitializeRequest{}
	request.Params.ProtocolVersion = version
	request.Params.ClientInfo = mcp.Implementation{Name: "test", Version: "1"}
	request.Params.Capabilities = mcp.ClientCapabilities{Elicitation: &can}
	_, err = c.Initialize(soon(s.t), request)
	require.NoError(s.t, err)
	return u
}

// use calls a tool over MCP.
func (s *script) use(u *user, tool, arguments string) answer {
	s.t.Helper()
	var parsed map[string]any
	require.NoError(s.t, json.Unmarshal([]byte(arguments), &parsed))
	result, err := u.CallTool(own(s.t), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: tool, Arguments: parsed}})
	require.NoError(s.t, err)
	a := answer{isError: result.IsError, t: s.t}
	for _, content := range result.Content {
		if text, ok := content.(mcp.TextContent); ok {
			a.text += text.Text
		}
	}
	data, err := json.Marshal(result.StructuredContent)
	require.NoError(s.t, err)
	require.NoError(s.t, json.Unmarshal(data, &a.data))
	return a
}

// leg sends one leg of a call of the sessionless era, from a client that can ask its user,
// and returns the state that comes back: "" for a final result.
func (s *script) leg(tool, arguments, state string, responses map[string]any) string {
	s.t.Helper()
	message, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{
		"name": tool, "arguments": json.RawMessage(arguments), "requestState": state, "inputResponses": responses,
		"_meta": map[string]any{
			mcp.MetaKeyProtocolVersion:    mcp.ProtocolVersion20260728,
			mcp.MetaKeyClientInfo:         mcp.Implementation{Name: "test", Version: "1"},
			mcp.MetaKeyClientCapabilities: map[string]any{"elicitation": map[string]any{"form": struct{}{}, "url": struct{}{}}},
		},
	}})
	require.NoError(s.t, err)
	data, err := json.Marshal(s.MCP().HandleMessage(own(s.t), message))
	require.NoError(s.t, err)
	var answer struct {
		Error  any
		Result struct{ RequestState string }
	}
	require.NoError(s.t, json.Unmarshal(data, &answer))
	require.Nil(s.t, answer.Error)
	return answer.Result.RequestState
}

// accepted is a user's yes to a question.
func accepted(id string) map[string]any {
	return map[string]any{id: map[string]any{"action": "accept", "content": map[string]any{"agree": true}}}
}

var eras = []string{mcp.LATEST_LEGACY_PROTOCOL_VERSION, mcp.ProtocolVersion20260728}

// safeBuffer is a log that many goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
