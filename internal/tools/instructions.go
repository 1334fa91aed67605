package tools

import (
	"slices"
	"strings"
)

// Instructions tell a client's model how the tools that are on go together.
func (s *Server) Instructions() string {
	on := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { _, ok := s.Find(name); return !ok })
	}
	var b strings.Builder
	b.WriteString("Wiro runs AI models (image, video, audio, text, 3D, voice) and hosts agents. Runs cost money.\n")
	if on("search_models", "get_model_schema", "run_model") {
		b.WriteString("To make something: search_models or recommend_model, then get_model_schema for parameters and price, then run_model. Tell the user the price of expensive runs first.\n")
	}
	if on("run_model", "wait_for_task") {
		b.WriteString("When run_model answers state \"running\", the task goes on: call wait_for_task with its token. Do not run the model again, that is paid twice.\n")
	}
	if on("run_model") {
		b.WriteString("Show the user the output URLs; they are public and kept for a limited time.\n")
	}
	if on("list_my_agents", "send_agent_message") {
		b.WriteString("Agents: list_agents shows templates, deploy_agent makes one, list_my_agents shows the user's, send_agent_message talks to one.\n")
	}
	if slices.ContainsFunc(s.definitions, func(d Definition) bool { return d.Spends }) {
		b.WriteString("A result with state \"confirmation_required\" charged nothing: ask the user, then follow its nextAction.\n")
	}
	if on("search_docs") {
		b.WriteString("search_docs answers questions about Wiro's API.\n")
	}
	return b.String()
}
