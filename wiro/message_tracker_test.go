package wiro

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// The documentation also shows the response to a subscription without a snapshot: a message
// that has not begun to be answered has none.
func TestOnlyASubscriptionToAnUnknownTokenIsDoubted(t *testing.T) {
	t.Parallel()
	var told []MessageUpdate
	tracker := messageTracker{notify: func(u MessageUpdate) { told = append(told, u) }}
	assert.False(t, tracker.event(wire.Event{Type: "agent_subscribed", Status: "agent_queue"}))
	assert.Equal(t, []MessageUpdate{{Status: MessageQueued}}, told)
	assert.True(t, tracker.event(wire.Event{Type: "agent_subscribed", Status: "unknown"}))
	assert.True(t, tracker.event(wire.Event{Type: "agent_subscribed", Status: "agent_end", DebugOutput: "All of it"}))
	assert.Len(t, told, 2)
}
