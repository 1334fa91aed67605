package install_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/install"
)

// documents are harder than fixtures: what of them is empty, short or unusual must come back, too.
var documents = map[string][]string{
	"cursor": {
		"{\n  \"mcpServers\": {}\n}\n", "{ \"mcpServers\": { } }\n", "{ }", "{\n}\n", "\n\n", "// nothing yet\n", "// nothing yet",
		"{\n  \"mcpServers\": {\n    // none yet\n  }\n}\n", "{\"theme\":\"dark\"}\n", "{ \"mcpServers\": { \"a\": { \"command\": \"x\" } } }\n",
		"{\n  \"z\": 1,\n  \"mcpServers\": {\n    \"a\": {\"command\": \"x\",},\n  },\n}\n", "{\n  \"mcpServers\": {\"a\": {\"command\": \"x\"}},\n  \"z\": 1\n}",
		"/* head */\n{\n  \"mcpServers\": { /* e */ \"a\": {\"command\": \"x\"} /* f */ }, // tail\n}\n// eof",
		"\ufeff{\r\n  \"mcpServers\": {\r\n    \"a\": {\"command\": \"x\"}\r\n  }\r\n}\r\n",
		"{\n  \"mcpServers\": {\n    \"wiro\": {\"command\": \"npx\", \"args\": [\"-y\", \"@wiro-ai/wiro-mcp\"]},\n    \"a\": {\"command\": \"x\"}\n  }\n}\n",
	},
	"codex": {
		"[mcp_servers.a]\ncommand = \"x\"", "mcp_servers.a.command = \"x\"\n", "[mcp_servers]\na = { command = \"x\" }\n", "\ufeffmodel = \"x\"\n",
		"model = \"x\"\n\n\n", "model = \"x\"\n   ", "# hi", "[mcp_servers]\n", "[[p]]\na=1\n[[p]]\na=\"x\"\n",
		"# c\n[mcp_servers.a] # t\ncommand = \"x\" # y\n# tail\n",
	},
	"goose": {
		"extensions:\n  a:\n    type: \"x\"", "d: &d\n  enabled: true\nextensions:\n  a:\n    <<: *d\n    type: \"x\"\n", "extensions: {}\n", "extensions: ~ # none\nz: 1\n",
		"# c\nextensions: # ext\n  # first\n  a: # A\n    type: \"x\" # t\n  # last\n# eof\nz: 1\n", "---\nGOOSE_MODEL: \"x\"\n", "# top\n---\nz: 1\n",
		"extensions: # none\n  # yet\nz: 1\n", "z:\n- a\n- \"x\"\nextensions:\n  a:\n    args:\n    - \"x\"\n", "\ufeffz: \"x\"\n", "z: 1\r\nextensions:\r\n  a:\r\n    type: \"x\"\r\n",
	},
	"vscode": {
		"{\n  \"servers\": {},\n  \"inputs\": []\n}\n", "{\"servers\":{\"a\":{\"command\":\"x\"}}}", "{\n  \"servers\": {\n    \"a\": {\"command\": \"x\",},\n  },\n}\n",
	},
}

// edits are what a user may change while the entry is there.
var edits = map[string]func(string) string{
	"nothing":   func(text string) string { return text },
	"a value":   func(text string) string { return strings.Replace(text, `"x"`, `"another"`, 1) },
	"a comment": func(text string) string { return text },
}

func TestRemovalUndoesTheEntryAloneWhateverWasChangedSince(t *testing.T) {
	t.Parallel()
	for id, texts := range documents {
		comment := "# of the user\n"
		if id == "cursor" || id == "vscode" {
			comment = "// of the user\n"
		}
		for _, before := range texts {
			for name, edit := range edits {
				if name == "a comment" {
					edit = func(text string) string {
						text, marked := strings.CutPrefix(text, "\ufeff")
						return strings.Repeat("\ufeff", map[bool]int{true: 1}[marked]) + comment + text
					}
				}
				t.Run(id+"/"+name, func(t *testing.T) {
					t.Parallel()
					client, m, file := written(t, id, before)
					apply(t)(client.Install(m, local, ""))
					require.Contains(t, read(t, file), "/opt/wiro/wiro-mcp")
					require.NoError(t, os.WriteFile(file, []byte(edit(read(t, file))), 0o600))
					updated := install.Server{Command: "/opt/wiro/newer-wiro-mcp", Key: key}
					apply(t)(client.Install(m, updated, ""))
					apply(t)(client.Remove(m, ""))
					require.Equal(t, edit(before), read(t, file))
					left, err := os.ReadDir(filepath.Dir(file))
					require.NoError(t, err)
					require.Len(t, left, 1, "no copy is left behind")
				})
			}
		}
	}
}

