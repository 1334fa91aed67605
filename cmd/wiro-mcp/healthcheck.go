package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiroai/wiro-mcp-go/internal/config"
)

// healthcheckCommand asks the server of this machine whether it lives. It is the probe of the
// container image, which has no other program that could be one.
func (a *app) healthcheckCommand() *cobra.Command {
	var settings config.HTTP
	cmd := &cobra.Command{
		Use:    "healthcheck",
		Short:  "Exit with 0 if the HTTP server at WIRO_LISTEN answers",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := config.Load(a.environ, cmd.Flags(), &settings); err != nil {
				return settingsError(err)
			}
			if err := healthcheck(cmd.Context(), settings); err != nil {
				return &exit{exitRefused, err.Error()}
			}
			return nil
		},
	}
	config.Flags(cmd.Flags(), &settings)
	return cmd
}

func healthcheck(ctx context.Context, settings config.HTTP) error {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	host, port, err := net.SplitHostPort(settings.Listen)
	if err != nil {
		return err
	}
	switch host { // listening on every address includes the loopback one
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	scheme := "http"
	if settings.TLSCert != "" || len(settings.TLSDomains) > 0 {
		scheme = "https"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	domain := ""
	if len(settings.TLSDomains) > 0 {
		domain = settings.TLSDomains[0]
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		ServerName:         domain,
		InsecureSkipVerify: true, //nolint:gosec // the certificate is for the public name; nothing secret is sent
	}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()               //nolint:errcheck // it was read
	_, _ = io.Copy(io.Discard, response.Body) // a short answer
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answered %s", response.Status)
	}
	return nil
}
