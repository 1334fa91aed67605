package tools

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/closest"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var listSkillsTool = define(mcptool.Meta{
	Name:           "list_skills",
	Title:          "List skills",
	Description:    "Skills that agents can have, with what each adds to the monthly price and which credential it needs. With name, one skill in full.",
	Toolset:        Skills,
	Public:         true,
	TruncationHint: "Narrow it with capability, category or name_in.",
	Examples:       []mcptool.Example{{Arguments: `{"capability": "social_publishing"}`}},
}, listSkills)

func listSkills(ctx context.Context, call *Call, in skillQuery) (SkillList, error) {
	if in.Name != "" {
		skill, err := call.Wiro.Skills.Get(ctx, in.Name)
		if err != nil {
			return SkillList{}, noSuch("skill", in.Name, "list_skills", err, func() ([]string, error) {
				page, err := call.Wiro.Skills.List(ctx, wiro.SkillQuery{})
				return namesOf(page.Skills, func(s wiro.Skill) string { return s.Name }), err
			})
		}
		return call.oneSkill(skill), nil
	}
	page, err := call.Wiro.Skills.List(ctx, wiro.SkillQuery{
		Category: in.Category, Capability: in.Capability, UserInvocable: in.UserInvocable,
		RequiresCredentials: in.RequiresCredentials, WiroConnectPending: in.WiroPending, Names: in.Names,
	})
	if err != nil {
		return SkillList{}, err
	}
	list := SkillList{Skills: make([]SkillInfo, 0, len(page.Skills)), Total: max(int(page.Total), len(page.Skills))}
	for _, skill := range page.Skills {
		list.Skills = append(list.Skills, skillInfo(skill))
	}
	if len(list.Skills) == 0 && in.Capability != "" {
		list.NextAction = call.Next("list_skill_capabilities", "see the capabilities that there are", map[string]any{})
	}
	return list, nil
}

type skillQuery struct {
	Name                string   `json:"name,omitempty" doc:"one skill in full, such as \"int-gmail-check\""`
	Category            string   `json:"category,omitempty" doc:"int: works with a service; rule: needs none"`
	Capability          string   `json:"capability,omitempty" doc:"as list_skill_capabilities names them, such as \"social_publishing\""`
	UserInvocable       *bool    `json:"user_invocable,omitempty" doc:"true: only those that people can ask for in a message"`
	RequiresCredentials *bool    `json:"requires_credentials,omitempty" doc:"whether they need a credential"`
	WiroPending         *bool    `json:"wiro_connect_pending,omitempty" doc:"whether their account can only be connected with an app of your own yet"`
	Names               []string `json:"name_in,omitempty" doc:"only these"`
}

// noSuch turns "not found" about something of a registry into the closest names that there are.
// Tool lists them.
func noSuch(kind, name, tool string, err error, names func() ([]string, error)) error {
	if !errors.Is(err, wiro.ErrNotFound) {
		return err
	}
	p := mcptool.Problemf("There is no %s %q.", kind, name)
	if all, err := names(); err == nil {
		p.Text += closest.DidYouMean(name, all)
	}
	return p.WithNext(tool, "see what there is", map[string]any{})
}

func namesOf[T any](list []T, name func(T) string) []string {
	names := make([]string, len(list))
	for i, item := range list {
		names[i] = name(item)
	}
	return names
}

var listSkillCapabilitiesTool = define(mcptool.Meta{
	Name:        "list_skill_capabilities",
	Title:       "List skill capabilities",
	Description: "The capabilities by which list_skills can be narrowed.",
	Toolset:     Skills,
	Public:      true,
	Examples:    []mcptool.Example{{Arguments: `{}`}},
}, listSkillCapabilities)

func listSkillCapabilities(ctx context.Context, call *Call, _ struct{}) (CapabilityList, error) {
	capabilities, err := call.Wiro.Skills.Capabilities(ctx)
	if err != nil {
		return CapabilityList{}, err
	}
	list := CapabilityList{Capabilities: make([]CapabilityInfo, 0, len(capabilities))}
	for _, capability := range capabilities {
		list.Capabilities = append(list.Capabilities, CapabilityInfo{capability.Name, capability.Description})
	}
	return list, nil
}

// CapabilityList is the vocabulary of capabilities.
type CapabilityList struct {
	Capabilities []CapabilityInfo `json:"capabilities"`
}

// CapabilityInfo is a capability and what it means.
type CapabilityInfo struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Text is a line a capability.
func (l CapabilityList) Text() string {
	var b strings.Builder
	b.WriteString("Capabilities:\n")
	for _, capability := range l.Capabilities {
		fmt.Fprintf(&b, "- %s: %s\n", capability.Name, capability.Description)
	}
	return strings.TrimRight(b.String(), "\n")
}
