package core

import (
	"context"
	"sync"
)

// A Signal tells those who wait that something changed. Its owner's lock guards it; the zero
// value is ready.
type Signal struct {
	changed chan struct{} // closed at the next change; nil while there is none to wake
}

// Raise wakes all who wait. The caller holds the lock.
func (s *Signal) Raise() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Await waits until done, which is asked under the owner's lock, says so or fails. It
// returns done's error, or ctx's.
func (s *Signal) Await(ctx context.Context, lock sync.Locker, done func() (bool, error)) error {
	for {
		lock.Lock()
		ok, err := done()
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		lock.Unlock()
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A Hold is where something waits for Release.
type Hold struct {
	once sync.Once
	open chan struct{}
}

// NewHold returns a hold that holds.
func NewHold() *Hold { return &Hold{open: make(chan struct{})} }

// Release ends the hold for good. It may be called twice.
func (h *Hold) Release() { h.once.Do(func() { close(h.open) }) }

// Wait returns when the hold is over, or ctx has ended. It reports which.
func (h *Hold) Wait(ctx context.Context) bool {
	select {
	case <-h.open:
		return true
	case <-ctx.Done():
		return false
	}
}
