// Package emulator emulates the Wiro API over HTTP and WebSocket, so that everything
// built on that API can be tried and tested with no key, no cost and no network.
//
// It is written from the public documentation of the API alone and shares no code with
// the client of this project: a mistake in one shows against the other. Models run in
// the documented stages, charge what their prices say, and leave real files behind that
// open in a viewer. Models of the owner "sandbox" misbehave on purpose, each in the way
// its description says, and Behave makes any model or endpoint do the same.
package emulator

import (
	"context"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/agents"
	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
	"github.com/wiroai/wiro-mcp-go/internal/emulator/tasks"
)

// A Server is one emulated Wiro. Use New, then Start or Handler, then Close. Its methods
// may be called from several goroutines.
type Server struct {
	*core.Server
	tasks  *tasks.Tasks
	agents *agents.Agents
}

// New returns a server that nothing reaches yet: Start gives it an address, Handler hands
// it to a server of the caller's own. The caller should call Close when finished.
//
// It panics where opts make no sense: a key that is empty or given twice, an AllowedIPs
// entry that is no address.
func New(opts core.Options) *Server {
	b := core.New(opts)
	return &Server{Server: b, tasks: tasks.New(b), agents: agents.New(b)}
}

// Release lets a task, or a message to an agent, go on that a behavior holds (HoldAt), or
// will hold; an agent that is held while it starts goes by its guid. An unknown token does
// nothing.
func (s *Server) Release(token string) {
	if !s.tasks.Release(token) {
		s.agents.Release(token)
	}
}

// Reached waits until a task, or a message to an agent, has come to a stage, or past it.
// It fails when the task ends without, and with ctx's error.
func (s *Server) Reached(ctx context.Context, token string, stage core.Stage) error {
	if known, err := s.tasks.Reached(ctx, token, stage); known {
		return err
	}
	if known, err := s.agents.Reached(ctx, token, stage); known {
		return err
	}
	return core.ErrForgotten
}

// FinishedAt is when the final event of a task was sent (or, where a behavior loses it,
// would have been), or that of a message to an agent. False while it runs, and for an
// unknown token.
func (s *Server) FinishedAt(token string) (time.Time, bool) {
	if at, over, known := s.tasks.EndedAt(token); known {
		return at, over
	}
	return s.agents.EndedAt(token)
}

// Launched waits until n tasks have been started since New, and returns the token of the
// n-th, or ctx's error.
func (s *Server) Launched(ctx context.Context, n int) (token string, err error) {
	return s.tasks.Launched(ctx, n)
}

// Task is the task of a token as it is now, whatever Task/Detail says of it; false where
// there is none.
func (s *Server) Task(token string) (Task, bool) { return s.tasks.Snapshot(token) }

// Tasks are the remembered tasks, oldest first.
func (s *Server) Tasks() []Task { return s.tasks.Snapshots() }

// SetTaskCost changes what a task says it cost, in USD, and leaves the wallet alone. An
// unknown token does nothing.
func (s *Server) SetTaskCost(token string, usd float64) { s.tasks.SetCost(token, usd) }

// Advance moves the clock of the agents forward and does what falls due on the way:
// subscriptions renew, or expire where that was asked for or the wallet is empty;
// scheduled tasks of running agents leave their lines in the log; old logs go; invitations,
// extra credits and half-finished connections expire.
func (s *Server) Advance(d time.Duration) { s.agents.AdvanceClock(d) }

// SetAgentCredits leaves an instance with this many credits in the present period, by
// changing how many it has used. It reports whether there is an instance with this guid.
func (s *Server) SetAgentCredits(useragentguid string, remaining int) bool {
	return s.agents.SetCredits(useragentguid, remaining)
}

// AgentAtRest waits until the status of an instance no longer changes by itself, and
// returns it: 0 stopped, 4 running, 5 error, 6 setup required. It fails for an unknown
// guid, and with ctx's error.
func (s *Server) AgentAtRest(ctx context.Context, useragentguid string) (status int, err error) {
	return s.agents.AtRest(ctx, useragentguid)
}

// RemoveOrganization removes an organization as its owner would in the dashboard: its
// agents and projects go back to their personal workspaces. Organization/Restore brings
// it back. It reports whether there is one with this guid.
func (s *Server) RemoveOrganization(guid string) bool { return s.agents.RemoveOrganization(guid) }

// SetTeamBalance puts usd into the wallet of a team. An unknown guid does nothing.
func (s *Server) SetTeamBalance(guid string, usd float64) { s.agents.SetTeamBalance(guid, usd) }

// TeamBalance is what a team can spend, in USD; 0 for an unknown guid.
func (s *Server) TeamBalance(guid string) float64 { return s.agents.TeamBalance(guid) }

// PlantedSecrets are all the secrets that the emulator hands out of its own accord: OAuth
// tokens, client and app secrets, passwords, bot tokens, API keys, service accounts and
// private keys. They appear in answers of UserAgent/Detail, UserAgent/CredentialFieldHistory
// and UserAgentOAuth/TokenRefresh, in error messages of TokenRefresh and in the debugoutput
// of messages that failed, so that a scan of what a program shows can prove that it lets
// none of them through.
func PlantedSecrets() []string { return agents.PlantedSecrets() }
