package transport

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	mcpclient "github.com/mark3labs/mcp-go/client"
	clienttransport "github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

func TestEveryProtocolVersionIsServed(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, version := range []string{mcp.ProtocolVersion20250326, mcp.ProtocolVersion20250618, mcp.ProtocolVersion20251125} {
		a := r.post(rpcMessage("initialize", 1, map[string]any{
			"protocolVersion": version, "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "t", "version": "1"},
		}))
		require.Equal(t, version, a.rpc(t).Result.ProtocolVersion, a.body)
		require.Empty(t, a.header.Get("Mcp-Session-Id"), "no state is kept")
		require.Equal(t, http.StatusAccepted, r.post(rpcMessage("notifications/initialized", nil, nil), header("MCP-Protocol-Version", version)).status)
		listed := r.post(listTools, header("MCP-Protocol-Version", version)).rpc(t)
		require.NotEmpty(t, listed.Result.Tools)
	}
	for _, method := range []string{"server/discover", "tools/list"} {
		a := r.post(modern(method, nil), header("MCP-Protocol-Version", mcp.ProtocolVersion20260728), header("Mcp-Method", method))
		require.Equal(t, 200, a.status, a.body)
		require.Nil(t, a.rpc(t).Error, a.body)
	}
	a := r.post(listTools, header("MCP-Protocol-Version", "1999-01-01"))
	require.Equal(t, http.StatusBadRequest, a.status)
}

// modern is a request of 2026-07-28, which says in each what initialize said once.
func modern(method string, params map[string]any) string {
	all := map[string]any{"_meta": map[string]any{
		mcp.MetaKeyProtocolVersion:    mcp.ProtocolVersion20260728,
		mcp.MetaKeyClientInfo:         map[string]any{"name": "t", "version": "1"},
		mcp.MetaKeyClientCapabilities: map[string]any{},
	}}
	maps.Copy(all, params)
	return rpcMessage(method, 1, all)
}

// connect returns a client of mcp-go, initialized.
func (r *rig) connect(address, key string) *mcpclient.Client {
	r.t.Helper()
	c, err := mcpclient.NewStreamableHttpClient(address+"/mcp",
		clienttransport.WithHTTPHeaders(map[string]string{"Authorization": "Bearer " + key}),
		clienttransport.WithHTTPBasicClient(clientOf(r.t)))
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = c.Close() })
	require.NoError(r.t, c.Start(within(r.t)))
	_, err = c.Initialize(within(r.t), mcp.InitializeRequest{Params: mcp.InitializeParams{
		ProtocolVersion: mcp.ProtocolVersion20251125, ClientInfo: mcp.Implementation{Name: "t", Version: "1"},
	}})
	require.NoError(r.t, err)
	return c
}

func TestProgressIsStreamedOnThePost(t *testing.T) {
	t.Parallel()
	r := start(t)
	run := call(7, "run_model", map[string]any{"model": "sandbox/echo", "params": map[string]any{"prompt": "hello"}})
	run = strings.Replace(run, `"params":{"arguments"`, `"params":{"_meta":{"progressToken":"p1"},"arguments"`, 1)
	a := r.post(run)
	require.Equal(t, 200, a.status)
	require.Equal(t, eventStream, a.header.Get("Content-Type"))
	require.Equal(t, "no", a.header.Get("X-Accel-Buffering"))
	require.Contains(t, a.header.Get("Cache-Control"), "no-transform")
	require.Contains(t, a.body, `"progressToken":"p1"`)
	require.Equal(t, "completed", a.rpc(t).Result.StructuredContent["state"], a.body)
	require.JSONEq(t, "7", string(a.rpc(t).ID))
}

func TestALongSilenceIsBrokenAndTheAnswerStillArrives(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.timeouts.heartbeat = 20 * time.Millisecond })
	response, err := clientOf(t).Do(r.request(call("x", "run_model", map[string]any{"model": "sandbox/run-forever", "params": map[string]any{"prompt": "hello"}})))
	require.NoError(t, err)
	require.Equal(t, eventStream, response.Header.Get("Content-Type"))
	require.Equal(t, "no", response.Header.Get("X-Accel-Buffering"))
	comment := make([]byte, len(": still at it\n\n"))
	_, err = io.ReadFull(response.Body, comment)
	require.NoError(t, err)
	require.Equal(t, ": still at it\n\n", string(comment))
	token, err := r.wiro.Launched(within(t), 1)
	require.NoError(t, err)
	r.wiro.Release(token)
	a := read(t, response)
	require.Equal(t, "completed", a.rpc(t).Result.StructuredContent["state"], a.body)
	require.JSONEq(t, `"x"`, string(a.rpc(t).ID))
}

