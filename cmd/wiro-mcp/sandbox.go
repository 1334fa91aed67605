package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func (a *app) sandboxCommand() *cobra.Command {
	var (
		listen string
		pace   float64
	)
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run an emulator of the Wiro API",
		Long: "Run an emulator of the Wiro API, HTTP and WebSocket, with models, tasks, files and agents.\n" +
			"It prints its address and the settings to use. Models of the owner \"sandbox\" misbehave in\n" +
			"their own ways: wiro-mcp call search_models slugowner=sandbox lists them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := emulator.New(emulator.Options{Pace: pace, Log: a.log})
			if err := s.Start(listen); err != nil {
				return err
			}
			defer s.Close()
			if _, err := fmt.Fprint(a.out, s.Banner()); err != nil {
				return err
			}
			<-cmd.Context().Done()
			return nil
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8787", "address to listen on")
	cmd.Flags().Float64Var(&pace, "pace", 1, "how long stages take: 1 is believable, 0 is at once")
	return cmd
}
