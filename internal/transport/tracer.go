package transport

import (
	"bytes"
	"context"
	"net/http"
	"strconv"

	"github.com/mark3labs/mcp-go/mcp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// tracer makes spans, with the attributes of OpenTelemetry's semantic conventions for MCP and
// HTTP. None of them holds an argument, a result or anything secret.
type tracer struct{ trace.Tracer }

func newTracer(provider trace.TracerProvider, version string) tracer {
	return tracer{provider.Tracer("github.com/wiroai/wiro-mcp-go", trace.WithInstrumentationVersion(version))}
}

func (t tracer) begin(ctx context.Context, a *activity) context.Context {
	name, kind, attributes := "wait for "+a.name, trace.SpanKindInternal, []attribute.KeyValue(nil)
	switch a.kind {
	case kindServed:
		name, kind, attributes = a.method, trace.SpanKindServer, servedAttributes(a)
	case kindSent:
		name, kind, attributes = "POST "+urlTemplate(a.name), trace.SpanKindClient, sentAttributes(a)
	case kindWaited, kindSignIn:
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(kind), trace.WithAttributes(attributes...), trace.WithTimestamp(a.started)}
	if around, ok := ctx.Value(aroundKey{}).(trace.SpanContext); ok && a.kind == kindServed {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: around}))
	}
	ctx, span := t.Start(ctx, name, options...)
	setKnown(span, a)
	return ctx
}

func (t tracer) end(ctx context.Context, a *activity) {
	if a.started.IsZero() { // it was refused at once
		return
	}
	span := trace.SpanFromContext(ctx)
	setKnown(span, a)
	if a.kind == kindSent && a.status > 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", a.status))
	}
	if a.rpcCode != 0 {
		span.SetAttributes(attribute.String("rpc.response.status_code", strconv.Itoa(a.rpcCode)))
	}
	if fault := a.errorType(); fault != "" {
		span.SetAttributes(attribute.String("error.type", fault))
		if a.kind != kindWaited { // a wait that ends early is no error
			span.SetStatus(codes.Error, "")
		}
	}
	span.End()
}

// executeTool is gen_ai.operation.name of a tool's call.
const executeTool = "execute_tool"

// setKnown gives a span what may be known at the end of its request only.
func setKnown(span trace.Span, a *activity) {
	if a.tool != "" {
		span.SetName(a.method + " " + a.tool)
		span.SetAttributes(attribute.String("gen_ai.operation.name", executeTool), attribute.String("gen_ai.tool.name", a.tool))
	}
	if a.prompt != "" {
		span.SetName(a.method + " " + a.prompt)
		span.SetAttributes(attribute.String("gen_ai.prompt.name", a.prompt))
	}
	if a.protocol != "" {
		span.SetAttributes(attribute.String("mcp.protocol.version", a.protocol))
	}
}

func servedAttributes(a *activity) []attribute.KeyValue {
	attributes := []attribute.KeyValue{
		attribute.String("mcp.method.name", a.method), attribute.String("network.transport", a.transport),
		attribute.String("wiro_mcp.request.id", a.id),
	}
	add := func(name, value string) {
		if value != "" {
			attributes = append(attributes, attribute.String(name, value))
		}
	}
	if kindOf(a.rpcID) == '0' && len(a.rpcID) <= 20 { // a text may say anything
		add("jsonrpc.request.id", string(bytes.TrimSpace(a.rpcID)))
	}
	if a.transport == "tcp" {
		add("network.protocol.name", "http")
	}
	if a.caller.peer.client.IsValid() {
		add("client.address", a.caller.peer.client.String())
	}
	return attributes
}

// urlTemplate is the path of a request to Wiro, without what the caller named.
func urlTemplate(operation string) string {
	if operation == "Run" {
		return "/Run/{owner}/{model}"
	}
	return "/" + operation
}

func sentAttributes(a *activity) []attribute.KeyValue {
	attributes := []attribute.KeyValue{
		attribute.String("http.request.method", http.MethodPost), attribute.String("url.template", urlTemplate(a.name)),
	}
	if host, port := serverOf(a.upstream); host != "" {
		attributes = append(attributes, attribute.String("server.address", host), attribute.Int("server.port", port))
	}
	return attributes
}

// aroundKey is the span of the HTTP request around a message that names a span of its own.
type aroundKey struct{}

// withRemoteSpan puts the client's span into the context, which _meta or else the header names.
// If both do, the span of the call links to the one of the header. Baggage is not taken: it could
// carry anything.
func withRemoteSpan(ctx context.Context, h http.Header, meta *mcp.Meta) context.Context {
	if h.Get("Traceparent") != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(h))
	}
	if meta == nil || meta.AdditionalFields["traceparent"] == nil {
		return ctx
	}
	carrier := propagation.MapCarrier{}
	for _, name := range []string{"traceparent", "tracestate"} {
		if text, ok := meta.AdditionalFields[name].(string); ok && len(text) <= maxToken {
			carrier[name] = text
		}
	}
	around := trace.SpanContextFromContext(ctx)
	ctx = propagation.TraceContext{}.Extract(ctx, carrier)
	if around.IsValid() && !around.Equal(trace.SpanContextFromContext(ctx)) {
		ctx = context.WithValue(ctx, aroundKey{}, around)
	}
	return ctx
}
