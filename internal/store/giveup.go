package store

import (
	"context"
	"slices"
	"time"
)

// request tells which run a request of a caller holds.
type request struct {
	Run  string `json:"run"`
	ID   string `json:"id"`
	Hold string `json:"hold"`
}

// mark is that a request was given up. It is a kind of entry of its own, so that no number of marks
// displaces what is known of requests.
type mark struct {
	At       int64 `json:"at"` // Unix milliseconds
	Canceled bool  `json:"canceled,omitempty"`
}

const (
	markedFor = 30 * time.Second // a request holds its run by then: its price is looked up before
	clockSkew = time.Second      // of two replicas
)

// noteRequest remembers a request for GiveUp. The run of one that was given up before is given up,
// too: the mark is read last here and written first there, so that one of the two sees the other.
func (s *Store) noteRequest(ctx context.Context, call Call, run *Run) error {
	if call.Request == "" {
		return nil
	}
	run.reqKey = s.requestKey(call.Caller, call.Request)
	if err := update(ctx, s, run.reqKey, AttachFor, func(list *[]request) (bool, error) {
		if len(*list) >= mostPerRequest { // a client that numbers its requests alike
			*list = slices.Delete(*list, 0, 1)
		}
		*list = append(*list, request{run.key, run.ID, run.hold})
		return true, nil
	}); err != nil {
		return err
	}
	marked := false
	if err := update(ctx, s, s.markKey(call.Caller, call.Request), markedFor, func(m *mark) (bool, error) {
		if m.At == 0 || m.At < call.Arrived.Add(-clockSkew).UnixMilli() { // another request was meant
			return true, errUnchanged
		}
		marked, run.Canceled = true, m.Canceled
		return false, nil // this request alone was meant
	}); err != nil || !marked {
		return err
	}
	_, err := run.unhold(ctx)
	return err
}

// unhold ends the run's hold, and reports whether it was there. The same call attaches from then on.
func (r *Run) unhold(ctx context.Context) (held bool, err error) {
	if _, err = r.change(ctx, func(e *entry) bool {
		if e.Hold == r.hold {
			held = true // also where a second try finds it made
			r.endHold(e)
			r.take(*e)
		}
		return true
	}); err == nil && held {
		err = r.noteTask(ctx)
	}
	return held, err
}

func (r *Run) endHold(e *entry) (keep bool) {
	if e.Hold == r.hold {
		e.Hold, e.Owner = "", ""
	}
	return true
}

func (s *Store) markKey(caller Caller, name string) string {
	return s.key("given-up", caller.BaseURL, caller.Key, name)
}

func (s *Store) requestKey(caller Caller, name string) string {
	return s.key("req", caller.BaseURL, caller.Key, name)
}

func (r *Run) forgetRequest(ctx context.Context) {
	if r.reqKey == "" {
		return
	}
	// What stays behind expires, and names a hold that no longer exists.
	_ = update(context.WithoutCancel(ctx), r.store, r.reqKey, AttachFor, func(list *[]request) (bool, error) {
		*list = slices.DeleteFunc(*list, func(q request) bool { return q.Hold == r.hold })
		return len(*list) > 0, nil
	})
}

// GiveUp marks a caller's request as given up, on whatever replica it is, without ending it:
// the same call attaches to its run from then on. It returns the runs that the request held. If it
// has not begun one yet, the one that it begins is marked, and is Canceled if its client canceled it,
// rather than running out of time.
func (s *Store) GiveUp(ctx context.Context, caller Caller, name string, canceled bool) (given []*Run, err error) {
	at := s.now()
	given, err = s.giveUp(ctx, caller, name, canceled, at)
	s.retryLater(err, s.requestKey(caller, name), func(ctx context.Context) error {
		_, err := s.giveUp(ctx, caller, name, canceled, at)
		return err
	})
	return given, err
}

func (s *Store) giveUp(ctx context.Context, caller Caller, name string, canceled bool, at time.Time) (given []*Run, err error) {
	if err := update(ctx, s, s.markKey(caller, name), markedFor, func(m *mark) (bool, error) {
		*m = mark{at.UnixMilli(), canceled}
		return true, nil
	}); err != nil {
		return nil, err
	}
	var list []request
	key := s.requestKey(caller, name)
	if err := update(ctx, s, key, AttachFor, func(value *[]request) (bool, error) {
		list = *value
		return true, errUnchanged
	}); err != nil {
		return nil, err
	}
	for _, q := range list {
		run := &Run{ID: q.ID, caller: caller, key: q.Run, hold: q.Hold, store: s}
		held, err := run.unhold(ctx)
		if held {
			given = append(given, run)
		}
		if err != nil {
			return given, err
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	// Last, so that a second try finds what the first one did not come to.
	return given, update(ctx, s, key, AttachFor, func(value *[]request) (bool, error) {
		*value = slices.DeleteFunc(*value, func(q request) bool { return slices.Contains(list, q) })
		return len(*value) > 0, nil
	})
}
