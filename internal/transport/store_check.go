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

const (
	storeTimeout  = time.Second            // that the store has to answer a check
	storePatience = 200 * time.Millisecond // that whoever wants to know waits for it: probes give up after a second
)

// storeCheck tells whether the store that replicas share answers. The server is ready without it:
// all replicas miss it at the same time, and much works all the same.
type storeCheck struct {
	ping func(context.Context) error
	log  zerolog.Logger

	mu     sync.Mutex
	asking chan struct{} // closed when the store has answered, or had its time; nil while it is not asked
	asked  time.Time
	fault  error
}

// newStoreCheck returns nil if no other replica uses the store.
func newStoreCheck(s *store.Store, log zerolog.Logger) *storeCheck {
	if s == nil || !s.Shared() {
		return nil
	}
	return &storeCheck{ping: s.Ping, log: log}
}

// check returns what the store answered last. It is asked at most every probeEvery.
func (c *storeCheck) check() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	if c.asking == nil && (c.asked.IsZero() || time.Since(c.asked) >= probeEvery) {
		c.asking = make(chan struct{})
		go c.ask(c.asking)
	}
	asking := c.asking
	c.mu.Unlock()
	if asking != nil {
		select {
		case <-asking:
		case <-time.After(storePatience):
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}

// ask asks the store, and logs that it stops or begins to answer.
func (c *storeCheck) ask(done chan<- struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	fault := c.ping(ctx)
	if errors.Is(fault, context.DeadlineExceeded) {
		fault = fmt.Errorf("%w: no answer within %s", store.ErrUnavailable, storeTimeout)
	}
	c.mu.Lock()
	before := c.fault
	c.fault, c.asked, c.asking = fault, time.Now(), nil
	c.mu.Unlock()
	switch {
	case fault != nil && before == nil:
		c.log.Warn().Err(fault).Msg("runs, confirmations and sign-ins are refused until the store answers")
	case fault == nil && before != nil:
		c.log.Info().Msg("the store answers again")
	}
	close(done)
}

// register adds a metric that asks the store when it is read: that of the newest server, if a
// program has several with these metrics.
func (c *storeCheck) register(m *Metrics) {
	if c == nil {
		return
	}
	m.store.Store(c)
	up := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "wiro_mcp_store_up", Help: "1 if the store that replicas share answers, else 0."}, func() float64 {
		if m.store.Load().check() != nil {
			return 0
		}
		return 1
	})
	_ = m.registry.Register(up) // an earlier server has done so
}
