package tasks

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// Errors of the Task endpoints.
//
// Wiro docs: Error Reference, Task Errors.
var (
	errNoTask         = core.Fail(1, "There is no task yet.")
	errNoIdentifier   = core.Fail(0, "taskid or socketaccesstoken is required")
	errNotCancellable = core.Fail(1, "Task is not in a cancellable state.")
	errNotCompleted   = core.Fail(1, "Task must be completed or cancelled before deleting files")
)

func (s *Tasks) installTasks() {
	s.Serve("Task/Detail", core.Endpoint{Handle: s.taskDetail})
	s.Serve("Task/List", core.Endpoint{Handle: s.listTasks})
	s.Serve("Task/Cancel", core.Endpoint{Handle: s.cancelTask})
	s.Serve("Task/Kill", core.Endpoint{Handle: s.killTask})
	s.Serve("Task/InputOutputDelete", core.Endpoint{Handle: s.deleteTaskFiles})
}

// task finds the task that a call is about, by tasktoken, socketaccesstoken or taskid.
// Another project's task does not exist for it.
func (s *Tasks) find(c *core.Call) (*task, error) {
	token := c.Args.Text("tasktoken")
	if token == "" {
		token = c.Args.Text("socketaccesstoken")
	}
	id := c.Args.Text("taskid")
	if token == "" && id == "" {
		return nil, errNoIdentifier
	}
	var t *task
	if token != "" {
		t = s.store.token(token)
	} else if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		t = s.store.id(n)
	}
	if t == nil || t.project != c.Project {
		return nil, errNoTask
	}
	return t, nil
}

// taskDetail answers POST /Task/Detail.
func (s *Tasks) taskDetail(c *core.Call) (core.Fields, error) {
	t, err := s.find(c)
	if err != nil {
		return nil, err
	}
	if b, misbehaves := t.answer(); misbehaves {
		c.Detail = &b
	}
	return core.Fields{{"total", "1"}, {"tasklist", []taskJSON{t.detail()}}}, nil
}

// answer is how Task/Detail misbehaves about a task that has ended, if it does.
func (t *task) answer() (core.Behavior, bool) {
	t.mu.Lock()
	over := t.over()
	t.mu.Unlock()
	if !over {
		return core.Behavior{}, false
	}
	return t.answers.Next()
}

// listTasks answers POST /Task/List, in the shape of Task/Detail.
func (s *Tasks) listTasks(c *core.Call) (core.Fields, error) {
	name := strings.ToLower(c.Args.Text("modelName"))
	found := s.store.all(func(t *task) bool {
		return t.project == c.Project && strings.Contains(t.model.Slug+" "+strings.ToLower(t.model.Title), name)
	})
	if !strings.EqualFold(c.Args.Text("order"), "ASC") {
		slices.Reverse(found)
	}
	start, limit := c.Args.Int("start", 0), min(c.Args.Int("limit", 20), 100)
	page := found[min(start, len(found)):]
	page = page[:min(limit, len(page))]
	list := make([]taskJSON, len(page))
	for i, t := range page {
		list[i] = t.detail()
	}
	return core.Fields{{"total", strconv.Itoa(len(found))}, {"tasklist", list}}, nil
}

// cancelTask answers POST /Task/Cancel: out of the queue, while the task waits there.
func (s *Tasks) cancelTask(c *core.Call) (core.Fields, error) {
	t, err := s.find(c)
	if err != nil {
		return nil, err
	}
	if _, done := t.interrupt(func(at core.Stage) bool { return at == core.TaskQueue }); !done {
		return nil, errNotCancellable
	}
	return nil, nil
}

// killTask answers POST /Task/Kill: stops a task that a worker runs.
func (s *Tasks) killTask(c *core.Call) (core.Fields, error) {
	t, err := s.find(c)
	if err != nil {
		return nil, err
	}
	if was, done := t.interrupt(core.Stage.Killable); !done {
		return nil, core.Fail(1, "Task could not be killed: "+notKillable(was))
	}
	return nil, nil
}

func notKillable(was core.Stage) string {
	if was == core.TaskPostprocessEnd || was == core.TaskCancel || was == core.TaskError {
		return "task has already ended"
	}
	return "task is not running yet"
}

// deleteTaskFiles answers POST /Task/InputOutputDelete. A second time it does nothing.
func (s *Tasks) deleteTaskFiles(c *core.Call) (core.Fields, error) {
	token, err := c.Args.Require("tasktoken")
	if err != nil {
		return nil, err
	}
	t := s.store.token(token)
	if t == nil || t.project != c.Project {
		return nil, core.Fail(1, "task-not-exist")
	}
	t.mu.Lock()
	over := t.status == core.TaskPostprocessEnd || t.status == core.TaskCancel
	if over {
		t.deleted = true
	}
	t.mu.Unlock()
	if !over {
		return nil, errNotCompleted
	}
	s.rendered.forget(t.folder)
	for _, source := range t.in.sources(t.model) {
		if source.stored != nil && source.stored.Project == t.project {
			s.Files.Delete(source.stored)
		}
	}
	return nil, nil
}

// A taskJSON is a task as the Task endpoints and callbacks show it.
type taskJSON struct {
	ID               any             `json:"id"`
	Token            string          `json:"socketaccesstoken"`
	Parameters       json.RawMessage `json:"parameters"`
	Status           core.Stage      `json:"status"`
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
		ID: t.model.num(int(t.id)), Token: t.topic.Token,
		Parameters: t.in.json(t.behavior.Inflate), Status: t.status,
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
	if t.over() && time.Since(t.ended) < t.behavior.Lag {
		d.Status, d.Exit, d.EndTime, d.TotalCost, d.Outputs = t.before, nil, t.model.time(time.Time{}), "0", json.RawMessage("[]")
	}
	return d
}
