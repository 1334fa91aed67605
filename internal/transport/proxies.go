package transport

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/config"
)

// proxies are the networks whose X-Forwarded-* headers count.
type proxies []config.Network

// origin is where a request came from and what it was sent to, as the client sees it.
type origin struct {
	client netip.Addr // invalid where unknown
	scheme string     // "http" or "https"
	host   string     // with the port where one was given
}

// see looks through the proxies that are trusted, from the nearest on.
func (p proxies) see(r *http.Request) origin {
	o := origin{scheme: "http", host: r.Host}
	if r.TLS != nil {
		o.scheme = "https"
	}
	o.client = address(r.RemoteAddr)
	if !p.trust(o.client) {
		return o
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trust(o.client); i-- {
		hop := address(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		o.client = hop
	}
	if scheme := strings.ToLower(last(r.Header, "X-Forwarded-Proto")); scheme == "http" || scheme == "https" {
		o.scheme = scheme
	}
	if host := last(r.Header, "X-Forwarded-Host"); host != "" {
		o.host = host
	}
	return o
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
