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
		b.WriteString("To make something: recommend_model or search_models, then get_model_schema for parameters and price, then run_model; dry_run:true quotes a run. Tell the user the price before a run that costs more than some cents.\n")
	}
	if s.Enabled("run_model", "wait_for_task") {
		b.WriteString("When run_model answers state \"running\", or the client gave up waiting, the task goes on: call wait_for_task with its token. Never run the model again for that, it is paid twice. list_tasks finds a lost token.\n")
	}
	if s.Enabled("run_model") {
		b.WriteString("Show what was made: pictures as Markdown images, other files as links, with the URLs of the result. They are public and kept for a limited time")
		if s.Enabled("save_output") && s.options.Local.OutputDir != "" {
			b.WriteString("; save_output keeps a copy")
		}
		b.WriteString(".\n")
	}
	if s.Enabled("list_my_agents", "send_agent_message") {
		b.WriteString("Agents: list_agents shows templates, deploy_agent makes one, list_my_agents shows the user's, send_agent_message talks to one.\n")
	}
	if slices.ContainsFunc(s.Tools(), func(t mcptool.Tool) bool { return t.RequiresConfirmation }) {
		b.WriteString("A result with state \"confirmation_required\" charged nothing: ask the user, then follow its nextAction.\n")
	}
	if s.Enabled("search_docs") {
		b.WriteString("search_docs answers questions about Wiro's API and about this server.\n")
	}
	if off := s.off(); len(off) > 0 {
		b.WriteString("Off here: " + strings.Join(off, ", ") + ". The operator of this server turns toolsets on with WIRO_TOOLSETS (all, or names).\n")
	}
	if s.options.ReadOnly {
		b.WriteString("This server only reads (WIRO_READ_ONLY): nothing can be run, sent, changed or bought.\n")
	}
	return b.String()
}

// off are the toolsets of which no tool is on.
func (s *Server) off() []string {
	var names []string
	for _, set := range s.toolsets {
		if !slices.ContainsFunc(s.Tools(), func(t mcptool.Tool) bool { return t.Toolset == set }) {
			names = append(names, string(set))
		}
	}
	return names
}
