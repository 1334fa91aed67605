package wiro

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	// A task's parameters may hold whole files as data: URIs.
	taskDetail       = wire.Endpoint("Task/Detail", wire.Safe, wire.ShortTimeout).Eliding("parameters")
	taskList         = wire.Endpoint("Task/List", wire.Safe, wire.ShortTimeout).Eliding("parameters")
	taskCancel       = wire.Endpoint("Task/Cancel", wire.Idempotent, wire.ShortTimeout)
	taskKill         = wire.Endpoint("Task/Kill", wire.Idempotent, wire.ShortTimeout)
	taskDeleteOutput = wire.Endpoint("Task/InputOutputDelete", wire.Idempotent, wire.ShortTimeout)
)

// TasksService follows, stops and lists tasks. A task is a run of a model.
//
// Wiro docs: Tasks.
type TasksService service

// Status says where a task stands.
//
// Wiro docs: Tasks.
type Status string

// The statuses of a task, in the order in which they pass.
const (
	TaskQueue            Status = "task_queue"
	TaskAccept           Status = "task_accept"
	TaskPreprocessStart  Status = "task_preprocess_start"
	TaskPreprocessEnd    Status = "task_preprocess_end"
	TaskAssign           Status = "task_assign"
	TaskStart            Status = "task_start"
	TaskOutput           Status = "task_output"
	TaskError            Status = "task_error" // an event: a line on stderr; in a Task: it failed before it ran
	TaskOutputFull       Status = "task_output_full"
	TaskErrorFull        Status = "task_error_full"
	TaskEnd              Status = "task_end"
	TaskPostprocessStart Status = "task_postprocess_start"
	TaskPostprocessEnd   Status = "task_postprocess_end" // over: the exit code says how
	TaskCanceled         Status = "task_cancel"          // over: canceled or killed
	TaskStreamReady      Status = "task_stream_ready"    // realtime models only, as the next two
	TaskStreamEnd        Status = "task_stream_end"
	TaskCost             Status = "task_cost"
)

// TaskRef names a task by its token, which Submit returns, or by its id.
type TaskRef struct {
	Token string `json:"tasktoken,omitempty"`
	ID    string `json:"taskid,omitempty"`
}

func (r TaskRef) check() error {
	if strings.TrimSpace(r.Token) == "" && strings.TrimSpace(r.ID) == "" {
		return &InputError{Field: "tasktoken", Reason: "or taskid must be given"}
	}
	return nil
}

// Task is a run of a model as Wiro's record states it.
//
// Wiro docs: Tasks, POST /Task/Detail.
type Task struct {
	ID               string         `json:"id"`
	Token            string         `json:"socketaccesstoken"`
	Parameters       map[string]any `json:"parameters"` // as they were sent; texts of more than 64 KB are left out
	Status           Status         `json:"status"`
	ExitCode         string         `json:"pexit"` // "0" is success; "" until it is over
	DebugOutput      string         `json:"debugoutput"`
	DebugError       string         `json:"debugerror"`
	CreatedAt        time.Time      `json:"createdat,omitzero"`
	StartedAt        time.Time      `json:"starttime,omitzero"`
	EndedAt          time.Time      `json:"endtime,omitzero"`
	Elapsed          *float64       `json:"elapsedseconds"` // nil if unknown
	Cost             *float64       `json:"totalcost"`      // USD that were charged; nil if Wiro does not say
	ModelDescription string         `json:"modeldescription"`
	ModelOwner       string         `json:"modelslugowner"`
	ModelProject     string         `json:"modelslugproject"`
	OutputFolderID   string         `json:"outputfolderid"` // "0" once its files are deleted
	Outputs          []Output       `json:"outputs"`
}

// Over reports whether nothing more will happen to the task. If Wiro leaves the status out,
// the exit code tells.
func (t Task) Over() bool {
	switch t.Status { //nolint:exhaustive // the others are not final
	case TaskPostprocessEnd, TaskCanceled, TaskError:
		return true
	case "":
		return t.ExitCode != ""
	}
	return false
}

// Succeeded reports whether the task is over and its model ended well: by the exit code, or by
// the outputs if Wiro leaves that out.
func (t Task) Succeeded() bool {
	if !t.Over() || t.Status == TaskCanceled || t.Status == TaskError {
		return false
	}
	return t.ExitCode == "0" || t.ExitCode == "" && len(t.Outputs) > 0
}

// Err returns nil if the task succeeded or is not over, else a *RunError.
func (t Task) Err() error {
	if !t.Over() || t.Succeeded() {
		return nil
	}
	return &RunError{Task: t}
}

// RunError is a task that failed or was canceled.
type RunError struct{ Task Task }

