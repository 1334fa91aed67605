package otlp

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/protobuf/encoding/protowire"
)

// metricExporter is an sdkmetric.Exporter.
type metricExporter struct{ client *client }

// Temporality is cumulative, as Prometheus counts.
func (metricExporter) Temporality(sdkmetric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality
}

// Aggregation is the SDK's own.
func (metricExporter) Aggregation(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(kind)
}

// Export sends metrics.
func (e metricExporter) Export(ctx context.Context, metrics *metricdata.ResourceMetrics) error {
	return e.client.send(ctx, encodeMetrics(metrics))
}

// ForceFlush does nothing: nothing is held.
func (metricExporter) ForceFlush(context.Context) error { return nil }

// Shutdown closes the connections.
func (e metricExporter) Shutdown(context.Context) error {
	e.client.http.CloseIdleConnections()
	return nil
}

// encodeMetrics makes an ExportMetricsServiceRequest.
func encodeMetrics(metrics *metricdata.ResourceMetrics) message {
	all := message(nil).sub(1, resourceOf(metrics.Resource))
	for _, scope := range metrics.ScopeMetrics {
		m := message(nil).sub(1, scopeOf(scope.Scope))
		for _, metric := range scope.Metrics {
			m = m.sub(2, encodeMetric(metric))
		}
		all = all.sub(2, m)
	}
	return message(nil).sub(1, all)
}

const cumulative = 2

// encodeMetric encodes what Prometheus' metrics become: floats, cumulative.
func encodeMetric(metric metricdata.Metrics) message {
	metric = underConvention(metric)
	m := message(nil).text(1, metric.Name).text(2, metric.Description).text(3, metric.Unit)
	switch data := metric.Data.(type) {
	case metricdata.Gauge[float64]:
		return m.sub(5, numbers(data.DataPoints))
	case metricdata.Sum[float64]:
		sum := numbers(data.DataPoints).varint(2, cumulative)
		if data.IsMonotonic {
			sum = sum.varint(3, 1)
		}
		return m.sub(7, sum)
	case metricdata.Histogram[float64]:
		var histogram message
		for _, p := range data.DataPoints {
			histogram = histogram.sub(1, histogramPoint(p))
		}
		return m.sub(9, histogram.varint(2, cumulative))
	case metricdata.Summary:
		var summary message
		for _, p := range data.DataPoints {
			summary = summary.sub(1, summaryPoint(p))
		}
		return m.sub(11, summary)
	}
	return m
}

func numbers(points []metricdata.DataPoint[float64]) (m message) {
	for _, p := range points {
		point := message(nil).time(2, p.StartTime).time(3, p.Time).double(4, p.Value)
		m = m.sub(1, exemplars(point, 5, p.Exemplars).attributes(7, p.Attributes.ToSlice()))
	}
	return m
}

func histogramPoint(p metricdata.HistogramDataPoint[float64]) message {
	counts := make([]byte, 0, 8*len(p.BucketCounts))
	for _, n := range p.BucketCounts {
		counts = binary.LittleEndian.AppendUint64(counts, n)
	}
	bounds := make([]byte, 0, 8*len(p.Bounds))
	for _, bound := range p.Bounds {
		bounds = binary.LittleEndian.AppendUint64(bounds, math.Float64bits(bound))
	}
	m := message(nil).time(2, p.StartTime).time(3, p.Time).fixed(4, p.Count).double(5, p.Sum).bytes(6, counts).bytes(7, bounds)
	return exemplars(m, 8, p.Exemplars).attributes(9, p.Attributes.ToSlice())
}

func summaryPoint(p metricdata.SummaryDataPoint) message {
	m := message(nil).time(2, p.StartTime).time(3, p.Time).fixed(4, p.Count).double(5, p.Sum)
	for _, q := range p.QuantileValues {
		m = m.sub(6, message(nil).double(1, q.Quantile).double(2, q.Value))
	}
	return m.attributes(7, p.Attributes.ToSlice())
}

// fromHex undoes that the bridge passes on the ids of exemplars as Prometheus writes them.
func fromHex(id []byte) []byte {
	decoded, err := hex.DecodeString(string(id))
	if err != nil {
		return id
	}
	return decoded
}

func exemplars(m message, field protowire.Number, all []metricdata.Exemplar[float64]) message {
	for _, e := range all {
		m = m.sub(field, message(nil).time(2, e.Time).double(3, e.Value).bytes(4, fromHex(e.SpanID)).bytes(5, fromHex(e.TraceID)).attributes(7, e.FilteredAttributes))
	}
	return m
}
