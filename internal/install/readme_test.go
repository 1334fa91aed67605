package install

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// published is the server as a reader of the README starts it.
var published = Server{Command: "npx", Args: []string{"-y", "@wiro-ai/wiro-mcp-go"}, Key: "YOUR_API_KEY"}

// The README's buttons and configurations of clients are made from the table of clients.
func TestREADMESnapshot(t *testing.T) {
	t.Parallel()
	const path = "../../README.md"
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	text := string(data)
	for part, content := range map[string]string{"buttons": buttons(t), "clients": folds(t)} {
		begin, end := "<!-- "+part+": begin; make snapshots writes this -->\n", "<!-- "+part+": end -->"
		before, rest, found := strings.Cut(text, begin)
		require.True(t, found, part)
		_, after, found := strings.Cut(rest, end)
		require.True(t, found, part)
		text = before + begin + "\n" + content + "\n" + end + after
	}
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return
	}
	require.Equal(t, text, string(data), "make snapshots writes the buttons and the clients")
}

// The table of configurations in the documentation page is made from the table of clients, too.
func TestDocumentationSnapshot(t *testing.T) {
	t.Parallel()
	const path = "../../docsindex/pages/wiro-mcp.md"
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	const begin, end = "| Client | `wiro-mcp install` | Configuration file | Servers below |\n|---|---|---|---|\n", "\n\n"
	before, rest, found := strings.Cut(string(data), begin)
	require.True(t, found)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found)
	var rows strings.Builder
	for _, c := range Clients {
		if len(c.Global) > 0 && c.Global["linux"] == nil && c.Global[""] == nil {
			continue
		}
		file := strings.ReplaceAll(strings.Split(c.Place(), ", or ")[0], "the user folder of VS Code", "~/.config/Code/User")
		fmt.Fprintf(&rows, "| %s | `%s` | `%s` | `%s` |\n", c.Title, c.ID+inProject(c), file, strings.Join(c.Path, "."))
	}
	text := before + begin + strings.TrimSuffix(rows.String(), "\n") + end + after
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return
	}
	require.Equal(t, text, string(data), "make snapshots writes the table of clients")
}

// buttons are links that a page on the web may have, which none of the clients' own are.
func buttons(t *testing.T) string {
	t.Helper()
	entry := func(id string, named bool) string {
		c, found := Find(id)
		require.True(t, found)
		text, err := c.LinkEntry(published, named)
		require.NoError(t, err)
		return text
	}
	query := func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
	base64ed := func(text string) string { return query(base64.StdEncoding.EncodeToString([]byte(text))) }
	var named struct{ Inputs json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(entry("vscode", true)), &named))
	vscode := query(entry("vscode", false)) + "&inputs=" + query(string(named.Inputs))
	var b strings.Builder
	for _, button := range []struct{ title, address string }{
		{"Cursor", "https://cursor.com/en/install-mcp?name=wiro&config=" + base64ed(entry("cursor", false))},
		{"VS Code", "https://insiders.vscode.dev/redirect/mcp/install?name=wiro&config=" + vscode},
		{"VS Code Insiders", "https://insiders.vscode.dev/redirect/mcp/install?name=wiro&config=" + vscode + "&quality=insiders"},
		{"Visual Studio", "https://aka.ms/vs/mcp-install?" + query(entry("visual-studio", true))},
		{"LM Studio", "https://lmstudio.ai/install-mcp?name=wiro&config=" + base64ed(entry("lm-studio", false))},
		{"Kiro", "https://kiro.dev/launch/mcp/add?name=wiro&config=" + query(entry("kiro", false))},
	} {
		fmt.Fprintf(&b, "[![Add to %s](https://img.shields.io/badge/Add_to-%s-1f6feb)](%s)\n", button.title, strings.ReplaceAll(button.title, " ", "_"), button.address)
	}
	return b.String()
}

// folds are the configuration of each client, as wiro-mcp install writes it.
func folds(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, c := range Clients {
		project := len(c.Global) == 0
		entry, err := c.Entry(published, project)
		require.NoError(t, err, c.ID)
		file := c.Project
		for _, paths := range c.Global {
			file = paths[0]
		}
		kind := map[string]string{".toml": "toml", ".yaml": "yaml"}[filepath.Ext(file)]
		if kind == "" {
			kind = "json"
		}
		fmt.Fprintf(&b, "<details><summary><b>%s</b></summary>\n\n%s\n\n```%s\n%s\n```\n\n%s `wiro-mcp install %s` writes this.\n\n</details>\n",
			c.Title, places(c), kind, strings.TrimSpace(entry), c.After, c.ID+inProject(c))
	}
	return b.String()
}

// inProject is the flag that a client needs whose configuration belongs to a project.
func inProject(c Client) string {
	if len(c.Global) == 0 {
		return " --project"
	}
	return ""
}

// places names the files of a client by system.
func places(c Client) string {
	var lines []string
	for _, system := range []struct {
		name, id string
		folders  map[string]string
	}{
		{"macOS", "darwin", map[string]string{"{code}": "~/Library/Application Support/Code/User", "{library}": "~/Library/Application Support"}},
		{"Linux", "linux", map[string]string{"{code}": "~/.config/Code/User"}},
		{"Windows", "windows", map[string]string{"{code}": `%APPDATA%\Code\User`, "{appdata}": "%APPDATA%", "{home}": "%USERPROFILE%", "{config}": `%USERPROFILE%\.config`, "{codex}": `%USERPROFILE%\.codex`}},
	} {
		paths, ok := c.Global[system.id]
		if !ok {
			paths = c.Global[""]
		}
		if len(paths) == 0 {
			continue
		}
		folder, rest, _ := strings.Cut(paths[0], "/")
		if shown, ok := system.folders[folder]; ok {
			folder = shown
		} else {
			folder = map[string]string{"{home}": "~", "{config}": "~/.config", "{codex}": "~/.codex"}[folder]
		}
		path := folder + "/" + rest
		if system.id == "windows" {
			path = strings.ReplaceAll(path, "/", `\`)
		}
		lines = append(lines, fmt.Sprintf("%s: `%s`", system.name, path))
	}
	if len(lines) == 3 && strings.TrimPrefix(lines[0], "macOS") == strings.TrimPrefix(lines[1], "Linux") {
		lines = append([]string{"macOS and Linux" + strings.TrimPrefix(lines[0], "macOS")}, lines[2])
	}
	if c.Project != "" {
		lines = append(lines, fmt.Sprintf("in a project: `%s`", c.Project))
	}
	return strings.Join(lines, " · ")
}
