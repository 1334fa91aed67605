package store

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"
)

func TestARunThatIsDeliveredSoonIsForgotten(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		run := r.begin(s, r.call())
		require.NoError(r, run.Submitted(r.Context(), "7", "token"))
		run.DeliverSoon(r.Context(), func(err error) { require.NoError(r, err) })
		require.False(r, r.begin(s, r.call()).Attached, "the next call of the same process")
	})
}

func TestCloseDeliversWhatIsDeliveredSoon(t *testing.T) {
	eachStore(t, func(r *rig) {
		s, other := r.replica(), r.replica()
		run := r.begin(s, r.call())
		require.NoError(r, run.Submitted(r.Context(), "7", "token"))
		run.DeliverSoon(r.Context(), func(err error) { require.NoError(r, err) })
		if s != other {
			require.NoError(r, s.Close())
		}
		require.False(r, r.begin(other, r.call()).Attached)
	})
}

func TestARunThatWasGivenUpStaysAlsoIfDeliveredSoon(t *testing.T) {
	eachStore(t, func(r *rig) {
		s, other := r.replica(), r.replica()
		call := r.call()
		call.Request = "3"
		run := r.begin(s, call)
		require.NoError(r, run.Submitted(r.Context(), "7", "token"))
		given, err := other.GiveUp(r.Context(), r.caller(), "3", false)
		require.NoError(r, err)
		require.Len(r, given, 1)
		run.DeliverSoon(r.Context(), func(err error) { require.NoError(r, err) })
		next := r.begin(s, r.call())
		require.True(r, next.Attached)
		require.Equal(r, "token", next.Token)
	})
}

func TestADeliveryDoesNotWaitForTheDisk(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "state")
	r := &rig{T: t, address: "file:" + folder, clock: &clock{}}
	s := r.replica()
	run := r.begin(s, r.call())
	require.NoError(t, run.Submitted(t.Context(), "7", "token"))
	lock := flock.New(filepath.Join(folder, lockFile)) // no process can write
	require.NoError(t, lock.Lock())
	var faults atomic.Value
	run.DeliverSoon(t.Context(), func(err error) {
		if err != nil {
			faults.Store(err.Error())
		}
	})
	require.Nil(t, faults.Load(), "it tried, and gave up after a while")
	require.NoError(t, lock.Close())
	require.False(t, r.begin(s, r.call()).Attached)
}

// The client's time was over while its result was on the way.
func TestARunThatNobodyGotIsAttachedTo(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		ctx, leave := context.WithCancelCause(r.Context())
		run, err := s.Begin(ctx, r.call(), false)
		require.NoError(r, err)
		require.NoError(r, run.Submitted(ctx, "7", "token"))
		if s.onDisk { // the change follows
			run.DeliverSoon(ctx, func(err error) { require.NoError(r, err) })
			leave(errors.New("the client's time is over"))
		} else {
			leave(errors.New("the client's time is over"))
			run.DeliverSoon(ctx, func(err error) { require.NoError(r, err) })
		}
		next := r.begin(s, r.call())
		require.True(r, next.Attached)
		require.Equal(r, "token", next.Token)
	})
}
