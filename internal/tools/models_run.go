package tools

import (
	"context"
	"errors"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var runModelTool = define(mcptool.Meta{
	Name:        "run_model",
	Title:       "Run a model",
	Description: "Run a model: this costs money once it succeeds. Waits for the result by default; when time is up the task goes on, and wait_for_task gets its result. Never run it again because a wait ended.",
	Toolset:     Models,
	Effect:      mcptool.Writes,
	View:        viewURI,
	Examples:    []mcptool.Example{{Arguments: `{"model": "wiro/z-image-turbo", "params": {"prompt": "a lighthouse at dawn"}}`}},
}, runModel)

func runModel(ctx context.Context, call *Call, in modelRun) (TaskResult, error) {
	slug, err := wiro.ParseSlug(in.Model)
	if err != nil {
		return TaskResult{}, err
	}
	submission, err := call.Wiro.Runs.Submit(ctx, slug.String(), in.Params)
	if reasonOf(err) == unknownOutcome {
		return TaskResult{}, explain(err).WithNext("list_tasks", "see whether the run started after all", map[string]any{"limit": 5})
	}
	if err != nil {
		return TaskResult{}, call.notRun(ctx, slug, err)
	}
	submitted := wiro.Task{
		ID: submission.TaskID, Token: submission.Token, Status: wiro.TaskQueue,
		ModelOwner: slug.Owner, ModelProject: slug.Model,
	}
	if in.Wait != nil && !*in.Wait {
		result := call.taskResult(submitted)
		result.State = stateSubmitted
		return result, nil
	}
	// There is a task that costs money from here on: its token is returned in every case.
	task, err := call.follow(ctx, in.Timeout, submitted, func(ctx context.Context, update func(wiro.Update)) (wiro.Task, error) {
		return submission.Wait(ctx, update)
	})
	result := call.taskResult(task)
	if err != nil {
		result.Note = cause(err)
	}
	return result, nil
}

// notRun says what helps where Wiro refuses to run a model.
func (c *Call) notRun(ctx context.Context, slug wiro.Slug, err error) error {
	switch reasonOf(err) {
	case wiro.ReasonModelNotAccessible:
		return mcptool.Problemf("%s is not open to this project (tool-not-accessible). Nothing was started or charged.", slug).
			WithNext("search_models", "find another model", map[string]any{})
	case wiro.ReasonMissingParameter, wiro.ReasonInvalidParameter: // one is missing or out of range, or a file is missing
		return mcptool.Problemf("%s. Nothing was started or charged.", wordsOf(err)).
			WithNext("get_model_schema", "see what the model takes", map[string]any{"model": slug.String()})
	}
	return c.noSuchModel(ctx, slug, err)
}

type modelRun struct {
	Model   string         `json:"model" doc:"slug owner/model, such as \"openai/sora-2\""`
	Params  map[string]any `json:"params" doc:"the model's parameters by id, as get_model_schema lists them; files as URLs"`
	Wait    *bool          `json:"wait,omitempty" default:"true" doc:"false returns the task's token at once"`
	Timeout float64        `json:"timeout_seconds,omitempty" min:"0" max:"600" default:"120" doc:"how long to wait"`
}

var waitForTaskTool = define(mcptool.Meta{
	Name:        "wait_for_task",
	Title:       "Wait for a task",
	Description: "Go on waiting for a task that was already submitted, and return its result. Never submits one, so it costs nothing and can be repeated.",
	Toolset:     Tasks,
	View:        viewURI,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, waitForTask)

func waitForTask(ctx context.Context, call *Call, in taskWait) (TaskResult, error) {
	return call.await(ctx, in.taskRef, in.Timeout)
}

// await waits for a task that was submitted before.
func (c *Call) await(ctx context.Context, named taskRef, timeout float64) (TaskResult, error) {
	ref := named.ref()
	task, err := c.follow(ctx, timeout, wiro.Task{Token: ref.Token, ID: ref.ID},
		func(ctx context.Context, update func(wiro.Update)) (wiro.Task, error) {
			return c.Wiro.Tasks.Wait(ctx, ref, update)
		})
	if err != nil && !mcptool.WaitEnded(err) {
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
	p := c.StartProgress()
	defer p.Stop()
	updates := taskProgress{progress: p}
	var task wiro.Task
	err := c.Wait(ctx, timeout, func(ctx context.Context) (err error) {
		task, err = wait(ctx, updates.update)
		return err
	})
	if task.ID == "" && task.Status == "" {
		task = known
	}
	if task.Token == "" {
		task.Token = known.Token
	}
	if updates.last.Status != "" && !task.Over() && err != nil {
		task.Status = updates.last.Status
	}
	return task, err
}

// cause says in a sentence why a wait ended early; "" where time was simply up.
func cause(err error) string {
	switch {
	case errors.Is(err, mcptool.ErrRestarting):
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
	return mcptool.Problemf("There is no such task under this API key. Check the token; list_tasks shows the key's tasks.").
		WithNext("list_tasks", "find the task", map[string]any{"limit": 10})
}
