package wiro

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// Update is something new about a task that is being waited for. Each carries all that is
// known.
type Update struct {
	TaskID   string
	Status   Status
	Progress *Progress // the model's own count; nil if it keeps none
	Line     string    // the last line that the model printed, if it prints lines
	Thinking []string  // of a language model, so far
	Answer   []string  // of a language model, so far
	Cost     *float64  // USD so far, of a realtime session; nil if Wiro has not said
	Task     *Task     // the task, on the last update of Updates; else nil
}

// Progress says how far a model is.
//
// Wiro docs: WebSocket (Output Events).
type Progress struct {
	Type       string   `json:"type"`
	Task       string   `json:"task"`
	Percent    *float64 `json:"percentage"` // 0 to 100; nil if the model does not say
	Step       int64    `json:"stepCurrent"`
	Steps      int64    `json:"stepTotal"`
	Speed      string   `json:"speed"`
	SpeedUnit  string   `json:"speedType"`
	Elapsed    string   `json:"elapsedTime"`
	Remaining  string   `json:"remainingTime"`
	Raw        string   `json:"raw" wire:"text"`
	Thinking   []string `json:"thinking"`
	Answer     []string `json:"answer"`
	IsThinking bool     `json:"isThinking"`
	Tokens     int64    `json:"tokenCount"`
	Words      int64    `json:"wordCount"`
}

// Wait follows a task to its end and returns it. It submits nothing, so that it costs nothing
// and may be repeated. It calls onUpdate, if given, with everything new, from the goroutine
// that called Wait.
//
// If ctx ends first, Wait returns the task as it stood last with an error that wraps ctx's; the
// task itself goes on. A task that failed is no error: see Task.Err. A task that does not
// exist, or is another project's, matches ErrNotFound.
//
// Wiro docs: Tasks; WebSocket; LLM & Chat Streaming.
func (s *TasksService) Wait(ctx context.Context, ref TaskRef, onUpdate ...func(Update)) (Task, error) {
	task := &Task{Token: ref.Token, ID: ref.ID}
	if over, err := s.look(ctx, task); over {
		return *task, err
	}
	err := watch(ctx, s.client, s.watcher(task, notifier(onUpdate), false))
	return *task, err
}

// Follow is Wait that returns at once, for programs that wait for thousands: while nothing happens
// to the task, no goroutine waits for it. Task is known already, at least by its token or id. It is
// kept as Wiro's record states it until Follow calls then, once, with Wait's error. Then and
// onUpdate are called from goroutines of Follow, one at a time; a panic of onUpdate is an error.
func (s *TasksService) Follow(ctx context.Context, task *Task, then func(error), onUpdate ...func(Update)) {
	go func() {
		over := true // unless look says otherwise
		err := guarded(func() (err error) {
			over, err = s.look(ctx, task)
			return err
		})
		if over {
			then(err)
			return
		}
		watchLater(ctx, s.client, s.watcher(task, notifier(onUpdate), false), then)
	}()
}

// look reads the record of a task whose token is not known, which the socket wants. It reports
// whether there is nothing to wait for.
func (s *TasksService) look(ctx context.Context, task *Task) (over bool, err error) {
	ref := TaskRef{Token: task.Token, ID: task.ID}
	if err := ref.check(); err != nil || ref.Token != "" {
		return err != nil, err
	}
	found, err := s.Get(ctx, ref)
	if err == nil {
		*task = found
	}
	return task.Over() || ctx.Err() != nil || err != nil && isFinal(err), err
}

// Updates follows a task to its end like Wait, and returns everything new about it. The last
// update carries the task; an error, with the last update, ends it early. Leaving the loop ends
// the wait, not the task.
//
//	for update, err := range client.Tasks.Updates(ctx, ref) {
func (s *TasksService) Updates(ctx context.Context, ref TaskRef) iter.Seq2[Update, error] {
	return taskUpdates(ctx, func(ctx context.Context, notify func(Update)) (Task, error) { return s.Wait(ctx, ref, notify) })
}

func taskUpdates(ctx context.Context, wait func(context.Context, func(Update)) (Task, error)) iter.Seq2[Update, error] {
	return updates(ctx, wait, func(u *Update, t Task) { u.TaskID, u.Status, u.Task = t.ID, t.Status, &t })
}

