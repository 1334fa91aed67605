package tools_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/docsindex"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// connect returns an MCP client of the stage, in this process.
func connect(t *testing.T, s *stage) *client.Client {
	t.Helper()
	c, err := client.NewInProcessClient(s.MCP())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.Start(soon(t)))
	_, err = c.Initialize(soon(t), mcp.InitializeRequest{Params: mcp.InitializeParams{
		ProtocolVersion: "2025-11-25", ClientInfo: mcp.Implementation{Name: "claude-code", Version: "2.1.112"}, // takes links,
	}})
	require.NoError(t, err)
	return c
}

func TestDocumentationPagesAreResources(t *testing.T) {
	t.Parallel()
	c := connect(t, newStage(t))
	list, err := c.ListResources(soon(t), mcp.ListResourcesRequest{})
	require.NoError(t, err)
	pages, err := fs.Glob(docsindex.Pages(), "*.md")
	require.NoError(t, err)
	require.Len(t, list.Resources, len(pages))
	for _, resource := range list.Resources {
		require.True(t, strings.HasPrefix(resource.URI, "wiro://docs/"))
		require.NotEmpty(t, resource.Description)
	}
	templates, err := c.ListResourceTemplates(soon(t), mcp.ListResourceTemplatesRequest{})
	require.NoError(t, err)
	require.Len(t, templates.ResourceTemplates, 1)
	page, err := c.ReadResource(soon(t), mcp.ReadResourceRequest{Params: mcp.ReadResourceParams{URI: "wiro://docs/tasks"}})
	require.NoError(t, err)
	text := page.Contents[0].(mcp.TextResourceContents)
	require.Contains(t, text.Text, "task_postprocess_end")
	require.NotContains(t, text.Text, "questions:")
	_, err = c.ReadResource(soon(t), mcp.ReadResourceRequest{Params: mcp.ReadResourceParams{URI: "wiro://docs/nothing"}})
	require.Error(t, err)
}

func complete(t *testing.T, c *client.Client, ref any, name, value string) []string {
	t.Helper()
	answer, err := c.Complete(own(t), mcp.CompleteRequest{Params: mcp.CompleteParams{
		Ref: ref, Argument: mcp.CompleteArgument{Name: name, Value: value},
	}})
	require.NoError(t, err)
	return answer.Completion.Values
}

func TestSlugsAndPromptArgumentsComplete(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := connect(t, s)
	require.Contains(t, complete(t, c, mcp.ResourceReference{Type: "ref/resource", URI: "wiro://docs/{slug}"}, "slug", "ta"), "tasks")
	prompt := func(name string) mcp.PromptReference { return mcp.PromptReference{Type: "ref/prompt", Name: name} }
	require.Equal(t, []string{"watercolor"}, complete(t, c, prompt("make_image"), "style", "water"))
	require.Empty(t, complete(t, c, prompt("make_image"), "description", "x"))

	s.call("run_model", `{"model":"sandbox/fail","params":{"prompt":"x"}}`)
	require.Len(t, complete(t, c, prompt("why_did_it_fail"), "task", ""), 1)
}

func TestPromptsAskForTheirTools(t *testing.T) {
	t.Parallel()
	c := connect(t, newStage(t))
	list, err := c.ListPrompts(soon(t), mcp.ListPromptsRequest{})
	require.NoError(t, err)
	require.Len(t, list.Prompts, 4)
	got, err := c.GetPrompt(soon(t), mcp.GetPromptRequest{Params: mcp.GetPromptParams{
		Name: "make_image", Arguments: map[string]string{"description": "a cat.", "style": "watercolor"},
	}})
	require.NoError(t, err)
	text := got.Messages[0].Content.(mcp.TextContent).Text
	require.Contains(t, text, "a cat. Style: watercolor.")
	_, err = c.GetPrompt(soon(t), mcp.GetPromptRequest{Params: mcp.GetPromptParams{Name: "make_image"}})
	require.ErrorContains(t, err, "needs description")

	few := connect(t, newStage(t, func(o *tools.Options) { o.ReadOnly = true }))
	list, err = few.ListPrompts(soon(t), mcp.ListPromptsRequest{})
	require.NoError(t, err)
	for _, p := range list.Prompts {
		require.NotContains(t, []string{"make_image", "set_up_agent"}, p.Name, "it needs a tool that is off")
	}
}

func TestResultsAreCompleteInBothForms(t *testing.T) {
	t.Parallel()
	c := connect(t, newStage(t))
	result, err := c.CallTool(own(t), mcp.CallToolRequest{Params: mcp.CallToolParams{
		Name: "run_model", Arguments: map[string]any{"model": picture, "params": map[string]any{"prompt": "x"}},
	}})
	require.NoError(t, err)
	text := result.Content[0].(mcp.TextContent).Text
	link := result.Content[1].(mcp.ResourceLink)
	require.Contains(t, text, link.URI)
	require.Equal(t, "image/png", link.MIMEType)
	require.Positive(t, *link.Size)
	data, err := json.Marshal(result.StructuredContent)
	require.NoError(t, err)
	require.Contains(t, string(data), link.URI)
}

// Nothing but what the filter leaves exists, on the list and on calls.
func TestNarrowedToolsDoNotExist(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := mcptool.WithScope(soon(t), mcptool.Scope{Allowed: func(t mcptool.Tool) bool { return t.Name == "search_docs" }})
	handle := func(ctx context.Context, message string) string {
		data, err := json.Marshal(s.MCP().HandleMessage(ctx, json.RawMessage(message)))
		require.NoError(t, err)
		return string(data)
	}
	list := handle(ctx, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	require.Contains(t, list, "search_docs")
	require.NotContains(t, list, "run_model")
	require.Contains(t, handle(ctx, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"run_model","arguments":{}}}`), "not found")
}

func TestHugeResultsAreCut(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	page := s.call("read_doc", `{"page":"Agent Overview"}`).ok()
	require.LessOrEqual(t, len([]rune(page.text)), 100_000)
	all := s.call("search_models", `{"limit":100}`).ok()
	data, err := json.Marshal(all.data)
	require.NoError(t, err)
	require.LessOrEqual(t, len([]rune(string(data))), 100_000)
}
