package transport

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// busy makes a bit of everything happen, with words that must turn up nowhere.
func busy(t *testing.T, r *rig) {
	t.Helper()
	<-r.ready.docs
	r.post(listTools)
	r.post(call(1, "run_model", map[string]any{"model": "openai/gpt-5-mini", "params": map[string]any{"prompt": "my-private-prompt"}}))
	r.post(call(1, "get_task", map[string]any{"tasktoken": "my-private-token"}))
	r.post(call(1, "my-private-tool", nil))
	r.post(rpcMessage("my/private/method", 1, nil))
	r.post(listTools, header("Authorization", "Bearer my private key"))
	r.post(listTools, header("Authorization", "Bearer my-private-key:my-private-secret"), func(q *http.Request) { q.URL.RawQuery = "ref=my-private-query" })
	r.post(call(1, "search_models", nil), header("Authorization", "Bearer my-private-key:my-private-secret"))
	r.post(`my-private-body`)
	r.get("/my-private-path")
}

func TestMetricsCountEverythingAndTellNothing(t *testing.T) {
	t.Parallel()
	r := start(t)
	busy(t, r)
	a := r.get("/metrics")
	require.Equal(t, 200, a.status)
	for _, line := range []string{
		`wiro_mcp_calls_total{outcome="ok",tool="run_model"} 1`,
		`wiro_mcp_calls_total{outcome="refused",tool="get_task"} 1`,
		`wiro_mcp_calls_total{outcome="internal",tool="run_model"} 0`,
		`wiro_mcp_call_duration_seconds_count{tool="run_model"} 1`,
		`wiro_mcp_requests_total{method="tools/list",outcome="ok"} 2`,
		`wiro_mcp_requests_total{method="other",outcome="refused"} 1`,
		`wiro_mcp_requests_total{method="",outcome="unauthorized"} 1`,
		`wiro_mcp_upstream_requests_total{operation="Run",status="200"} 1`,
		`wiro_mcp_upstream_requests_total{operation="Task/Detail",status="200"}`,
		`wiro_mcp_upstream_request_duration_seconds_count{operation="Run"} 1`,
		`wiro_mcp_waits 0`, `wiro_mcp_sockets 1`,
		`wiro_mcp_build_info{go="go1.`, `version="1.2.3"} 1`,
		`go_goroutines`, `process_start_time_seconds`,
	} {
		require.Contains(t, a.body, line)
	}
	for _, secret := range []string{"my-private", "my/private", emulator.DemoKey, "gpt-5-mini"} {
		require.NotContains(t, a.body, secret)
	}
}

func TestTheAccessLogTellsWhoDidWhatAndNoMore(t *testing.T) {
	t.Parallel()
	r := start(t)
	busy(t, r)
	all := r.logs.requests(t, 9)
	require.NotContains(t, r.logs.String(), "my-private")
	require.NotContains(t, r.logs.String(), "my/private")
	require.NotContains(t, r.logs.String(), emulator.DemoKey)
	for i, want := range []struct{ method, tool, outcome string }{
		{"tools/list", "", "ok"}, {"tools/call", "run_model", "ok"}, {"tools/call", "get_task", "refused"}, {"tools/call", "", "refused"},
		{"other", "", "refused"}, {"", "", "unauthorized"}, {"tools/list", "", "ok"}, {"tools/call", "search_models", "refused"}, {"", "", "invalid"},
	} {
		line := all[i]
		require.Equal(t, want.outcome, line["outcome"], i)
		if want.method == "" {
			require.NotContains(t, line, "method")
		} else {
			require.Equal(t, want.method, line["method"], i)
		}
		if want.tool == "" {
			require.NotContains(t, line, "tool")
		} else {
			require.Equal(t, want.tool, line["tool"], i)
		}
		require.Len(t, line["request"], 10)
		require.Contains(t, line, "ms")
		require.Equal(t, "127.0.0.1", line["from"])
	}
	require.Len(t, all[0]["caller"], 12)
	require.Equal(t, all[0]["caller"], all[1]["caller"])
	require.NotEqual(t, all[0]["caller"], all[6]["caller"])
	other := start(t)
	other.post(listTools)
	require.NotEqual(t, all[0]["caller"], other.logs.requests(t, 1)[0]["caller"], "another process has another salt")
}

func TestTheRequestIDIsInTheLogAndTheHeader(t *testing.T) {
	t.Parallel()
	r := start(t)
	a := r.post(call(1, "get_task", map[string]any{"tasktoken": "nothing"}))
	id := a.header.Get(headerRequestID)
	require.Len(t, id, 10)
	require.Equal(t, id, r.logs.requests(t, 1)[0]["request"])
}

func TestReadyMeansThatDocsAreLoadedAndWiroAnswers(t *testing.T) {
	t.Parallel()
	r := start(t)
	<-r.ready.docs
	require.JSONEq(t, `{"ready":true,"faults":[]}`, r.get("/readyz").body)

	loading := start(t, func(s *setup) {
		s.before = func(h *HTTP) {
			h.ready.once.Do(func() {}) // as if it took long
		}
	})
	a := loading.get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Contains(t, a.body, "documentation")
	close(loading.ready.docs)
	require.Equal(t, 200, loading.get("/readyz").status)

	lonely := start(t, func(s *setup) { s.wiroURL = "http://127.0.0.1:1/v1" })
	<-lonely.ready.docs
	a = lonely.get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Contains(t, a.body, "Wiro API does not answer")
	require.Equal(t, 200, lonely.get("/healthz").status, "the process lives all the same")
	_, answered := lonely.Telemetry.Request(t.Context(), "Task/Detail")
	answered(401)
	require.Equal(t, 200, lonely.get("/readyz").status, "any answer to a call will do")
}

func TestACallThatReachedWiroIsNotProbedFor(t *testing.T) {
	t.Parallel()
	r := start(t)
	<-r.ready.docs
	r.post(call(1, "search_models", nil))
	at := r.ready.probed
	require.Equal(t, 200, r.get("/readyz").status)
	require.Equal(t, at, r.ready.probed)
}

func TestThePageTellsHowToConnectToThisVeryURL(t *testing.T) {
	t.Parallel()
	r := start(t)
	a := r.get("/")
	require.Equal(t, "text/html; charset=utf-8", a.header.Get("Content-Type"))
	policy := a.header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "unsafe")
	for _, text := range []string{r.url + "/v1", "cursor://anysphere.cursor-deeplink/mcp/install?name=wiro&config=", "vscode:mcp/install?", "claude mcp add", "mcp-remote", "serverUrl"} {
		require.Contains(t, a.body, text)
	}
	for _, d := range r.Tools.Tools() {
		require.Equal(t, !d.ForViews && !d.Local, strings.Contains(a.body, `"name":"`+d.Name+`"`), d.Name)
	}
	require.NotContains(t, strings.ReplaceAll(a.body, "http://www.w3.org/2000/svg", ""), "src=")
	require.NotContains(t, a.body, "ZgotmplZ")
	require.NotContains(t, a.body, "transfer_credit", "a tool that is off")
}

func TestAnOddHostDoesNotGetIntoSnippets(t *testing.T) {
	t.Parallel()
	require.Equal(t, "mcp.example.com:8443", plainHost("mcp.example.com:8443"))
	require.Equal(t, "[::1]:80", plainHost("[::1]:80"))
	for _, odd := range []string{"", "a;rm -rf", "a\"b", "$(x)", "a'b", "a/b", "é"} {
		require.Equal(t, "YOUR-SERVER", plainHost(odd))
	}
}
