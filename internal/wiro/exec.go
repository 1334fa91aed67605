package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/wiroai/wiro-mcp-go/internal/proxy"
)

const (
	maxAttempts   = 4                // of a request that may be repeated
	maxRetryPause = 20 * time.Second // a longer Retry-After is left to the caller
)

// Observer is told what the transport does; see wiro.Observer.
type Observer interface {
	Request(ctx context.Context, operation string) (context.Context, func(status int))
	Wait(ctx context.Context, subject string) (context.Context, func(error))
	Sockets(open int)
	Waits(open int)
}

// Options configure New. Every field must be set, except SocketURL.
type Options struct {
	BaseURL    string // without a slash at its end
	SocketURL  string // empty for none
	UserAgent  string
	HTTPClient *http.Client
	MinBackoff time.Duration

	ReadTimeout time.Duration // of a safe request over all its attempts; ReadTimeout if 0

	Observer Observer
	Logger   *slog.Logger
}

// Transport sends requests and holds the sockets, for any number of callers.
type Transport struct {
	options Options
	http    *http.Client // never follows a redirect
	hub     *hub
	rooms   rooms
}

// New returns a transport. It opens no connection and starts no goroutine.
func New(o Options) *Transport {
	if o.ReadTimeout <= 0 {
		o.ReadTimeout = ReadTimeout
	}
	client := *o.HTTPClient
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Transport{options: o, http: &client, hub: newHub(o), rooms: newRooms()}
}

// DefaultTransport returns an HTTP transport with a large pool of idle connections.
func DefaultTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 256,
		// Shorter than servers and balancers keep a connection: a non-idempotent request that
		// meets one just being closed cannot be repeated.
		IdleConnTimeout: 30 * time.Second,
	}
}

// Close closes the sockets and the idle connections. Waits that are under way poll from then on.
func (t *Transport) Close() {
	t.hub.close()
	t.http.CloseIdleConnections()
}

// Exec sends a request and returns the envelope of a success. It makes attempts until one
// succeeds, fails for good, or may not be repeated. Every error is an *Error.
//
// A safe request has ReadTimeout over all its attempts. The end of ctx stops a request, except
// that a non-idempotent request which was begun to be written is brought to its end, within the
// operation's timeout: Exec may then return long after ctx ended. A caller that must not wait so
// long calls Exec in a goroutine of its own and collects the response later.
func (t *Transport) Exec(ctx context.Context, caller Caller, op Operation, body Body) ([]byte, error) {
	pauses := backoff.ExponentialBackOff{
		InitialInterval: t.options.MinBackoff, MaxInterval: 16 * t.options.MinBackoff,
		Multiplier: backoff.DefaultMultiplier, RandomizationFactor: backoff.DefaultRandomizationFactor,
	}
	var end time.Time // of all attempts; zero for none
	if op.Effect == Safe {
		end = time.Now().Add(t.options.ReadTimeout)
	}
	for try := 1; ; try++ {
		response, failure := t.attempt(ctx, end, caller, op, body)
		if failure == nil {
			return response, nil
		}
		late := !end.IsZero() && !time.Now().Before(end)
		if late && ctx.Err() == nil {
			failure.Err = fmt.Errorf("no answer within %s", t.options.ReadTimeout)
		}
		failure.Err = caller.redactError(failure.Err)
		switch {
		case ctx.Err() != nil && op.Effect == Safe: // the caller gave up
			return nil, &Error{Kind: Stopped, Operation: op.Path, Err: ctx.Err()}
		case late || ctx.Err() != nil || try == maxAttempts || !failure.repeatable(op.Effect) || failure.RetryAfter > maxRetryPause:
			return nil, failure
		}
		pause := pauses.NextBackOff()
		if failure.RetryAfter > 0 {
			pause = failure.RetryAfter
			pauses.Reset()
		}
		if !end.IsZero() && time.Now().Add(pause).After(end) {
			return nil, failure
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, &Error{Kind: Stopped, Operation: op.Path, Err: ctx.Err()}
		}
	}
}

