package tools_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"
)

func TestOnlyClientsThatShowViewsGetThem(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, views := range []bool{true, false} {
		c, err := client.NewInProcessClient(s.MCP())
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		require.NoError(t, c.Start(soon(t)))
		hello := mcp.InitializeParams{ProtocolVersion: "2025-11-25", ClientInfo: mcp.Implementation{Name: "test", Version: "1"}}
		if views {
			hello.Capabilities.Extensions = map[string]any{"io.modelcontextprotocol/ui": map[string]any{"mimeTypes": []any{"text/html;profile=mcp-app"}}}
		}
		_, err = c.Initialize(soon(t), mcp.InitializeRequest{Params: hello})
		require.NoError(t, err)

		list, err := c.ListTools(soon(t), mcp.ListToolsRequest{})
		require.NoError(t, err)
		shown := map[string]any{}
		for _, tool := range list.Tools {
			if tool.Meta != nil {
				shown[tool.Name] = tool.Meta.AdditionalFields["ui"].(map[string]any)["resourceUri"]
			}
			require.True(t, views || tool.Name != "get_output")
		}
		resources, err := c.ListResources(soon(t), mcp.ListResourcesRequest{})
		require.NoError(t, err)
		pages := 0
		for _, resource := range resources.Resources {
			if resource.URI == "ui://wiro/result.html" {
				pages++
				require.Equal(t, "text/html;profile=mcp-app", resource.MIMEType)
			}
		}
		if !views {
			require.Empty(t, shown)
			require.Zero(t, pages)
			continue
		}
		require.Equal(t, 1, pages)
		require.Equal(t, map[string]any{
			"run_model": "ui://wiro/result.html", "get_task": "ui://wiro/result.html", "wait_for_task": "ui://wiro/result.html", "get_output": nil,
		}, shown)
		page, err := c.ReadResource(soon(t), mcp.ReadResourceRequest{Params: mcp.ReadResourceParams{URI: "ui://wiro/result.html"}})
		require.NoError(t, err)
		content := page.Contents[0].(mcp.TextResourceContents)
		require.Contains(t, content.Text, "ui/initialize")
		require.NotContains(t, content.Text, "src=\"http", "no script from elsewhere")
		require.Contains(t, content.Meta["ui"].(map[string]any)["csp"].(map[string]any)["resourceDomains"], "https://cdn.wiro.ai")
	}
}

func TestAViewGetsTheContentOfItsOwnTasks(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	run := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"x"}}`).ok()
	token := run.at("task.token").(string)
	output := s.call("get_output", `{"index":0,"tasktoken":"`+token+`"}`).ok("image/png")
	data, err := base64.StdEncoding.DecodeString(output.at("data").(string))
	require.NoError(t, err)
	_, _, err = image.DecodeConfig(bytes.NewReader(data))
	require.NoError(t, err)
	s.call("get_output", `{"index":7,"tasktoken":"`+token+`"}`).refused("no such file")
	s.call("get_output", `{"index":0,"tasktoken":"nobodys"}`).refused("no such task")
}
