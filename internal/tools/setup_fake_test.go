package tools_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
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
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// script is a Wiro that answers as a test says, by path; everything else it takes and says
// no more about.
type script struct {
	*stage
	wiro    *wirotest.Server
	answers map[string]string
	options tools.Options
	log     safeBuffer
}

type scripted struct {
	path string
	team string
	body map[string]any
}

const taken = `{"result": true, "errors": []}`

func newScript(t *testing.T, answers map[string]string) *script {
	t.Helper()
	s := &script{wiro: wirotest.NewServer(), answers: answers}
	s.answer("*", taken)
	for path, answer := range answers {
		s.answer(path, answer)
	}
	log := zerolog.New(&s.log)
	wiroClient := wiro.NewClient(wiro.Options{
		BaseURL: s.wiro.URL, MinBackoff: time.Millisecond, Logger: logging.ToSlog(log), SocketURL: wiro.NoSocket, PollIntervals: []time.Duration{time.Millisecond},
		Credentials: wiro.Credentials{Key: wirotest.DemoKey},
	})
	t.Cleanup(func() { wiroClient.Close(); s.wiro.Close() })
	s.options = tools.Options{Wiro: wiroClient, Toolsets: tools.AllToolsets, RunTimeout: 2 * time.Second, Fetch: &http.Client{Transport: refusing{}}, Log: log}
	s.stage = &stage{nil, nil, t}
	s.remade()
	return s
}

// remade makes the server anew, from options that changed.
func (s *script) remade() { s.Server = tools.New(s.options) }

// answer sets what a path answers from now on: some answers once, in order, and then the last.
func (s *script) answer(path string, answers ...string) {
	var script []wirotest.Behavior
	for _, answer := range answers[:len(answers)-1] {
		script = append(script, wirotest.Behavior{Body: answer, Times: 1})
	}
	s.wiro.Behave(path, append(script, wirotest.Behavior{Body: answers[len(answers)-1]})...)
}

// breaks lets the next n requests to a path arrive and then breaks their connections.
func (s *script) breaks(path string, n int) {
	s.wiro.Behave(path, wirotest.Behavior{CutConnection: true, Times: n}, wirotest.Behavior{Body: cmp.Or(s.answers[path], taken)})
}

func (s *script) requests() (all []scripted) {
	for _, r := range s.wiro.Requests() {
		data, err := json.Marshal(r.Body) // numbers as float64
		require.NoError(s.t, err)
		var body map[string]any
		require.NoError(s.t, json.Unmarshal(data, &body))
		all = append(all, scripted{path: r.Path, team: r.Header.Get("teamGUID"), body: body})
	}
	return all
}

// to returns the requests to a path.
func (s *script) to(path string) []scripted {
	return slices.DeleteFunc(s.requests(), func(r scripted) bool { return r.path != path })
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
	opens  func(address string) // what the user does with a page; may be nil
}

// Elicit answers as the test's user does.
func (u *user) Elicit(_ context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked = append(u.asked, r.Params)
	if u.opens != nil && u.action == mcp.ElicitationResponseActionAccept {
		u.opens(r.Params.URL)
	}
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
