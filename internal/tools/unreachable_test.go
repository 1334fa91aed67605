package tools

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// callUpstream calls a tool with a handler as Wiro.
func callUpstream(t *testing.T, wiroAPI http.HandlerFunc, tool string, arguments map[string]any) mcptool.Result {
	t.Helper()
	s := httptest.NewServer(wiroAPI)
	t.Cleanup(s.Close)
	c := wiro.NewClient(wiro.Options{
		BaseURL: s.URL, SocketURL: wiro.NoSocket, Credentials: wiro.Credentials{Key: "a-key-of-a-test"}, MinBackoff: time.Millisecond,
	})
	t.Cleanup(c.Close)
	result, err := New(Options{Wiro: c, Toolsets: AllToolsets}).Server.Call(mcptool.WithScope(t.Context(), mcptool.Scope{Caller: mcptool.ServerCredentials{}}), tool, arguments)
	require.NoError(t, err)
	return result
}

func TestABrokenConnectionIsNoFaultOfThisProgram(t *testing.T) {
	t.Parallel()
	for _, start := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "nonsense"} {
		result := callUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = c.Write([]byte(start))
				_ = c.Close()
			}
		}, "search_models", nil)
		require.True(t, result.IsError)
		require.Contains(t, result.Text, "Wiro cannot be reached", start)
		require.NotContains(t, strings.ToLower(result.Text), "internal error")
	}
}

func TestAnIDThatNoHeaderCarriesIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for _, guid := range []string{"t1\nx-api-key: other", "t1\r\n", "t\x00", strings.Repeat("t", 500)} {
		result := callUpstream(t, func(http.ResponseWriter, *http.Request) { t.Error("nothing is sent") },
			"list_my_agents", map[string]any{"teamguid": guid})
		require.True(t, result.IsError)
		require.Contains(t, result.Text, "teamguid must be")
	}
}

func TestErrorTextsOfManyMegabytesCostLittle(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("apikey=x9 password: 'y' ", 200_000)
	began := time.Now()
	result := callUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"result":false,"errors":[{"code":0,"message":"` + text + `"}]}`))
	}, "search_models", nil)
	require.True(t, result.IsError)
	require.Less(t, len(result.Text), 10_000)
	require.Less(t, time.Since(began), 10*time.Second)
}
