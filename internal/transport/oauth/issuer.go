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

// ParseIssuer checks an address for Options.Issuer and returns it as browsers write an origin:
// in lower case, without the default port and a slash at the end. "" stays "".
func ParseIssuer(text string) (string, error) {
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
	case !isHostName(u.Hostname()):
		return "", fmt.Errorf("%.200q must have one host, as browsers write it (xn--… for letters beyond ASCII)", text)
	case strings.HasSuffix(u.Host, ":") || u.Port() != "" && !validPort(u.Port()):
		return "", fmt.Errorf("%.200q has a wrong port", text)
	}
	return u.Scheme + "://" + withoutDefaultPort(u.Scheme, strings.ToLower(u.Host)), nil
}

// isHostName reports whether a host is a name or an address that a browser could have in its
// address bar.
func isHostName(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Zone() == ""
	}
	return host != "" && strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789-._") == "" &&
		!strings.HasPrefix(host, ".") && !strings.Contains(host, "..")
}

// withoutDefaultPort is a host without the port that its scheme has anyway.
func withoutDefaultPort(scheme, host string) string {
	return strings.TrimSuffix(host, map[string]string{"https": ":443", "http": ":80"}[scheme])
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
	return scheme + "://" + withoutDefaultPort(scheme, strings.ToLower(r.Host))
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
		scheme = strings.ToLower(scheme)
		resource = scheme + "://" + withoutDefaultPort(scheme, strings.ToLower(host))
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
