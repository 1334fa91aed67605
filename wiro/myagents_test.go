package wiro_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestWaitAgentFollowsAnAgentUntilItIsSettled(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	status := 1
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		status++
		answer(w, 200, fmt.Sprintf(`{"result":true,"useragents":[{"guid":"ua-1","status":%d}]}`, status))
	}))
	t.Cleanup(server.Close)
	c := wiro.NewClient(wiro.Options{BaseURL: server.URL, PollIntervals: []time.Duration{time.Millisecond}})
	t.Cleanup(c.Close)
	var heard []wiro.AgentStatus
	agent, err := c.MyAgents.Wait(soon(t), "ua-1", func(u wiro.UserAgent) bool { return u.Status == wiro.AgentRunning },
		func(u wiro.UserAgent) { heard = append(heard, u.Status) })
	require.NoError(t, err)
	require.Equal(t, wiro.AgentRunning, agent.Status)
	require.Equal(t, []wiro.AgentStatus{wiro.AgentQueued, wiro.AgentStarting, wiro.AgentRunning}, heard)
}
