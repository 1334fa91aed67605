package store

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// outage is a backend that can be cut off.
type outage struct {
	backend
	down    atomic.Bool
	answers atomic.Bool // with down: what is written arrives, and its answer is lost
	failing string      // key that cannot be written
}

func (o *outage) get(ctx context.Context, key string) ([]byte, error) {
	if o.down.Load() && !o.answers.Load() {
		return nil, ErrUnavailable
	}
	return o.backend.get(ctx, key)
}

func (o *outage) swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	switch {
	case o.failing == key:
		return false, ErrUnavailable
	case !o.down.Load():
	case o.answers.Load():
		_, _ = o.backend.swap(ctx, key, old, value, ttl)
		return false, ErrUnavailable
	default:
		return false, ErrUnavailable
	}
	return o.backend.swap(ctx, key, old, value, ttl)
}

func TestAHoldThatEndsWhileTheStoreIsDownHasEnded(t *testing.T) {
	for name, end := range map[string]func(*Run) error{
		"released": func(run *Run) error { return run.Release(t.Context(), nil) },
		"submitted": func(run *Run) error {
			_ = run.Submitted(t.Context(), "1", "token")
			return run.Release(t.Context(), nil)
		},
		"given up": func(run *Run) error {
			_, err := run.store.GiveUp(t.Context(), run.caller, "request", false)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(r *rig) {
				s := r.replica()
				cut := &outage{backend: s.backend}
				s.backend = cut
				call := r.call()
				call.Request = "request"
				run := r.begin(s, call)
				if name != "submitted" {
					require.NoError(r, run.Submitted(r.Context(), "1", "token"))
				}
				cut.down.Store(true)
				require.ErrorIs(r, end(run), ErrUnavailable)
				cut.down.Store(false)
				if !strings.HasPrefix(r.address, "file") { // processes on one machine do not wait for each other
					s = r.replica()
				}
				again := r.begin(s, call)
				require.True(r, again.Attached)
				require.Equal(r, Submitted, again.State)
				require.Equal(r, "token", again.Token)
			})
		})
	}
}

func TestAHoldWhoseAnswerIsLostIsNone(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		cut := &outage{backend: s.backend}
		s.backend = cut
		run := r.begin(s, r.call())
		require.NoError(r, run.Submitted(r.Context(), "1", "token"))
		require.NoError(r, run.Release(r.Context(), nil))
		cut.answers.Store(true)
		cut.down.Store(true)
		_, err := s.Begin(r.Context(), r.call(), false)
		require.ErrorIs(r, err, ErrUnavailable)
		cut.down.Store(false)
		again := r.begin(s, r.call())
		require.True(r, again.Attached)
		require.Equal(r, "token", again.Token)
	})
}

func TestADeliveryWhileTheStoreIsDownIsOne(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		cut := &outage{backend: s.backend}
		s.backend = cut
		run := r.begin(s, r.call())
		require.NoError(r, run.Submitted(r.Context(), "1", "token"))
		cut.down.Store(true)
		_, err := run.Deliver(r.Context(), nil)
		require.ErrorIs(r, err, ErrUnavailable)
		cut.down.Store(false)
		require.False(r, r.begin(s, r.call()).Attached)
		list, err := run.entries(r.Context())
		require.NoError(r, err)
		require.Len(r, list, 2)
		require.True(r, list[0].Done)
	})
}

func TestACallThatEndsGivesItsRunUpOnEveryReplica(t *testing.T) {
	eachStore(t, func(r *rig) {
		a := r.replica()
		b := r.replica()
		ctx, cancel := context.WithCancel(r.Context())
		run, err := a.Begin(ctx, r.call(), false)
		require.NoError(r, err)
		cancel() // while it submits
		require.Eventually(r, func() bool {
			list, err := run.entries(r.Context())
			return err == nil && (list[0].Hold == "" || a == b)
		}, 10*time.Second, time.Millisecond)
		again := r.begin(b, r.call())
		require.True(r, again.Attached)
		require.NoError(r, run.Submitted(r.Context(), "1", "token"))
		_, err = again.Refresh(r.Context())
		require.NoError(r, err)
		require.Equal(r, "token", again.Token)
	})
}

