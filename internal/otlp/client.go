package otlp

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/proxy"
)

// client posts messages to one endpoint of a collector.
type client struct {
	http    *http.Client
	url     *url.URL
	header  http.Header
	timeout time.Duration // over all attempts
	gzip    bool
	log     zerolog.Logger
	down    atomic.Bool // the last message was not taken
}

// exportError is the error of a message that was not taken. It has been logged.
type exportError struct{ error }

// laterError is a collector's refusal that says when to come back.
type laterError struct {
	error
	after *backoff.RetryAfterError
}

func (e laterError) Unwrap() error { return e.after }

// send posts a message, again as long as the specification allows and the time lasts. The first
// failure of an outage is logged as a warning, with what the last attempt met. The error names
// the host alone: an address may hold a key.
func (c *client) send(ctx context.Context, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if c.gzip {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(message) // into memory
		_ = w.Close()
		message = packed.Bytes()
	}
	var cause error
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := c.attempt(ctx, message)
		if cause == nil || ctx.Err() == nil { // else the time was up, which says less
			cause = err
		}
		return struct{}{}, err
	}, backoff.WithBackOff(backoff.NewExponentialBackOff()), backoff.WithMaxElapsedTime(c.timeout))
	if err == nil {
		if c.down.Swap(false) {
			c.log.Info().Str("collector", c.url.Host).Msg("telemetry arrives again")
		}
		return nil
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		cause = errors.New("no answer in time")
	}
	err = &exportError{fmt.Errorf("the collector at %s: %w", c.url.Host, cmp.Or(cause, err))}
	if !c.down.Swap(true) {
		c.log.Warn().Err(err).Msg("telemetry is lost")
	}
	return err
}

func (c *client) attempt(ctx context.Context, message []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url.String(), bytes.NewReader(message))
	if err != nil {
		return backoff.Permanent(errors.New("the address is wrong"))
	}
	request.Header = c.header.Clone()
	request.Header.Set("Content-Type", "application/x-protobuf")
	if c.gzip {
		request.Header.Set("Content-Encoding", "gzip")
	}
	response, err := c.http.Do(request)
	if err != nil {
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err
		}
		return proxy.Explain(err, proxy.Of(c.http, request))
	}
	defer response.Body.Close()                                       //nolint:errcheck // it was only read
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be kept
	fault := fmt.Errorf("HTTP %d", response.StatusCode)
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
			return laterError{fault, &backoff.RetryAfterError{Duration: time.Duration(seconds) * time.Second}}
		}
		return fault
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return backoff.Permanent(fault)
	}
	return nil
}
