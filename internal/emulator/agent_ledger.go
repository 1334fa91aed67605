package emulator

import "time"

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
	metadata    object
	by          *project // nil: the system
	at          time.Time
}

// maxLedger bounds the ledger of one instance, oldest entries forgotten first.
const maxLedger = 5000

// book adds an entry, with the balance as it is now.
func (a *agents) book(u *userAgent, by *project, t *transaction) {
	now := a.now()
	t.guid, t.at, t.by, t.balance = a.server.ids.guid(), now, by, u.remaining(now)
	u.ledger = append(u.ledger, t)
	if len(u.ledger) > maxLedger {
		u.ledger = u.ledger[1:]
	}
	a.touch()
}

// deduct burns credits for an action of the runtime.
func (a *agents) deduct(u *userAgent, m *agentMessage, action string, credits int) {
	u.used += credits
	u.synced = a.now()
	a.book(u, m.sender, &transaction{
		kind: "deduct", action: action, amount: -credits, description: "Agent action: " + action,
		session: m.session, message: m.guid, provider: "agent",
	})
}

// listTransactions answers POST /UserAgent/TransactionList, newest first.
func (a *agents) listTransactions(c *call) (fields, error) {
	if c.args.text("useragentguid") == "" {
		return nil, keyed("useragentguid is required")
	}
	u, err := a.instance(c, "useragentguid", errDenied)
	if err != nil {
		return nil, err
	}
	start, limit := c.args.whole("start", 0), min(c.args.whole("limit", 50), 500)
	list := []object{}
	for i := len(u.ledger) - 1 - start; i >= 0 && len(list) < limit; i-- {
		list = append(list, u.ledger[i].view())
	}
	now := a.now()
	return fields{
		{"total", len(u.ledger)},
		{"summary", object{
			{"monthlycredits", u.monthly}, {"extracredits", u.extra(now)}, {"usedcredits", u.used},
			{"remainingcredits", u.remaining(now)}, {"creditperiod", u.period}, {"creditsyncat", stamp(u.synced)},
		}},
		{"transactions", list},
	}, nil
}

func (t *transaction) view() object {
	o := object{
		{"guid", t.guid}, {"type", t.kind}, {"action", optional(t.action)}, {"amount", t.amount}, {"balanceafter", t.balance},
		{"description", optional(t.description)}, {"sessionkey", optional(t.session)}, {"messageguid", optional(t.message)},
		{"provider", t.provider}, {"providerref", nil}, {"metadata", nil}, {"uuid", system}, {"user", nil}, {"createdat", t.at.Unix()},
	}
	if t.metadata != nil {
		o.set("metadata", t.metadata)
	}
	if t.by != nil {
		o.set("uuid", t.by.uuid())
		o.set("user", t.by.actor())
	}
	return o
}
