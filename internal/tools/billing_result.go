package tools

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// PriceResult is what an agent would cost.
type PriceResult struct {
	Tier     string       `json:"tier"`
	PriceUSD *float64     `json:"priceUsd,omitempty"` // a month; left out where it cannot be read
	Credits  *float64     `json:"credits,omitempty"`  // a month
	Tiers    []TierInfo   `json:"tiers"`
	Base     TierInfo     `json:"base"` // of any agent, without its skills
	Skills   []SkillPrice `json:"skills"`
	Enabled  []string     `json:"enabledSkills"` // with those that others depend on
	Costs    ActionCosts  `json:"creditsPerAction"`
}

// SkillPrice is a skill's part in the price.
type SkillPrice struct {
	Skill    string   `json:"skill"`
	PriceUSD *float64 `json:"priceUsd,omitempty"`
	Credits  *float64 `json:"credits,omitempty"`
}

func priceResult(p wiro.AgentPrice) PriceResult {
	r := PriceResult{
		Tier: p.Tier, PriceUSD: p.PriceUSD, Credits: p.Credits, Tiers: tiers(p.Tiers),
		Base:   TierInfo{"base", p.Base.PriceUSD, p.Base.Credits},
		Skills: make([]SkillPrice, 0, len(p.Breakdown)), Enabled: plainTexts(p.EnabledSkills), Costs: actionCosts(p.ActionCosts),
	}
	for _, s := range p.Breakdown {
		r.Skills = append(r.Skills, SkillPrice{s.Skill, s.PriceUSD, s.Credits})
	}
	return r
}

// Text is the price and how it comes about.
func (r PriceResult) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s a month as %s, with %s. Nothing was charged.\n", mcptool.USD(r.PriceUSD), r.Tier, credits(r.Credits))
	if len(r.Tiers) > 0 {
		b.WriteString("Tiers: " + tierLine(r.Tiers) + ".\n")
	}
	fmt.Fprintf(&b, "Base: %s and %s.\n", mcptool.USD(r.Base.PriceUSD), credits(r.Base.Credits))
	mcptool.Section(&b, "Skills", r.Skills, func(s SkillPrice) string {
		return fmt.Sprintf("%s: %s, %s", s.Skill, mcptool.USD(s.PriceUSD), credits(s.Credits))
	})
	fmt.Fprintf(&b, "Enabled with it: %s.\nCredits per action: %s.", strings.Join(r.Enabled, ", "), r.Costs)
	return b.String()
}

// BillingAction is something done about an agent's money.
type BillingAction struct {
	mcptool.ActionResult
	GUID       string   `json:"useragentguid"`
	ChargedUSD *float64 `json:"chargedUsd" nullable:"true"` // null if Wiro does not say
	// CreditsLeft is what the agent has after credits were bought.
	CreditsLeft *float64            `json:"creditsLeft,omitempty"`
	NextAction  *mcptool.NextAction `json:"nextAction,omitempty"`
}

// nothing is what an action charges that is free.
var nothing = 0.0

func (c *Call) billingAction(guid string, charged *float64, message string) BillingAction {
	return BillingAction{
		ActionResult: mcptool.Done(message), GUID: guid, ChargedUSD: charged,
		NextAction: c.Next("get_my_agent", "see how it stands", agentRef(guid)),
	}
}

// Text is what was done.
func (a BillingAction) Text() string { return mcptool.TextWithNext(a.Message, a.NextAction) }

// TransactionPage is a page of an agent's ledger.
type TransactionPage struct {
	Transactions []TransactionInfo `json:"transactions"`
	Balance      CreditInfo        `json:"credits"`
	mcptool.Page
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// TransactionInfo is a change of an agent's credits.
type TransactionInfo struct {
	At      string         `json:"at"`
	Type    string         `json:"type"`
	Action  string         `json:"action,omitempty"`
	Credits *float64       `json:"credits,omitempty"` // negative where they went
	Balance *float64       `json:"balanceAfter,omitempty"`
	About   string         `json:"about,omitempty"`
	Session string         `json:"sessionkey,omitempty"`
	Message string         `json:"messageguid,omitempty"`
	By      string         `json:"by,omitempty"`
	Details map[string]any `json:"details,omitempty"`
}

func (c *Call) transactionPage(ledger wiro.Ledger, in ledgerQuery) TransactionPage {
	s := ledger.Summary
	page := TransactionPage{
		Transactions: make([]TransactionInfo, 0, len(ledger.Transactions)),
		Balance: CreditInfo{
			Remaining: s.Remaining, Monthly: s.Monthly, Extra: s.Extra,
			Used: s.Used, Period: s.Period,
		},
	}
	for _, t := range ledger.Transactions {
		info := TransactionInfo{
			At: moment(t.CreatedAt), Type: t.Type, Action: t.Action, Credits: t.Amount, Balance: t.BalanceAfter,
			About: mcptool.Clip(redactText(t.Description), 120), Session: t.SessionKey, Message: t.MessageGUID, By: t.User.Name(),
		}
		info.Details = details(t.Metadata)
		page.Transactions = append(page.Transactions, info)
	}
	page.Page = mcptool.NewPage(int(ledger.Total), in.Start, len(page.Transactions))
	if page.NextStart > 0 {
		page.NextAction = c.NextPage("older transactions", "start", page.NextStart)
	}
	return page
}

// Text is the balance and a line a transaction.
func (p TransactionPage) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n", p.Balance)
	if len(p.Transactions) == 0 {
		return mcptool.TextWithNext(b.String()+"No transactions.", p.NextAction)
	}
	fmt.Fprintf(&b, "%s, newest first:\n", mcptool.Count(p.Total, "transaction"))
	for _, t := range p.Transactions {
		b.WriteString("- " + t.line() + "\n")
	}
	return mcptool.TextWithNext(b.String(), p.NextAction)
}

func (t TransactionInfo) line() string {
	amount := mcptool.Amount(t.Credits)
	if t.Credits != nil && *t.Credits > 0 {
		amount = "+" + amount
	}
	if t.Balance != nil {
		amount += ", then " + mcptool.Amount(t.Balance)
	}
	text := mcptool.Row(t.At, strings.TrimSpace(t.Type+" "+t.Action), amount, t.About, t.Session, t.By, mcptool.Labeled("message", t.Message))
	for _, name := range slices.Sorted(maps.Keys(t.Details)) {
		text += fmt.Sprintf(" · %s %v", name, t.Details[name])
	}
	return text
}
