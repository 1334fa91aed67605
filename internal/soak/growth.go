package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
)

// What a process may use more after the load than before. Caches fill, a pool of connections
// stays open, and the runtime keeps what it freed.
const (
	moreGoroutines  = 30
	moreConnections = 120
	moreLive        = 8 << 20  // bytes that survive a collection, from one end of the second half to the other
	moreMemory      = 24 << 20 // resident bytes, likewise
	mostMemory      = 160 << 20
	windows         = 6 // samples are compared by the lowest of the first and the last two windows
	warmUp          = 5 * time.Second
)

// growth follows what the processes use in the second half of the load, when none of them is
// stopped, and the last that was started is warm.
type growth struct {
	base    map[string]figures
	samples map[string][][]figures // by window
	lines   [][2]string            // of the report
}

// baseline is what each process uses before the load, after it has been used a little.
func (all *services) baseline(ctx context.Context) (map[string]figures, error) {
	base := map[string]figures{}
	for _, one := range all.each() {
		f, err := one.now().figures(ctx)
		if err != nil {
			return nil, err
		}
		base[one.name] = f
	}
	return base, nil
}

func (g *growth) watch(ctx context.Context, all *services, restarted <-chan struct{}) {
	g.samples = map[string][][]figures{}
	select {
	case <-restarted:
	case <-ctx.Done():
	}
	if !pause(ctx, warmUp) {
		return
	}
	began := time.Now()
	ends, _ := ctx.Deadline()
	left := ends.Sub(began)
	for {
		window := min(windows-1, int(float64(windows)*float64(time.Since(began))/float64(left)))
		for _, one := range all.each() {
			f, err := one.now().figures(ctx)
			if err != nil {
				continue
			}
			if g.samples[one.name] == nil {
				g.samples[one.name] = make([][]figures, windows)
			}
			g.samples[one.name][window] = append(g.samples[one.name][window], f)
		}
		if !pause(ctx, max(time.Second, left/60)) {
			return
		}
	}
}

// judge waits until the processes are at rest, and compares.
func (g *growth) judge(ctx context.Context, all *services, r *report) {
	for _, one := range all.each() {
		base := g.base[one.name]
		var last figures
		for end := time.Now().Add(settleLimit); ; {
			f, err := one.now().figures(ctx)
			if err != nil {
				r.fault("died", "%s tells nothing at the end: %v", one.name, err)
				break
			}
			last = f
			if g.rests(base, last) || time.Now().After(end) || !pause(ctx, 250*time.Millisecond) {
				break
			}
		}
		if !g.rests(base, last) {
			r.fault("grown", "%s: %d goroutines and %d connections at rest, %d and %d before the load",
				one.name, last.goroutines, last.connections, base.goroutines, base.connections)
		}
		from, to := g.lowest(one.name, 0, 1), g.lowest(one.name, windows-2, windows-1)
		if from.live > 0 && to.live > from.live+moreLive {
			r.fault("grown", "%s: the heap in use grew from %s to %s", one.name, size(from.live), size(to.live))
		}
		if from.memory > 0 && to.memory > from.memory+max(moreMemory, from.memory/3) || last.memory > mostMemory {
			r.fault("grown", "%s: memory grew from %s to %s, and is %s at rest", one.name, size(from.memory), size(to.memory), size(last.memory))
		}
		text := fmt.Sprintf("memory %s, later %s", size(from.memory), size(to.memory))
		if last.goroutines > 0 {
			text += fmt.Sprintf(", heap %s, later %s; at rest %d goroutines and %d open files, later %d and %d",
				size(from.live), size(to.live), base.goroutines, base.connections, last.goroutines, last.connections)
		}
		g.lines = append(g.lines, [2]string{one.name, text})
	}
}

// rests reports whether a process has no more goroutines than before. Those of idle connections
// to Wiro, two each, are left out.
func (g *growth) rests(base, now figures) bool {
	own := func(f figures) int64 { return f.goroutines - 2*f.connections }
	return own(now) <= own(base)+moreGoroutines && now.connections <= base.connections+moreConnections
}

// lowest are the least figures of two windows.
func (g *growth) lowest(name string, a, b int) (low figures) {
	if g.samples[name] == nil {
		return low
	}
	for _, f := range append(append([]figures(nil), g.samples[name][a]...), g.samples[name][b]...) {
		if low.memory == 0 || f.memory < low.memory {
			low.memory = f.memory
		}
		if low.live == 0 || f.live < low.live {
			low.live = f.live
		}
	}
	return low
}

func size(bytes int64) string { return humanize.IBytes(uint64(max(0, bytes))) } //nolint:gosec // not below 0
