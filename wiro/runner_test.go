package wiro

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A wake is never lost, and steps never overlap.
func TestARunnerRunsAfterEachWake(t *testing.T) {
	t.Parallel()
	const last = 1000
	var seen, told, steps atomic.Int32
	over := make(chan struct{})
	r := &runner{}
	r.step = func() bool {
		assert.EqualValues(t, 1, steps.Add(1))
		defer steps.Add(-1)
		if seen.Store(told.Load()); seen.Load() < last {
			return false
		}
		close(over) // twice would panic
		return true
	}
	var wakers sync.WaitGroup
	for range 4 {
		wakers.Go(func() {
			for range last / 4 {
				told.Add(1)
				r.wake()
			}
		})
	}
	<-over
	wakers.Wait()
	r.wake() // when all is over
}
