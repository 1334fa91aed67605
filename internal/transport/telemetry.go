package transport

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// recorder is told what the server does. The log, the metrics and the traces are one each.
type recorder interface {
	// begin returns the context in which the activity goes on. What was refused at once is
	// never begun.
	begin(ctx context.Context, a *activity) context.Context
	end(ctx context.Context, a *activity)
}

type recorders []recorder

func (all recorders) begin(ctx context.Context, a *activity) context.Context {
	a.started = time.Now()
	for _, r := range all {
		ctx = r.begin(ctx, a)
	}
	return ctx
}

func (all recorders) end(ctx context.Context, a *activity) {
	if !a.started.IsZero() {
		a.took = time.Since(a.started)
	}
	for _, r := range all {
		r.end(ctx, a)
	}
}

// Telemetry counts and traces what the server and its client of Wiro do. It is a wiro.Observer.
type Telemetry struct {
	metrics   *Metrics
	recorders recorders
	traces    bool
	upstream  atomic.Pointer[url.URL] // address of the Wiro API; nil if it is not known
}

// NewTelemetry returns metrics in a registry of their own, and traces if provider is not nil.
// Give them to wiro.Options as Observer and to Backend.
func NewTelemetry(version string, provider trace.TracerProvider) *Telemetry {
	t := &Telemetry{metrics: newMetrics(version)}
	t.recorders = recorders{t.metrics}
	if t.traces = provider != nil; t.traces {
		t.metrics.exemplars = true
		t.recorders = append(t.recorders, newTracer(provider, version)) // last: the others look at the span
	}
	return t
}

// SetUpstream says where the Wiro API is.
func (t *Telemetry) SetUpstream(address string) {
	if u, err := url.Parse(address); err == nil {
		t.upstream.Store(u)
	}
}

// Request notes a request to the Wiro API.
func (t *Telemetry) Request(ctx context.Context, operation string) (context.Context, func(status int)) {
	if strings.HasPrefix(operation, "Run/") {
		operation = "Run" // the rest is the model that the caller named
	}
	a := &activity{kind: kindSent, name: operation, upstream: t.upstream.Load()}
	ctx = t.recorders.begin(ctx, a)
	return ctx, func(status int) {
		if a.status = status; status == 0 && errors.Is(ctx.Err(), context.Canceled) {
			a.outcome = outcome(mcptool.Canceled) // the client went away, or the server ends: no fault of Wiro's
		}
		t.recorders.end(ctx, a)
	}
}

// Wait notes a wait.
func (t *Telemetry) Wait(ctx context.Context, subject string) (context.Context, func(error)) {
	if !t.traces { // there may be thousands, and the others take no note of them
		return ctx, func(error) {}
	}
	a := &activity{kind: kindWaited, name: subject}
	ctx = t.recorders.begin(ctx, a)
	return ctx, func(err error) {
		a.outcome = waitOutcome(ctx, err)
		t.recorders.end(ctx, a)
	}
}

// Sockets notes how many WebSockets are open.
func (t *Telemetry) Sockets(open int) { t.metrics.sockets.Set(float64(open)) }

// Waits notes how many tasks and messages are waited for.
func (t *Telemetry) Waits(open int) { t.metrics.waits.Set(float64(open)) }

// Metrics returns the metrics.
func (t *Telemetry) Metrics() *Metrics { return t.metrics }

// with returns the recorders with the log in front.
func (t *Telemetry) with(log zerolog.Logger) recorders {
	return slices.Concat(recorders{accessLog{log}}, t.recorders)
}
