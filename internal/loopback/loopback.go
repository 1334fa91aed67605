// Package loopback tells this machine's own names and addresses.
package loopback

import (
	"net/netip"
	"strings"
)

// Is reports whether a host, a name or an address without a port and brackets, can only be this
// machine.
func Is(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