func TestAClientThatTakesNoEventsGetsJSON(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.timeouts.heartbeat = 20 * time.Millisecond })
	a := r.post(call(1, "run_model", map[string]any{"model": "sandbox/echo", "params": map[string]any{"prompt": "hello"}}),
		header("Accept", "application/json"))
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	require.Equal(t, "completed", a.rpc(t).Result.StructuredContent["state"], a.body)
}

func TestABodyOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	large := call(1, "search_docs", map[string]any{"query": strings.Repeat("x", DefaultHTTPOptions().MaxBody)})
	announced := r.post(large)
	require.Equal(t, http.StatusRequestEntityTooLarge, announced.status)
	require.Contains(t, announced.rpc(t).Error.Message, "512 KB")
	chunked := r.post(large, func(q *http.Request) { q.ContentLength = -1 })
	require.Equal(t, http.StatusRequestEntityTooLarge, chunked.status)
	just := call(1, "search_docs", map[string]any{"query": "tasks", "x": strings.Repeat("x", DefaultHTTPOptions().MaxBody-200)})
	require.Equal(t, 200, r.post(just).status)
}

func TestWhatIsNoMessageIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	r := start(t)
	for body, want := range map[string]string{
		``: "not the JSON", `{`: "not the JSON", `"x"`: "not the JSON", `{"jsonrpc":"2.0","id":1,"method":"ping"}{}`: "not the JSON",
		`null`: `"2.0"`, `{}`: `"2.0"`, `{"jsonrpc":"1.0","id":1,"method":"ping"}`: `"2.0"`,
		`{"jsonrpc":"2.0"}`: `neither`, `{"jsonrpc":"2.0","id":{},"method":"ping"}`: `text or a number`,
		`{"jsonrpc":"2.0","id":null,"method":"ping"}`: `text or a number`, `[]`: "1 to 100",
	} {
		a := r.post(body)
		require.Equal(t, http.StatusBadRequest, a.status, body)
		require.Contains(t, a.rpc(t).Error.Message, want, body)
	}
}

func TestNotificationsAndAnswersAreTakenAndReachNobody(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, body := range []string{
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`,
		`{"jsonrpc":"2.0","id":1,"method":"notifications/cancelled","params":{"requestId":1}}`,
		`{"jsonrpc":"2.0","method":" Notifications/CANCELLED\n"}`,
		`{"jsonrpc":"2.0","METHOD":"notifications/cancelled"}`,
		`{"jsonrpc":"2.0","method":"tools/list"}`,
		`{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}`,
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}`,
		`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}`, `{"jsonrpc":"2.0","error":{"code":1,"message":"no"}}`,
		`{"id":1,"result":{}}`, `{"jsonrpc":"2.0","id":{},"result":{}}`, `{"jsonrpc":"2.0","id":null,"method":"notifications/initialized"}`,
		`[{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}]`, "\xef\xbb\xbf" + `{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`[{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}},{"jsonrpc":"2.0","id":1,"result":{}}]`,
	} {
		a := r.post(body)
		require.Equal(t, http.StatusAccepted, a.status, body)
		require.Empty(t, a.body)
	}
	require.Empty(t, r.logs.requests(t, 0))
}

// Another reader of a message with doubled members may take another of them: what was
// checked and what is acted upon must be the same.
func TestAMessageMeansOneThing(t *testing.T) {
	t.Parallel()
	var m message
	require.NoError(t, json.Unmarshal([]byte(`{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/list","id":2,"x":{}}`), &m))
	encoded, err := m.encode(true)
	require.NoError(t, err)
	require.JSONEq(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, string(encoded), "with an id of the server's own")
	require.Equal(t, "2", string(m.ID))
}

func TestBatchesAreServedUntilTheProtocolDroppedThem(t *testing.T) {
	t.Parallel()
	r := start(t)
	batch := `[` + listTools + `,{"jsonrpc":"2.0","method":"notifications/initialized"},` +
		call("s", "search_docs", map[string]any{"query": "tasks"}) + `,{"jsonrpc":"2.0","id":3,"method":"initialize","params":{}},7,` +
		`{"jsonrpc":"2.0","id":4,"method":"nonsense"}]`
	for _, version := range []string{"", mcp.ProtocolVersion20250326} {
		a := r.post(batch, header("MCP-Protocol-Version", version))
		require.Equal(t, 200, a.status, a.body)
		var answers []rpc
		require.NoError(t, json.Unmarshal([]byte(a.body), &answers))
		byID := map[string]rpc{}
		for _, one := range answers {
			byID[string(one.ID)] = one
		}
		require.Len(t, byID, 5)
		require.NotEmpty(t, byID["1"].Result.Tools)
		require.NotEmpty(t, byID[`"s"`].Result.StructuredContent)
		require.Contains(t, byID["3"].Error.Message, "batch")
		require.Equal(t, mcp.INVALID_REQUEST, byID["null"].Error.Code)
		require.Equal(t, mcp.METHOD_NOT_FOUND, byID["4"].Error.Code)
	}
	require.Equal(t, http.StatusBadRequest, r.post(batch, header("MCP-Protocol-Version", mcp.ProtocolVersion20250618)).status)
	many := `[` + strings.Repeat(listTools+",", maxBatch) + listTools + `]`
	require.Equal(t, http.StatusBadRequest, r.post(many).status)
}

func TestToolsWorkWhateverWiroDoes(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.wiroURL = "http://127.0.0.1:1/v1" })
	require.NotEmpty(t, r.post(listTools).rpc(t).Result.Tools)
	require.False(t, r.post(call(1, "search_docs", map[string]any{"query": "cancel a task"})).rpc(t).Result.IsError)
	require.True(t, r.post(call(1, "search_models", nil)).rpc(t).Result.IsError)
}

