package install_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/install"
)

const key = "wiro-key-0123456789"

var local = install.Server{Command: "/opt/wiro/wiro-mcp", Key: key}

// machine is a home folder of its own.
func machine(t *testing.T, system string) install.System {
	t.Helper()
	return install.System{OS: system, Home: t.TempDir(), Getenv: func(string) string { return "" }}
}

// fixtures are documents as people keep them, by the kind of file.
var fixtures = map[string]map[string]string{
	"json": {
		"empty file":     "",
		"empty object":   "{}",
		"one line":       `{"mcpServers":{"a":{"command":"x"}},"theme":"dark"}`,
		"two spaces":     "{\n  \"theme\": \"dark\",\n  \"PATH\": {\n    \"a\": {\n      \"command\": \"x\"\n    }\n  }\n}\n",
		"tabs":           "{\n\t\"PATH\": {\n\t\t\"a\": {\"command\": \"x\"}\n\t}\n}",
		"comments":       "// mine\n{\n  // servers\n  \"PATH\": {\n    \"a\": { \"command\": \"x\" } // the first\n    /* more to come */\n  },\n  \"z\": 1 // last\n}\n",
		"trailing comma": "{\n  \"PATH\": {\n    \"a\": { \"command\": \"x\", },\n  },\n}\n",
		"CRLF":           "{\r\n  \"PATH\": {\r\n    \"a\": {\r\n      \"command\": \"x\"\r\n    }\r\n  }\r\n}\r\n",
		"BOM":            "\ufeff{\n  \"z\": [1, 2]\n}\n",
		"large numbers":  "{\n  \"n\": 12345678901234567890.50,\n  \"s\": \"\\u00fc \\/ <&>\"\n}\n",
	},
	"toml": {
		"empty file":    "",
		"some tables":   "# mine\nmodel = \"o9\"\n\n[mcp_servers.a]\ncommand = \"x\" # the first\nargs = [\n  \"1\", # one\n  \"2\",\n]\n\n# about b\n[mcp_servers.b]\nurl = \"https://b\"\n",
		"no line break": "model = \"o9\"",
		"CRLF":          "model = \"o9\"\r\n\r\n[tools]\r\nweb = true\r\n",
		"quoted names":  "[\"mcp_servers\".\"c d\"]\ncommand = '''\n[mcp_servers.wiro]\n'''\n",
	},
	"yaml": {
		"empty file":  "",
		"extensions":  "# mine\nGOOSE_MODEL: o9\nPATH:\n  developer:\n    enabled: true # keep\n    name: developer\n\n  # another\n  memory:\n    enabled: false\n\n# the end\nGOOSE_MODE: auto\n",
		"four spaces": "PATH:\n    a:\n        type: stdio\n        args:\n        - one\nz: |\n  PATH:\n    wiro: no\n",
		"null":        "PATH:\nz: 1\n",
		"CRLF":        "z: 1\r\nPATH:\r\n  a:\r\n    type: stdio\r\n",
	},
}

func fixturesOf(c install.Client, file string) map[string]string {
	kind := "json"
	switch filepath.Ext(file) {
	case ".toml":
		kind = "toml"
	case ".yaml":
		kind = "yaml"
	}
	found := map[string]string{}
	for name, text := range fixtures[kind] {
		found[name] = strings.ReplaceAll(text, "PATH", c.Path[0])
	}
	return found
}

