package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/closest"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

func (a *app) toolsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "tools [TOOL]",
		Short: "List the tools that are on, or show one with its arguments",
		Long: "List the tools that the settings leave on; --toolsets all shows every one. Tools marked $ spend\n" +
			"money. With the name of a tool, show its arguments and a command that calls it.",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeTools,
		RunE: func(_ *cobra.Command, args []string) error {
			tools := a.server(a.client(nil), nil).Tools()
			if len(args) == 1 {
				tool, err := a.findTool(args[0])
				if err != nil {
					return err
				}
				tools = []wiromcp.Tool{tool}
			}
			switch {
			case asJSON:
				list := make([]any, len(tools))
				for i, t := range tools {
					list[i] = t.Tool()
				}
				encoder := json.NewEncoder(a.out)
				encoder.SetIndent("", "  ")
				return encoder.Encode(list)
			case len(args) == 1:
				return a.showTool(tools[0])
			}
			return a.listTools(tools)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as MCP lists them, with their schemas")
	return cmd
}

// listTools prints the tools by toolset, in columns that run through all of them. What only the
// views of results call is left out.
func (a *app) listTools(tools []wiromcp.Tool) error {
	var sets []wiromcp.Toolset
	of := map[wiromcp.Toolset][]wiromcp.Tool{}
	for _, t := range tools {
		if t.ForViews() {
			continue
		}
		if of[t.Toolset] == nil {
			sets = append(sets, t.Toolset)
		}
		of[t.Toolset] = append(of[t.Toolset], t)
	}
	var lines strings.Builder
	table := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	for _, set := range sets {
		fmt.Fprintf(table, "%s\t\t\n", strings.ToUpper(string(set))) //nolint:errcheck // Flush reports it
		for _, t := range of[set] {
			about, _, _ := strings.Cut(t.Description, ". ")
			fmt.Fprintf(table, "  %s\t%s\t%s\n", t.Name, spends(t), strings.TrimSuffix(about, ".")) //nolint:errcheck // Flush reports it
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(lines.String()) {
		a.say("%s\n", strings.TrimRight(line, " \n"))
	}
	return nil
}

// spends is the mark of tools that cost money.
func spends(t wiromcp.Tool) string {
	if t.RequiresConfirmation || t.Name == "run_model" {
		return "$"
	}
	return ""
}

// property is an argument of a tool as its schema has it.
type property struct {
	Type        string              `json:"type"`
	Description string              `json:"description"`
	Default     any                 `json:"default"`
	Enum        []any               `json:"enum"`
	Items       *property           `json:"items"`
	Minimum     *float64            `json:"minimum"`
	Maximum     *float64            `json:"maximum"`
	Properties  map[string]property `json:"properties"`
	Required    []string            `json:"required"`
}

func schemaOf(t wiromcp.Tool) property {
	var schema property
	_ = json.Unmarshal(t.Tool().RawInputSchema, &schema) // it was made from a struct
	return schema
}

// showTool prints a tool with its arguments and a command to copy.
func (a *app) showTool(t wiromcp.Tool) error {
	schema := schemaOf(t)
	a.say("%s (%s)\n\n%s\n\n", t.Name, t.Toolset, t.Description)
	names := slices.SortedFunc(maps.Keys(schema.Properties), func(x, y string) int {
		if slices.Contains(schema.Required, x) != slices.Contains(schema.Required, y) {
			return map[bool]int{true: -1, false: 1}[slices.Contains(schema.Required, x)]
		}
		return strings.Compare(x, y)
	})
	table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, name := range names {
		p := schema.Properties[name]
		if p.Default == nil {
			p.Default = a.defaultOf(name)
		}
		mark := ""
		if slices.Contains(schema.Required, name) {
			mark = "required"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s%s\n", name, p.kind(), mark, p.Description, p.bounds()) //nolint:errcheck // Flush reports it
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(t.Examples) > 0 {
		a.say("\n  %s\n", commandLine(t.Name, t.Examples[0]))
	}
	return nil
}

func (p property) kind() string {
	if p.Items != nil {
		return "list of " + p.Items.kind()
	}
	return p.Type
}

// defaultOf is the default of arguments that many tools share, which their schemas leave out.
func (a *app) defaultOf(argument string) any {
	switch argument {
	case "wait":
		return true
	case "timeout_seconds":
		if set := a.config.RunTimeout.Duration(); set > 0 {
			return set.Seconds()
		}
		return mcptool.DefaultWait.Seconds()
	}
	return nil
}

// bounds are the values that an argument takes, and what it is if left out.
func (p property) bounds() string {
	var parts []string
	if len(p.Enum) > 0 {
		values := make([]string, len(p.Enum))
		for i, value := range p.Enum {
			values[i] = fmt.Sprint(value)
		}
		parts = append(parts, strings.Join(values, ", "))
	}
	if p.Minimum != nil && p.Maximum != nil {
		parts = append(parts, fmt.Sprintf("%v to %v", *p.Minimum, *p.Maximum))
	}
	if p.Default != nil {
		parts = append(parts, fmt.Sprintf("default %v", p.Default))
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

// commandLine writes a call as a command that a shell takes.
func commandLine(tool, arguments string) string {
	if arguments == "" || arguments == "{}" {
		return "wiro-mcp call " + tool
	}
	return "wiro-mcp call " + tool + " '" + strings.ReplaceAll(arguments, "'", `'\''`) + "'"
}

// findTool returns a tool that is on. The error says what is wrong with the name.
func (a *app) findTool(name string) (wiromcp.Tool, error) {
	tools := a.server(a.client(nil), nil).Tools()
	names := make([]string, len(tools))
	for i, t := range tools {
		if names[i] = t.Name; t.Name == name {
			return t, nil
		}
	}
	return wiromcp.Tool{}, fmt.Errorf("no tool %q is on.%s wiro-mcp tools lists them, with --toolsets all every one", name, closest.DidYouMean(name, names))
}
