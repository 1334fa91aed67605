package main

import (
	"context"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const serveVariable = "WIRO_ATTACK_SERVE"

// TestMain is also the server under attack, and its attackers.
func TestMain(m *testing.M) {
	switch {
	case act():
	case os.Getenv(serveVariable) != "":
		if err := serve(); err != nil {
			log.Fatal(err)
		}
	default:
		os.Exit(m.Run())
	}
}

func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c := wiro.NewClient(wiro.Options{
		BaseURL: os.Getenv("WIRO_API_BASE_URL"), SocketURL: os.Getenv("WIRO_SOCKET_URL"),
		Credentials: wiro.Credentials{Key: hostileKey},
	})
	defer c.Close()
	s := wiromcp.NewServer(wiromcp.ServerOptions{
		Client: c, AllowPrivateURLs: true,
		Logger: slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.MessageKey {
				a.Key = "message"
			}
			return a
		}})),
	})
	if len(os.Args) > 1 && os.Args[1] == "http" {
		return s.ListenAndServe(ctx, wiromcp.HTTPOptions{Listen: os.Getenv("WIRO_LISTEN")})
	}
	return s.ServeStdio(ctx, os.Stdin, os.Stdout)
}

// The quick half: each attack for a moment. Only what does not depend on the machine is
// required: that the server lives, within its memory, and answers the honest user.
func TestAServerSurvivesEveryAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("memory is read from /proc")
	}
	u, err := startUpstream()
	require.NoError(t, err)
	t.Cleanup(func() { _ = u.server.Close() })
	own, err := os.Executable()
	require.NoError(t, err)
	v := victim{binary: own, environ: []string{serveVariable + "=1"}, limit: memoryLimit * raceFactor}
	for _, r := range (plan{each: 300 * time.Millisecond, all: 2 * time.Second}).rounds() {
		t.Run(r.name, func(t *testing.T) {
			o, err := r.run(u, v)
			require.NoError(t, err)
			require.False(t, o.fell, o.note)
			require.Zero(t, o.failed, o.last)
			t.Log(o)
		})
	}
}
