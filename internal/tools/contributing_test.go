package tools_test

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What CONTRIBUTING.md says a new tool and a new page take, and nothing else.
const (
	newTool = `package tools

import (
	"context"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

var shoutTool = define(mcptool.Meta{
	Name:        "shout",
	Title:       "Shout",
	Description: "Write a text in capitals.",
	Toolset:     Logs,
	Examples:    []mcptool.Example{{Arguments: ` + "`" + `{"text": "hello"}` + "`" + `}},
}, shout)

func shout(_ context.Context, _ *Call, in shoutInput) (ShoutResult, error) {
	return ShoutResult{Shouted: strings.ToUpper(in.Said)}, nil
}

type shoutInput struct {
	Said string ` + "`" + `json:"text" doc:"what to shout"` + "`" + `
}

// ShoutResult is a text in capitals.
type ShoutResult struct {
	Shouted string ` + "`" + `json:"shouted"` + "`" + `
}

// Text is the text.
func (r ShoutResult) Text() string { return r.Shouted }
`
	newPage = `---
title: Shouting at models
slug: shouting-at-models
section: Models & tasks
summary: Why capitals in a prompt change little.
url: https://wiro.ai/docs/shouting-at-models
---

# Shouting at models

<!-- questions:
- does a prompt in capitals help
- should I shout at a model
- upper case prompts
-->

Capitals in a prompt change little.
`
)

// nested is set while the tests run in a copy of the repository, where this one is left out.
const nested = "WIRO_MCP_TEST_COPY"

// A tool and a page are added to a copy of the repository, in module mode and offline. Snapshots
// are all that follows, and every test that knows tools or pages passes.
func TestAddingAToolAndAPageTouchesNothingElse(t *testing.T) {
	t.Parallel()
	if testing.Short() || os.Getenv(nested) != "" {
		t.Skip("it runs the tests of a copy of the repository")
	}
	root := t.TempDir()
	copyRepository(t, "../..", root)
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	list, err := os.ReadFile(filepath.Join(root, "internal/tools/list.go"))
	require.NoError(t, err)
	write("internal/tools/list.go", strings.Replace(string(list), "[]mcptool.Tool{\n", "[]mcptool.Tool{\n\t\tshoutTool,\n", 1))
	write("internal/tools/shout.go", newTool)
	write("docsindex/pages/shouting-at-models.md", newPage)
	before := files(t, root)

	run := func(environment string, arguments ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", append([]string{"test", "-count=1", "-trimpath", "-vet=off"}, arguments...)...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), nested+"=1", "GOWORK=off", "GOPROXY=off", "GOFLAGS=", environment)
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", output)
	}
	run("UPDATE=1", "./internal/tools", "./internal/docs", "-run", "Snapshot|Golden") // make snapshots
	var changed []string
	after := files(t, root)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if after[name] != before[name] {
			changed = append(changed, name)
		}
	}
	require.Equal(t, []string{"docs/tools.md", "e2e/tools.json", "internal/tools/testdata/requests.txt", "internal/tools/testdata/schemas/shout.json"}, changed)
	run("UPDATE=", "./internal/tools", "./internal/docs", "./cmd/...")
	run("UPDATE=", "./internal/transport", "-run", "Page|Tool|Narrow")
}

// copyRepository copies what the tests need: the files that are the project's own.
func copyRepository(t *testing.T, from, to string) {
	t.Helper()
	skip := []string{".git", "bin", "dist", "node_modules"}
	require.NoError(t, filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(skip, d.Name()) && d.IsDir():
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o750)
		case !d.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, 0o600)
	}))
}

// files are the contents of all files below a folder, by name.
func files(t *testing.T, root string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		contents[filepath.ToSlash(name)] = string(data)
		return err
	}))
	return contents
}
