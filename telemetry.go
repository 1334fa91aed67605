package wiromcp

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/wiroai/wiro-mcp-go/internal/transport"
)

// Telemetry counts and traces what a Server and its client do. One value is both the Observer
// of wiro.Options and the Telemetry of ServerOptions. No metric and no span holds a key, an
// argument or a result.
type Telemetry struct{ telemetry *transport.Telemetry }

// NewTelemetry returns metrics in a registry of their own, and spans of provider, if it is not
// nil: one for each MCP request, each request to Wiro and each wait, with the attributes of
// OpenTelemetry's semantic conventions. A client's span, which the request's _meta or the header
// traceparent names, is the parent. Nothing of a span is sent to Wiro.
func NewTelemetry(provider trace.TracerProvider) *Telemetry {
	return &Telemetry{transport.NewTelemetry(Version(), provider)}
}

// Handler serves the metrics in the text formats of Prometheus. Server.Handler has it at
// /metrics.
func (t *Telemetry) Handler() http.Handler { return t.telemetry.Metrics().Handler() }

// Gatherer returns the metrics, for a program that serves its own beside them.
func (t *Telemetry) Gatherer() prometheus.Gatherer { return t.telemetry.Metrics().Gatherer() }

// Request notes a request to the Wiro API; see wiro.Observer.
func (t *Telemetry) Request(ctx context.Context, operation string) (context.Context, func(status int)) {
	return t.telemetry.Request(ctx, operation)
}

// Wait notes a wait; see wiro.Observer.
func (t *Telemetry) Wait(ctx context.Context, subject string) (context.Context, func(error)) {
	return t.telemetry.Wait(ctx, subject)
}

// Sockets notes how many WebSockets to Wiro are open; see wiro.Observer.
func (t *Telemetry) Sockets(open int) { t.telemetry.Sockets(open) }

// Waits notes how many tasks and messages are waited for; see wiro.Observer.
func (t *Telemetry) Waits(open int) { t.telemetry.Waits(open) }

// internal returns the transport's telemetry; nil for nil.
func (t *Telemetry) internal() *transport.Telemetry {
	if t == nil {
		return nil
	}
	return t.telemetry
}
