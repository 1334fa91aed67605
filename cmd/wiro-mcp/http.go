package main

import (
	"crypto/rand"

	"github.com/spf13/cobra"

	"github.com/wiroai/wiro-mcp-go/internal/config"
	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

func (a *app) httpCommand() *cobra.Command {
	var (
		settings config.HTTP
		public   bool // the sandbox is meant for others, too
	)
	cmd := &cobra.Command{
		Use:     "http",
		Aliases: []string{"serve"},
		Short:   "Serve many users over Streamable HTTP, each with their own key",
		Long: "Serve MCP over Streamable HTTP at /v1 and /mcp. Every request brings its own credentials:\n" +
			"Authorization: Bearer KEY or Bearer KEY:SECRET. A key in the environment is not used.\n" +
			"/healthz, /readyz and /metrics (or WIRO_ADMIN_LISTEN) are for operators, / shows people how to connect.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sources := config.Sources{Environ: a.environ, Flags: cmd.Flags()}
			if err := sources.Load(&settings); err != nil {
				return settingsError(err)
			}
			if a.useSandbox && !public && !settings.OnLoopback() {
				return &exit{exitUsage, "the sandbox's key is public, so anyone who reaches " + settings.Listen + " can use this server:\n" +
					"listen on 127.0.0.1, or add --sandbox-public"}
			}
			options := settings.Options()
			if a.useSandbox {
				options.DemoKey = emulator.DemoKey
				a.log.Info().Str("key", options.DemoKey).Msg("the emulator's key, to connect with")
			}
			if a.useSandbox && len(options.OAuthSecrets) == 0 {
				options.OAuthSecrets = []string{rand.Text() + rand.Text()}
			}
			a.credentials = wiro.Credentials{} // every request brings its own
			a.hosted = true
			paceGC(cmd.Context())
			a.holdLog()
			telemetry := a.telemetry(cmd.Context(), true)
			err := a.server(a.client(telemetry), telemetry).ListenAndServe(cmd.Context(), options)
			return sources.Explain(&settings, err)
		},
	}
	config.Flags(cmd.Flags(), &settings)
	cmd.Flags().BoolVar(&public, "sandbox-public", false, "let --sandbox listen beyond this machine, although its key is public")
	return cmd
}
