package tools

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var listMyAgentsTool = define(mcptool.Meta{
	Name:           "list_my_agents",
	Title:          "List my agents",
	Description:    "Agents that you or your team deployed: status, tier, credits, subscription, and their guid.",
	Toolset:        Agents,
	TruncationHint: "Page with start and limit.",
	Examples:       []mcptool.Example{{Arguments: `{"limit": 10}`}},
}, listMyAgents)

func listMyAgents(ctx context.Context, call *Call, in myAgentsQuery) (MyAgentList, error) {
	client := call.Wiro.WithTeam(in.Team)
	if in.Pinned {
		agents, err := client.MyAgents.Pinned(ctx)
		if err != nil {
			return MyAgentList{}, err
		}
		last, err := client.MyAgents.LastMessages(ctx)
		if err != nil {
			return MyAgentList{}, err
		}
		return call.myAgentList(agents, last, in), nil
	}
	agents, err := client.MyAgents.List(ctx, wiro.MyAgentsQuery{
		Category: in.Category, Sort: in.Sort, Order: in.Order, Start: in.Start, Limit: in.Limit,
	})
	if err != nil {
		return MyAgentList{}, err
	}
	return call.myAgentList(agents, nil, in), nil
}

type myAgentsQuery struct {
	Category string `json:"category,omitempty" doc:"such as \"social-media\""`
	Pinned   bool   `json:"pinned,omitempty" doc:"only pinned ones"`
	Sort     string `json:"sort,omitempty" enum:"id,title,status,createdat,updatedat,startedat,runningat,stopdat" doc:"field"`
	Order    string `json:"order,omitempty" enum:"ASC,DESC" doc:"direction"`
	Start    int    `json:"start,omitempty" min:"0" doc:"skip"`
	Limit    int    `json:"limit,omitempty" min:"1" max:"1000" doc:"how many"`
	Team     string `json:"teamguid,omitempty" doc:"whose agents"`
}

// agentGUID names a deployed agent.
type agentGUID struct {
	GUID string `json:"useragentguid" alias:"guid,agentguid,agent" doc:"its guid"`
}

var getMyAgentTool = define(mcptool.Meta{
	Name:        "get_my_agent",
	Title:       "Get my agent",
	Description: "One deployed agent: what blocks it, credentials, skills, preferences, scheduled tasks, credits, subscription.",
	Toolset:     Agents,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321"}`}},
}, getMyAgent)

func getMyAgent(ctx context.Context, call *Call, in agentLook) (MyAgentDetail, error) {
	agent, err := call.agent(ctx, in.GUID, in.Team)
	if err != nil {
		return MyAgentDetail{}, err
	}
	return call.myAgentDetail(agent, in.Full), nil
}

type agentLook struct {
	agentGUID
	teamOf
	Full bool `json:"full,omitempty" doc:"whole text of preferences and scheduled tasks"`
}

var deployAgentTool = defineConfirmed(mcptool.Meta{
	Name:        "deploy_agent",
	Title:       "Deploy an agent",
	Description: "Deploy an agent from a template (agentguid) or built of skills (custom:true). Charges its first month at once, after confirmation. Then enter what get_my_agent says is missing, and start it.",
	Toolset:     Agents,
	Effect:      mcptool.Writes,
	Secrets:     []string{"credentials"},
	Examples:    []mcptool.Example{{Arguments: `{"agentguid": "a1b2", "title": "My Instagram Bot", "tier": "starter", "pinned": false, "confirm": true}`}},
}, deployCharge, deployAgent)

