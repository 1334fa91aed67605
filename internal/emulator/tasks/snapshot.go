package tasks

import (
	"maps"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// A Snapshot is a task as it is at one moment; a behavior can make Task/Detail
// say something else.
type Snapshot struct {
	ID       int64
	Token    string
	Key      string // of the project that started it
	Model    string
	Status   core.Stage
	ExitCode string
	Cost     float64
	Params   map[string]any
	Created  time.Time
	Started  time.Time
	Ended    time.Time
	Outputs  int
}

func (t *task) snapshot() Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Snapshot{
		ID: t.id, Token: t.topic.Token, Key: t.project.Key, Model: t.model.Slug, Status: t.status, ExitCode: t.exit,
		Cost: t.cost, Params: maps.Clone(t.in.params), Created: t.created, Started: t.started, Ended: t.ended,
		Outputs: len(t.outputs),
	}
}

// Snapshot is the task of a token, false where there is none.
func (s *Tasks) Snapshot(token string) (Snapshot, bool) {
	t := s.store.token(token)
	if t == nil {
		return Snapshot{}, false
	}
	return t.snapshot(), true
}

// Snapshots are the remembered tasks, oldest first.
func (s *Tasks) Snapshots() []Snapshot {
	all := s.store.all(func(*task) bool { return true })
	snapshots := make([]Snapshot, len(all))
	for i, t := range all {
		snapshots[i] = t.snapshot()
	}
	return snapshots
}

// SetTaskCost changes what a task says it cost, in USD, and leaves the wallet alone. An unknown
// token does nothing.
func (s *Tasks) SetTaskCost(token string, usd float64) {
	if t := s.store.token(token); t != nil {
		t.mu.Lock()
		t.cost = usd
		t.mu.Unlock()
	}
}
