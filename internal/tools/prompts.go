package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// prompt is a way to begin that people pick from a menu.
type promptEntry struct {
	name, title, description string
	arguments                []promptArgument
	tools                    []string // that it builds on: it is off where one of them is
	text                     func(arguments map[string]string) string
}

type promptArgument struct {
	name, description string
	required          bool
	suggest           func(ctx context.Context, s *Server) []string
}

func fixed(values ...string) func(context.Context, *Server) []string {
	return func(context.Context, *Server) []string { return values }
}

var promptEntries = []promptEntry{
	{
		name: "make_image", title: "Make an image", description: "Make an image from a description and show it.",
		arguments: []promptArgument{
			{name: "description", description: "what the image shows", required: true},
			{name: "style", description: "how it looks", suggest: fixed("photorealistic", "illustration", "watercolor", "oil painting", "pixel art", "3D render", "line drawing", "cinematic")},
		},
		tools: []string{"recommend_model", "get_model_schema", "run_model"},
		text: func(a map[string]string) string {
			style := ""
			if a["style"] != "" {
				style = " Style: " + a["style"] + "."
			}
			return fmt.Sprintf("Make this image with Wiro: %s.%s\n\n"+
				"1. Find a well-rated text-to-image model with recommend_model, and tell me which one you take and what a run costs.\n"+
				"2. Read its parameters with get_model_schema and write a good prompt.\n"+
				"3. Run it with run_model and wait.\n"+
				"4. Show me the image by its URL, with what it cost. Offer one improvement.", strings.TrimRight(a["description"], "."), style)
		},
	},
	{
		name: "compare_models", title: "Compare models for a task", description: "Compare the models that can do a task, with their prices.",
		arguments: []promptArgument{
			{name: "task", description: "what they must do", required: true, suggest: fixed("text-to-image", "image-editing", "image-to-video", "text-to-video",
				"text-to-speech", "speech-to-text", "text-to-music", "llm", "image-upscaling", "background removal", "virtual try-on", "3d-generation")},
			{name: "budget", description: "most that a run may cost, in USD"},
		},
		tools: []string{"search_models", "recommend_model", "get_model_schema"},
		text: func(a map[string]string) string {
			budget := ""
			if a["budget"] != "" {
				budget = " A run may cost at most $" + strings.TrimLeft(a["budget"], "$") + "."
			}
			return fmt.Sprintf("Which models on Wiro are best for this: %s?%s\n\n"+
				"Look with recommend_model and search_models, take the three to five most promising, and read each with get_model_schema. "+
				"Then give me a table: slug, what it is good at, price for a typical run, limits, rating. "+
				"Close with the one that you would take and why. Do not run anything.", a["task"], budget)
		},
	},
	{
		name: "set_up_agent", title: "Set up an agent", description: "Take a goal to an agent that runs, step by step.",
		arguments: []promptArgument{
			{name: "goal", description: "what the agent is for", required: true, suggest: fixed("post to my blog", "manage my Instagram", "answer emails", "run my Google Ads", "write app store updates", "find sales leads")},
		},
		tools: []string{"list_agents", "get_agent", "deploy_agent", "get_my_agent", "start_agent", "send_agent_message"},
		text: func(a map[string]string) string {
			return fmt.Sprintf("I want a Wiro agent for this: %s.\n\n"+
				"1. Find the template that fits with list_agents, read it with get_agent, and tell me what it does, what it needs and what it costs a month.\n"+
				"2. When I agree, deploy it with deploy_agent. It asks me before it charges.\n"+
				"3. See with get_my_agent what is missing and which tool gives it, and ask me for one thing at a time.\n"+
				"4. Start it with start_agent, then send it a first message with send_agent_message and show me its answer.\n"+
				"Never repeat a secret that I give you.", strings.TrimRight(a["goal"], "."))
		},
	},
	{
		name: "why_did_it_fail", title: "Find out why a task failed", description: "Look into a task that failed and say what to change.",
		arguments: []promptArgument{
			{name: "task", description: "its id or token; the last one that failed where left out", suggest: recentFailures},
		},
		tools: []string{"list_tasks", "get_task", "get_model_schema"},
		text: func(a map[string]string) string {
			which := "Find my last failed task with list_tasks."
			if a["task"] != "" {
				which = "Look at task " + a["task"] + " with get_task."
			}
			return which + " Read what its model printed, compare the parameters with get_model_schema, and look error texts up with search_docs.\n\n" +
				"Tell me in plain words what went wrong, whether it was charged, and the one change most likely to make it work. Do not run it again before I say so."
		},
	},
}

// recentFailures are the ids of the caller's tasks that failed lately.
func recentFailures(ctx context.Context, s *Server) []string {
	scope, _ := mcptool.ScopeFrom(ctx)
	client, err := s.client(scope, false)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	page, err := client.Tasks.List(ctx, wiro.TaskQuery{Limit: 50})
	if err != nil {
		return nil // a suggestion less
	}
	var ids []string
	for _, task := range page.Tasks {
		if taskState(task) == stateFailed {
			ids = append(ids, task.ID)
		}
	}
	return ids
}

func (s *Server) prompts() []promptEntry {
	var on []promptEntry
	for _, p := range promptEntries {
		if s.Enabled(p.tools...) {
			on = append(on, p)
		}
	}
	return on
}

func (s *Server) addPrompts(m *server.MCPServer) {
	for _, p := range s.prompts() {
		options := []mcp.PromptOption{mcp.WithPromptTitle(p.title), mcp.WithPromptDescription(p.description)}
		for _, a := range p.arguments {
			argument := []mcp.ArgumentOption{mcp.ArgumentDescription(a.description)}
			if a.required {
				argument = append(argument, mcp.RequiredArgument())
			}
			options = append(options, mcp.WithArgument(a.name, argument...))
		}
		m.AddPrompt(mcp.NewPrompt(p.name, options...), func(ctx context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			for _, a := range p.arguments {
				if a.required && strings.TrimSpace(r.Params.Arguments[a.name]) == "" {
					return nil, fmt.Errorf("%s needs %s: %s", p.name, a.name, a.description)
				}
			}
			return mcp.NewGetPromptResult(p.description, []mcp.PromptMessage{
				mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(s.Plain(ctx, p.text(r.Params.Arguments)))),
			}), nil
		})
	}
}

// promptCompletions completes the arguments of prompts.
type promptCompletions struct{ *Server }

// CompletePromptArgument returns the suggestions that hold what was typed, those that begin
// with it first.
func (p promptCompletions) CompletePromptArgument(ctx context.Context, name string, typed mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	var begin, hold []string
	for _, entry := range p.prompts() {
		for _, a := range entry.arguments {
			if entry.name != name || a.name != typed.Name || a.suggest == nil {
				continue
			}
			for _, value := range a.suggest(ctx, p.Server) {
				switch low := strings.ToLower(typed.Value); {
				case strings.HasPrefix(strings.ToLower(value), low):
					begin = append(begin, value)
				case strings.Contains(strings.ToLower(value), low):
					hold = append(hold, value)
				}
			}
		}
	}
	return completion(append(begin, hold...)), nil
}
