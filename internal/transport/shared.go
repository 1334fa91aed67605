package transport

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// storeOnce remembers used OAuth codes in the store.
type storeOnce struct{ store *store.Store }

// UseOnce implements oauth.Once.
func (o storeOnce) UseOnce(ctx context.Context, id string, ttl time.Duration) (bool, error) {
	return o.store.Use(ctx, "oauth", id, time.Now().Add(ttl))
}

// sharedRate counts the requests of each key over all replicas.
type sharedRate struct {
	limiter store.Limiter
	down    atomic.Int64 // Unix nanoseconds until which the store is not asked; 0 while it answers
}

// askAgain is how long a store that did not answer is left alone. Then one request asks it: the
// others do not wait for it.
const askAgain = 5 * time.Second

// sharedSalt makes equal hashes of a key on all replicas.
var sharedSalt = []byte("wiro-mcp rate")

func newSharedRate(s *store.Store, o HTTPOptions) *sharedRate {
	if s == nil || !s.Shared() {
		return nil
	}
	return &sharedRate{limiter: s.Limiter("http", o.RatePerKey, o.BurstPerKey)}
}

// take counts n requests, or returns when to come back. While the store is down each replica
// counts alone.
func (r *sharedRate) take(ctx context.Context, c wiro.Credentials, n int) (retry time.Duration) {
	if r == nil || n <= 0 {
		return 0
	}
	now := time.Now()
	again := now.Add(askAgain).UnixNano()
	until := r.down.Load()
	if until != 0 && (now.UnixNano() < until || !r.down.CompareAndSwap(until, again)) {
		return 0
	}
	retry, err := r.limiter.Allow(ctx, c.Fingerprint(sharedSalt), n)
	switch {
	case err == nil && until != 0:
		r.down.Store(0)
	case err != nil && ctx.Err() == nil:
		r.down.Store(again)
	case err != nil && until != 0: // the client left, and the next one asks
		r.down.Store(until)
	}
	return retry
}

// overRate counts n requests of the caller. If they are too many, it returns the name of the
// limit and when to try again.
func (q *request) overRate(ctx context.Context, n int) (limit string, retry time.Duration) {
	if limit, retry := q.http.limits.take(q.entry.caller, n); limit != "" {
		return limit, retry
	}
	credentials, _ := q.scope.Caller.(wiro.Credentials)
	if retry := q.http.shared.take(ctx, credentials, n); retry > 0 {
		return limitRateKey, retry
	}
	return "", 0
}
