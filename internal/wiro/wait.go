package wiro

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// Update is news of a task that is being waited for. Each carries all that is known.
type Update struct {
	TaskID   string
	Status   Status
	Progress *Progress // the model's own count, where it keeps one
	Line     string    // the last line that the model printed, where it prints lines
	Thinking []string  // of a language model, so far
	Answer   []string
	Cost     float64 // USD so far, of a realtime session
}

// Progress is how far a model says that it is.
//
// Wiro docs: WebSocket (Output Events).
type Progress struct {
	Type       Text       `json:"type"`
	Task       Text       `json:"task"`
	Percent    *Float     `json:"percentage"` // 0 to 100; nil where the model does not say
	Step       Int        `json:"stepCurrent"`
	Steps      Int        `json:"stepTotal"`
	Speed      Text       `json:"speed"`
	SpeedUnit  Text       `json:"speedType"`
	Elapsed    Text       `json:"elapsedTime"`
	Remaining  Text       `json:"remainingTime"`
	Raw        Text       `json:"raw"`
	Thinking   List[Text] `json:"thinking"`
	Answer     List[Text] `json:"answer"`
	IsThinking Bool       `json:"isThinking"`
	Tokens     Int        `json:"tokenCount"`
	Words      Int        `json:"wordCount"`
}

// Wait follows a task to its end and tells update, which may be nil, of everything new. It
// submits nothing. When ctx ends first, it returns the task as it stood last with an error
// that wraps ctx's; the task itself goes on, and waiting for it again is safe.
//
// A task that failed is no error: see Task.Succeeded.
//
// Wiro docs: Tasks; WebSocket; LLM & Chat Streaming.
func (c *Client) Wait(ctx context.Context, ref TaskRef, update func(Update)) (Task, error) {
	if err := ref.check(); err != nil {
		return Task{}, err
	}
	known := Task{Token: Text(ref.Token), ID: Text(ref.ID)}
	if ref.Token == "" { // which the socket wants
		var err error
		if known, err = c.Task(ctx, ref); err != nil || known.Over() {
			return known, err
		}
	}
	return c.wait(ctx, known, update, false)
}

// WaitSubmitted is Wait for a run that was just submitted: should Wiro not know the task
// yet, it gives it a moment.
func (c *Client) WaitSubmitted(ctx context.Context, s Submission, update func(Update)) (Task, error) {
	return c.wait(ctx, Task{ID: s.TaskID, Token: s.Token, Status: TaskQueue}, update, true)
}

func (c *Client) wait(ctx context.Context, known Task, update func(Update), young bool) (Task, error) {
	if update == nil {
		update = func(Update) {}
	}
	news := taskNews{tell: update}
	ref := TaskRef{Token: string(known.Token)}
	if ref.Token == "" {
		ref.ID = string(known.ID)
	}
	return follow(ctx, c, follower[Task]{
		token:    ref.Token,
		known:    known,
		register: map[string]string{"type": "task_info", "tasktoken": ref.Token},
		look:     func(ctx context.Context) (Task, error) { return c.Task(ctx, ref) },
		over:     Task.Over,
		looked:   news.look,
		event:    news.event,
		doubt:    news.failedEarly,
		young:    young,
		poll:     c.options.Poll,
	})
}

// taskNews gathers what events and looks say, and tells what changed.
type taskNews struct {
	tell func(Update)
	now  Update
}

func (n *taskNews) look(t Task) {
	n.now.TaskID = string(t.ID)
	if n.advance(t.Status) {
		n.tell(n.now)
	}
}

// order ranks the statuses as they pass. Events and looks overtake each other: what is older
// than what is known is no news.
var order = []Status{
	TaskQueue, TaskAccept, TaskPreprocessStart, TaskPreprocessEnd, TaskAssign, TaskStart, TaskStreamReady,
	TaskOutput, TaskStreamEnd, TaskEnd, TaskPostprocessStart, TaskError, TaskPostprocessEnd, TaskCanceled,
}

func (n *taskNews) advance(status Status) bool {
	if slices.Index(order, status) <= slices.Index(order, n.now.Status) {
		return false
	}
	n.now.Status = status
	return true
}

// failedEarly reports whether an error came before the model ran: then it may be the end,
// which no further event tells.
func (n *taskNews) failedEarly(f frame) bool {
	return Status(f.Type) == TaskError && slices.Index(order, n.now.Status) < slices.Index(order, TaskStart)
}

// event takes a frame in and reports whether it is the last one.
func (n *taskNews) event(f frame) (last bool) {
	status := Status(f.Type)
	switch status {
	case TaskQueue, TaskAccept, TaskPreprocessStart, TaskPreprocessEnd, TaskAssign, TaskStart,
		TaskEnd, TaskPostprocessStart, TaskStreamReady, TaskStreamEnd:
		if !n.advance(status) {
			return false
		}
	case TaskOutput:
		n.advance(status)
		n.output(f.Message)
	case TaskOutputFull:
		n.output(f.Message)
	case TaskCost:
		n.now.Cost = float64(f.Cumulative)
	case TaskPostprocessEnd, TaskCanceled:
		last = true
		n.advance(status)
	case TaskError, TaskErrorFull: // stderr: noise until the exit code says otherwise
		return false
	default:
		return false
	}
	n.tell(n.now)
	return last
}

// output takes in what a model printed: a progress object, a language model's words, or text.
func (n *taskNews) output(message json.RawMessage) {
	var progress Progress
	if err := unmarshalOr(message, &progress, func(line string) { n.now.Line = lastLine(line) }); err != nil {
		return
	}
	if len(progress.Answer)+len(progress.Thinking) > 0 {
		n.now.Thinking, n.now.Answer = texts(progress.Thinking), texts(progress.Answer)
	}
	if progress.Type != "" {
		n.now.Progress = &progress
	}
}

func texts(list []Text) []string {
	plain := make([]string, len(list))
	for i, text := range list {
		plain[i] = string(text)
	}
	return plain
}

func lastLine(text string) string {
	text = strings.TrimRight(text, "\r\n ")
	return text[strings.LastIndexAny(text, "\r\n")+1:]
}
