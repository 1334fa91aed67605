package tools

import (
	"fmt"
	"slices"
	"strings"
)

// Toolset is a group of tools that are switched on together.
type Toolset string

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
)

// AllToolsets lists every toolset, in the order of the README.
var AllToolsets = []Toolset{Models, Tasks, Files, Docs, Agents, Messages, Credentials, Skills, Billing, Logs, Teams}

// DefaultToolsets are on where nothing else is asked for.
var DefaultToolsets = []Toolset{Models, Tasks, Files, Docs, Agents, Messages}

// ParseToolsets reads a comma-separated list; "default" and "all" stand for theirs, and an
// empty text for the default. An unknown name is an error that lists the known ones.
func ParseToolsets(text string) ([]Toolset, error) {
	var chosen []Toolset
	for name := range strings.SplitSeq(text, ",") {
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case "":
		case "all":
			chosen = append(chosen, AllToolsets...)
		case "default":
			chosen = append(chosen, DefaultToolsets...)
		default:
			if !slices.Contains(AllToolsets, Toolset(name)) {
				return nil, fmt.Errorf("there is no toolset %q: there are %s, default and all", name, join(AllToolsets))
			}
			chosen = append(chosen, Toolset(name))
		}
	}
	if len(chosen) == 0 {
		return DefaultToolsets, nil
	}
	return slices.DeleteFunc(slices.Clone(AllToolsets), func(t Toolset) bool { return !slices.Contains(chosen, t) }), nil
}

func join[S ~string](names []S) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}
