package store

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnAbandonedRunIsAttachedTo(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		first := r.begin(a, r.call())
		require.False(t, first.Attached)
		require.Equal(t, Submitting, first.State)
		require.NoError(t, first.Submitted(t.Context(), "77", "token77"))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, first.Release(gone, nil), "works after the call has ended")

		r.clock.add(AttachFor - 1)
		second := r.begin(b, r.call())
		require.True(t, second.Attached)
		require.Equal(t, Submitted, second.State)
		require.Equal(t, first.ID, second.ID)
		require.Equal(t, "77", second.TaskID)
		require.Equal(t, "token77", second.Token)
		require.True(t, first.Began.Equal(second.Began))

		require.False(t, r.begin(a, r.call()).Attached, "one call at a time attaches")
		delivered, err := second.Deliver(t.Context(), nil)
		require.NoError(t, err)
		require.True(t, delivered)
	})
}

func TestADeliveredRunIsForgotten(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		run := r.begin(s, r.call())
		require.NoError(r, run.Submitted(r.Context(), "1", "token"))
		delivered, err := run.Deliver(r.Context(), json.RawMessage(`{"state":"completed"}`))
		require.NoError(r, err)
		require.True(r, delivered)
		require.False(r, r.begin(s, r.call()).Attached)
	})
}

func TestARefusedRunIsForgotten(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		require.NoError(r, r.begin(s, r.call()).Forget(r.Context()))
		require.False(r, r.begin(s, r.call()).Attached)
	})
}

func TestTheWindowForAttachingEnds(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		require.NoError(r, r.begin(s, r.call()).Release(r.Context(), nil))
		r.clock.add(AttachFor)
		require.False(r, r.begin(s, r.call()).Attached)
	})
}

func TestOnlyTheSameCallAttaches(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		require.NoError(r, r.begin(s, r.call()).Release(r.Context(), nil))
		for _, change := range []func(c *Call){
			func(c *Call) { c.Caller.Key = "another" },
			func(c *Call) { c.Caller.BaseURL = "https://other.example" },
			func(c *Call) { c.Model = "openai/sora-2-pro" },
			func(c *Call) {
				c.Params = map[string]any{"prompt": "fox", "seed": json.Number("18446744073709551614")}
			},
			func(c *Call) { c.Params = nil },
		} {
			c := r.call()
			change(&c)
			require.False(r, r.begin(s, c).Attached)
		}
		require.True(r, r.begin(s, r.call()).Attached)
	})
}

func TestEqualCallsInFlightStaySeparate(t *testing.T) {
	eachStore(t, func(r *rig) {
		replicas := []*Store{r.replica(), r.replica()}
		const calls = 8
		var (
			wg  sync.WaitGroup
			mu  sync.Mutex
			ids = map[string]bool{}
		)
		for i := range calls {
			wg.Go(func() {
				run, err := replicas[i%2].Begin(r.Context(), r.call(), false)
				if err != nil || run.Attached {
					r.Errorf("attached to a run in flight: %v %v", run, err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				ids[run.ID] = true
			})
		}
		wg.Wait()
		require.Len(r, ids, calls)
	})
}

// A client that is out of patience may repeat its call before the server sees that the first one
// was given up.
func TestARepetitionIsSoonerThanTheEndOfTheFirst(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		first := r.begin(a, r.call())
		require.NoError(r, first.Submitted(r.Context(), "77", "token77"))
		r.clock.add(shortestTimeout)
		released := make(chan error, 1)
		r.clock.afterTenReads(func() { released <- first.Release(context.Background(), nil) })
		b.patience = time.Minute
		second := r.begin(b, r.call())
		b.patience = seenGivenUp
		require.True(r, second.Attached)
		require.Equal(r, "77", second.TaskID)
		require.NoError(r, <-released)

		r.clock.add(shortestTimeout)
		require.False(r, r.begin(a, r.call()).Attached, "it is not given up")
		again, err := a.Begin(r.Context(), r.call(), true)
		require.NoError(r, err)
		require.False(r, again.Attached)
		gone, leave := context.WithCancel(r.Context())
		leave()
		_, err = b.Begin(gone, r.call(), false)
		require.ErrorIs(r, err, context.Canceled)
	})
}

