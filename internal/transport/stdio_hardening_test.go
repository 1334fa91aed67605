package transport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// stuckServer has a tool that waits until its call is canceled.
func stuckServer() *server.MCPServer {
	m := server.NewMCPServer("test", "1", server.WithToolCapabilities(false))
	m.AddTool(mcp.NewTool("stuck"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	return m
}

func TestAPingIsAnsweredBehindMoreCallsThanRun(t *testing.T) {
	t.Parallel()
	input, write := io.Pipe()
	read, output := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Stdio(t.Context(), stuckServer(), input, output, zerolog.Nop(), nil) }()
	const calls = maxQueued + 200
	go func() {
		for i := range calls {
			_, _ = fmt.Fprintf(write, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"stuck"}}`+"\n", i)
		}
		_, _ = io.WriteString(write, `{"jsonrpc":"2.0","id":"ping","method":"ping"}`+"\n")
	}()
	lines := bufio.NewScanner(read)
	refused := 0
	for pong := false; !pong || refused < calls-maxQueued; {
		require.True(t, lines.Scan())
		pong = pong || strings.Contains(lines.Text(), `"id":"ping"`)
		if strings.Contains(lines.Text(), "Too many calls at once") {
			refused++
		}
	}
	require.Equal(t, calls-maxQueued, refused)
	go func() { _, _ = io.Copy(io.Discard, read) }()
	require.NoError(t, write.Close())
	require.NoError(t, <-ended)
	require.NoError(t, output.Close())
}

// stuckWriter takes nothing until it is released.
type stuckWriter struct {
	release chan struct{}
	mu      sync.Mutex
	lines   int
}

func (w *stuckWriter) Write(p []byte) (int, error) {
	<-w.release
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines++
	return len(p), nil
}

func TestAClientThatDoesNotReadIsNotWrittenForWithoutEnd(t *testing.T) {
	t.Parallel()
	out := &stuckWriter{release: make(chan struct{})}
	w := &lineWriter{w: out, log: zerolog.Nop()}
	piece := []byte(strings.Repeat("x", 1<<20))
	var written sync.WaitGroup
	for range 2 * (maxPending >> 20) {
		w.notify(piece)
	}
	w.mu.Lock()
	require.LessOrEqual(t, w.size, maxPending+2<<20, "notifications are dropped")
	w.mu.Unlock()
	written.Add(1)
	w.send([]byte("answer"), written.Done)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	w.ready(ended) // returns although nothing is read
	close(out.release)
	written.Wait()
	w.ready(t.Context())
	out.mu.Lock()
	defer out.mu.Unlock()
	require.Greater(t, out.lines, 1)
}