func TestInstallThenRemoveRestoresEveryByte(t *testing.T) {
	t.Parallel()
	for _, client := range install.Clients {
		system := "linux"
		if client.ID == "visual-studio" {
			system = "windows"
		}
		project := ""
		if client.ID == "librechat" {
			project = t.TempDir()
		}
		for name, text := range fixturesOf(client, client.File(machine(t, system), project)) {
			t.Run(client.ID+"/"+name, func(t *testing.T) {
				t.Parallel()
				m := machine(t, system)
				project := project
				if project != "" {
					project = t.TempDir()
				}
				file := client.File(m, project)
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
				require.NoError(t, os.WriteFile(file, []byte(text), 0o640))

				for _, server := range []install.Server{local, {Command: local.Command, Key: key, Secret: "s-" + key}} { // installed, then updated
					plan, err := client.Install(m, server, project)
					require.NoError(t, err)
					require.True(t, plan.Changed())
					assert.NotContains(t, plan.Diff(), key)
					_, err = plan.Apply()
					require.NoError(t, err)
				}
				written := read(t, file)
				assert.Contains(t, written, "/opt/wiro/wiro-mcp")
				if strings.HasSuffix(file, ".json") && (json.Valid([]byte(text)) || text == "") {
					assert.True(t, json.Valid([]byte(written)), "plain JSON stays plain JSON: %s", written)
				}
				for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
					line = strings.Trim(line, "\r ,\t")
					if name != "one line" && line != "{}" {
						assert.Contains(t, strings.ReplaceAll(written, ",", ""), strings.ReplaceAll(line, ",", ""), "nothing of the user's is lost")
					}
				}
				if strings.Contains(text, "\r\n") {
					assert.Equal(t, strings.Count(written, "\n"), strings.Count(written, "\r\n"), "line endings stay")
				}
				info, err := os.Stat(file)
				require.NoError(t, err)
				if runtime.GOOS != "windows" {
					assert.Equal(t, fs.FileMode(0o640), info.Mode().Perm())
				}
				again, err := client.Install(m, install.Server{Command: local.Command, Key: key, Secret: "s-" + key}, project)
				require.NoError(t, err)
				assert.False(t, again.Changed(), "installing twice changes nothing")

				plan, err := client.Remove(m, project)
				require.NoError(t, err)
				_, err = plan.Apply()
				require.NoError(t, err)
				assert.Equal(t, text, read(t, file))
				left, err := os.ReadDir(filepath.Dir(file))
				require.NoError(t, err)
				assert.Len(t, left, 1, "no copy is left behind")
			})
		}
	}
}

func TestRemovalKeepsWhatWasChangedMeanwhile(t *testing.T) {
	t.Parallel()
	for id, before := range map[string]string{
		"cursor": "{\n  // mine\n  \"mcpServers\": {\n    \"a\": { \"command\": \"x\" }\n  }\n}\n",
		"codex":  "[mcp_servers.a]\ncommand = \"x\"\n",
		"goose":  "extensions:\n  a:\n    type: stdio\n",
		"vscode": "{\n  \"servers\": {\n    \"a\": { \"command\": \"x\" }\n  },\n  \"inputs\": [\n    { \"id\": \"mine\" }\n  ]\n}\n",
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			client, m := clientOf(t, id), machine(t, "linux")
			file := client.File(m, "")
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(before), 0o600))
			apply(t)(client.Install(m, local, ""))
			edited := strings.Replace(read(t, file), "\"x\"", "\"y\"", 1)
			edited = strings.Replace(edited, "stdio", "other", 1)
			require.NoError(t, os.WriteFile(file, []byte(edited), 0o600))
			apply(t)(client.Remove(m, ""))
			want := strings.Replace(strings.Replace(before, "\"x\"", "\"y\"", 1), "stdio", "other", 1)
			assert.Equal(t, want, read(t, file))
		})
	}
}

func TestAMissingFileIsMadeForItsUserOnlyAndGoesAgain(t *testing.T) {
	t.Parallel()
	for _, client := range install.Clients {
		m := machine(t, "linux")
		file := client.File(m, "")
		if file == "" {
			continue
		}
		apply(t)(client.Install(m, local, ""))
		info, err := os.Stat(file)
		require.NoError(t, err, client.ID)
		if runtime.GOOS != "windows" {
			assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
		}
		apply(t)(client.Remove(m, ""))
		_, err = os.Stat(file)
		assert.ErrorIs(t, err, fs.ErrNotExist, client.ID)
		plan, err := client.Remove(m, "")
		require.NoError(t, err)
		assert.False(t, plan.Changed(), "there is nothing more to remove")
	}
}

