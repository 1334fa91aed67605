package tools

import "github.com/wiroai/wiro-mcp-go/internal/mcptool"

// Toolset is the name of a group of tools that are enabled together.
type Toolset = mcptool.Toolset

// The toolsets.
const (
	Models      Toolset = "models"
	Tasks       Toolset = "tasks"
	Files       Toolset = "files"
	Docs        Toolset = "docs"
	Agents      Toolset = "agents"
	Messages    Toolset = "messages"
	Credentials Toolset = "credentials"
	Skills      Toolset = "skills"
	Billing     Toolset = "billing"
	Logs        Toolset = "logs"
	Teams       Toolset = "teams"
	Extras      Toolset = "extras" // seldom needed
)

// Custom is the toolset of a program's own tools that name none.
const Custom Toolset = "custom"

// AllToolsets lists every toolset, in the order of the README.
var AllToolsets = []Toolset{Models, Tasks, Files, Docs, Agents, Messages, Credentials, Skills, Billing, Logs, Teams, Extras}

// DefaultToolsets are enabled where nothing else is asked for.
var DefaultToolsets = []Toolset{Models, Tasks, Files, Docs, Agents, Messages}

// ParseToolsets reads a comma-separated list; "default" and "all" stand for theirs, and an
// empty text for the default. An unknown name is an error that lists the valid ones.
func ParseToolsets(text string) ([]Toolset, error) {
	return mcptool.ParseToolsets(text, AllToolsets, DefaultToolsets)
}
