package tools

import (
	"context"
	"errors"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// launch is a run that a call starts, or that an earlier, equal call started and this one goes
// on with. Its run is held in the store until the call ends: see store.Run.
type launch struct {
	*Call
	plan     plannedRun
	in       modelRun
	run      *store.Run    // nil where it is not remembered: the store is down and the caller wants a new run anyway
	reserved *reservation  // nil for a run that is paid for already
	found    bool          // its answer was lost, and its task was found
	parts    *sessionParts // of a realtime model's session, until it begins
	ref      wiro.TaskRef  // of the task, once it is known
	progress taskProgress
}

const (
	refreshInterval = 250 * time.Millisecond // between looks at a submit that another call makes
	stopTimeout     = 15 * time.Second       // for stopping a task whose call was canceled
)

// queuePauses are the pauses between attempts to get a slot, the last one repeated.
var queuePauses = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 3 * time.Second}

// begin remembers a run before it is submitted, or attaches to one that an equal call left
// behind. A new one is held against the caps; a charge needs a confirmation.
func (c *Call) begin(ctx context.Context, plan plannedRun, in modelRun) (*launch, *mcptool.Charge, error) {
	l := &launch{Call: c, plan: plan, in: in}
	run, err := c.Store.Begin(ctx, store.Call{
		Caller: c.caller(), Model: plan.Slug.String(), Params: equalCall(in), Request: c.Scope.Request, Arrived: c.Scope.Arrived,
	}, in.Again)
	switch {
	case errors.Is(err, store.ErrTooMany), errors.Is(err, store.ErrUnavailable) && in.Again:
		c.warn(ctx, err, "a run is not remembered")
		run = nil
	case errors.Is(err, store.ErrUnavailable):
		c.warn(ctx, err, "a run was refused")
		return nil, nil, mcptool.Problemf("The server cannot look up whether an earlier call started this run, because its store is not available. " +
			"Nothing was submitted: repeat the call in a minute. again:true starts the run without looking, and pays twice if one is under way.")
	case err != nil:
		return nil, nil, err
	}
	l.run = run
	if run != nil && run.Attached {
		return l, nil, nil
	}
	if run != nil && run.Canceled && (c.stopsAbandoned || plan.Kind != realtime.None) {
		l.forget(ctx)
		return nil, nil, mcptool.Problemf("The client canceled this call before the run was submitted: nothing was submitted.")
	}
	var charge *mcptool.Charge
	if l.reserved, charge, err = c.reserve(ctx, plan, in); err != nil {
		l.forget(ctx)
		return nil, nil, err
	}
	return l, charge, nil
}

// abandon undoes begin: nothing was submitted.
func (l *launch) abandon(ctx context.Context) {
	l.parts.close()
	l.parts = nil
	l.reserved.release(ctx)
	l.forget(ctx)
}

// result brings the run to an end that the caller can use: its result, or its token.
func (l *launch) result(ctx context.Context) (*TaskResult, error) {
	l.progress.progress, l.progress.answer = l.StartProgress(), l.Answer()
	l.Cleanup(l.progress.progress.Stop)
	timeout := l.in.Timeout
	if mcptool.LooksOnce(timeout) || !l.in.waits() { // the submit has the usual time all the same
		timeout = nil
	}
	limited, end := l.LimitWait(ctx, timeout)
	l.Cleanup(end)
	submission, err := l.submission(ctx, limited)
	if err != nil {
		return nil, err
	}
	return l.await(ctx, limited, submission), nil
}

// await waits for the task, unless the caller does not want to.
func (l *launch) await(ctx, limited context.Context, submission wiro.Submission) *TaskResult {
	l.ref = submission.Ref()
	task := &wiro.Task{
		ID: submission.TaskID, Token: submission.Token, ModelOwner: l.plan.Slug.Owner, ModelProject: l.plan.Slug.Model,
	}
	if !l.in.waits() {
		return l.finish(ctx, l.unwaited(task), false)
	}
	l.progress.submitted(submission, l.plan)
	l.progress.expect(l.plan.price)
	if held := l.sessions.Find(l.caller().Key, l.ref); held != nil {
		result, over := l.awaitSession(limited, held, l.in.Timeout, &l.progress)
		return l.finish(ctx, result, over)
	}
	awaited := func(err error) *TaskResult {
		l.progress.keep(task, l.ref, l.plan.Slug, err)
		result, over := l.awaited(limited, task, err)
		return l.finish(ctx, result, over)
	}
	if mcptool.LooksOnce(l.in.Timeout) {
		return awaited(l.Call.look(limited, l.ref, task))
	}
	return later(func(then func(error)) {
		if l.found || l.run != nil && l.run.Attached {
			l.Wiro.Tasks.Follow(limited, task, then, l.progress.update)
		} else {
			submission.Follow(limited, task, then, l.progress.update)
		}
	}, func(err error) (*TaskResult, error) { return awaited(err), nil })
}