func TestNothingSecretOfTheRequestGoesFurther(t *testing.T) {
	t.Parallel()
	h := passOn(http.Header{
		"Authorization": {"Bearer k"}, "X-Api-Key": {"k"}, "X-Api-Secret": {"s"}, "Cookie": {"c"}, "X-Forwarded-For": {"1.2.3.4"},
		"Mcp-Method": {"tools/list"}, "Mcp-Protocol-Version": {"2025-11-25"}, "User-Agent": {"claude-ai"}, "Content-Type": {"application/json"},
	})
	require.Equal(t, http.Header{
		"Mcp-Method": {"tools/list"}, "Mcp-Protocol-Version": {"2025-11-25"}, "User-Agent": {"claude-ai"}, "Content-Type": {"application/json"},
	}, h)
}

func TestATypedClientWorksThroughBothEras(t *testing.T) {
	t.Parallel()
	r := start(t)
	c := r.connect(r.url, emulator.DemoKey)
	listed, err := c.ListTools(within(t), mcp.ListToolsRequest{})
	require.NoError(t, err)
	require.NotEmpty(t, listed.Tools)
	request := mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "run_model", Arguments: map[string]any{
		"model": "sandbox/echo", "params": map[string]any{"prompt": "hello"},
	}}}
	result, err := c.CallTool(within(t), request)
	require.NoError(t, err)
	require.False(t, result.IsError)

	a := r.post(modern("tools/call", map[string]any{"name": "run_model", "arguments": request.Params.Arguments}),
		header("MCP-Protocol-Version", mcp.ProtocolVersion20260728), header("Mcp-Method", "tools/call"), header("Mcp-Name", "run_model"))
	require.Equal(t, "completed", a.rpc(t).Result.StructuredContent["state"], a.body)
}

func TestASubscriptionIsAcknowledgedAndOver(t *testing.T) {
	t.Parallel()
	r := start(t)
	a := r.post(modern("subscriptions/listen", map[string]any{"notifications": map[string]any{"toolsListChanged": true}}),
		header("MCP-Protocol-Version", mcp.ProtocolVersion20260728), header("Mcp-Method", "subscriptions/listen"))
	require.Equal(t, eventStream, a.header.Get("Content-Type"))
	first, _, _ := strings.Cut(a.body, "\n\n")
	require.Contains(t, first, "notifications/subscriptions/acknowledged", "there is nothing to subscribe to")
	require.Nil(t, a.rpc(t).Error, a.body)
}

func TestHeadersAndBodyMustAgreeInTheModernEra(t *testing.T) {
	t.Parallel()
	r := start(t)
	version, method := header("MCP-Protocol-Version", mcp.ProtocolVersion20260728), header("Mcp-Method", "tools/list")
	for name, test := range map[string]struct {
		body  string
		edits []func(*http.Request)
		code  int
	}{
		"no version in the header":  {modern("tools/list", nil), []func(*http.Request){method}, mcp.HEADER_MISMATCH},
		"another in the header":     {modern("tools/list", nil), []func(*http.Request){header("MCP-Protocol-Version", mcp.ProtocolVersion20251125), method}, mcp.HEADER_MISMATCH},
		"no version in the body":    {listTools, []func(*http.Request){version, method}, mcp.INVALID_PARAMS},
		"no method in the header":   {modern("tools/list", nil), []func(*http.Request){version}, mcp.HEADER_MISMATCH},
		"another method":            {modern("tools/list", nil), []func(*http.Request){version, header("Mcp-Method", "tools/call")}, mcp.HEADER_MISMATCH},
		"no name in the header":     {modern("tools/call", map[string]any{"name": "get_task"}), []func(*http.Request){version, header("Mcp-Method", "tools/call")}, mcp.HEADER_MISMATCH},
		"a stream to take up again": {modern("tools/list", nil), []func(*http.Request){version, method, header("Last-Event-ID", "7")}, mcp.HEADER_MISMATCH},
		"a version to come": {strings.Replace(modern("tools/list", nil), mcp.ProtocolVersion20260728, "2099-01-01", 1),
			[]func(*http.Request){header("MCP-Protocol-Version", "2099-01-01"), method}, mcp.UNSUPPORTED_PROTOCOL_VERSION},
		"a version that never was": {listTools, []func(*http.Request){header("MCP-Protocol-Version", "1999-01-01")}, mcp.UNSUPPORTED_PROTOCOL_VERSION},
	} {
		a := r.post(test.body, test.edits...)
		require.Equal(t, http.StatusBadRequest, a.status, name)
		require.Equal(t, test.code, a.rpc(t).Error.Code, "%s: %s", name, a.body)
		require.JSONEq(t, "1", string(a.rpc(t).ID), name)
	}
	unknown := r.post(modern("nonsense", nil), version, header("Mcp-Method", "nonsense"))
	require.Equal(t, http.StatusNotFound, unknown.status)
	require.Equal(t, mcp.METHOD_NOT_FOUND, unknown.rpc(t).Error.Code)
}

