package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var waitForTaskTool = define(mcptool.Meta{
	Name:        "wait_for_task",
	Title:       "Wait for a task",
	Description: "Wait until a submitted task is finished; returns its result.",
	Toolset:     Tasks,
	View:        viewURI,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, waitForTask)

func waitForTask(ctx context.Context, call *Call, in taskWait) (*TaskResult, error) {
	return call.await(ctx, in.taskRef, in.Timeout)
}

type taskWait struct {
	taskRef
	Timeout *float64 `json:"timeout_seconds,omitempty" min:"0" max:"600" doc:"how long to wait; 0 looks once"`
}

// await waits for a task that was submitted before.
func (c *Call) await(ctx context.Context, named taskRef, timeout *float64) (*TaskResult, error) {
	ref := named.ref()
	updates := &taskProgress{progress: c.StartProgress(), answer: c.Answer()}
	c.Cleanup(updates.progress.Stop)
	if held := c.sessions.Find(c.caller().Key, ref); held != nil {
		return c.waitForSession(ctx, held, timeout, updates), nil
	}
	task := &wiro.Task{Token: ref.Token, ID: ref.ID}
	limited, end := c.LimitWait(ctx, timeout)
	c.Cleanup(end)
	awaited := func(err error) (*TaskResult, error) {
		updates.keep(task, ref, wiro.Slug{}, err)
		return c.awaited(ctx, task, updates, c.WaitError(limited, err))
	}
	if mcptool.LooksOnce(timeout) {
		return awaited(c.look(ctx, ref, task))
	}
	return later(func(then func(error)) { c.Wiro.Tasks.Follow(limited, task, then, c.updatesOf(limited, task, updates)) }, awaited), nil
}

// awaited is the result of a wait that ended with err.
func (c *Call) awaited(ctx context.Context, task *wiro.Task, updates *taskProgress, err error) (*TaskResult, error) {
	if err != nil && !goesOn(err) {
		return nil, c.noSuchTask(err)
	}
	var outcome sessionOutcome
	if task.Over() {
		outcome = c.outcomeOf(ctx, *task)
	}
	result := c.taskResultOf(*task, outcome)
	result.Note = joinSentences(result.Note, updates.note(c, err))
	c.complete(ctx, result)
	c.delivered(ctx, *task)
	return result, nil
}

// goesOn reports whether an error ended only the wait, not what was waited for.
func goesOn(err error) bool {
	_, unread := errors.AsType[*wiro.PollError](err)
	return unread || mcptool.WaitEnded(err)
}

// keep completes a task that was waited for or looked at, with that error, by what was known of it
// before. It is as Wiro's record showed it last: an event never says how a task ended.
func (t *taskProgress) keep(task *wiro.Task, ref wiro.TaskRef, model wiro.Slug, err error) {
	task.ID, task.Token = cmp.Or(task.ID, ref.ID), cmp.Or(task.Token, ref.Token)
	if task.ModelOwner == "" {
		task.ModelOwner, task.ModelProject = model.Owner, model.Model
	}
	if err != nil {
		t.addTo(task)
	}
}

// look reads a task's record once.
func (c *Call) look(ctx context.Context, ref wiro.TaskRef, task *wiro.Task) (err error) {
	if *task, err = c.Wiro.Tasks.Get(ctx, ref); err != nil && !isRefusal(err) {
		err = &wiro.PollError{Ended: context.DeadlineExceeded, Err: err}
	}
	return err
}

// isRefusal reports whether looking again cannot help.
func isRefusal(err error) bool {
	switch reasonOf(err) {
	case wiro.ReasonRateLimited, wiro.ReasonUnavailable, unreachable, stopped, "":
		return false
	}
	return true
}

// addTo notes where the events saw the task last, short of its end.
func (t *taskProgress) addTo(task *wiro.Task) {
	if seen := t.last.Status; seen != "" && !task.Over() && !(wiro.Task{Status: seen}).Over() {
		task.Status = seen
	}
}

// note says in a line why a wait ended before the task; "" where time was simply up.
func (t *taskProgress) note(c *Call, err error) string {
	if err == nil {
		return ""
	}
	text := c.cause(err)
	if (wiro.Task{Status: t.last.Status}).Over() {
		text = joinSentences("By its events the model has ended, but Wiro's record does not show yet how.", text)
	}
	return text
}

// cause says in a sentence why a wait ended early; "" where time was simply up.
func (c *Call) cause(err error) string {
	var unread string
	if poll, ok := errors.AsType[*wiro.PollError](err); ok {
		unread = "The status could not be read: " + unreadable(poll.Err) + "."
		err = poll.Ended
	}
	switch {
	case errors.Is(err, mcptool.ErrRestarting):
		return joinSentences("The server is restarting, so the wait ended early.", unread)
	case errors.Is(err, context.DeadlineExceeded):
		return unread
	case errors.Is(err, context.Canceled):
		return joinSentences("The wait was canceled.", unread)
	}
	if p := explainTo(c.Call, err); p != nil {
		return "The wait failed: " + p.Text
	}
	return "The wait failed."
}

// unreadable says in a few words why Wiro's answer told nothing.
func unreadable(err error) string {
	if answer, ok := errors.AsType[*wiro.ResponseError](err); ok {
		return fmt.Sprintf("Wiro's answer (HTTP %d) %s", answer.HTTPStatus, strings.TrimRight(redactText(answer.Problem), ". "))
	}
	if refusal, ok := errors.AsType[*wiro.APIError](err); ok {
		return fmt.Sprintf("Wiro answered %q (HTTP %d)", wordsOf(err), refusal.HTTPStatus)
	}
	if errors.Is(err, wiro.ErrUnreachable) {
		return "Wiro cannot be reached (" + causeOf(err) + ")"
	}
	return redactText(err.Error())
}

func joinSentences(sentences ...string) string {
	return strings.TrimSpace(strings.Join(sentences, " "))
}

// noSuchTask says what Wiro's "There is no task yet." means.
func (c *Call) noSuchTask(err error) error {
	if !errors.Is(err, wiro.ErrNotFound) {
		return err
	}
	return mcptool.Problemf("There is no such task under this API key. Check the token; list_tasks shows the key's tasks.").
		WithNext("list_tasks", "find the task", map[string]any{"limit": 10})
}
