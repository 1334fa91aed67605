package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

const sendTime = 5 * time.Millisecond // for a result to reach the client

// holds remembers a hold's call: one that has ended gives its run up before it gets to say so,
// which counts where a client repeats a call at once, also to another replica, or to a process
// that it started anew.
func (s *Store) holds(ctx context.Context, run *Run) {
	stop := func() {}
	if !s.alone { // alone, Begin asks hasEnded
		stop = s.whenEnded(ctx, Run{ID: run.ID, caller: run.caller, key: run.key, hold: run.hold, store: s})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = map[string]heldCall{}
	}
	s.calls[run.hold] = heldCall{ctx, stop}
}

// whenEnded gives a held run up when ctx ends, unless stop is called before.
func (s *Store) whenEnded(ctx context.Context, held Run) (stop func()) {
	s.ending.Add(1)
	stopped := context.AfterFunc(ctx, func() {
		defer s.ending.Done()
		s.flushing.RLock()
		defer s.flushing.RUnlock()
		_, err := held.change(ctx, held.endHold)
		held.retry(err, held.endHold)
	})
	return func() {
		if stopped() {
			s.ending.Done()
		}
	}
}

// heldCall is the call of a hold.
type heldCall struct {
	context.Context
	stop func() // what happens when the context ends
}

func (s *Store) hasEnded(hold string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, ok := s.calls[hold]
	return ok && ctx.Err() != nil
}

func (r *Run) letGo() {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	if call, ok := r.store.calls[r.hold]; ok {
		call.stop()
		delete(r.store.calls, r.hold)
	}
}

// Deliver ends the hold because the final result, or the token that wait:false asked for, is
// about to reach the client: the run is forgotten. Where the call was given up before, the
// run stays with the result, which may be nil, and delivered is false.
func (r *Run) Deliver(ctx context.Context, result json.RawMessage) (delivered bool, err error) {
	end := func(e *entry) bool {
		if e.Hold == r.hold {
			return false
		}
		e.keep(result)
		return true
	}
	found, err := r.change(ctx, func(e *entry) bool {
		delivered = !end(e)
		return !delivered
	})
	r.retry(err, end)
	r.forgetRequest(ctx)
	r.letGo()
	return delivered || err == nil && !found, err
}

// DeliverSoon is Deliver for a result that is about to be sent. A store in files takes the change a
// moment later, so that the client need not wait for the disk, but before this process begins
// another run and before Close returns. An equal run of another process stays separate meanwhile.
// A client that leaves before its result is sent has not got it: the same call attaches to the run.
// Noted is told of each attempt.
func (r *Run) DeliverSoon(ctx context.Context, noted func(error)) {
	if !r.store.onDisk {
		delivered, err := r.Deliver(ctx, nil)
		if delivered && ctx.Err() != nil { // a slow store takes long
			err = errors.Join(err, r.undeliver(ctx))
		}
		noted(err)
		return
	}
	r.letGo()
	run, call := *r, ctx
	r.store.later(run.key, func(ctx context.Context) error {
		if isGivenUp(call) {
			err := run.Release(ctx, nil)
			noted(err)
			return nil // what fails is retried
		}
		_, err := run.change(ctx, func(e *entry) bool { return e.Hold != run.hold })
		if err == nil {
			run.forgetRequest(ctx)
		}
		noted(err)
		return err
	})
	unending := context.WithoutCancel(ctx)
	time.AfterFunc(sendTime, func() { _ = r.store.flush(unending) }) // what fails is made later
}

// isGivenUp reports whether a call has ended for a reason: one that was answered ends without.
func isGivenUp(call context.Context) bool {
	cause := context.Cause(call)
	return cause != nil && cause != context.Canceled //nolint:errorlint // as it is
}

// undeliver lets the same call attach to a run that was forgotten although nobody got its result.
func (r *Run) undeliver(ctx context.Context) error {
	err := update(context.WithoutCancel(ctx), r.store, r.key, AttachFor, func(list *[]entry) (bool, error) {
		i := slices.IndexFunc(*list, func(e entry) bool { return e.ID == r.ID && e.Done })
		if i < 0 {
			return false, errUnchanged
		}
		(*list)[i].Done, (*list)[i].Changed = false, r.store.now().UnixMilli()
		return true, nil
	})
	if err == nil {
		err = r.noteTask(ctx)
	}
	return err
}

// Release ends the hold without a delivery: the client gave up, the connection was lost, or
// the wait was over and the answer is "running". The same call attaches from then on. Result
// is the final one where it came too late, otherwise nil.
func (r *Run) Release(ctx context.Context, result json.RawMessage) error {
	end := func(e *entry) bool {
		e.keep(result)
		return r.endHold(e)
	}
	_, err := r.change(ctx, end)
	r.retry(err, end)
	r.forgetRequest(ctx)
	r.letGo()
	if err == nil {
		err = r.noteTask(ctx)
	}
	return err
}

// Forget ends the hold of a run that has no task: it was refused, or never sent. A call that
// ends before it submits has to Forget its run. A call that attached meanwhile is told.
func (r *Run) Forget(ctx context.Context) error {
	end := func(e *entry) bool {
		e.Refused = e.Hold != r.hold && e.Hold != "" && !e.hasTask()
		return e.Refused
	}
	_, err := r.change(ctx, end)
	r.retry(err, end)
	r.forgetRequest(ctx)
	r.letGo()
	return err
}

// abort undoes Begin where it fails halfway.
func (r *Run) abort() {
	if r.Attached {
		_ = r.Release(context.Background(), nil)
	} else {
		_ = r.Forget(context.Background())
	}
}
