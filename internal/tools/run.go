package tools

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

const (
	defaultWait = 120 * time.Second
	longestWait = 600 * time.Second
)

var runModel = define(Meta{
	Name:    "run_model",
	Title:   "Run a model",
	About:   "Run a model: this costs money once it succeeds. Waits for the result by default; when time is up the task goes on, and wait_for_task gets its result. Never run it again because a wait ended.",
	Toolset: Models,
	Effect:  Writes,
}, func(ctx context.Context, call Call, in modelRun) (TaskResult, error) {
	slug, err := wiro.ParseSlug(in.Model)
	if err != nil {
		return TaskResult{}, err
	}
	submission, err := call.Wiro.Run(ctx, wiro.RunRequest{Model: slug, Params: in.Params})
	if errors.Is(err, wiro.ErrUncertain) {
		return TaskResult{}, explain(err).then("list_tasks", "see whether the run started after all", map[string]any{"limit": 5})
	}
	if err != nil {
		return TaskResult{}, call.notRun(ctx, slug, err)
	}
	submitted := wiro.Task{
		ID: submission.TaskID, Token: submission.Token, Status: wiro.TaskQueue,
		ModelOwner: wiro.Text(slug.Owner), ModelProject: wiro.Text(slug.Model),
	}
	if in.Wait != nil && !*in.Wait {
		result := call.taskResult(submitted)
		result.State = stateSubmitted
		return result, nil
	}
	// From here on there is a task that costs money: whatever happens, its token is returned.
	task, err := call.follow(ctx, in.Timeout, submitted, func(ctx context.Context, news func(wiro.Update)) (wiro.Task, error) {
		return call.Wiro.WaitSubmitted(ctx, submission, news)
	})
	result := call.taskResult(task)
	if err != nil {
		result.Note = cause(err)
	}
	return result, nil
})

// notRun says what helps where Wiro refuses to run a model.
func (c *Call) notRun(ctx context.Context, slug wiro.Slug, err error) error {
	refusal, ok := errors.AsType[*wiro.APIError](err)
	switch {
	case !ok || wiro.IsNoSuchModel(err):
		return c.noSuchModel(ctx, slug, err)
	case strings.Contains(refusal.Message(), "tool-not-accessible"):
		return problem("%s is not open to this project (tool-not-accessible). Nothing was started or charged.", slug).
			then("search_models", "find another model", map[string]any{})
	case strings.HasPrefix(refusal.Message(), "Request "): // a parameter or file is missing or out of range
		return problem("%s. Nothing was started or charged.", strings.TrimRight(hideText(refusal.Message()), ". ")).
			then("get_model_schema", "see what the model takes", map[string]any{"model": slug.String()})
	}
	return err
}

type modelRun struct {
	Model   string         `json:"model" doc:"slug owner/model, such as \"openai/sora-2\""`
	Params  map[string]any `json:"params" doc:"the model's parameters by id, as get_model_schema lists them; files as URLs"`
	Wait    *bool          `json:"wait,omitempty" default:"true" doc:"false returns the task's token at once"`
	Timeout float64        `json:"timeout_seconds,omitempty" min:"0" max:"600" default:"120" doc:"how long to wait"`
}

var waitForTask = define(Meta{
	Name:    "wait_for_task",
	Title:   "Wait for a task",
	About:   "Go on waiting for a task that was already submitted, and return its result. Never submits one, so it costs nothing and can be repeated.",
	Toolset: Tasks,
}, func(ctx context.Context, call Call, in taskWait) (TaskResult, error) {
	return call.await(ctx, in.taskRef, in.Timeout)
})

// await waits for a task that was submitted before.
func (c *Call) await(ctx context.Context, named taskRef, timeout float64) (TaskResult, error) {
	ref := named.ref()
	task, err := c.follow(ctx, timeout, wiro.Task{Token: wiro.Text(ref.Token), ID: wiro.Text(ref.ID)},
		func(ctx context.Context, news func(wiro.Update)) (wiro.Task, error) {
			return c.Wiro.Wait(ctx, ref, news)
		})
	if err != nil && !stopped(err) {
		return TaskResult{}, c.noSuchTask(err)
	}
	result := c.taskResult(task)
	if err != nil {
		result.Note = cause(err)
	}
	return result, nil
}

type taskWait struct {
	taskRef
	Timeout float64 `json:"timeout_seconds,omitempty" min:"0" max:"600" default:"120" doc:"how long to wait"`
}

// follow waits for a task within the caller's time, reporting its progress. It returns the
// task as it stood last, at worst as it was submitted.
func (c *Call) follow(ctx context.Context, timeout float64, known wiro.Task, wait func(context.Context, func(wiro.Update)) (wiro.Task, error)) (wiro.Task, error) {
	ctx, stop := c.waiting(ctx, timeout)
	defer stop()
	p := c.startProgress()
	defer p.stop()
	news := taskProgress{p: p}
	task, err := wait(ctx, news.tell)
	if task.ID == "" && task.Status == "" {
		task = known
	}
	if task.Token == "" {
		task.Token = known.Token
	}
	if news.last.Status != "" && !task.Over() && err != nil {
		task.Status = news.last.Status
	}
	return task, waited(ctx, err)
}

// impatient names clients that give up on a call sooner than run_model waits by default, by
// a part of their name or User-Agent, with the time that is safe. A client that gives up and
// calls again pays twice.
var impatient = map[string]time.Duration{
	"claude-ai":   45 * time.Second, // Claude Desktop and claude.ai
	"claude-user": 45 * time.Second,
	"chatgpt":     45 * time.Second,
	"openai-mcp":  45 * time.Second,
}

// patience is how long the call may wait: as long as the caller asked for, at most 10
// minutes, and never longer than its client is known to listen.
func (c *Call) patience(asked float64) time.Duration {
	wait := c.RunTimeout
	if asked > 0 {
		wait = time.Duration(asked * float64(time.Second))
	}
	for name, limit := range impatient {
		if strings.Contains(strings.ToLower(c.client), name) {
			wait = min(wait, limit)
		}
	}
	return min(wait, longestWait)
}

// stopped reports whether a wait ended before its task did.
func stopped(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, errDrained)
}

// cause says in a sentence why a wait ended early; "" where time was simply up.
func cause(err error) string {
	switch {
	case errors.Is(err, errDrained):
		return "The server is restarting, so the wait ended early."
	case errors.Is(err, context.DeadlineExceeded):
		return ""
	case errors.Is(err, context.Canceled):
		return "The wait was canceled."
	}
	if p := explain(err); p != nil {
		return "The wait failed: " + p.Text
	}
	return "The wait failed."
}

// noSuchTask says what Wiro's "There is no task yet." means.
func (c *Call) noSuchTask(err error) error {
	if !errors.Is(err, wiro.ErrNotFound) {
		return err
	}
	return problem("There is no such task under this API key. Check the token; list_tasks shows the key's tasks.").
		then("list_tasks", "find the task", map[string]any{"limit": 10})
}
