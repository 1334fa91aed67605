package tools_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

func TestInstructionsSayWhatNoDescriptionCan(t *testing.T) {
	t.Parallel()
	usual := tools.New(tools.Options{}).Instructions()
	for _, text := range []string{
		"dry_run:true quotes a run", "Tell the user the price before", "Never run the model again", "Markdown images",
		"Off here: credentials, skills, billing, logs, teams, extras.", "WIRO_TOOLSETS",
	} {
		require.Contains(t, usual, text)
	}
	require.Less(t, len(usual), 2000)
	require.NotContains(t, usual, "save_output", "there is no folder")
	local := tools.New(tools.Options{Local: tools.LocalFiles{OutputDir: "/tmp/x"}}).Instructions()
	require.Contains(t, local, "save_output keeps a copy")
	all := tools.New(tools.Options{Toolsets: tools.AllToolsets}).Instructions()
	require.NotContains(t, all, "Off here")
	readers := tools.New(tools.Options{Toolsets: tools.AllToolsets, ReadOnly: true}).Instructions()
	require.Contains(t, readers, "This server only reads")
	require.NotContains(t, readers, "run_model")
}
