package tools_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wiroai/wiro-mcp-go/docsindex"
	"github.com/wiroai/wiro-mcp-go/internal/docs"
	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/fetch"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is a context for what takes no time unless it hangs: a hang then is a failure that
// says where.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// own is soon for a client that calls with the server's own credentials, as over stdio.
func own(t *testing.T) context.Context {
	t.Helper()
	return mcptool.WithScope(soon(t), mcptool.Scope{Caller: mcptool.ServerCredentials{}})
}

// stage is a server of all tools against a sandbox at full speed.
type stage struct {
	*tools.Server
	sandbox *emulator.Server
	t       *testing.T
}

func newStage(t *testing.T, change ...func(*tools.Options)) *stage {
	t.Helper()
	s := emulator.New(emulator.Options{Record: true})
	require.NoError(t, s.Start(""))
	t.Cleanup(s.Close)
	return (&stage{sandbox: s, t: t}).again(change...)
}

// again is another server against the same sandbox.
func (s *stage) again(change ...func(*tools.Options)) *stage {
	s.t.Helper()
	client := wiro.NewClient(wiro.Options{
		BaseURL: s.sandbox.APIURL(), SocketURL: s.sandbox.SocketURL(), MinBackoff: time.Millisecond,
		Credentials:   wiro.Credentials{Key: emulator.DemoSignedKey, Secret: emulator.DemoSignedSecret},
		PollIntervals: []time.Duration{20 * time.Millisecond}, SafetyPollInterval: 100 * time.Millisecond,
	})
	s.t.Cleanup(client.Close)
	guarded := fetch.CallerClient(fetch.Options{AllowPrivate: true})
	s.t.Cleanup(guarded.CloseIdleConnections)
	options := tools.Options{
		Wiro: client, Docs: docs.Open(docsindex.Pages()), Fetch: guarded, Toolsets: tools.AllToolsets, Version: "test",
	}
	for _, c := range change {
		c(&options)
	}
	return &stage{tools.New(options), s.sandbox, s.t}
}

// call calls a tool with JSON arguments and returns both forms of what it answers. With
// confirm:true it is the call of a user who agrees to what is quoted.
func (s *stage) call(tool, arguments string) answer {
	s.t.Helper()
	var parsed map[string]any
	require.NoError(s.t, json.Unmarshal([]byte(arguments), &parsed))
	a := s.once(tool, parsed)
	if parsed["confirm"] == true && a.data["state"] == "confirmation_required" {
		maps.Copy(parsed, a.at("nextAction.arguments").(map[string]any))
		a = s.once(tool, parsed)
	}
	return a
}

// once calls a tool without agreeing to anything.
func (s *stage) once(tool string, parsed map[string]any) answer {
	s.t.Helper()
	result, err := s.Call(soon(s.t), tool, parsed, nil)
	require.NoError(s.t, err)
	a := answer{text: result.Text, isError: result.IsError, t: s.t}
	require.NoError(s.t, json.Unmarshal(result.Structured, &a.data))
	return a
}

type answer struct {
	text    string
	data    map[string]any
	isError bool
	t       *testing.T
}

// ok asserts a success whose text holds all of these.
func (a answer) ok(texts ...string) answer {
	a.t.Helper()
	require.False(a.t, a.isError, a.text)
	for _, text := range texts {
		require.Contains(a.t, a.text, text)
	}
	return a
}

// refused asserts an error whose text holds all of these.
func (a answer) refused(texts ...string) answer {
	a.t.Helper()
	require.True(a.t, a.isError, a.text)
	for _, text := range texts {
		require.Contains(a.t, a.text, text)
	}
	return a
}

// at returns what stands under a path such as "task.token" or "outputs.0.url".
func (a answer) at(path string) any {
	a.t.Helper()
	var value any = a.data
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i := int(step[0] - '0')
			require.Less(a.t, i, len(v), "%s of %v", path, a.data)
			value = v[i]
		default:
			require.Fail(a.t, "no "+path, "%v", a.data)
		}
	}
	return value
}

// golden holds a text against a file, or writes the file where UPDATE is set.
func golden(t *testing.T, file, text string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "make snapshots writes it")
	require.Equal(t, string(want), text, "make snapshots accepts the change")
}

// The snapshot of every tool as clients list it: a change shows in review.
func TestToolSnapshots(t *testing.T) {
	t.Parallel()
	for _, d := range tools.All() {
		data, err := json.MarshalIndent(d.Tool(), "", "  ")
		require.NoError(t, err)
		golden(t, filepath.Join("schemas", d.Name+".json"), string(data)+"\n")
	}
}

// The register of the tools, with their examples: the end-to-end tests read it.
func TestRegisterSnapshot(t *testing.T) {
	t.Parallel()
	type entry struct {
		Name                 string            `json:"name"`
		Toolset              tools.Toolset     `json:"toolset"`
		Effect               string            `json:"effect"`
		Public               bool              `json:"public,omitempty"`
		RequiresConfirmation bool              `json:"requiresConfirmation,omitempty"`
		Examples             []json.RawMessage `json:"examples"`
	}
	var register []entry
	for _, d := range tools.All() {
		e := entry{d.Name, d.Toolset, [...]string{"reads", "writes", "destroys"}[d.Effect], d.Public, d.RequiresConfirmation, nil}
		for _, example := range d.Examples {
			e.Examples = append(e.Examples, json.RawMessage(example.Arguments))
		}
		require.NotEmpty(t, e.Examples, "%s has no example", d.Name)
		register = append(register, e)
	}
	data, err := json.MarshalIndent(register, "", "  ")
	require.NoError(t, err)
	golden(t, "../../../e2e/tools.json", string(data)+"\n")
}

