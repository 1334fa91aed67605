package emulator

import (
	"fmt"
	"strconv"
)

// target is the workspace that a parameter names: a team, or the personal one where it is
// empty.
func (a *agents) target(c *call, param string) (*team, error) {
	guid := c.args.text(param)
	if guid == "" {
		return nil, nil
	}
	return a.ownTeam(c, guid)
}

// transferAgent answers POST /Team/TransferAgent.
func (a *agents) transferAgent(c *call) (fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	if _, given := c.args["targetteamguid"]; !given {
		return nil, required("targetteamguid")
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
func (a *agents) moveInstance(u *userAgent, t *team) {
	if u.team == t {
		return
	}
	u.team = t
	a.restart(u)
}

// transferProject answers POST /Team/TransferProject. What the project's key does from now
// on, it does in the other workspace.
func (a *agents) transferProject(c *call) (fields, error) {
	key, err := c.args.need("projectapikey")
	if err != nil {
		return nil, err
	}
	if _, given := c.args["targetteamguid"]; !given {
		return nil, required("targetteamguid")
	}
	t, err := a.target(c, "targetteamguid")
	if err != nil {
		return nil, err
	}
	p := a.server.projects[key]
	if p == nil || p.account != c.project.account {
		return nil, errNoProject
	}
	a.moveProject(p, t)
	return nil, nil
}

// moveProject brings a project into another workspace, whose wallet pays from then on.
func (a *agents) moveProject(p *project, t *team) {
	if t == nil {
		delete(a.moved, p)
		p.shared.Store(nil)
		return
	}
	a.moved[p] = t
	p.shared.Store(&t.wallet)
}

// errNotInTeam refuses a run of a model that a team may not use.
//
// Wiro docs: Team Billing & Spending.
var errNotInTeam = fail(0, "This model is not allowed in your team. Contact your team admin.")

// mayRun reports whether the project's team, if it has one, may run a model.
func (a *agents) mayRun(p *project, model int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.moved[p]; t != nil && !t.admits(strconv.Itoa(model)) {
		return errNotInTeam
	}
	return nil
}

// transferCredit answers POST /Team/TransferCredit. Everything in a wallet of the sandbox
// was deposited, so nothing is split into pools.
func (a *agents) transferCredit(c *call) (fields, error) {
	amount, err := strconv.ParseFloat(c.args.text("amount"), 64)
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
	source := purseOf(c.project, from)
	if balance := source.balance(); balance < amount {
		return nil, fail(codeBalance, fmt.Sprintf(notEnough, amount, balance))
	}
	source.move(-amount)
	purseOf(c.project, to).move(amount)
	return fields{{"transferred", object{{"total", amount}, {"gifted", 0}, {"store", 0}, {"amount", amount}}}}, nil
}
