package store

import (
	"context"
	"slices"
	"time"
)

// request tells which run a request of a caller holds, or that it was given up before it held one.
type request struct {
	Run     string `json:"run,omitempty"`
	ID      string `json:"id,omitempty"`
	Hold    string `json:"hold,omitempty"`
	GivenUp int64  `json:"given_up,omitempty"` // Unix milliseconds
	Cancel  bool   `json:"cancel,omitempty"`   // given up because the client canceled it
}

const clockSkew = time.Second // of two replicas

// noteRequest remembers a request for GiveUp. The run of one that was given up before is given up,
// too.
func (s *Store) noteRequest(ctx context.Context, call Call, run *Run) error {
	if call.Request == "" {
		return nil
	}
	run.reqKey = s.requestKey(call.Caller, call.Request)
	givenUp, oldest := false, call.Arrived.Add(-clockSkew).UnixMilli() // before that, another request was meant
	err := update(ctx, s, run.reqKey, AttachFor, func(list *[]request) (bool, error) {
		*list = slices.DeleteFunc(*list, func(q request) bool {
			if q.GivenUp == 0 {
				return false
			}
			if q.GivenUp >= oldest {
				givenUp, run.Canceled = true, q.Cancel
			}
			return true
		})
		if len(*list) >= mostPerRequest { // a client that numbers its requests alike
			*list = slices.Delete(*list, 0, 1)
		}
		if !givenUp {
			*list = append(*list, request{Run: run.key, ID: run.ID, Hold: run.hold})
		}
		return len(*list) > 0, nil
	})
	if err != nil || !givenUp {
		return err
	}
	_, err = run.unhold(ctx)
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
	var list []request
	key := s.requestKey(caller, name)
	err = update(ctx, s, key, AttachFor, func(value *[]request) (bool, error) {
		list = slices.DeleteFunc(*value, func(q request) bool { return q.Hold == "" })
		if len(list) > 0 {
			return true, errUnchanged
		}
		*value = []request{{GivenUp: at.UnixMilli(), Cancel: canceled}}
		return true, nil
	})
	if err != nil || len(list) == 0 {
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
	// Last, so that a second try finds what the first one did not come to.
	return given, update(ctx, s, key, AttachFor, func(value *[]request) (bool, error) {
		*value = slices.DeleteFunc(*value, func(q request) bool { return slices.Contains(list, q) })
		return len(*value) > 0, nil
	})
}