func TestRemovingTwiceRemovesOnce(t *testing.T) {
	t.Parallel()
	client, m, file := written(t, "cursor", "{\n  \"mcpServers\": {\n    \"a\": { \"command\": \"x\" }\n  }\n}\n")
	apply(t)(client.Install(m, local, ""))
	// The same lines, so that what was changed cannot be told from the entry.
	edited := strings.Replace(read(t, file), "    }\n  }\n}", "    },\n    \"b\": { \"command\": \"y\" }\n  }\n}", 1)
	require.NoError(t, os.WriteFile(file, []byte(edited), 0o600))
	apply(t)(client.Remove(m, ""))
	want := "{\n  \"mcpServers\": {\n    \"a\": { \"command\": \"x\" },\n    \"b\": { \"command\": \"y\" }\n  }\n}\n"
	require.Equal(t, want, read(t, file))
	again, err := client.Remove(m, "")
	require.NoError(t, err)
	require.False(t, again.Changed())
	require.NotContains(t, again.Diff(), "wiro")
}

func TestAnEntryThatWasThereBeforeComesBackAndIsTold(t *testing.T) {
	t.Parallel()
	before := `{"mcpServers":{"wiro":{"command":"npx","args":["-y","@wiro-ai/wiro-mcp"]}}}`
	client, m, file := written(t, "cursor", before)
	apply(t)(client.Install(m, local, ""))
	removal, err := client.Remove(m, "")
	require.NoError(t, err)
	require.True(t, removal.Restored)
	_, err = removal.Apply()
	require.NoError(t, err)
	require.Equal(t, before, read(t, file))

	second, err := client.Remove(m, "")
	require.NoError(t, err)
	require.False(t, second.Restored)
	_, err = second.Apply()
	require.NoError(t, err)
	left, _ := os.ReadFile(file) // or it is gone
	require.NotContains(t, string(left), "wiro")
}

func TestAnUpdateKeepsWhatTheUserSet(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]struct{ before, after string }{
		"cursor": {
			"{\n  \"mcpServers\": {\n    \"wiro\": { // mine\n      \"command\": \"/old/wiro-mcp\",\n      \"autoApprove\": [\"search_models\"],\n      \"env\": {\n        \"WIRO_API_KEY\": \"old-key\", // of team A\n        \"WIRO_API_SECRET\": \"old-secret\",\n        \"WIRO_MAX_COST_PER_DAY\": \"5\"\n      }\n    }\n  }\n}\n",
			"{\n  \"mcpServers\": {\n    \"wiro\": { // mine\n      \"command\": \"/opt/wiro/wiro-mcp\",\n      \"autoApprove\": [\"search_models\"],\n      \"env\": {\n        \"WIRO_API_KEY\": \"NEW\", // of team A\n        \"WIRO_MAX_COST_PER_DAY\": \"5\"\n      },\n      \"args\": []\n    }\n  }\n}\n",
		},
		"codex": {
			"[mcp_servers.wiro]\ncommand = \"/old/wiro-mcp\"\ntool_timeout_sec = 1200\nenabled_tools = [\"run_model\"]\n\n[mcp_servers.wiro.env]\nWIRO_API_KEY = \"old-key\"\nWIRO_MAX_COST_PER_DAY = \"5\"\n\n[other]\na = 1\n",
			"[mcp_servers.wiro]\ncommand = \"/opt/wiro/wiro-mcp\"\nargs = []\ntool_timeout_sec = 1200\nenabled_tools = [\"run_model\"]\n\n[mcp_servers.wiro.env]\nWIRO_API_KEY = \"NEW\"\nWIRO_MAX_COST_PER_DAY = \"5\"\n\n[other]\na = 1\n",
		},
		"goose": {
			"extensions:\n  wiro:\n    name: Wiro\n    type: stdio\n    enabled: false\n    cmd: /old/wiro-mcp\n    timeout: 900\n    envs:\n      WIRO_MAX_COST_PER_DAY: \"5\"\n    available_tools: [run_model]\nz: 1\n",
			"extensions:\n  wiro:\n    name: Wiro\n    type: stdio\n    enabled: false\n    cmd: /opt/wiro/wiro-mcp\n    args: []\n    timeout: 900\n    env_keys:\n      - WIRO_API_KEY\n    envs:\n      WIRO_MAX_COST_PER_DAY: \"5\"\n    available_tools:\n      - run_model\nz: 1\n",
		},
	} {
		client, m, file := written(t, id, test.before)
		apply(t)(client.Install(m, local, ""))
		assert.Equal(t, strings.ReplaceAll(test.after, "NEW", key), read(t, file), id)
		keyless, err := client.Install(m, install.Server{Command: local.Command}, "")
		require.NoError(t, err)
		assert.False(t, keyless.Changed(), "without a key the one that is there stays: %s", keyless.Diff())
		apply(t)(client.Remove(m, ""))
		assert.Equal(t, test.before, read(t, file))
	}
}

