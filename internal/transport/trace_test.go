package transport

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// traced lets a rig make spans, and returns where they end up.
func traced() (*tracetest.InMemoryExporter, func(*setup)) {
	spans := tracetest.NewInMemoryExporter()
	return spans, func(s *setup) { s.tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)) }
}

// described is a span's attributes by name, as texts.
func described(s tracetest.SpanStub) map[string]string {
	found := map[string]string{}
	for _, kv := range s.Attributes {
		found[string(kv.Key)] = kv.Value.String()
	}
	return found
}

func named(t *testing.T, spans *tracetest.InMemoryExporter, name string) tracetest.SpanStub {
	t.Helper()
	var names []string
	for _, s := range spans.GetSpans() {
		if names = append(names, s.Name); s.Name == name {
			return s
		}
	}
	require.Fail(t, "no such span", "%s among %v", name, names)
	return tracetest.SpanStub{}
}

const (
	clientTrace = "0af7651916cd43dd8448eb211c80319c"
	clientSpan  = "b7ad6b7169203331"
)

func TestACallIsATraceDownToItsRequestsToWiro(t *testing.T) {
	t.Parallel()
	spans, adjust := traced()
	r := start(t, adjust)
	a := r.post(call(7, "run_model", map[string]any{"model": "sandbox/echo", "params": map[string]any{"prompt": "my-private-prompt"}}),
		header("Traceparent", "00-"+clientTrace+"-"+clientSpan+"-01"), header("Tracestate", "vendor=1"), header("Baggage", "user=my-private-user"))
	require.Equal(t, http.StatusOK, a.status, a.body)

	served := named(t, spans, "tools/call run_model")
	require.Equal(t, trace.SpanKindServer, served.SpanKind)
	require.Equal(t, clientTrace, served.SpanContext.TraceID().String())
	require.Equal(t, clientSpan, served.Parent.SpanID().String())
	require.True(t, served.Parent.IsRemote())
	require.Equal(t, map[string]string{
		"mcp.method.name": "tools/call", "gen_ai.tool.name": "run_model", "gen_ai.operation.name": "execute_tool", "mcp.protocol.version": "2025-03-26",
		"jsonrpc.request.id": "7", "network.transport": "tcp", "network.protocol.name": "http", "client.address": "127.0.0.1",
		"wiro_mcp.request.id": a.header.Get(headerRequestID),
	}, described(served))

	submit := named(t, spans, "POST /Run/{owner}/{model}")
	require.Equal(t, trace.SpanKindClient, submit.SpanKind)
	require.Equal(t, served.SpanContext.SpanID(), submit.Parent.SpanID())
	require.Equal(t, "200", described(submit)["http.response.status_code"])
	require.Equal(t, "POST", described(submit)["http.request.method"])
	require.Equal(t, "127.0.0.1", described(submit)["server.address"])
	require.NotEmpty(t, described(submit)["server.port"])
	wait := named(t, spans, "wait for task")
	require.Equal(t, served.SpanContext.SpanID(), wait.Parent.SpanID())
	detail := named(t, spans, "POST /Task/Detail")
	require.Equal(t, clientTrace, detail.SpanContext.TraceID().String())
	require.Contains(t, []trace.SpanID{wait.SpanContext.SpanID(), served.SpanContext.SpanID()}, detail.Parent.SpanID())

	for _, s := range spans.GetSpans() {
		for name, text := range described(s) {
			require.NotContains(t, name+text, "my-private", s.Name)
			require.NotContains(t, text, "sandbox/echo", s.Name)
			require.NotContains(t, text, emulator.DemoKey, s.Name)
		}
		require.NotContains(t, s.Name, "sandbox/echo")
		require.NotEqual(t, codes.Error, s.Status.Code, s.Name)
	}
	for _, request := range r.wiro.Requests() {
		for name := range request.Header {
			require.NotContains(t, []string{"Traceparent", "Tracestate", "Baggage"}, name, "traces are for the collector alone")
		}
	}
}

