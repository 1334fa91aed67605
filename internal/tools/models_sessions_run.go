package tools

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media/sound"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// Why a session ended before its sound was answered.
var (
	errSessionStopped   = errors.New("the session was stopped")
	errSessionAbandoned = errors.New("the client canceled the call, or is gone")
)

const (
	stopGrace      = 10 * time.Second // for a session to end properly when it is told to
	shutdownGrace  = time.Second      // the same in a process that ends
	sessionRefresh = 5 * time.Minute  // between notes that a session lasts
	sessionLooks   = 4                // for the session of a run that was just submitted
)

// sessionParts are what a session needs. They are had before its run is submitted: a run that
// cannot be heard, or whose speech cannot be written, is better not paid for.
type sessionParts struct {
	connection *wiro.RealtimeConnection // nil once the session has begun
	sound      *sound.Reader            // nil if the model hears nothing
	speech     *speechFile              // nil if the model says nothing
}

func (p *sessionParts) close() {
	if p == nil {
		return
	}
	if p.connection != nil {
		p.connection.Close()
	}
	if p.sound != nil {
		_ = p.sound.Close() // only read
	}
	p.speech.remove()
}

// openSession gets the parts of a run's session, if the run has one.
func (l *launch) openSession(ctx context.Context) error {
	if l.plan.Kind == realtime.None || l.parts != nil {
		return nil
	}
	if l.sessions.IsFull() {
		return mcptool.Problemf("%s was not run: this server holds as many realtime sessions as it can. Try again in a minute.", l.plan.Slug)
	}
	parts := &sessionParts{sound: l.plan.takeSound()}
	var err error
	if l.plan.Kind.Speaks() {
		parts.speech, err = newSpeechFile()
	}
	if err == nil {
		parts.connection, err = l.Wiro.Realtime.Connect(ctx)
	}
	if err != nil {
		parts.close()
		return err
	}
	l.parts = parts
	return nil
}

// takeSound hands the sound over: it is no longer closed with the call.
func (p *plannedRun) takeSound() *sound.Reader {
	taken := p.sound
	if taken != nil {
		*p.owned = false
	}
	return taken
}

// startSession begins to hold the session of a run that was just submitted, or found. It goes on
// when the call has ended. A task that cannot be held is stopped: its session would wait in vain.
func (l *launch) startSession(ctx context.Context, s wiro.Submission) {
	if l.plan.Kind == realtime.None {
		return
	}
	if l.sessions.Find(l.caller().Key, s.Ref()) != nil {
		l.parts.close()
		l.parts = nil
		return
	}
	ctx = context.WithoutCancel(ctx)
	err := l.openSession(ctx)
	parts := l.parts
	l.parts = nil
	var session *wiro.Session
	if err == nil {
		session, err = parts.connection.Start(s)
		parts.connection = nil
	}
	if err != nil {
		parts.close()
		l.warn(ctx, err, "a session could not be held")
		l.stopTask(ctx, s.Ref())
		return
	}
	talk := realtime.Talk{Kind: l.plan.Kind, Pace: l.pace, Limit: l.plan.limit(), MaxCost: l.costLimit(ctx)}
	if parts.sound != nil {
		talk.Sound, talk.SoundSeconds = parts.sound, parts.sound.Seconds()
	}
	if parts.speech != nil {
		talk.Speech = parts.speech
	}
	held := l.sessions.Start(l.caller().Key, l.plan.Slug, session, talk, func(result realtime.Result, err error) json.RawMessage {
		return l.conclude(ctx, s, parts, result, err)
	})
	l.keep(ctx, held)
}

// keep lets the server end the session when it ends itself, or the connection of the client, and
// keeps the run and its session known while it lasts.
func (l *launch) keep(ctx context.Context, held *realtime.Held) {
	var stops []func() bool
	for _, drain := range l.Drains() {
		stops = append(stops, context.AfterFunc(drain, func() { held.End(mcptool.ErrRestarting, shutdownGrace) }))
	}
	touch := func() { l.noted(ctx, l.Store.HoldSession(ctx, l.caller(), held.Ref.ID, held.Ref.Token)) }
	if l.run != nil {
		run, hold := *l.run, touch // the call goes on with its own
		touch = func() {
			hold()
			l.noted(ctx, run.Submitted(ctx, held.Ref.ID, held.Ref.Token))
		}
	}
	touch()
	release := func() {}
	if l.Scope.Hold != nil {
		release = l.Scope.Hold()
	}
	l.Background(func() {
		defer release()
		ticker := time.NewTicker(sessionRefresh)
		defer ticker.Stop()
		for {
			select {
			case <-held.Done():
				for _, stop := range stops {
					stop()
				}
				return
			case <-ticker.C:
				touch()
			}
		}
	})
}