func TestAKeyOfOneHostDoesNotGoToAnother(t *testing.T) {
	t.Parallel()
	client, m, file := written(t, "cursor", "")
	apply(t)(client.Install(m, install.Server{URL: "https://one.example.com/mcp", Key: key}, ""))
	apply(t)(client.Install(m, install.Server{URL: "https://one.example.com/v1"}, ""))
	require.Contains(t, read(t, file), key, "the same host keeps it")
	apply(t)(client.Install(m, install.Server{URL: "https://two.example.com/v1"}, ""))
	require.NotContains(t, read(t, file), key)
	apply(t)(client.Install(m, local, ""))
	require.NotContains(t, read(t, file), "example.com")
}

func TestFilesInWhichTheEntryWouldNotBeSeenAreRefused(t *testing.T) {
	t.Parallel()
	for id, text := range map[string]string{
		"cursor": "{\n  \"mcpServers\": {\"a\": {}},\n  \"mcpServers\": {\"b\": {}}\n}\n", // the last one counts
		"codex":  "mcp_servers = { a = { command = \"x\" } }\n",
		"goose":  "z: 1\n...\n",
	} {
		client, m, file := written(t, id, text)
		_, err := client.Install(m, local, "")
		require.ErrorContains(t, err, "Nothing was changed", id)
		require.Equal(t, text, read(t, file))
	}
}

func TestAParseErrorQuotesNothingOfTheFile(t *testing.T) {
	t.Parallel()
	client, m, _ := written(t, "goose", "extensions:\n  other:\n    envs: {TOKEN: secret-of-another\n  x: [\n")
	_, err := client.Install(m, local, "")
	require.ErrorContains(t, err, "cannot be parsed")
	require.NotContains(t, err.Error(), "secret-of-another")
	_, err = client.Configured(m, "")
	require.ErrorContains(t, err, "cannot be parsed")
	require.NotContains(t, err.Error(), "secret-of-another")
}

func TestALinkToAFileThatIsNotThereYetStaysALink(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need rights that Windows users lack")
	}
	client, m := clientOf(t, "cursor"), machine(t, "linux")
	file := client.File(m, "")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.Symlink("dotfiles.json", file))
	apply(t)(client.Install(m, local, ""))
	to, err := os.Readlink(file)
	require.NoError(t, err)
	require.Equal(t, "dotfiles.json", to)
	require.Contains(t, read(t, file), "wiro-mcp")
}

func TestOtherEntriesOfThisServerAreNamed(t *testing.T) {
	t.Parallel()
	client, m, _ := written(t, "cursor", `{"mcpServers":{
		"a": {"command": "npx", "args": ["-y", "@wiro-ai/wiro-mcp"]}, "b": {"command": "C:\\bin\\wiro-mcp.exe"},
		"c": {"url": "https://mcp.wiro.ai/v1"}, "d": {"command": "other", "args": ["wiro"]}, "e": {"url": "https://wiro.ai.example.com"}}}`)
	at, err := client.Configured(m, "")
	require.NoError(t, err)
	require.Equal(t, "a", at.Name, "it counts as the entry while there is none of ours")
	plan, err := client.Install(m, local, "")
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, plan.Others)
}

func TestWhereTheKeyIsNotInTheFile(t *testing.T) {
	t.Parallel()
	hosted := install.Server{URL: "https://mcp.example.com/mcp", Key: key}
	for id, missing := range map[string]bool{"cursor": false, "vscode": false, "codex": true, "goose": false} {
		client, m, _ := written(t, id, "")
		plan, err := client.Install(m, hosted, "")
		require.NoError(t, err)
		require.Equal(t, missing, plan.KeyMissing, id)
	}
	text, err := clientOf(t, "codex").Entry(install.Server{URL: hosted.URL}, false)
	require.NoError(t, err)
	require.NotContains(t, text, "bearer_token_env_var", "without a key Codex signs in")
	text, err = clientOf(t, "librechat").Entry(hosted, true)
	require.NoError(t, err)
	require.Contains(t, text, `Authorization: "Bearer {{WIRO_API_KEY}}"`, "every user of LibreChat has their own")
	require.Contains(t, text, "customUserVars:\n      WIRO_API_KEY:\n        title: ")
}

// written is a client whose file holds a text.
func written(t *testing.T, id, text string) (install.Client, install.System, string) {
	t.Helper()
	client, m := clientOf(t, id), machine(t, "linux")
	file := client.File(m, "")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return client, m, file
}
