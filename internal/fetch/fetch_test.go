package fetch_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/fetch"
)

func get(t *testing.T, c *http.Client, address string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	response, err := c.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	return err
}

func TestPrivateAddressesAreNeverConnectedTo(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	t.Cleanup(private.Close)
	c := fetch.CallerClient(fetch.Options{})
	for _, address := range []string{
		private.URL, "http://localhost", "http://0.0.0.0", "http://[::1]", "http://[::ffff:127.0.0.1]",
		"http://10.1.2.3", "http://172.16.0.1", "http://192.168.1.1", "http://100.64.0.1", "http://169.254.169.254/latest/meta-data",
		"http://[fe80::1]", "http://[fd00::1]", "http://[64:ff9b::7f00:1]", "http://198.18.0.1", "http://224.0.0.1", "http://255.255.255.255",
	} {
		require.ErrorIs(t, get(t, c, address), fetch.ErrPrivate, address)
	}
	require.False(t, reached.Load())
}

func TestOnlyWebAddressesAreFetched(t *testing.T) {
	t.Parallel()
	for _, private := range []bool{true, false} {
		for _, address := range []string{"file:///etc/passwd", "ftp://example.com/x", "gopher://example.com"} {
			require.ErrorContains(t, get(t, fetch.CallerClient(fetch.Options{AllowPrivate: private}), address), "only http and https", address)
		}
	}
}

func TestEveryRedirectIsCheckedAndTheirNumberIsBounded(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	mux.Handle("/file", http.RedirectHandler("file:///etc/passwd", http.StatusFound))
	mux.Handle("/fine", http.RedirectHandler("/end", http.StatusFound))
	mux.HandleFunc("/end", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c := fetch.CallerClient(fetch.Options{AllowPrivate: true})
	require.NoError(t, get(t, c, server.URL+"/fine"))
	require.ErrorContains(t, get(t, c, server.URL+"/loop"), "redirects")
	require.ErrorContains(t, get(t, c, server.URL+"/file"), "only http and https")
}

func TestMetadataServicesAreNeverReached(t *testing.T) {
	t.Parallel()
	for _, c := range []*http.Client{fetch.CallerClient(fetch.Options{}), fetch.CallerClient(fetch.Options{AllowPrivate: true}), fetch.OperatorClient(true)} {
		for _, host := range []string{
			"169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192", "[fd00:ec2::254]", "[fd20:ce::254]",
			"[fe80::a9fe:a9fe]", "[::ffff:168.63.129.16]", "metadata.google.internal", "Metadata.Google.Internal.", "instance-data",
		} {
			require.ErrorIs(t, get(t, c, "http://"+host+"/latest/meta-data"), fetch.ErrPrivate, host)
		}
	}
}

func TestNoProxyIsAskedForAMetadataService(t *testing.T) {
	t.Parallel()
	asked := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	t.Cleanup(asked.Close)
	proxy, err := url.Parse(asked.URL)
	require.NoError(t, err)
	c := fetch.CallerClient(fetch.Options{AllowPrivate: true, Proxy: true, Environment: http.ProxyURL(proxy)})
	for _, host := range []string{"169.254.169.254", "100.100.100.200", "[fd00:ec2::254]", "metadata.google.internal"} {
		require.ErrorIs(t, get(t, c, "http://"+host+"/latest/meta-data"), fetch.ErrPrivate, host)
	}
}

func TestAnAllowedAddressIsTheOnlyPrivateOne(t *testing.T) {
	t.Parallel()
	server, other := httptest.NewServer(http.NotFoundHandler()), httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	t.Cleanup(other.Close)
	c := fetch.CallerClient(fetch.Options{Allowed: []netip.AddrPort{netip.MustParseAddrPort(server.Listener.Addr().String())}})
	require.NoError(t, get(t, c, server.URL))
	require.ErrorIs(t, get(t, c, other.URL), fetch.ErrPrivate)
}

func TestARedirectTellsNobodyWhereItCameFrom(t *testing.T) {
	t.Parallel()
	referer := make(chan string, 1)
	mux := http.NewServeMux()
	mux.Handle("/from", http.RedirectHandler("/to", http.StatusFound))
	mux.HandleFunc("/to", func(_ http.ResponseWriter, r *http.Request) { referer <- r.Header.Get("Referer") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	require.NoError(t, get(t, fetch.CallerClient(fetch.Options{AllowPrivate: true}), server.URL+"/from?signature=1"))
	require.Empty(t, <-referer)
}
