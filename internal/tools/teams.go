package tools

import (
	"context"
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var createOrganization = define(Meta{
	Name:    "create_organization",
	Title:   "Create an organization",
	About:   "Create an organization, which groups teams. Its owner is whoever creates it. It costs nothing.",
	Toolset: Teams,
	Effect:  Writes,
}, func(ctx context.Context, call Call, in newOrganization) (TeamAction, error) {
	made, err := call.Wiro.CreateOrganization(ctx, in.Name)
	if err != nil {
		return TeamAction{}, err
	}
	action := TeamAction{
		Action: "create", Success: true, Organization: string(made.GUID), Name: string(made.Name),
		Message: fmt.Sprintf("Created the organization %s%s. create_team makes a team of it.", made.Name, guidNote(made.GUID)),
	}
	return action, nil
})

type newOrganization struct {
	Name string `json:"name" doc:"its name"`
}

// guidNote is the guid in brackets, or a word on where to find one that Wiro did not give.
func guidNote(guid wiro.Text) string {
	if guid == "" {
		return " (its guid is at https://wiro.ai/panel)"
	}
	return " (guid " + string(guid) + ")"
}

var restoreOrganization = define(Meta{
	Name:       "restore_organization",
	Title:      "Restore an organization",
	About:      "Bring a deleted organization back, with its teams and the members who had accepted. For its owner alone.",
	Toolset:    Teams,
	Effect:     Writes,
	Idempotent: true,
}, func(ctx context.Context, call Call, in organizationName) (TeamAction, error) {
	if err := call.Wiro.RestoreOrganization(ctx, in.Organization); err != nil {
		return TeamAction{}, err
	}
	return TeamAction{
		Action: "restore", Success: true, Organization: in.Organization,
		Message: "Restored, with its teams and members. Agents and projects stay where the deletion moved them, " +
			"in the owner's personal workspace: transfer_agent and transfer_project move them back.",
	}, nil
})

type organizationName struct {
	Organization string `json:"organizationguid" doc:"guid of the organization"`
}

var createTeam = define(Meta{
	Name:    "create_team",
	Title:   "Create a team",
	About:   "Create a team of an organization that you own: a workspace with a wallet, empty at first, and with projects, agents and members of its own.",
	Toolset: Teams,
	Effect:  Writes,
}, func(ctx context.Context, call Call, in newTeam) (TeamAction, error) {
	made, err := call.Wiro.CreateTeam(ctx, in.Organization, in.Name)
	if err != nil {
		return TeamAction{}, err
	}
	return TeamAction{
		Action: "create", Success: true, Organization: string(made.OrganizationGUID), Team: string(made.GUID), Name: string(made.Name),
		Message: fmt.Sprintf("Created the team %s%s. Its wallet is empty: transfer_credit funds it; invite_team_member brings people in.",
			made.Name, guidNote(made.GUID)),
	}, nil
})

type newTeam struct {
	organizationName
	Name string `json:"name" doc:"its name"`
}

var inviteTeamMember = define(Meta{
	Name:    "invite_team_member",
	Title:   "Invite a team member",
	About:   "Invite somebody to a team by e-mail. The invitation is good for seven days. A member uses the team's models and agents; an admin also manages it.",
	Toolset: Teams,
	Effect:  Writes,
}, func(ctx context.Context, call Call, in invitation) (TeamAction, error) {
	if err := call.Wiro.InviteTeamMember(ctx, in.Team, in.Email, in.Role); err != nil {
		return TeamAction{}, err
	}
	return TeamAction{
		Action: "invite", Success: true, Team: in.Team,
		Message: fmt.Sprintf("Invited %s as %s. The invitation went out by e-mail and is good for seven days.", in.Email, in.Role),
	}, nil
})

type invitation struct {
	Team  string `json:"teamguid" doc:"guid of the team"`
	Email string `json:"email" doc:"where the invitation goes"`
	Role  string `json:"role" enum:"admin,member" doc:"what they will be"`
}

var updateTeam = define(Meta{
	Name:       "update_team",
	Title:      "Update a team",
	About:      "Change which models the members of a team may run: all, only those of a list, or all but those of a list. For its admins.",
	Toolset:    Teams,
	Effect:     Writes,
	Idempotent: true,
}, func(ctx context.Context, call Call, in teamUpdate) (TeamAction, error) {
	if in.Access == "" && in.Allowed == nil && in.Blocked == nil {
		return TeamAction{}, problem("update_team needs something to change: modelaccess, allowedmodelids or blockedmodelids.")
	}
	err := call.Wiro.UpdateTeam(ctx, in.Team, wiro.TeamUpdate{ModelAccess: in.Access, AllowedModelIDs: in.Allowed, BlockedModelIDs: in.Blocked})
	if err != nil {
		return TeamAction{}, err
	}
	var changed []string
	if in.Access != "" {
		changed = append(changed, "access to models: "+in.Access)
	}
	for _, list := range []struct {
		name string
		ids  []string
	}{{"allowed", in.Allowed}, {"blocked", in.Blocked}} {
		if list.ids != nil {
			changed = append(changed, count(len(list.ids), "model")+" "+list.name)
		}
	}
	return TeamAction{Action: "update", Success: true, Team: in.Team, Message: "Updated. " + strings.Join(changed, "; ") + "."}, nil
})

type teamUpdate struct {
	Team    string   `json:"teamguid" doc:"guid of the team"`
	Access  string   `json:"modelaccess,omitempty" enum:"all,allowlist,blocklist" doc:"which models members may run"`
	Allowed []string `json:"allowedmodelids,omitempty" doc:"ids of the models of an allowlist"`
	Blocked []string `json:"blockedmodelids,omitempty" doc:"ids of the models of a blocklist"`
}

var getTeamSpending = define(Meta{
	Name:    "get_team_spending",
	Title:   "Get a team's spending",
	About:   "What a team has spent and may spend, in all and by you.",
	Toolset: Teams,
}, func(ctx context.Context, call Call, in teamName) (TeamSpending, error) {
	spent, err := call.Wiro.TeamSpending(ctx, in.Team)
	if err != nil {
		return TeamSpending{}, err
	}
	return teamSpending(in.Team, spent), nil
})

type teamName struct {
	Team string `json:"teamguid,omitempty" doc:"guid of the team; the API key's own team when left out"`
}
