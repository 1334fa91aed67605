package tools

import (
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// SkillList is a list of skills, or one in full.
type SkillList struct {
	Skills     []SkillInfo         `json:"skills"`
	Total      int                 `json:"total"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
	full       bool                // one, asked for by name
}

// SkillInfo is a skill: what it does, costs and needs.
type SkillInfo struct {
	Name                  string       `json:"name"`
	Title                 string       `json:"title"`
	Description           string       `json:"description" text:"lines"`
	Category              string       `json:"category"`
	PriceUSD              *float64     `json:"monthlyPriceUsd,omitempty"` // what it adds to Starter's month
	Credits               *float64     `json:"monthlyCredits,omitempty"`
	RequiresCredentials   bool         `json:"requiresCredentials,omitempty"`
	Credential            string       `json:"credentialkey,omitempty"`
	AdditionalCredentials []string     `json:"additionalCredentialKeys,omitempty"`
	Capabilities          []string     `json:"capabilities,omitempty"`
	DependsOn             []string     `json:"dependsOn,omitempty"`
	ConflictsWith         []string     `json:"conflictsWith,omitempty"`
	UserInvocable         bool         `json:"userInvocable,omitempty"`
	Deprecated            bool         `json:"deprecated,omitempty"`
	Replacement           string       `json:"replacement,omitempty"`
	Version               string       `json:"version,omitempty"`          // of one alone
	Docs                  string       `json:"docsPage,omitempty"`         // of one alone
	Costs                 *ActionCosts `json:"creditsPerAction,omitempty"` // of one alone
}

func skillInfo(s wiro.Skill) SkillInfo {
	return SkillInfo{
		Name: s.Name, Title: s.Title, Description: mcptool.Clip(s.Description, 200), Category: s.Category,
		PriceUSD: s.Pricing.PriceUSD(), Credits: s.Pricing.Credits(),
		RequiresCredentials: s.RequiresCredentials, Credential: s.CredentialKey,
		AdditionalCredentials: plainTexts(s.AdditionalCredentialKeys), Capabilities: plainTexts(s.Capabilities),
		DependsOn: plainTexts(s.DependsOn), ConflictsWith: plainTexts(s.ConflictsWith), UserInvocable: s.UserInvocable,
		Deprecated: s.Deprecated, Replacement: s.Replacement,
	}
}

func (c *Call) oneSkill(s wiro.Skill) SkillList {
	info := skillInfo(s)
	info.Description, info.Version, info.Docs = s.Description, s.Version, s.DocsURL
	costs := actionCosts(s.Pricing.Costs)
	info.Costs = &costs
	list := SkillList{Skills: []SkillInfo{info}, Total: 1, full: true}
	if info.Credential != "" && info.RequiresCredentials {
		list.NextAction = c.Next("list_credential_types", "see what its credential asks for", map[string]any{"key": info.Credential})
	}
	return list
}

// Text is a line or two a skill, or one in full.
func (l SkillList) Text() string {
	if len(l.Skills) == 0 {
		return mcptool.TextWithNext("No skill matches.", l.NextAction)
	}
	if l.full {
		return mcptool.TextWithNext(l.Skills[0].text(), l.NextAction)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", mcptool.Count(l.Total, "skill"))
	for _, s := range l.Skills {
		fmt.Fprintf(&b, "- %s · %s · %s", s.Name, s.Title, s.price())
		if s.Credential != "" {
			b.WriteString(" · needs " + strings.Join(append([]string{s.Credential}, s.AdditionalCredentials...), ", "))
		}
		for _, more := range []struct {
			name string
			list []string
		}{{"with ", s.DependsOn}, {"not with ", s.ConflictsWith}, {"", s.Capabilities}} {
			if len(more.list) > 0 {
				b.WriteString(" · " + more.name + strings.Join(more.list, ", "))
			}
		}
		if s.Deprecated {
			b.WriteString(" · deprecated")
			if s.Replacement != "" {
				b.WriteString(" for " + s.Replacement)
			}
		}
		fmt.Fprintf(&b, "\n  %s\n", s.Description)
	}
	return mcptool.TextWithNext(b.String(), l.NextAction)
}

func (s SkillInfo) price() string {
	if s.PriceUSD == nil && s.Credits == nil {
		return "no price stated"
	}
	if s.PriceUSD != nil && s.Credits != nil && *s.PriceUSD == 0 && *s.Credits == 0 {
		return "free"
	}
	return fmt.Sprintf("+%s and %s a month", mcptool.USD(s.PriceUSD), credits(s.Credits))
}

func (s SkillInfo) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s, %s %s)\n%s\nPrice: %s on Starter; Pro multiplies both.\n", s.Title, s.Name, s.Category, s.Version, s.Description, s.price())
	if s.Costs != nil {
		fmt.Fprintf(&b, "Credits per action: %s\n", *s.Costs)
	}
	for _, more := range []struct{ name, text string }{
		{"Needs the credential: ", s.Credential},
		{"And: ", strings.Join(s.AdditionalCredentials, ", ")},
		{"Capabilities: ", strings.Join(s.Capabilities, ", ")},
		{"Comes with: ", strings.Join(s.DependsOn, ", ")},
		{"Excludes: ", strings.Join(s.ConflictsWith, ", ")},
		{"Documentation: read_doc ", s.Docs},
	} {
		if more.text != "" {
			b.WriteString(more.name + more.text + "\n")
		}
	}
	if s.Credential != "" && !s.RequiresCredentials {
		b.WriteString("That credential need not be entered.\n")
	}
	if s.UserInvocable {
		b.WriteString("People can ask for it in a message.\n")
	}
	if s.Deprecated {
		b.WriteString("Deprecated; use " + s.Replacement + ".\n")
	}
	return strings.TrimRight(b.String(), "\n")
}
