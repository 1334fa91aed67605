package emulator

import (
	"context"
	"sync"
	"time"
)

// A task is one run of a model.
type task struct {
	service  *taskService
	id       int64
	place    int // the first task of the sandbox is 1
	topic    *topic
	project  *project // who sees it
	payer    *project // who pays
	model    *model
	in       *inputs
	behavior Behavior
	origin   string // where URLs of its outputs start
	folder   string // secret part of those URLs
	callback string
	created  time.Time
	inbox    chan inbound // what clients of a realtime model send; nil for others

	ctx    context.Context // ends with the task
	cancel context.CancelFunc

	mu      sync.Mutex
	status  Stage
	reached []Stage       // without repeats
	changed chan struct{} // closed at the next change; nil while nobody waits
	release chan struct{} // closed by Release
	freed   bool
	started time.Time
	ended   time.Time
	elapsed time.Duration
	exit    string
	cost    float64
	stdout  string
	stderr  string
	outputs []*output
	deleted bool // Task/InputOutputDelete
}

// newTask adds a task; live runs it.
func (s *taskService) newTask(c *call, m *model, payer *project, in *inputs) *task {
	t := &task{
		service: s, topic: &topic{token: s.ids.token(), refuse: c.behavior.RefuseSocket},
		project: c.project, payer: payer, model: m, in: in,
		behavior: c.behavior, origin: s.origin(c.request), callback: c.args.text("callbackUrl"),
		created: time.Now(), status: TaskQueue, folder: s.ids.token(),
		release: make(chan struct{}),
	}
	if mistake := m.mistake(in); mistake != "" && t.behavior.FailWith == nil {
		t.behavior.FailWith = &Exit{Stderr: []string{mistake}}
	}
	t.ctx, t.cancel = context.WithCancel(s.ctx)
	if m.Makes.realtime() {
		t.inbox = make(chan inbound, 256)
		t.topic.receive = t.receive
		t.topic.abandoned = func() { t.receive(inbound{kind: kindAbandoned}) }
	}
	s.hub.open(t.topic)
	for _, gone := range s.store.add(t, s.ids) {
		s.hub.forget(gone.topic.token)
	}
	return t
}

// receive takes what a client of a realtime model sends. A client that sends faster than
// the model listens is held up, not cut off.
func (t *task) receive(in inbound) {
	select {
	case t.inbox <- in:
	case <-t.ctx.Done():
	}
}
