package transport

import (
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// Metrics counts what the server and its client of Wiro do, for Prometheus. It is a
// wiro.Observer. No label holds a key, or anything that a caller can word.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // method, outcome
	calls    *prometheus.CounterVec   // tool, outcome
	took     *prometheus.HistogramVec // tool
	refused  *prometheus.CounterVec   // limit
	upstream *prometheus.CounterVec   // operation, status
	answers  *prometheus.HistogramVec // operation
	waits    prometheus.Gauge
	sockets  prometheus.Gauge

	lastAnswer lastAnswer
}

// NewMetrics returns metrics in a registry of their own. Give them to wiro.Options as
// Observer and to HTTPOptions.
func NewMetrics(version string) *Metrics {
	const seconds = "_duration_seconds"
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "wiro_mcp_" + name, Help: help}, labels)
	}
	durations := func(name, help string, buckets []float64, label string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "wiro_mcp_" + name + seconds, Help: help, Buckets: buckets}, []string{label})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "wiro_mcp_" + name, Help: help})
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("requests_total", "MCP requests by method and outcome.", "method", "outcome"),
		calls:    counter("calls_total", "Tool calls by tool and outcome.", "tool", "outcome"),
		took:     durations("call", "How long tool calls take.", []float64{.005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}, "tool"),
		refused:  counter("rate_limited_total", "Calls over a limit, by limit.", "limit"),
		upstream: counter("upstream_requests_total", "Requests to the Wiro API by operation and HTTP status; 0 where no answer came.", "operation", "status"),
		answers:  durations("upstream_request", "How long the Wiro API takes.", []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 120}, "operation"),
		waits:    gauge("waits", "Tasks and messages that are being waited for."),
		sockets:  gauge("sockets", "Open WebSockets to Wiro."),
	}
	build := gauge("build_info", "The version, as a label of the constant 1.")
	build.Set(1)
	m.registry.MustRegister(m.requests, m.calls, m.took, m.refused, m.upstream, m.answers, m.waits, m.sockets,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	prometheus.WrapRegistererWith(prometheus.Labels{"version": version, "go": runtime.Version()}, m.registry).MustRegister(build)
	return m
}

// Request counts a request to the Wiro API.
func (m *Metrics) Request(operation string, status int, took time.Duration) {
	if strings.HasPrefix(operation, "Run/") {
		operation = "Run" // the rest is the model that the caller named
	}
	m.upstream.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	m.answers.WithLabelValues(operation).Observe(took.Seconds())
	if status > 0 && status < http.StatusInternalServerError {
		m.lastAnswer.now()
	}
}

// Sockets notes how many WebSockets are open.
func (m *Metrics) Sockets(open int) { m.sockets.Set(float64(open)) }

// Waits notes how many tasks and messages are waited for.
func (m *Metrics) Waits(open int) { m.waits.Set(float64(open)) }

func (m *Metrics) called(e mcptool.Event) {
	m.calls.WithLabelValues(e.Tool, string(e.Status)).Inc()
	m.took.WithLabelValues(e.Tool).Observe(e.Took.Seconds())
}

func (m *Metrics) answered(method string, o outcome) {
	m.requests.WithLabelValues(method, string(o)).Inc()
}

func (m *Metrics) limited(limit string) { m.refused.WithLabelValues(limit).Inc() }

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
