package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"

	"github.com/wiroai/wiro-mcp-go/internal/loopback"
)

// guard allows only requests that were meant for this server. It checks the Host against DNS
// rebinding and the Origin against other sites' pages, and refuses credentials in the URL,
// where logs and histories would keep them.
type guard struct {
	hosts   []pattern // nil: loopback names on a loopback connection, else any
	origins []pattern // nil: the server's own, and loopback ones on a loopback connection
	public  string    // the server's own origin, if it is known
	proxies proxies
}

// pattern is an allowed host or origin: itself, "*.", and the domain, or "*".
type pattern struct {
	scheme string // of an origin
	host   string // without a port where any port will do
}

// newGuard takes options that were checked.
func newGuard(o HTTPOptions) (*guard, error) {
	hosts, hostErr := hostPatterns(o.AllowedHosts)
	origins, originErr := originPatterns(o.AllowedOrigins)
	return &guard{hosts: hosts, origins: origins, public: o.PublicURL, proxies: o.TrustedProxies}, errors.Join(hostErr, originErr)
}

func hostPatterns(hosts []string) (patterns []pattern, err error) {
	for _, text := range hosts {
		host := strings.ToLower(strings.TrimSpace(text))
		if host == "" || strings.ContainsAny(host, "/@ ?#") {
			return nil, optionError("AllowedHosts", "%q must be a host name, such as mcp.example.com or *.example.com", text)
		}
		patterns = append(patterns, pattern{host: host})
	}
	return patterns, nil
}

func originPatterns(origins []string) (patterns []pattern, err error) {
	for _, text := range origins {
		text = strings.ToLower(strings.TrimSpace(text))
		if text == "*" {
			patterns = append(patterns, pattern{host: "*"})
			continue
		}
		scheme, host, ok := strings.Cut(text, "://")
		if !ok || scheme == "" || host == "" || strings.ContainsAny(host, "/@ ?#") {
			return nil, optionError("AllowedOrigins", "%q must be an origin, such as https://app.example.com, or *", text)
		}
		host = strings.TrimSuffix(host, map[string]string{"https": ":443", "http": ":80"}[scheme]) // browsers leave it out
		patterns = append(patterns, pattern{scheme, host})
	}
	return patterns, nil
}

// matches compares without regard to the port where the pattern has none.
func (p pattern) matches(scheme, host string) bool {
	if p.host == "*" {
		return true
	}
	if p.scheme != scheme {
		return false
	}
	wanted, port := splitPort(p.host)
	got, gotPort := splitPort(host)
	if port != "" && port != gotPort || p.scheme != "" && port != gotPort {
		return false // an origin's port is part of it
	}
	if domain, ok := strings.CutPrefix(wanted, "*."); ok {
		return strings.HasSuffix(got, "."+domain)
	}
	return got == wanted
}

type peerKey struct{}

// Values of headers that every answer has: http.Header.Set would make new ones each time.
var (
	noSniffing = []string{"nosniff"}
	inJSON     = []string{"application/json"}
)

// peerOf returns the peer that the guard resolved.
func peerOf(r *http.Request) peer {
	if p, ok := r.Context().Value(peerKey{}).(peer); ok {
		return p
	}
	return proxies(nil).resolve(r)
}

