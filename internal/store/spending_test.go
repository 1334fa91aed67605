package store

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSpendingIsReservedAndSettled(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		c := r.caller()
		require.NoError(r, a.Reserve(r.Context(), c, "run1", 0.6, 1))
		require.NoError(r, a.Reserve(r.Context(), c, "run1", 0.6, 1), "the same run is reserved once")

		err := b.Reserve(r.Context(), c, "run2", 0.5, 1)
		over, ok := errors.AsType[*OverLimitError](err)
		require.True(r, ok, "%v", err)
		require.InDelta(r, 0.4, over.Left(), 0)
		require.Equal(r, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), over.Resets)
		require.NoError(r, b.Reserve(r.Context(), Caller{c.BaseURL, "another"}, "run2", 0.5, 1), "another caller has another day")

		require.NoError(r, a.Bind(r.Context(), c, "run1", "77", "token77"))
		settled, err := b.Settle(r.Context(), c, 0.25, "token77")
		require.NoError(r, err)
		require.True(r, settled)
		settled, err = a.Settle(r.Context(), c, 0.25, "77", "run1")
		require.NoError(r, err)
		require.False(r, settled, "nothing is counted twice")

		spending, err := b.Spending(r.Context(), c)
		require.NoError(r, err)
		require.InDelta(r, 0.25, spending.Spent, 0)
		require.InDelta(r, 0, spending.Reserved, 0)
		require.NoError(r, b.Reserve(r.Context(), c, "run2", 0.75, 1), "exactly what is left")
		settled, err = b.Settle(r.Context(), c, 0, "run2")
		require.NoError(r, err)
		require.True(r, settled, "released")
		require.NoError(r, b.Reserve(r.Context(), c, "run3", 0.75, 1))
	})
}

func TestAReservationHasOneTask(t *testing.T) {
	eachStore(t, func(r *rig) {
		s, c := r.replica(), r.caller()
		require.NoError(r, s.Reserve(r.Context(), c, "run1", 0.6, 1))
		require.NoError(r, s.Bind(r.Context(), c, "run1", "77", "token77"), "it was found in the list of tasks")
		require.NoError(r, s.Bind(r.Context(), c, "run1", "78", "token78"), "Wiro's answer names another")
		require.NoError(r, s.Record(r.Context(), c, r.clock.time(), 0.3, "77", "token77"))
		spending, err := s.Spending(r.Context(), c)
		require.NoError(r, err)
		require.InDelta(r, 0.3, spending.Spent, 0)
		require.InDelta(r, 0.6, spending.Reserved, 0)
		settled, err := s.Settle(r.Context(), c, 0.5, "token78")
		require.NoError(r, err)
		require.True(r, settled)
	})
}

// Somebody else's list of tasks can show a run that is over before its own call heard its id.
func TestATaskThatWasRecordedFirstIsNotCountedAgain(t *testing.T) {
	eachStore(t, func(r *rig) {
		s, c := r.replica(), r.caller()
		require.NoError(r, s.Reserve(r.Context(), c, "run1", 0.6, 1))
		require.NoError(r, s.Record(r.Context(), c, r.clock.time(), 0.3, "77", "token77"))
		require.NoError(r, s.Bind(r.Context(), c, "run1", "77", "token77"))
		settled, err := s.Settle(r.Context(), c, 0.3, "run1")
		require.NoError(r, err)
		require.False(r, settled)
		spending, err := s.Spending(r.Context(), c)
		require.NoError(r, err)
		require.InDelta(r, 0.3, spending.Spent, 0)
		require.InDelta(r, 0, spending.Reserved, 0)
	})
}

func TestADayEndsAtMidnightUTC(t *testing.T) {
	eachStore(t, func(r *rig) {
		s, c := r.replica(), r.caller()
		require.NoError(r, s.Reserve(r.Context(), c, "run1", 1, 1))
		r.clock.add(12 * time.Hour)
		require.NoError(r, s.Reserve(r.Context(), c, "run2", 1, 1))
		settled, err := s.Settle(r.Context(), c, 3, "run1")
		require.NoError(r, err)
		require.True(r, settled, "a run that began yesterday counts for yesterday")
		spending, err := s.Spending(r.Context(), c)
		require.NoError(r, err)
		require.InDelta(r, 0, spending.Spent, 0)
		require.InDelta(r, 1, spending.Reserved, 0)
	})
}

func TestALimitOfZeroRefusesWhatIsPaid(t *testing.T) {
	eachStore(t, func(r *rig) {
		s, c := r.replica(), r.caller()
		require.Error(r, s.Reserve(r.Context(), c, "run1", 0.000001, 0))
		require.NoError(r, s.Reserve(r.Context(), c, "run2", 0, 0))
		require.Error(r, s.Reserve(r.Context(), c, "run3", math.NaN(), 1))
		require.Error(r, s.Reserve(r.Context(), c, "run4", math.Inf(1), 1))
		require.Error(r, s.Reserve(r.Context(), c, "run5", -1, 1))
	})
}

func TestReservationsOfManyReplicasNeverExceedTheLimit(t *testing.T) {
	eachStore(t, func(r *rig) {
		replicas := []*Store{r.replica(), r.replica()}
		var (
			wg   sync.WaitGroup
			mu   sync.Mutex
			kept int
		)
		for i := range 40 {
			wg.Go(func() {
				err := replicas[i%2].Reserve(r.Context(), r.caller(), fmt.Sprint(i), 0.1, 1)
				if _, over := errors.AsType[*OverLimitError](err); err != nil && !over {
					r.Error(err)
				}
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					kept++
				}
			})
		}
		wg.Wait()
		require.Equal(r, 10, kept)
	})
}

func TestARecordIsCountedOnce(t *testing.T) {
	eachStore(t, func(r *rig) {
		s, c := r.replica(), r.caller()
		now := r.clock.time()
		for range 2 {
			require.NoError(r, s.Record(r.Context(), c, now, 0.3, "77", "token77"))
			require.NoError(r, s.Record(r.Context(), c, now, 0.3, "", "token77"))
		}
		require.NoError(r, s.Record(r.Context(), c, now.Add(-20*time.Hour), 5, "76"), "yesterday's")
		require.NoError(r, s.Record(r.Context(), c, now.Add(-200*time.Hour), 5, "12"), "long ago")
		require.NoError(r, s.Reserve(r.Context(), c, "run1", 0.5, 1))
		require.NoError(r, s.Bind(r.Context(), c, "run1", "78"))
		require.NoError(r, s.Record(r.Context(), c, now, 0.4, "78"))
		require.NoError(r, s.Record(r.Context(), c, now, 0.4, "78"))
		spending, err := s.Spending(r.Context(), c)
		require.NoError(r, err)
		require.InDelta(r, 0.7, spending.Spent, 0)
		require.InDelta(r, 0, spending.Reserved, 0)
	})
}

func TestReservationsAreBounded(t *testing.T) {
	eachStore(t, func(r *rig) {
		s, c := r.replica(), r.caller()
		for i := range mostReserved + 5 {
			require.NoError(r, s.Reserve(r.Context(), c, fmt.Sprint(i), 0.01, 1000))
		}
		spending, err := s.Spending(r.Context(), c)
		require.NoError(r, err)
		require.InDelta(r, 0.05, spending.Spent, 0, "the oldest are taken for spent")
		require.InDelta(r, 5, spending.Reserved, 0)
	})
}