func TestEachAbandonedRunIsAttachedToOnce(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		const calls = 4
		runs := make([]*Run, calls)
		for i := range runs {
			runs[i] = r.begin(a, r.call())
		}
		for _, run := range runs {
			require.NoError(r, run.Release(r.Context(), nil))
		}
		var (
			wg       sync.WaitGroup
			mu       sync.Mutex
			attached = map[string]int{}
			fresh    int
		)
		for i := range calls + 2 {
			wg.Go(func() {
				run, err := []*Store{a, b}[i%2].Begin(r.Context(), r.call(), false)
				if err != nil {
					r.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if run.Attached {
					attached[run.ID]++
				} else {
					fresh++
				}
			})
		}
		wg.Wait()
		require.Len(r, attached, calls)
		require.Equal(r, 2, fresh)
	})
}

func TestAgainBeginsANewRunAndForgetsTheOld(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		require.NoError(r, r.begin(s, r.call()).Release(r.Context(), nil))
		run, err := s.Begin(r.Context(), r.call(), true)
		require.NoError(r, err)
		require.False(r, run.Attached)
		_, err = run.Deliver(r.Context(), nil)
		require.NoError(r, err)
		require.False(r, r.begin(s, r.call()).Attached)
	})
}

func TestARequestIsGivenUpFromAnyReplica(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		c := r.call()
		c.Request = "session 1, request 5"
		first := r.begin(a, c)
		require.NoError(r, first.Submitted(r.Context(), "1", "token"))

		found, err := b.GiveUp(r.Context(), Caller{c.Caller.BaseURL, "another"}, c.Request, false)
		require.NoError(r, err)
		require.Empty(r, found, "another caller's request is not touched")
		found, err = b.GiveUp(r.Context(), c.Caller, "session 1, request 6", false)
		require.NoError(r, err)
		require.Empty(r, found)
		found, err = b.GiveUp(r.Context(), c.Caller, c.Request, false)
		require.NoError(r, err)
		require.Len(r, found, 1)
		require.Equal(r, "token", found[0].Token)

		second := r.begin(b, r.call())
		require.True(r, second.Attached)
		require.Equal(r, "token", second.Token)
		delivered, err := first.Deliver(r.Context(), json.RawMessage(`{"state":"completed"}`))
		require.NoError(r, err)
		require.False(r, delivered, "its client no longer listens")
		gone, err := second.Refresh(r.Context())
		require.NoError(r, err)
		require.False(r, gone)
		require.JSONEq(r, `{"state":"completed"}`, string(second.Result))
		delivered, err = second.Deliver(r.Context(), nil)
		require.NoError(r, err)
		require.True(r, delivered)
		require.False(r, r.begin(a, r.call()).Attached)
	})
}

func TestAResultThatCameMeanwhileIsKept(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		c := r.call()
		c.Request = "5"
		first := r.begin(a, c)
		_, err := b.GiveUp(r.Context(), c.Caller, "5", false)
		require.NoError(r, err)
		delivered, err := first.Deliver(r.Context(), json.RawMessage(`{"n":1}`))
		require.NoError(r, err)
		require.False(r, delivered)
		second := r.begin(b, r.call())
		require.True(r, second.Attached)
		require.JSONEq(r, `{"n":1}`, string(second.Result))
		require.NoError(r, second.Release(r.Context(), json.RawMessage(`"`+strings.Repeat("x", mostResult)+`"`)))
		third := r.begin(b, r.call())
		require.JSONEq(r, `{"n":1}`, string(third.Result), "a large result is not kept")
	})
}

func TestASubmitThatIsAnsweredLateIsAdded(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		first := r.begin(a, r.call())
		require.NoError(r, first.Release(r.Context(), nil)) // the submit goes on in the background
		second := r.begin(b, r.call())
		require.True(r, second.Attached)
		require.Equal(r, Submitting, second.State)
		require.Empty(r, second.Token)
		require.NoError(r, first.Submitted(r.Context(), "9", "late"))
		gone, err := second.Refresh(r.Context())
		require.NoError(r, err)
		require.False(r, gone)
		require.Equal(r, Submitted, second.State)
		require.Equal(r, "late", second.Token)
	})
}

func TestALostSubmitIsKnownAsLost(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		first := r.begin(a, r.call())
		require.NoError(r, first.Lost(r.Context()))
		require.NoError(r, first.Release(r.Context(), nil))
		second := r.begin(b, r.call())
		require.True(r, second.Attached)
		require.Equal(r, Lost, second.State)
	})
}

func TestAForgottenRunIsGoneForWhoAttached(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		first := r.begin(s, r.call())
		require.NoError(r, first.Release(r.Context(), nil))
		second := r.begin(s, r.call())
		require.NoError(r, first.Forget(r.Context())) // the submit was refused after all
		gone, err := second.Refresh(r.Context())
		require.NoError(r, err)
		require.True(r, gone)
	})
}

