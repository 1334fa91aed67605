package wiro

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The documentation also shows the answer to a subscription without a snapshot: what has
// not begun to answer has none.
func TestOnlyASubscriptionToAnUnknownTokenIsDoubted(t *testing.T) {
	t.Parallel()
	var told []MessageUpdate
	news := messageNews{tell: func(u MessageUpdate) { told = append(told, u) }}
	require.False(t, news.event(frame{Type: "agent_subscribed", Status: "agent_queue"}))
	require.Equal(t, []MessageUpdate{{Status: MessageQueued}}, told)
	require.True(t, news.event(frame{Type: "agent_subscribed", Status: "unknown"}))
	require.True(t, news.event(frame{Type: "agent_subscribed", Status: "agent_end", DebugOutput: "All of it"}))
	require.Len(t, told, 2)
}
