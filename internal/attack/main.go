// Command attack runs wiro-mcp and attacks it on loopback as a hostile user, model, upstream
// and network would, each attack alone and then all of them at once, while an honest user calls
// a tool. It prints how much memory and time each attack cost, and how the honest user fared, also
// at a calm server beside it, which nobody attacks: what that takes is the machine's doing.
// With -beside it does the same to another binary. It ends with 1 if the server fell, took more
// than its memory, or kept the honest user waiting.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	memoryLimit   = 512 << 20
	honestLatency = 100 * time.Millisecond // of 99 in 100 calls
)

func main() {
	if act() {
		return
	}
	binary := flag.String("binary", "bin/wiro-mcp", "the binary to attack")
	beside := flag.String("beside", "", "another binary to attack and print beside it; it may take 3 GB")
	only := flag.String("only", "", "only the attacks in which this text occurs")
	each := flag.Duration("each", 5*time.Second, "how long each attack lasts")
	all := flag.Duration("all", time.Minute, "how long all of them at once last; 0 leaves that out")
	flag.Parse()
	if err := run(*binary, *beside, plan{only: *only, each: *each, all: *all}); err != nil {
		log.Fatal(err)
	}
}

// plan says what to run.
type plan struct {
	only      string
	each, all time.Duration
}

// outcome is what an attack did.
type outcome struct {
	peak   int64
	cpu    time.Duration
	fell   bool
	calls  []time.Duration // of the honest user
	calm   []time.Duration // the same to a server that nobody attacks
	failed int             // calls of the honest user
	last   string          // what the last of these said
	note   string
}

func run(binary, beside string, p plan) error {
	u, err := startUpstream()
	if err != nil {
		return err
	}
	defer u.server.Close() //nolint:errcheck // the end of it
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	head := "ATTACK\tMEMORY\tCPU\tHONEST CALLS\tp50\tp99\tCALM p99\t"
	victims := []victim{{binary: binary, limit: memoryLimit}}
	if beside != "" {
		victims = []victim{{binary: beside, limit: 3 << 30}, victims[0]}
		head = strings.Replace(head, "ATTACK", "ATTACK\tBINARY", 1)
	}
	fmt.Fprintln(table, head) //nolint:errcheck // Flush reports it
	held, count := 0, 0
	for _, r := range p.rounds() {
		for i, v := range victims {
			o, err := r.run(u, v)
			if err != nil {
				return err
			}
			name := r.name + "\t"
			if beside != "" {
				name += filepath.Base(v.binary) + "\t"
			}
			fmt.Fprintln(table, name+o.String()) //nolint:errcheck // Flush reports it
			_ = table.Flush()
			if i == len(victims)-1 {
				count++
				if o.fault() == "" {
					held++
				}
			}
		}
	}
	fmt.Printf("%d attacks, %d held, %d did not\n", count, held, count-held)
	if held < count {
		return errors.New("the server did not hold")
	}
	return nil
}

// round is an attack, alone or together with others, over HTTP or stdio.
type round struct {
	name string
	run  func(*upstream, victim) (outcome, error)
}

func (p plan) rounds() (rounds []round) {
	add := func(name string, run func(*upstream, victim) (outcome, error)) {
		if strings.Contains(name, p.only) {
			rounds = append(rounds, round{name, run})
		}
	}
	for _, a := range attacks {
		add(a.name, func(u *upstream, v victim) (outcome, error) { return overHTTP(u, v, p.each, a) })
	}
	for _, a := range stdioAttacks {
		add("stdio: "+a.name, func(u *upstream, v victim) (outcome, error) { return overStdio(u, v, p.each, a) })
	}
	if p.all > 0 {
		add("everything at once over HTTP", func(u *upstream, v victim) (outcome, error) { return overHTTP(u, v, p.all, attacks...) })
	}
	return rounds
}

// overHTTP attacks a fresh server while an honest user calls it.
func overHTTP(u *upstream, v victim, duration time.Duration, attacks ...attack) (o outcome, err error) {
	s, err := v.start(context.Background(), u, "http")
	if err != nil {
		return o, err
	}
	defer s.stop()
	calm, err := v.start(context.Background(), u, "http")
	if err != nil {
		return o, err
	}
	defer calm.stop()
	honest, beside := newTarget(s.url, u.address), newTarget(calm.url, u.address)
	defer honest.client.CloseIdleConnections()
	defer beside.client.CloseIdleConnections()
	if !honest.call(context.Background(), &o) || !beside.call(context.Background(), &o) { // Wiro has accepted the key
		return o, fmt.Errorf("the server does not answer: %s", o.last)
	}
	o = outcome{}
	u.looks.Store(0)
	u.most.Store(0)

	ctx, cancel := context.WithTimeout(context.Background(), duration)
	defer cancel()
	before := s.cpu()
	stop, err := startAttackers(s, u, duration, attacks)
	if err != nil {
		return o, err
	}
	defer stop()
	var atRest outcome
	for ctx.Err() == nil && s.alive() {
		honest.call(ctx, &o)
		beside.call(ctx, &atRest)
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	o.calm = atRest.calls
	o.fell = !s.alive()
	if !o.fell {
		o.cpu = s.cpu() - before
	}
	o.peak = s.peak.Load()
	switch {
	case s.killed.Load():
		o.note = "killed for its memory"
	case len(attacks) == 1 && strings.Contains(attacks[0].name, "events"):
		o.note = fmt.Sprintf("%d looks in %s", u.looks.Load(), duration)
	case len(attacks) == 1 && strings.Contains(attacks[0].name, "upload"):
		o.note = fmt.Sprintf("%d transfers at once", u.most.Load())
	}
	return o, nil
}

// call makes a call of the honest user. It reports whether it succeeded.
func (t *target) call(ctx context.Context, o *outcome) bool {
	start := time.Now()
	status, answer, err := t.post(context.WithoutCancel(ctx), honestKey, callOf("search_models", map[string]any{"search": "lighthouse"}))
	took := time.Since(start)
	if err != nil || status != 200 || !strings.Contains(string(answer), "Lighthouse") {
		o.failed++
		o.last = fmt.Sprintf("%d %.200s %v", status, answer, err)
		return false
	}
	o.calls = append(o.calls, took)
	return true
}

func quantile(calls []time.Duration, q float64) time.Duration {
	if len(calls) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(calls))
	return sorted[min(len(sorted)-1, int(float64(len(sorted))*q))]
}

// fault says what the server did wrong; "" for nothing.
func (o outcome) fault() string {
	switch {
	case o.fell:
		return "it fell"
	case o.peak > memoryLimit:
		return "it took too much memory"
	case o.failed > 0:
		return "honest calls failed"
	case quantile(o.calls, 0.99) > honestLatency:
		return "honest calls waited"
	}
	return ""
}

func (o outcome) String() string {
	note := o.note
	for _, more := range []string{o.fault(), o.last} {
		if more != "" {
			note = strings.TrimPrefix(note+"; "+more, "; ")
		}
	}
	return fmt.Sprintf("%d MB\t%.1f s\t%d, %d failed\t%s\t%s\t%s\t%.160s", o.peak>>20, o.cpu.Seconds(), len(o.calls)+o.failed, o.failed,
		quantile(o.calls, 0.5).Round(100*time.Microsecond), quantile(o.calls, 0.99).Round(100*time.Microsecond),
		quantile(o.calm, 0.99).Round(100*time.Microsecond), note)
}
