package tasks

import (
	"context"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// A task is one run of a model.
type task struct {
	service  *Tasks
	id       int64
	place    int // the first task of the emulator is 1
	topic    *core.Topic
	project  *core.Project // who sees it
	payer    *core.Project // who pays
	model    *model
	in       *inputs
	behavior core.Behavior
	answers  *core.Script // how Task/Detail answers once the task has ended
	origin   string       // where URLs of its outputs start
	folder   string       // secret part of those URLs
	callback string
	created  time.Time
	inbox    chan core.Inbound // what clients of a realtime model send; nil for others

	ctx    context.Context // ends with the task
	cancel context.CancelFunc

	mu      sync.Mutex
	status  core.Stage
	before  core.Stage   // the status before the last one, once the task has ended
	reached []core.Stage // without repeats
	changed core.Signal  // raised at each change
	held    *core.Hold
	started time.Time
	ended   time.Time
	elapsed time.Duration
	exit    string
	cost    float64
	stdout  string
	stderr  string
	outputs []*output
	deleted bool // Task/InputOutputDelete
	ready   bool // task_stream_ready was sent
	closing bool // the client has ended the session
}

// newTask adds a task; live runs it.
func (s *Tasks) newTask(c *core.Call, m *model, payer *core.Project, in *inputs) *task {
	t := &task{
		service: s, topic: &core.Topic{Token: s.IDs.Token(), Refuse: c.Behavior.RefuseSocket},
		project: c.Project, payer: payer, model: m, in: in,
		behavior: c.Behavior, origin: s.Origin(c.Request), callback: c.Args.Text("callbackUrl"),
		created: time.Now(), status: core.TaskQueue, folder: s.IDs.Token(),
		held: core.NewHold(),
	}
	t.answers = core.NewScript(t.behavior.Detail)
	if mistake := m.mistake(in); mistake != "" && t.behavior.FailWith == nil {
		t.behavior.FailWith = &core.Exit{Stderr: []string{mistake}}
	}
	t.ctx, t.cancel = context.WithCancel(s.Context)
	if m.Makes.realtime() {
		t.inbox = make(chan core.Inbound, 256)
		t.topic.Receive = t.receive
		t.topic.Abandoned = t.abandoned
	}
	s.Hub.Open(t.topic)
	for _, gone := range s.store.add(t, s.IDs) {
		s.Hub.Forget(gone.topic.Token)
	}
	return t
}
