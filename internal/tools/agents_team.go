package tools

import (
	"cmp"
	"context"
	"errors"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// teamOf names the team of an agent.
type teamOf struct {
	Team string `json:"teamguid,omitempty" doc:"its team"`
}

// inTeam returns Wiro in the context of a team: the one that the caller names, or the one that the
// agent was seen to belong to.
func (c *Call) inTeam(team string) *wiro.Client { return c.Wiro.WithTeam(cmp.Or(team, c.team)) }

// agent returns a deployed agent, and takes its team down for what the call does next. An agent of
// another team than the caller names is an error that says so.
func (c *Call) agent(ctx context.Context, guid, team string) (wiro.UserAgent, error) {
	agent, err := c.inTeam(team).MyAgents.Get(ctx, guid)
	if team != "" && wantsTeam(err) {
		if found, lookErr := c.Wiro.MyAgents.Get(ctx, guid); lookErr == nil && found.TeamGUID != team {
			return found, c.wrongTeam(found.TeamGUID)
		}
	}
	if err != nil {
		return agent, err
	}
	if team != "" && agent.TeamGUID != "" && agent.TeamGUID != team {
		return agent, c.wrongTeam(agent.TeamGUID)
	}
	c.noteTeam(agent)
	return agent, nil
}

// noteTeam takes the team of an agent down: what the call does next is done there, and its next
// step names it, too.
func (c *Call) noteTeam(agent wiro.UserAgent) {
	if agent.TeamGUID != "" && c.team == "" {
		c.team = agent.TeamGUID
		c.SetArgument("teamguid", agent.TeamGUID)
	}
}

// wrongTeam refuses a call that names another team than the agent's; "" is the personal workspace.
func (c *Call) wrongTeam(team string) error {
	for _, name := range []string{"confirm", "confirmation"} { // another call is another question
		c.DropArgument(name)
	}
	if team == "" {
		c.DropArgument("teamguid")
		return mcptool.Problemf("The agent is personal, and belongs to no team. Nothing was done: leave teamguid out.").
			WithNext(c.Tool.Name, "the same call without teamguid", c.Arguments())
	}
	c.SetArgument("teamguid", team)
	return mcptool.Problemf("The agent belongs to the team %s, not to the one that was named. Nothing was done.", team).
		WithNext(c.Tool.Name, "the same call in the agent's own team", c.Arguments())
}

// inTeam calls Wiro about an agent in the context of its team. What Wiro guards so is refused
// before anything is done, and repeated in the team that the agent itself names if the caller
// named none.
func inTeam[T any](ctx context.Context, c *Call, agent, team string, do func(*wiro.Client) (T, error)) (T, error) {
	result, err := do(c.inTeam(team))
	switch {
	case err == nil || !wantsTeam(err):
		return result, err
	case team != "" && wiro.ReasonOf(err) == wiro.ReasonAgentPersonal:
		return result, c.wrongTeam("")
	case agent == "" || c.team != "":
		return result, err
	}
	known, lookErr := c.agent(ctx, agent, team)
	if wrong, ok := errors.AsType[*mcptool.Problem](lookErr); ok {
		return result, wrong
	}
	if lookErr != nil || team != "" || known.TeamGUID == "" {
		return result, err
	}
	return do(c.inTeam(""))
}

// submitInTeam is submit about an agent, in the context of its team.
func submitInTeam[T any](ctx context.Context, c *Call, operation, agent, team string, timeout *float64, send func(context.Context, *wiro.Client) (T, error)) (T, error) {
	return inTeam(ctx, c, agent, team, func(w *wiro.Client) (T, error) {
		return submit(ctx, c, operation, timeout, func(ctx context.Context) (T, error) { return send(ctx, w) })
	})
}

// wantsTeam reports whether a refusal may come from a call outside the agent's team.
func wantsTeam(err error) bool {
	if errors.Is(err, wiro.ErrUnknownOutcome) { // it may have been done
		return false
	}
	switch wiro.ReasonOf(err) { //nolint:exhaustive // the others are about something else
	case wiro.ReasonAgentInTeam, wiro.ReasonAgentPersonal, wiro.ReasonNotInTeam, wiro.ReasonAgentAccessDenied,
		wiro.ReasonAgentNotFound, wiro.ReasonForbidden, wiro.ReasonNotFound:
		return true
	}
	return false
}
