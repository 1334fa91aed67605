// Package proxy has what every HTTP client here knows of the proxy that the environment names.
package proxy

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Of returns the proxy that a client uses for a request; nil for none.
func Of(client *http.Client, r *http.Request) *url.URL {
	environment := http.ProxyFromEnvironment
	if client.Transport != nil {
		transport, ok := client.Transport.(*http.Transport)
		if !ok || transport.Proxy == nil {
			return nil
		}
		environment = transport.Proxy
	}
	used, err := environment(r)
	if err != nil {
		return nil
	}
	return used
}

// Explain adds to an error of a request what its operator can do: it names the proxy that was
// used, nil for none, and SSL_CERT_FILE if a certificate is not trusted. A proxy's user and
// password are left out. A nil error stays nil.
func Explain(err error, used *url.URL) error {
	if err == nil {
		return nil
	}
	if _, untrusted := errors.AsType[x509.UnknownAuthorityError](err); untrusted {
		err = fmt.Errorf("%w (SSL_CERT_FILE names a file of certificates to trust)", err)
	}
	if used == nil {
		return err
	}
	hint := ""
	switch text := err.Error(); {
	case strings.Contains(text, "Proxy Authentication Required"):
		hint = " wants a user and a password, or other ones (407): HTTPS_PROXY takes http://USER:PASSWORD@HOST:PORT"
	case strings.Contains(text, "Forbidden"):
		hint = " refuses this address (403)"
	}
	return fmt.Errorf("the proxy %s%s: %w", used.Host, hint, err)
}