func TestWhatCannotBeParsedStaysAsItIs(t *testing.T) {
	t.Parallel()
	for id, broken := range map[string][]string{
		"cursor": {"{", "[]", "{\"a\":1 \"b\":2}", "{\"mcpServers\": []}", "{\"mcpServers\": \"x\"}", "\x00"},
		"codex":  {"[", "a = ", "[mcp_servers]\nwiro = { command = \"x\" }\n", "mcp_servers.wiro.command = \"x\"\n", "mcp_servers = 1\n"},
		"goose":  {"a: [", "extensions: {a: 1}\n", "- a\n", "extensions: text\n", "a: 1\n---\nb: 2\n", "\ta: 1"},
	} {
		client := clientOf(t, id)
		for _, text := range broken {
			m := machine(t, "linux")
			file := client.File(m, "")
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			_, err := client.Install(m, local, "")
			require.ErrorContains(t, err, "Nothing was changed", "%s %q", id, text)
			require.ErrorContains(t, err, file)
			assert.Equal(t, text, read(t, file))
		}
	}
}

func TestReadOnlyFilesAndLinks(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need rights that Windows users lack")
	}
	client, m := clientOf(t, "cursor"), machine(t, "linux")
	file := client.File(m, "")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte("{}"), 0o400))
	_, err := client.Install(m, local, "")
	require.ErrorContains(t, err, "read-only")

	require.NoError(t, os.Remove(file))
	target := filepath.Join(t.TempDir(), "dotfiles.json")
	require.NoError(t, os.WriteFile(target, []byte("{}\n"), 0o600))
	require.NoError(t, os.Symlink(target, file))
	apply(t)(client.Install(m, local, ""))
	info, err := os.Lstat(file)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&fs.ModeSymlink, "a link stays a link")
	assert.Contains(t, read(t, target), "wiro-mcp")
}

func TestAFileThatChangedAfterThePlanIsNotOverwritten(t *testing.T) {
	t.Parallel()
	client, m := clientOf(t, "cursor"), machine(t, "linux")
	file := client.File(m, "")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte("{}"), 0o600))
	plan, err := client.Install(m, local, "")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte("{\"new\": 1}"), 0o600))
	_, err = plan.Apply()
	require.ErrorContains(t, err, "changed meanwhile")
	assert.Equal(t, "{\"new\": 1}", read(t, file))
}

func TestEntriesAsClientsWantThem(t *testing.T) {
	t.Parallel()
	hosted := install.Server{URL: "https://mcp.example.com/mcp", Key: key}
	for _, test := range []struct {
		client string
		server install.Server
		shared bool
		want   []string
		not    []string
	}{
		{"claude-code", local, false, []string{`"type": "stdio"`, `"WIRO_API_KEY": "` + key + `"`}, nil},
		{"claude-code", local, true, []string{`"WIRO_API_KEY": "${WIRO_API_KEY}"`}, []string{key}},
		{"claude-code", hosted, false, []string{`"type": "http"`, `"Authorization": "Bearer ` + key + `"`}, []string{"command"}},
		{"vscode", local, false, []string{`"servers"`, `${input:wiro-api-key}`, `"password": true`}, []string{key}},
		{"codex", local, false, []string{"[mcp_servers.wiro]", "tool_timeout_sec = 600", "[mcp_servers.wiro.env]"}, nil},
		{"codex", local, true, []string{`env_vars = ["WIRO_API_KEY"]`}, []string{key, "[mcp_servers.wiro.env]"}},
		{"codex", hosted, false, []string{`bearer_token_env_var = "WIRO_API_KEY"`}, []string{key}},
		{"opencode", local, false, []string{`"command": [`, `"environment"`, `"type": "local"`}, []string{`"env"`}},
		{"goose", local, false, []string{"extensions:", "cmd: /opt/wiro/wiro-mcp", "env_keys:", "- WIRO_API_KEY"}, []string{key}},
		{"goose", hosted, false, []string{`uri: "https://mcp.example.com/mcp"`, `Authorization: "Bearer ` + key + `"`}, []string{"env_keys"}},
		{"cline", hosted, false, []string{`"type": "streamableHttp"`}, nil},
		{"roo-code", hosted, false, []string{`"type": "streamable-http"`}, nil},
		{"antigravity", hosted, false, []string{`"serverUrl"`}, []string{`"url"`}},
		{"copilot-cli", local, false, []string{`"tools": [`, `"*"`}, nil},
		{"amp", local, false, []string{`"amp.mcpServers"`}, nil},
		{"cursor", install.Server{Command: `C:\wiro\wiro-mcp.exe`, Key: key}, false, []string{`"C:\\wiro\\wiro-mcp.exe"`}, nil},
		{"codex", install.Server{Command: `C:\wiro\wiro-mcp.exe`, Key: key}, false, []string{`command = 'C:\wiro\wiro-mcp.exe'`}, nil},
	} {
		text, err := clientOf(t, test.client).Entry(test.server, test.shared)
		require.NoError(t, err)
		for _, want := range test.want {
			assert.Contains(t, text, want, test.client)
		}
		for _, not := range test.not {
			assert.NotContains(t, text, not, test.client)
		}
	}
	_, err := clientOf(t, "claude-desktop").Entry(hosted, false)
	require.ErrorContains(t, err, "connector")
	_, err = clientOf(t, "zed").Entry(local, true)
	require.ErrorContains(t, err, "shared")
}

