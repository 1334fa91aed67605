package store

import (
	"context"
	"slices"
)

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
	if name == "" || s.none("task") {
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
