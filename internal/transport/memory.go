package transport

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	memoryEvery = 10 * time.Second // looks at the process's memory
	calm        = 16 << 20         // bytes that are allocated between two looks when little happens
	smallMemory = 64 << 20         // bytes that are not worth the trouble
)

// memory gives back what a burst of connections or waits left behind. Go by itself collects
// an idle process every two minutes, and returns what it finds slowly.
type memory struct {
	samples   []metrics.Sample
	allocated uint64 // in all, at the last look
	floor     uint64 // held after the last return
	busy      int    // goroutines then
}

func newMemory() *memory {
	return &memory{samples: []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/gc/heap/allocs:bytes"},
	}}
}

// keep looks from time to time, until ctx ends.
func (m *memory) keep(ctx context.Context) {
	ticker := time.NewTicker(memoryEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			m.look()
		}
	}
}

// look returns memory to the system in a calm moment, where there is much more of it than
// after the last time, or where much that needed it has ended since.
func (m *memory) look() {
	held, allocated := m.read()
	quiet := allocated-m.allocated < calm
	m.allocated = allocated
	grown, ended := held > m.floor+m.floor/2, runtime.NumGoroutine() < m.busy/2
	if !quiet || held < smallMemory || !grown && !ended {
		return
	}
	runtime.GC() // what lies in pools, such as net/http's buffers, outlives one collection
	debug.FreeOSMemory()
	m.floor, m.allocated = m.read()
	m.busy = runtime.NumGoroutine()
}

// read returns what the process holds, and all that it has ever allocated.
func (m *memory) read() (held, allocated uint64) {
	metrics.Read(m.samples)
	return m.samples[0].Value.Uint64() - m.samples[1].Value.Uint64(), m.samples[2].Value.Uint64()
}
