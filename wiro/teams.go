package wiro

import (
	"cmp"
	"context"
	"slices"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	teamCreate       = wire.Endpoint("Team/Create", wire.NonIdempotent, wire.ShortTimeout)
	teamMemberInvite = wire.Endpoint("Team/Member/Invite", wire.NonIdempotent, wire.ShortTimeout) // sends an e-mail
	teamUpdate       = wire.Endpoint("Team/Update", wire.Idempotent, wire.ShortTimeout)
	teamSpending     = wire.Endpoint("Team/SpendingSummary", wire.Safe, wire.ShortTimeout)
)

// TeamsService manages organizations and their teams, and moves agents, projects and credit
// between workspaces. Calls that create or move something are sent once; ErrUnknownOutcome
// means that it may have happened.
//
// Wiro docs: Organizations & Teams.
type TeamsService service

// Team is a workspace of an organization with its own wallet, projects, agents and members.
//
// Wiro docs: Organizations & Teams.
type Team struct {
	GUID             string `json:"guid"`
	Name             string `json:"name"`
	OrganizationGUID string `json:"organizationguid"`
}

// Create creates a team of an organization that the caller owns, with an empty wallet and the
// caller as its admin. The documentation does not show the response: GUID is empty if Wiro does
// not state it in a known place.
//
// Wiro docs: Managing Teams, POST /Team/Create.
func (s *TeamsService) Create(ctx context.Context, organization, name string) (Team, error) {
	if err := requireAll("organizationguid", organization, "name", name); err != nil {
		return Team{}, err
	}
	answer, err := call[struct {
		Team
		One  []Team `json:"team"`
		Many []Team `json:"teams"`
		Own  string `json:"teamguid"`
	}](ctx, s.client, teamCreate, struct {
		Organization string `json:"organizationguid"`
		Name         string `json:"name"`
	}{organization, name})
	if err != nil {
		return Team{}, err
	}
	team := answer.Team
	if all := slices.Concat(answer.One, answer.Many); len(all) > 0 {
		team = all[0]
	}
	return Team{
		GUID: cmp.Or(team.GUID, answer.Own), Name: cmp.Or(team.Name, name),
		OrganizationGUID: cmp.Or(team.OrganizationGUID, organization),
	}, nil
}

// The roles of a team's members.
//
// Wiro docs: Managing Teams (Member Roles).
const (
	TeamAdmin  = "admin"  // manages the team and its members
	TeamMember = "member" // uses what the team has
)

// Invite sends an invitation to a team by e-mail, good for seven days. Owners of the
// organization and admins of the team can.
//
// Wiro docs: Managing Teams, POST /Team/Member/Invite.
func (s *TeamsService) Invite(ctx context.Context, team, email, role string) error {
	if err := requireAll("teamguid", team, "email", email, "role", role); err != nil {
		return err
	}
	return do(ctx, s.client, teamMemberInvite, struct {
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
	ModelsAllowlist = "allowlist" // only those of AllowedModelIDs
	ModelsBlocklist = "blocklist" // all but those of BlockedModelIDs
)

// TeamUpdate says which models a team's members may run. An empty ModelAccess and nil lists
// leave what is there; an empty list empties it.
//
// Wiro docs: Team Billing & Spending, POST /Team/Update.
type TeamUpdate struct {
	ModelAccess     string   `json:"modelaccess,omitempty"`
	AllowedModelIDs []string `json:"allowedmodelids,omitzero"` // Model.ID
	BlockedModelIDs []string `json:"blockedmodelids,omitzero"` // Model.ID
}

// Update changes a team's settings. Its admins can.
//
// Wiro docs: Team Billing & Spending, POST /Team/Update.
func (s *TeamsService) Update(ctx context.Context, team string, update TeamUpdate) error {
	if err := require("teamguid", team); err != nil {
		return err
	}
	return do(ctx, s.client, teamUpdate, struct {
		Team string `json:"teamguid"`
		TeamUpdate
	}{team, update})
}

// TeamSpending is what a team has spent, and the caller in it, in USD. An amount is nil if Wiro
// does not state it.
//
// Wiro docs: Team Billing & Spending, POST /Team/SpendingSummary.
type TeamSpending struct {
	Total            *float64       `json:"teamTotal"`
	Playground       *float64       `json:"playgroundTotal"`
	API              *float64       `json:"apiTotal"`
	Member           MemberSpending `json:"memberSpent"`
	SpendLimit       *float64       `json:"spendLimit"`       // of the team; nil if there is none
	MemberSpendLimit *float64       `json:"memberSpendLimit"` // of the caller; nil if there is none
}

// MemberSpending is what the caller has spent in a team, in USD. An amount is nil if Wiro does
// not state it.
type MemberSpending struct {
	Total      *float64 `json:"total"`
	Playground *float64 `json:"playground"`
	API        *float64 `json:"api"`
}

// Spending returns what a team has spent: if team is empty, the one of the client's key or of
// WithTeam. The documentation names no parameter, so that the team goes into the body and, as
// for other endpoints, into the teamGUID header.
//
// Wiro docs: Team Billing & Spending, POST /Team/SpendingSummary.
func (s *TeamsService) Spending(ctx context.Context, team string) (TeamSpending, error) {
	client := s.client
	if team != "" {
		client = client.WithTeam(team)
	}
	return call[TeamSpending](ctx, client, teamSpending, struct {
		Team string `json:"teamguid,omitempty"`
	}{team})
}
