package transport

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A wait that is minutes long keeps what stands on its stack: nothing of the MCP server's, whose
// frames are most of it. Over HTTP a wait that has its connection has no stack at all.
func TestAWaitKeepsNoFramesOfTheMCPServer(t *testing.T) {
	t.Parallel()
	r, l := start(t), startLocal(t)
	var open sync.WaitGroup
	defer open.Wait()
	open.Go(func() { r.post(call(1, "run_model", forever)) })
	l.send(call(1, "run_model", forever))
	for _, wiro := range []interface {
		Launched(ctx context.Context, n int) (string, error)
		Subscribed(ctx context.Context, token string) error
		Release(token string)
	}{r.wiro, l.wiro} {
		token, err := wiro.Launched(within(t), 1)
		require.NoError(t, err)
		require.NoError(t, wiro.Subscribed(within(t), token))
		defer wiro.Release(token)
	}
	stacks := make([]byte, 64<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	waits := 0 // over stdio
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "(*Continuation).Run") {
			waits++
			require.NotContains(t, stack, "MCPServer).HandleMessage")
		}
	}
	require.Positive(t, waits)
}
