package store

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sign is what the process of a store shows of itself; signs are set as another process sees them
// after Redis was away, or slow.
func (r *rig) sign(s *Store, set func(b *redisStore, key string)) {
	r.Helper()
	b, ok := s.backend.(*redisStore)
	if !ok {
		r.Skip("only over Redis a process shows signs of life")
	}
	set(b, redisPrefix+ownerKey(s.owner))
}

func TestAProcessWhoseSignExpiredLives(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		first := r.begin(a, r.call())
		require.NoError(r, first.Submitted(r.Context(), "7", "token"))
		r.sign(a, func(s *redisStore, key string) { // as while Redis is paused
			require.NoError(r, s.connect().Del(r.Context(), key).Err())
		})
		require.False(r, r.begin(b, r.call()).Attached, "its call is in flight")
		attached := r.begin(b, r.call())
		require.False(r, attached.Attached)
		delivered, err := first.Deliver(r.Context(), nil)
		require.NoError(r, err)
		require.True(r, delivered)
	})
}

func TestAProcessThatWasTakenForEndedLivesFromItsNextSignOn(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		first := r.begin(a, r.call())
		require.NoError(r, first.Submitted(r.Context(), "7", "token"))
		r.sign(a, func(s *redisStore, key string) {
			require.NoError(r, s.connect().Set(r.Context(), key, ended, AttachFor).Err())
			require.Eventually(r, func() bool {
				alive, err := b.backend.alive(r.Context(), a.owner)
				return err == nil && alive
			}, 10*time.Second, time.Millisecond)
		})
		require.False(r, r.begin(b, r.call()).Attached, "its call is in flight")
	})
}

func TestThatAProcessHasEndedIsFoundOutOnce(t *testing.T) {
	eachStore(t, func(r *rig) {
		if r.address == "memory" {
			r.Skip("memory has one process")
		}
		kill := r.process(r.call(), "token")
		kill()
		a := r.replica()
		require.True(r, r.begin(a, r.call()).Attached)
		b, ok := a.backend.(*redisStore)
		if !ok {
			return
		}
		list, err := b.connect().Keys(r.Context(), redisPrefix+ownerKey("*")).Result()
		require.NoError(r, err)
		var written int
		for _, key := range list { // of all tests
			if sign, _ := b.connect().Get(r.Context(), key).Result(); sign == ended {
				written++
			}
		}
		require.Positive(r, written, "or each equal call waits for a sign of it")
	})
}

// A process was killed while it submitted two equal runs: it submits neither any more, so that a
// task which nobody knows can be that of one of them.
func TestARunWhoseSubmitterEndedIsNoOtherOnesRival(t *testing.T) {
	eachStore(t, func(r *rig) {
		if r.address == "memory" {
			r.Skip("memory has one process")
		}
		a, b := r.replica(), r.replica()
		r.begin(a, r.call())
		r.begin(a, r.call())
		require.NoError(r, a.Close())
		first, second := r.begin(b, r.call()), r.begin(b, r.call())
		for _, run := range []*Run{first, second} {
			require.True(r, run.Attached)
			require.Equal(r, Lost, run.State)
			others, err := run.OthersSubmit(r.Context())
			require.NoError(r, err)
			require.False(r, others)
		}
		claimed, err := first.Claim(r.Context(), "7", "token")
		require.NoError(r, err)
		require.True(r, claimed)
	})
}

