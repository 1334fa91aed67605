package wiro

import (
	"context"
	"iter"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	userAgentMyAgents     = wire.Endpoint("UserAgent/MyAgents", wire.Safe, wire.ShortTimeout).Private()
	userAgentPinnedAgents = wire.Endpoint("UserAgent/PinnedAgents", wire.Safe, wire.ShortTimeout).Private()
	userAgentPinnedUnread = wire.Endpoint("UserAgent/PinnedUnread", wire.Safe, wire.ShortTimeout)
	userAgentDetail       = wire.Endpoint("UserAgent/Detail", wire.Safe, wire.ShortTimeout).Private()
	userAgentUpdate       = wire.Endpoint("UserAgent/Update", wire.Idempotent, wire.ShortTimeout).Private()
	userAgentCover        = wire.Endpoint("UserAgent/Cover", wire.Idempotent, wire.LongTimeout).Private()
	userAgentPin          = wire.Endpoint("UserAgent/Pin", wire.Idempotent, wire.ShortTimeout)
	userAgentStart        = wire.Endpoint("UserAgent/Start", wire.Idempotent, wire.ShortTimeout)
	userAgentStop         = wire.Endpoint("UserAgent/Stop", wire.Idempotent, wire.ShortTimeout)
)

// MyAgentsService deploys agents and manages those that the caller has deployed. For an agent
// of a team, call it on a client from WithTeam. Only Deploy costs money; BillingService has the
// other paid calls.
//
// Wiro docs: Agent Overview; Team API Access.
type MyAgentsService service

// MyAgentsQuery filters and pages the caller's agents.
//
// Wiro docs: Agent Overview, POST /UserAgent/MyAgents.
type MyAgentsQuery struct {
	Category string `json:"category,omitempty"`
	Sort     string `json:"sort,omitempty"`  // id (the default), title, status, createdat, updatedat, startedat, runningat or stopdat
	Order    string `json:"order,omitempty"` // ASC or DESC (the default)
	Start    int    `json:"start,omitempty"`
	Limit    int    `json:"limit,omitempty"` // 20 if 0, 1000 at most
}

// List returns a page of the agents of the caller, or of the client's team. Wiro does not say
// how many there are in all: a page that is shorter than the limit is the last one.
//
// Wiro docs: Agent Overview, POST /UserAgent/MyAgents.
func (s *MyAgentsService) List(ctx context.Context, query MyAgentsQuery) ([]UserAgent, error) {
	answer, err := call[userAgents](ctx, s.client, userAgentMyAgents, query)
	return answer.List, err
}

// All iterates over the agents that match the query, from query.Start on, and fetches pages of
// query.Limit (100 if 0) as it goes. It ends with the first error.
//
// Wiro docs: Agent Overview, POST /UserAgent/MyAgents.
func (s *MyAgentsService) All(ctx context.Context, query MyAgentsQuery) iter.Seq2[UserAgent, error] {
	return allPages(query.Start, query.Limit, func(u UserAgent) string { return u.GUID }, func(start, limit int) ([]UserAgent, int64, error) {
		query.Start, query.Limit = start, limit
		agents, err := s.List(ctx, query)
		return agents, 0, err
	})
}

// Pinned returns the caller's pinned agents, as List does.
//
// Wiro docs: Agent Overview, POST /UserAgent/PinnedAgents.
func (s *MyAgentsService) Pinned(ctx context.Context) ([]UserAgent, error) {
	answer, err := call[userAgents](ctx, s.client, userAgentPinnedAgents, nil)
	return answer.List, err
}

// LastMessages returns the GUID of the last message of each pinned agent by the agent's GUID.
// It is "" for an agent without messages.
//
// Wiro docs: Agent Overview, POST /UserAgent/PinnedUnread.
func (s *MyAgentsService) LastMessages(ctx context.Context) (map[string]string, error) {
	answer, err := call[struct {
		Data []struct {
			Agent   string `json:"useragentguid"`
			Message string `json:"lastmessageguid"`
		} `json:"data"`
	}](ctx, s.client, userAgentPinnedUnread, nil)
	if err != nil {
		return nil, err
	}
	last := make(map[string]string, len(answer.Data))
	for _, row := range answer.Data {
		last[row.Agent] = row.Message
	}
	return last, nil
}

// Get returns an agent with everything that Wiro shows of it, the secrets of the caller's own
// OAuth apps included. ErrNotFound means that it does not exist or belongs to another account.
//
// Wiro docs: Agent Overview, POST /UserAgent/Detail.
func (s *MyAgentsService) Get(ctx context.Context, guid string) (UserAgent, error) {
	if err := require("guid", guid); err != nil {
		return UserAgent{}, err
	}
	return oneAgent(call[userAgents](ctx, s.client, userAgentDetail, byGUID{guid}))
}