// attempt sends one request and opens the response, until end, which may be zero.
func (t *Transport) attempt(ctx context.Context, end time.Time, caller Caller, op Operation, body Body) ([]byte, *Error) {
	if err := ctx.Err(); err != nil {
		return nil, &Error{Kind: Stopped, Operation: op.Path, Err: err}
	}
	content, size, contentType, err := body()
	if err != nil {
		return nil, &Error{Kind: BadRequest, Operation: op.Path, Err: err}
	}
	tracked := &trackedBody{content: content}
	exchange, cancel := requestContext(ctx, end, op, tracked)
	defer cancel()
	status := 0
	exchange, observed := t.options.Observer.Request(exchange, op.Path)
	defer func() { observed(status) }()
	request, err := http.NewRequestWithContext(exchange, http.MethodPost, t.options.BaseURL+"/"+op.Path, tracked.reader(op))
	if err != nil {
		_ = tracked.Close()
		return nil, &Error{Kind: BadRequest, Operation: op.Path, Err: err}
	}
	request.ContentLength = size
	values := [...]string{contentType, "application/json", t.options.UserAgent}
	request.Header = http.Header{"Content-Type": values[0:1:1], "Accept": values[1:2:2], "User-Agent": values[2:3:3]}
	caller.sign(request.Header)

	response, err := t.send(request)
	if err != nil {
		failure := tracked.failure(ctx, op, err)
		if failure.Kind != Stopped {
			failure.Err = proxy.Explain(failure.Err, proxy.Of(t.http, request))
		}
		return nil, failure
	}
	defer response.Body.Close() //nolint:errcheck // only read
	status = response.StatusCode
	if status == http.StatusProxyAuthRequired {
		if used := proxy.Of(t.http, request); used != nil { // it passed nothing on
			return nil, &Error{Kind: NotSent, Operation: op.Path, Err: proxy.Explain(errors.New(response.Status), used)}
		}
	}
	data, failure := decodeResponse(exchange, op, caller, response)
	if failure != nil {
		roomOf(ctx).leave() // nothing of it is decoded, and the next attempt may be a while off
	}
	return data, failure
}

// send is the client's Do. A client without cookies and a timeout adds to its transport only that it
// follows redirects, for which it copies every header.
func (t *Transport) send(request *http.Request) (*http.Response, error) {
	transport, ok := t.http.Transport.(*http.Transport)
	if !ok || t.http.Jar != nil || t.http.Timeout > 0 || request.URL.User != nil {
		response, err := t.http.Do(request)
		if outer, ok := errors.AsType[*url.Error](err); ok {
			err = outer.Err // the URL adds nothing to the operation
		}
		return response, err
	}
	response, err := transport.RoundTrip(request)
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok && string(plain.RecordHeader[:]) == "HTTP/" {
		err = http.ErrSchemeMismatch
	}
	return response, err
}

// requestContext bounds an attempt by the operation's timeout, and by end unless that is zero. A
// non-idempotent request is cut loose from its caller as soon as its first byte is written: the
// caller may have gone before the response comes, but the response still matters because the
// request is billed.
func requestContext(ctx context.Context, end time.Time, op Operation, body *trackedBody) (context.Context, context.CancelFunc) {
	if op.Effect != NonIdempotent {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: body.begin})
		deadline := time.Now().Add(op.Timeout)
		if !end.IsZero() && end.Before(deadline) {
			deadline = end
		}
		return context.WithDeadline(ctx, deadline)
	}
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), op.Timeout)
	stop := context.AfterFunc(ctx, func() {
		if body.abort() {
			cancel()
		}
	})
	detached = httptrace.WithClientTrace(detached, &httptrace.ClientTrace{WroteHeaders: body.commit})
	return detached, func() { stop(); cancel() }
}

// trackedBody is a request's content that knows whether the transport began to read it: until
// then no server can have acted on it. What a non-idempotent request reads is the trackedBody itself,
// which offers no copy: no transport sends it a second time on its own.
type trackedBody struct {
	content io.Reader

	mu        sync.Mutex
	begun     bool // some of it was read
	committed bool // too late to abort
	aborted   bool
}

// Read hands the content out, unless the body was aborted before the first Read.
func (b *trackedBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	aborted := b.aborted
	b.begun, b.committed = !aborted, !aborted
	b.mu.Unlock()
	if aborted {
		return 0, context.Canceled
	}
	return b.content.Read(p)
}

// reader returns what a request reads: the content itself if the request may be sent twice, as
// net/http writes a content that it knows to be in memory together with the header.
func (b *trackedBody) reader(op Operation) io.Reader {
	if op.Effect != NonIdempotent {
		return b.content
	}
	return b
}

// begin takes note that the request was begun, although nothing reads through the body.
func (b *trackedBody) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun = true
}

// Close closes what the content is read from.
func (b *trackedBody) Close() error {
	if c, ok := b.content.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// commit rules out that the request is aborted: its first byte is about to be written.
func (b *trackedBody) commit() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.committed = !b.aborted
}

// abort keeps the body from being sent. It reports false if the request was begun.
func (b *trackedBody) abort() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.aborted = !b.committed
	return b.aborted
}

// failure describes a failed exchange: nothing was sent, or something may have arrived.
func (b *trackedBody) failure(caller context.Context, op Operation, err error) *Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.begun && caller.Err() != nil:
		return &Error{Kind: Stopped, Operation: op.Path, Err: caller.Err()}
	case !b.begun:
		return &Error{Kind: NotSent, Operation: op.Path, Err: err}
	}
	return &Error{Kind: Broken, Operation: op.Path, Err: err}
}
