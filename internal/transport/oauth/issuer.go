package oauth

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/loopback"
)

// parseIssuer checks an issuer's address and returns it as an origin.
func parseIssuer(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	switch {
	case err != nil:
		return "", fmt.Errorf("%.200q is not an address", text)
	case u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return "", fmt.Errorf("%.200q must be an address such as https://mcp.example.com", text)
	case u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", errors.New("must be a scheme and a host without a path: /authorize, /token and /register are at the root of the host")
	case u.Scheme == "http" && !loopback.Is(u.Hostname()):
		return "", fmt.Errorf("%.200q must start with https://, because API keys are entered there", text)
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// CheckIssuer reports what is wrong with an address as Options.Issuer. "" is allowed.
func CheckIssuer(address string) error {
	_, err := parseIssuer(address)
	return err
}

// issuerOf returns the issuer for a request. It is the configured one. Without one, it is the
// loopback name that a loopback connection was made to, and "" for all other requests.
func (s *Server) issuerOf(r *http.Request) string {
	if s.issuer != "" {
		return s.issuer
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if local == nil {
		return ""
	}
	at, err := netip.ParseAddrPort(local.String())
	if err != nil || !at.Addr().Unmap().IsLoopback() {
		return ""
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	u, err := url.Parse(scheme + "://" + r.Host)
	if err != nil || u.Host != r.Host || !loopback.Is(u.Hostname()) {
		return ""
	}
	return scheme + "://" + strings.ToLower(r.Host)
}

// onIssuer serves only requests for which there is an issuer.
func (s *Server) onIssuer(serve func(w http.ResponseWriter, r *http.Request, issuer string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		issuer := s.issuerOf(r)
		if issuer == "" {
			http.Error(w, "Sign-in is not set up on this server. Its operator can set WIRO_PUBLIC_URL.", http.StatusNotFound)
			return
		}
		serve(w, r, issuer)
	}
}

// audience returns the resource that a resource parameter names, in its canonical form. A
// missing one is the whole server.
func (s *Server) audience(issuer, resource string) (string, bool) {
	if resource == "" {
		return issuer, true
	}
	resource = strings.TrimSuffix(resource, "/")
	if scheme, rest, ok := strings.Cut(resource, "://"); ok { // scheme and host know no case
		host, path, slash := strings.Cut(rest, "/")
		resource = strings.ToLower(scheme) + "://" + strings.ToLower(host)
		if slash {
			resource += "/" + path
		}
	}
	if resource == issuer {
		return issuer, true
	}
	for _, path := range s.endpoints {
		if resource == issuer+path {
			return resource, true
		}
	}
	return "", false
}
