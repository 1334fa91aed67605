package slots_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/slots"
)

func TestAnOwnerWithMuchWorkKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool := slots.New(2, 1)
		busy := slots.WithOwner(t.Context(), "busy")
		release, err := pool.Acquire(busy)
		require.NoError(t, err)
		served := 0
		for range 100 {
			go func() {
				release, err := pool.Acquire(busy)
				if err == nil {
					served++
					release()
				}
			}()
		}
		synctest.Wait()
		require.Zero(t, served, "the share of this owner is taken")
		require.Equal(t, 1, pool.Held())

		other, err := pool.Acquire(slots.WithOwner(t.Context(), "other"))
		require.NoError(t, err)
		other()
		release()
		synctest.Wait()
		require.Equal(t, 100, served)
		require.Zero(t, pool.Held())
	})
}

func TestOwnersTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool := slots.New(1, 1)
		release, err := pool.Acquire(t.Context())
		require.NoError(t, err)
		var order []string
		start := func(owner string) {
			go func() {
				release, err := pool.Acquire(slots.WithOwner(t.Context(), owner))
				if err == nil {
					order = append(order, owner)
					release()
				}
			}()
			synctest.Wait()
		}
		for range 10 {
			start("busy")
		}
		start("other")
		release()
		synctest.Wait()
		require.Equal(t, []string{"busy", "other"}, order[:2])
		require.Len(t, order, 11)
	})
}

func TestWhoGivesUpHoldsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool := slots.New(1, 2)
		release, err := pool.Acquire(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 3)
		for range 3 { // one queues for the place, others for their owner's turn
			go func() {
				_, err := pool.Acquire(ctx)
				errs <- err
			}()
		}
		synctest.Wait()
		cancel()
		for range 3 {
			require.ErrorIs(t, <-errs, context.Canceled)
		}
		release()
		release, err = pool.Acquire(t.Context())
		require.NoError(t, err)
		release()
		require.Zero(t, pool.Held())
	})
}
