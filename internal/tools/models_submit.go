package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// submission returns the run's task: submitted now, or by the call that this one attached to.
// Where it returns an error, the hold on the run is given up. Limited is ctx for as long as the
// call may wait.
func (l *launch) submission(ctx, limited context.Context) (wiro.Submission, error) {
	for l.run != nil && l.run.Attached {
		switch l.run.State {
		case store.Submitted:
			return wiro.Submission{TaskID: l.run.TaskID, Token: l.run.Token}, nil
		case store.Lost:
			return l.find(limited, l.run.Began, errors.New("the call that submitted it ended before the answer"))
		case store.Submitting:
		}
		l.progress.progress.Update(0.01, 0, "an earlier, equal call submits the run")
		gone, err := l.refresh(limited)
		switch {
		case err != nil:
			if submission, found := l.lastLook(ctx, l.run.Began); found {
				return submission, nil
			}
			l.noted(ctx, l.run.Release(ctx, nil))
			return wiro.Submission{}, l.mayHaveStarted(errors.New("the call that submits it is still waiting"))
		case gone: // it was refused: this call tries for itself
			fresh, charge, err := l.begin(ctx, l.plan, l.in)
			if err != nil {
				return wiro.Submission{}, err
			}
			if charge != nil && l.Charge == nil {
				fresh.abandon(ctx)
				return wiro.Submission{}, mcptool.Problemf("An earlier, equal call was refused. %s Nothing was submitted: repeat the call.", charge)
			}
			l.run, l.reserved = fresh.run, fresh.reserved
		}
	}
	return l.submit(ctx, limited)
}

// refresh looks at the run again after a moment.
func (l *launch) refresh(ctx context.Context) (gone bool, err error) {
	if err := pause(ctx, refreshInterval); err != nil {
		return false, err
	}
	return l.run.Refresh(ctx)
}

// submit sends the run to Wiro, once. It waits for the answer as long as the call may wait; the
// exchange goes on after that, and its token is kept for the same call.
func (l *launch) submit(ctx, limited context.Context) (wiro.Submission, error) {
	if err := l.uploadFirst(limited); err != nil {
		l.abandon(ctx)
		return wiro.Submission{}, err
	}
	if err := l.openSession(limited); err != nil {
		l.abandon(ctx)
		return wiro.Submission{}, err
	}
	for attempt := 0; ; attempt++ {
		began := time.Now()
		pending := l.Wiro.Runs.Start(ctx, l.plan.Slug.String(), l.plan.sent, l.in.options()...)
		l.Background(func() { <-pending.Done() })
		notice := time.AfterFunc(submitNotice, func() {
			l.progress.progress.Update(0.01, 0, "submitting "+l.plan.Slug.String()+", which "+l.plan.line())
		})
		submission, err := pending.Wait(limited)
		if err != nil && limited.Err() != nil && !errors.Is(limited.Err(), context.DeadlineExceeded) { // the token is worth a moment
			grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), submitGrace)
			submission, err = pending.Wait(grace)
			cancel()
		}
		notice.Stop()
		switch {
		case err == nil:
			l.accepted(ctx, submission)
			return submission, nil
		case limited.Err() != nil && !isDone(pending.Done()):
			if submission, found := l.lastLook(ctx, began); found {
				l.compare(ctx, pending, submission)
				return submission, nil
			}
			return wiro.Submission{}, l.leave(ctx, pending)
		case reasonOf(err) == unknownOutcome:
			if l.run != nil {
				l.noted(ctx, l.run.Lost(ctx))
			}
			return l.find(limited, began, err)
		case reasonOf(err) == wiro.ReasonConcurrencyLimit && l.queuesOnLimit && limited.Err() == nil:
			l.progress.progress.Update(0.02, 0, "waiting for a slot: as many tasks run as the account may run at once")
			if pause(limited, queuePauses[min(attempt, len(queuePauses)-1)]) == nil {
				continue
			}
		}
		l.abandon(ctx)
		return wiro.Submission{}, l.notRun(ctx, l.plan.Slug, err)
	}
}

// accepted takes the task down: from here on it costs money. The session of a realtime model
// begins.
func (l *launch) accepted(ctx context.Context, s wiro.Submission) {
	l.submitted(ctx, s)
	l.startSession(ctx, s)
}

func (l *launch) submitted(ctx context.Context, s wiro.Submission) {
	l.reserved.bind(ctx, s)
	if l.run != nil {
		l.noted(ctx, l.run.Submitted(ctx, s.TaskID, s.Token))
	}
}

// leave ends the wait for the answer to a submit that is under way. The answer is taken down
// when it comes.
func (l *launch) leave(ctx context.Context, pending *wiro.PendingSubmission) error {
	stops := l.stopsAbandoned && errors.Is(context.Cause(ctx), mcptool.ErrCanceledByClient)
	if l.plan.Kind != realtime.None { // as endAbandoned does
		stops = ctx.Err() != nil && !errors.Is(context.Cause(ctx), mcptool.ErrTimedOutByClient)
	}
	if l.run != nil {
		l.noted(ctx, l.run.Release(ctx, nil))
	}
	ctx = context.WithoutCancel(ctx)
	l.Background(func() {
		submission, err := pending.Wait(ctx)
		switch {
		case err == nil && stops:
			l.submitted(ctx, submission)
			l.parts.close()
			if l.run != nil {
				l.noted(ctx, l.stop(ctx))
			} else {
				l.stopTask(ctx, submission.Ref())
			}
		case err == nil:
			l.accepted(ctx, submission)
		case reasonOf(err) != unknownOutcome:
			l.abandon(ctx)
		default:
			l.parts.close()
			if l.run != nil {
				l.noted(ctx, l.run.Lost(ctx))
			}
		}
	})
	return l.mayHaveStarted(errors.New("Wiro has not answered yet")) //nolint:revive // Wiro is a name
}

