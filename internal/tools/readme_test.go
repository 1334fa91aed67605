package tools_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// The documentation's tables of tools are made from the definitions.
func TestREADMESnapshot(t *testing.T) {
	t.Parallel()
	const path = "../../docs/tools.md"
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	text := between(t, string(data), "tools", toolTables())
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return
	}
	require.Equal(t, text, string(data), "make snapshots writes the tables")
}

func between(t *testing.T, text, name, table string) string {
	t.Helper()
	begin, end := "<!-- "+name+": begin; make snapshots writes this -->\n", "<!-- "+name+": end -->"
	before, rest, found := strings.Cut(text, begin)
	require.True(t, found)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found)
	return before + begin + table + end + after
}

func toolTables() string {
	var b strings.Builder
	for _, set := range tools.AllToolsets {
		fmt.Fprintf(&b, "\n**%s**\n\n| tool | what it does |\n|---|---|\n", set)
		for _, d := range tools.All() {
			if d.ForViews {
				continue // no model sees it
			}
			if d.Toolset != set {
				continue
			}
			name := "`" + d.Name + "`"
			if d.RequiresConfirmation {
				name += " $"
			}
			about, _, _ := strings.Cut(d.Description, ". ")
			fmt.Fprintf(&b, "| %s | %s |\n", name, strings.TrimSuffix(about, "."))
		}
	}
	return b.String() + "\n"
}
