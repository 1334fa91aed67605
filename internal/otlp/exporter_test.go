package otlp

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	collectormetrics "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector is an OpenTelemetry collector that keeps what it is sent, after refusing some of it.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	refuse int
	status int // of what is refused

	retryAfter string // seconds, with a refusal

	header  http.Header
	traces  []*collectortrace.ExportTraceServiceRequest
	metrics []*collectormetrics.ExportMetricsServiceRequest
	posts   int
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posts++
	if c.refuse > 0 {
		c.refuse--
		w.Header().Set("Retry-After", cmp.Or(c.retryAfter, "0"))
		w.WriteHeader(c.status)
		return
	}
	c.header = r.Header.Clone()
	body, err := io.ReadAll(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		var unpacked io.Reader
		if unpacked, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, err = io.ReadAll(unpacked)
		}
	}
	switch r.URL.Path {
	case "/v1/traces":
		m := &collectortrace.ExportTraceServiceRequest{}
		if err == nil {
			err = proto.Unmarshal(body, m)
		}
		c.traces = append(c.traces, m)
	case "/v1/metrics":
		m := &collectormetrics.ExportMetricsServiceRequest{}
		if err == nil {
			err = proto.Unmarshal(body, m)
		}
		c.metrics = append(c.metrics, m)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	if err != nil || r.Header.Get("Content-Type") != "application/x-protobuf" {
		w.WriteHeader(http.StatusBadRequest)
	}
}

// startWith starts an exporter with these variables.
func startWith(t *testing.T, variables map[string]string) (*Exporter, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	e, err := Start(t.Context(), Options{
		Getenv: func(name string) string { return variables[name] }, Service: "wiro-mcp", Version: "1.2.3", Log: zerolog.New(&log).Level(zerolog.InfoLevel),
	})
	require.NoError(t, err)
	return e, &log
}

func textOf(attributes []*commonpb.KeyValue) map[string]any {
	found := map[string]any{}
	for _, kv := range attributes {
		switch v := kv.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			found[kv.GetKey()] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			found[kv.GetKey()] = v.IntValue
		case *commonpb.AnyValue_BoolValue:
			found[kv.GetKey()] = v.BoolValue
		case *commonpb.AnyValue_DoubleValue:
			found[kv.GetKey()] = v.DoubleValue
		}
	}
	return found
}

