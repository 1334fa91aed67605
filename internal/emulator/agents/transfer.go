package agents

import (
	"fmt"
	"strconv"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// target is the workspace that a parameter names: a team, or the personal one where it is
// empty.
func (a *Agents) target(c *core.Call, param string) (*team, error) {
	guid := c.Args.Text(param)
	if guid == "" {
		return nil, nil
	}
	return a.ownTeam(c, guid)
}

// transferAgent answers POST /Team/TransferAgent.
func (a *Agents) transferAgent(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	if _, given := c.Args["targetteamguid"]; !given {
		return nil, core.Required("targetteamguid")
	}
	t, err := a.target(c, "targetteamguid")
	if err != nil {
		return nil, err
	}
	a.moveInstance(u, t)
	return nil, nil
}

// moveInstance brings an instance into another workspace, its subscription and credits
// with it.
func (a *Agents) moveInstance(u *userAgent, t *team) {
	if u.team == t {
		return
	}
	u.team = t
	a.restart(u)
}

// transferProject answers POST /Team/TransferProject. What the project's key does from now
// on, it does in the other workspace.
func (a *Agents) transferProject(c *core.Call) (core.Fields, error) {
	key, err := c.Args.Require("projectapikey")
	if err != nil {
		return nil, err
	}
	if _, given := c.Args["targetteamguid"]; !given {
		return nil, core.Required("targetteamguid")
	}
	t, err := a.target(c, "targetteamguid")
	if err != nil {
		return nil, err
	}
	p := a.server.Projects[key]
	if p == nil || p.Account != c.Project.Account {
		return nil, errNoProject
	}
	a.moveProject(p, t)
	return nil, nil
}

// moveProject brings a project into another workspace, whose wallet pays from then on.
func (a *Agents) moveProject(p *core.Project, t *team) {
	if t == nil {
		delete(a.moved, p)
		p.Shared.Store(nil)
		return
	}
	a.moved[p] = t
	p.Shared.Store(&t.wallet)
}

// errNotInTeam refuses a run of a model that a team may not use.
//
// Wiro docs: Team Billing & Spending.
var errNotInTeam = core.Fail(0, "This model is not allowed in your team. Contact your team admin.")

// mayRun reports whether the project's team, if it has one, may run a model.
func (a *Agents) mayRun(p *core.Project, model int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.moved[p]; t != nil && !t.admits(strconv.Itoa(model)) {
		return errNotInTeam
	}
	return nil
}

// transferCredit answers POST /Team/TransferCredit. Everything in a wallet of the emulator
// was deposited, so nothing is split into pools.
func (a *Agents) transferCredit(c *core.Call) (core.Fields, error) {
	amount, err := strconv.ParseFloat(c.Args.Text("amount"), 64)
	if err != nil || !(amount > 0) || amount > 1e9 {
		return nil, errAmount
	}
	from, err := a.target(c, "sourceteamguid")
	if err != nil {
		return nil, err
	}
	to, err := a.target(c, "targetteamguid")
	switch {
	case err != nil:
		return nil, err
	case from == to:
		return nil, errSameWallet
	}
	source := walletOf(c.Project, from)
	if balance := source.Balance(); balance < amount {
		return nil, core.Fail(codeBalance, fmt.Sprintf(notEnough, amount, balance))
	}
	source.Move(-amount)
	walletOf(c.Project, to).Move(amount)
	return core.Fields{{"transferred", core.Object{{"total", amount}, {"gifted", 0}, {"store", 0}, {"amount", amount}}}}, nil
}
