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
	Token string `json:"tasktoken,omitempty" alias:"id,task,socketaccesstoken" doc:"from run_model"`
	ID    string `json:"taskid,omitempty" doc:"instead of the token"`
}

// ref names the task to Wiro. A token in the id's place and an id in the token's are told apart:
// ids are short numbers.
func (r taskRef) ref() wiro.TaskRef {
	token, id := strings.TrimSpace(r.Token), strings.TrimSpace(r.ID)
	var ref wiro.TaskRef
	for _, name := range []string{id, token} { // the one in its own place counts
		if isTaskID(name) {
			ref.ID = cmp.Or(ref.ID, name)
		}
	}
	for _, name := range []string{token, id} {
		if !isTaskID(name) {
			ref.Token = cmp.Or(ref.Token, name)
		}
	}
	return ref
}

func isTaskID(text string) bool {
	return text != "" && len(text) < 20 && strings.Trim(text, "0123456789") == ""
}

// getTask reports one task: where it stands, what it made, what it cost.
var getTaskTool = define(mcptool.Meta{
	Name:        "get_task",
	Title:       "Get a task",
	Description: "How a task is doing: status, outputs, cost, params. While it runs, wait_for_task waits for it.",
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
	var outcome sessionOutcome
	if task.Over() {
		outcome = call.outcomeOf(ctx, task)
	}
	result := call.taskResultOf(task, outcome)
	result.Params = sentParams(task)
	result.tellsParams = len(result.Params) > 0 && result.State != stateFailed // the next step has them
	call.complete(ctx, result)
	return result, nil
}

type taskLook struct {
	taskRef
	Wait float64 `json:"wait_seconds,omitempty" min:"0" max:"45" default:"0" doc:"wait up to this long for it to finish"`
}

var getTaskPriceTool = define(mcptool.Meta{
	Name:        "get_task_price",
	Title:       "Get a task's price",
	Description: "What a task cost: billed or not, and how much.",
	Toolset:     Tasks,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, getTaskPrice)

func getTaskPrice(ctx context.Context, call *Call, in taskRef) (TaskPrice, error) {
	task, err := call.Wiro.Tasks.Get(ctx, in.ref())
	if err != nil {
		return TaskPrice{}, call.noSuchTask(err)
	}
	call.recordCosts(ctx, task)
	price := taskPrice(task)
	if task.Over() {
		price.NextAction = call.Next("get_task", "see what it made, or why it failed", withTask(price.Task, map[string]any{}))
	} else {
		price.NextAction = call.Next("wait_for_task", "wait until it is over, and see what it cost", withTask(price.Task, map[string]any{}))
	}
	return price, nil
}

// TaskPrice is what a task cost by Wiro's record.
type TaskPrice struct {
	State   string   `json:"state"`
	Task    TaskInfo `json:"task"`
	Billed  *bool    `json:"billed" nullable:"true"`
	CostUSD *float64 `json:"costUsd" nullable:"true"`
	Reason  string   `json:"reason,omitempty"` // why the cost is not known

	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
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
	return p
}

// Text is the price and why.
func (p TaskPrice) Text() string {
	var text string
	switch {
	case p.State == stateRunning:
		text = fmt.Sprintf("No price yet for %s. %s", p.Task.named(), p.Reason)
	case p.CostUSD == nil:
		text = fmt.Sprintf("The price of %s is unknown. %s", p.Task.named(), p.Reason)
	default:
		outcome := map[string]string{stateCompleted: "succeeded", stateFailed: "failed", stateCancelled: "was canceled"}[p.State]
		charged := "Wiro charged it"
		if !*p.Billed {
			charged = "Wiro's record says that nothing was charged"
		}
		text = fmt.Sprintf("%s for %s. The task %s, and %s.", mcptool.USD(p.CostUSD), p.Task.named(), outcome, charged)
		if p.Task.Seconds != nil {
			text += " It took " + mcptool.Seconds(*p.Task.Seconds) + "."
		}
	}
	return mcptool.TextWithNext(text, p.NextAction)
}

var cancelTaskTool = define(mcptool.Meta{
	Name:        "cancel_task",
	Title:       "Cancel a task",
	Description: "Take a task that waits out of the queue (or stop it if it runs). Says what was charged.",
	Toolset:     Tasks,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, stopTask)

var killTaskTool = define(mcptool.Meta{
	Name:        "kill_task",
	Title:       "Kill a running task",
	Description: "Stop a running task at once (one that waits is canceled). Says what was charged.",
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
	if held := call.sessions.Find(call.caller().Key, task.Ref()); held != nil && !task.Over() {
		if action, ended := call.endSession(ctx, held); ended {
			return action, nil
		}
		if now, err := call.lookUp(ctx, task.Ref()); err == nil {
			task = now
		}
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

// lookUp returns a task, with the token that it was asked for by, and counts what it cost.
func (c *Call) lookUp(ctx context.Context, ref wiro.TaskRef) (wiro.Task, error) {
	task, err := c.Wiro.Tasks.Get(ctx, ref)
	if err == nil {
		c.recordCosts(ctx, task)
	}
	if task.Token == "" {
		task.Token = ref.Token
	}
	return task, err
}

// stopping is a task that Wiro agreed to stop, and whose record does not say so yet.
func (c *Call) stopping(action string, task wiro.Task, why string) TaskAction {
	result := taskAction(action, task, fmt.Sprintf("Wiro accepted the request to %s it, but %s. What it cost is not known yet.", action, why))
	result.Task.CostUSD = nil // whatever the record says meanwhile
	result.NextAction = c.Next("get_task_price", "see what it cost", map[string]any{"tasktoken": task.Token})
	return result
}

var deleteTaskFilesTool = define(mcptool.Meta{
	Name:        "delete_task_files",
	Title:       "Delete a task's files",
	Description: "Delete a task's input and output files from Wiro; their URLs stop working. No undo.",
	Toolset:     Tasks,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, deleteTaskFiles)

func deleteTaskFiles(ctx context.Context, call *Call, in taskRef) (FilesDeleted, error) {
	ref := in.ref()
	task := wiro.Task{Token: ref.Token, ID: ref.ID}
	if ref.Token == "" { // the endpoint takes tokens alone
		var err error
		if task, err = call.lookUp(ctx, ref); err != nil {
			return FilesDeleted{}, call.noSuchTask(err)
		}
	}
	err := call.Wiro.Tasks.DeleteFiles(ctx, task.Token)
	if err != nil {
		if reasonOf(err) == wiro.ReasonTaskNotFinished {
			return FilesDeleted{}, mcptool.Problemf("The task still runs: its files can be deleted once it is over.").
				WithNext("wait_for_task", "wait until it is over", map[string]any{"tasktoken": task.Token})
		}
		return FilesDeleted{}, call.noSuchTask(err)
	}
	return FilesDeleted{mcptool.Done("The task's input and output files are deleted."), TaskName{task.ID, task.Token}}, nil
}

// FilesDeleted says whose files were deleted.
type FilesDeleted struct {
	mcptool.ActionResult
	Task TaskName `json:"task"`
}

// Text is what was done, and to which task.
func (d FilesDeleted) Text() string {
	return d.Message + TaskInfo{Token: d.Task.Token}.tokenText()
}

// TaskAction is something done to a task.
type TaskAction struct {
	Action  string `json:"action"`  // cancel or kill
	Success bool   `json:"success"` // true: a refusal is an error
	mcptool.ActionResult
	Task       StoppedTask         `json:"task"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// TaskName is what names a task.
type TaskName struct {
	ID    string `json:"id,omitempty"`
	Token string `json:"token,omitempty"`
}

// StoppedTask is a task that was stopped, and what was charged for it.
type StoppedTask struct {
	TaskName
	CostUSD *float64 `json:"costUsd" nullable:"true"`

	model string
}

func taskAction(action string, t wiro.Task, message string) TaskAction {
	return TaskAction{Action: action, Success: true, ActionResult: mcptool.Done(message), Task: StoppedTask{TaskName{t.ID, t.Token}, recordedCost(t), t.Model().String()}}
}

// Text is what was done, and to which task.
func (a TaskAction) Text() string {
	task := TaskInfo{ID: a.Task.ID, Token: a.Task.Token, Model: a.Task.model}
	return mcptool.TextWithNext(task.named()+": "+a.Message+task.tokenText(), a.NextAction)
}
