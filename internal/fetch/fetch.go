package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"code.dny.dev/ssrf"
)

const maxRedirects = 5

// ErrPrivate is the error of a fetch from an address inside a private network.
var ErrPrivate = errors.New("the address is not on the public internet; the operator of this server can allow private addresses")

// Options configure CallerClient.
type Options struct {
	AllowPrivate bool // reach loopback, private and other special addresses
	Proxy        bool // use the proxy of the environment

	// Environment returns the proxy for a request; http.ProxyFromEnvironment if nil.
	Environment func(*http.Request) (*url.URL, error)
}

// Client is CallerClient without a proxy.
func Client(allowPrivate bool) *http.Client { return CallerClient(Options{AllowPrivate: allowPrivate}) }

// CallerClient returns a client for addresses that callers name. Only http and https are
// fetched. The address that a host name resolves to is checked on every request, redirects
// included, against loopback, private, link-local, carrier-grade NAT, metadata and other
// special ranges: when the connection is made or, with Proxy, before the proxy is asked.
// Deadlines and size limits are the caller's.
func CallerClient(o Options) *http.Client {
	guard := ssrf.New(ssrf.WithAnyPort())
	t := newTransport(o.Environment)
	if !o.AllowPrivate {
		t.direct = plainTransport(func(d *net.Dialer) { d.Control = guard.Safe })
		t.check = func(ctx context.Context, host string) error { return checkHost(ctx, guard, host) }
	}
	t.useProxy = o.Proxy
	return client(t)
}

// OperatorClient returns a client for addresses that the operator names. It uses the proxy of
// the environment; addresses that are reached without it are checked as CallerClient does.
func OperatorClient(allowPrivate bool) *http.Client {
	t := newTransport(nil)
	if !allowPrivate {
		t.direct = plainTransport(func(d *net.Dialer) { d.Control = ssrf.New(ssrf.WithAnyPort()).Safe })
	}
	t.useProxy = true
	return client(t)
}

func client(t *transport) *http.Client {
	return &http.Client{
		Transport: t,
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			return nil
		},
	}
}

// transport sends a request through the proxy or directly, and explains what goes wrong.
type transport struct {
	environment func(*http.Request) (*url.URL, error)
	useProxy    bool
	check       func(ctx context.Context, host string) error // before a proxy is asked; may be nil
	direct      *http.Transport
	proxied     *http.Transport
}

func newTransport(environment func(*http.Request) (*url.URL, error)) *transport {
	if environment == nil {
		environment = http.ProxyFromEnvironment
	}
	t := &transport{environment: environment, direct: plainTransport(), proxied: plainTransport()}
	t.proxied.Proxy = environment
	return t
}

func plainTransport(adjust ...func(*net.Dialer)) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	for _, f := range adjust {
		f(dialer)
	}
	return &http.Transport{
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          16,
		IdleConnTimeout:       30 * time.Second,
	}
}

// RoundTrip refuses what is not http or https, on redirects too.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
		return nil, fmt.Errorf("%q addresses are not fetched, only http and https", r.URL.Scheme)
	}
	proxy, err := t.environment(r)
	if err != nil {
		return nil, fmt.Errorf("the proxy setting of the environment is wrong: %w", err)
	}
	if proxy == nil || !t.useProxy {
		response, err := t.direct.RoundTrip(r)
		if errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork) {
			return nil, ErrPrivate
		}
		if _, unreachable := errors.AsType[*net.OpError](err); unreachable && proxy != nil {
			return nil, fmt.Errorf("%w (the proxy %s is not used for addresses that callers name, unless the operator of this server allows it)", err, proxy.Host)
		}
		return response, Explain(err, nil)
	}
	if t.check != nil {
		if err := t.check(r.Context(), r.URL.Hostname()); err != nil {
			if errors.Is(err, ErrPrivate) {
				return nil, err
			}
			return nil, fmt.Errorf("the address could not be checked before the proxy %s is asked: %w", proxy.Host, err)
		}
	}
	response, err := t.proxied.RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusProxyAuthRequired {
		_ = response.Body.Close()
		return nil, Explain(errors.New(response.Status), proxy)
	}
	return response, Explain(err, proxy)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *transport) CloseIdleConnections() {
	t.direct.CloseIdleConnections()
	t.proxied.CloseIdleConnections()
}

// checkHost refuses a host of which any address is not on the public internet.
func checkHost(ctx context.Context, guard *ssrf.Guardian, host string) error {
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return err
	}
	for _, address := range addresses {
		if guard.SafeAddr(address.Unmap()) != nil {
			return ErrPrivate
		}
	}
	return nil
}
