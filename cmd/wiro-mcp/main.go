// Command wiro-mcp gives AI assistants the Wiro platform over MCP. Without arguments it
// serves stdio.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/wiroai/wiro-mcp-go/internal/apikey"
	_ "github.com/wiroai/wiro-mcp-go/internal/faststart" // before the packages that allocate much
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

func main() {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	again := make(chan os.Signal, 1)
	handled, takeSignals := context.WithCancel(context.Background())
	go func() {
		<-ctx.Done()
		stop()
		if handled.Err() != nil {
			return
		}
		signal.Notify(again, signals...)
		<-again // a second signal ends the process at once
		if tools := mcptool.Unanswered(); len(tools) > 0 {
			fmt.Fprintln(os.Stderr, unanswered(tools)) //nolint:errcheck // nothing helps then
		}
		os.Exit(exitInterrupted)
	}()
	cleanEnvironment()
	os.Exit(run(ctx, os.Args[1:], streams{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ(), takeSignals: takeSignals,
	}))
}

// cleanEnvironment takes white space and quotes off the variables that libraries read, as off every
// other setting. They name proxies, which net/http would ignore or look for under a name with a
// quote, and a collector.
func cleanEnvironment() {
	proxies := []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}
	for _, pair := range os.Environ() {
		name, text, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "OTEL_") || slices.Contains(proxies, strings.ToUpper(name)) {
			_ = os.Setenv(name, apikey.Unquote(text)) // it stays as it was then
		}
	}
}

// unanswered says of calls that are cut off what they may have done.
func unanswered(tools []string) string {
	return fmt.Sprintf("wiro-mcp: ended before Wiro answered %s. What was sent may have been started or charged: look with list_tasks, list_my_agents or at https://wiro.ai/panel/billing before you repeat it.",
		strings.Join(tools, ", "))
}
