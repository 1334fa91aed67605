package wiromcp_test

import (
	"bytes"
	"net/http/httptest"
	"sync"
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
	handler, err := server.Handler(wiromcp.HTTPSettings{})
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

const (
	wait = 10 * time.Second
	tick = 5 * time.Millisecond
)

// lockedBuffer is an output that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
