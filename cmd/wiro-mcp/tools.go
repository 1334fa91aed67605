package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (a *app) toolsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "tools",
		Short: "List the tools that are on",
		Long:  "List the tools that the settings leave on; --toolsets all shows every one.",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			tools := a.server(a.client(nil), nil).Tools()
			if asJSON {
				list := make([]any, len(tools))
				for i, t := range tools {
					list[i] = t.Tool()
				}
				encoder := json.NewEncoder(a.out)
				encoder.SetIndent("", "  ")
				return encoder.Encode(list)
			}
			table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			toolset := ""
			for _, t := range tools {
				if set := string(t.Toolset); set != toolset {
					toolset = set
					fmt.Fprintf(table, "%s\n", strings.ToUpper(set)) //nolint:errcheck // Flush reports it
				}
				about, _, _ := strings.Cut(t.Description, ". ")
				fmt.Fprintf(table, "  %s\t%s\n", t.Name, strings.TrimSuffix(about, ".")) //nolint:errcheck // Flush reports it
			}
			return table.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as MCP lists them, with their schemas")
	return cmd
}
