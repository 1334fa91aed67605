package otlp

import (
	"context"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/encoding/protowire"
)

// traceExporter is an sdktrace.SpanExporter.
type traceExporter struct{ client *client }

// ExportSpans sends spans of one process.
func (e traceExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	return e.client.send(ctx, encodeSpans(spans))
}

// Shutdown closes the connections.
func (e traceExporter) Shutdown(context.Context) error {
	e.client.http.CloseIdleConnections()
	return nil
}

// encodeSpans makes an ExportTraceServiceRequest.
func encodeSpans(spans []sdktrace.ReadOnlySpan) message {
	scopes := map[instrumentation.Scope]message{}
	for _, s := range spans {
		scope := s.InstrumentationScope()
		if scopes[scope] == nil {
			scopes[scope] = message(nil).sub(1, scopeOf(scope))
		}
		scopes[scope] = scopes[scope].sub(2, encodeSpan(s))
	}
	all := message(nil).sub(1, resourceOf(spans[0].Resource()))
	for _, scope := range scopes {
		all = all.sub(2, scope)
	}
	return message(nil).sub(1, all)
}

func encodeSpan(s sdktrace.ReadOnlySpan) message {
	span, parent := s.SpanContext(), s.Parent()
	traceID, spanID, parentID := span.TraceID(), span.SpanID(), parent.SpanID()
	m := message(nil).bytes(1, traceID[:]).bytes(2, spanID[:]).text(3, span.TraceState().String())
	if parentID.IsValid() {
		m = m.bytes(4, parentID[:])
	}
	m = m.text(5, s.Name()).varint(6, uint64(s.SpanKind())) //nolint:gosec // kinds count from 0
	m = m.time(7, s.StartTime()).time(8, s.EndTime()).attributes(9, s.Attributes())
	for _, e := range s.Events() {
		m = m.sub(11, message(nil).time(1, e.Time).text(2, e.Name).attributes(3, e.Attributes))
	}
	for _, l := range s.Links() {
		trace, span := l.SpanContext.TraceID(), l.SpanContext.SpanID()
		m = m.sub(13, message(nil).bytes(1, trace[:]).bytes(2, span[:]).text(3, l.SpanContext.TraceState().String()).attributes(4, l.Attributes))
	}
	m = m.sub(15, encodeStatus(s.Status()))
	const parentKnown, parentRemote = 0x100, 0x200
	flags := uint32(span.TraceFlags()) | parentKnown
	if parent.IsRemote() {
		flags |= parentRemote
	}
	return protowire.AppendFixed32(protowire.AppendTag(m, 16, protowire.Fixed32Type), flags)
}

func encodeStatus(s sdktrace.Status) message {
	code := uint64(0)
	switch s.Code {
	case codes.Ok:
		code = 1
	case codes.Error:
		code = 2
	case codes.Unset:
	}
	return message(nil).text(2, s.Description).varint(3, code)
}
