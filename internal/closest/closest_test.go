package closest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNameFindsWhatWasMeant(t *testing.T) {
	t.Parallel()
	names := []string{"run_model", "get_task", "int-gmail-check", "int-wordpress-post"}
	for typed, meant := range map[string]string{
		"run_modell": "run_model", "RUN_MODEL": "run_model", "int-gmail": "int-gmail-check", "gettask": "get_task",
		"something else entirely": "", "": "",
	} {
		require.Equal(t, meant, Name(typed, names), typed)
	}
	require.Empty(t, Name("x", nil))
	require.Equal(t, " Did you mean get_task?", DidYouMean("get_taks", names))
	require.Empty(t, DidYouMean("something else entirely", names))
}

func TestSortPutsTheClosestFirst(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"flux-2-pro", "flux-2", "sora"}, Sort("flux-2-prx", []string{"sora", "flux-2", "flux-2-pro"}))
}
