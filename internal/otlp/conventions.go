package otlp

import (
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// conventions are the metrics that are counted under the semantic conventions, whose names
// Prometheus spells in its own way: the seconds of the unit go into the name there.
var conventions = map[string]string{
	"mcp_server_operation_duration_seconds": "mcp.server.operation.duration",
	"http_client_request_duration_seconds":  "http.client.request.duration",
}

// attributes are what the conventions call the labels of these metrics.
var attributes = map[attribute.Key]attribute.Key{
	"error_type": "error.type", "network_transport": "network.transport",
	"mcp_method_name": "mcp.method.name", "mcp_protocol_version": "mcp.protocol.version",
	"gen_ai_operation_name": "gen_ai.operation.name", "gen_ai_tool_name": "gen_ai.tool.name", "gen_ai_prompt_name": "gen_ai.prompt.name",
	"rpc_response_status_code": "rpc.response.status_code",
	"http_request_method":      "http.request.method", "http_response_status_code": "http.response.status_code", "url_template": "url.template",
	"server_address": "server.address", "server_port": "server.port",
}

// numeric are the attributes that are numbers.
var numeric = map[attribute.Key]bool{"http.response.status_code": true, "server.port": true}

// underConvention gives a metric the names of the conventions, if they have it.
func underConvention(metric metricdata.Metrics) metricdata.Metrics {
	name, ok := conventions[metric.Name]
	histogram, isHistogram := metric.Data.(metricdata.Histogram[float64])
	if !ok || !isHistogram {
		return metric
	}
	metric.Name, metric.Unit = name, "s"
	points := make([]metricdata.HistogramDataPoint[float64], len(histogram.DataPoints))
	for i, p := range histogram.DataPoints {
		p.Attributes = attribute.NewSet(attributesOf(p.Attributes)...)
		points[i] = p
	}
	histogram.DataPoints = points
	metric.Data = histogram
	return metric
}

// attributesOf makes attributes of labels. A label that is empty stands for none.
func attributesOf(labels attribute.Set) (all []attribute.KeyValue) {
	for _, label := range labels.ToSlice() {
		key, text := label.Key, label.Value.String()
		if named, ok := attributes[key]; ok {
			key = named
		}
		number, err := strconv.Atoi(text)
		switch {
		case text == "":
		case numeric[key] && err == nil:
			all = append(all, key.Int(number))
		default:
			all = append(all, key.String(text))
		}
	}
	return all
}
