// Package fetch makes the one HTTP client that may follow addresses which strangers wrote:
// prompts, tool arguments, settings. It reaches public hosts over http and https only.
package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"code.dny.dev/ssrf"
)

const maxRedirects = 5

// ErrPrivate is what a fetch of an address inside a private network fails with.
var ErrPrivate = errors.New("the address is not on the public internet; WIRO_ALLOW_PRIVATE_URLS=true allows it")

// Client returns an HTTP client for addresses that are not trusted. The address that a host
// name resolves to is checked when the connection is made, on every redirect again, against
// loopback, private, link-local, carrier-grade NAT, metadata and other special ranges; with
// allowPrivate all are allowed. No proxy of the environment is used, as it would resolve
// names on its own. Deadlines and size limits are the caller's.
func Client(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !allowPrivate {
		guard := ssrf.New(ssrf.WithAnyPort())
		dialer.Control = guard.Safe
	}
	return &http.Client{
		Transport: &scheme{&http.Transport{
			DialContext:           dialer.DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: 30 * time.Second,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          16,
			IdleConnTimeout:       30 * time.Second,
		}},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			return nil
		},
	}
}

// scheme refuses what is not http or https, on redirects too, and explains refusals.
type scheme struct{ next http.RoundTripper }

func (s *scheme) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
		return nil, fmt.Errorf("%q addresses are not fetched, only http and https", r.URL.Scheme)
	}
	response, err := s.next.RoundTrip(r)
	if errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork) {
		return nil, ErrPrivate
	}
	return response, err
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (s *scheme) CloseIdleConnections() {
	if next, ok := s.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}