// stopTask takes a task out of the queue, or kills it.
func (c *Call) stopTask(ctx context.Context, ref wiro.TaskRef) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if c.Wiro.Tasks.Cancel(ctx, ref) == nil {
		return
	}
	if err := c.Wiro.Tasks.Kill(ctx, ref); err != nil {
		c.warn(ctx, err, "a task could not be stopped")
	}
}

// endAbandoned ends the session of a call that its client canceled, or whose connection was lost.
// A client whose time is up leaves it: the same call goes on with it.
func (l *launch) endAbandoned(ctx context.Context) {
	if l.plan.Kind == realtime.None || errors.Is(context.Cause(ctx), mcptool.ErrTimedOutByClient) {
		return
	}
	if held := l.sessions.Find(l.caller().Key, l.ref); held != nil {
		held.End(errSessionAbandoned, stopGrace)
	}
}

// awaitSession waits for a session that this server holds, unless timeout is 0.
func (c *Call) awaitSession(ctx context.Context, held *realtime.Held, timeout *float64, updates *taskProgress) (result *TaskResult, over bool) {
	var err error
	if !mcptool.LooksOnce(timeout) {
		err = held.Wait(ctx, updates.session)
	}
	if !held.IsDone() {
		known := wiro.Task{ID: held.Ref.ID, Token: held.Ref.Token, ModelOwner: held.Model.Owner, ModelProject: held.Model.Model}
		now := held.Now()
		if now.Ready {
			known.Status = wiro.TaskStreamReady
		}
		result = c.taskResult(known)
		result.Note = joinSentences("This server holds the session until it is answered:", sessionLine(now)+".")
		if err = c.WaitError(ctx, err); errors.Is(err, mcptool.ErrRestarting) {
			result.Note = "The session is being ended, as the server is; what there is is kept."
		}
		result.Note = joinSentences(result.Note, c.cause(err))
		return result, false
	}
	brought, outcome := held.Outcome()
	task := brought.Task
	if !task.Over() { // how it ended could not be read before
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
		defer cancel()
		if now, err := c.Wiro.Tasks.Get(ctx, held.Ref); err == nil {
			task = now
		}
		c.recordCosts(ctx, task)
	}
	if task.Token == "" {
		task.Token = held.Ref.Token
	}
	return c.taskResultOf(task, readOutcome(outcome)), task.Over()
}

// waitForSession waits for a session that this server holds, for a call that did not start it.
func (c *Call) waitForSession(ctx context.Context, held *realtime.Held, timeout *float64, updates *taskProgress) (result *TaskResult) {
	over := false
	_ = c.Wait(ctx, timeout, func(limited context.Context) error {
		result, over = c.awaitSession(limited, held, timeout, updates)
		return nil
	})
	c.complete(ctx, result)
	if over {
		c.delivered(ctx, wiro.Task{ID: held.Ref.ID, Token: held.Ref.Token, Status: wiro.TaskPostprocessEnd})
	}
	return result
}

// endSession ends a session that this server holds, properly, and says what it cost.
func (c *Call) endSession(ctx context.Context, held *realtime.Held) (TaskAction, bool) {
	held.End(errSessionStopped, stopGrace)
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if held.Wait(ctx, nil) != nil {
		return TaskAction{}, false
	}
	task, err := c.lookUp(ctx, held.Ref)
	if err != nil || !task.Over() {
		return TaskAction{}, false
	}
	action := taskAction("kill", task, "The session was ended. "+charged(taskInfo(task)))
	action.NextAction = c.Next("get_task", "see what it brought", withTask(taskInfo(task), map[string]any{}))
	return action, true
}
