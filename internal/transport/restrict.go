package transport

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/internal/transport/oauth"
)

// Headers with which a client asks for fewer tools. They never add any.
const (
	headerToolsets = "X-MCP-Toolsets"
	headerTools    = "X-MCP-Tools"
	headerReadOnly = "X-MCP-Readonly"
)

// Headers with which a client asks for lower limits of cost, in USD. They never raise one.
const (
	headerMaxCostPerRun = "X-MCP-Max-Cost-Per-Run"
	headerMaxCostPerDay = "X-MCP-Max-Cost-Per-Day"
)

// spendingLimits returns the limits of a request: those of its headers and, if there is one, of
// its connection. The error names the header that is wrong.
func spendingLimits(h http.Header, c *oauth.Connection) (l mcptool.SpendingLimits, err error) {
	if l.PerRun, err = lowest(h, headerMaxCostPerRun); err != nil {
		return l, err
	}
	if l.PerDay, err = lowest(h, headerMaxCostPerDay); err != nil {
		return l, err
	}
	if c != nil {
		l = l.Narrow(mcptool.SpendingLimits{PerRun: positive(c.Limits.MaxCostPerRun), PerDay: positive(c.Limits.MaxCostPerDay)})
	}
	return l, nil
}

// lowest is the lowest limit of a header; nil for none.
func lowest(h http.Header, name string) (limit *float64, err error) {
	for text := range strings.SplitSeq(list(h, name), ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		usd, err := tools.ParseUSD(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if limit == nil || usd < *limit {
			limit = &usd
		}
	}
	return limit, nil
}

// positive is a limit of a connection, which has none where it is 0.
func positive(usd float64) *float64 {
	if usd <= 0 {
		return nil
	}
	return &usd
}

// restrictTools returns a filter of the tools that the headers leave; nil if they leave all. The
// error names the header that is wrong, with the allowed values.
func restrictTools(h http.Header, s *tools.Server) (func(mcptool.Tool) bool, error) {
	var (
		toolsets []tools.Toolset
		names    []string
		readOnly bool
	)
	if text := list(h, headerToolsets); text != "" {
		var err error
		if toolsets, err = s.ParseToolsets(text); err != nil {
			return nil, fmt.Errorf("%s: %w", headerToolsets, err)
		}
	}
	if text := list(h, headerTools); text != "" {
		for name := range strings.SplitSeq(text, ",") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			if !slices.ContainsFunc(s.All(), func(t mcptool.Tool) bool { return t.Name == name }) {
				return nil, unknownTool(name, s.Tools())
			}
			names = append(names, name)
		}
	}
	if text := strings.TrimSpace(h.Get(canonical[headerReadOnly])); text != "" {
		var err error
		if readOnly, err = strconv.ParseBool(strings.ToLower(text)); err != nil {
			return nil, fmt.Errorf("%s must be true or false", headerReadOnly)
		}
	}
	if toolsets == nil && names == nil && !readOnly {
		return nil, nil
	}
	return mcptool.Filter(toolsets, names, readOnly), nil
}

// canonical are the names as http.Header spells them, which a look at one would find out each time.
var canonical = spelled(headerToolsets, headerTools, headerReadOnly, headerMaxCostPerRun, headerMaxCostPerDay)

func spelled(names ...string) map[string]string {
	all := map[string]string{}
	for _, name := range names {
		all[name] = http.CanonicalHeaderKey(name)
	}
	return all
}

// list is a header's value, of which there may be several.
func list(h http.Header, name string) string {
	values := h[canonical[name]]
	if len(values) == 0 {
		return ""
	}
	return strings.Trim(strings.Join(values, ","), ", \t")
}

func unknownTool(name string, known []mcptool.Tool) error {
	names := make([]string, len(known))
	for i, t := range known {
		names[i] = t.Name
	}
	return fmt.Errorf("%s: there is no tool %.60q: there are %s", headerTools, name, strings.Join(names, ", "))
}