// Claude Desktop and its like give up early: the tools wait less for them, and know them by
// their User-Agent alone.
func TestTheToolsKnowWhoCalls(t *testing.T) {
	t.Parallel()
	s := &session{client: mcp.Implementation{Name: "Claude-User/1.0"}}
	require.Equal(t, "Claude-User/1.0", s.GetClientInfo().Name)
	require.Nil(t, s.GetClientCapabilities().Elicitation, "nobody is asked who did not say that it can be")
}

func TestWaitingToolsAreTold(t *testing.T) {
	t.Parallel()
	waits := map[string]bool{}
	for _, d := range tools.All() {
		waits[d.Name] = d.Waits()
	}
	require.True(t, waits["run_model"] && waits["wait_for_task"] && waits["get_task"])
	require.False(t, waits["get_task_price"] || waits["search_docs"] || waits["list_tasks"])
	for _, d := range tools.All() {
		for arguments, once := range map[string]bool{
			``: d.Name == "get_task", `{"tasktoken":"t"}`: d.Name == "get_task",
			`{"tasktoken":"t","wait_seconds":5}`: false, `{"tasktoken":"t","waitSeconds":"5"}`: false, `{"wait_seconds":0}`: false,
		} {
			require.Equal(t, once, d.LooksOnce(json.RawMessage(arguments)), "%s %s", d.Name, arguments)
		}
	}
}

// A call waits for minutes, and its arguments are decoded by then: nothing else of the message keeps
// them.
func TestAProgressTokenDoesNotKeepTheArguments(t *testing.T) {
	t.Parallel()
	m, err := readMessage([]byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":7},"name":"run_model","arguments":{"x":"` +
		strings.Repeat("x", 100_000) + `"}}}`))
	require.NoError(t, err)
	arguments := weak.Make(&m.arguments[0])
	m.arguments = nil
	runtime.GC()
	require.Nil(t, arguments.Value())
	require.Equal(t, "7", string(m.params.token))
}

// Whatever a body holds, what goes on to the MCP server is a request: never a notification,
// which could cancel, and never an answer, which somebody may wait for.
func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		listTools, `[` + listTools + `]`, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`,
		`{"jsonrpc":"2.0","id":1,"METHOD":"Notifications/cancelled"}`, `{"jsonrpc":"2.0","id":1,"id":null,"method":"ping"}`,
		`{"jsonrpc":"2.0","id":"a","result":{}}`, `{"jsonrpc":"2.0","id":1.5,"method":"tools/call","params":{"name":"x","_meta":{"a":1}}}`, `[[]]`, ` null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		messages, _, err := readMessages(body)
		if err != nil {
			return
		}
		for _, m := range messages {
			if m.fault() != "" || !m.expectsAnswer() {
				if answer := rpcError(m.ID, 1, m.fault()); !json.Valid(answer) {
					t.Fatalf("not JSON: %s", answer)
				}
				continue
			}
			encoded, err := m.encode(true)
			if err != nil {
				t.Fatal(err)
			}
			var seen struct {
				ID     any           `json:"id"`
				Method mcp.MCPMethod `json:"method"`
				Result any           `json:"result"`
			}
			if err := json.Unmarshal(encoded, &seen); err != nil {
				t.Fatal(err)
			}
			if seen.ID == nil || seen.Result != nil || strings.HasPrefix(strings.ToLower(strings.TrimSpace(string(seen.Method))), "notifications/") {
				t.Fatalf("went on: %s", encoded)
			}
		}
	})
}
