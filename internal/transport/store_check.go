package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/store"
)

// storeTimeout is how long the store may take to answer a check.
const storeTimeout = time.Second

// storeCheck tells whether the store that replicas share answers. The server is ready without it:
// all replicas miss it at the same time, and much works all the same.
type storeCheck struct {
	ping func(context.Context) error
	log  zerolog.Logger

	mu    sync.Mutex
	asked time.Time
	fault error
}

// newStoreCheck returns nil if no other replica uses the store.
func newStoreCheck(s *store.Store, log zerolog.Logger) *storeCheck {
	if s == nil || !s.Shared() {
		return nil
	}
	return &storeCheck{ping: s.Ping, log: log}
}

// check asks the store, at most every probeEvery, and logs that it stops or begins to answer.
func (c *storeCheck) check() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asked.IsZero() && time.Since(c.asked) < probeEvery {
		return c.fault
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	before := c.fault
	if c.fault = c.ping(ctx); errors.Is(c.fault, context.DeadlineExceeded) {
		c.fault = fmt.Errorf("%w: no answer within %s", store.ErrUnavailable, storeTimeout)
	}
	c.asked = time.Now()
	switch {
	case c.fault != nil && before == nil:
		c.log.Warn().Err(c.fault).Msg("runs, confirmations and sign-ins are refused until the store answers")
	case c.fault == nil && before != nil:
		c.log.Info().Msg("the store answers again")
	}
	return c.fault
}

// register adds a metric that asks the store when it is read.
func (c *storeCheck) register(to prometheus.Registerer) {
	if c == nil {
		return
	}
	up := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "wiro_mcp_store_up", Help: "1 if the store that replicas share answers, else 0."}, func() float64 {
		if c.check() != nil {
			return 0
		}
		return 1
	})
	_ = to.Register(up) // a second server with the same telemetry has the same store
}
