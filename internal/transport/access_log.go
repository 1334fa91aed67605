package transport

import (
	"context"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"
)

// accessLog writes a line for each request that was served, and for each step of a sign-in.
type accessLog struct{ log zerolog.Logger }

func (accessLog) begin(ctx context.Context, _ *activity) context.Context { return ctx }

func (l accessLog) end(ctx context.Context, a *activity) {
	if a.kind != kindServed && a.kind != kindSignIn {
		return
	}
	line := l.log.Info().Ctx(ctx)
	text := func(name, value string) {
		if value != "" {
			line.Str(name, value)
		}
	}
	text("request", a.id)
	text("endpoint", a.name)
	line.Str("outcome", string(a.outcome)).Int("status", a.status)
	if a.kind == kindSignIn {
		line.Msg("sign-in")
		return
	}
	line.Dur("ms", a.took)
	text("method", a.method)
	text("tool", a.tool)
	text("limit", a.limit)
	text("caller", a.caller.hash)
	if a.caller.peer.client.IsValid() {
		line.Str("from", a.caller.peer.client.String())
	}
	line.Msg("request")
}

// TraceIDs is a hook for loggers: lines that have a context say which trace they belong to.
type TraceIDs struct{}

// Run implements zerolog.Hook.
func (TraceIDs) Run(line *zerolog.Event, _ zerolog.Level, _ string) {
	if span := trace.SpanContextFromContext(line.GetCtx()); span.IsValid() {
		line.Stringer("trace_id", span.TraceID()).Stringer("span_id", span.SpanID())
	}
}
