package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/proxy"
)

const maxRedirects = 5

// ErrPrivate is the error of a fetch from an address inside a private network.
var ErrPrivate = errors.New("the address is not on the public internet; the operator of this server can allow private addresses")

// Options configure CallerClient.
type Options struct {
	AllowPrivate bool // reach loopback, private and other special addresses
	Proxy        bool // use the proxy of the environment

	// Allowed are addresses that are reached although they are not public.
	Allowed []netip.AddrPort

	// Environment returns the proxy for a request; http.ProxyFromEnvironment if nil.
	Environment func(*http.Request) (*url.URL, error)
}

// CallerClient returns a client for addresses that callers name. Only http and https are
// fetched. The address that a host name resolves to is checked on every request, redirects
// included, against loopback, private, link-local, carrier-grade NAT, metadata and other
// special ranges: when the connection is made or, with Proxy, before the proxy is asked.
// Deadlines and size limits are the caller's.
func CallerClient(o Options) *http.Client {
	t := newTransport(newGuard(o.AllowPrivate, o.Allowed), o.Environment)
	t.useProxy, t.checkProxied = o.Proxy, true
	return client(t)
}

// WiroClient returns a client for addresses that Wiro names, such as those of outputs. It is
// CallerClient with the proxy of the environment, which is also asked for names that only it can
// resolve.
func WiroClient(o Options) *http.Client {
	t := newTransport(newGuard(o.AllowPrivate, o.Allowed), o.Environment)
	t.useProxy, t.checkProxied, t.trustNames = true, true, true
	return client(t)
}

// OperatorClient returns a client for addresses that the operator names. It uses the proxy of
// the environment; addresses that are reached without it are checked as CallerClient does.
func OperatorClient(allowPrivate bool) *http.Client {
	t := newTransport(newGuard(allowPrivate, nil), nil)
	t.useProxy = true
	return client(t)
}

func client(t *transport) *http.Client {
	return &http.Client{
		Transport: t,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			next.Header.Del("Referer") // an address may hold a signature that is nobody else's business
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			return nil
		},
	}
}

// transport sends a request through the proxy or directly, and explains what goes wrong.
type transport struct {
	environment  func(*http.Request) (*url.URL, error)
	useProxy     bool
	checkProxied bool // check addresses before a proxy is asked
	trustNames   bool // ask a proxy for names that cannot be resolved here
	guard        *guard
	direct       *http.Transport
	proxied      *http.Transport
}

func newTransport(g *guard, environment func(*http.Request) (*url.URL, error)) *transport {
	if environment == nil {
		environment = http.ProxyFromEnvironment
	}
	t := &transport{environment: environment, guard: g, direct: plainTransport(func(d *net.Dialer) { d.Control = g.control }), proxied: plainTransport()}
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
	if err := t.guard.checkName(r.URL.Hostname()); err != nil {
		return nil, err
	}
	used, err := t.environment(r)
	if err != nil {
		return nil, fmt.Errorf("the proxy setting of the environment is wrong: %w", err)
	}
	if used == nil || !t.useProxy {
		response, err := t.direct.RoundTrip(r)
		if errors.Is(err, ErrPrivate) {
			return nil, ErrPrivate
		}
		if _, unreachable := errors.AsType[*net.OpError](err); unreachable && used != nil {
			return nil, fmt.Errorf("%w (the proxy %s is not used for addresses that callers name, unless the operator of this server allows it: WIRO_FETCH_PROXY=true)", err, used.Host)
		}
		return response, proxy.Explain(err, nil)
	}
	if t.checkProxied {
		switch err := t.guard.checkHost(r.Context(), r.URL.Hostname()); {
		case errors.Is(err, ErrPrivate):
			return nil, err
		case err != nil && !t.guard.private && !t.trustNames: // else perhaps only the proxy knows the name
			return nil, fmt.Errorf("the address could not be checked before the proxy %s is asked (WIRO_ALLOW_PRIVATE_URLS=true leaves that to the proxy): %w", used.Host, err)
		}
	}
	response, err := t.proxied.RoundTrip(r)
	switch {
	case err == nil && response.StatusCode == http.StatusProxyAuthRequired:
		_ = response.Body.Close()
		return nil, proxy.Explain(errors.New(response.Status), used)
	case err == nil && response.StatusCode >= http.StatusBadRequest && r.URL.Scheme == "http":
		response.Status += " through the proxy " + used.Host // whose answer it may be
	}
	return response, proxy.Explain(err, used)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *transport) CloseIdleConnections() {
	t.direct.CloseIdleConnections()
	t.proxied.CloseIdleConnections()
}