// Not parallel, like the others that start an exporter: the SDK's error handler is global.
func TestSpansArriveAsTheyWereMade(t *testing.T) {
	c := newCollector(t)
	e, _ := startWith(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL, "OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20secret,other=1", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
	})
	tracer := e.TracerProvider().Tracer("a scope", trace.WithInstrumentationVersion("7"))
	remote := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2}, SpanID: trace.SpanID{3}, TraceFlags: trace.FlagsSampled, Remote: true})
	ctx, outer := tracer.Start(trace.ContextWithRemoteSpanContext(context.Background(), remote), "outer", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("text", "x"), attribute.Int("n", -7), attribute.Bool("yes", true), attribute.Bool("no", false), attribute.Float64("half", 0.5), attribute.StringSlice("list", []string{"a", "b"}), attribute.String("empty", ""),
	))
	_, inner := tracer.Start(ctx, "inner", trace.WithLinks(trace.Link{SpanContext: remote, Attributes: []attribute.KeyValue{attribute.Bool("linked", true)}}))
	inner.AddEvent("something", trace.WithAttributes(attribute.Int("k", 1)))
	inner.SetStatus(codes.Error, "it broke")
	inner.End()
	outer.End()
	require.NoError(t, e.Shutdown(t.Context()))

	require.Len(t, c.traces, 1)
	require.Equal(t, "a secret", c.header.Get("X-Key"))
	require.Equal(t, "1", c.header.Get("Other"))
	resource := c.traces[0].GetResourceSpans()[0]
	described := textOf(resource.GetResource().GetAttributes())
	require.Equal(t, "wiro-mcp", described["service.name"])
	require.Equal(t, "1.2.3", described["service.version"])
	require.NotEmpty(t, described["service.instance.id"])
	require.Equal(t, "go", described["telemetry.sdk.language"])
	scope := resource.GetScopeSpans()[0]
	require.Equal(t, "a scope", scope.GetScope().GetName())
	require.Equal(t, "7", scope.GetScope().GetVersion())
	require.Len(t, scope.GetSpans(), 2)
	in, out := scope.GetSpans()[0], scope.GetSpans()[1]
	require.Equal(t, "outer", out.GetName())
	require.Equal(t, tracepb.Span_SPAN_KIND_SERVER, out.GetKind())
	require.Equal(t, []byte{3, 0, 0, 0, 0, 0, 0, 0}, out.GetParentSpanId())
	require.Equal(t, remote.TraceID().String(), hex.EncodeToString(out.GetTraceId()))
	require.Equal(t, uint32(0x301), out.GetFlags())
	require.Equal(t, map[string]any{"text": "x", "n": int64(-7), "yes": true, "no": false, "half": 0.5, "list": `["a","b"]`, "empty": ""}, textOf(out.GetAttributes()))
	require.Equal(t, out.GetSpanId(), in.GetParentSpanId())
	require.Equal(t, uint32(0x101), in.GetFlags())
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, in.GetStatus().GetCode())
	require.Equal(t, "it broke", in.GetStatus().GetMessage())
	require.Equal(t, out.GetTraceId(), in.GetLinks()[0].GetTraceId())
	require.Equal(t, out.GetParentSpanId(), in.GetLinks()[0].GetSpanId())
	require.Equal(t, map[string]any{"linked": true}, textOf(in.GetLinks()[0].GetAttributes()))
	require.Equal(t, "something", in.GetEvents()[0].GetName())
	require.Positive(t, in.GetEvents()[0].GetTimeUnixNano())
	require.LessOrEqual(t, out.GetStartTimeUnixNano(), in.GetStartTimeUnixNano())
	require.LessOrEqual(t, in.GetEndTimeUnixNano(), out.GetEndTimeUnixNano())
}

func TestMetricsArriveAsTheyWereCounted(t *testing.T) {
	c := newCollector(t)
	e, _ := startWith(t, map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": c.URL + "/v1/metrics"})
	require.Nil(t, e.TracerProvider())
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "calls_total", Help: "Calls."}, []string{"tool"})
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "waits"})
	histogram := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds", Buckets: []float64{1, 2}})
	summary := prometheus.NewSummary(prometheus.SummaryOpts{Name: "pauses", Objectives: map[float64]float64{0.5: 0.1}})
	registry.MustRegister(counter, gauge, histogram, summary)
	counter.WithLabelValues("run_model").Add(3)
	gauge.Set(-2)
	histogram.Observe(0.5)
	histogram.(prometheus.ExemplarObserver).ObserveWithExemplar(5, prometheus.Labels{"trace_id": "0102030405060708090a0b0c0d0e0f10", "span_id": "0102030405060708"})
	summary.Observe(4)
	e.PushMetrics(registry)
	require.NoError(t, e.Shutdown(t.Context()))

	require.Empty(t, c.traces)
	found := map[string]*metricspb.Metric{}
	for _, scope := range c.metrics[0].GetResourceMetrics()[0].GetScopeMetrics() {
		for _, m := range scope.GetMetrics() {
			found[m.GetName()] = m
		}
	}
	require.Equal(t, "wiro-mcp", textOf(c.metrics[0].GetResourceMetrics()[0].GetResource().GetAttributes())["service.name"])
	sum := found["calls_total"].GetSum()
	require.Equal(t, "Calls.", found["calls_total"].GetDescription())
	require.True(t, sum.GetIsMonotonic())
	require.Equal(t, metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE, sum.GetAggregationTemporality())
	require.InDelta(t, 3, sum.GetDataPoints()[0].GetAsDouble(), 0)
	require.Equal(t, "run_model", textOf(sum.GetDataPoints()[0].GetAttributes())["tool"])
	require.Positive(t, sum.GetDataPoints()[0].GetTimeUnixNano())
	require.InDelta(t, -2, found["waits"].GetGauge().GetDataPoints()[0].GetAsDouble(), 0)
	point := found["took_seconds"].GetHistogram().GetDataPoints()[0]
	require.Equal(t, uint64(2), point.GetCount())
	require.InDelta(t, 5.5, point.GetSum(), 0)
	require.Equal(t, []float64{1, 2}, point.GetExplicitBounds())
	require.Equal(t, []uint64{1, 0, 1}, point.GetBucketCounts())
	require.Equal(t, "0102030405060708090a0b0c0d0e0f10", hex.EncodeToString(point.GetExemplars()[0].GetTraceId()))
	require.Equal(t, "0102030405060708", hex.EncodeToString(point.GetExemplars()[0].GetSpanId()))
	require.InDelta(t, 5, point.GetExemplars()[0].GetAsDouble(), 0)
	quantiles := found["pauses"].GetSummary().GetDataPoints()[0]
	require.Equal(t, uint64(1), quantiles.GetCount())
	require.InDelta(t, 4, quantiles.GetQuantileValues()[0].GetValue(), 0)
}

