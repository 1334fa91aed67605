package transport

import (
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the trusted proxy networks, whose X-Forwarded-* headers are believed.
type proxies []netip.Prefix

// peer is where a request came from and what it was sent to, as the client sees it.
type peer struct {
	client netip.Addr // invalid if unknown
	scheme string     // "http" or "https"
	host   string     // with the port if one was given
	prefix string     // path under which a proxy serves this server, such as "/wiro"; "" for none
}

// resolve finds the client behind the trusted proxies, from the nearest on.
func (p proxies) resolve(r *http.Request) peer {
	found := peer{scheme: "http", host: r.Host}
	if r.TLS != nil {
		found.scheme = "https"
	}
	found.client = address(r.RemoteAddr)
	if !p.trust(found.client) {
		return found
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trust(found.client); i-- {
		hop := address(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		found.client = hop
	}
	if scheme := strings.ToLower(last(r.Header, "X-Forwarded-Proto")); scheme == "http" || scheme == "https" {
		found.scheme = scheme
	}
	if host := last(r.Header, "X-Forwarded-Host"); host != "" {
		found.host = host
	}
	found.prefix = pathPrefix(last(r.Header, "X-Forwarded-Prefix"))
	return found
}

// pathPrefix returns a path prefix without a slash at its end; "" for what is no plain path.
func pathPrefix(text string) string {
	text = strings.TrimRight(text, "/")
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") ||
		strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789.-_~/") != "" {
		return ""
	}
	return text
}

func (p proxies) trust(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// address reads an address with or without a port.
func address(text string) netip.Addr {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap()
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

// last is what the nearest proxy put into a header that proxies append to.
func last(h http.Header, name string) string {
	values := h.Values(name)
	if len(values) == 0 {
		return ""
	}
	list := values[len(values)-1]
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}
