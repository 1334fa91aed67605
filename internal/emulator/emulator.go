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
	*tasks.Tasks
	*agents.Agents
}

// New returns a server that nothing reaches yet: Start gives it an address, Handler hands
// it to a server of the caller's own. The caller should call Close when finished.
//
// It panics where opts make no sense: a key that is empty or given twice, an AllowedIPs
// entry that is no address.
func New(opts core.Options) *Server {
	b := core.New(opts)
	return &Server{b, tasks.New(b), agents.New(b)}
}

// Release lets a task, or a message to an agent, go on that a behavior holds (HoldAt), or
// will hold; an agent that is held while it starts goes by its guid. An unknown token does
// nothing.
func (s *Server) Release(token string) {
	if !s.Tasks.Release(token) {
		s.Agents.Release(token)
	}
}

// Reached waits until a task, or a message to an agent, has come to a stage, or past it.
// It fails when the task ends without, and with ctx's error.
func (s *Server) Reached(ctx context.Context, token string, stage core.Stage) error {
	if known, err := s.Tasks.Reached(ctx, token, stage); known {
		return err
	}
	if known, err := s.Agents.Reached(ctx, token, stage); known {
		return err
	}
	return core.ErrForgotten
}

// FinishedAt is when the final event of a task was sent (or, where a behavior loses it,
// would have been), or that of a message to an agent. False while it runs, and for an
// unknown token.
func (s *Server) FinishedAt(token string) (time.Time, bool) {
	if at, over, known := s.Tasks.EndedAt(token); known {
		return at, over
	}
	return s.Agents.EndedAt(token)
}

// PlantedSecrets are all the secrets that the emulator hands out of its own accord: OAuth
// tokens, client and app secrets, passwords, bot tokens, API keys, service accounts and
// private keys. They appear in answers of UserAgent/Detail, UserAgent/CredentialFieldHistory
// and UserAgentOAuth/TokenRefresh, in error messages of TokenRefresh and in the debugoutput
// of messages that failed, so that a scan of what a program shows can prove that it lets
// none of them through.
func PlantedSecrets() []string { return agents.PlantedSecrets() }