// Error says how the task ended, with the last line that the model printed on stderr.
func (e *RunError) Error() string {
	if e.Task.Status == TaskCanceled {
		return fmt.Sprintf("task %s was canceled", e.Task.ID)
	}
	text := fmt.Sprintf("task %s failed", e.Task.ID)
	if e.Task.ExitCode != "" {
		text += " with exit code " + e.Task.ExitCode
	}
	if line := lastLine(e.Task.DebugError); line != "" {
		text += ": " + line
	}
	return text
}

// Model returns the slug of the model that the task runs.
func (t Task) Model() Slug { return Slug{t.ModelOwner, t.ModelProject} }

// Ref names the task.
func (t Task) Ref() TaskRef { return TaskRef{Token: t.Token, ID: t.ID} }

// Get returns a task as it stands. One that does not exist, or is another project's, matches
// ErrNotFound.
//
// Wiro docs: Tasks, POST /Task/Detail.
func (s *TasksService) Get(ctx context.Context, ref TaskRef) (Task, error) {
	if err := ref.check(); err != nil {
		return Task{}, err
	}
	page, err := call[TaskPage](ctx, s.client, taskDetail, ref)
	if err != nil {
		return Task{}, err
	}
	if len(page.Tasks) == 0 {
		return Task{}, newAPIError(taskDetail.Path, http.StatusOK, CodeNotFound, "There is no task yet.")
	}
	return page.Tasks[0], nil
}

// TaskQuery filters and pages the caller's tasks.
type TaskQuery struct {
	Model string // only those of this model, by its slugproject or slug
	Start int    // tasks to leave out at the beginning
	Limit int    // tasks on a page; 20 if 0
}

// TaskPage is a page of tasks, newest first.
type TaskPage struct {
	Total int64  `json:"total"` // of all pages
	Tasks []Task `json:"tasklist"`
}

// List returns a page of the caller's tasks, newest first.
//
// The documentation names no endpoint for it; POST /Task/List is what Wiro's own MCP server
// uses.
func (s *TasksService) List(ctx context.Context, q TaskQuery) (TaskPage, error) {
	return call[TaskPage](ctx, s.client, taskList, struct {
		Type  string `json:"type"`
		Sort  string `json:"sort"`
		Order string `json:"order"`
		Start string `json:"start"`
		Limit string `json:"limit"`
		Model string `json:"modelName,omitempty"`
	}{"model", "id", "DESC", strconv.Itoa(max(0, q.Start)), strconv.Itoa(listLimit(q.Limit)), q.Model})
}

// All iterates over the caller's tasks, newest first, from q.Start on, and fetches pages of
// q.Limit (100 if 0) as it goes. It ends with the first error.
func (s *TasksService) All(ctx context.Context, q TaskQuery) iter.Seq2[Task, error] {
	return allPages(q.Start, q.Limit, func(t Task) string { return t.ID }, func(start, limit int) ([]Task, int64, error) {
		q.Start, q.Limit = start, limit
		page, err := s.List(ctx, q)
		return page.Tasks, page.Total, err
	})
}

// Cancel removes a task from the queue. A task that a worker has accepted is not canceled
// (ErrNotCancellable): Kill stops it. What was charged is in the task's Cost.
//
// Wiro docs: Tasks, POST /Task/Cancel.
func (s *TasksService) Cancel(ctx context.Context, ref TaskRef) error {
	return s.control(ctx, taskCancel, ref)
}

// Kill stops a task that a worker has accepted; it ends as TaskCanceled. What was charged is
// in the task's Cost.
//
// Wiro docs: Tasks, POST /Task/Kill.
func (s *TasksService) Kill(ctx context.Context, ref TaskRef) error {
	return s.control(ctx, taskKill, ref)
}

// DeleteFiles deletes the input and output files of a task that is over, named by its token;
// the task itself stays. Doing it again is no error. A task that is not over is refused with
// ReasonTaskNotFinished.
//
// Wiro docs: Tasks, POST /Task/InputOutputDelete.
func (s *TasksService) DeleteFiles(ctx context.Context, token string) error {
	if err := require("tasktoken", token); err != nil {
		return err
	}
	return do(ctx, s.client, taskDeleteOutput, TaskRef{Token: token})
}

// control sends every name of the task that a version of the API is known to ask for.
func (s *TasksService) control(ctx context.Context, op wire.Operation, ref TaskRef) error {
	if err := ref.check(); err != nil {
		return err
	}
	return do(ctx, s.client, op, struct {
		TaskRef
		Token string `json:"socketaccesstoken,omitempty"`
	}{ref, ref.Token})
}
