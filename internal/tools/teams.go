package tools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var createOrganizationTool = define(mcptool.Meta{
	Name:        "create_organization",
	Title:       "Create an organization",
	Description: "Create an organization, which groups teams. You own it. It costs nothing.",
	Toolset:     Teams,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"name": "Acme"}`}},
}, createOrganization)

func createOrganization(ctx context.Context, call *Call, in newOrganization) (TeamAction, error) {
	made, err := submit(ctx, call, "Organization/Create", nil, func(ctx context.Context) (wiro.Organization, error) {
		return call.Wiro.Teams.CreateOrganization(ctx, in.Name)
	})
	if err != nil {
		return TeamAction{}, err
	}
	action := TeamAction{
		ActionResult: mcptool.Done(fmt.Sprintf("Created the organization %s%s. create_team makes a team of it.", made.Name, guidNote(made.GUID))),
		Organization: made.GUID,
		Name:         made.Name,
	}
	return action, nil
}

type newOrganization struct {
	Name string `json:"name" doc:"its name"`
}

// guidNote is the guid in brackets, or a word on where to find one that Wiro did not give.
func guidNote(guid string) string {
	if guid == "" {
		return " (its guid is at https://wiro.ai/panel)"
	}
	return " (guid " + guid + ")"
}

var restoreOrganizationTool = define(mcptool.Meta{
	Name:        "restore_organization",
	Title:       "Restore an organization",
	Description: "Bring a deleted organization back, with its teams and the members who had accepted. For its owner alone.",
	Toolset:     Teams,
	Effect:      mcptool.Writes,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"organizationguid": "o1"}`}},
}, restoreOrganization)

func restoreOrganization(ctx context.Context, call *Call, in organizationName) (TeamAction, error) {
	if err := call.Wiro.Teams.RestoreOrganization(ctx, in.Organization); err != nil {
		return TeamAction{}, err
	}
	return TeamAction{
		ActionResult: mcptool.Done("Restored, with its teams and members. Agents and projects stay where the deletion moved them, " +
			"in the owner's personal workspace: transfer_agent and transfer_project move them back."),
		Organization: in.Organization,
	}, nil
}

type organizationName struct {
	Organization string `json:"organizationguid" doc:"guid of the organization"`
}

var createTeamTool = define(mcptool.Meta{
	Name:        "create_team",
	Title:       "Create a team",
	Description: "Create a team of an organization that you own: a workspace with a wallet, empty at first, and with projects, agents and members of its own.",
	Toolset:     Teams,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"organizationguid": "o1", "name": "A"}`}},
}, createTeam)

func createTeam(ctx context.Context, call *Call, in newTeam) (TeamAction, error) {
	made, err := submit(ctx, call, "Team/Create", nil, func(ctx context.Context) (wiro.Team, error) {
		return call.Wiro.Teams.Create(ctx, in.Organization, in.Name)
	})
	if err != nil {
		return TeamAction{}, err
	}
	return TeamAction{
		ActionResult: mcptool.Done(fmt.Sprintf("Created the team %s%s. Its wallet is empty: transfer_credit funds it; invite_team_member brings people in.",
			made.Name, guidNote(made.GUID))),
		Organization: made.OrganizationGUID,
		Team:         made.GUID,
		Name:         made.Name,
	}, nil
}

type newTeam struct {
	organizationName
	Name string `json:"name" doc:"its name"`
}

var inviteTeamMemberTool = define(mcptool.Meta{
	Name:        "invite_team_member",
	Title:       "Invite a team member",
	Description: "Invite somebody to a team by e-mail. The invitation is good for seven days. A member uses the team's models and agents; an admin also manages it.",
	Toolset:     Teams,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"teamguid": "t1", "email": "ada@example.com", "role": "member"}`}},
}, inviteTeamMember)

func inviteTeamMember(ctx context.Context, call *Call, in invitation) (TeamAction, error) {
	if err := submitDone(ctx, call, "Team/Member/Invite", func(ctx context.Context) error {
		return call.Wiro.Teams.Invite(ctx, in.Team, in.Email, in.Role)
	}); err != nil {
		return TeamAction{}, err
	}
	return TeamAction{
		ActionResult: mcptool.Done(fmt.Sprintf("Invited %s as %s. The invitation went out by e-mail and is good for seven days.", in.Email, in.Role)),
		Team:         in.Team,
	}, nil
}

type invitation struct {
	Team  string `json:"teamguid" doc:"guid of the team"`
	Email string `json:"email" doc:"where the invitation goes"`
	Role  string `json:"role" enum:"admin,member" doc:"what they will be"`
}

