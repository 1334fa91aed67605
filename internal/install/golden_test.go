package install_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/install"
)

// What install makes of files as people keep them, to be read: of each client one, of each kind
// of file all.
func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	const golden = "testdata/written.txt"
	usual := map[string]string{"json": "comments", "toml": "some tables", "yaml": "extensions"}
	var b strings.Builder
	for _, client := range install.Clients {
		system := "linux"
		if client.ID == "visual-studio" {
			system = "windows"
		}
		all := slices.Contains([]string{"cursor", "vscode", "codex", "goose"}, client.ID)
		probe := t.TempDir()
		documents := fixturesOf(client, client.File(machine(t, system), map[bool]string{true: probe}[client.ID == "librechat"]))
		for _, name := range slices.Sorted(maps.Keys(documents)) {
			if !all && !slices.Contains(slices.Collect(maps.Values(usual)), name) {
				continue
			}
			m, project := machine(t, system), ""
			if client.ID == "librechat" {
				project = t.TempDir()
			}
			file := client.File(m, project)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(documents[name]), 0o600))
			apply(t)(client.Install(m, local, project))
			fmt.Fprintf(&b, "==== %s: %s\n%s\n", client.ID, name, visible(read(t, file)))
		}
	}
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.MkdirAll(filepath.Dir(golden), 0o755))
		require.NoError(t, os.WriteFile(golden, []byte(b.String()), 0o600))
		return
	}
	require.Equal(t, read(t, golden), b.String(), "make snapshots writes it")
}

// visible shows what an editor would not.
func visible(text string) string {
	return strings.NewReplacer("\r", "␍", "\ufeff", "<BOM>", "\t", "→   ").Replace(text)
}
