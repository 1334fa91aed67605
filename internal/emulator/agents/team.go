package agents

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

func (a *Agents) installTeams() {
	a.serve("Organization/Create", a.createOrganization)
	a.serve("Organization/Restore", a.restoreOrganization)
	a.serve("Team/Create", a.createTeam)
	a.serve("Team/Update", a.updateTeam)
	a.serve("Team/Member/Invite", a.inviteMember)
	a.serve("Team/SpendingSummary", a.spendingSummary)
	a.serve("Team/TransferAgent", a.transferAgent)
	a.serve("Team/TransferProject", a.transferProject)
	a.serve("Team/TransferCredit", a.transferCredit)
	a.serve("Wallet/List", a.listWallets)
}

// listWallets answers POST /Wallet/List, whose shape the documentation does not show: with the
// wallet that pays for the caller's runs, or a team's that the caller names.
func (a *Agents) listWallets(c *core.Call) (core.Fields, error) {
	wallet := c.Project.Wallet()
	owner := "personal"
	if guid := c.Request.Header.Get("teamGUID"); guid != "" {
		t, err := a.ownTeam(c, guid)
		if err != nil {
			return nil, err
		}
		wallet, owner = &t.wallet, t.guid
	}
	return core.Fields{{"total", "1"}, {"wallets", []core.Object{{{"owner", owner}, {"currency", "USD"}, {"balance", fmt.Sprintf("%.2f", wallet.Balance())}}}}}, nil
}

// An organization groups the teams of an account, which owns it.
type organization struct {
	guid, name string
	account    string
	removed    bool
}

// A team is a workspace with a wallet of its own.
type team struct {
	guid, name string
	org        *organization
	wallet     core.Wallet
	limit      float64 // USD; 0: none
	access     string  // all, allowlist, blocklist
	allowed    []string
	blocked    []string
	members    []*teamMember
}

// A teamMember is somebody who was invited.
type teamMember struct {
	Email   string `json:"email"`
	Role    string `json:"role"`
	Status  string `json:"status"`
	Expires int64  `json:"expiresat"`
}

// The wording of these errors is not documented. Two have their code as a string.
var (
	errNoOrganization = &core.Failure{Errors: []core.WireError{{Code: "1", Message: "Organization not found"}}}
	errNoTeam         = &core.Failure{Errors: []core.WireError{{Code: "1", Message: "Team not found"}}}
	errRole           = core.Fail(0, "role must be 'admin' or 'member'")
	errAccess         = core.Fail(0, "modelaccess must be 'all', 'allowlist' or 'blocklist'")
	errNoProject      = core.Fail(1, "Project not found")
	errSameWallet     = core.Fail(0, "Source and target must be different wallets")
	errAmount         = core.Fail(0, "Request parameter [amount] must be greater than 0")
)

const inviteLife = 7 * day

// createOrganization answers POST /Organization/Create.
func (a *Agents) createOrganization(c *core.Call) (core.Fields, error) {
	name, err := c.Args.Require("name")
	if err != nil {
		return nil, err
	}
	o := &organization{guid: a.server.IDs.GUID(), name: name, account: c.Project.Account}
	a.organizations[o.guid] = o
	return core.Fields{{"organization", o.view()}}, nil
}

func (o *organization) view() core.Object {
	status := 1
	if o.removed {
		status = 0
	}
	return core.Object{{"guid", o.guid}, {"name", o.name}, {"status", status}}
}

func (a *Agents) organization(c *core.Call) (*organization, error) {
	guid, err := c.Args.Require("organizationguid")
	if err != nil {
		return nil, err
	}
	o := a.organizations[guid]
	if o == nil || o.account != c.Project.Account {
		return nil, errNoOrganization
	}
	return o, nil
}

// restoreOrganization answers POST /Organization/Restore. One that was not removed stays
// as it is.
func (a *Agents) restoreOrganization(c *core.Call) (core.Fields, error) {
	o, err := a.organization(c)
	if err != nil {
		return nil, err
	}
	o.removed = false
	return core.Fields{{"organization", o.view()}}, nil
}

// createTeam answers POST /Team/Create.
func (a *Agents) createTeam(c *core.Call) (core.Fields, error) {
	o, err := a.organization(c)
	if err != nil {
		return nil, err
	}
	name, err := c.Args.Require("name")
	switch {
	case err != nil:
		return nil, err
	case o.removed:
		return nil, errNoOrganization
	}
	t := &team{guid: a.server.IDs.GUID(), name: name, org: o, access: "all"}
	a.teams[t.guid] = t
	return core.Fields{{"team", t.view()}}, nil
}