func deployAgent(ctx context.Context, call *Call, in deployment) (MyAgentDetail, error) {
	request, err := in.request()
	if err != nil {
		return MyAgentDetail{}, err
	}
	if !in.Custom && uuid.Validate(in.AgentGUID) != nil { // a slug
		if template, err := findTemplate(ctx, call.Wiro.WithTeam(in.Team), wiro.AgentRef{GUID: in.AgentGUID}, false); err == nil && template.GUID != "" {
			request.AgentGUID = template.GUID
		}
	}
	agent, err := submit(ctx, call, "UserAgent/Deploy", nil, func(ctx context.Context) (wiro.UserAgent, error) {
		return call.Wiro.WithTeam(in.Team).MyAgents.Deploy(ctx, request)
	})
	if err != nil {
		return MyAgentDetail{}, err
	}
	detail := call.myAgentDetail(agent, false)
	detail.Message = "Deployed: " + detail.Agent.Title + "."
	if agent.Subscription == nil {
		detail.Agent.Subscription = "active" // Wiro's answer leaves out what was just paid for
	}
	return detail, nil
}

type deployment struct {
	AgentGUID    string           `json:"agentguid,omitempty" alias:"guid,slug,agent,agentslug" doc:"guid or slug of the template, unless custom"`
	Custom       bool             `json:"custom,omitempty" doc:"true builds an agent of skills"`
	Title        string           `json:"title" doc:"its name"`
	Description  string           `json:"description,omitempty" doc:"what it is for"`
	Cover        string           `json:"cover,omitempty" doc:"its picture's address; custom agents only"`
	Tier         string           `json:"tier,omitempty" enum:"starter,pro" default:"starter" doc:"price and credits, as get_agent lists them"`
	Pinned       *bool            `json:"pinned,omitempty" doc:"false keeps it off the dashboard's pinned agents"`
	Credentials  map[string]any   `json:"credentials,omitempty" doc:"by service, {\"wordpress\":{\"url\":\"…\"}}; nested ones with set_agent_credentials later"`
	Skills       map[string]any   `json:"skills,omitempty" doc:"true or false by name, {\"int-gmail-check\":true}"`
	CustomSkills []newCustomSkill `json:"customskills,omitempty" doc:"preferences, and, with an interval, scheduled tasks"`
	Team         string           `json:"teamguid,omitempty" doc:"the team that gets and pays it"`
}

type newCustomSkill struct {
	Key         string `json:"key"`
	Value       string `json:"value,omitempty" doc:"instructions, in Markdown"`
	Interval    string `json:"interval,omitempty" doc:"cron expression"`
	Enabled     *bool  `json:"enabled,omitempty"`
	Description string `json:"description,omitempty"`
	UserCreated *bool  `json:"_user_created,omitempty" doc:"true for one of your own, false for one that the template has"`
}

func (d deployment) request() (wiro.Deployment, error) {
	switch {
	case d.AgentGUID == "" && !d.Custom:
		return wiro.Deployment{}, mcptool.Problemf("deploy_agent needs agentguid, a template's guid, or custom:true with skills.").
			WithNext("list_agents", "find a template", map[string]any{})
	case d.AgentGUID != "" && d.Custom:
		return wiro.Deployment{}, mcptool.Problemf("agentguid and custom:true exclude each other: a template, or an agent of your own.")
	}
	skills, err := parseBools("skills", d.Skills)
	if err != nil {
		return wiro.Deployment{}, err
	}
	request := wiro.Deployment{
		AgentGUID: d.AgentGUID, Custom: d.Custom, Title: d.Title, Description: d.Description, Cover: d.Cover,
		Tier: d.Tier, Pinned: d.Pinned, Credentials: d.Credentials, Skills: skills,
	}
	for _, s := range d.CustomSkills {
		request.CustomSkills = append(request.CustomSkills, wiro.DeployedSkill(s))
	}
	return request, nil
}

// parseBools reads what is on and what is off; models write true in several ways.
func parseBools(argument string, values map[string]any) (map[string]bool, error) {
	if values == nil {
		return nil, nil
	}
	on := make(map[string]bool, len(values))
	for name, value := range values {
		switch v := value.(type) {
		case bool:
			on[name] = v
			continue
		case string:
			if text := strings.ToLower(strings.TrimSpace(v)); text == "true" || text == "false" {
				on[name] = text == "true"
				continue
			}
		}
		return nil, mcptool.Problemf("%s: %s must be true or false.", argument, name)
	}
	return on, nil
}