// finish completes the result, and gives the hold on the run up.
func (l *launch) finish(ctx context.Context, result *TaskResult, over bool) *TaskResult {
	l.complete(ctx, result)
	result.Today = l.spentToday(context.WithoutCancel(ctx))
	l.end(ctx, result, over) // last of what takes time: its client reads the result, or has left
	result.Quote, result.Warnings = l.plan.quoteBeside(result), l.plan.Warnings
	sent := shown(l.plan.Params)
	if !sameJSON(sent, shown(l.in.Params)) {
		result.Params = sent
	}
	if result.State == stateFailed { // with files as the caller named them
		result.NextAction, result.Params = l.repeatedRun(l.plan.Slug, sent), nil
	}
	switch {
	case l.found:
		result.Note = joinSentences("The answer to the submit was lost; its task was found in the list of tasks.", result.Note)
	case l.run != nil && l.run.Attached:
		result.Note = joinSentences("An earlier, equal call started this run: nothing was submitted now. again:true starts a second one.", result.Note)
		if l.in.Callback != "" {
			result.Note = joinSentences(result.Note, "Wiro posts the result to the callbackUrl of the call that started it.")
		}
	}
	result.Attached = l.run != nil && l.run.Attached
	return result
}

// unwaited is the result of a call that does not wait.
func (l *launch) unwaited(task *wiro.Task) *TaskResult {
	task.Status = wiro.TaskQueue
	result := l.taskResult(*task)
	result.State = stateSubmitted
	return result
}

// awaited is the result of a wait that ended with err.
func (l *launch) awaited(ctx context.Context, task *wiro.Task, err error) (result *TaskResult, over bool) {
	if err == nil || task.Over() {
		l.reserved.settle(ctx, *task)
		l.recordCosts(ctx, *task) // of a run that an earlier call reserved for
	}
	var outcome sessionOutcome
	if task.Over() && l.plan.Kind != realtime.None {
		outcome = l.outcomeOf(ctx, *task)
	}
	result = l.taskResultOf(*task, outcome)
	result.Note = joinSentences(result.Note, l.progress.note(l.Call, l.WaitError(ctx, err)))
	return result, task.Over()
}

// end gives the hold on the run up. A result that the client will read is forgotten; anything
// else is found again by the same call.
func (l *launch) end(ctx context.Context, result *TaskResult, over bool) {
	reads := ctx.Err() == nil
	if !reads && !over {
		l.endAbandoned(ctx)
	}
	if l.run == nil {
		return
	}
	var err error
	switch {
	case reads && (over || result.State == stateSubmitted):
		l.run.DeliverSoon(ctx, func(err error) { l.noted(ctx, err) }) // the record holds the result
	case !over && l.stopsAbandoned && l.plan.Kind == realtime.None && errors.Is(context.Cause(ctx), mcptool.ErrCanceledByClient):
		err = l.stop(ctx)
	default:
		err = l.run.Release(ctx, nil)
	}
	l.noted(ctx, err)
}

// stop stops the task of a call that its client canceled. A task that cannot be stopped stays
// to be found.
func (l *launch) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	ref := wiro.TaskRef{Token: l.run.Token, ID: l.run.TaskID}
	err := stopRun(ctx, l.Wiro, l.run)
	_, _ = l.lookUp(ctx, ref) // its reservation ends with what its record says
	return err
}

// stopRun cancels or kills the task of a run, whichever its state asks for, and forgets it.
func stopRun(ctx context.Context, client *wiro.Client, run *store.Run) error {
	ref := wiro.TaskRef{Token: run.Token, ID: run.TaskID}
	err := client.Tasks.Cancel(ctx, ref)
	if err != nil {
		err = client.Tasks.Kill(ctx, ref)
	}
	if err != nil {
		return errors.Join(err, run.Release(ctx, nil))
	}
	return run.Forget(ctx)
}

// forget ends the hold on a run that has no task.
func (l *launch) forget(ctx context.Context) {
	if l.run != nil {
		l.noted(ctx, l.run.Forget(ctx))
	}
}

// warn logs what went wrong in the call, under the request that its user can name.
func (c *Call) warn(ctx context.Context, err error, text string) {
	c.log.Warn().Ctx(ctx).Str("request", c.Scope.RequestID).Err(err).Msg(text)
}

// noted logs that the store could not take something down: the run itself goes on.
func (c *Call) noted(ctx context.Context, err error) {
	if err != nil {
		c.warn(ctx, err, "a run could not be noted in the store")
	}
}

// caller names the caller to the store. A seal is a fingerprint that only the same credentials
// give.
func (c *Call) caller() store.Caller {
	c.sealed.Do(func() { c.identity = storeCaller(c.Wiro) })
	return c.identity
}

func storeCaller(client *wiro.Client) store.Caller {
	return store.Caller{BaseURL: client.BaseURL(), Key: client.Seal("store", "caller")}
}

// delivered forgets the run of a task whose final result another tool delivers.
func (c *Call) delivered(ctx context.Context, task wiro.Task) {
	if !task.Over() || ctx.Err() != nil {
		return
	}
	ctx, cancel := c.Store.Within(ctx, time.Second)
	defer cancel()
	name := task.Token
	if name == "" {
		name = task.ID
	}
	c.recordCosts(ctx, task)
	c.noted(ctx, c.Store.DeliveredTask(ctx, c.caller(), name))
}