// A Redis that was restarted empty says nothing about the submit that is under way.
func TestAnEntryThatVanishedIsNoRefusal(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		first := r.begin(s, r.call())
		require.NoError(r, first.Release(r.Context(), nil))
		second := r.begin(s, r.call())
		require.NoError(r, update(r.Context(), s, second.key, AttachFor, func(*[]entry) (bool, error) { return false, nil }))
		gone, err := second.Refresh(r.Context())
		require.NoError(r, err)
		require.False(r, gone, "it would be submitted a second time")
		require.Equal(r, Lost, second.State)
	})
}

func TestARefusedRunThatNobodyWaitsForIsForgotten(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		first := r.begin(s, r.call())
		require.NoError(r, first.Release(r.Context(), nil))
		second := r.begin(s, r.call())
		require.NoError(r, first.Forget(r.Context()))
		require.NoError(r, second.Release(r.Context(), nil))
		require.False(r, r.begin(s, r.call()).Attached)
	})
}

func TestRunsOfAKilledProcessAreAttachedTo(t *testing.T) {
	eachStore(t, func(r *rig) {
		if r.address == "memory" {
			r.Skip("memory has one process")
		}
		killSubmitted := r.process(r.call(), "token")
		other := r.call()
		other.Model = "wiro/other"
		killSubmitting := r.process(other, "")
		s := r.replica()
		require.False(r, r.begin(s, r.call()).Attached, "it lives")
		require.False(r, r.begin(s, other).Attached, "it lives")

		killSubmitted()
		killSubmitting()
		run := r.begin(s, r.call())
		require.True(r, run.Attached)
		require.Equal(r, Submitted, run.State)
		require.Equal(r, "token", run.Token)
		run = r.begin(s, other)
		require.True(r, run.Attached)
		require.Equal(r, Lost, run.State, "it may have been submitted or not")
	})
}

func TestACloseGivesUpItsRuns(t *testing.T) {
	eachStore(t, func(r *rig) {
		if r.address == "memory" {
			r.Skip("memory has one process")
		}
		a, b := r.replica(), r.replica()
		require.NoError(r, r.begin(a, r.call()).Submitted(r.Context(), "1", "token"))
		require.NoError(r, a.Close())
		require.True(r, r.begin(b, r.call()).Attached)
	})
}

func TestEqualRunsAreBounded(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		runs := make([]*Run, mostRunsPerCall)
		for i := range runs {
			runs[i] = r.begin(s, r.call())
		}
		_, err := s.Begin(r.Context(), r.call(), false)
		require.ErrorIs(r, err, ErrTooMany)
	})
}

// A client may repeat a call before the first one got to say that it was given up.
func TestACallThatEndedHoldsNothing(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		ctx, end := context.WithCancel(r.Context())
		first, err := s.Begin(ctx, r.call(), false)
		require.NoError(r, err)
		require.NoError(r, first.Submitted(ctx, "1", "token"))
		require.False(r, r.begin(s, r.call()).Attached, "it is in flight")
		end()
		second := r.begin(s, r.call())
		require.True(r, second.Attached)
		require.Equal(r, "token", second.Token)
		require.NoError(r, first.Release(ctx, nil))
		require.False(r, r.begin(s, r.call()).Attached, "the second one holds it")
	})
}

func TestATaskIsClaimedOnce(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		delivered := r.begin(a, r.call())
		require.NoError(r, delivered.Submitted(r.Context(), "1", "token 1"))
		_, err := delivered.Deliver(r.Context(), nil)
		require.NoError(r, err)
		first, second := r.begin(a, r.call()), r.begin(b, r.call())
		claim := func(run *Run, id string) bool {
			claimed, err := run.Claim(r.Context(), id, "token "+id)
			require.NoError(r, err)
			return claimed
		}
		others, err := first.OthersSubmit(r.Context())
		require.NoError(r, err)
		require.True(r, others, "the second one may have any task that nobody knows")
		require.NoError(r, second.Lost(r.Context()))
		others, err = first.OthersSubmit(r.Context())
		require.NoError(r, err)
		require.False(r, others)
		require.False(r, claim(first, "1"), "it was delivered to another call")
		require.True(r, claim(first, "2"))
		require.False(r, claim(second, "2"))
		require.True(r, claim(second, "3"))
		require.NoError(r, second.Release(r.Context(), nil))

		require.NoError(r, a.DeliveredTask(r.Context(), r.caller(), "token 3"))
		require.NoError(r, first.Release(r.Context(), nil))
		attached := r.begin(a, r.call())
		require.Equal(r, "token 2", attached.Token, "the other one was delivered otherwise")
	})
}