func TestACollectorThatIsBusyIsAskedAgain(t *testing.T) {
	c := newCollector(t)
	c.refuse, c.status = 2, http.StatusServiceUnavailable
	e, log := startWith(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL, "OTEL_METRICS_EXPORTER": "none"})
	_, span := e.TracerProvider().Tracer("").Start(context.Background(), "x")
	span.End()
	require.NoError(t, e.Shutdown(t.Context()))
	require.Len(t, c.traces, 1)
	require.Equal(t, 3, c.posts)
	require.Empty(t, log.String())
}

func TestARefusalIsLoggedOnceAndTellsNoSecret(t *testing.T) {
	c := newCollector(t)
	c.refuse, c.status = 2, http.StatusUnauthorized
	e, log := startWith(t, map[string]string{
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": c.URL + "/v1/traces?key=address-secret", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20header-secret",
	})
	for range 2 {
		_, span := e.TracerProvider().Tracer("").Start(context.Background(), "x")
		span.End()
		_ = e.traces.ForceFlush(t.Context())
	}
	require.Equal(t, 2, c.posts, "what is refused for good is not sent again")
	require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("\n")), log.String())
	require.Contains(t, log.String(), "HTTP 401")
	_, span := e.TracerProvider().Tracer("").Start(context.Background(), "x")
	span.End()
	require.NoError(t, e.Shutdown(t.Context()))
	require.Contains(t, log.String(), "telemetry arrives again")
	require.NotContains(t, log.String(), "secret")
}

func TestTheLogSaysWhatTheLastAttemptMet(t *testing.T) {
	c := newCollector(t)
	nobody := newCollector(t)
	nobody.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server would not see that the client is gone
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	for endpoint, met := range map[string]string{c.URL: "HTTP 503", nobody.URL: "refused", silent.URL: "no answer in time"} {
		c.refuse, c.status, c.retryAfter = 1000, http.StatusServiceUnavailable, "60"
		e, log := startWith(t, map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_METRICS_EXPORTER": "none", "OTEL_EXPORTER_OTLP_TIMEOUT": "200",
		})
		_, span := e.TracerProvider().Tracer("").Start(context.Background(), "x")
		span.End()
		require.Error(t, e.traces.ForceFlush(t.Context()))
		require.Contains(t, log.String(), met)
		_ = e.Shutdown(t.Context())
	}
}

func TestVariablesThatTheSDKReadsAreCheckedToo(t *testing.T) {
	t.Setenv("OTEL_TRACES_SAMPLER", "sometimes")
	t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "often")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "a=b,half")
	c := newCollector(t)
	e, log := startWith(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL})
	e.PushMetrics(prometheus.NewRegistry())
	require.NoError(t, e.Shutdown(t.Context()))
	for _, wrong := range []string{"sometimes", "often", "OTEL_RESOURCE_ATTRIBUTES"} {
		require.Contains(t, log.String(), wrong)
	}
	for line := range strings.Lines(log.String()) {
		require.Contains(t, line, `"level":"warn"`)
	}
}

