package wiro_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/wiroai/wiro-mcp-go"

// A program that uses the client alone must not pay for the MCP server.
func TestAProgramOfTheClientAloneIsSmall(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	source := filepath.Join(folder, "main.go")
	require.NoError(t, os.WriteFile(source, []byte(`package main

import (
	"context"
	"os"

	"`+module+`/wiro"
)

func main() {
	client := wiro.NewClient(wiro.Options{})
	task, err := client.Run(context.Background(), os.Args[1], wiro.Params{"prompt": os.Args[2]})
	if err != nil {
		panic(err)
	}
	println(task.Token)
}
`), 0o600))
	goTool(t, "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(folder, "program"), source)
	info, err := os.Stat(filepath.Join(folder, "program"))
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(7_500_000))

	modules := strings.Fields(goTool(t, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", module+"/wiro"))
	slices.Sort(modules)
	require.Equal(t, []string{
		"github.com/cenkalti/backoff/v5", "github.com/google/uuid", "github.com/gorilla/websocket", module,
	}, slices.Compact(modules))
}

func goTool(t *testing.T, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	require.NoError(t, err)
	return string(output)
}
