package emulator

import (
	"slices"
	"strconv"
)

func (a *agents) installTeams() {
	a.serve("Organization/Create", a.createOrganization)
	a.serve("Organization/Restore", a.restoreOrganization)
	a.serve("Team/Create", a.createTeam)
	a.serve("Team/Update", a.updateTeam)
	a.serve("Team/Member/Invite", a.inviteMember)
	a.serve("Team/SpendingSummary", a.spendingSummary)
	a.serve("Team/TransferAgent", a.transferAgent)
	a.serve("Team/TransferProject", a.transferProject)
	a.serve("Team/TransferCredit", a.transferCredit)
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
	wallet     wallet
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
	errNoOrganization = &failure{errors: []wireError{{Code: "1", Message: "Organization not found"}}}
	errNoTeam         = &failure{errors: []wireError{{Code: "1", Message: "Team not found"}}}
	errRole           = fail(0, "role must be 'admin' or 'member'")
	errAccess         = fail(0, "modelaccess must be 'all', 'allowlist' or 'blocklist'")
	errNoProject      = fail(1, "Project not found")
	errSameWallet     = fail(0, "Source and target must be different wallets")
	errAmount         = fail(0, "Request parameter [amount] must be greater than 0")
)

const inviteLife = 7 * day

// createOrganization answers POST /Organization/Create.
func (a *agents) createOrganization(c *call) (fields, error) {
	name, err := c.args.need("name")
	if err != nil {
		return nil, err
	}
	o := &organization{guid: a.server.ids.guid(), name: name, account: c.project.account}
	a.organizations[o.guid] = o
	return fields{{"organization", o.view()}}, nil
}

func (o *organization) view() object {
	status := 1
	if o.removed {
		status = 0
	}
	return object{{"guid", o.guid}, {"name", o.name}, {"status", status}}
}

func (a *agents) organization(c *call) (*organization, error) {
	guid, err := c.args.need("organizationguid")
	if err != nil {
		return nil, err
	}
	o := a.organizations[guid]
	if o == nil || o.account != c.project.account {
		return nil, errNoOrganization
	}
	return o, nil
}

// restoreOrganization answers POST /Organization/Restore. One that was not removed stays
// as it is.
func (a *agents) restoreOrganization(c *call) (fields, error) {
	o, err := a.organization(c)
	if err != nil {
		return nil, err
	}
	o.removed = false
	return fields{{"organization", o.view()}}, nil
}

// createTeam answers POST /Team/Create.
func (a *agents) createTeam(c *call) (fields, error) {
	o, err := a.organization(c)
	if err != nil {
		return nil, err
	}
	name, err := c.args.need("name")
	switch {
	case err != nil:
		return nil, err
	case o.removed:
		return nil, errNoOrganization
	}
	t := &team{guid: a.server.ids.guid(), name: name, org: o, access: "all"}
	a.teams[t.guid] = t
	return fields{{"team", t.view()}}, nil
}

func (t *team) view() object {
	return object{
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
func (a *agents) ownTeam(c *call, guid string) (*team, error) {
	t := a.teams[guid]
	if t == nil || t.org.account != c.project.account || t.org.removed {
		return nil, errNoTeam
	}
	return t, nil
}

func (a *agents) teamArg(c *call) (*team, error) {
	guid, err := c.args.need("teamguid")
	if err != nil {
		return nil, err
	}
	return a.ownTeam(c, guid)
}

// updateTeam answers POST /Team/Update.
func (a *agents) updateTeam(c *call) (fields, error) {
	t, err := a.teamArg(c)
	if err != nil {
		return nil, err
	}
	switch access := c.args.text("modelaccess"); access {
	case "":
	case "all", "allowlist", "blocklist":
		t.access = access
	default:
		return nil, errAccess
	}
	if c.args["allowedmodelids"] != nil {
		t.allowed = c.args.list("allowedmodelids")
	}
	if c.args["blockedmodelids"] != nil {
		t.blocked = c.args.list("blockedmodelids")
	}
	if _, given := c.args["spendlimit"]; given {
		t.limit, _ = strconv.ParseFloat(c.args.text("spendlimit"), 64)
	}
	return fields{{"team", t.view()}}, nil
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
func (a *agents) inviteMember(c *call) (fields, error) {
	t, err := a.teamArg(c)
	if err != nil {
		return nil, err
	}
	email, err := c.args.need("email")
	if err != nil {
		return nil, err
	}
	role, err := c.args.need("role")
	switch {
	case err != nil:
		return nil, err
	case role != "admin" && role != "member":
		return nil, errRole
	}
	t.members = slices.DeleteFunc(t.members, func(m *teamMember) bool { return m.Email == email })
	m := &teamMember{Email: email, Role: role, Status: "pending", Expires: a.now().Add(inviteLife).Unix()}
	t.members = append(t.members, m)
	return fields{{"member", m}}, nil
}

// spendingSummary answers POST /Team/SpendingSummary, for the team of the caller's
// workspace where none is named.
func (a *agents) spendingSummary(c *call) (fields, error) {
	t, err := a.workspace(c)
	if guid := c.args.text("teamguid"); guid != "" {
		t, err = a.ownTeam(c, guid)
	}
	switch {
	case err != nil:
		return nil, err
	case t == nil:
		return nil, required("teamguid")
	}
	spent := cents(t.wallet.total())
	return fields{
		{"teamTotal", spent}, {"playgroundTotal", 0}, {"apiTotal", spent},
		{"memberSpent", object{{"total", spent}, {"playground", 0}, {"api", spent}}},
		{"spendLimit", t.limitView()}, {"memberSpendLimit", nil},
	}, nil
}

// removeOrganization sends its agents and projects back to their personal workspaces. It
// reports whether there is one with this guid.
func (a *agents) removeOrganization(guid string) bool {
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

// setTeamBalance puts usd into the wallet of a team. An unknown guid does nothing.
func (a *agents) setTeamBalance(guid string, usd float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.teams[guid]; t != nil {
		t.wallet.set(usd)
	}
}

// teamBalance is what a team can spend, in USD; 0 for an unknown guid.
func (a *agents) teamBalance(guid string) float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.teams[guid]; t != nil {
		return t.wallet.balance()
	}
	return 0
}
