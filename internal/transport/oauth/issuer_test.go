package oauth

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnIssuerIsWrittenAsBrowsersWriteIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "https://mcp.example.com/": testIssuer, "HTTPS://MCP.Example.com": testIssuer, "https://mcp.example.com:443": testIssuer, "https://mcp.example.com:8443": testIssuer + ":8443",
		"http://localhost:80": "http://localhost", "http://[::1]:8080/": "http://[::1]:8080", "https://192.0.2.1": "https://192.0.2.1", "https://my_host-1": "https://my_host-1",
	} {
		got, err := ParseIssuer(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{
		"https://mcp.example.com:", "https://mcp.example.com:0", "https://mcp.example.com:99999", "https://*.example.com", "https://mcp.exämple.com", "https://a,https://b", "https://\"x", "https://a..b", "https://.a", "https://[fe80::1%25eth0]",
	} {
		_, err := ParseIssuer(text)
		require.Error(t, err, text)
	}
	r := newRig(t, func(o *Options) { o.Issuer = testIssuer + ":443/" })
	id := r.register("Claude", claudeWeb)
	for _, resource := range []string{testIssuer + "/mcp", testIssuer + ":443/mcp", "HTTPS://MCP.example.com:443/mcp/"} {
		back := r.authorize(query(id, claudeWeb, "resource", resource))
		require.Equal(t, testIssuer, back.Query().Get("iss"))
		_, err := r.verify(r.tokens(exchange(id, claudeWeb, back.Query().Get("code"), "resource", resource)).Access, "/mcp")
		require.NoError(t, err)
	}
	for _, resource := range []string{testIssuer + ":80/mcp", testIssuer + ":/mcp", "http://mcp.example.com:80/mcp"} {
		back := location(t, r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb, "resource", resource).Encode(), ""))
		require.Equal(t, "invalid_target", back.Query().Get("error"), resource)
	}
}