// watcher follows a task and keeps known up to date.
func (s *TasksService) watcher(known *Task, notify func(Update), justCreated bool) *watcher[Task] {
	tracker := &taskTracker{notify: notify}
	ref := TaskRef{Token: known.Token}
	if ref.Token == "" {
		ref.ID = known.ID
	}
	return &watcher[Task]{
		subject:     "task",
		token:       ref.Token,
		last:        known,
		register:    map[string]string{"type": "task_info", "tasktoken": ref.Token},
		poll:        func(ctx context.Context) (Task, error) { return s.Get(ctx, ref) },
		done:        Task.Over,
		onPoll:      tracker.onPoll,
		event:       tracker.event,
		maybeFinal:  tracker.failedEarly,
		nearEnd:     nearEnd,
		justCreated: justCreated,
		intervals:   s.client.shared.options.PollIntervals,
	}
}

// taskTracker gathers what events and polls say, and notifies of what changed.
type taskTracker struct {
	notify func(Update)
	now    Update
}

// statusOrder ranks the statuses as they pass. Events and polls overtake each other: what is
// older than what is known is not new.
var statusOrder = []Status{
	TaskQueue, TaskAccept, TaskPreprocessStart, TaskPreprocessEnd, TaskAssign, TaskStart, TaskStreamReady,
	TaskOutput, TaskStreamEnd, TaskEnd, TaskPostprocessStart, TaskError, TaskPostprocessEnd, TaskCanceled,
}

func (t *taskTracker) onPoll(task Task) {
	t.now.TaskID = task.ID
	if t.advance(task.Status) {
		t.notify(t.now)
	}
}

func (t *taskTracker) advance(status Status) bool {
	if slices.Index(statusOrder, status) <= slices.Index(statusOrder, t.now.Status) {
		return false
	}
	t.now.Status = status
	return true
}

// failedEarly reports whether an error came before the model ran: that may be the end, which no
// further event tells.
func (t *taskTracker) failedEarly(e wire.Event) bool {
	return Status(e.Type) == TaskError && slices.Index(statusOrder, t.now.Status) < slices.Index(statusOrder, TaskStart)
}

// nearEnd reports whether an event says that the model works, or has ended.
func nearEnd(e wire.Event) bool {
	switch Status(e.Type) { //nolint:exhaustive // the others come before
	case TaskOutput, TaskOutputFull, TaskCost, TaskStreamEnd, TaskEnd, TaskPostprocessStart:
		return true
	}
	return false
}

// event takes an event in and reports whether it is the final one.
func (t *taskTracker) event(e wire.Event) (final bool) {
	status := Status(e.Type)
	switch status { //nolint:exhaustive // errors are noise until the exit code says otherwise
	case TaskQueue, TaskAccept, TaskPreprocessStart, TaskPreprocessEnd, TaskAssign, TaskStart,
		TaskEnd, TaskPostprocessStart, TaskStreamReady, TaskStreamEnd:
		if !t.advance(status) {
			return false
		}
	case TaskOutput:
		t.advance(status)
		t.output(e.Message)
	case TaskOutputFull:
		t.output(e.Message)
	case TaskCost:
		t.now.Cost = e.CumulativeCost
	case TaskPostprocessEnd, TaskCanceled:
		final = true
		t.advance(status)
	default:
		return false
	}
	t.notify(t.now)
	return final
}

// output takes in what a model printed: a progress object, a language model's words, or text.
func (t *taskTracker) output(message json.RawMessage) {
	if len(message) == 0 {
		return
	}
	var progress Progress
	if wire.Decode(message, &progress) != nil {
		return
	}
	if isText := message[0] != '{'; isText {
		if progress.Raw != "" {
			t.now.Line = lastLine(progress.Raw)
		}
		return
	}
	if len(progress.Answer)+len(progress.Thinking) > 0 {
		t.now.Thinking, t.now.Answer = progress.Thinking, progress.Answer
	}
	if progress.Type != "" {
		t.now.Progress = &progress
	}
}

func lastLine(text string) string {
	text = strings.TrimRight(text, "\r\n ")
	return text[strings.LastIndexAny(text, "\r\n")+1:]
}
