package agents

import (
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// A transaction is one entry of an instance's ledger.
//
// Wiro docs: Agent Transactions.
type transaction struct {
	guid        string
	kind        string // deduct, renewal, purchase, grant, expired, cancel
	action      string
	amount      int // credits; negative where they went
	balance     int // after it
	description string
	session     string
	message     string
	provider    string // agent, prepaid
	metadata    core.Object
	by          *core.Project // nil: the system
	at          time.Time
}

// maxLedger bounds the ledger of one instance, oldest entries forgotten first.
const maxLedger = 5000

// record adds an entry, with the balance as it is now.
func (a *Agents) record(u *userAgent, by *core.Project, t *transaction) {
	now := a.now()
	t.guid, t.at, t.by, t.balance = a.server.IDs.GUID(), now, by, u.remaining(now)
	u.ledger = append(u.ledger, t)
	if len(u.ledger) > maxLedger {
		u.ledger = u.ledger[1:]
	}
	a.changed.Raise()
}

// deduct burns credits for an action of the runtime.
func (a *Agents) deduct(u *userAgent, m *agentMessage, action string, credits int) {
	u.used += credits
	u.synced = a.now()
	a.record(u, m.sender, &transaction{
		kind: "deduct", action: action, amount: -credits, description: "Agent action: " + action,
		session: m.session, message: m.guid, provider: "agent",
	})
}

// listTransactions answers POST /UserAgent/TransactionList, newest first.
func (a *Agents) listTransactions(c *core.Call) (core.Fields, error) {
	if c.Args.Text("useragentguid") == "" {
		return nil, core.Keyed("useragentguid is required")
	}
	u, err := a.instance(c, "useragentguid", errDenied)
	if err != nil {
		return nil, err
	}
	start, limit := c.Args.Int("start", 0), min(c.Args.Int("limit", 50), 500)
	list := []core.Object{}
	for i := len(u.ledger) - 1 - start; i >= 0 && len(list) < limit; i-- {
		list = append(list, u.ledger[i].view())
	}
	now := a.now()
	return core.Fields{
		{"total", len(u.ledger)},
		{"summary", core.Object{
			{"monthlycredits", u.monthly}, {"extracredits", u.extra(now)}, {"usedcredits", u.used},
			{"remainingcredits", u.remaining(now)}, {"creditperiod", u.period}, {"creditsyncat", unixOrNil(u.synced)},
		}},
		{"transactions", list},
	}, nil
}

func (t *transaction) view() core.Object {
	o := core.Object{
		{"guid", t.guid}, {"type", t.kind}, {"action", optional(t.action)}, {"amount", t.amount}, {"balanceafter", t.balance},
		{"description", optional(t.description)}, {"sessionkey", optional(t.session)}, {"messageguid", optional(t.message)},
		{"provider", t.provider}, {"providerref", nil}, {"metadata", nil}, {"uuid", system}, {"user", nil}, {"createdat", t.at.Unix()},
	}
	if t.metadata != nil {
		o.Set("metadata", t.metadata)
	}
	if t.by != nil {
		o.Set("uuid", t.by.UUID())
		o.Set("user", t.by.Actor())
	}
	return o
}
