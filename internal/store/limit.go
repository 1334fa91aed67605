package store

import (
	"context"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// Limiter counts calls per key. Allow counts n calls and returns 0, or counts none and
// returns how long to wait. Over Redis all replicas count together, and an error that is
// ErrUnavailable means that nothing was counted.
type Limiter interface {
	Allow(ctx context.Context, key string, n int) (retry time.Duration, err error)
}

// Limiter returns the limiter of a name: so many calls per second and key, and a burst. The
// same name counts together on all replicas.
func (s *Store) Limiter(name string, perSecond float64, burst int) Limiter {
	return s.backend.limiter(name, perSecond, burst)
}

// never is the wait where more is asked for at once than the burst can ever be.
const never = time.Minute

// localLimiters are limiters of this process alone.
type localLimiters struct{ now func() time.Time }

func (l localLimiters) limiter(_ string, perSecond float64, burst int) Limiter {
	return &localLimiter{now: l.now, perSecond: rate.Limit(perSecond), burst: burst}
}

type localLimiter struct {
	now       func() time.Time
	perSecond rate.Limit
	burst     int

	mu   sync.Mutex
	keys *lru.LRU[string, *rate.Limiter] // a key that drops out starts afresh
}

func (l *localLimiter) Allow(_ context.Context, key string, n int) (time.Duration, error) {
	now := l.now()
	r := l.of(key).ReserveN(now, n)
	if !r.OK() {
		return never, nil
	}
	delay := r.DelayFrom(now)
	if delay > 0 {
		r.CancelAt(now)
	}
	return delay, nil
}

func (l *localLimiter) of(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys == nil {
		l.keys, _ = lru.NewLRU[string, *rate.Limiter](mostEntries, nil)
	}
	own, ok := l.keys.Get(key)
	if !ok {
		own = rate.NewLimiter(l.perSecond, l.burst)
		l.keys.Add(key, own)
	}
	return own
}
