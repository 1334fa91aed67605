package tools

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// soon is a context for what takes no time unless it hangs: a hang then is a failure that
// says where.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// fakeWiro answers as a test tells it, and remembers what it was asked.
type fakeWiro struct {
	*Server
	t    testing.TB
	wiro *wirotest.Server
	from int // requests before this one do not count
}

type seenRequest struct {
	path string
	body map[string]any
	team string
}

const yes = `{"result":true,"errors":[]}`

// faking returns a server of all tools against a Wiro with these answers. An endpoint
// without one says yes and nothing else.
func faking(t testing.TB, answers map[string]string, change ...func(*Options)) *fakeWiro {
	t.Helper()
	f := &fakeWiro{t: t, wiro: wirotest.NewServer()}
	t.Cleanup(f.wiro.Close)
	f.say("*", yes)
	for path, answer := range answers {
		f.say(path, answer)
	}
	client := wiro.NewClient(wiro.Options{
		BaseURL: f.wiro.URL, SocketURL: wiro.NoSocket, Credentials: wiro.Credentials{Key: wirotest.DemoKey},
		MinBackoff: time.Millisecond, PollIntervals: []time.Duration{time.Millisecond},
	})
	t.Cleanup(client.Close)
	options := Options{Wiro: client, Toolsets: AllToolsets, Fetch: http.DefaultClient}
	for _, c := range change {
		c(&options)
	}
	f.Server = New(options)
	return f
}

// say changes what an endpoint answers from now on: one answer after the other, the last one
// always. An empty answer breaks the connection.
func (f *fakeWiro) say(path string, answers ...string) {
	script := make([]wirotest.Behavior, len(answers))
	for i, answer := range answers {
		script[i] = wirotest.Behavior{Body: answer, CutConnection: answer == "", Times: 1}
	}
	if len(script) > 0 {
		script[len(script)-1].Times = 0
	}
	f.wiro.Behave(path, script...)
}

func (f *fakeWiro) requests() (seen []seenRequest) {
	for _, r := range f.wiro.Requests()[f.from:] {
		data, err := json.Marshal(r.Body) // numbers as float64
		require.NoError(f.t, err)
		var body map[string]any
		require.NoError(f.t, json.Unmarshal(data, &body))
		seen = append(seen, seenRequest{r.Path, body, r.Header.Get("teamGUID")})
	}
	return seen
}

func (f *fakeWiro) paths() []string {
	var paths []string
	for _, r := range f.requests() {
		paths = append(paths, r.path)
	}
	return paths
}

// result is what a tool answered.
type result struct {
	text    string
	data    map[string]any
	isError bool
	raw     *mcp.CallToolResult
}

// call calls a tool, as a client that cannot ask its user. With confirm:true it is the call of
// a user who agrees to what is quoted.
func (f *fakeWiro) call(tool, arguments string) result {
	f.t.Helper()
	r := f.callAs(circumstances{}, tool, arguments)
	var given map[string]any
	require.NoError(f.t, json.Unmarshal([]byte(arguments), &given))
	if _, quoted := r.next(); given["confirm"] != nil && r.data["state"] == "confirmation_required" {
		maps.Copy(given, quoted)
		data, err := json.Marshal(given)
		require.NoError(f.t, err)
		r = f.callAs(circumstances{}, tool, string(data))
	}
	return r
}

// circumstances are those of a call, beside its arguments.
type circumstances struct {
	client   mcptool.Client
	progress mcptool.ProgressFunc
	params   mcp.CallToolParams
}

// callAs calls a tool with the call's circumstances given.
func (f *fakeWiro) callAs(call circumstances, tool, arguments string) result {
	f.t.Helper()
	_, ok := f.Find(tool)
	require.True(f.t, ok, tool)
	var parsed map[string]any
	require.NoError(f.t, json.Unmarshal([]byte(arguments), &parsed))
	call.params.Name, call.params.Arguments = tool, parsed
	ctx := mcptool.WithScope(soon(f.t), mcptool.Scope{Caller: mcptool.ServerCredentials{}, Client: &call.client, Progress: call.progress})
	raw := f.CallTool(ctx, mcp.CallToolRequest{Params: call.params})
	r := result{isError: raw.IsError, raw: raw}
	for _, content := range raw.Content {
		if text, ok := content.(mcp.TextContent); ok {
			r.text += text.Text
		}
	}
	data, err := json.Marshal(raw.StructuredContent)
	require.NoError(f.t, err)
	_ = json.Unmarshal(data, &r.data)
	return r
}

// ok asserts a success.
func (f *fakeWiro) ok(tool, arguments string) result {
	f.t.Helper()
	r := f.call(tool, arguments)
	require.False(f.t, r.isError, r.text)
	return r
}

// refused asserts an error that the caller can act on, whose text holds all of these.
func (f *fakeWiro) refused(tool, arguments string, texts ...string) result {
	f.t.Helper()
	r := f.call(tool, arguments)
	require.True(f.t, r.isError, r.text)
	require.NotContains(f.t, r.text, "Internal error")
	for _, text := range texts {
		require.Contains(f.t, r.text, text)
	}
	return r
}

// next is the next step of a result: its tool and its arguments.
func (r result) next() (string, map[string]any) {
	next, _ := r.data["nextAction"].(map[string]any)
	tool, _ := next["tool"].(string)
	arguments, _ := next["arguments"].(map[string]any)
	return tool, arguments
}

const agentID = "f8e7d6c5-b4a3-2190-fedc-ba0987654321"
