package otlp

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	localEndpoint  = "http://localhost:4318" // of the specification
	defaultTimeout = 10 * time.Second
)

// readEnvironment returns clients for traces and for metrics; nil for what is off.
func readEnvironment(getenv func(string) string) (traces, metrics *client, err error) {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil, nil
	}
	traces, tracesErr := environment{getenv, "TRACES"}.client("/v1/traces")
	metrics, metricsErr := environment{getenv, "METRICS"}.client("/v1/metrics")
	if tracesErr != nil && metricsErr != nil && tracesErr.Error() == metricsErr.Error() {
		metricsErr = nil // a variable of both
	}
	if err := errors.Join(tracesErr, metricsErr); err != nil {
		return nil, nil, err
	}
	return traces, metrics, nil
}

// environment reads the variables of one signal, each of which overrides a common one.
type environment struct {
	getenv func(string) string
	signal string
}

// value returns a variable's value, and its name for errors.
func (e environment) value(name string) (value, variable string) {
	variable = "OTEL_EXPORTER_OTLP_" + e.signal + "_" + name
	if value = e.getenv(variable); value == "" {
		variable = "OTEL_EXPORTER_OTLP_" + name
		value = e.getenv(variable)
	}
	return strings.TrimSpace(value), variable
}

// client returns a client as the variables say; nil if the signal is not exported.
func (e environment) client(path string) (*client, error) {
	endpoint, variable := e.value("ENDPOINT")
	exported, err := e.exported(endpoint != "")
	if err != nil || !exported {
		return nil, err
	}
	endpoint = cmp.Or(endpoint, localEndpoint)
	if variable == "OTEL_EXPORTER_OTLP_ENDPOINT" {
		endpoint = strings.TrimSuffix(endpoint, "/") + path
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%s must be an address such as http://collector:4318", variable)
	}
	if protocol, variable := e.value("PROTOCOL"); protocol != "" && protocol != "http/protobuf" {
		return nil, fmt.Errorf("%s: %.40q is not built in: set http/protobuf, which collectors take on port 4318", variable, protocol)
	}
	c := &client{url: u, header: http.Header{}, timeout: defaultTimeout}
	if text, variable := e.value("TIMEOUT"); text != "" {
		ms, err := strconv.Atoi(text)
		if err != nil || ms <= 0 {
			return nil, fmt.Errorf("%s must be a number of milliseconds", variable)
		}
		c.timeout = time.Duration(ms) * time.Millisecond
	}
	switch text, variable := e.value("COMPRESSION"); text {
	case "", "none":
	case "gzip":
		c.gzip = true
	default:
		return nil, fmt.Errorf("%s must be gzip or none", variable)
	}
	if err := e.readHeaders(c.header); err != nil {
		return nil, err
	}
	encryption, err := e.tls()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // nothing here replaces it
	transport.TLSClientConfig = encryption
	c.http = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // headers stay with the collector
	}
	return c, nil
}

// exported reports whether the signal goes to a collector: the variable lists exporters, and
// where it is not set an endpoint is enough. Prometheus needs no exporter, as it reads /metrics.
func (e environment) exported(byDefault bool) (exported bool, err error) {
	variable := "OTEL_" + e.signal + "_EXPORTER"
	list := strings.TrimSpace(e.getenv(variable))
	if list == "" {
		return byDefault, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		switch name = strings.TrimSpace(name); {
		case name == "otlp":
			exported = true
		case name == "none", name == "", name == "prometheus" && e.signal == "METRICS":
		default:
			return false, fmt.Errorf("%s: %.40q is not built in: set otlp or none", variable, name)
		}
	}
	return exported, nil
}

// readHeaders reads NAME=VALUE,NAME=VALUE, percent-encoded. Errors do not repeat them: they hold keys.
func (e environment) readHeaders(to http.Header) error {
	text, variable := e.value("HEADERS")
	if text == "" {
		return nil
	}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !ok || name == "" || err != nil || strings.ContainsAny(value, "\r\n") {
			return fmt.Errorf("%s must be NAME=VALUE, percent-encoded, separated by commas", variable)
		}
		to.Set(name, value)
	}
	return nil
}

// tls returns the authorities and the client certificate that are set.
func (e environment) tls() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if file, variable := e.value("CERTIFICATE"); file != "" {
		data, err := os.ReadFile(file) //nolint:gosec // the operator's
		c.RootCAs = x509.NewCertPool()
		if err != nil || !c.RootCAs.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("%s must be a file of PEM certificates", variable)
		}
	}
	certificate, variable := e.value("CLIENT_CERTIFICATE")
	key, _ := e.value("CLIENT_KEY")
	if certificate != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, fmt.Errorf("%s and its CLIENT_KEY must be PEM files that belong together", variable)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
