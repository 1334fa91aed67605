package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Package faststart counts on being initialized before what allocates most.
func TestFastStartIsInitializedEarly(t *testing.T) {
	t.Parallel()
	command := exec.Command(os.Args[0], "version")
	command.Env = []string{"GODEBUG=inittrace=1", asProgram + "=1", "GOCOVERDIR=" + t.TempDir()}
	var trace strings.Builder
	command.Stderr = &trace
	require.NoError(t, command.Run())
	_, after, found := strings.Cut(trace.String(), "init github.com/wiroai/wiro-mcp-go/internal/faststart ")
	require.True(t, found)
	require.Contains(t, after, "init github.com/santhosh-tekuri/jsonschema/v6 ")
}
