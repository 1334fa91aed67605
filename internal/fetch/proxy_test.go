package fetch_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/fetch"
)

// startProxy starts a proxy that answers every plain request with a status itself.
func startProxy(t *testing.T, status int) (environment func(*http.Request) (*url.URL, error), address string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	proxy, err := url.Parse(s.URL)
	require.NoError(t, err)
	withPassword := *proxy
	withPassword.User = url.UserPassword("user", "hunter2")
	return http.ProxyURL(&withPassword), proxy.Host, asked
}

func TestCallersAddressesUseTheProxyOnlyIfTheOperatorSaysSo(t *testing.T) {
	t.Parallel()
	environment, address, asked := startProxy(t, http.StatusOK)
	require.NoError(t, get(t, fetch.CallerClient(fetch.Options{Proxy: true, Environment: environment}), "http://8.8.8.8/x"))
	require.EqualValues(t, 1, asked.Load())
	err := get(t, fetch.CallerClient(fetch.Options{AllowPrivate: true, Environment: environment}), "http://127.0.0.1:1/x")
	require.ErrorContains(t, err, address)
	require.ErrorContains(t, err, "operator")
	require.NotContains(t, err.Error(), "hunter2")
	require.EqualValues(t, 1, asked.Load())
}

func TestTheAddressIsCheckedBeforeTheProxyGetsIt(t *testing.T) {
	t.Parallel()
	environment, _, asked := startProxy(t, http.StatusOK)
	c := fetch.CallerClient(fetch.Options{Proxy: true, Environment: environment})
	for _, address := range []string{"http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::ffff:10.0.0.1]/"} {
		require.ErrorIs(t, get(t, c, address), fetch.ErrPrivate, address)
	}
	require.Zero(t, asked.Load())
}

func TestWirosFilesComeThroughTheProxy(t *testing.T) {
	t.Parallel()
	environment, _, asked := startProxy(t, http.StatusOK)
	c := fetch.WiroClient(fetch.Options{Environment: environment})
	require.NoError(t, get(t, c, "http://8.8.8.8/x.png"))
	require.NoError(t, get(t, c, "http://files.wiro.invalid/x.png"), "a name that the proxy alone may know")
	require.EqualValues(t, 2, asked.Load())
	for _, private := range []string{"http://10.0.0.1/", "http://localhost:1/", "http://169.254.169.254/latest", "http://metadata.google.internal/"} {
		require.ErrorIs(t, get(t, c, private), fetch.ErrPrivate, private)
	}
	require.EqualValues(t, 2, asked.Load())
	refuses, address, _ := startProxy(t, http.StatusForbidden)
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://8.8.8.8/x.png", nil)
	require.NoError(t, err)
	response, err := fetch.WiroClient(fetch.Options{Environment: refuses}).Do(q)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Contains(t, response.Status, "403 Forbidden through the proxy "+address)
}

func TestErrorsNameTheProxyAndHowToTrustACertificate(t *testing.T) {
	t.Parallel()
	environment, address, _ := startProxy(t, http.StatusProxyAuthRequired)
	c := fetch.CallerClient(fetch.Options{Proxy: true, Environment: environment})
	for _, target := range []string{"http://8.8.8.8/", "https://8.8.8.8/"} {
		err := get(t, c, target)
		require.ErrorContains(t, err, address, target)
		require.ErrorContains(t, err, "407", target)
		require.NotContains(t, err.Error(), "hunter2")
	}
	environment, address, _ = startProxy(t, http.StatusForbidden)
	err := get(t, fetch.CallerClient(fetch.Options{Proxy: true, Environment: environment}), "https://8.8.8.8/")
	require.ErrorContains(t, err, address)
	require.ErrorContains(t, err, "403")

	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	require.ErrorContains(t, get(t, fetch.CallerClient(fetch.Options{AllowPrivate: true}), secure.URL), "SSL_CERT_FILE")
}
