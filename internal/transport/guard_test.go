package transport

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func host(name string) func(*http.Request) { return func(q *http.Request) { q.Host = name } }

func TestOnLoopbackOnlyLoopbackNamesAreAnsweredTo(t *testing.T) {
	t.Parallel()
	r := start(t)
	require.Equal(t, 403, r.post(listTools, host("evil.example.com")).status)
	require.Equal(t, "forbidden", r.logs.requests(t, 1)[0]["outcome"])
	require.NotContains(t, r.logs.String(), "evil")
	for name, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, "127.0.0.1": 200, "[::1]:80": 200, "::1": 200,
		"evil.example.com": 403, "localhost.evil.example.com": 403, "10.0.0.1": 403, "127.0.0.1.nip.io": 403,
	} {
		require.Equal(t, want, r.post(listTools, host(name)).status, name)
		require.Equal(t, want, r.get("/", host(name)).status, name)
	}
}

func TestAllowedHostsAreAnsweredToAndNoOthers(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) {
		s.settings.AllowedHosts = []string{"mcp.example.com", "*.wiro.example", "other.example:8443"}
	})
	for name, want := range map[string]int{
		"mcp.example.com": 200, "MCP.example.com:443": 200, "a.wiro.example": 200, "a.b.wiro.example:1": 200, "other.example:8443": 200,
		"wiro.example": 403, "xmcp.example.com": 403, "other.example": 403, "other.example:1": 403, "localhost": 403,
	} {
		require.Equal(t, want, r.post(listTools, host(name)).status, name)
	}
	<-r.ready.docs
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 403} {
		require.Equal(t, 200, r.get(path, host("10.1.2.3:8080")).status, "what probes and scrapes comes to an address")
		require.Equal(t, want, r.get(path, host("wiro-mcp:8080")).status)
	}
}

func TestWebPagesAreAnsweredByTheirOrigin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		allowed []string
		origins map[string]int
	}{
		"by default": {nil, map[string]int{
			"http://localhost:6274": 200, "http://127.0.0.1": 200, "https://[::1]:1": 200,
			"https://evil.example.com": 403, "null": 403, "http://localhost.evil.example": 403, "file://": 403,
		}},
		"of a list": {[]string{"https://app.example.com", "https://*.wiro.example"}, map[string]int{
			"https://app.example.com": 200, "HTTPS://APP.example.com": 200, "https://x.wiro.example": 200,
			"http://app.example.com": 403, "https://app.example.com:8443": 403, "http://localhost:1": 403, "null": 403,
		}},
		"all": {[]string{"*"}, map[string]int{"https://evil.example.com": 200, "null": 200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(s *setup) { s.settings.AllowedOrigins = test.allowed })
			for from, want := range test.origins {
				a := r.post(listTools, header("Origin", from))
				require.Equal(t, want, a.status, from)
				if want == 200 {
					require.Contains(t, []string{from, "*"}, a.header.Get("Access-Control-Allow-Origin"))
				} else {
					require.Empty(t, a.header.Get("Access-Control-Allow-Origin"))
				}
			}
			own := r.post(listTools, header("Origin", r.url))
			require.Equal(t, 200, own.status, "the server's own pages")
		})
	}
}

// A page's request names one origin; what names several is not believed for the first of them.
func TestEveryOriginThatIsNamedMustBeAllowed(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.settings.AllowedOrigins = []string{"https://app.example.com:443"} })
	post := func(origins ...string) answer {
		return r.post(listTools, func(q *http.Request) { q.Header["Origin"] = origins })
	}
	require.Equal(t, http.StatusOK, post("https://app.example.com").status, "443 is what https means")
	require.Equal(t, http.StatusForbidden, post("https://app.example.com:444").status)
	a := post("https://app.example.com", "https://evil.example.com")
	require.Equal(t, http.StatusForbidden, a.status)
	require.Empty(t, a.header.Get("Access-Control-Allow-Origin"))
}

