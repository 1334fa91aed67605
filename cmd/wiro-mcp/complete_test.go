package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestCompletionOfToolsArgumentsToolsetsAndModels(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	home := t.TempDir()
	environ = append(environ, "HOME="+home, "LOCALAPPDATA="+home, "XDG_CACHE_HOME=")
	complete := func(words ...string) string {
		return command(t, environ, "", append([]string{"__complete"}, words...)...).out
	}
	require.Contains(t, complete("call", "run_"), "run_model\t")
	require.NotContains(t, complete("tools", ""), "get_output", "what only views call is not for people")
	require.Contains(t, complete("call", "run_model", ""), "model=\t")
	require.NotContains(t, complete("call", "run_model", "model=a/b", ""), "model=\t", "it is there already")
	require.Contains(t, complete("call", "run_model", "wait="), "wait=false\n")
	require.Contains(t, complete("call", "search_models", "order="), "order=ASC\n")
	require.Contains(t, complete("tools", "--toolsets", "models,"), "models,tasks\n")
	require.NotContains(t, complete("tools", "--toolsets", "models,"), "models,models\n")
	require.Contains(t, complete("--log-level", ""), "debug\n")

	require.Contains(t, complete("call", "run_model", "model="), "model=black-forest-labs/flux-2-pro\t")
	s.Behave("Tool/List", emulator.Behavior{Status: 500})
	require.Contains(t, complete("realtime", ""), "black-forest-labs/flux-2-pro\t", "the models are kept for a day")
	elsewhere := command(t, append(environ, "HOME="+t.TempDir(), "LOCALAPPDATA="+t.TempDir()), "", "__complete", "realtime", "")
	require.NotContains(t, elsewhere.out, "flux")
}

func TestMistypedFlagsShellsAndTopics(t *testing.T) {
	t.Parallel()
	for line, meant := range map[string]string{
		"--sanbox": "Did you mean --sandbox?", "tools --jsn": "Did you mean --json?", "http --lsten x": "Did you mean --listen?",
		"completion nosh": "bash, zsh, fish or powershell", "help docter": "Did you mean doctor?", "call": "wiro-mcp tools lists them",
		"install cursor --remote mcp.example.com": "https://mcp.example.com/mcp",
	} {
		wrong := command(t, nil, "", strings.Fields(line)...)
		require.Equal(t, exitUsage, wrong.code, line)
		require.Contains(t, wrong.err, meant, line)
		require.Empty(t, wrong.out, line)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		require.Contains(t, command(t, nil, "", "completion", shell).out, "wiro-mcp")
	}
}

func TestTheColumnsOfToolsRunThroughAllToolsets(t *testing.T) {
	t.Parallel()
	out := command(t, nil, "", "tools", "--toolsets", "all").out
	seen := map[string]bool{}
	columns := map[int]bool{}
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		require.Equal(t, strings.TrimRight(line, " "), line)
		if !strings.HasPrefix(line, " ") {
			require.False(t, seen[line], "%s is there twice", line)
			seen[line] = true
			continue
		}
		name := strings.Fields(line)[0]
		about := strings.TrimLeft(strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(line, "  "+name)), "$"), " ")
		columns[strings.Index(line, about)] = true
	}
	require.Len(t, columns, 1, out)
	require.NotContains(t, out, "get_output")
}
