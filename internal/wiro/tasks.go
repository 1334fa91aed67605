package wiro

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

var (
	taskDetail       = endpoint("Task/Detail", read, quick)
	taskList         = endpoint("Task/List", read, quick)
	taskCancel       = endpoint("Task/Cancel", write, quick)
	taskKill         = endpoint("Task/Kill", write, quick)
	taskDeleteOutput = endpoint("Task/InputOutputDelete", write, quick)
)

// Status is where a task stands.
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

// TaskRef names a task by its token or by its id; the token is what Run returns.
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

// Task is a run of a model.
//
// Wiro docs: Tasks, POST /Task/Detail.
type Task struct {
	ID               Text         `json:"id"`
	Token            Text         `json:"socketaccesstoken"`
	Parameters       Object       `json:"parameters"`
	Status           Status       `json:"status"`
	ExitCode         Text         `json:"pexit"` // "0" is success; "" until it is over
	DebugOutput      Text         `json:"debugoutput"`
	DebugError       Text         `json:"debugerror"`
	CreatedAt        Time         `json:"createdat"`
	StartedAt        Time         `json:"starttime"`
	EndedAt          Time         `json:"endtime"`
	Elapsed          Float        `json:"elapsedseconds"`
	Cost             Float        `json:"totalcost"` // USD
	ModelDescription Text         `json:"modeldescription"`
	ModelOwner       Text         `json:"modelslugowner"`
	ModelProject     Text         `json:"modelslugproject"`
	OutputFolderID   Text         `json:"outputfolderid"` // "0" once its files are deleted
	Outputs          List[Output] `json:"outputs"`
}

// Output is a file that a task made, or, with ContentType "raw", what a language model said.
//
// Wiro docs: Tasks; LLM & Chat Streaming.
type Output struct {
	ID          Text        `json:"id,omitempty"`
	Name        Text        `json:"name,omitempty"`
	ContentType Text        `json:"contenttype"`
	Size        Int         `json:"size,omitempty"` // bytes
	URL         Text        `json:"url,omitempty"`
	Content     *RawContent `json:"content,omitempty"`
}

// RawContent is what a language model said. Thinking[i] came before Answer[i].
//
// Wiro docs: LLM & Chat Streaming.
type RawContent struct {
	Prompt   Text       `json:"prompt"`
	Raw      Text       `json:"raw"`
	Thinking List[Text] `json:"thinking"`
	Answer   List[Text] `json:"answer"`
}

// UnmarshalJSON also takes a bare string, as the raw text.
func (r *RawContent) UnmarshalJSON(data []byte) error {
	type plain RawContent
	*r = RawContent{}
	return unmarshalOr(data, (*plain)(r), func(text string) { r.Raw = Text(text) })
}

// Over reports whether nothing more will happen to the task. Where Wiro leaves the status
// out, the exit code tells.
func (t Task) Over() bool {
	switch t.Status {
	case TaskPostprocessEnd, TaskCanceled, TaskError:
		return true
	case "":
		return t.ExitCode != ""
	}
	return false
}

// Succeeded reports whether the task is over and its model ended well: by the exit code, and
// where Wiro leaves that out, by the outputs.
func (t Task) Succeeded() bool {
	if !t.Over() || t.Status == TaskCanceled || t.Status == TaskError {
		return false
	}
	return t.ExitCode == "0" || t.ExitCode == "" && len(t.Outputs) > 0
}

// Model returns the slug of the model that the task runs.
func (t Task) Model() Slug { return Slug{string(t.ModelOwner), string(t.ModelProject)} }

// Ref names the task.
func (t Task) Ref() TaskRef { return TaskRef{Token: string(t.Token), ID: string(t.ID)} }

// Task returns a task as it stands. One that does not exist, or is another project's,
// matches ErrNotFound.
//
// Wiro docs: Tasks, POST /Task/Detail.
func (c *Client) Task(ctx context.Context, ref TaskRef) (Task, error) {
	if err := ref.check(); err != nil {
		return Task{}, err
	}
	page, err := call[TaskPage](ctx, c, taskDetail, ref)
	if err != nil {
		return Task{}, err
	}
	if len(page.Tasks) == 0 {
		return Task{}, &APIError{Operation: taskDetail.path, HTTPStatus: http.StatusOK, Code: CodeNotFound, Messages: []string{"There is no task yet."}}
	}
	return page.Tasks[0], nil
}

// TaskQuery pages the caller's tasks, newest first. Limit is 20 where 0.
type TaskQuery struct {
	Model string // only those of this model, by its slugproject or slug
	Start int
	Limit int
}

// TaskPage is a page of tasks.
type TaskPage struct {
	Total Int        `json:"total"`
	Tasks List[Task] `json:"tasklist"`
}

// Tasks lists the caller's tasks, newest first. The documentation leaves this endpoint out;
// the official server uses it so.
func (c *Client) Tasks(ctx context.Context, q TaskQuery) (TaskPage, error) {
	if q.Limit <= 0 {
		q.Limit = 20
	}
	return call[TaskPage](ctx, c, taskList, struct {
		Type  string `json:"type"`
		Sort  string `json:"sort"`
		Order string `json:"order"`
		Start string `json:"start"`
		Limit string `json:"limit"`
		Model string `json:"modelName,omitempty"`
	}{"model", "id", "DESC", strconv.Itoa(max(0, q.Start)), strconv.Itoa(q.Limit), q.Model})
}

// Cancel takes a task that still waits in the queue out of it. A task that a worker has
// accepted is not canceled (ErrNotCancellable): Kill stops it. Nothing is charged.
//
// Wiro docs: Tasks, POST /Task/Cancel.
func (c *Client) Cancel(ctx context.Context, ref TaskRef) error {
	return c.control(ctx, taskCancel, ref)
}

// Kill stops a task that a worker has accepted; it ends as task_cancel. Nothing is charged.
//
// Wiro docs: Tasks, POST /Task/Kill.
func (c *Client) Kill(ctx context.Context, ref TaskRef) error {
	return c.control(ctx, taskKill, ref)
}

// DeleteTaskFiles deletes the input and output files of a task that is over; the task
// itself stays. Doing it again is no error.
//
// Wiro docs: Tasks, POST /Task/InputOutputDelete.
func (c *Client) DeleteTaskFiles(ctx context.Context, token string) error {
	ref := TaskRef{Token: token}
	if err := ref.check(); err != nil {
		return err
	}
	return act(ctx, c, taskDeleteOutput, ref)
}

// control sends every name of the task that a version of the API is known to ask for.
func (c *Client) control(ctx context.Context, op operation, ref TaskRef) error {
	if err := ref.check(); err != nil {
		return err
	}
	return act(ctx, c, op, struct {
		TaskRef
		Token string `json:"socketaccesstoken,omitempty"`
	}{ref, ref.Token})
}