func TestTheSpanOfMetaWinsOverTheHeaders(t *testing.T) {
	t.Parallel()
	spans, adjust := traced()
	r := start(t, adjust)
	r.post(`{"jsonrpc":"2.0","id":"my-private-id","method":"tools/list","params":{"_meta":{"traceparent":"00-11111111111111111111111111111111-2222222222222222-01"}}}`,
		header("Traceparent", "00-"+clientTrace+"-"+clientSpan+"-01"))
	listed := named(t, spans, "tools/list")
	require.Equal(t, strings.Repeat("1", 32), listed.SpanContext.TraceID().String())
	require.Equal(t, strings.Repeat("2", 16), listed.Parent.SpanID().String())
	require.NotContains(t, described(listed), "jsonrpc.request.id", "a text may say anything")

	spans.Reset()
	for _, odd := range []string{"x", "00-" + strings.Repeat("0", 32) + "-" + clientSpan + "-01", "00-" + clientTrace + "-" + clientSpan + "-01\\n", strings.Repeat("x", 2000)} {
		r.post(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"traceparent":"` + odd + `"}}}`)
		require.False(t, spans.GetSpans()[0].Parent.IsValid(), odd)
		spans.Reset()
	}
}

func TestSpansSayHowRequestsFailed(t *testing.T) {
	t.Parallel()
	spans, adjust := traced()
	r := start(t, adjust)
	r.post(call(1, "get_task", map[string]any{"tasktoken": "my-private-token"}))
	failed := named(t, spans, "tools/call get_task")
	require.Equal(t, codes.Error, failed.Status.Code)
	require.Empty(t, failed.Status.Description)
	require.Equal(t, "tool_error", described(failed)["error.type"])

	r.post(rpcMessage("my/private/method", 1, nil))
	unknown := named(t, spans, "other")
	require.Equal(t, codes.Error, unknown.Status.Code)
	require.Equal(t, "-32601", described(unknown)["error.type"])
	require.Equal(t, "-32601", described(unknown)["rpc.response.status_code"])

	spans.Reset()
	r.post(`my-private-body`)
	r.post(listTools, header("Authorization", ""))
	require.Empty(t, spans.GetSpans(), "what is refused at the door is counted and logged, and fills no trace")
}

func TestSamplesNameTheirTrace(t *testing.T) {
	t.Parallel()
	_, adjust := traced()
	r := start(t, adjust)
	r.post(listTools, header("Traceparent", "00-"+clientTrace+"-"+clientSpan+"-01"))
	r.post(call(1, "search_models", nil), header("Traceparent", "00-"+clientTrace+"-"+clientSpan+"-01"))
	a := r.get("/metrics", header("Accept", "application/openmetrics-text; version=1.0.0"))
	for _, metric := range []string{"mcp_server_operation_duration_seconds_bucket", "wiro_mcp_call_duration_seconds_bucket", "wiro_mcp_calls_total", "http_client_request_duration_seconds_bucket"} {
		require.Regexp(t, metric+`\{[^}]*\} [\d.]+ # \{[^}]*trace_id="`+clientTrace+`"`, a.body)
	}

	plain := start(t) // without traces, a client's ids get into no metric
	plain.post(listTools, header("Traceparent", "00-"+clientTrace+"-"+clientSpan+"-01"))
	require.NotContains(t, plain.get("/metrics", header("Accept", "application/openmetrics-text; version=1.0.0")).body, clientTrace)
}

func TestLogLinesNameTheirTrace(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := accessLog{zerolog.New(&out).Hook(TraceIDs{})}
	remote := withRemoteSpan(context.Background(), http.Header{"Traceparent": {"00-" + clientTrace + "-" + clientSpan + "-00"}}, nil)
	log.end(remote, &activity{method: "tools/list"})
	require.Contains(t, out.String(), `"trace_id":"`+clientTrace+`","span_id":"`+clientSpan+`"`)
	out.Reset()
	log.end(context.Background(), &activity{method: "tools/list"})
	require.NotContains(t, out.String(), "trace_id")
}

func TestCallsOverStdioAreTraced(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	telemetry := NewTelemetry("1.2.3", sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	served := tools.New(tools.Options{Docs: library, Log: zerolog.Nop()})
	var out syncBuffer
	const meta = `"_meta":{"traceparent":"00-` + clientTrace + `-` + clientSpan + `-01"}`
	input := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}` + "\n" +
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search_docs","arguments":{"query":"my-private-query"},` + meta + `}}` + "\n"
	require.NoError(t, Stdio(t.Context(), served.MCP(), strings.NewReader(input), &out, zerolog.Nop(), telemetry))
	require.Equal(t, "2025-06-18", described(named(t, spans, "initialize"))["mcp.protocol.version"])
	called := named(t, spans, "tools/call search_docs")
	require.Equal(t, clientTrace, called.SpanContext.TraceID().String())
	require.Equal(t, "pipe", described(called)["network.transport"])
	require.Equal(t, "search_docs", described(called)["gen_ai.tool.name"])
	for _, text := range described(called) {
		require.NotContains(t, text, "my-private")
	}
}

