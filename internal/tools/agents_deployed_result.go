package tools

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// MyAgentList is a list of deployed agents.
type MyAgentList struct {
	Agents     []MyAgentRow        `json:"agents"`
	Start      int                 `json:"start"`
	NextStart  int                 `json:"nextStart,omitempty"` // 0 where this may be the last page
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// MyAgentRow is a deployed agent as lists show it.
type MyAgentRow struct {
	GUID         string   `json:"useragentguid"`
	Title        string   `json:"title"`
	Template     string   `json:"template,omitempty"` // its slug; "" for a custom build
	Status       string   `json:"status"`             // stopped, stopping, queued, starting, running, error or setup required
	Tier         string   `json:"tier,omitempty"`
	Credits      *float64 `json:"remainingCredits,omitempty"` // left out where Wiro does not say
	Subscription string   `json:"subscription"`               // such as "active until 2026-06-01"
	Team         string   `json:"teamguid,omitempty"`
	Pinned       bool     `json:"pinned,omitempty"`
	LastMessage  string   `json:"lastMessageGuid,omitempty"`
}

func myAgentRow(u wiro.UserAgent) MyAgentRow {
	return MyAgentRow{
		GUID: u.GUID, Title: u.Title, Template: u.Agent.Slug, Status: u.Status.String(),
		Tier: u.Tier, Credits: u.Remaining(), Subscription: subscriptionLine(u.Subscription),
		Team: u.TeamGUID, Pinned: u.Pinned,
	}
}

func (c *Call) myAgentList(agents []wiro.UserAgent, last map[string]string, in myAgentsQuery) MyAgentList {
	list := MyAgentList{Agents: make([]MyAgentRow, 0, len(agents)), Start: in.Start}
	for _, agent := range agents {
		row := myAgentRow(agent)
		row.LastMessage = last[row.GUID]
		list.Agents = append(list.Agents, row)
	}
	switch {
	case len(agents) == 0:
		list.NextAction = c.Next("list_agents", "see what can be deployed", map[string]any{})
	case !in.Pinned && len(agents) >= cmp.Or(in.Limit, 20): // Wiro does not say how many there are
		list.NextStart = in.Start + len(agents)
		list.NextAction = c.NextPage("more agents", "start", list.NextStart)
	}
	return list
}

// Text is a line an agent.
func (l MyAgentList) Text() string {
	if len(l.Agents) == 0 {
		return mcptool.TextWithNext("No deployed agents here.", l.NextAction)
	}
	var b strings.Builder
	b.WriteString(mcptool.Count(len(l.Agents), "agent") + ":\n")
	for _, a := range l.Agents {
		b.WriteString("- " + mcptool.Row(a.Title, a.Status, "guid "+a.GUID, a.Template, a.Tier, credits(a.Credits)+" left",
			"subscription "+a.Subscription, mcptool.Labeled("team", a.Team), mcptool.Labeled("last message", a.LastMessage)) + "\n")
	}
	return mcptool.TextWithNext(b.String(), l.NextAction)
}

// MyAgentDetail is a deployed agent: how it stands, what it lacks, what it has.
type MyAgentDetail struct {
	Message    string              `json:"message,omitempty"`
	Agent      MyAgentInfo         `json:"agent"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// MyAgentInfo is a deployed agent in full.
type MyAgentInfo struct {
	MyAgentRow
	Description  string            `json:"description,omitempty"`
	Blocked      []string          `json:"blocked"` // what keeps it from working, and what mends it
	Credentials  []CredentialState `json:"credentials"`
	Skills       []SkillLine       `json:"skills"`
	Preferences  []CustomSkillLine `json:"customSkills"`
	Schedules    []CustomSkillLine `json:"scheduledSkills"`
	Balance      CreditInfo        `json:"credits"` // beside remainingCredits
	Costs        ActionCosts       `json:"creditsPerAction"`
	PriceUSD     *float64          `json:"monthlyPriceUsd,omitempty"`
	Packs        []PackInfo        `json:"creditPacks,omitempty"`
	RunningSince string            `json:"runningSince,omitempty"`
}

// CreditInfo is how an agent's credits stand.
type CreditInfo struct {
	Remaining    *float64 `json:"remaining,omitempty"` // amounts that Wiro does not say are left out
	Monthly      *float64 `json:"monthly,omitempty"`
	Extra        *float64 `json:"extra,omitempty"`
	Used         *float64 `json:"used,omitempty"`
	Period       string   `json:"period,omitempty"` // YYYY-MM
	ExtraExpires string   `json:"extraExpires,omitempty"`
}

// String is "900 credits left (1,000 monthly + 0 extra - 100 used in 2026-05)".
func (c CreditInfo) String() string { return c.line(c.Remaining) }

func (c CreditInfo) line(remaining *float64) string {
	text := fmt.Sprintf("%s left (%s monthly + %s extra - %s used", credits(remaining),
		mcptool.Amount(c.Monthly), mcptool.Amount(c.Extra), mcptool.Amount(c.Used))
	if c.Period != "" {
		text += " in " + c.Period
	}
	text += ")"
	if c.ExtraExpires != "" {
		text += "; extra credits expire from " + c.ExtraExpires
	}
	return text
}

// PackInfo is a pack of credits that can be bought.
type PackInfo struct {
	Pack     string   `json:"pack"`
	Credits  *float64 `json:"credits,omitempty"`
	PriceUSD *float64 `json:"priceUsd,omitempty"` // left out where it cannot be read
}

func packs(list []wiro.CreditPack) []PackInfo {
	var packs []PackInfo
	for _, p := range list {
		if p.Enabled {
			packs = append(packs, PackInfo{p.Key, p.Credits, p.PriceUSD})
		}
	}
	return packs
}

func (c *Call) myAgentDetail(u wiro.UserAgent, full bool) MyAgentDetail {
	c.noteTeam(u)
	info := MyAgentInfo{
		MyAgentRow: myAgentRow(u), Description: mcptool.Clip(redactTokens(u.Description), 300), Blocked: []string{},
		Credentials: credentialStates(u.Credentials), Skills: skillLines(u.Skills, u.SkillsMeta),
		Preferences: customSkillLines(u.CustomSkills, full), Schedules: customSkillLines(u.ScheduledSkills, full),
		Balance: CreditInfo{
			Monthly: u.MonthlyCredits, Extra: u.ExtraCredits,
			Used: u.UsedCredits, Period: u.CreditPeriod, ExtraExpires: day(u.ExtraCreditsExpiry),
		},
		Costs: actionCosts(u.ActionCosts), PriceUSD: u.MonthlyPriceUSD, Packs: packs(u.Agent.ExtraCreditPacks),
	}
	if u.Status == wiro.AgentRunning {
		info.RunningSince = moment(u.RunningAt)
	}
	d := MyAgentDetail{Agent: info}
	d.Agent.Blocked, d.NextAction = c.blocked(u, info.Credentials)
	return d
}

// blocked says what keeps an agent from working, and the step that mends the first of it.
// Of an agent that was just deployed Wiro leaves the subscription out.
func (c *Call) blocked(u wiro.UserAgent, credentials []CredentialState) ([]string, *mcptool.NextAction) {
	var (
		why  = []string{}
		next *mcptool.NextAction
		self = agentRef(u.GUID)
	)
	blocks := func(reason string, step *mcptool.NextAction) {
		why = append(why, reason)
		if next == nil {
			next = step
		}
	}
	if u.Status == wiro.AgentSetupRequired || u.SetupRequired {
		step := c.fix(u.GUID, credentials)
		for _, need := range c.needs(credentials) {
			blocks(need, step)
		}
	}
	if u.Subscription != nil && !u.Subscription.Active() {
		blocks("its subscription is "+u.Subscription.Status+": "+c.toolName("renew_agent_subscription"),
			c.Next("renew_agent_subscription", "pay for another 30 days: it asks before it charges", self))
	}
	if left := u.Remaining(); left != nil && *left <= 0 {
		blocks("no credits are left: "+c.toolName("buy_agent_credits")+" (Pro), or wait for the next period",
			c.Next("buy_agent_credits", "buy a pack: it asks before it charges", map[string]any{"useragentguid": u.GUID, "pack": "small"}))
	}
	if u.Status == wiro.AgentError {
		blocks("it ended with an error: start_agent tries again", c.Next("start_agent", "start it again", self))
	}
	if next == nil && len(why) == 0 && u.Status == wiro.AgentStopped {
		next = c.Next("start_agent", "start it", self)
	}
	return why, next
}

// subscriptionLine is "active until 2026-06-01", "ends 2026-06-01", "expired" or "none".
func subscriptionLine(s *wiro.Subscription) string {
	switch {
	case s == nil:
		return "none"
	case s.Canceled():
		return "canceled, ends " + day(s.CurrentPeriodEnd)
	case s.Active() && !s.CurrentPeriodEnd.IsZero():
		return "active until " + day(s.CurrentPeriodEnd)
	}
	return s.Status
}

// Text is the agent in short: first how it stands and what it lacks.
func (d MyAgentDetail) Text() string {
	a := d.Agent
	var b strings.Builder
	if d.Message != "" {
		b.WriteString(d.Message + "\n")
	}
	fmt.Fprintf(&b, "%s (guid %s): %s", a.Title, a.GUID, a.Status)
	if a.RunningSince != "" {
		b.WriteString(" since " + a.RunningSince)
	}
	b.WriteString(".\n")
	if a.Description != "" {
		b.WriteString(a.Description + "\n")
	}
	if a.Template != "" {
		b.WriteString("From the template " + a.Template + ".\n")
	}
	if a.Team != "" {
		b.WriteString("Of the team " + a.Team + ".\n")
	}
	mcptool.Section(&b, "Blocked", a.Blocked, func(s string) string { return s })
	fmt.Fprintf(&b, "%s.\nPer action: %s.\nSubscription: %s, %s, %s a month.\n", a.Balance.line(a.MyAgentRow.Credits), a.Costs, a.Subscription, a.Tier, mcptool.USD(a.PriceUSD))
	if len(a.Packs) > 0 {
		b.WriteString("Credit packs: " + packLine(a.Packs) + ".\n")
	}
	mcptool.Section(&b, "Credentials", a.Credentials, CredentialState.line)
	mcptool.Section(&b, "Skills", a.Skills, SkillLine.line)
	mcptool.Section(&b, "Preferences", a.Preferences, CustomSkillLine.line)
	mcptool.Section(&b, "Scheduled tasks", a.Schedules, CustomSkillLine.line)
	return mcptool.TextWithNext(b.String(), d.NextAction)
}

func packLine(list []PackInfo) string {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = fmt.Sprintf("%s %s for %s", p.Pack, credits(p.Credits), mcptool.USD(p.PriceUSD))
	}
	return strings.Join(parts, ", ")
}
