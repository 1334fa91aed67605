package tasks

import (
	"context"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// A taskStore remembers tasks: all that run, and the newest of those that have ended.
type taskStore struct {
	max int

	mu       sync.Mutex
	byToken  map[string]*task
	byID     map[int64]*task
	byFolder map[string]*task
	order    []*task     // by id; forgotten ones linger until compact
	ended    []*task     // in the order in which they ended
	total    int         // tasks so far
	changed  core.Signal // raised at each task
}

func newTaskStore(limit int) *taskStore {
	return &taskStore{max: limit, byToken: map[string]*task{}, byID: map[int64]*task{}, byFolder: map[string]*task{}}
}

// add numbers and remembers a task, and returns those that are forgotten for it.
func (ts *taskStore) add(t *task, ids *core.IDs) (forgotten []*task) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.total++
	t.id, t.place = ids.Next(), ts.total
	ts.byToken[t.topic.Token], ts.byID[t.id], ts.byFolder[t.folder] = t, t, t
	ts.order = append(ts.order, t)
	ts.changed.Raise()
	if n := len(ts.ended) - ts.max; n > 0 {
		forgotten, ts.ended = ts.ended[:n], ts.ended[n:]
	}
	for _, old := range forgotten {
		delete(ts.byToken, old.topic.Token)
		delete(ts.byID, old.id)
		delete(ts.byFolder, old.folder)
	}
	if len(ts.order) > 2*len(ts.byID)+64 {
		ts.compact()
	}
	return forgotten
}

func (ts *taskStore) compact() {
	kept := make([]*task, 0, len(ts.byID))
	for _, t := range ts.order {
		if ts.byID[t.id] != nil {
			kept = append(kept, t)
		}
	}
	ts.order = kept
}

// end says that a task has ended, and may be forgotten some day.
func (ts *taskStore) end(t *task) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.ended = append(ts.ended, t)
}

func (ts *taskStore) token(token string) *task {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return ts.byToken[token]
}

func (ts *taskStore) id(id int64) *task {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return ts.byID[id]
}

func (ts *taskStore) inFolder(folder string) *task {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return ts.byFolder[folder]
}

// all are the remembered tasks that keep accepts, oldest first.
func (ts *taskStore) all(keep func(*task) bool) []*task {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	var found []*task
	for _, t := range ts.order {
		if ts.byID[t.id] != nil && keep(t) {
			found = append(found, t)
		}
	}
	return found
}

// Launched waits until n tasks have been started since New, and returns the token of the
// n-th, or ctx's error.
func (s *Tasks) Launched(ctx context.Context, n int) (token string, err error) {
	ts := s.store
	err = ts.changed.Await(ctx, &ts.mu, func() (bool, error) { return ts.total >= n, nil })
	if err != nil {
		return "", err
	}
	for _, t := range ts.all(func(t *task) bool { return t.place == n }) {
		return t.topic.Token, nil
	}
	return "", core.ErrForgotten
}
