package transport

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// Headers with which a client asks for fewer tools. They never add any.
const (
	headerToolsets = "X-MCP-Toolsets"
	headerTools    = "X-MCP-Tools"
	headerReadOnly = "X-MCP-Readonly"
)

// restrictTools returns a context with only the tools that the headers leave. The error names
// the header that is wrong, with the allowed values.
func restrictTools(ctx context.Context, h http.Header, known []tools.Definition) (context.Context, error) {
	var (
		toolsets []tools.Toolset
		names    []string
		readOnly bool
	)
	if text := list(h, headerToolsets); text != "" {
		var err error
		if toolsets, err = tools.ParseToolsets(text); err != nil {
			return nil, fmt.Errorf("%s: %w", headerToolsets, err)
		}
	}
	if text := list(h, headerTools); text != "" {
		all := tools.All()
		for name := range strings.SplitSeq(text, ",") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			if !slices.ContainsFunc(all, func(d tools.Definition) bool { return d.Name == name }) {
				return nil, unknownTool(name, known)
			}
			names = append(names, name)
		}
	}
	if text := strings.TrimSpace(h.Get(headerReadOnly)); text != "" {
		var err error
		if readOnly, err = strconv.ParseBool(strings.ToLower(text)); err != nil {
			return nil, fmt.Errorf("%s must be true or false", headerReadOnly)
		}
	}
	if toolsets == nil && names == nil && !readOnly {
		return ctx, nil
	}
	return tools.Narrow(ctx, tools.Selection(toolsets, names, readOnly)), nil
}

// list is a header's value, of which there may be several.
func list(h http.Header, name string) string {
	values := h.Values(name)
	if len(values) == 0 {
		return ""
	}
	return strings.Trim(strings.Join(values, ","), ", \t")
}

func unknownTool(name string, known []tools.Definition) error {
	names := make([]string, len(known))
	for i, d := range known {
		names[i] = d.Name
	}
	return fmt.Errorf("%s: there is no tool %.60q: there are %s", headerTools, name, strings.Join(names, ", "))
}
