package transport

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/server"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/trace"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// Metrics counts what the server and its client of Wiro do, for Prometheus. No label holds a
// key, or anything that a caller can word. The names without wiro_mcp_ are those of
// OpenTelemetry's semantic conventions.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // method, outcome
	calls    *prometheus.CounterVec   // tool, outcome
	took     *prometheus.HistogramVec // tool
	refused  *prometheus.CounterVec   // limit
	upstream *prometheus.CounterVec   // operation, status
	answers  *prometheus.HistogramVec // operation
	signIns  *prometheus.CounterVec   // endpoint, outcome
	served   *prometheus.HistogramVec // mcp_method_name, …
	sent     *prometheus.HistogramVec // url_template, …
	waits    prometheus.Gauge
	sockets  prometheus.Gauge

	exemplars bool // there are spans to name
	store     atomic.Pointer[storeCheck]

	ofServed series[servedLabels, servedSeries]
	ofSent   series[sentLabels, sentSeries]

	lastAnswer lastAnswer
}

// series are those that activities with the same labels count in. To look each up by its labels
// takes longer than to count.
type series[L comparable, S any] struct {
	mu    sync.RWMutex
	known map[L]S
	find  func(L) S
}

func newSeries[L comparable, S any](find func(L) S) series[L, S] {
	return series[L, S]{known: map[L]S{}, find: find}
}

func (s *series[L, S]) of(labels L) S {
	s.mu.RLock()
	found, ok := s.known[labels]
	s.mu.RUnlock()
	if !ok {
		found = s.find(labels)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.known[labels] = found
	}
	return found
}

type (
	servedLabels struct {
		method, tool, prompt, errorType, transport, protocol, limit, called string
		code                                                                int // of a JSON-RPC error
		outcome                                                             outcome
		status                                                              mcptool.Status
	}
	servedSeries struct {
		request, refused, call prometheus.Counter // request alone is never nil
		took, served           prometheus.Observer
	}
	sentLabels struct {
		upstream  *url.URL
		operation string
		outcome   outcome
		status    int
		errorType string
	}
	sentSeries struct {
		request      prometheus.Counter
		answer, took prometheus.Observer
	}
)

// bucketsOfConventions are those of mcp.server.operation.duration, in seconds.
var bucketsOfConventions = []float64{.01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 120, 300}

func newMetrics(version string) *Metrics {
	const seconds = "_duration_seconds"
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "wiro_mcp_" + name, Help: help}, labels)
	}
	durations := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name + seconds, Help: help, Buckets: buckets}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "wiro_mcp_" + name, Help: help})
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("requests_total", "MCP requests by method and outcome.", "method", "outcome"),
		calls:    counter("calls_total", "Tool calls by tool and outcome.", "tool", "outcome"),
		took:     durations("wiro_mcp_call", "How long tool calls take.", []float64{.005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}, "tool"),
		refused:  counter("rate_limited_total", "Calls over a limit, by limit.", "limit"),
		upstream: counter("upstream_requests_total", "Requests to the Wiro API by operation and HTTP status: 0 if no answer came, canceled if its caller left before that.", "operation", "status"),
		answers:  durations("wiro_mcp_upstream_request", "How long the Wiro API takes.", []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 120}, "operation"),
		signIns:  counter("sign_ins_total", "Steps of OAuth sign-ins by endpoint and outcome.", "endpoint", "outcome"),
		served: durations("mcp_server_operation", "How long MCP requests take.", bucketsOfConventions,
			"mcp_method_name", "gen_ai_operation_name", "gen_ai_tool_name", "gen_ai_prompt_name", "error_type", "rpc_response_status_code", "network_transport", "mcp_protocol_version"),
		sent: durations("http_client_request", "How long requests to the Wiro API take.", []float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 30},
			"http_request_method", "url_template", "server_address", "server_port", "http_response_status_code", "error_type"),
		waits:   gauge("waits", "Tasks and messages that are being waited for."),
		sockets: gauge("sockets", "Open WebSockets to Wiro."),
	}
	m.ofServed, m.ofSent = newSeries(m.findServed), newSeries(m.findSent)
	build := gauge("build_info", "The version, as a label of the constant 1.")
	build.Set(1)
	m.registry.MustRegister(m.requests, m.calls, m.took, m.refused, m.upstream, m.answers, m.signIns, m.served, m.sent, m.waits, m.sockets,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	prometheus.WrapRegistererWith(prometheus.Labels{"version": version, "go": runtime.Version()}, m.registry).MustRegister(build)
	return m
}

