package wiromcp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

func TestAProgramsOwnToolIsOfferedOverEveryTransport(t *testing.T) {
	t.Parallel()
	srv := wirotest.NewServer()
	defer srv.Close()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client(), Tools: []wiromcp.Tool{stockTool()}})
	const (
		initialize = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`
		list       = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
		call       = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"check_stock","arguments":{"item":"bread"}}}`
		refused    = `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"check_stock","arguments":{"item":"unicorn"}}}`
	)
	check := func(answers string) {
		for _, text := range []string{`"check_stock"`, `"search_models"`, "How many of an item there are.", "what to look for", "7 of bread", "There are no unicorns."} {
			require.Contains(t, answers, text)
		}
	}

	input, output := io.Pipe()
	var stdio lockedBuffer
	served := make(chan error, 1)
	go func() { served <- server.ServeStdio(t.Context(), input, &stdio) }()
	for _, message := range []string{initialize, list, call, refused} {
		_, err := fmt.Fprintln(output, message)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return strings.Count(stdio.String(), "\n") == 4 }, wait, tick)
	require.NoError(t, output.Close())
	require.NoError(t, <-served)
	check(stdio.String())

	handler, err := server.Handler(wiromcp.HTTPOptions{})
	require.NoError(t, err)
	post := func(message string, header ...string) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/v1", bytes.NewReader([]byte(message)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+srv.Key)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Body.String()
	}
	check(post(list) + post(call) + post(refused))
	require.NotContains(t, post(list, "X-MCP-Toolsets", "models"), "check_stock")
	require.NotContains(t, post(list, "X-MCP-Toolsets", "custom"), "search_models")
	require.Contains(t, post(list, "X-MCP-Toolsets", "custom"), "check_stock")
	require.Contains(t, post(list, "X-MCP-Readonly", "true"), "check_stock")
}

func TestEveryToolsetHasAConstant(t *testing.T) {
	t.Parallel()
	all, err := wiromcp.ParseToolsets("all")
	require.NoError(t, err)
	require.ElementsMatch(t, []wiromcp.Toolset{
		wiromcp.ToolsetModels, wiromcp.ToolsetTasks, wiromcp.ToolsetFiles, wiromcp.ToolsetDocs, wiromcp.ToolsetAgents, wiromcp.ToolsetMessages,
		wiromcp.ToolsetCredentials, wiromcp.ToolsetSkills, wiromcp.ToolsetBilling, wiromcp.ToolsetLogs, wiromcp.ToolsetTeams, wiromcp.ToolsetExtras,
	}, all)
}

func TestAnMCPServerOfAnotherKindHasTheCredentialsOfItsContext(t *testing.T) {
	t.Parallel()
	srv := wirotest.NewServer()
	defer srv.Close()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client()}).MCP()
	ask := func(ctx context.Context, tool string) string {
		answer, err := json.Marshal(server.HandleMessage(ctx, json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":{}}}`)))
		require.NoError(t, err)
		return string(answer)
	}
	require.Contains(t, ask(t.Context(), "list_tasks"), "carries no Wiro credentials", "never the server's own")
	require.NotContains(t, ask(t.Context(), "list_agents"), "carries no Wiro credentials", "what is public needs none")
	mine := wiromcp.WithCredentials(t.Context(), wiro.Credentials{Key: wiro.Secret(srv.Key)})
	require.Contains(t, ask(mine, "list_tasks"), "No tasks yet")
}

// A program may add tools of its own to the MCP server that ServeStdio serves.
func TestAToolThatAProgramAddsToTheMCPServerGetsItsArguments(t *testing.T) {
	t.Parallel()
	srv := wirotest.NewServer()
	defer srv.Close()
	s := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client()})
	s.MCP().AddTool(mcp.NewTool("greet"), func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("hello " + r.GetString("name", "nobody")), nil
	})
	in := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":{"name":"Ada"}}}
`)
	var out bytes.Buffer
	require.NoError(t, s.ServeStdio(t.Context(), in, &out))
	require.Contains(t, out.String(), "hello Ada")
}
