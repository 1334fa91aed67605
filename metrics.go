package wiromcp

import (
	"net/http"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/transport"
)

// Metrics count what a Server and its client do, for Prometheus. One value is both the Observer
// of wiro.Options and the Metrics of ServerOptions. No label holds a key, an argument or
// anything else that a caller can word.
type Metrics struct{ metrics *transport.Metrics }

// NewMetrics returns metrics in a registry of their own.
func NewMetrics() *Metrics { return &Metrics{transport.NewMetrics(Version())} }

// Handler serves the metrics in the text format of Prometheus. Server.Handler has it at
// /metrics.
func (m *Metrics) Handler() http.Handler { return m.metrics.Handler() }

// Request counts a request to the Wiro API; see wiro.Observer.
func (m *Metrics) Request(operation string, status int, took time.Duration) {
	m.metrics.Request(operation, status, took)
}

// Sockets notes how many WebSockets to Wiro are open; see wiro.Observer.
func (m *Metrics) Sockets(open int) { m.metrics.Sockets(open) }

// Waits notes how many tasks and messages are waited for; see wiro.Observer.
func (m *Metrics) Waits(open int) { m.metrics.Waits(open) }

// internal returns the transport's metrics; nil for nil.
func (m *Metrics) internal() *transport.Metrics {
	if m == nil {
		return nil
	}
	return m.metrics
}
