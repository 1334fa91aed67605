package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/config"
)

func TestEverythingThatIsWrongIsNamedAtOnceAndOnlyOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		settings any
		environ  []string
	}{
		{new(config.Config), []string{
			"WIRO_API_BASE_URL=ftp://hunter2:hunter2@x", "WIRO_TOOLSETS=nonsense", "WIRO_READ_ONLY=perhaps",
			"WIRO_RUN_TIMEOUT=2h", "WIRO_LOG_LEVEL=loud", "WIRO_LOG_FORMAT=xml",
		}},
		{new(config.HTTP), []string{"WIRO_LISTEN=here", "WIRO_RATE=many", "WIRO_BURST=-1", "WIRO_SHUTDOWN_GRACE=soon"}},
	} {
		err := config.Load(c.environ, nil, c.settings)
		require.Error(t, err)
		lines := strings.Split(err.Error(), "\n")
		require.Len(t, lines, len(c.environ), err)
		for _, variable := range c.environ {
			name, _, _ := strings.Cut(variable, "=")
			require.Contains(t, err.Error(), name+": ")
		}
		require.NotContains(t, err.Error(), "hunter2")
	}
}
