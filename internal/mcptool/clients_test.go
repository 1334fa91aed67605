package mcptool

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyKnownClientsGetLinks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		info  ClientInfo
		links bool
	}{
		{ClientInfo{Name: "claude-code", Version: "2.1.112", Protocol: "2025-06-18"}, true},
		{ClientInfo{Name: "claude-code/2.1.112 (cli)", Protocol: "2025-11-25"}, true},
		{ClientInfo{UserAgent: "Claude-Code/2.1.112", Protocol: "2026-07-28"}, true},
		{ClientInfo{Name: "claude-code", Protocol: "2025-03-26"}, false},
		{ClientInfo{Name: "claude-code"}, false},
		{ClientInfo{Name: "my client", Protocol: "2025-11-25"}, false},
		{ClientInfo{Name: "ai-sdk-mcp-client", Version: "1.0.30", Protocol: "2025-11-25"}, false},
		{ClientInfo{Name: "codex-mcp-client", Protocol: "2025-06-18"}, false},
		{ClientInfo{Protocol: "2025-11-25"}, false},
	} {
		require.Equal(t, c.links, c.info.takesLinks(), "%+v", c.info)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2.1.112", versionIn("claude-code/2.1.112 (cli)", "claude-code"))
	require.Empty(t, versionIn("claude-code", "claude-code"))
	for _, c := range []struct {
		version, limit string
		older          bool
	}{{"1.9", "1.10", true}, {"1.10", "1.9.5", false}, {"2", "2.0.0", false}, {"2.0.1", "2", false}, {"", "1", true}, {"x", "0.1", true}} {
		require.Equal(t, c.older, older(c.version, c.limit), "%+v", c)
	}
}
