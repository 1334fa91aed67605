package store

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// pendingWrite is a change that the backend did not take yet.
type pendingWrite struct {
	key   string
	write func(context.Context) error
	since time.Time
}

// mostPending bounds what is kept of an outage; calls that need the store are refused meanwhile.
const mostPending = 10_000

const atOnce = 16 // changes that are made at once

// retryLater keeps a change on which later calls depend, such as the end of a hold, if err says
// that the backend did not take it. It is made before this process begins another run, and
// before it shows that it lives: no replica takes a run that has ended for one in flight, and
// submits it a second time.
func (s *Store) retryLater(err error, key string, write func(context.Context) error) {
	if errors.Is(err, ErrUnavailable) {
		s.later(key, write)
	}
}

func (s *Store) later(key string, write func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) < mostPending {
		s.pending = append(s.pending, pendingWrite{key, write, s.now()})
	}
}

// retry is retryLater for a change of the run's entry.
func (r *Run) retry(err error, change func(e *entry) (keep bool)) {
	run := *r
	r.store.retryLater(err, run.key, func(ctx context.Context) error {
		if _, err := run.change(ctx, change); err != nil {
			return err
		}
		return run.noteTask(ctx)
	})
}

// flush makes the changes that the backend did not take, those of one key in their order, after those
// that are being made because a call has ended. An error means that it still does not take them.
func (s *Store) flush(ctx context.Context) error {
	s.flushing.Lock()
	defer s.flushing.Unlock()
	for {
		s.mu.Lock()
		writes := s.pending
		s.pending = nil
		s.mu.Unlock()
		if len(writes) == 0 {
			return nil
		}
		left, err := s.writeAll(ctx, writes)
		if err != nil {
			s.mu.Lock()
			s.pending = append(left, s.pending...)
			s.mu.Unlock()
			return err
		}
	}
}

// writeAll makes changes, several at once: a process shows that it lives only when all are made. It
// stops at the first that fails, and returns what is left.
func (s *Store) writeAll(ctx context.Context, writes []pendingWrite) (left []pendingWrite, err error) {
	keys := map[string][]int{} // the changes of each, by their place
	for i, w := range writes {
		keys[w.key] = append(keys[w.key], i)
	}
	made := make([]bool, len(writes))
	group, stop := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, places := range keys {
		group.Go(func() error {
			for _, i := range places {
				if err := stop.Err(); err != nil {
					return err
				}
				if s.now().Sub(writes[i].since) < AttachFor { // nothing can be attached to after that
					err := writes[i].write(ctx)
					if errors.Is(err, ErrUnavailable) {
						return err
					}
					if ctx.Err() != nil { // it may be made all the same, and is made again then
						return ctx.Err()
					}
				}
				made[i] = true
			}
			return nil
		})
	}
	err = group.Wait()
	for i, w := range writes {
		if !made[i] {
			left = append(left, w)
		}
	}
	return left, err
}
