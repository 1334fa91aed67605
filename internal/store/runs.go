package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

const (
	// AttachFor is how long after its last change a run can be attached to.
	AttachFor = 15 * time.Minute

	mostRunsPerCall = 32       // equal runs that are remembered
	mostResult      = 32 << 10 // bytes of a result that is kept
	mostPerRequest  = 8

	// A client that repeats a call may do so a moment before the first one is seen to be given up:
	// its cancel, or the end of its connection, comes on another way.
	seenGivenUp     = 500 * time.Millisecond
	seenInterval    = 20 * time.Millisecond
	shortestTimeout = 250 * time.Millisecond // no client gives up earlier; equal calls made at once are not that far apart
)

// Call is what a run is remembered under. Equal calls have the same caller, model and params.
type Call struct {
	Caller  Caller
	Model   string         // "owner/model"
	Params  map[string]any // as they are sent
	Request string         // names this request of the caller, for GiveUp; "" if it cannot be given up
	Arrived time.Time      // when that request came
}

// State is how far the submit of a run is known to have come.
type State string

// The states of a run. After Lost the task may be in Task/List.
const (
	Submitting State = "submitting" // a living process is about to submit it
	Submitted  State = "submitted"  // it has a task
	Lost       State = "lost"       // its process ended, or the answer was lost: it may have a task
)

// Run is one call's hold on a run. Exactly one of Deliver, Release and Forget ends it. Its
// methods work after the call's context has ended: the entry is what makes the run found
// again.
type Run struct {
	ID       string // names the run, also as a reservation
	Attached bool   // the run was begun by an earlier call: submit nothing
	Canceled bool   // the client canceled this call before Begin

	// As they were when the run was begun, or last refreshed.
	State         State
	TaskID, Token string
	Result        json.RawMessage // final result that came meanwhile, nil without
	Began         time.Time       // when its first call began

	store             *Store
	caller            Caller
	key, hold, reqKey string
	submitter         string // process that submits it
}

// Begin remembers a run before it is submitted, or attaches to an equal one that was
// abandoned: given up, released, or left behind by a process that ended. An equal run whose
// call is in flight stays separate. If it has been so for 250 ms, which may be all that its client
// waits for, Begin first waits for 500 ms whether it is given up. Again begins a new run and forgets
// abandoned ones.
//
// Where an equal run belongs to another process, Begin may wait for a sign of life of it, up
// to the lease of 2.5 s. ErrUnavailable and ErrTooMany mean that nothing was remembered.
func (s *Store) Begin(ctx context.Context, call Call, again bool) (*Run, error) {
	if err := s.backend.hold(ctx, s.owner); err != nil {
		return nil, err
	}
	if err := s.flush(ctx); err != nil {
		return nil, err
	}
	params, err := json.Marshal(call.Params)
	if err != nil {
		return nil, err
	}
	run := &Run{store: s, hold: rand.Text(), caller: call.Caller, key: s.key("run", call.Caller.BaseURL, call.Caller.Key, call.Model, string(params))}
	fresh := rand.Text()
	living := map[string]bool{s.owner: true}
	var patience time.Time
	for {
		unsure, waits := "", false
		err = update(ctx, s, run.key, AttachFor, func(list *[]entry) (bool, error) {
			waits = false
			s.prune(list)
			if i := slices.IndexFunc(*list, func(e entry) bool { return e.Hold == run.hold }); i >= 0 {
				run.Attached = (*list)[i].ID != fresh // it was written, and only the answer was lost
				run.take((*list)[i])
				return true, errUnchanged
			}
			found, inFlight := -1, false
			for i, e := range *list {
				alive, asked := living[e.Owner]
				switch {
				case e.Done:
				case e.Hold != "" && s.hasEnded(e.Hold) && (found < 0 || e.better((*list)[found])):
					found = i
				case e.Hold != "" && !asked:
					unsure = e.Owner
					return false, errUnchanged
				case e.Hold != "" && alive:
					inFlight = inFlight || s.now().UnixMilli()-e.Began >= shortestTimeout.Milliseconds()
				case found < 0 || e.better((*list)[found]):
					found = i
				}
			}
			if found >= 0 && !again {
				s.attach(run, &(*list)[found])
				return true, nil
			}
			if waits = inFlight && !again && (patience.IsZero() || time.Now().Before(patience)); waits {
				return false, errUnchanged
			}
			if again {
				*list = slices.DeleteFunc(*list, func(e entry) bool { return e.abandoned(living) && !e.hasTask() })
				for i, e := range *list {
					if e.abandoned(living) {
						(*list)[i] = e.done()
					}
				}
			}
			return true, s.add(run, list, fresh)
		})
		if err != nil {
			if run.ID != "" { // it may have been written
				run.abort()
			}
			return nil, err
		}
		if waits {
			if patience.IsZero() {
				patience = time.Now().Add(s.patience)
			}
			if err := sleep(ctx, seenInterval); err != nil {
				return nil, err
			}
			living = map[string]bool{s.owner: true} // another process may have been killed meanwhile
			continue
		}
		if unsure == "" {
			break
		}
		if living[unsure], err = s.backend.alive(ctx, unsure); err != nil {
			return nil, err
		}
	}
	s.holds(ctx, run)
	if err := s.noteRequest(ctx, call, run); err != nil {
		run.abort()
		return nil, err
	}
	if run.Attached {
		if err := run.judge(ctx); err != nil {
			run.abort()
			return nil, err
		}
	}
	return run, nil
}

