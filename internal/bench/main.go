// Command bench measures this machine against the budgets of the design and prints both. The
// upstream is the emulator. With -strict it exits with 1 if a budget is missed; a machine that
// is busy otherwise misses them all.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// row is a budget with what was measured.
type row struct {
	what   string
	figure string
	budget string
	beside string // the floor, measured in the same run
	held   bool
}

// bench is what the measurements share.
type bench struct {
	ctx     context.Context
	binary  string
	floor   string
	state   string // folder for what the binary remembers
	sandbox *emulator.Server
	inside  upstream // the sandbox of this process, which tells when a task ended
	apart   upstream // one in a process of its own, as far from the client as from the server
}

func main() {
	binary := flag.String("binary", "bin/wiro-mcp", "the binary to measure")
	only := flag.String("only", "", "measure only what this word occurs in")
	strict := flag.Bool("strict", false, "fail where a budget is missed")
	flag.Parse()
	if err := run(*binary, *only, *strict); err != nil {
		log.Fatal(err)
	}
}

func run(binary, only string, strict bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	folder, err := os.MkdirTemp("", "wiro-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a leftover in the temporary folder
	floor := filepath.Join(folder, "floor")
	build := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", floor, "./internal/bench/floor") //nolint:gosec // a folder of its own
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the floor: %w: %s", err, out)
	}
	s := emulator.New(emulator.Options{MaxTasks: 200_000, Keys: []emulator.Key{{Key: apiKey, Balance: 1e9}}})
	if err := s.Start(""); err != nil {
		return err
	}
	defer s.Close()
	b := &bench{ctx: ctx, binary: binary, floor: floor, state: folder, sandbox: s, inside: upstream{s.APIURL(), s.SocketURL(), apiKey}}
	stop, err := b.startUpstream()
	if err != nil {
		return err
	}
	defer stop()

	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHAT\tFIGURE\tBUDGET\tBESIDE\t") //nolint:errcheck // Flush reports it
	missed := 0
	for _, measure := range []struct {
		name string
		do   func() ([]row, error)
	}{
		{"spawn to initialize", b.spawn},
		{"memory after tools/list and calls, latency", b.calls},
		{"upload memory", b.upload},
		{"completion noticed, requests per run", b.completion},
		{"check and quote", b.quotes},
		{"store", b.stores},
		{"http throughput", b.throughput},
		{"waits at once", b.manyWaits},
		{"replicas", b.replicas},
		{"search_docs", b.docs},
		{"tools/list size", b.listSize},
	} {
		if !strings.Contains(measure.name, only) {
			continue
		}
		rows, err := measure.do()
		if err != nil {
			return fmt.Errorf("%s: %w", measure.name, err)
		}
		for _, r := range rows {
			mark := "ok"
			if !r.held {
				mark = "MISSED"
				missed++
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.what, r.figure, r.budget, r.beside, mark) //nolint:errcheck // Flush reports it
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if strict && missed > 0 {
		return fmt.Errorf("%d budgets missed", missed)
	}
	return nil
}
