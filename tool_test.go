package wiromcp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	sandbox "github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

type stockQuery struct {
	Item  string `json:"item" doc:"what to look for"`
	Limit int    `json:"limit,omitempty" min:"1" max:"9" default:"3" doc:"how many to list"`
}

type stock struct {
	Item  string `json:"item"`
	Count int    `json:"count"`
}

func (s stock) Text() string { return fmt.Sprintf("%d of %s", s.Count, s.Item) }

// stockTool is a tool of a program's own.
func stockTool() wiromcp.Tool {
	return wiromcp.NewTool(wiromcp.ToolMeta{
		Name: "check_stock", Title: "Check the stock", Description: "How many of an item there are.",
	}, func(_ context.Context, call *wiromcp.ToolCall, in stockQuery) (stock, error) {
		call.Progress(0.5, 1, "counting")
		if in.Item == "unicorn" {
			return stock{}, &wiromcp.ToolError{Text: "There are no unicorns."}
		}
		return stock{Item: in.Item, Count: 7}, nil
	})
}

// A tool of the program's own stands beside those of Wiro.
func ExampleNewTool() {
	client, done := emulator()
	defer done()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: client, Tools: []wiromcp.Tool{stockTool()}})

	result, err := server.Call(context.Background(), "check_stock", map[string]any{"item": "bread"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Text, string(result.Structured))
	// Output: 7 of bread {"item":"bread","count":7}
}

func TestAProgramsOwnToolIsOfferedOverEveryTransport(t *testing.T) {
	t.Parallel()
	client, done := emulator()
	defer done()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: client, Tools: []wiromcp.Tool{stockTool()}})
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
		r.Header.Set("Authorization", "Bearer "+sandbox.DemoKey)
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

func TestAnMCPServerOfAnotherKindHasTheCredentialsOfItsContext(t *testing.T) {
	t.Parallel()
	client, done := emulator()
	defer done()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: client}).MCP()
	ask := func(ctx context.Context, tool string) string {
		answer, err := json.Marshal(server.HandleMessage(ctx, json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":{}}}`)))
		require.NoError(t, err)
		return string(answer)
	}
	require.Contains(t, ask(t.Context(), "list_tasks"), "carries no Wiro credentials", "never the server's own")
	require.NotContains(t, ask(t.Context(), "list_agents"), "carries no Wiro credentials", "what is public needs none")
	mine := wiromcp.WithCredentials(t.Context(), wiro.Credentials{Key: sandbox.DemoKey})
	require.Contains(t, ask(mine, "list_tasks"), "No tasks yet")
}
