package loopback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/loopback"
)

func TestIs(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"} {
		require.True(t, loopback.Is(host), host)
	}
	for _, host := range []string{"", "localhost.example.com", "127.0.0.1.example.com", "0.0.0.0", "::", "10.0.0.1", "169.254.169.254", "2130706433", "[::1]", "127.1"} {
		require.False(t, loopback.Is(host), host)
	}
}
