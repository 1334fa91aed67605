package main

import (
	"github.com/spf13/cobra"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/config"
	sandbox "github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func (a *app) httpCommand() *cobra.Command {
	var settings config.HTTP
	cmd := &cobra.Command{
		Use:   "http",
		Short: "Serve many people over Streamable HTTP, each with their own key",
		Long: "Serve MCP over Streamable HTTP at /v1 and /mcp. Every request brings its own credentials:\n" +
			"Authorization: Bearer KEY or Bearer KEY:SECRET. A key in the environment is not used.\n" +
			"/healthz, /readyz and /metrics are for operators, / tells people how to connect.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := config.Load(a.environ, cmd.Flags(), &settings); err != nil {
				return settingsError(err)
			}
			if a.useSandbox {
				a.log.Info().Str("key", sandbox.DemoKey).Msg("the emulator's key, to connect with")
			}
			a.config.APIKey, a.config.APISecret = "", ""
			metrics := wiromcp.NewMetrics()
			return a.server(a.client(metrics), metrics).ListenAndServe(cmd.Context(), settings)
		},
	}
	config.Flags(cmd.Flags(), &settings)
	return cmd
}
