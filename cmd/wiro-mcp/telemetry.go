package main

import (
	"context"
	"time"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/otlp"
)

// flushTimeout is how long what is left for a collector may take at the end.
const flushTimeout = time.Second

// telemetry returns what counts and traces for a server; nil if nobody asks for it: neither a
// collector in the environment nor, where it is counted, /metrics.
func (a *app) telemetry(ctx context.Context, counted bool) *wiromcp.Telemetry {
	exporter, err := otlp.Start(ctx, otlp.Options{Getenv: a.env, Service: "wiro-mcp", Version: wiromcp.Version(), Log: a.log})
	if err != nil { // variables of other programs, perhaps: they keep no server from starting
		a.log.Warn().Err(err).Msg("no telemetry is exported")
	}
	if exporter == nil && !counted {
		return nil
	}
	t := wiromcp.NewTelemetry(exporter.TracerProvider())
	if exporter == nil {
		return t
	}
	exporter.PushMetrics(t.Gatherer())
	a.cleanup = append(a.cleanup, func() {
		ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		if err := exporter.Shutdown(ctx); err != nil {
			a.log.Debug().Err(err).Msg("the last telemetry could not be exported")
		}
	})
	return t
}