// compare takes down the answer to a submit whose task was looked for meanwhile, where another
// one was found: that one is somebody else's, and its cost is no part of this run's.
func (l *launch) compare(ctx context.Context, pending *wiro.PendingSubmission, found wiro.Submission) {
	run, reserved, ctx := *l.run, l.reserved, context.WithoutCancel(ctx) // the call goes on with its own
	l.Background(func() {
		if answer, err := pending.Wait(ctx); err == nil && answer.TaskID != found.TaskID {
			reserved.bind(ctx, answer)
			l.noted(ctx, run.Submitted(ctx, answer.TaskID, answer.Token))
		}
	})
}

const (
	submitNotice = time.Second            // a submit that takes longer is told of
	submitGrace  = 700 * time.Millisecond // for the answer to a submit whose call is ended: a process that ends has 1.5 s
)

// findPauses are the pauses before the looks at Task/List after a lost answer.
var findPauses = []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond}

const (
	findLimit = 50              // tasks of a look
	findSlack = 2 * time.Second // starttime has whole seconds
	// lookTimeout bounds the look of a call whose time is up.
	lookTimeout = 2 * time.Second
)

// find looks for the task of a submit whose answer was lost, and attaches to it. A submit that
// is not found may still have started one.
func (l *launch) find(ctx context.Context, began time.Time, lost error) (wiro.Submission, error) {
	l.progress.progress.Update(0.03, 0, "the answer was lost: looking whether the run started")
	for _, wait := range findPauses {
		if pause(ctx, wait) != nil {
			break
		}
		if submission, found := l.look(ctx, began); found {
			return submission, nil
		}
	}
	l.parts.close()
	if l.run != nil {
		l.noted(ctx, l.run.Release(ctx, nil))
	}
	return wiro.Submission{}, l.mayHaveStarted(lost)
}

// lastLook is find for a call whose time is up while its submit, or that of the call that it
// attached to, is not answered.
func (l *launch) lastLook(ctx context.Context, began time.Time) (wiro.Submission, bool) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return l.look(ctx, began)
}

// look takes the newest task in Task/List that can only be the run's. Without a store nobody
// knows whose it is.
func (l *launch) look(ctx context.Context, began time.Time) (submission wiro.Submission, found bool) {
	if l.run == nil {
		return submission, false
	}
	page, err := l.Wiro.Tasks.List(ctx, wiro.TaskQuery{Limit: findLimit})
	if err != nil {
		return submission, false
	}
	if others, err := l.run.OthersSubmit(ctx); err != nil || others {
		return submission, false
	}
	waits := !l.run.Attached || l.run.State == store.Lost // nobody else begins its session
	for _, task := range page.Tasks {
		if !l.isOwn(task, began) || waits && l.plan.Kind != realtime.None && l.isHeld(ctx, task.Ref()) {
			continue
		}
		if found, err = l.run.Claim(ctx, task.ID, task.Token); err != nil {
			return submission, false
		}
		if found {
			submission = wiro.Submission{TaskID: task.ID, Token: task.Token}
			l.reserved.bind(ctx, submission)
			l.found = !l.run.Attached
			if waits {
				l.startSession(ctx, submission)
			}
			return submission, true
		}
	}
	return submission, false
}

// isHeld reports whether a session holds a task, or has held it: one with other sound, which Wiro's
// record does not tell apart.
func (l *launch) isHeld(ctx context.Context, ref wiro.TaskRef) bool {
	if l.sessions.Find(l.caller().Key, ref) != nil {
		return true
	}
	outcome, held, err := l.Store.Outcome(ctx, l.caller(), cmp.Or(ref.Token, ref.ID))
	return outcome != nil || held || err != nil
}

// isOwn reports whether a task can be the one that a lost submit started.
func (l *launch) isOwn(task wiro.Task, began time.Time) bool {
	at := task.StartedAt
	if at.IsZero() { // it is in the queue
		at = task.CreatedAt
	}
	if !strings.EqualFold(task.Model().String(), l.plan.Slug.String()) || !at.IsZero() && at.Before(began.Add(-findSlack)) {
		return false
	}
	for name, value := range l.plan.sent {
		echoed, ok := task.Parameters[name]
		sent, plain := plainText(value)
		if !ok || !plain || sent == "" { // a file's URL is echoed
			continue
		}
		if got, plain := plainText(echoed); plain && got != sent && !strings.HasSuffix(got, " bytes left out]") {
			return false
		}
	}
	return true
}

// plainText is a scalar as text, so that 10, "10" and 10.0 are equal.
func plainText(value any) (text string, plain bool) {
	switch v := value.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case bool, int, int64, float64:
		text = fmt.Sprint(v)
	default:
		return "", false
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && len(text) < 16 {
		text = strconv.FormatFloat(n, 'g', -1, 64)
	}
	return text, true
}

// mayHaveStarted is the answer where nobody knows whether the run was accepted.
func (l *launch) mayHaveStarted(err error) error {
	return mcptool.Problemf("No usable answer came back (%s), but the request may have reached Wiro and started the run. "+
		"Look with list_tasks. The same call looks again and goes on with the run, and submits nothing; again:true submits a second one.", causeOf(err)).
		WithNext("list_tasks", "see whether the run started after all", map[string]any{"limit": 5})
}

func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
