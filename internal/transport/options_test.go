package transport

import (
	"errors"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var loopback4 = netip.MustParsePrefix("127.0.0.0/8")

func TestWrongOptionsAreAllNamedAsGoHasThem(t *testing.T) {
	t.Parallel()
	r := start(t)
	_, err := NewHTTP(Backend{Tools: r.Tools}, HTTPOptions{
		Rate: -1, BurstPerKey: -5, Waits: -1, RatePerKey: math.NaN(), ShutdownGrace: -time.Second, Listen: "here", TLSKey: "k.pem",
		AllowedHosts: []string{"https://x"}, AllowedOrigins: []string{"x"}, TLSChallenge: "nowhere", TLSDirectory: "http://acme.example.com",
	})
	for _, option := range []string{
		"Rate", "BurstPerKey", "Waits", "RatePerKey", "ShutdownGrace", "Listen", "TLSCert", "TLSKey", "AllowedHosts", "AllowedOrigins", "TLSChallenge", "TLSDirectory",
	} {
		require.ErrorContains(t, err, "HTTPOptions."+option+"")
	}
	require.NotContains(t, err.Error(), "WIRO_")
	_, ok := errors.AsType[*OptionError](err)
	require.True(t, ok)
	require.NoError(t, HTTPOptions{}.Check())
}
