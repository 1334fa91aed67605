package emulator

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Errors of the Task endpoints.
//
// Wiro docs: Error Reference, Task Errors.
var (
	errNoTask         = fail(1, "There is no task yet.")
	errNoIdentifier   = fail(0, "taskid or socketaccesstoken is required")
	errNotCancellable = fail(1, "Task is not in a cancellable state.")
	errNotCompleted   = fail(1, "Task must be completed or cancelled before deleting files")
)

func (s *taskService) installTasks() {
	s.serve("Task/Detail", endpoint{handle: s.taskDetail})
	s.serve("Task/List", endpoint{handle: s.listTasks})
	s.serve("Task/Cancel", endpoint{handle: s.cancelTask})
	s.serve("Task/Kill", endpoint{handle: s.killTask})
	s.serve("Task/InputOutputDelete", endpoint{handle: s.deleteTaskFiles})
}

// task finds the task that a call is about, by tasktoken, socketaccesstoken or taskid.
// Another project's task does not exist for it.
func (s *taskService) find(c *call) (*task, error) {
	token := c.args.text("tasktoken")
	if token == "" {
		token = c.args.text("socketaccesstoken")
	}
	id := c.args.text("taskid")
	if token == "" && id == "" {
		return nil, errNoIdentifier
	}
	var t *task
	if token != "" {
		t = s.store.token(token)
	} else if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		t = s.store.id(n)
	}
	if t == nil || t.project != c.project {
		return nil, errNoTask
	}
	return t, nil
}

// taskDetail answers POST /Task/Detail.
func (s *taskService) taskDetail(c *call) (fields, error) {
	t, err := s.find(c)
	if err != nil {
		return nil, err
	}
	return fields{{"total", "1"}, {"tasklist", []taskJSON{t.detail()}}}, nil
}

// listTasks answers POST /Task/List, in the shape of Task/Detail.
func (s *taskService) listTasks(c *call) (fields, error) {
	name := strings.ToLower(c.args.text("modelName"))
	found := s.store.all(func(t *task) bool {
		return t.project == c.project && strings.Contains(t.model.Slug+" "+strings.ToLower(t.model.Title), name)
	})
	if !strings.EqualFold(c.args.text("order"), "ASC") {
		slices.Reverse(found)
	}
	start, limit := c.args.whole("start", 0), min(c.args.whole("limit", 20), 100)
	page := found[min(start, len(found)):]
	page = page[:min(limit, len(page))]
	list := make([]taskJSON, len(page))
	for i, t := range page {
		list[i] = t.detail()
	}
	return fields{{"total", strconv.Itoa(len(found))}, {"tasklist", list}}, nil
}

// cancelTask answers POST /Task/Cancel: out of the queue, while the task waits there.
func (s *taskService) cancelTask(c *call) (fields, error) {
	t, err := s.find(c)
	if err != nil {
		return nil, err
	}
	if _, done := t.interrupt(func(at Stage) bool { return at == TaskQueue }); !done {
		return nil, errNotCancellable
	}
	return nil, nil
}

// killTask answers POST /Task/Kill: stops a task that a worker runs.
func (s *taskService) killTask(c *call) (fields, error) {
	t, err := s.find(c)
	if err != nil {
		return nil, err
	}
	if was, done := t.interrupt(Stage.killable); !done {
		return nil, fail(1, "Task could not be killed: "+notKillable(was))
	}
	return nil, nil
}

func notKillable(was Stage) string {
	if was == TaskPostprocessEnd || was == TaskCancel || was == TaskError {
		return "task has already ended"
	}
	return "task is not running yet"
}

// deleteTaskFiles answers POST /Task/InputOutputDelete. A second time it does nothing.
func (s *taskService) deleteTaskFiles(c *call) (fields, error) {
	token, err := c.args.need("tasktoken")
	if err != nil {
		return nil, err
	}
	t := s.store.token(token)
	if t == nil || t.project != c.project {
		return nil, fail(1, "task-not-exist")
	}
	t.mu.Lock()
	over := t.status == TaskPostprocessEnd || t.status == TaskCancel
	if over {
		t.deleted = true
	}
	t.mu.Unlock()
	if !over {
		return nil, errNotCompleted
	}
	s.rendered.forget(t.folder)
	for _, source := range t.in.sources(t.model) {
		if source.stored != nil && source.stored.project == t.project {
			s.files.delete(source.stored)
		}
	}
	return nil, nil
}

// A taskJSON is a task as the Task endpoints and callbacks show it.
type taskJSON struct {
	ID               any             `json:"id"`
	Token            string          `json:"socketaccesstoken"`
	Parameters       json.RawMessage `json:"parameters"`
	Status           Stage           `json:"status"`
	Exit             *string         `json:"pexit"`
	DebugOutput      string          `json:"debugoutput"`
	DebugError       string          `json:"debugerror,omitempty"`
	StartTime        string          `json:"starttime"`
	EndTime          string          `json:"endtime"`
	ElapsedSeconds   any             `json:"elapsedseconds"`
	TotalCost        any             `json:"totalcost"`
	ModelDescription string          `json:"modeldescription"`
	ModelSlugOwner   string          `json:"modelslugowner"`
	ModelSlugProject string          `json:"modelslugproject"`
	OutputFolderID   string          `json:"outputfolderid"`
	Outputs          json.RawMessage `json:"outputs"`
}

func (t *task) detail() taskJSON {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := taskJSON{
		ID: t.model.num(int(t.id)), Token: t.topic.token,
		Parameters: t.in.json(), Status: t.status,
		DebugOutput: t.stdout, DebugError: t.stderr,
		StartTime: t.model.time(t.started), EndTime: t.model.time(t.ended),
		ModelDescription: t.model.About, ModelSlugOwner: t.model.owner, ModelSlugProject: t.model.name,
		OutputFolderID: t.folder, Outputs: t.outputsJSON(),
	}
	if t.exit != "" {
		d.Exit = &t.exit
	}
	if t.deleted {
		d.OutputFolderID = "0"
	}
	elapsed := t.elapsed
	if elapsed == 0 && !t.started.IsZero() && !t.over() {
		elapsed = time.Since(t.started)
	}
	if t.model.has(quirkNumbers) {
		d.ElapsedSeconds, d.TotalCost = elapsed.Seconds(), t.cost
	} else {
		d.ElapsedSeconds = strconv.FormatFloat(elapsed.Seconds(), 'f', 4, 64)
		d.TotalCost = usd(t.cost)
	}
	return d
}