func (s *Store) attach(run *Run, e *entry) {
	e.Hold, e.Owner, e.Changed = run.hold, s.owner, s.now().UnixMilli()
	run.Attached = true
	run.take(*e)
}

func (s *Store) add(run *Run, list *[]entry, id string) error {
	now := s.now().UnixMilli()
	if len(*list) >= mostRunsPerCall {
		i := slices.IndexFunc(*list, func(e entry) bool { return e.Hold == "" })
		if i < 0 {
			return ErrTooMany
		}
		*list = slices.Delete(*list, i, i+1)
	}
	e := entry{ID: id, Hold: run.hold, Owner: s.owner, Submitter: s.owner, Began: now, Changed: now}
	*list = append(*list, e)
	run.Attached = false
	run.take(e)
	return nil
}

// ErrTooMany means that so many equal runs are in flight that another one is not remembered.
var ErrTooMany = errors.New("too many equal runs are in flight")

// prune removes entries that are too old, and refused ones that nobody waits for.
func (s *Store) prune(list *[]entry) {
	oldest := s.now().Add(-AttachFor).UnixMilli()
	*list = slices.DeleteFunc(*list, func(e entry) bool { return e.Changed <= oldest || e.Refused && e.Hold == "" })
}

// take copies what an entry says.
func (r *Run) take(e entry) {
	r.ID, r.TaskID, r.Token, r.Result, r.submitter = e.ID, e.TaskID, e.Token, e.Result, e.Submitter
	r.Began = time.UnixMilli(e.Began)
	switch {
	case e.hasTask():
		r.State = Submitted
	case e.Lost:
		r.State = Lost
	default:
		r.State = Submitting
	}
}

func (r *Run) is(e entry) bool { return e.ID == r.ID && !e.Done }

// Refresh looks at the entry again: while State is Submitting, an attached call waits for
// the task this way. Gone reports that the run was refused. An entry that is not there any more
// says nothing of that, such as after a restart of an empty Redis: the run is Lost then.
func (r *Run) Refresh(ctx context.Context) (gone bool, err error) {
	list, err := r.entries(ctx)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(list, func(e entry) bool { return e.ID == r.ID })
	switch {
	case i < 0:
		r.State = Lost
		return false, nil
	case list[i].Refused:
		return true, r.Forget(ctx)
	}
	r.take(list[i])
	return false, r.judge(ctx)
}

// judge finds out whether the process that submits the run still lives. One that has ended submits
// nothing any more, which equal runs have to know, too: see OthersSubmit.
func (r *Run) judge(ctx context.Context) error {
	if r.State != Submitting || r.submitter == r.store.owner {
		return nil
	}
	alive, err := r.store.backend.alive(ctx, r.submitter)
	if err == nil && !alive {
		err = r.Lost(ctx)
	}
	return err
}