var updateTeamTool = define(mcptool.Meta{
	Name:        "update_team",
	Title:       "Update a team",
	Description: "Change which models the members of a team may run: all, only those of a list, or all but those of a list. For its admins.",
	Toolset:     Teams,
	Effect:      mcptool.Writes,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"teamguid": "t1", "modelaccess": "blocklist", "blockedmodelids": ["721"]}`}},
}, updateTeam)

func updateTeam(ctx context.Context, call *Call, in teamUpdate) (TeamAction, error) {
	if in.Access == "" && in.Allowed == nil && in.Blocked == nil {
		return TeamAction{}, mcptool.Problemf("update_team needs something to change: modelaccess, allowedmodelids or blockedmodelids.")
	}
	allowed, allowErr := call.teamModels(ctx, "allowed", in.Allowed)
	blocked, blockErr := call.teamModels(ctx, "blocked", in.Blocked)
	if err := errors.Join(allowErr, blockErr); err != nil {
		return TeamAction{}, err
	}
	err := call.Wiro.Teams.Update(ctx, in.Team, wiro.TeamUpdate{ModelAccess: in.Access, AllowedModelIDs: modelIDs(allowed), BlockedModelIDs: modelIDs(blocked)})
	if err != nil {
		return TeamAction{}, err
	}
	var changed []string
	lists := ""
	if in.Access != "" {
		changed = append(changed, "access to models: "+in.Access)
	}
	for _, list := range []struct {
		name   string
		models []TeamModel
	}{{"allowed", allowed}, {"blocked", blocked}} {
		if list.models != nil {
			changed = append(changed, mcptool.Count(len(list.models), "model")+" "+list.name)
		}
		if len(list.models) > 0 {
			lists += fmt.Sprintf(" Models %s: %s.", list.name, modelNames(list.models))
		}
	}
	return TeamAction{
		ActionResult: mcptool.Done("Updated. " + strings.Join(changed, "; ") + "." + lists), Team: in.Team, Models: slices.Concat(allowed, blocked),
	}, nil
}

// teamModels are the models of a list, by the ids that Wiro takes: a slug is looked up.
func (c *Call) teamModels(ctx context.Context, list string, names []string) ([]TeamModel, error) {
	if names == nil {
		return nil, nil
	}
	models := make([]TeamModel, 0, len(names))
	for _, name := range names {
		if _, err := strconv.ParseUint(strings.TrimSpace(name), 10, 64); err == nil {
			models = append(models, TeamModel{List: list, ID: strings.TrimSpace(name)})
			continue
		}
		slug, model, _, err := c.findModel(ctx, name, c.cachedModel)
		switch {
		case err != nil:
			return nil, c.noSuchModel(ctx, slug, err)
		case model.ID == "":
			return nil, mcptool.Problemf("Wiro does not say which id %s has. Nothing was changed.", slug)
		}
		models = append(models, TeamModel{List: list, ID: model.ID, Slug: model.Slug().String()})
	}
	return models, nil
}

// modelIDs are the ids of models; nil, which leaves a list as it is, for nil.
func modelIDs(models []TeamModel) []string {
	if models == nil {
		return nil
	}
	ids := make([]string, len(models))
	for i, model := range models {
		ids[i] = model.ID
	}
	return ids
}

func modelNames(models []TeamModel) string {
	texts := make([]string, len(models))
	for i, model := range models {
		texts[i] = model.String()
	}
	return strings.Join(texts, ", ")
}

type teamUpdate struct {
	Team    string   `json:"teamguid" doc:"guid of the team"`
	Access  string   `json:"modelaccess,omitempty" enum:"all,allowlist,blocklist" doc:"which models members may run"`
	Allowed []string `json:"allowedmodelids,omitempty" doc:"models of an allowlist, by slug (openai/sora-2) or id"`
	Blocked []string `json:"blockedmodelids,omitempty" doc:"models of a blocklist, by slug or id"`
}

var getTeamSpendingTool = define(mcptool.Meta{
	Name:        "get_team_spending",
	Title:       "Get a team's spending",
	Description: "What a team has spent and may spend, in all and by you.",
	Toolset:     Teams,
	Examples:    []mcptool.Example{{Arguments: `{"teamguid": "t1"}`}},
}, getTeamSpending)

func getTeamSpending(ctx context.Context, call *Call, in teamName) (TeamSpending, error) {
	spent, err := call.Wiro.Teams.Spending(ctx, in.Team)
	if err != nil {
		return TeamSpending{}, err
	}
	return teamSpending(in.Team, spent), nil
}

type teamName struct {
	Team string `json:"teamguid,omitempty" doc:"guid of the team; the API key's own team when left out"`
}
