package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Bounds of what the heap of a hosted server may grow by between two garbage collections, in bytes.
const (
	minGrowth = 12 << 20
	maxGrowth = 48 << 20 // or what is in use, if that is more
)

const (
	busyRate = minGrowth // bytes allocated in a second
	lull     = 10        // seconds with less than the most, after which the burst that it came from is over
)

const minHeap = 4 << 20 // Go's own heap before the first collection, at a GOGC of 100

// paceGC sets GOGC to what a hosted server needs, unless the operator has set it. Go lets a heap
// double: one that holds little would be collected all the time, and one that holds thousands of
// waits would take twice the memory, although hardly anything is allocated. Load comes in bursts: the
// pace is that of the last one.
func paceGC(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		set, before, most, since := 100, uint64(0), uint64(0), 0
		for {
			size, allocated := heapSize()
			rate := allocated - before
			before = allocated
			switch since++; {
			case rate >= most:
				most, since = rate, 0
			case since > lull:
				if most > busyRate && rate <= busyRate { // what the burst took is of no use to the calls that wait
					debug.FreeOSMemory()
				}
				most, since = rate, 0
			}
			if percent := gogc(size, most); percent > set+set/8 || percent < set-set/8 { // it stops the world
				debug.SetGCPercent(percent)
				set = percent
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
}

// heapSize returns what a collection has to look at, and all that was ever allocated.
func heapSize() (size, allocated uint64) {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() + s[1].Value.Uint64() + s[2].Value.Uint64(), s[3].Value.Uint64()
}

// gogc is the percentage by which the heap may grow, so that a collection comes after what two
// such seconds allocate, within the bounds.
func gogc(size, perSecond uint64) int {
	growth := min(max(2*perSecond, minGrowth), max(maxGrowth, size))
	return int(100 * growth / max(size, minHeap)) //nolint:gosec // 1200 at most
}
