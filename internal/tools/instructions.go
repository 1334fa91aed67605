package tools

import (
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// Instructions tell a client's model how the tools that are on go together.
func (s *Server) Instructions() string {
	var b strings.Builder
	b.WriteString("Wiro runs AI models (image, video, audio, text, 3D, voice) and hosts agents. Runs cost money.\n")
	if s.Enabled("search_models", "get_model_schema", "run_model") {
		b.WriteString("To make something: search_models or recommend_model, then get_model_schema for parameters and price, then run_model. Tell the user the price of expensive runs first.\n")
	}
	if s.Enabled("run_model", "wait_for_task") {
		b.WriteString("When run_model answers state \"running\", the task goes on: call wait_for_task with its token. Do not run the model again, that is paid twice.\n")
	}
	if s.Enabled("run_model") {
		b.WriteString("Show the user the output URLs; they are public and kept for a limited time.\n")
	}
	if s.Enabled("list_my_agents", "send_agent_message") {
		b.WriteString("Agents: list_agents shows templates, deploy_agent makes one, list_my_agents shows the user's, send_agent_message talks to one.\n")
	}
	if slices.ContainsFunc(s.Tools(), func(t mcptool.Tool) bool { return t.RequiresConfirmation }) {
		b.WriteString("A result with state \"confirmation_required\" charged nothing: ask the user, then follow its nextAction.\n")
	}
	if s.Enabled("search_docs") {
		b.WriteString("search_docs answers questions about Wiro's API.\n")
	}
	return b.String()
}
