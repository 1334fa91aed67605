package fetch

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Explain adds to an error of a request what its operator can do: it names the proxy that was
// used, nil for none, and SSL_CERT_FILE if a certificate is not trusted. A proxy's user and
// password are left out. A nil error stays nil.
func Explain(err error, proxy *url.URL) error {
	if err == nil {
		return nil
	}
	if _, untrusted := errors.AsType[x509.UnknownAuthorityError](err); untrusted {
		err = fmt.Errorf("%w (SSL_CERT_FILE names a file of certificates to trust)", err)
	}
	if proxy == nil {
		return err
	}
	hint := ""
	switch text := err.Error(); {
	case strings.Contains(text, "Proxy Authentication Required"):
		hint = " wants a user and a password, or other ones (407): HTTPS_PROXY takes http://USER:PASSWORD@HOST:PORT"
	case strings.Contains(text, "Forbidden"):
		hint = " refuses this address (403)"
	}
	return fmt.Errorf("the proxy %s%s: %w", proxy.Host, hint, err)
}