// wrap puts the guard, and CORS for the origins that it allows, before a handler. A body has
// bodyTimeout to arrive. refused is called for every request that is turned away.
func (g *guard) wrap(next http.Handler, bodyTimeout time.Duration, refused func(status int, p peer)) http.Handler {
	crossOrigin := cors.New(cors.Options{
		AllowOriginFunc: func(string) bool { return true }, // the guard has seen it
		AllowedMethods:  []string{http.MethodPost, http.MethodGet, http.MethodDelete},
		// Users add headers of their own, for gateways and tracing: an origin that is allowed
		// may send any. The library answers with the names that were asked for.
		AllowedHeaders:      []string{"*"},
		ExposedHeaders:      []string{"Mcp-Session-Id", "MCP-Protocol-Version", "Retry-After", "WWW-Authenticate", headerRequestID},
		AllowPrivateNetwork: true,
		MaxAge:              int((2 * time.Hour).Seconds()),
	}).Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["X-Content-Type-Options"] = noSniffing
		if r.TLS != nil { // ours: a proxy in front decides for itself
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.ContentLength != 0 {
			// A handler that answers before the body is read would wait for the rest of it.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // not every server has deadlines
		}
		p := g.proxies.resolve(r)
		status, reason := g.check(r, p)
		if reason != "" {
			w.Header().Set("Connection", "close")
			refuse(w, status, codeRefused, nil, reason)
			refused(status, p)
			return
		}
		if len(g.proxies) > 0 { // else the request says it all
			r = r.WithContext(context.WithValue(r.Context(), peerKey{}, p))
		}
		crossOrigin.ServeHTTP(w, r)
	})
}

// check returns why a request is refused; "" where it is not.
func (g *guard) check(r *http.Request, p peer) (status int, reason string) {
	if r.URL.User != nil || hasCredentials(r.URL.RawQuery) {
		return http.StatusBadRequest, "Credentials in a URL end up in logs and histories, so they are not taken there. " + howToAuthenticate
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	onLoopback := local != nil && address(local.String()).IsLoopback()
	if !g.hostAllowed(r, strings.ToLower(p.host), onLoopback) {
		return http.StatusForbidden, fmt.Sprintf("This server does not answer to the host %.100q. Its operator can add it to the allowed hosts.", p.host)
	}
	for _, from := range r.Header.Values("Origin") {
		if from != "" && !g.originAllowed(strings.ToLower(from), p, onLoopback) {
			return http.StatusForbidden, fmt.Sprintf("This server does not answer to web pages of %.100q. Its operator can add them to the allowed origins.", from)
		}
	}
	return 0, ""
}

func (g *guard) hostAllowed(r *http.Request, host string, onLoopback bool) bool {
	name, _ := splitPort(host)
	switch r.URL.Path {
	case "/healthz", "/readyz":
		return true // probes use any name, and learn nothing
	case "/metrics":
		if _, err := netip.ParseAddr(name); err == nil {
			return true // an address cannot be a rebound name
		}
	}
	if _, public, ok := strings.Cut(g.public, "://"); ok && host == public {
		return true
	}
	if g.hosts == nil {
		return !onLoopback || loopback.Is(name)
	}
	return slices.ContainsFunc(g.hosts, func(p pattern) bool { return p.matches("", host) })
}

func (g *guard) originAllowed(from string, p peer, onLoopback bool) bool {
	scheme, host, _ := strings.Cut(from, "://")
	if from == g.public || scheme == p.scheme && host == strings.ToLower(p.host) {
		return true
	}
	if g.origins == nil {
		name, _ := splitPort(host)
		return onLoopback && loopback.Is(name)
	}
	return slices.ContainsFunc(g.origins, func(p pattern) bool { return p.matches(scheme, host) })
}

// splitPort splits host:port, of which the port may be missing, and takes the brackets off.
func splitPort(host string) (name, port string) {
	if name, port, err := net.SplitHostPort(host); err == nil {
		return name, port
	}
	return strings.Trim(host, "[]"), ""
}

// hasCredentials reports whether a query has a member that is named like a credential.
func hasCredentials(query string) bool {
	if query == "" {
		return false
	}
	// Also what url.ParseQuery leaves out: servers and logs read semicolons and bad escapes in
	// ways of their own.
	for part := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' || r == '?' }) {
		name, _, _ := strings.Cut(part, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		plain := strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
		switch plain {
		case "key", "token", "secret", "auth", "authorization", "bearer", "password", "credentials":
			return true
		}
		if strings.HasSuffix(plain, "apikey") || strings.HasSuffix(plain, "apisecret") || strings.HasSuffix(plain, "accesstoken") ||
			strings.HasPrefix(plain, "wiro") && (strings.HasSuffix(plain, "key") || strings.HasSuffix(plain, "secret")) {
			return true
		}
	}
	return false
}
