package tools

import (
	"context"
	"errors"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// inTeam calls Wiro about an agent in the context of its team. Messages of a team's agent need
// that; a call that names no team is refused before anything is done, and repeated in the team
// that the agent itself names.
func inTeam[T any](ctx context.Context, c *Call, agent, team string, do func(*wiro.Client) (T, error)) (T, error) {
	result, err := do(c.Wiro.WithTeam(team))
	if err == nil || team != "" || agent == "" || !wantsTeam(err) {
		return result, err
	}
	known, lookErr := c.Wiro.MyAgents.Get(ctx, agent)
	if lookErr != nil || known.TeamGUID == "" {
		return result, err
	}
	c.SetArgument("teamguid", known.TeamGUID) // the next step names it, too
	return do(c.Wiro.WithTeam(known.TeamGUID))
}

// wantsTeam reports whether a refusal may come from a call outside the agent's team.
func wantsTeam(err error) bool {
	if errors.Is(err, wiro.ErrUnknownOutcome) { // it may have been done
		return false
	}
	switch wiro.ReasonOf(err) { //nolint:exhaustive // the others are about something else
	case wiro.ReasonAgentInTeam, wiro.ReasonAgentAccessDenied, wiro.ReasonAgentNotFound, wiro.ReasonForbidden:
		return true
	}
	return false
}

// teamOf names the team of an agent where Wiro wants to know it.
type teamOf struct {
	Team string `json:"teamguid,omitempty" doc:"its team, if it belongs to one"`
}