// replaying is a Redis whose answers are lost and whose commands are sent again: what was written
// is not in the place of the old value any more.
type replaying struct{ backend }

func (b replaying) swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	if _, err := b.backend.swap(ctx, key, old, value, ttl); err != nil {
		return false, err
	}
	return b.backend.swap(ctx, key, old, value, ttl)
}

func TestAWriteWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		call := r.call()
		call.Request = "request"
		healthy := s.backend
		run := r.begin(s, call)
		require.NoError(r, run.Submitted(r.Context(), "1", "token"))
		require.NoError(r, run.Release(r.Context(), nil))

		s.backend = replaying{healthy}
		attached, err := s.Begin(r.Context(), call, false)
		require.NoError(r, err)
		require.True(r, attached.Attached, "or it is submitted and paid a second time")
		require.Equal(r, "token", attached.Token)
		given, err := s.GiveUp(r.Context(), r.caller(), "request", false)
		require.NoError(r, err)
		require.Len(r, given, 1)
		s.backend = healthy
		require.True(r, r.begin(s, call).Attached)
	})
}

func TestARunThatAgainForgetsKeepsItsTask(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		first := r.begin(s, r.call())
		require.NoError(r, first.Submitted(r.Context(), "1", "token"))
		require.NoError(r, first.Release(r.Context(), nil))
		second, err := s.Begin(r.Context(), r.call(), true)
		require.NoError(r, err)
		require.False(r, second.Attached)
		claimed, err := second.Claim(r.Context(), "1", "token")
		require.NoError(r, err)
		require.False(r, claimed, "it is the first one's")
	})
}

func TestChangesOfOneKeyAreMadeInTheirOrder(t *testing.T) {
	t.Parallel()
	s, err := Open("memory", Options{})
	require.NoError(t, err)
	var (
		mu   sync.Mutex
		made = map[string][]int{}
		down atomic.Bool
	)
	down.Store(true)
	for i := range 100 {
		key := "abcdefg"[i%7 : i%7+1]
		s.later(key, func(context.Context) error {
			if key == "c" && i > 50 && down.Load() {
				return ErrUnavailable
			}
			mu.Lock()
			defer mu.Unlock()
			made[key] = append(made[key], i)
			return nil
		})
	}
	require.ErrorIs(t, s.flush(t.Context()), ErrUnavailable)
	down.Store(false)
	require.NoError(t, s.flush(t.Context()))
	all := 0
	for key, list := range made {
		require.IsIncreasing(t, list, key)
		all += len(list)
	}
	require.Equal(t, 100, all, "each is made once")
}

// A process shows that it lives only when all changes are made.
func TestChangesAreMadeAtTheSameTime(t *testing.T) {
	t.Parallel()
	s, err := Open("memory", Options{})
	require.NoError(t, err)
	var both sync.WaitGroup
	both.Add(2)
	for _, key := range []string{"a", "b"} {
		s.later(key, func(context.Context) error {
			both.Done()
			both.Wait()
			return nil
		})
	}
	require.NoError(t, s.flush(t.Context()))
}

// The caller of a flush may leave while it writes: what is left is kept.
func TestAFlushWhoseCallerLeavesKeepsWhatIsLeft(t *testing.T) {
	t.Parallel()
	r := &rig{T: t, address: "memory", clock: &clock{}}
	s := r.replica()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var made []int
	for i := range 3 {
		s.later("one key", func(context.Context) error {
			made = append(made, i)
			leave() // and the write itself succeeds
			return nil
		})
	}
	require.ErrorIs(t, s.flush(ctx), context.Canceled)
	require.NoError(t, s.flush(t.Context()))
	require.Equal(t, []int{0, 0, 1, 2}, made, "in their order, the first perhaps twice")
}
