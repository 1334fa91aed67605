package store

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAConfirmationIsUsedOnce(t *testing.T) {
	eachStore(t, func(r *rig) {
		replicas := []*Store{r.replica(), r.replica()}
		until := r.clock.time().Add(time.Minute)
		var (
			wg    sync.WaitGroup
			first atomic.Int32
		)
		for i := range 20 {
			wg.Go(func() {
				used, err := replicas[i%2].Use(r.Context(), "confirmation", "sealed", until)
				if err != nil {
					r.Error(err)
				}
				if used {
					first.Add(1)
				}
			})
		}
		wg.Wait()
		require.EqualValues(r, 1, first.Load())
		used, err := replicas[0].Use(r.Context(), "code", "sealed", until)
		require.NoError(r, err)
		require.True(r, used, "another kind")
		r.clock.add(time.Minute)
		used, err = replicas[0].Use(r.Context(), "confirmation", "fresh", until)
		require.NoError(r, err)
		require.False(r, used, "it has expired")
	})
}

func TestCallsAreLimitedByKey(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		limits := []Limiter{a.Limiter("calls of "+r.Name()+r.salt, 0.001, 4), b.Limiter("calls of "+r.Name()+r.salt, 0.001, 4)}
		if r.address != "memory" && a.backend != b.backend {
			if _, local := limits[0].(*localLimiter); local {
				limits[1] = limits[0] // over files each process counts for itself
			}
		} else {
			limits[1] = limits[0]
		}
		allow := func(i int, key string, n int) time.Duration {
			retry, err := limits[i].Allow(r.Context(), key, n)
			require.NoError(r, err)
			return retry
		}
		require.Zero(r, allow(0, "k", 2))
		require.Positive(r, allow(1, "k", 3), "what does not fit is not counted")
		require.Zero(r, allow(1, "k", 2))
		require.InDelta(r, 1000, allow(0, "k", 1).Seconds(), 10)
		require.Zero(r, allow(0, "another", 4))
		require.Positive(r, allow(0, "third", 5), "more than the burst can ever be")
	})
}
