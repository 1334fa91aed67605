package transport

import (
	"net/http"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

func TestACallIsAnsweredAlikeWithAndWithoutTheMCPServer(t *testing.T) {
	t.Parallel()
	upstream := emulator.New(emulator.Options{})
	require.NoError(t, upstream.Start(""))
	t.Cleanup(upstream.Close)
	without := startOn(t, upstream, setup{timeouts: defaultTimeouts})
	with := startOn(t, upstream, setup{timeouts: defaultTimeouts, before: func(h *HTTP) { h.dispatcher.tools = nil }})
	inMeta := func(meta string) string {
		return `{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"_meta":` + meta + `,"name":"get_model_schema","arguments":{"model":"flux-2-pro"}}}`
	}
	for message, standalone := range map[string]bool{
		call(1, "get_model_schema", map[string]any{"model": "black-forest-labs/flux-2-pro"}): true,
		call(2, "get_model_schema", map[string]any{"Model": `flux-2-pro`, "color": "<b>"}):   true,
		call(3, "get_task", map[string]any{"tasktoken": "no such"}):                          true,
		call(4, "get_task", nil):                               true,
		call(5, "get_task", map[string]any{"taskid": 1e300}):   true,
		inMeta(`{"progressToken":7}`):                          true,
		inMeta(`null`):                                         true,
		call(6, "no_such_tool", nil):                           false,
		call(7, "run_model", map[string]any{"model": "no/no"}): false, // it may ask
		`{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"get_model_schema","requestState":"x","arguments":{"model":"flux-2-pro"}}}`: false,
	} {
		m, err := readMessage([]byte(message))
		require.NoError(t, err)
		require.Equal(t, standalone, without.dispatcher.standalone(mcptool.WithScope(t.Context(), mcptool.Scope{}), &m), message)
		require.Equal(t, with.post(message).body, without.post(message).body, message)
	}
	for _, version := range []string{mcp.ProtocolVersion20250326, mcp.ProtocolVersion20260728} { // the latter says so in each result
		edits := []func(*http.Request){header("MCP-Protocol-Version", version), header("Mcp-Method", "tools/call"), header("Mcp-Name", "get_model_schema")}
		message := call(1, "get_model_schema", map[string]any{"model": "flux-2-pro"})
		if mcp.IsModernProtocol(version) {
			message = modern("tools/call", map[string]any{"name": "get_model_schema", "arguments": map[string]any{"model": "flux-2-pro"}})
		}
		require.Equal(t, with.post(message, edits...).body, without.post(message, edits...).body)
	}
}
