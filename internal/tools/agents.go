package tools

import (
	"context"
	"errors"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var listAgentsTool = define(mcptool.Meta{
	Name:           "list_agents",
	Title:          "List agent templates",
	Description:    "Which agent templates there are: what each does and costs a month. list_my_agents lists yours.",
	Toolset:        Agents,
	Public:         true,
	TruncationHint: "Narrow the search, or page with start and limit.",
	Examples:       []mcptool.Example{{Arguments: `{"search": "instagram"}`}},
}, listAgents)

func listAgents(ctx context.Context, call *Call, in agentSearch) (AgentList, error) {
	page, err := call.Wiro.Agents.List(ctx, wiro.AgentQuery{
		Search: in.Search, Category: in.Category, Sort: in.Sort, Order: in.Order, Start: in.Start, Limit: in.Limit,
	})
	if err != nil {
		return AgentList{}, err
	}
	list := AgentList{Agents: make([]AgentInfo, 0, len(page.Agents)), Limit: in.Limit}
	for _, agent := range page.Agents {
		list.Agents = append(list.Agents, agentInfo(agent))
	}
	list.Page = mcptool.NewPage(int(page.Total), in.Start, len(list.Agents))
	switch {
	case list.NextStart > 0:
		list.NextAction = call.NextPage("more agents", "start", list.NextStart)
	case len(list.Agents) > 0:
		list.NextAction = call.Next("get_agent", "see what the first one can do and needs", map[string]any{"guid": list.Agents[0].GUID})
	}
	return list, nil
}

type agentSearch struct {
	Search   string `json:"search,omitempty" doc:"in titles and descriptions"`
	Category string `json:"category,omitempty" doc:"such as \"social-media\""`
	Sort     string `json:"sort,omitempty" enum:"id,title,slug,status,createdat,updatedat,totalrun,activerun" doc:"field"`
	Order    string `json:"order,omitempty" enum:"ASC,DESC" doc:"direction"`
	Start    int    `json:"start,omitempty" min:"0" doc:"skip"`
	Limit    int    `json:"limit,omitempty" min:"1" max:"1000" doc:"how many"`
}

var getAgentTool = define(mcptool.Meta{
	Name:        "get_agent",
	Title:       "Get an agent template",
	Description: "One agent template: what it can do, what it costs, which credentials it needs. Use it before deploy_agent.",
	Toolset:     Agents,
	Public:      true,
	Examples:    []mcptool.Example{{Arguments: `{"slug": "instagram-manager", "full": true}`}},
}, getAgent)

func getAgent(ctx context.Context, call *Call, in agentName) (AgentDetail, error) {
	agent, err := findTemplate(ctx, call.Wiro, wiro.AgentRef{GUID: in.GUID, Slug: in.Slug}, in.Full)
	if err != nil {
		return AgentDetail{}, err
	}
	return call.agentDetail(agent), nil
}

// findTemplate returns a template by its guid or its slug, each also in the other's place.
func findTemplate(ctx context.Context, client *wiro.Client, ref wiro.AgentRef, full bool) (wiro.Agent, error) {
	ref.GUID, ref.Slug = strings.TrimSpace(ref.GUID), strings.TrimSpace(ref.Slug)
	get := client.Agents.Get
	if full {
		get = client.Agents.GetFull
	}
	agent, err := get(ctx, ref)
	if !errors.Is(err, wiro.ErrNotFound) || ref.GUID != "" && ref.Slug != "" {
		return agent, err
	}
	if other, otherErr := get(ctx, wiro.AgentRef{GUID: ref.Slug, Slug: ref.GUID}); otherErr == nil {
		return other, nil
	}
	return agent, err
}

type agentName struct {
	GUID string `json:"guid,omitempty" alias:"agentguid,agent" doc:"the template's guid"`
	Slug string `json:"slug,omitempty" alias:"agentslug" doc:"or its slug, \"instagram-manager\""`
	Full bool   `json:"full,omitempty" doc:"adds preferences and scheduled tasks"`
}