// The snapshot of what every example sends to Wiro, which says yes to everything.
func TestRequestSnapshot(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, d := range tools.All() {
		if d.Offline {
			continue
		}
		for _, example := range d.Examples {
			fmt.Fprintf(&b, "%s %s\n", d.Name, example.Arguments)
			var sent []string
			answers := map[string]string{} // yes to everything
			if d.RequiresConfirmation {
				answers = tools.ForSale(d.Name)
			}
			s := newScript(t, answers)
			s.call(d.Name, example.Arguments)
			for _, r := range s.requests() {
				body, err := json.Marshal(r.body)
				require.NoError(t, err)
				line := strings.TrimSpace("  " + r.path + " " + string(body) + " " + r.team)
				if !slices.Contains(sent, line) { // it may look more than once
					sent = append(sent, line)
				}
			}
			slices.SortStableFunc(sent, func(a, b string) int { // some are sent at the same time
				if x, y := strings.Fields(a)[0], strings.Fields(b)[0]; x != y {
					return 0
				}
				return strings.Compare(a, b)
			})
			for _, line := range sent {
				b.WriteString("  " + line + "\n")
			}
		}
	}
	golden(t, "requests.txt", b.String())
}

func TestSchemasArePortable(t *testing.T) {
	t.Parallel()
	var walk func(t *testing.T, path string, schema map[string]any, output bool)
	walk = func(t *testing.T, path string, schema map[string]any, output bool) {
		if either, ok := schema["anyOf"].([]any); ok && output { // what may be unknown
			require.Len(t, either, 2, path)
			require.Equal(t, map[string]any{"type": "null"}, either[1], path)
			walk(t, path, either[0].(map[string]any), output)
			return
		}
		for _, word := range []string{"$ref", "$defs", "const", "oneOf", "anyOf", "allOf", "exclusiveMinimum", "exclusiveMaximum"} {
			require.NotContains(t, schema, word, path)
		}
		if kind, given := schema["type"]; given {
			require.IsType(t, "", kind, path)
			if kind == "array" {
				items, ok := schema["items"].(map[string]any)
				require.True(t, ok, "%s has no items", path)
				walk(t, path+"[]", items, output)
			}
		}
		if output {
			require.NotEqual(t, false, schema["additionalProperties"], path)
		}
		properties, _ := schema["properties"].(map[string]any)
		for name, member := range properties {
			walk(t, path+"."+name, member.(map[string]any), output)
		}
	}
	for _, d := range tools.All() {
		data, err := json.Marshal(d.Tool())
		require.NoError(t, err)
		var tool struct {
			Name         string         `json:"name"`
			Description  string         `json:"description"`
			InputSchema  map[string]any `json:"inputSchema"`
			OutputSchema map[string]any `json:"outputSchema"`
			Annotations  map[string]any `json:"annotations"`
		}
		require.NoError(t, json.Unmarshal(data, &tool))
		require.Regexp(t, `^[a-zA-Z][a-zA-Z0-9_-]{0,39}$`, tool.Name)
		require.NotEmpty(t, tool.Description, tool.Name)
		require.Equal(t, "object", tool.InputSchema["type"], tool.Name)
		require.Equal(t, "object", tool.OutputSchema["type"], tool.Name)
		require.Len(t, tool.Annotations, 5, tool.Name)
		walk(t, tool.Name, tool.InputSchema, false)
		walk(t, tool.Name, tool.OutputSchema, true)
		for name, member := range tool.InputSchema["properties"].(map[string]any) {
			require.NotEmpty(t, member.(map[string]any)["description"], "%s.%s has no doc", tool.Name, name)
		}
	}
}

// The list that every client loads at start stays small.
func TestToolListStaysSmall(t *testing.T) {
	t.Parallel()
	size := func(set []tools.Toolset) int {
		total := 0
		for _, d := range tools.New(tools.Options{Toolsets: set}).Tools() {
			if d.ForViews { // no model is sent it
				continue
			}
			tool := d.Tool()
			tool.RawOutputSchema = nil
			data, err := json.Marshal(tool)
			require.NoError(t, err)
			total += len(data) + 1
		}
		return total
	}
	byDefault, all := size(tools.DefaultToolsets), size(tools.AllToolsets)
	t.Logf("tools/list without output schemas: %d bytes by default, %d with all toolsets", byDefault, all)
	require.LessOrEqual(t, byDefault, 24<<10)
	require.LessOrEqual(t, all, 52<<10)
}

// fuzzServer is a server whose Wiro refuses every connection at once.
func fuzzServer() *tools.Server {
	nowhere := &http.Client{Transport: refusing{}}
	return tools.New(tools.Options{Wiro: wiro.NewClient(wiro.Options{HTTPClient: nowhere, MinBackoff: 1, SocketURL: wiro.NoSocket})})
}

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no network")
}
