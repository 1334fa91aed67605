package fetch

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// metadata are the addresses at which clouds tell a machine its own secrets, and those of the
// platforms beneath. They are never fetched: whoever allows private addresses means their
// own network.
var metadata = prefixes(
	"169.254.0.0/16",      // AWS, Google, Azure, Oracle, DigitalOcean, Hetzner, Tencent, OpenStack and others
	"168.63.129.16/32",    // Azure's platform, a public address
	"100.100.100.200/32",  // Alibaba
	"192.0.0.192/32",      // Oracle
	"161.26.0.0/16",       // IBM's services
	"166.8.0.0/14",        // IBM's services
	"fd00:ec2::/32",       // AWS
	"fd20:ce::/32",        // Google
	"fd00:c1::/32",        // Oracle
	"fd00:42::42/128",     // Scaleway
	"fe80::a9fe:a9fe/128", // OpenStack
)

// metadataNames are names of the same.
var metadataNames = []string{
	"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal",
	"metadata.tencentyun.com", "metadata.azure.com", "metadata.azure.internal", "metadata.platformequinix.com", "metadata.packet.net",
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// guard decides which addresses are connected to.
type guard struct {
	private bool             // private ones, too
	allowed []netip.AddrPort // these, whatever they are
	public  *ssrf.Guardian
}

func newGuard(private bool, allowed []netip.AddrPort) *guard {
	return &guard{private: private, allowed: allowed, public: ssrf.New(ssrf.WithAnyPort())}
}

// check returns ErrPrivate for an address that is not connected to.
func (g *guard) check(address netip.AddrPort) error {
	ip := address.Addr().Unmap().WithZone("")
	switch {
	case slices.Contains(g.allowed, netip.AddrPortFrom(ip, address.Port())):
		return nil
	case slices.ContainsFunc(metadata, func(p netip.Prefix) bool { return p.Contains(ip) }):
		return ErrPrivate
	case !g.private && g.public.SafeAddr(ip) != nil:
		return ErrPrivate
	}
	return nil
}

// control is a net.Dialer's Control: it sees the resolved address right before the connection.
func (g *guard) control(_, address string, _ syscall.RawConn) error {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrPrivate
	}
	return g.check(parsed)
}

// checkName refuses the names of metadata services, also where a proxy would resolve them.
func (g *guard) checkName(host string) error {
	if slices.Contains(metadataNames, strings.ToLower(strings.TrimRight(host, "."))) {
		return ErrPrivate
	}
	return nil
}

// checkHost looks a host up and checks all of its addresses.
func (g *guard) checkHost(ctx context.Context, host string) error {
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return err
	}
	for _, address := range addresses {
		if err := g.check(netip.AddrPortFrom(address, 0)); err != nil {
			return err
		}
	}
	return nil
}