var updateMyAgentTool = define(mcptool.Meta{
	Name:        "update_my_agent",
	Title:       "Update my agent",
	Description: "Change an agent's title, description, categories or cover, or pin it. It restarts if it runs.",
	Toolset:     Agents,
	Effect:      mcptool.Writes,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "title": "New"}`}},
}, updateMyAgent)

func updateMyAgent(ctx context.Context, call *Call, in agentChange) (AgentAction, error) {
	if in.Categories != nil && len(in.Categories) == 0 {
		return AgentAction{}, mcptool.Problemf("categories cannot be empty: give at least one, or leave categories out.")
	}
	agent, client := wiro.UserAgent{GUID: in.GUID}, call.inTeam(in.Team)
	change := wiro.AgentUpdate{Title: in.Title, Description: in.Description, Categories: in.Categories, Cover: in.Cover}
	var done []string
	if in.Title != nil || in.Description != nil || in.Categories != nil || in.Cover != nil {
		var err error
		if agent, err = client.MyAgents.Update(ctx, in.GUID, change); err != nil {
			return AgentAction{}, err
		}
		done = append(done, "its details are changed")
	}
	if in.CoverFile != "" {
		picture, release, err := call.picture(ctx, in.CoverFile)
		if err != nil {
			return AgentAction{}, partialFailure(done, err)
		}
		defer release()
		if agent, err = client.MyAgents.SetCover(ctx, in.GUID, picture); err != nil {
			return AgentAction{}, partialFailure(done, err)
		}
		done = append(done, "its cover is uploaded")
	}
	if in.Pinned != nil {
		if err := client.MyAgents.Pin(ctx, in.GUID, *in.Pinned); err != nil {
			return AgentAction{}, partialFailure(done, err)
		}
		done = append(done, map[bool]string{true: "it is pinned", false: "it is not pinned any more"}[*in.Pinned])
	}
	if done == nil {
		return AgentAction{}, mcptool.Problemf("Nothing to update: give at least one of title, description, categories, cover, cover_file_url and pinned.")
	}
	action := agentAction(agent, sentence(done))
	if agent.Status == wiro.AgentStopping || agent.Status == wiro.AgentQueued {
		action.Message += " It restarts with the change."
	}
	return action, nil
}

type agentChange struct {
	agentGUID
	teamOf
	Title       *string  `json:"title,omitempty" doc:"its name"`
	Description *string  `json:"description,omitempty" doc:"\"\" clears it"`
	Categories  []string `json:"categories,omitempty" doc:"at least one"`
	Cover       *string  `json:"cover,omitempty" doc:"picture's address; \"\" clears it"`
	CoverFile   string   `json:"cover_file_url,omitempty" doc:"picture to upload, 10 MB: URL, data: URI or local path"`
	Pinned      *bool    `json:"pinned,omitempty" doc:"on the dashboard"`
}

// picture is the cover that cover_file_url names, as source describes it.
func (c *Call) picture(ctx context.Context, address string) (wiro.File, func(), error) {
	file, release, err := c.source(ctx, "cover_file_url", address, "")
	if err != nil {
		return wiro.File{}, nil, err
	}
	kinds := []string{".jpg", ".jpeg", ".png", ".gif", ".webp"}
	if extension := strings.ToLower(path.Ext(file.Name)); !slices.Contains(kinds, extension) {
		release()
		return wiro.File{}, nil, mcptool.Problemf("cover_file_url must lead to a picture (jpg, png, gif or webp).")
	}
	return file, release, nil
}

// partialFailure says what was done before something else failed.
func partialFailure(done []string, err error) error {
	p := explain(err)
	if p == nil || len(done) == 0 {
		return err
	}
	p.Text = sentence(done) + " Then: " + p.Text
	return p
}

// sentence makes one of what was done.
func sentence(parts []string) string {
	text := strings.Join(parts, ", ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
