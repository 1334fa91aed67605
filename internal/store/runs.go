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
)

// Call is what a run is remembered under. Equal calls have the same caller, model and params.
type Call struct {
	Caller  Caller
	Model   string         // "owner/model"
	Params  map[string]any // as they are sent
	Request string         // names this request of the caller, for GiveUp; "" where it cannot be given up
}

// entry is a run as it is kept. Hold names the call that will deliver its result; without one
// the run can be attached to.
type entry struct {
	ID        string          `json:"id"`
	Hold      string          `json:"hold,omitempty"`
	Owner     string          `json:"owner,omitempty"`     // process of Hold
	Submitter string          `json:"submitter,omitempty"` // process that submits it
	Lost      bool            `json:"lost,omitempty"`      // the answer of the submit was lost
	TaskID    string          `json:"task,omitempty"`
	Token     string          `json:"token,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Done      bool            `json:"done,omitempty"`    // delivered: only its task is still known
	Refused   bool            `json:"refused,omitempty"` // there is no task: who attached tries for itself
	Began     int64           `json:"began"`             // Unix milliseconds
	Changed   int64           `json:"changed"`           // Unix milliseconds
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
// call is in flight stays separate. Again begins a new run and forgets abandoned ones.
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
	for {
		unsure := ""
		err = update(ctx, s, run.key, AttachFor, func(list *[]entry) (bool, error) {
			s.prune(list)
			if i := slices.IndexFunc(*list, func(e entry) bool { return e.Hold == run.hold }); i >= 0 {
				run.Attached = (*list)[i].ID != fresh // it was written, and only the answer was lost
				run.take((*list)[i])
				return true, errUnchanged
			}
			found := -1
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
				case found < 0 || e.better((*list)[found]):
					found = i
				}
			}
			if found >= 0 && !again {
				s.attach(run, &(*list)[found])
				return true, nil
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
		err = run.judge(ctx)
	}
	return run, err
}

// holds remembers a hold's call: one that has ended gives its run up before it gets to say so,
// which counts where a client repeats a call at once, also to another replica.
func (s *Store) holds(ctx context.Context, run *Run) {
	held := Run{ID: run.ID, caller: run.caller, key: run.key, hold: run.hold, store: s}
	stop := context.AfterFunc(ctx, func() {
		if !s.Shared() {
			return
		}
		end := func(e *entry) bool {
			if e.Hold == held.hold {
				e.Hold, e.Owner = "", ""
			}
			return true
		}
		_, err := held.change(ctx, end)
		held.retry(err, end)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = map[string]heldCall{}
	}
	s.calls[run.hold] = heldCall{ctx, stop}
}

// heldCall is the call of a hold.
type heldCall struct {
	context.Context
	stop func() bool // stops what happens when the context ends
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

func (e entry) hasTask() bool { return e.TaskID != "" || e.Token != "" }

// abandoned reports whether no call of a living process has the run.
func (e entry) abandoned(living map[string]bool) bool {
	return !e.Done && (e.Hold == "" || !living[e.Owner])
}

// done is what stays of a run with a task that nobody attaches to any more: no equal run takes
// the task for its own, see Claim.
func (e entry) done() entry {
	return entry{ID: e.ID, TaskID: e.TaskID, Token: e.Token, Began: e.Began, Changed: e.Changed, Done: true}
}

// better prefers runs with a result, then with a task, then older ones.
func (e entry) better(than entry) bool {
	switch {
	case (e.Result != nil) != (than.Result != nil):
		return e.Result != nil
	case (e.Token != "") != (than.Token != ""):
		return e.Token != ""
	}
	return e.Began < than.Began
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

// Claim takes a task that was found in Task/List for the run's own, unless it is known as that
// of an equal run, also one that was delivered lately.
func (r *Run) Claim(ctx context.Context, taskID, token string) (claimed bool, err error) {
	err = update(context.WithoutCancel(ctx), r.store, r.key, AttachFor, func(list *[]entry) (bool, error) {
		i := slices.IndexFunc(*list, r.is)
		claimed = i >= 0 && !slices.ContainsFunc(*list, func(e entry) bool {
			return e.ID != r.ID && (e.TaskID != "" && e.TaskID == taskID || e.Token != "" && e.Token == token)
		})
		if !claimed {
			return false, errUnchanged
		}
		(*list)[i].TaskID, (*list)[i].Token, (*list)[i].Lost = taskID, token, false
		return true, nil
	})
	if claimed && err == nil {
		r.TaskID, r.Token, r.State = taskID, token, Submitted
	}
	return claimed && err == nil, err
}

// OthersSubmit reports whether equal runs are being submitted: a task that nobody knows may be
// one of theirs.
func (r *Run) OthersSubmit(ctx context.Context) (bool, error) {
	list, err := r.entries(ctx)
	return slices.ContainsFunc(list, func(e entry) bool {
		return e.ID != r.ID && !e.Done && !e.Refused && !e.Lost && !e.hasTask() && (e.Hold != "" || e.Submitter == r.store.owner)
	}), err
}

// entries are the runs of the same call.
func (r *Run) entries(ctx context.Context) (list []entry, err error) {
	data, err := r.store.backend.get(ctx, r.key)
	if err != nil || json.Unmarshal(data, &list) != nil {
		return nil, err // nothing there, or damaged
	}
	return list, nil
}

// change applies a change to the run's entry, if it is there. Found reports whether it was.
func (r *Run) change(ctx context.Context, change func(e *entry) (keep bool)) (found bool, err error) {
	err = update(context.WithoutCancel(ctx), r.store, r.key, AttachFor, func(list *[]entry) (bool, error) {
		i := slices.IndexFunc(*list, r.is)
		if found = i >= 0; !found {
			return false, errUnchanged
		}
		e := &(*list)[i]
		e.Changed = r.store.now().UnixMilli()
		switch {
		case change(e):
		case e.hasTask():
			*e = e.done()
		default:
			*list = slices.Delete(*list, i, i+1)
		}
		return len(*list) > 0, nil
	})
	return found, err
}

// Submitted adds the task to the entry, also after the call has ended: whoever attached to
// it finds the task.
func (r *Run) Submitted(ctx context.Context, taskID, token string) error {
	r.TaskID, r.Token, r.State = taskID, token, Submitted
	released := false
	add := func(e *entry) bool {
		e.TaskID, e.Token, e.Lost = taskID, token, false
		return true
	}
	_, err := r.change(ctx, func(e *entry) bool {
		released = e.Hold == ""
		return add(e)
	})
	r.retry(err, add)
	if err == nil && released {
		err = r.noteTask(ctx)
	}
	return err
}

// noteTask lets DeliveredTask find the run by its task.
func (r *Run) noteTask(ctx context.Context) error {
	for _, name := range []string{r.TaskID, r.Token} {
		if name == "" {
			continue
		}
		if err := update(context.WithoutCancel(ctx), r.store, r.store.taskKey(r.caller, name), AttachFor, func(q *request) (bool, error) {
			*q = request{Run: r.key, ID: r.ID}
			return true, nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) taskKey(caller Caller, name string) string {
	return s.key("task", caller.BaseURL, caller.Key, name)
}

// DeliveredTask forgets the run of a task, named by its id or token, because another way than
// its own call delivers the final result.
func (s *Store) DeliveredTask(ctx context.Context, caller Caller, name string) error {
	if name == "" {
		return nil
	}
	var found request
	err := update(context.WithoutCancel(ctx), s, s.taskKey(caller, name), AttachFor, func(q *request) (bool, error) {
		if q.ID != "" { // as in giveUp
			found = *q
		}
		return false, nil
	})
	if err != nil || found.ID == "" {
		return err
	}
	run := Run{ID: found.ID, key: found.Run, store: s}
	_, err = run.change(ctx, func(e *entry) bool { return e.Hold != "" }) // its call goes on by itself
	return err
}

// Lost notes that the answer of the submit was lost: the task, if there is one, is to be
// looked for in Task/List. The run can be attached to once the call ends.
func (r *Run) Lost(ctx context.Context) error {
	r.State = Lost
	lose := func(e *entry) bool {
		e.Lost = true
		return true
	}
	_, err := r.change(ctx, lose)
	r.retry(err, lose)
	return err
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

// Release ends the hold without a delivery: the client gave up, the connection was lost, or
// the wait was over and the answer is "running". The same call attaches from then on. Result
// is the final one where it came too late, otherwise nil.
func (r *Run) Release(ctx context.Context, result json.RawMessage) error {
	end := func(e *entry) bool {
		if e.Hold == r.hold {
			e.Hold, e.Owner = "", ""
		}
		e.keep(result)
		return true
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

func (e *entry) keep(result json.RawMessage) {
	if len(result) > 0 && len(result) <= mostResult {
		e.Result = result
	}
}

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

// judge finds out whether the process that submits the run still lives.
func (r *Run) judge(ctx context.Context) error {
	if r.State != Submitting || r.submitter == r.store.owner {
		return nil
	}
	alive, err := r.store.backend.alive(ctx, r.submitter)
	if err == nil && !alive {
		r.State = Lost
	}
	return err
}