// expect begins to count the faults of each tool: a counter that appears with its first fault
// has not increased.
func (m *Metrics) expect(served *server.MCPServer) {
	for tool := range served.ListTools() {
		m.calls.WithLabelValues(tool, string(mcptool.Internal))
	}
}

func (*Metrics) begin(ctx context.Context, _ *activity) context.Context { return ctx }

func (m *Metrics) end(ctx context.Context, a *activity) {
	var of prometheus.Labels
	if m.exemplars {
		of = exemplar(ctx)
	}
	switch a.kind {
	case kindServed:
		m.endServed(of, a)
	case kindSent:
		s := m.ofSent.of(sentLabels{a.upstream, a.name, a.outcome, a.status, a.errorType()})
		count(of, s.request)
		observe(of, s.answer, a.took)
		observe(of, s.took, a.took)
		if a.status > 0 && a.status < http.StatusInternalServerError {
			m.lastAnswer.now()
		}
	case kindSignIn:
		m.signIns.WithLabelValues(a.name, string(a.outcome)).Inc()
	case kindWaited:
	}
}

func (m *Metrics) findSent(l sentLabels) sentSeries {
	status, host, port := strconv.Itoa(l.status), "", ""
	s := sentSeries{request: m.upstream.WithLabelValues(l.operation, cmp.Or(string(l.outcome), status)), answer: m.answers.WithLabelValues(l.operation)}
	if l.status == 0 {
		status = ""
	}
	if name, number := serverOf(l.upstream); name != "" {
		host, port = name, strconv.Itoa(number)
	}
	s.took = m.sent.WithLabelValues(http.MethodPost, urlTemplate(l.operation), host, port, status, l.errorType)
	return s
}

func (m *Metrics) endServed(of prometheus.Labels, a *activity) {
	s := m.ofServed.of(servedLabels{a.method, a.tool, a.prompt, a.errorType(), a.transport, a.protocol, a.limit, a.call.Tool, a.rpcCode, a.outcome, a.call.Status})
	s.request.Inc()
	if s.refused != nil {
		s.refused.Inc()
	}
	if s.call != nil {
		count(of, s.call)
		observe(of, s.took, a.call.Took)
	}
	if s.served != nil {
		observe(of, s.served, a.took)
	}
}

func (m *Metrics) findServed(l servedLabels) (s servedSeries) {
	s.request = m.requests.WithLabelValues(l.method, string(l.outcome))
	if l.limit != "" {
		s.refused = m.refused.WithLabelValues(l.limit)
	}
	if l.called != "" {
		s.call, s.took = m.calls.WithLabelValues(l.called, string(l.status)), m.took.WithLabelValues(l.called)
	}
	if l.transport == "" {
		return s
	}
	operation, code := "", ""
	if l.tool != "" {
		operation = executeTool
	}
	if l.code != 0 {
		code = strconv.Itoa(l.code)
	}
	s.served = m.served.WithLabelValues(l.method, operation, l.tool, l.prompt, l.errorType, code, l.transport, l.protocol)
	return s
}

// exemplar names the span of a sample, if it is one that is exported; else it is nil.
func exemplar(ctx context.Context) prometheus.Labels {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() || !span.SpanContext().IsSampled() {
		return nil
	}
	return prometheus.Labels{"trace_id": span.SpanContext().TraceID().String(), "span_id": span.SpanContext().SpanID().String()}
}

func observe(of prometheus.Labels, o prometheus.Observer, took time.Duration) {
	if of != nil {
		if e, ok := o.(prometheus.ExemplarObserver); ok {
			e.ObserveWithExemplar(took.Seconds(), of)
			return
		}
	}
	o.Observe(took.Seconds())
}

func count(of prometheus.Labels, c prometheus.Counter) {
	if of != nil {
		if e, ok := c.(prometheus.ExemplarAdder); ok {
			e.AddWithExemplar(1, of)
			return
		}
	}
	c.Inc()
}

// Gatherer returns what was counted.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, EnableOpenMetrics: true}) // exemplars need OpenMetrics
}
