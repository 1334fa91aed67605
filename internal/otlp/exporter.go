// Package otlp sends traces and metrics to an OpenTelemetry collector, as the environment says:
// OTEL_EXPORTER_OTLP_ENDPOINT and its kin.
//
// The SDK does everything but the last step. OpenTelemetry's own exporter for OTLP over HTTP
// links gRPC, which makes the program larger by half: here the messages are encoded field by
// field instead. What the package links costs a start that exports nothing 0.1 ms.
package otlp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"
)

// Options configure Start.
type Options struct {
	Getenv  func(name string) string // the OTEL_* variables
	Service string                   // name of the service, if the environment has none
	Version string
	Log     zerolog.Logger
}

// Exporter sends spans and metrics until Shutdown.
type Exporter struct {
	resource *resource.Resource
	metrics  *client // nil: off
	traces   *sdktrace.TracerProvider
	meters   *sdkmetric.MeterProvider
}

// Start returns an exporter if the environment asks for one: it names an endpoint, or the
// exporter otlp. Otherwise both results are nil. The error lists the variables that are wrong;
// nothing is exported then.
func Start(ctx context.Context, o Options) (*Exporter, error) {
	traces, metrics, err := readEnvironment(o.Getenv)
	if err != nil || traces == nil && metrics == nil {
		return nil, err
	}
	// What is detected before the environment gives way to it.
	described, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", o.Service), attribute.String("service.version", o.Version),
		attribute.String("service.instance.id", rand.Text()),
	), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if errors.Is(err, resource.ErrPartialResource) {
		o.Log.Warn().Err(err).Msg("OTEL_RESOURCE_ATTRIBUTES has members that are left out")
	} else if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	for _, c := range []*client{traces, metrics} {
		if c != nil {
			c.log = o.Log
		}
	}
	logSDK(o.Log)
	e := &Exporter{resource: described, metrics: metrics}
	if traces != nil {
		e.traces = sdktrace.NewTracerProvider(sdktrace.WithResource(described), sdktrace.WithBatcher(traceExporter{traces}))
	}
	return e, nil
}

// logSDK sends what the SDK has to say to the log: above all that a variable which it reads
// itself, such as OTEL_TRACES_SAMPLER, is wrong.
func logSDK(log zerolog.Logger) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		level := zerolog.WarnLevel
		if _, logged := errors.AsType[*exportError](err); logged {
			level = zerolog.DebugLevel
		}
		log.WithLevel(level).Err(err).Msg("OpenTelemetry")
	}))
	otel.SetLogger(funcr.New(func(_, text string) { log.Warn().Str("what", text).Msg("OpenTelemetry") }, funcr.Options{}))
}

// TracerProvider makes the spans that are sent; nil if traces are off.
func (e *Exporter) TracerProvider() trace.TracerProvider {
	if e == nil || e.traces == nil {
		return nil
	}
	return e.traces
}

// PushMetrics sends what a gatherer gathers, every minute or OTEL_METRIC_EXPORT_INTERVAL.
func (e *Exporter) PushMetrics(from prometheus.Gatherer) {
	if e == nil || e.metrics == nil {
		return
	}
	producer := bridge.NewMetricProducer(bridge.WithGatherer(from))
	reader := sdkmetric.NewPeriodicReader(metricExporter{e.metrics}, sdkmetric.WithProducer(producer))
	e.meters = sdkmetric.NewMeterProvider(sdkmetric.WithResource(e.resource), sdkmetric.WithReader(reader))
}

// Shutdown sends what is left, until ctx ends.
func (e *Exporter) Shutdown(ctx context.Context) error {
	var group errgroup.Group
	if e.traces != nil {
		group.Go(func() error { return e.traces.Shutdown(ctx) })
	}
	if e.meters != nil {
		group.Go(func() error { return e.meters.Shutdown(ctx) })
	}
	return group.Wait()
}
