package install_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/install"
)

// Neither a key that is replaced or removed nor one of another server is shown.
func TestADiffShowsNoKeyOfAnyServer(t *testing.T) {
	t.Parallel()
	for _, client := range install.Clients {
		m := machine(t, "linux")
		project := ""
		if client.ID == "librechat" {
			project = t.TempDir()
		}
		file := client.File(m, project)
		if file == "" { // not on Linux
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		old := install.Server{Command: "/opt/wiro-mcp", Key: "former-key-1234567890", Secret: `former"secret\1234567890`}
		plan, err := client.Install(m, old, project)
		require.NoError(t, err)
		_, err = plan.Apply()
		require.NoError(t, err)

		replaced, err := client.Install(m, install.Server{Command: "/opt/wiro-mcp", Key: "another-key-1234567890"}, project)
		require.NoError(t, err)
		removed, err := client.Remove(m, project)
		require.NoError(t, err)
		for _, plan := range []*install.Plan{replaced, removed} {
			for _, part := range []string{"former-key", "another-key", "1234567890"} {
				require.NotContains(t, plan.Diff(), part, client.ID)
			}
		}
	}

	m := machine(t, "linux")
	cursor, found := install.Find("cursor")
	require.True(t, found)
	file := cursor.File(m, "")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(`{
  "mcpServers": {
    "other": { "command": "other", "env": { "OTHER_TOKEN": "of-another-server" } },
    "third": { "command": "npx", "args": ["-y", "third", "--header", "Authorization: Bearer of-a-third-server", "--api-key=of-a-third-server"] },
    "fourth": { "url": "https://example.com/mcp?api_key=of-a-fourth-server" },
    "fifth": { "command": "npx", "env": { "KEY": "${FIFTH_KEY:-of-a-fifth-server}" } },
    "wiro": { "command": "npx", "args": ["-y", "mcp-remote", "https://example.com/mcp", "--header", "Authorization: Bearer of-a-bridge", "--key=${WIRO_KEY:-of-a-default}"] }
  }
}
`), 0o600))
	plan, err := cursor.Install(m, install.Server{Command: "/opt/wiro-mcp", Key: "former-key-1234567890"}, "")
	require.NoError(t, err)
	require.NotContains(t, plan.Diff(), "of-another-server")
	require.NotContains(t, plan.Diff(), "of-a-third-server")
	require.NotContains(t, plan.Diff(), "of-a-fifth-server")
	require.NotContains(t, plan.Diff(), "of-a-bridge")
	require.NotContains(t, plan.Diff(), "of-a-default")
	require.Contains(t, plan.Diff(), "mcp-remote", "what is no key is shown")
	require.NotContains(t, plan.Diff(), "of-a-fourth-server")
	require.Contains(t, plan.Diff(), "/opt/wiro-mcp")
}
