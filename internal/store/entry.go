package store

import (
	"context"
	"encoding/json"
	"slices"
)

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

func (e *entry) keep(result json.RawMessage) {
	if len(result) > 0 && len(result) <= mostResult {
		e.Result = result
	}
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