func (t *team) view() core.Object {
	return core.Object{
		{"guid", t.guid}, {"name", t.name}, {"organizationguid", t.org.guid}, {"status", 1},
		{"modelaccess", t.access}, {"allowedmodelids", slices.Concat([]string{}, t.allowed)}, {"blockedmodelids", slices.Concat([]string{}, t.blocked)},
		{"spendlimit", t.limitView()},
	}
}

func (t *team) limitView() *float64 {
	if t.limit == 0 {
		return nil
	}
	return &t.limit
}

// ownTeam is a team of the caller's account.
func (a *Agents) ownTeam(c *core.Call, guid string) (*team, error) {
	t := a.teams[guid]
	if t == nil || t.org.account != c.Project.Account || t.org.removed {
		return nil, errNoTeam
	}
	return t, nil
}

func (a *Agents) teamArg(c *core.Call) (*team, error) {
	guid, err := c.Args.Require("teamguid")
	if err != nil {
		return nil, err
	}
	return a.ownTeam(c, guid)
}

// updateTeam answers POST /Team/Update.
func (a *Agents) updateTeam(c *core.Call) (core.Fields, error) {
	t, err := a.teamArg(c)
	if err != nil {
		return nil, err
	}
	switch access := c.Args.Text("modelaccess"); access {
	case "":
	case "all", "allowlist", "blocklist":
		t.access = access
	default:
		return nil, errAccess
	}
	if c.Args["allowedmodelids"] != nil {
		t.allowed = c.Args.List("allowedmodelids")
	}
	if c.Args["blockedmodelids"] != nil {
		t.blocked = c.Args.List("blockedmodelids")
	}
	if _, given := c.Args["spendlimit"]; given {
		t.limit, _ = strconv.ParseFloat(c.Args.Text("spendlimit"), 64)
	}
	return core.Fields{{"team", t.view()}}, nil
}

// admits reports whether members of the team may run a model.
//
// Wiro docs: Team Billing & Spending, Access Modes.
func (t *team) admits(modelID string) bool {
	switch t.access {
	case "allowlist":
		return slices.Contains(t.allowed, modelID)
	case "blocklist":
		return !slices.Contains(t.blocked, modelID)
	default:
		return true
	}
}

// inviteMember answers POST /Team/Member/Invite. Inviting somebody again sends the
// invitation again.
func (a *Agents) inviteMember(c *core.Call) (core.Fields, error) {
	t, err := a.teamArg(c)
	if err != nil {
		return nil, err
	}
	email, err := c.Args.Require("email")
	if err != nil {
		return nil, err
	}
	role, err := c.Args.Require("role")
	switch {
	case err != nil:
		return nil, err
	case role != "admin" && role != "member":
		return nil, errRole
	}
	t.members = slices.DeleteFunc(t.members, func(m *teamMember) bool { return m.Email == email })
	m := &teamMember{Email: email, Role: role, Status: "pending", Expires: a.now().Add(inviteLife).Unix()}
	t.members = append(t.members, m)
	return core.Fields{{"member", m}}, nil
}

// spendingSummary answers POST /Team/SpendingSummary, for the team of the caller's
// workspace where none is named.
func (a *Agents) spendingSummary(c *core.Call) (core.Fields, error) {
	t, err := a.workspace(c)
	if guid := c.Args.Text("teamguid"); guid != "" {
		t, err = a.ownTeam(c, guid)
	}
	switch {
	case err != nil:
		return nil, err
	case t == nil:
		return nil, core.Required("teamguid")
	}
	spent := cents(t.wallet.Total())
	return core.Fields{
		{"teamTotal", spent}, {"playgroundTotal", 0}, {"apiTotal", spent},
		{"memberSpent", core.Object{{"total", spent}, {"playground", 0}, {"api", spent}}},
		{"spendLimit", t.limitView()}, {"memberSpendLimit", nil},
	}, nil
}

// RemoveOrganization removes an organization as its owner would in the dashboard: its
// agents and projects go back to their personal workspaces. Organization/Restore brings
// it back. It reports whether there is one with this guid.
func (a *Agents) RemoveOrganization(guid string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := a.organizations[guid]
	if o == nil {
		return false
	}
	o.removed = true
	for _, u := range a.instances {
		if u.team != nil && u.team.org == o {
			a.moveInstance(u, nil)
		}
	}
	for p, t := range a.moved {
		if t.org == o {
			a.moveProject(p, nil)
		}
	}
	return true
}

// SetTeamBalance puts usd into the wallet of a team. An unknown guid does nothing.
func (a *Agents) SetTeamBalance(guid string, usd float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.teams[guid]; t != nil {
		t.wallet.Set(usd)
	}
}

// TeamBalance is what a team can spend, in USD; 0 for an unknown guid.
func (a *Agents) TeamBalance(guid string) float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.teams[guid]; t != nil {
		return t.wallet.Balance()
	}
	return 0
}
