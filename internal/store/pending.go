package store

import (
	"context"
	"errors"
	"time"
)

// pendingWrite is a change that the backend did not take yet.
type pendingWrite struct {
	write func(context.Context) error
	since time.Time
}

// mostPending bounds what is kept of an outage; calls that need the store are refused meanwhile.
const mostPending = 10_000

// retryLater keeps a change on which later calls depend, such as the end of a hold, if err says
// that the backend did not take it. It is made before this process begins another run, and
// before it shows that it lives: no replica takes a run that has ended for one in flight, and
// submits it a second time.
func (s *Store) retryLater(err error, write func(context.Context) error) {
	if errors.Is(err, ErrUnavailable) {
		s.later(write)
	}
}

func (s *Store) later(write func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) < mostPending {
		s.pending = append(s.pending, pendingWrite{write, s.now()})
	}
}

// retry is retryLater for a change of the run's entry.
func (r *Run) retry(err error, change func(e *entry) (keep bool)) {
	run := *r
	r.store.retryLater(err, func(ctx context.Context) error {
		if _, err := run.change(ctx, change); err != nil {
			return err
		}
		return run.noteTask(ctx)
	})
}

// flush makes the changes that the backend did not take, in their order, after those that are
// being made because a call has ended. An error means that it still does not take them.
func (s *Store) flush(ctx context.Context) error {
	s.flushing.Lock()
	defer s.flushing.Unlock()
	for {
		s.mu.Lock()
		if len(s.pending) == 0 {
			s.pending = nil
			s.mu.Unlock()
			return nil
		}
		next := s.pending[0]
		s.mu.Unlock()
		if s.now().Sub(next.since) < AttachFor { // nothing can be attached to after that
			if err := next.write(ctx); errors.Is(err, ErrUnavailable) || ctx.Err() != nil {
				return err
			}
		}
		s.mu.Lock()
		s.pending = s.pending[1:]
		s.mu.Unlock()
	}
}