func TestLinksOfHostedServers(t *testing.T) {
	t.Parallel()
	hosted := install.Server{URL: "https://mcp.example.com/v1", Key: key}
	titles := []string{}
	for _, c := range install.Clients {
		for _, link := range c.Links {
			titles = append(titles, link.Title)
			entry, err := c.LinkEntry(hosted, strings.Contains(link.Template, "{named}"))
			require.NoError(t, err)
			require.True(t, json.Valid([]byte(entry)), entry)
			require.Contains(t, entry, hosted.URL)
			require.False(t, link.IsWebsite() && strings.Contains(entry, key), "the key goes to a website: %s", link.Title)
			require.False(t, link.IsWebsite() && strings.Contains(link.Template, "{authorization}"), link.Title)
		}
	}
	require.Equal(t, []string{"Cursor", "VS Code", "VS Code Insiders", "Visual Studio", "Goose", "Kiro", "LM Studio"}, titles)
	entry, err := clientOf(t, "vscode").LinkEntry(hosted, true)
	require.NoError(t, err)
	require.Equal(t, `{"name":"wiro","type":"http","url":"https://mcp.example.com/v1","headers":{"Authorization":"Bearer ${input:wiro-api-key}"},`+
		`"inputs":[{"id":"wiro-api-key","type":"promptString","description":"Wiro API key (wiro.ai/panel/project)","password":true}]}`, entry)
	require.Equal(t, `claude mcp add --transport http wiro https://mcp.example.com/v1 --header "Authorization: Bearer `+key+`"`, clientOf(t, "claude-code").Command(hosted))
	require.Equal(t, "codex mcp add wiro --url https://mcp.example.com/v1 --bearer-token-env-var WIRO_API_KEY", clientOf(t, "codex").Command(hosted))
	require.Empty(t, clientOf(t, "zed").Command(hosted))
}

func TestInstalledClientsAreDetected(t *testing.T) {
	t.Parallel()
	m := machine(t, "linux")
	for _, client := range install.Clients {
		assert.False(t, client.Installed(m), client.ID)
	}
	require.NoError(t, os.MkdirAll(filepath.Join(m.Home, ".cursor"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(m.Home, ".config", "Code", "User"), 0o755))
	assert.True(t, clientOf(t, "cursor").Installed(m))
	assert.True(t, clientOf(t, "vscode").Installed(m))
	assert.False(t, clientOf(t, "cline").Installed(m))
}

func FuzzEdits(f *testing.F) {
	ids := []string{"cursor", "codex", "goose", "vscode"}
	for _, kind := range []string{"json", "toml", "yaml"} {
		for _, text := range fixtures[kind] {
			for i := range ids {
				f.Add(text, uint8(i))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		client, m := clientOf(t, ids[int(n)%len(ids)]), machine(t, "linux")
		file := client.File(m, "")
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		plan, err := client.Install(m, local, "")
		if err != nil || !plan.Changed() {
			require.Equal(t, text, read(t, file))
			return
		}
		_, err = plan.Apply()
		require.NoError(t, err)
		apply(t)(client.Remove(m, ""))
		require.Equal(t, text, read(t, file))
	})
}

func apply(t *testing.T) func(*install.Plan, error) {
	return func(plan *install.Plan, err error) {
		t.Helper()
		require.NoError(t, err)
		_, err = plan.Apply()
		require.NoError(t, err)
	}
}

func clientOf(t *testing.T, id string) install.Client {
	t.Helper()
	client, ok := install.Find(id)
	require.True(t, ok, id)
	return client
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(content)
}
