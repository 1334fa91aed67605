package tools_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

type node = map[string]any

// eachSchema calls check with every schema of every tool, and with where it stands.
func eachSchema(t *testing.T, check func(t *testing.T, path string, input bool, s node)) {
	t.Helper()
	var walk func(path string, input bool, s node)
	walk = func(path string, input bool, s node) {
		check(t, path, input, s)
		properties, _ := s["properties"].(node)
		for name, property := range properties {
			walk(path+"."+name, input, property.(node))
		}
		if items, ok := s["items"].(node); ok {
			walk(path+"[]", input, items)
		}
	}
	for _, tool := range tools.All() {
		listed := tool.Tool()
		for input, raw := range map[bool]json.RawMessage{true: listed.RawInputSchema, false: listed.RawOutputSchema} {
			var schema node
			require.NoError(t, json.Unmarshal(raw, &schema))
			walk(tool.Name, input, schema)
		}
	}
}

// Each rule is what a converter of some client needs, rebuilt.
func TestSchemasSurviveTheConvertersOfClients(t *testing.T) {
	t.Parallel()
	plain := map[string]bool{"string": true, "number": true, "integer": true, "boolean": true, "object": true, "array": true}
	gemini := map[string]bool{
		"type": true, "description": true, "properties": true, "required": true, "items": true, "enum": true, "minimum": true,
		"maximum": true, "default": true, "additionalProperties": true,
	}
	eachSchema(t, func(t *testing.T, path string, input bool, s node) {
		kind, _ := s["type"].(string)
		require.True(t, plain[kind] || !input && isNullable(s), "%s: Mastra, Zod and Inspector --strict want one plain type: %v", path, s["type"])
		require.NotContains(t, s, "examples", "%s: Gemini and Inspector refuse samples", path)
		require.NotContains(t, s, "example", path)
		if input {
			for keyword := range s {
				require.True(t, gemini[keyword], "%s: Gemini knows no %s", path, keyword)
			}
			if enum, ok := s["enum"].([]any); ok {
				require.Equal(t, "string", kind, "%s: Gemini takes enums of texts alone", path)
				for _, value := range enum {
					require.IsType(t, "", value, path)
				}
			}
		}
		if kind == "array" {
			require.Contains(t, s, "items", "%s: OpenAI and VS Code want items", path)
		}
		if value, ok := s["default"]; ok {
			want := map[string]any{"string": "", "boolean": false, "number": 0.0, "integer": 0.0}[kind]
			require.IsType(t, want, value, "%s: the default has another type", path)
		}
		properties, _ := s["properties"].(node)
		for name := range properties {
			require.Regexp(t, regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`), name, "%s: Anthropic and OpenAI refuse the name", path)
		}
		required, _ := s["required"].([]any)
		for _, name := range required {
			require.Contains(t, properties, name, "%s: Gemini refuses a required property that there is not", path)
		}
	})
}

// The strict rule of OpenAI's Agents SDK closes every object that says nothing of further
// properties: one without any could then only be {}. Objects that say true are left alone.
func TestTheStrictRuleNarrowsNoObject(t *testing.T) {
	t.Parallel()
	free := 0
	eachSchema(t, func(t *testing.T, path string, _ bool, s node) {
		properties, _ := s["properties"].(node)
		if s["type"] != "object" || len(properties) > 0 || s["additionalProperties"] == false {
			return
		}
		free++
		require.Equal(t, true, s["additionalProperties"], "%s would only take {}", path)
	})
	require.Positive(t, free)
}

// isNullable reports whether a schema is one of a value or null.
func isNullable(s node) bool {
	either, ok := s["anyOf"].([]any)
	return ok && len(either) == 2 && reflect.DeepEqual(either[1], node{"type": "null"})
}
