package wiromcp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A module of its own, outside the repository, builds on the public packages: it runs models,
// streams, pages, uploads, deploys an agent and talks with it, serves MCP with a tool of its
// own, and tests all that with wirotest.
func TestAModuleOutsideUsesThePublicPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module")
	}
	t.Parallel()
	repository, err := os.Getwd()
	require.NoError(t, err)
	outside := t.TempDir()
	require.NoError(t, os.CopyFS(outside, os.DirFS("testdata/outside")))
	sums, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(outside, "go.sum"), sums, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(outside, "go.mod"), fmt.Appendf(nil,
		"module example.com/studio\n\ngo 1.26.0\n\nrequire %s v0.0.0\n\nreplace %[1]s => %s\n", module, repository), 0o600))

	goTool(t, outside, "vet", "-mod=mod", "./...")
	goTool(t, outside, "test", "-mod=mod", "./...")
	goTool(t, outside, "build", "-mod=mod", "-o", filepath.Join(outside, "studio"), ".")
}