// syncBuffer may be written by several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func TestWaitsSayHowTheyEnded(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, outcome(mcptool.OK), waitOutcome(t.Context(), nil))
	require.Equal(t, outcomeTimeout, waitOutcome(ended, context.DeadlineExceeded))
	require.Equal(t, outcome(mcptool.Canceled), waitOutcome(ended, context.Canceled))
	require.Equal(t, outcomeFailed, waitOutcome(t.Context(), http.ErrHandlerTimeout))
}

func TestWhatIsAskedForIsNamedIfItExists(t *testing.T) {
	t.Parallel()
	spans, adjust := traced()
	r := start(t, adjust)
	r.post(rpcMessage("prompts/get", 1, map[string]any{"name": "make_image"})) // without its arguments
	r.post(rpcMessage("prompts/get", 1, map[string]any{"name": "my-private-prompt"}))
	require.Equal(t, "make_image", described(named(t, spans, "prompts/get make_image"))["gen_ai.prompt.name"])
	require.NotContains(t, described(named(t, spans, "prompts/get")), "gen_ai.prompt.name")

	r.post(rpcMessage("initialize", 1, map[string]any{"protocolVersion": "2025-06-18", "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "x", "version": "1"}}))
	require.Equal(t, "2025-06-18", described(named(t, spans, "initialize"))["mcp.protocol.version"], "what was agreed, as no header has it yet")

	metrics := r.get("/metrics").body
	require.Contains(t, metrics, `gen_ai_prompt_name="make_image"`)
	require.Contains(t, metrics, `error_type="-32602",gen_ai_operation_name="",gen_ai_prompt_name="make_image",gen_ai_tool_name="",mcp_method_name="prompts/get",mcp_protocol_version="2025-03-26",network_transport="tcp",rpc_response_status_code="-32602"} 1`)
	require.NotContains(t, metrics, "my-private")
}

func TestACallLinksToTheRequestAroundIt(t *testing.T) {
	t.Parallel()
	spans, adjust := traced()
	r := start(t, adjust)
	const around = "00-" + clientTrace + "-" + clientSpan + "-01"
	meta := func(parent string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"traceparent":"` + parent + `"}}}`
	}
	r.post(meta("00-11111111111111111111111111111111-2222222222222222-01"), header("Traceparent", around))
	links := named(t, spans, "tools/list").Links
	require.Len(t, links, 1)
	require.Equal(t, clientSpan, links[0].SpanContext.SpanID().String())

	for _, parent := range []string{around, "x"} { // the same, and none
		spans.Reset()
		r.post(meta(parent), header("Traceparent", around))
		listed := named(t, spans, "tools/list")
		require.Equal(t, clientSpan, listed.Parent.SpanID().String(), parent)
		require.Empty(t, listed.Links, parent)
	}
}

func TestARequestSaysWhereItWent(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"https://api.wiro.ai/v1": "api.wiro.ai:443", "http://wiro/v1": "wiro:80", "https://wiro:8443": "wiro:8443"} {
		telemetry := NewTelemetry("1.2.3", nil)
		telemetry.SetUpstream(address)
		host, port := serverOf(telemetry.upstream.Load())
		require.Equal(t, want, fmt.Sprintf("%s:%d", host, port))
		_, sent := telemetry.Request(t.Context(), "Task/Detail")
		sent(http.StatusOK)
		require.Contains(t, scraped(t, telemetry), fmt.Sprintf(`server_address="%s",server_port="%d"`, host, port))
	}
	host, _ := serverOf(nil)
	require.Empty(t, host)
}

func TestARequestThatNobodyWaitsForIsNoFaultOfWiro(t *testing.T) {
	t.Parallel()
	telemetry := NewTelemetry("1.2.3", nil)
	gone, cancel := context.WithCancel(t.Context())
	_, canceled := telemetry.Request(gone, "Task/Detail")
	cancel()
	canceled(0)
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	_, unanswered := telemetry.Request(late, "Task/Detail")
	unanswered(0)
	metrics := scraped(t, telemetry)
	require.Contains(t, metrics, `wiro_mcp_upstream_requests_total{operation="Task/Detail",status="canceled"} 1`)
	require.Contains(t, metrics, `wiro_mcp_upstream_requests_total{operation="Task/Detail",status="0"} 1`)
	require.Contains(t, metrics, `error_type="canceled"`)
	require.Contains(t, metrics, `error_type="no_response"`)
}

// scraped is what Prometheus reads.
func scraped(t *testing.T, telemetry *Telemetry) string {
	t.Helper()
	answer := httptest.NewRecorder()
	telemetry.Metrics().Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer.Body.String()
}
