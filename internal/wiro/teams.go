package wiro

import (
	"context"
	"slices"
)

var (
	teamCreate       = endpoint("Team/Create", submit, quick)
	teamMemberInvite = endpoint("Team/Member/Invite", submit, quick) // sends an e-mail
	teamUpdate       = endpoint("Team/Update", write, quick)
	teamSpending     = endpoint("Team/SpendingSummary", read, quick)
)

// Team is a workspace of an organization, with a wallet, projects, agents and members.
//
// Wiro docs: Organizations & Teams.
type Team struct {
	GUID             Text `json:"guid"`
	Name             Text `json:"name"`
	OrganizationGUID Text `json:"organizationguid"`
}

// CreateTeam creates a team of an organization that the caller owns, with an empty wallet
// and the caller as its admin. The documentation does not show the answer: GUID is empty
// where Wiro does not give it in a known place.
//
// Wiro docs: Managing Teams, POST /Team/Create.
func (c *Client) CreateTeam(ctx context.Context, organization, name string) (Team, error) {
	if err := allGiven("organizationguid", organization, "name", name); err != nil {
		return Team{}, err
	}
	answer, err := call[struct {
		Team
		One  List[Team] `json:"team"`
		Many List[Team] `json:"teams"`
		Own  Text       `json:"teamguid"`
	}](ctx, c, teamCreate, struct {
		Organization string `json:"organizationguid"`
		Name         string `json:"name"`
	}{organization, name})
	if err != nil {
		return Team{}, err
	}
	made := answer.Team
	if all := slices.Concat(answer.One, answer.Many); len(all) > 0 {
		made = all[0]
	}
	made.GUID = Text(firstText(made.GUID, answer.Own))
	made.Name = Text(firstText(made.Name, Text(name)))
	made.OrganizationGUID = Text(firstText(made.OrganizationGUID, Text(organization)))
	return made, nil
}

// The roles of a team's members.
//
// Wiro docs: Managing Teams (Member Roles).
const (
	TeamAdmin  = "admin"  // manages the team and its members
	TeamMember = "member" // uses what the team has
)

// InviteTeamMember sends an invitation by e-mail, good for seven days. Owners of the
// organization and admins of the team can.
//
// Wiro docs: Managing Teams, POST /Team/Member/Invite.
func (c *Client) InviteTeamMember(ctx context.Context, team, email, role string) error {
	if err := allGiven("teamguid", team, "email", email, "role", role); err != nil {
		return err
	}
	return act(ctx, c, teamMemberInvite, struct {
		Team  string `json:"teamguid"`
		Email string `json:"email"`
		Role  string `json:"role"`
	}{team, email, role})
}

// The modes of a team's access to models.
//
// Wiro docs: Team Billing & Spending (Access Modes).
const (
	ModelsAll       = "all"
	ModelsAllowlist = "allowlist" // those of AllowedModelIDs alone
	ModelsBlocklist = "blocklist" // all but those of BlockedModelIDs
)

// TeamUpdate says which models a team's members may run. An empty ModelAccess and nil lists
// leave what is; an empty list empties it.
//
// Wiro docs: Team Billing & Spending, POST /Team/Update.
type TeamUpdate struct {
	ModelAccess     string   `json:"modelaccess,omitempty"`
	AllowedModelIDs []string `json:"allowedmodelids,omitzero"`
	BlockedModelIDs []string `json:"blockedmodelids,omitzero"`
}

// UpdateTeam changes a team's settings. Its admins can.
//
// Wiro docs: Team Billing & Spending, POST /Team/Update.
func (c *Client) UpdateTeam(ctx context.Context, team string, update TeamUpdate) error {
	if err := given("teamguid", team); err != nil {
		return err
	}
	return act(ctx, c, teamUpdate, struct {
		Team string `json:"teamguid"`
		TeamUpdate
	}{team, update})
}

// TeamSpending is what a team has spent, and the caller in it, in USD.
//
// Wiro docs: Team Billing & Spending, POST /Team/SpendingSummary.
type TeamSpending struct {
	Total            Float       `json:"teamTotal"`
	Playground       Float       `json:"playgroundTotal"`
	API              Float       `json:"apiTotal"`
	Member           MemberSpent `json:"memberSpent"`
	SpendLimit       *Float      `json:"spendLimit"`       // of the team; nil is none
	MemberSpendLimit *Float      `json:"memberSpendLimit"` // of the caller; nil is none
}

// MemberSpent is what the caller has spent in a team, in USD.
type MemberSpent struct {
	Total      Float `json:"total"`
	Playground Float `json:"playground"`
	API        Float `json:"api"`
}

// TeamSpending returns what a team has spent; with an empty guid, the team of the key or of
// InTeam. The documentation names no parameter: the team goes in the body and, as for other
// endpoints, in the teamGUID header.
//
// Wiro docs: Team Billing & Spending, POST /Team/SpendingSummary.
func (c *Client) TeamSpending(ctx context.Context, team string) (TeamSpending, error) {
	if team != "" {
		c = c.InTeam(team)
	}
	return call[TeamSpending](ctx, c, teamSpending, struct {
		Team string `json:"teamguid,omitempty"`
	}{team})
}
