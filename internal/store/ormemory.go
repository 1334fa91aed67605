package store

import (
	"context"
	"sync"
	"time"
)

// orMemory is a backend that is replaced by memory if its first use shows that it is not
// available.
type orMemory struct {
	backend
	now  func() time.Time
	warn func(error)
	once sync.Once
}

func (o *orMemory) use(ctx context.Context) backend {
	o.once.Do(func() {
		if _, err := o.backend.get(context.WithoutCancel(ctx), "ping/ping"); err != nil {
			o.warn(err)
			_ = o.backend.close()
			o.backend = newMemory(o.now)
		}
	})
	return o.backend
}

func (o *orMemory) get(ctx context.Context, key string) ([]byte, error) {
	return o.use(ctx).get(ctx, key)
}

func (o *orMemory) swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	return o.use(ctx).swap(ctx, key, old, value, ttl)
}

func (o *orMemory) hold(ctx context.Context, owner string) error { return o.use(ctx).hold(ctx, owner) }

func (o *orMemory) alive(ctx context.Context, owner string) (bool, error) {
	return o.use(ctx).alive(ctx, owner)
}

func (o *orMemory) close() error {
	o.once.Do(func() {}) // one that was never used has nothing to give up
	return o.backend.close()
}
