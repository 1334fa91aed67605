package tools

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// AgentList is a list of templates.
type AgentList struct {
	Agents []AgentInfo `json:"agents"`
	mcptool.Page
	Limit      int                 `json:"limit,omitempty"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// AgentInfo is a template as lists show it.
type AgentInfo struct {
	GUID       string     `json:"guid"`
	Slug       string     `json:"slug"`
	Title      string     `json:"title"`
	About      string     `json:"about,omitempty"`
	Categories []string   `json:"categories"`
	Tiers      []TierInfo `json:"tiers"`
}

// TierInfo is what a month costs and how many credits it brings.
type TierInfo struct {
	Tier     string   `json:"tier"`               // starter or pro
	PriceUSD *float64 `json:"priceUsd,omitempty"` // left out where it cannot be read
	Credits  *float64 `json:"credits,omitempty"`
}

func agentInfo(a wiro.Agent) AgentInfo {
	info := AgentInfo{
		GUID: a.GUID, Slug: a.Slug, Title: a.Title, About: mcptool.Clip(a.Headline, 160),
		Categories: plainTexts(a.Categories), Tiers: tiers(a.Tiers),
	}
	if info.About == "" {
		info.About = mcptool.Clip(a.Description, 160)
	}
	return info
}

// plainTexts is a list that is [] in JSON if it is empty, not null.
func plainTexts(list []string) []string { return append([]string{}, list...) }

// tiers are in order of price.
func tiers(byName map[string]wiro.Tier) []TierInfo {
	list := make([]TierInfo, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, TierInfo{name, byName[name].PriceUSD, byName[name].Credits})
	}
	slices.SortStableFunc(list, func(a, b TierInfo) int { return cmp.Compare(valueOf(a.PriceUSD), valueOf(b.PriceUSD)) })
	return list
}

// tierLine is "starter $9.00 a month with 1,000 credits; pro …".
func tierLine(list []TierInfo) string {
	parts := make([]string, len(list))
	for i, t := range list {
		parts[i] = fmt.Sprintf("%s %s a month with %s", t.Tier, mcptool.USD(t.PriceUSD), credits(t.Credits))
	}
	return strings.Join(parts, "; ")
}

// credits writes "1,000 credits"; "an unknown number of credits" where Wiro does not say.
func credits(n *float64) string {
	switch {
	case n == nil:
		return "an unknown number of credits"
	case *n == 1:
		return "1 credit"
	}
	return mcptool.Amount(n) + " credits"
}

// valueOf is an amount to sort by; one that is unknown comes first.
func valueOf(amount *float64) float64 {
	if amount == nil {
		return -1
	}
	return *amount
}

// Text is a line an agent, with where the page stands in the whole.
func (l AgentList) Text() string {
	if len(l.Agents) == 0 {
		return "No agent of the catalog matches."
	}
	var b strings.Builder
	b.WriteString(l.Heading(len(l.Agents), "agent"))
	for _, a := range l.Agents {
		fmt.Fprintf(&b, "- %s (slug %s, guid %s) · %s", a.Title, a.Slug, a.GUID, tierLine(a.Tiers))
		if len(a.Categories) > 0 {
			b.WriteString(" · " + strings.Join(a.Categories, ", "))
		}
		b.WriteString("\n  " + a.About + "\n")
	}
	return mcptool.TextWithNext(b.String(), l.NextAction)
}

// AgentDetail is a template: what it can do, costs and needs.
type AgentDetail struct {
	Agent      AgentTemplate       `json:"agent"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// AgentTemplate is a template in full.
type AgentTemplate struct {
	AgentInfo
	Description string            `json:"description"`
	Costs       ActionCosts       `json:"creditsPerAction"`
	Skills      []SkillLine       `json:"skills"`
	Credentials []CredentialNeed  `json:"credentials"`
	Preferences []CustomSkillLine `json:"customSkills,omitempty"`
	Schedules   []CustomSkillLine `json:"scheduledSkills,omitempty"`
}

// ActionCosts is how many credits each action burns.
type ActionCosts struct {
	Message    *float64 `json:"message,omitempty"` // amounts that Wiro does not say are left out
	Create     *float64 `json:"create,omitempty"`
	Modify     *float64 `json:"modify,omitempty"`
	Regenerate *float64 `json:"regenerate,omitempty"`
}

func actionCosts(c wiro.CreditCosts) ActionCosts {
	return ActionCosts(c)
}

func (c ActionCosts) String() string {
	return fmt.Sprintf("message %s, create %s, modify %s, regenerate %s",
		mcptool.Amount(c.Message), mcptool.Amount(c.Create), mcptool.Amount(c.Modify), mcptool.Amount(c.Regenerate))
}

// SkillLine is an integration skill.
type SkillLine struct {
	Name       string `json:"name"`
	Title      string `json:"title,omitempty"`
	Credential string `json:"credentialkey,omitempty"`
}

// skillLines are the skills that are on.
func skillLines(skills []wiro.EnabledSkill, meta map[string]wiro.SkillMeta) []SkillLine {
	lines := make([]SkillLine, 0, len(skills))
	for _, skill := range skills {
		if !skill.Enabled {
			continue
		}
		m := meta[skill.Name]
		lines = append(lines, SkillLine{skill.Name, m.Title, m.CredentialKey})
	}
	return lines
}

// CredentialNeed is a credential that a template will ask for.
type CredentialNeed struct {
	Key      string      `json:"credentialkey"`
	Optional bool        `json:"optional,omitempty"`
	Provider string      `json:"provider,omitempty"` // whose account is to be connected
	OwnApp   bool        `json:"ownAppOnly,omitempty"`
	Fields   []FieldInfo `json:"fields,omitempty"` // to be entered, by name; get_my_agent says more
}

func credentialNeeds(credentials map[string]wiro.AgentCredential) []CredentialNeed {
	needs := make([]CredentialNeed, 0, len(credentials))
	for _, key := range slices.Sorted(maps.Keys(credentials)) {
		if wiro.IsPlatformCredential(key) {
			continue
		}
		c := credentials[key]
		need := CredentialNeed{
			Key: key, Optional: c.Optional,
			Provider: string(c.Schema.Provider(key)), OwnApp: c.Schema.WiroConnectPending,
		}
		for _, field := range c.Schema.Fields {
			if field.AutoFilledByOAuth || field.OAuthManaged && !need.OwnApp {
				continue
			}
			need.Fields = append(need.Fields, FieldInfo{Name: fieldInfo(field).Name})
		}
		if need.Provider == "" && need.Fields == nil {
			continue // it is not entered by people
		}
		needs = append(needs, need)
	}
	return needs
}

func (n CredentialNeed) line() string {
	names := make([]string, len(n.Fields))
	for i, field := range n.Fields {
		names[i] = field.Name
	}
	text := n.Key
	switch {
	case n.Provider != "" && n.OwnApp:
		text += ": an account, connected through an app of your own"
	case n.Provider != "":
		text += ": an account to connect"
	}
	if len(names) > 0 {
		text += ": " + strings.Join(names, ", ")
	}
	if n.Optional {
		text += " (optional)"
	}
	return text
}

// userCreated is the source of a custom skill that people added.
const userCreated = "user-created"

// CustomSkillLine is a preference or a scheduled task, in a line.
type CustomSkillLine struct {
	Key      string `json:"skillkey"`
	About    string `json:"about,omitempty"`
	Value    string `json:"value,omitempty" text:"lines"` // the instructions that set_custom_skill replaces, or how they begin
	Interval string `json:"interval,omitempty"`           // a cron expression, UTC
	Schedule string `json:"schedule,omitempty"`           // the same in words
	Enabled  *bool  `json:"enabled,omitempty"`            // left out where it is on
	Editable bool   `json:"editable,omitempty"`
	Source   string `json:"source,omitempty"` // user-created; left out of what the template or a skill brings
	Edited   bool   `json:"edited,omitempty"`
}

// customSkillLines shows values in full, or only how they begin.
func customSkillLines(skills []wiro.CustomSkill, full bool) []CustomSkillLine {
	const start = 40
	shown := func(value string) string {
		if value = redactText(value); full {
			return value
		}
		return mcptool.Clip(value, start)
	}
	lines := make([]CustomSkillLine, 0, len(skills))
	for _, s := range skills {
		lines = append(lines, CustomSkillLine{
			Key: s.Key, About: mcptool.Clip(redactTokens(s.Description), 100), Value: shown(s.Value),
			Interval: s.Interval, Schedule: schedule(s.Interval), Editable: s.Editable, Edited: s.Edited,
		})
		line := &lines[len(lines)-1]
		if !s.Enabled {
			line.Enabled = &s.Enabled
		}
		if s.Source == userCreated {
			line.Source = userCreated
		}
	}
	return lines
}

func (l CustomSkillLine) line() string {
	text := l.Key
	if l.Interval != "" {
		text += " (" + l.Schedule + ": " + l.Interval + ")"
	}
	if !l.Editable {
		text += " (fixed)"
	}
	if l.Enabled != nil {
		text += " (off)"
	}
	if l.Edited {
		text += " (edited)"
	}
	if l.Source != "" {
		text += " (" + l.Source + ")"
	}
	if l.About != "" {
		text += ": " + l.About
	}
	if l.Value != "" {
		text += "\n  " + strings.ReplaceAll(strings.TrimSpace(l.Value), "\n", "\n  ")
	}
	return text
}

func (c *Call) agentDetail(a wiro.Agent) AgentDetail {
	d := AgentDetail{Agent: AgentTemplate{
		AgentInfo: agentInfo(a), Description: mcptool.Clip(a.Description, 1500), Costs: actionCosts(a.ActionCosts),
		Skills: skillLines(a.Skills, a.SkillsMeta), Credentials: credentialNeeds(a.Credentials),
		Preferences: customSkillLines(a.CustomSkills, true), Schedules: customSkillLines(a.ScheduledSkills, true),
	}}
	if d.Agent.Description != "" {
		d.Agent.About = ""
	}
	d.NextAction = c.Next("deploy_agent", "deploy it: it asks before it charges",
		map[string]any{"agentguid": d.Agent.GUID, "title": "My " + d.Agent.Title, "tier": "starter"})
	return d
}

// Text is the template in short.
func (d AgentDetail) Text() string {
	a := d.Agent
	var b strings.Builder
	fmt.Fprintf(&b, "%s (slug %s, guid %s)\n%s\n", a.Title, a.Slug, a.GUID, a.Description)
	if len(a.Categories) > 0 {
		b.WriteString("Categories: " + strings.Join(a.Categories, ", ") + ".\n")
	}
	fmt.Fprintf(&b, "Price: %s.\nCredits per action: %s.\n", tierLine(a.Tiers), a.Costs)
	mcptool.Section(&b, "Skills", a.Skills, SkillLine.line)
	mcptool.Section(&b, "Credentials that it will ask for", a.Credentials, CredentialNeed.line)
	mcptool.Section(&b, "Preferences", a.Preferences, CustomSkillLine.line)
	mcptool.Section(&b, "Scheduled tasks", a.Schedules, CustomSkillLine.line)
	return mcptool.TextWithNext(b.String(), d.NextAction)
}

func (s SkillLine) line() string {
	text := s.Name
	if s.Title != "" {
		text += ": " + s.Title
	}
	if s.Credential != "" {
		text += " (credential " + s.Credential + ")"
	}
	return text
}
