package transport

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// listen serves a handler until the test ends, and returns its address.
func listen(t *testing.T, handler http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return "http://" + listener.Addr().String()
}

func TestAnyReplicaServesAnyRequest(t *testing.T) {
	t.Parallel()
	upstream := emulator.New(emulator.Options{})
	require.NoError(t, upstream.Start(""))
	t.Cleanup(upstream.Close)
	replicas := []*rig{
		startOn(t, upstream, setup{timeouts: defaultTimeouts}),
		startOn(t, upstream, setup{timeouts: defaultTimeouts}),
	}
	var turn atomic.Int64
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	balancer := listen(t, &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			target, err := url.Parse(replicas[int(turn.Add(1))%len(replicas)].url)
			require.NoError(t, err)
			p.SetURL(target)
			p.Out.Host = p.In.Host
		},
	})

	client := replicas[0].connect(balancer, emulator.DemoKey)
	listed, err := client.ListTools(within(t), mcp.ListToolsRequest{})
	require.NoError(t, err)
	require.NotEmpty(t, listed.Tools)
	use := func(tool string, arguments map[string]any) map[string]any {
		result, err := client.CallTool(within(t), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: tool, Arguments: arguments}})
		require.NoError(t, err)
		require.False(t, result.IsError, "%v", result.Content)
		return result.StructuredContent.(map[string]any)
	}
	for range 4 {
		submitted := use("run_model", map[string]any{"model": "sandbox/echo", "params": map[string]any{"prompt": "x"}, "wait": false})
		token := submitted["task"].(map[string]any)["token"]
		require.Equal(t, "completed", use("wait_for_task", map[string]any{"tasktoken": token})["state"])
		require.Equal(t, "completed", use("get_task", map[string]any{"tasktoken": token})["state"])
	}
	for _, replica := range replicas {
		replica.logs.requests(t, 5) // both took part
	}
}