func TestPreflightsAllowEveryHeaderOfTheProtocol(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, name := range []string{
		"authorization", "content-type", "accept", "x-api-key", "x-api-secret", "mcp-protocol-version", "mcp-method", "mcp-name",
		"mcp-session-id", "last-event-id", "x-mcp-toolsets", "x-mcp-tools", "x-mcp-readonly", "traceparent",
	} {
		a := r.get("/v1", header("Origin", "http://localhost:3000"), header("Access-Control-Request-Method", "POST"),
			header("Access-Control-Request-Headers", name), func(q *http.Request) { q.Method = http.MethodOptions })
		require.Equal(t, http.StatusNoContent, a.status)
		require.Contains(t, strings.ToLower(a.header.Get("Access-Control-Allow-Headers")), name)
		require.Contains(t, a.header.Get("Access-Control-Allow-Methods"), "POST")
	}
	refused := r.post(listTools, header("Origin", "http://localhost:3000"), header("Authorization", ""))
	require.Equal(t, http.StatusUnauthorized, refused.status)
	require.Equal(t, "http://localhost:3000", refused.header.Get("Access-Control-Allow-Origin"), "pages can read why")
	require.Contains(t, strings.ToLower(refused.header.Get("Access-Control-Expose-Headers")), "www-authenticate")
}

func TestCredentialsInTheURLAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, query := range []string{"api_key=k", "apikey=k", "x-api-key=k", "key=k", "API-Key=k", "token=k", "access_token=k", "wiro_api_key=k", "secret=k", "apiSecret=k", "a=b&Authorization=k", "a=%zz&key=k"} {
		a := r.post(listTools, func(q *http.Request) { q.URL.RawQuery = query })
		require.Equal(t, http.StatusBadRequest, a.status, query)
		require.Contains(t, a.rpc(t).Error.Message, "URL")
	}
	require.Equal(t, 200, r.post(listTools, func(q *http.Request) { q.URL.RawQuery = "ref=docs&monkey=1" }).status)
	user := r.post(listTools, header("Authorization", ""), func(q *http.Request) { q.URL.User = url.UserPassword("k", "s") })
	require.Equal(t, http.StatusUnauthorized, user.status)
	require.Contains(t, user.body, "in the URL")
}

func TestOnlyTheKnownPathsExist(t *testing.T) {
	t.Parallel()
	r := start(t)
	for path, want := range map[string]int{
		"/v1": 200, "/mcp": 200, "/v1/": 200, "/mcp/": 200,
		"/v2": 404, "/v1/tools": 404, "/sse": 404, "/.well-known/oauth-protected-resource": 404, "/": 404, "/healthz": 404,
	} {
		require.Equal(t, want, r.post(listTools, at(path)).status, path)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPut, http.MethodHead} {
		a := r.post("", func(q *http.Request) { q.Method, q.Body, q.ContentLength = method, nil, 0 })
		require.Equal(t, http.StatusMethodNotAllowed, a.status, method)
		require.Contains(t, a.header.Get("Allow"), "POST")
	}
}

func TestForwardedHeadersCountFromTrustedProxiesAlone(t *testing.T) {
	t.Parallel()
	forwarded := []func(*http.Request){
		header("X-Forwarded-Host", "mcp.example.com"), header("X-Forwarded-Proto", "https"),
		header("X-Forwarded-For", "6.6.6.6, 203.0.113.7, 10.0.0.2"),
	}
	trusting := start(t, func(s *setup) {
		s.settings.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
		s.settings.AllowedHosts = []string{"mcp.example.com"}
	})
	require.Contains(t, trusting.get("/", forwarded...).body, "https://mcp.example.com/v1")
	require.Equal(t, 200, trusting.post(listTools, forwarded...).status)
	require.Equal(t, "203.0.113.7", trusting.logs.requests(t, 1)[0]["from"])
	require.Equal(t, 403, trusting.get("/", forwarded[1:]...).status)

	wary := start(t)
	require.Contains(t, wary.get("/", forwarded...).body, wary.url+"/v1")
	require.Equal(t, 200, wary.post(listTools, forwarded...).status)
	require.Equal(t, "127.0.0.1", wary.logs.requests(t, 1)[0]["from"])
}

func TestSettingsThatMakeNoSenseAreNamed(t *testing.T) {
	t.Parallel()
	for _, hosts := range []string{"https://mcp.example.com", "mcp.example.com/v1", ""} {
		_, err := newGuard(HTTPOptions{AllowedHosts: []string{hosts}})
		require.ErrorContains(t, err, "HTTPOptions.AllowedHosts")
	}
	for _, origins := range []string{"app.example.com", "https://app.example.com/", "https://"} {
		_, err := newGuard(HTTPOptions{AllowedOrigins: []string{origins}})
		require.ErrorContains(t, err, "HTTPOptions.AllowedOrigins")
	}
}
