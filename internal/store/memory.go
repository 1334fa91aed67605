package store

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
)

// What memory keeps at most, for each kind of entry. The oldest go first.
const (
	mostEntries = 10_000
	mostBytes   = 8 << 20
)

// memoryBackend is the backend of one process. It allocates on first use.
type memoryBackend struct {
	now func() time.Time

	mu    sync.Mutex
	kinds map[string]*shelf

	limiters localLimiters
}

// shelf holds the entries of one kind, so that one kind never displaces another.
type shelf struct {
	entries *lru.LRU[string, item]
	bytes   int
}

type item struct {
	value   []byte
	expires time.Time
}

func newMemory(now func() time.Time) *memoryBackend {
	return &memoryBackend{now: now, limiters: localLimiters{now: now}}
}

func (m *memoryBackend) get(ctx context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.current(key), ctx.Err()
}

// none reports whether nothing of a kind is kept.
func (m *memoryBackend) none(kind string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.kinds[kind]
	return s == nil || s.entries.Len() == 0
}

func (m *memoryBackend) current(key string) []byte {
	s := m.kinds[kindOf(key)]
	if s == nil {
		return nil
	}
	found, ok := s.entries.Get(key)
	if ok && !m.now().Before(found.expires) {
		s.entries.Remove(key)
		return nil
	}
	return found.value
}

func (m *memoryBackend) swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !bytes.Equal(m.current(key), old) {
		return false, nil
	}
	s := m.shelf(kindOf(key))
	s.entries.Remove(key)
	if value != nil {
		s.entries.Add(key, item{value, m.now().Add(ttl)})
		s.bytes += len(value)
	}
	for s.bytes > mostBytes {
		s.entries.RemoveOldest()
	}
	m.removeExpired(s)
	return true, nil
}

// removeExpired looks at the oldest entries only: most of one kind live equally long.
func (m *memoryBackend) removeExpired(s *shelf) {
	for range 4 {
		_, oldest, ok := s.entries.GetOldest()
		if !ok || m.now().Before(oldest.expires) {
			return
		}
		s.entries.RemoveOldest()
	}
}

func (m *memoryBackend) shelf(kind string) *shelf {
	s := m.kinds[kind]
	if s == nil {
		s = &shelf{}
		// It fails for a size below one alone.
		s.entries, _ = lru.NewLRU(mostEntries, func(_ string, gone item) { s.bytes -= len(gone.value) })
		if m.kinds == nil {
			m.kinds = map[string]*shelf{}
		}
		m.kinds[kind] = s
	}
	return s
}

func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, "/")
	return kind
}

func (m *memoryBackend) hold(context.Context, string) error { return nil }

// alive is true: there is no process but this one.
func (m *memoryBackend) alive(context.Context, string) (bool, error) { return true, nil }

func (m *memoryBackend) limiter(name string, perSecond float64, burst int) Limiter {
	return m.limiters.limiter(name, perSecond, burst)
}

func (m *memoryBackend) close() error { return nil }