func TestMetricsOfTheConventionsHaveTheirNames(t *testing.T) {
	c := newCollector(t)
	e, _ := startWith(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL, "OTEL_TRACES_EXPORTER": "none"})
	registry := prometheus.NewRegistry()
	served := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "mcp_server_operation_duration_seconds"}, []string{"mcp_method_name", "gen_ai_tool_name", "error_type"})
	sent := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "http_client_request_duration_seconds"}, []string{"http_response_status_code", "server_address", "server_port"})
	registry.MustRegister(served, sent)
	served.WithLabelValues("tools/list", "", "").Observe(1)
	sent.WithLabelValues("200", "api.wiro.ai", "443").Observe(1)
	e.PushMetrics(registry)
	require.NoError(t, e.Shutdown(t.Context()))
	found := map[string]map[string]any{}
	for _, scope := range c.metrics[0].GetResourceMetrics()[0].GetScopeMetrics() {
		for _, m := range scope.GetMetrics() {
			require.Equal(t, "s", m.GetUnit())
			found[m.GetName()] = textOf(m.GetHistogram().GetDataPoints()[0].GetAttributes())
		}
	}
	require.Equal(t, map[string]map[string]any{
		"mcp.server.operation.duration": {"mcp.method.name": "tools/list"},
		"http.client.request.duration":  {"http.response.status_code": int64(200), "server.address": "api.wiro.ai", "server.port": int64(443)},
	}, found)
}

func TestTheEnvironmentSaysWhetherAndWhere(t *testing.T) {
	t.Parallel()
	read := func(variables map[string]string) (traces, metrics string, err error) {
		one, two, err := readEnvironment(func(name string) string { return variables[name] })
		for at, c := range map[*string]*client{&traces: one, &metrics: two} {
			if c != nil {
				*at = c.url.String()
			}
		}
		return traces, metrics, err
	}
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for name, c := range map[string]struct {
		variables       map[string]string
		traces, metrics string
	}{
		"nothing":     {nil, "", ""},
		"only a name": {map[string]string{"OTEL_SERVICE_NAME": "x", "OTEL_RESOURCE_ATTRIBUTES": "a=b", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "", ""},
		"an endpoint": {map[string]string{endpoint: "http://c:4318/"}, "http://c:4318/v1/traces", "http://c:4318/v1/metrics"},
		"with a path": {map[string]string{endpoint: "https://c/otlp"}, "https://c/otlp/v1/traces", "https://c/otlp/v1/metrics"},
		"of its own":  {map[string]string{endpoint: "http://c:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t/x"}, "http://t/x", "http://c:4318/v1/metrics"},
		"disabled":    {map[string]string{endpoint: "http://c:4318", "OTEL_SDK_DISABLED": "True"}, "", ""},
		"one is none": {map[string]string{endpoint: "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, "", "http://c:4318/v1/metrics"},
		"scraped":     {map[string]string{endpoint: "http://c:4318", "OTEL_METRICS_EXPORTER": "prometheus", "OTEL_TRACES_EXPORTER": " otlp "}, "http://c:4318/v1/traces", ""},
		"both":        {map[string]string{"OTEL_METRICS_EXPORTER": "prometheus,otlp"}, "", "http://localhost:4318/v1/metrics"},
		"by default":  {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, "http://localhost:4318/v1/traces", ""},
	} {
		traces, metrics, err := read(c.variables)
		require.NoError(t, err, name)
		require.Equal(t, []string{c.traces, c.metrics}, []string{traces, metrics}, name)
	}
	for variable, value := range map[string]string{
		endpoint: "collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TIMEOUT": "soon", "OTEL_EXPORTER_OTLP_COMPRESSION": "zstd",
		"OTEL_EXPORTER_OTLP_HEADERS": "a-secret", "OTEL_TRACES_EXPORTER": "console", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere", "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/nowhere",
	} {
		variables := map[string]string{endpoint: "http://c:4318"}
		variables[variable] = value
		_, _, err := read(variables)
		require.ErrorContains(t, err, "OTEL_", variable)
		require.NotContains(t, err.Error(), "\n", "one fault of both signals is said once")
		require.NotContains(t, err.Error(), "a-secret")
	}
}