// AgentUpdate changes an agent. A nil field stays as it is; an empty Description or Cover is
// cleared.
//
// Wiro docs: Agent Overview, POST /UserAgent/Update.
type AgentUpdate struct {
	Title       *string  `json:"title,omitempty"`
	Description *string  `json:"description,omitempty"`
	Categories  []string `json:"categories,omitempty"`
	Cover       *string  `json:"cover,omitempty"` // URL
}

// Update changes an agent's title, description, categories or cover and returns the agent as
// List does. Wiro restarts an agent that starts or runs.
//
// Wiro docs: Agent Overview, POST /UserAgent/Update.
func (s *MyAgentsService) Update(ctx context.Context, guid string, update AgentUpdate) (UserAgent, error) {
	if err := require("guid", guid); err != nil {
		return UserAgent{}, err
	}
	return oneAgent(call[userAgents](ctx, s.client, userAgentUpdate, struct {
		byGUID
		AgentUpdate
	}{byGUID{guid}, update}))
}

// MaxCover is the largest cover picture that Wiro takes, in bytes.
//
// Wiro docs: Agent Overview, POST /UserAgent/Cover (about 10 MB).
const MaxCover = 10 << 20

// SetCover uploads a picture (JPEG, PNG, GIF or WebP, MaxCover bytes at most) as an agent's
// cover and returns the agent as List does. Update sets a cover that already has a URL.
//
// Wiro docs: Agent Overview, POST /UserAgent/Cover.
func (s *MyAgentsService) SetCover(ctx context.Context, guid string, picture File) (UserAgent, error) {
	if err := require("useragentguid", guid); err != nil {
		return UserAgent{}, err
	}
	if picture.Size > MaxCover {
		return UserAgent{}, &InputError{Field: "image", Reason: "is larger than the 10 MB that Wiro takes"}
	}
	return oneAgent(callForm[userAgents](ctx, s.client, userAgentCover, []wire.Field{
		{Name: "useragentguid", Value: guid}, picture.field("image"),
	}))
}

// Pin puts an agent on the caller's list of pinned agents, or takes it off.
//
// Wiro docs: Agent Overview, POST /UserAgent/Pin.
func (s *MyAgentsService) Pin(ctx context.Context, guid string, pinned bool) error {
	if err := require("useragentguid", guid); err != nil {
		return err
	}
	return do(ctx, s.client, userAgentPin, struct {
		byUserAgent
		Pinned bool `json:"pinned"`
	}{byUserAgent{guid}, pinned})
}

// Start queues a stopped agent, or one in error, for a worker; Wait follows it until it runs.
// Wiro refuses with ReasonAlreadyRunning, ReasonAlreadyQueued, ReasonStopping,
// ReasonSetupIncomplete (credentials are missing), ReasonNoSubscription or ReasonNoCredits.
//
// Wiro docs: Agent Overview, POST /UserAgent/Start.
func (s *MyAgentsService) Start(ctx context.Context, guid string) error {
	if err := require("guid", guid); err != nil {
		return err
	}
	return do(ctx, s.client, userAgentStart, byGUID{guid})
}

// Stop stops an agent: a queued one at once, a running one by way of AgentStopping. Its
// subscription goes on and renews itself; Billing.Cancel ends it. Wiro refuses with
// ReasonAlreadyStopped, ReasonStopping or ReasonRetryByStart (the agent is in error).
//
// Wiro docs: Agent Overview, POST /UserAgent/Stop.
func (s *MyAgentsService) Stop(ctx context.Context, guid string) error {
	if err := require("guid", guid); err != nil {
		return err
	}
	return do(ctx, s.client, userAgentStop, byGUID{guid})
}

// Wait polls an agent every second or two until settled returns true for it, and calls onUpdate,
// if given, after every poll. If ctx ends first, it returns the agent as it stood last with an
// error that wraps ctx's.
//
// Wiro docs: Agent Overview (UserAgent Statuses).
func (s *MyAgentsService) Wait(ctx context.Context, guid string, settled func(UserAgent) bool, onUpdate ...func(UserAgent)) (UserAgent, error) {
	last := new(UserAgent)
	err := watch(ctx, s.client, &watcher[UserAgent]{
		subject:   "agent",
		last:      last,
		poll:      func(ctx context.Context) (UserAgent, error) { return s.Get(ctx, guid) },
		done:      settled,
		onPoll:    notifier(onUpdate),
		intervals: s.client.shortPollIntervals(),
	})
	return *last, err
}

// userAgents is the answer of every endpoint that returns deployed agents.
type userAgents struct {
	List []UserAgent `json:"useragents"`
}

func oneAgent(answer userAgents, err error) (UserAgent, error) {
	if err != nil {
		return UserAgent{}, err
	}
	if len(answer.List) == 0 {
		return UserAgent{}, notFound(userAgentDetail, "agent")
	}
	return answer.List[0], nil
}

// byGUID and byUserAgent name a deployed agent in a request. Endpoints differ in the member.
type byGUID struct {
	GUID string `json:"guid"`
}

type byUserAgent struct {
	GUID string `json:"useragentguid"`
}