// A client that gives up early may do so while the run's price is looked up.
func TestARequestIsGivenUpBeforeItHoldsARun(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		call := r.call()
		call.Request, call.Arrived = "5", r.clock.time()
		given, err := b.GiveUp(r.Context(), call.Caller, "5", true)
		require.NoError(r, err)
		require.Empty(r, given)
		run := r.begin(a, call)
		require.False(r, run.Attached)
		require.True(r, run.Canceled)
		require.NoError(r, run.Submitted(r.Context(), "7", "token"))
		next := r.begin(b, r.call())
		require.True(r, next.Attached, "or it is paid for twice")
		require.Equal(r, "token", next.Token)
		_, err = next.Deliver(r.Context(), nil)
		require.NoError(r, err)

		require.False(r, r.begin(a, call).Canceled)
		require.False(r, r.begin(b, r.call()).Attached, "the next request of that name is another one")

		given, err = b.GiveUp(r.Context(), call.Caller, "6", false)
		require.NoError(r, err)
		require.Empty(r, given)
		r.clock.add(2 * clockSkew)
		call.Model, call.Request, call.Arrived = "wiro/other", "6", r.clock.time()
		r.begin(a, call)
		require.False(r, r.begin(b, call).Attached, "nor is one that came after the cancel")
	})
}

// gate is a backend whose writes wait.
type gate struct {
	backend
	came, open chan struct{}
}

func (g *gate) swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	select {
	case g.came <- struct{}{}:
	default:
	}
	<-g.open
	return g.backend.swap(ctx, key, old, value, ttl)
}

// A process that shows that it lives vouches for the calls that it holds.
func TestTheEndOfACallIsWrittenBeforeASignOfLife(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		if s.alone {
			r.Skip("memory has one process")
		}
		ctx, end := context.WithCancel(r.Context())
		run, err := s.Begin(ctx, r.call(), false)
		require.NoError(r, err)
		slow := &gate{s.backend, make(chan struct{}, 1), make(chan struct{})}
		s.backend = slow
		end()
		<-slow.came
		time.AfterFunc(10*time.Millisecond, func() { close(slow.open) })
		require.NoError(r, s.flush(r.Context()))
		list, err := run.entries(r.Context())
		require.NoError(r, err)
		require.Empty(r, list[0].Hold)
	})
}

func TestACloseWritesWhatTheBackendDidNotTake(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		if a == b {
			r.Skip("memory has one process")
		}
		run := r.begin(a, r.call())
		require.NoError(r, run.Submitted(r.Context(), "7", "token"))
		cut := &outage{backend: a.backend}
		a.backend = cut
		cut.down.Store(true)
		_, err := run.Deliver(r.Context(), nil)
		require.ErrorIs(r, err, ErrUnavailable)
		cut.down.Store(false)
		require.NoError(r, a.Close())
		require.False(r, r.begin(b, r.call()).Attached, "its result was delivered")
	})
}

func TestAGiveUpThatFailsHalfwayIsMadeWhole(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		call := r.call()
		call.Request = "5"
		run := r.begin(s, call)
		require.NoError(r, run.Submitted(r.Context(), "7", "token"))
		cut := &outage{backend: s.backend}
		s.backend = cut
		cut.failing = run.key
		_, err := s.GiveUp(r.Context(), call.Caller, "5", false)
		require.ErrorIs(r, err, ErrUnavailable)
		cut.failing = ""
		require.True(r, r.begin(s, r.call()).Attached)
	})
}

// A caller may cancel as many requests as it likes, those that never were among them.
func TestCancelsOfOneCallerDisplaceNothingOfAnother(t *testing.T) {
	t.Parallel()
	r := &rig{T: t, address: "memory", clock: &clock{}}
	s := r.replica()
	call := r.call()
	call.Request, call.Arrived = "5", r.clock.time()
	run := r.begin(s, call)
	require.NoError(t, run.Submitted(t.Context(), "7", "token"))
	flood := Caller{call.Caller.BaseURL, "another"}
	for i := range mostEntries + 1 {
		_, err := s.GiveUp(t.Context(), flood, strconv.Itoa(i), true)
		require.NoError(t, err)
	}
	given, err := s.GiveUp(t.Context(), call.Caller, "5", false)
	require.NoError(t, err)
	require.Len(t, given, 1)
	require.True(t, r.begin(s, r.call()).Attached, "or it is paid for twice")
}
