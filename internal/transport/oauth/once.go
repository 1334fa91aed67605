package oauth

import (
	"context"
	"sync"
	"time"
)

// Once remembers what has been used. Replicas that serve the same users share one.
type Once interface {
	// UseOnce marks id as used for the given time, and reports whether it was not marked
	// before. Of concurrent calls with the same id exactly one gets true. The error says that
	// the store cannot be reached; nothing is issued then.
	UseOnce(ctx context.Context, id string, ttl time.Duration) (fresh bool, err error)
}

// sweepAt is the number of marks from which on expired ones are looked for.
const sweepAt = 1024

// Memory is a Once for a single process. The zero value is ready to use.
type Memory struct {
	mu    sync.Mutex
	used  map[string]time.Time // until when
	sweep int                  // the number of marks at which the next sweep is due
}

// UseOnce implements Once. It never returns an error.
func (m *Memory) UseOnce(_ context.Context, id string, ttl time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if until, ok := m.used[id]; ok && now.Before(until) {
		return false, nil
	}
	if m.used == nil {
		m.used, m.sweep = map[string]time.Time{}, sweepAt
	}
	if len(m.used) >= m.sweep {
		for other, until := range m.used {
			if !now.Before(until) {
				delete(m.used, other)
			}
		}
		m.sweep = max(sweepAt, 2*len(m.used))
	}
	m.used[id] = now.Add(ttl)
	return true, nil
}
