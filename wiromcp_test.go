package wiromcp_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wiromcp "github.com/wiroai/wiro-mcp-go"
)

func TestADrainedServerIsNotReady(t *testing.T) {
	t.Parallel()
	client, done := emulator()
	defer done()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: client})
	handler, err := server.Handler(wiromcp.HTTPOptions{})
	require.NoError(t, err)
	ready := func() int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost/readyz", nil))
		return w.Code
	}
	require.Eventually(t, func() bool { return ready() == 200 }, 10*time.Second, 10*time.Millisecond)
	server.Drain()
	require.Equal(t, 503, ready())
}
