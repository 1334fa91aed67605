package transport

import (
	"net"
	"net/http"
	"strings"
)

// serveConnected is the page that browsers come back to from a consent. Nothing of its address
// is logged.
func (h *HTTP) serveConnected(w http.ResponseWriter, r *http.Request) {
	at := peerOf(r)
	h.Consents.Serve(w, r, at.scheme+"://"+at.host)
}

// pages returns the address at which a browser reaches the pages of this server; "" if that is
// not known. Without a public URL it is known only to clients on this machine.
func (h *HTTP) pages(r *http.Request) string {
	if h.Consents == nil {
		return ""
	}
	if h.options.PublicURL != "" {
		return h.options.PublicURL
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	at := peerOf(r)
	name, _ := splitPort(strings.ToLower(at.host))
	if local == nil || !address(local.String()).IsLoopback() || name != "localhost" && name != "127.0.0.1" {
		return "" // Wiro leads browsers to no other names without TLS
	}
	return at.scheme + "://" + at.host + at.prefix
}
