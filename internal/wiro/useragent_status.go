package wiro

import (
	"context"
	"strconv"
)

var (
	userAgentStart = endpoint("UserAgent/Start", write, quick)
	userAgentStop  = endpoint("UserAgent/Stop", write, quick)
)

// AgentStatus is where a deployed agent stands.
//
// Wiro docs: Agent Overview (UserAgent Statuses).
type AgentStatus Int

// The statuses of a deployed agent.
const (
	AgentStopped       AgentStatus = 0
	AgentStopping      AgentStatus = 1
	AgentQueued        AgentStatus = 2 // a worker will pick it up
	AgentStarting      AgentStatus = 3
	AgentRunning       AgentStatus = 4 // takes messages
	AgentError         AgentStatus = 5 // Start tries again
	AgentSetupRequired AgentStatus = 6 // credentials are missing: it cannot be started
)

// UnmarshalJSON takes a number or a numeric string.
func (s *AgentStatus) UnmarshalJSON(data []byte) error { return (*Int)(s).UnmarshalJSON(data) }

// String is the status in words.
func (s AgentStatus) String() string {
	names := []string{"stopped", "stopping", "queued", "starting", "running", "error", "setup required"}
	if s < 0 || int(s) >= len(names) {
		return "status " + strconv.Itoa(int(s))
	}
	return names[s]
}

// Start queues a stopped agent, or one in error, for a worker. It fails where the agent runs
// or is queued already, is stopping, lacks credentials or credits, or has no subscription.
//
// Wiro docs: Agent Overview, POST /UserAgent/Start.
func (c *Client) Start(ctx context.Context, guid string) error {
	return c.startStop(ctx, userAgentStart, guid)
}

// Stop stops an agent: at once where it is queued, otherwise by way of the status stopping.
//
// Wiro docs: Agent Overview, POST /UserAgent/Stop.
func (c *Client) Stop(ctx context.Context, guid string) error {
	return c.startStop(ctx, userAgentStop, guid)
}

func (c *Client) startStop(ctx context.Context, op operation, guid string) error {
	if err := given("guid", guid); err != nil {
		return err
	}
	return act(ctx, c, op, byGUID{guid})
}

// WaitAgent looks at an agent every second or two until settled says that it is where it was
// to go, and tells update, which may be nil, of every look. When ctx ends first, it returns
// the agent as it stood last with an error that wraps ctx's.
//
// Wiro docs: Agent Overview (UserAgent Statuses).
func (c *Client) WaitAgent(ctx context.Context, guid string, settled func(UserAgent) bool, update func(UserAgent)) (UserAgent, error) {
	if update == nil {
		update = func(UserAgent) {}
	}
	return follow(ctx, c, follower[UserAgent]{
		look:   func(ctx context.Context) (UserAgent, error) { return c.MyAgent(ctx, guid) },
		over:   settled,
		looked: update,
		poll:   c.briskPoll(),
	})
}
