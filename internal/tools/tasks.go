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

// taskRef names a task.
type taskRef struct {
	Token string `json:"tasktoken,omitempty" doc:"from run_model"`
	ID    string `json:"taskid,omitempty" doc:"instead of the token"`
}

func (r taskRef) ref() wiro.TaskRef {
	return wiro.TaskRef{Token: strings.TrimSpace(r.Token), ID: strings.TrimSpace(r.ID)}
}

// getTask reports one task: where it stands, what it made, what it cost.
var getTaskTool = define(mcptool.Meta{
	Name:        "get_task",
	Title:       "Get a task",
	Description: "Status, outputs and cost of one task. While it runs, wait_for_task waits for it.",
	Toolset:     Tasks,
	View:        viewURI,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, getTask)

func getTask(ctx context.Context, call *Call, in taskLook) (*TaskResult, error) {
	if in.Wait > 0 {
		return call.await(ctx, in.taskRef, &in.Wait)
	}
	task, err := call.Wiro.Tasks.Get(ctx, in.ref())
	if err != nil {
		return nil, call.noSuchTask(err)
	}
	call.delivered(ctx, task)
	result := call.taskResult(task)
	call.complete(ctx, result)
	return result, nil
}

type taskLook struct {
	taskRef
	Wait float64 `json:"wait_seconds,omitempty" min:"0" max:"45" default:"0" doc:"wait up to this long for it to finish"`
}

var listTasksTool = define(mcptool.Meta{
	Name:           "list_tasks",
	Title:          "List tasks",
	Description:    "The tasks of this API key, newest first, with state, cost and token. Finds a task whose token was lost.",
	Toolset:        Tasks,
	TruncationHint: "Page with start and limit.",
	Examples:       []mcptool.Example{{Arguments: `{"limit": 5}`}},
}, listTasks)

func listTasks(ctx context.Context, call *Call, in taskQuery) (TaskList, error) {
	limit := cmp.Or(in.Limit, 20)
	page, err := call.Wiro.Tasks.List(ctx, wiro.TaskQuery{Model: in.Model, Start: in.Start, Limit: limit})
	if err != nil {
		return TaskList{}, err
	}
	call.recordCosts(ctx, page.Tasks...)
	list := TaskList{Tasks: make([]TaskRow, 0, len(page.Tasks)), Limit: limit}
	for _, task := range page.Tasks {
		list.Tasks = append(list.Tasks, TaskRow{State: taskState(task), TaskInfo: taskInfo(task), Prompt: prompt(task)})
	}
	list.Page = mcptool.NewPage(int(page.Total), in.Start, len(list.Tasks))
	if list.NextStart > 0 {
		list.NextAction = call.NextPage("older tasks", "start", list.NextStart)
	}
	return list, nil
}

type taskQuery struct {
	Start int    `json:"start,omitempty" min:"0" default:"0" doc:"how many to skip"`
	Limit int    `json:"limit,omitempty" min:"1" max:"100" default:"20" doc:"how many to list"`
	Model string `json:"model,omitempty" doc:"only those of this model"`
}

// TaskList is a list of tasks.
type TaskList struct {
	Tasks []TaskRow `json:"tasks"`
	mcptool.Page
	Limit      int                 `json:"limit"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// TaskRow is a task as the list shows it.
type TaskRow struct {
	State string `json:"state"`
	TaskInfo
	Prompt string `json:"prompt,omitempty"` // its start
}

func prompt(t wiro.Task) string {
	text, _ := t.Parameters["prompt"].(string)
	return mcptool.Clip(text, 80)
}

// Text is a line a task.
func (l TaskList) Text() string {
	if len(l.Tasks) == 0 {
		return "No tasks yet under this API key. run_model starts one."
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, newest first:\n", mcptool.Count(l.Total, "task"))
	for _, t := range l.Tasks {
		fmt.Fprintf(&b, "- %s · %s · %s · %s", t.ID, t.Model, t.State, cost(t.TaskInfo))
		if t.Seconds != nil && *t.Seconds > 0 {
			b.WriteString(" · " + mcptool.Seconds(*t.Seconds))
		}
		if t.Created != "" {
			b.WriteString(" · " + t.Created)
		}
		if t.Token != "" {
			b.WriteString(" · token " + t.Token)
		}
		if t.Prompt != "" {
			fmt.Fprintf(&b, "\n  %q", t.Prompt)
		}
		b.WriteString("\n")
	}
	return mcptool.TextWithNext(b.String(), l.NextAction)
}

var getTaskPriceTool = define(mcptool.Meta{
	Name:        "get_task_price",
	Title:       "Get a task's price",
	Description: "What a task cost by Wiro's record: billed or not, and how much.",
	Toolset:     Tasks,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, getTaskPrice)

func getTaskPrice(ctx context.Context, call *Call, in taskRef) (TaskPrice, error) {
	task, err := call.Wiro.Tasks.Get(ctx, in.ref())
	if err != nil {
		return TaskPrice{}, call.noSuchTask(err)
	}
	return taskPrice(task), nil
}

// TaskPrice is what a task cost by Wiro's record.
type TaskPrice struct {
	State   string   `json:"state"`
	Task    TaskInfo `json:"task"`
	Billed  *bool    `json:"billed" nullable:"true"`
	CostUSD *float64 `json:"costUsd" nullable:"true"`
	Reason  string   `json:"reason"`
}

func taskPrice(task wiro.Task) TaskPrice {
	p := TaskPrice{State: taskState(task), Task: taskInfo(task)}
	switch {
	case !task.Over():
		p.Reason = "The task is not done yet: what it costs is known when it ends."
		return p
	case p.Task.CostUSD == nil:
		p.Reason = "Wiro's record does not say what it cost."
		return p
	}
	billed := *p.Task.CostUSD > 0
	p.Billed, p.CostUSD = &billed, p.Task.CostUSD
	outcome := map[string]string{stateCompleted: "succeeded", stateFailed: "failed", stateCancelled: "was canceled"}[p.State]
	p.Reason = "The task " + outcome + ", and Wiro charged it."
	if !billed {
		p.Reason = "The task " + outcome + ", and Wiro's record says that nothing was charged."
	}
	return p
}

// Text is the price and why.
func (p TaskPrice) Text() string {
	if p.State == stateRunning {
		return fmt.Sprintf("No price yet for %s. %s", p.Task.named(), p.Reason)
	}
	if p.CostUSD == nil {
		return fmt.Sprintf("The price of %s is unknown. %s", p.Task.named(), p.Reason)
	}
	text := fmt.Sprintf("%s for %s. %s", mcptool.USD(p.CostUSD), p.Task.named(), p.Reason)
	if p.Task.Seconds != nil && *p.Task.Seconds > 0 {
		text += " It took " + mcptool.Seconds(*p.Task.Seconds) + "."
	}
	return text
}

var cancelTaskTool = define(mcptool.Meta{
	Name:        "cancel_task",
	Title:       "Cancel a task",
	Description: "Stop a task: one that waits in the queue is taken out of it, one that runs is killed. Says what Wiro's record charged for it.",
	Toolset:     Tasks,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, stopTask)

var killTaskTool = define(mcptool.Meta{
	Name:        "kill_task",
	Title:       "Kill a running task",
	Description: "Stop a task: one that runs is killed, one that waits in the queue is taken out of it. Says what Wiro's record charged for it.",
	Toolset:     Tasks,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, stopTask)

// stopTries is how often a task is looked at and stopped: it may leave the queue in between.
const stopTries = 3

// stopTask stops a task in the way that fits how it stands, whichever tool was called. It looks
// first, also because versions of the API ask for the token or for the id, and it looks again
// before it speaks of money.
func stopTask(ctx context.Context, call *Call, in taskRef) (TaskAction, error) {
	task, err := call.lookUp(ctx, in.ref())
	switch {
	case err != nil:
		return TaskAction{}, call.noSuchTask(err)
	case task.Status == wiro.TaskCanceled:
		return taskAction("cancel", task, "It was canceled already. "+charged(taskInfo(task))), nil
	}
	for range stopTries {
		if task.Over() {
			return TaskAction{}, mcptool.Problemf("The task is over already (%s): there is nothing to stop. %s", taskState(task), charged(taskInfo(task))).
				WithNext("get_task", "see how it ended", map[string]any{"tasktoken": task.Token})
		}
		queued := task.Status == wiro.TaskQueue
		action, done, stop := "kill", "Killed.", call.Wiro.Tasks.Kill
		if queued {
			action, done, stop = "cancel", "Canceled before it ran.", call.Wiro.Tasks.Cancel
		}
		stopErr := stop(ctx, task.Ref())
		now, err := call.lookUp(ctx, task.Ref())
		switch {
		case err != nil && stopErr != nil:
			return TaskAction{}, call.noSuchTask(stopErr)
		case err != nil:
			return call.stopping(action, task, "the record cannot be read at the moment"), nil
		case now.Status == wiro.TaskCanceled: // also by an attempt whose answer was lost
			return taskAction(action, now, done+" "+charged(taskInfo(now))), nil
		case stopErr == nil && !now.Over():
			return call.stopping(action, now, "the record still says that it is "+stageName(string(now.Status))), nil
		case now.Over() || queued != (now.Status == wiro.TaskQueue): // it moved on meanwhile
			task = now
			continue
		}
		refusal, refused := errors.AsType[*wiro.APIError](stopErr)
		if !refused {
			return TaskAction{}, stopErr
		}
		return TaskAction{}, mcptool.Problemf("Wiro did not stop the task: %s It is %s.", foreignWords(refusal.Message()), stageName(string(now.Status))).
			WithNext("get_task", "see how it stands", map[string]any{"tasktoken": now.Token})
	}
	return TaskAction{}, mcptool.Problemf("The task was not stopped: it changed its state each time that it was tried. It is %s.", stageName(string(task.Status))).
		WithNext("get_task", "see how it stands", map[string]any{"tasktoken": task.Token})
}

// lookUp returns a task, with the token that it was asked for by.
func (c *Call) lookUp(ctx context.Context, ref wiro.TaskRef) (wiro.Task, error) {
	task, err := c.Wiro.Tasks.Get(ctx, ref)
	if task.Token == "" {
		task.Token = ref.Token
	}
	return task, err
}

// stopping is a task that Wiro agreed to stop, and whose record does not say so yet.
func (c *Call) stopping(action string, task wiro.Task, why string) TaskAction {
	result := taskAction(action, task, fmt.Sprintf("Wiro accepted the request to %s it, but %s. What it cost is not known yet.", action, why))
	result.Task.CostUSD = nil
	result.NextAction = c.Next("get_task_price", "see what it cost", map[string]any{"tasktoken": task.Token})
	return result
}

var deleteTaskFilesTool = define(mcptool.Meta{
	Name:        "delete_task_files",
	Title:       "Delete a task's files",
	Description: "Delete the input and output files of a task that is over; their URLs stop working at once. The task's record stays. Cannot be undone.",
	Toolset:     Tasks,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, deleteTaskFiles)

func deleteTaskFiles(ctx context.Context, call *Call, in finishedTask) (TaskAction, error) {
	err := call.Wiro.Tasks.DeleteFiles(ctx, in.Token)
	if err != nil {
		if reasonOf(err) == wiro.ReasonTaskNotFinished {
			return TaskAction{}, mcptool.Problemf("The task still runs: its files can be deleted once it is over.").
				WithNext("wait_for_task", "wait until it is over", map[string]any{"tasktoken": in.Token})
		}
		return TaskAction{}, call.noSuchTask(err)
	}
	return taskAction("delete", wiro.Task{Token: in.Token}, "The task's input and output files are deleted."), nil
}

type finishedTask struct {
	Token string `json:"tasktoken" doc:"from run_model"`
}

// TaskAction is something done to a task.
type TaskAction struct {
	mcptool.ActionResult
	Task       TaskInfo            `json:"task"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

func taskAction(action string, t wiro.Task, message string) TaskAction {
	return TaskAction{ActionResult: mcptool.Done(action, message), Task: taskInfo(t)}
}

// Text is what was done, and to which task where more of it is known than its token.
func (a TaskAction) Text() string {
	if a.Task.ID == "" {
		return a.Message
	}
	return mcptool.TextWithNext(a.Task.named()+": "+a.Message, a.NextAction)
}
