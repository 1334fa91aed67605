package mcptool

import (
	"fmt"
	"slices"
	"strings"
)

// ParseToolsets reads a comma-separated list of the toolsets that exist; "default" and "all"
// stand for theirs, and an empty text for the default. The result is in the order of all. An
// unknown name is an error that lists the valid ones.
func ParseToolsets(text string, all, byDefault []Toolset) ([]Toolset, error) {
	var chosen []Toolset
	for name := range strings.SplitSeq(text, ",") {
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case "":
		case "all":
			chosen = append(chosen, all...)
		case "default":
			chosen = append(chosen, byDefault...)
		default:
			if !slices.Contains(all, Toolset(name)) {
				return nil, fmt.Errorf("there is no toolset %q: there are %s, default and all", name, joinToolsets(all))
			}
			chosen = append(chosen, Toolset(name))
		}
	}
	if len(chosen) == 0 {
		return byDefault, nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(t Toolset) bool { return !slices.Contains(chosen, t) }), nil
}

func joinToolsets(toolsets []Toolset) string {
	names := make([]string, len(toolsets))
	for i, t := range toolsets {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

// Filter returns a filter of tools: those of the toolsets and of these names (all where nil),
// and, where readOnly, only those that read.
func Filter(toolsets []Toolset, names []string, readOnly bool) func(Tool) bool {
	return func(t Tool) bool {
		return (toolsets == nil || slices.Contains(toolsets, t.Toolset)) &&
			(names == nil || slices.Contains(names, t.Name)) &&
			(!readOnly || t.Effect == Reads)
	}
}
