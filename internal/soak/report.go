package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// report counts what happened and what must not.
type report struct {
	verbose bool

	mu     sync.Mutex
	counts map[string]int
	faults map[string][]string // by kind
	began  time.Time

	longest time.Duration // of the calls of jobs
	which   string
}

// kinds are the promises, in the order of the report.
var kinds = []string{"doubled", "lost", "crossed", "misreported", "unanswered", "leaked", "grown", "died"}

var promises = map[string]string{
	"doubled":     "submits doubled",
	"lost":        "results lost",
	"crossed":     "results crossed between callers",
	"misreported": "outcomes or costs misreported",
	"unanswered":  "calls without an answer, or with a broken one",
	"leaked":      "keys shown",
	"grown":       "growth of goroutines, connections or memory",
	"died":        "processes that ended by themselves",
}

func newReport(verbose bool) *report {
	return &report{verbose: verbose, counts: map[string]int{}, faults: map[string][]string{}, began: time.Now()}
}

func (r *report) count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what]++
}

// took notes how long a call took.
func (r *report) took(d time.Duration, which string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d > r.longest {
		r.longest, r.which = d, fmt.Sprintf("%s, at %.0fs", which, time.Since(r.began).Seconds())
	}
}

// fault notes a broken promise.
func (r *report) fault(kind, format string, args ...any) {
	text := fmt.Sprintf("%5.1fs %s", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[kind] = append(r.faults[kind], text)
	if r.verbose {
		fmt.Fprintf(os.Stderr, "%s: %s\n", kind, text) //nolint:errcheck // a copy of the report
	}
}

func (r *report) line(w *world) string {
	tasks := w.taskCount()
	r.mu.Lock()
	defer r.mu.Unlock()
	faults := 0
	for _, list := range r.faults {
		faults += len(list)
	}
	return fmt.Sprintf("%d calls, %d tasks, %d results, %d given up, %d restarts, %d faults",
		r.counts["calls"], tasks, r.counts["results"], r.counts["given up"], r.counts["restarts"], faults)
}

// print writes the counts, and the first faults of each kind.
func (r *report) print(w *world, g *growth, took time.Duration) error {
	tasks := w.taskCount()
	r.mu.Lock()
	defer r.mu.Unlock()
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	row := func(what string, figure any) { fmt.Fprintf(table, "%s\t%v\n", what, figure) } //nolint:errcheck // Flush reports it
	fmt.Println()
	row("took", took.Round(time.Second))
	row("tasks of the emulator", tasks)
	for _, what := range slices.Sorted(maps.Keys(r.counts)) {
		row(what, r.counts[what])
	}
	row("longest call", fmt.Sprintf("%s: %s", r.longest.Round(100*time.Millisecond), r.which))
	for _, line := range g.lines {
		row(line[0], line[1])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Println()
	failed := 0
	for _, kind := range kinds {
		fmt.Fprintf(table, "%s\t%d\n", promises[kind], len(r.faults[kind])) //nolint:errcheck // Flush reports it
		failed += len(r.faults[kind])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, kind := range kinds {
		for i, text := range r.faults[kind] {
			if i == 8 {
				fmt.Printf("%s: and %d more\n", kind, len(r.faults[kind])-i)
				break
			}
			fmt.Printf("%s: %s\n", kind, text)
		}
	}
	if failed > 0 {
		return errors.New("promises were broken")
	}
	return nil
}
