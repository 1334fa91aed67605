package tools_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// protocolSchema returns a definition of a version's own schema.
func protocolSchema(t *testing.T, version, definition string) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile("testdata/protocol/" + version + ".json")
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("https://mcp.test/"+version, document))
	definitions := "$defs"
	if _, old := document.(map[string]any)["definitions"]; old {
		definitions = "definitions"
	}
	schema, err := compiler.Compile("https://mcp.test/" + version + "#/" + definitions + "/" + definition)
	require.NoError(t, err)
	return schema
}

func valid(t *testing.T, schema *jsonschema.Schema, value any, what string) {
	t.Helper()
	data, err := json.Marshal(value)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(document), "%s: %s", what, data)
}

// Whatever a tool answers is valid in every version that is served, for known and unknown
// clients.
func TestResultsAreValidInEveryProtocolVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, version := range mcp.ValidProtocolVersions {
		schema := protocolSchema(t, version, "CallToolResult")
		for _, client := range []string{"claude-code", "somebody's own"} {
			scope := mcptool.Scope{Caller: mcptool.ServerCredentials{}, Client: &mcptool.Client{ClientInfo: mcptool.ClientInfo{Name: client, Protocol: version}}}
			ctx := mcptool.WithScope(own(t), scope)
			call := func(tool, arguments string) {
				var given map[string]any
				require.NoError(t, json.Unmarshal([]byte(arguments), &given))
				result := s.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: tool, Arguments: given}})
				if mcp.IsModernProtocol(version) {
					result.ResultType = "complete" // mcp-go sets it when it answers
				}
				valid(t, schema, result, version+" "+client+" "+tool)
				links := 0
				for _, content := range result.Content {
					if _, is := content.(mcp.ResourceLink); is {
						links++
					}
				}
				if client != "claude-code" || version < mcp.ProtocolVersion20250618 {
					require.Zero(t, links, "%s %s %s", version, client, tool)
				}
			}
			for _, tool := range tools.All() {
				for _, example := range tool.Examples {
					if tool.Name == "wait_for_task" || tool.Name == "run_model" {
						continue // below, in all their states
					}
					call(tool.Name, example.Arguments)
				}
			}
			call("run_model", `{"model":"`+picture+`","params":{"prompt":"x"}}`)
			call("run_model", `{"model":"`+chat+`","params":{"prompt":"x"}}`)
			call("run_model", `{"model":"sandbox/fail","params":{"prompt":"x"}}`)
			call("run_model", `{"model":"`+picture+`","params":{"prompt":"x"},"wait":false}`)
			call("run_model", `{"model":"no/such","params":{}}`)
			call("no_such_tool", `{}`)
		}
	}
}

func TestTheToolListIsValidInEveryProtocolVersion(t *testing.T) {
	t.Parallel()
	var list mcp.ListToolsResult
	for _, tool := range tools.All() {
		list.Tools = append(list.Tools, tool.Tool())
	}
	for _, version := range mcp.ValidProtocolVersions {
		var plain map[string]any
		data, err := json.Marshal(list)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &plain))
		if mcp.IsModernProtocol(version) { // mcp-go sets them when it answers
			plain["resultType"], plain["ttlMs"], plain["cacheScope"] = "complete", 1, "private"
		}
		valid(t, protocolSchema(t, version, "ListToolsResult"), plain, version)
	}
}
