package store

import (
	"context"
	"slices"
)

// request tells which run a request of a caller holds.
type request struct {
	Run  string `json:"run"`
	ID   string `json:"id"`
	Hold string `json:"hold"`
}

// noteRequest remembers a request for GiveUp.
func (s *Store) noteRequest(ctx context.Context, call Call, run *Run) error {
	if call.Request == "" {
		return nil
	}
	run.reqKey = s.requestKey(call.Caller, call.Request)
	return update(ctx, s, run.reqKey, AttachFor, func(list *[]request) (bool, error) {
		if len(*list) >= mostPerRequest { // a client that numbers its requests alike
			*list = slices.Delete(*list, 0, 1)
		}
		*list = append(*list, request{run.key, run.ID, run.hold})
		return true, nil
	})
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
// the same call attaches to its run from then on. It returns the runs that the request held.
func (s *Store) GiveUp(ctx context.Context, caller Caller, name string) (given []*Run, err error) {
	given, err = s.giveUp(ctx, caller, name)
	s.retryLater(err, func(ctx context.Context) error {
		_, err := s.giveUp(ctx, caller, name)
		return err
	})
	return given, err
}

func (s *Store) giveUp(ctx context.Context, caller Caller, name string) (given []*Run, err error) {
	var list []request
	err = update(ctx, s, s.requestKey(caller, name), AttachFor, func(value *[]request) (bool, error) {
		if len(*value) > 0 { // a second try finds nothing where the answer to the first was lost
			list = *value
		}
		return false, nil
	})
	for _, q := range list {
		held := false
		run := &Run{ID: q.ID, caller: caller, key: q.Run, store: s}
		if _, failed := run.change(ctx, func(e *entry) bool {
			if e.Hold == q.Hold {
				held = true // also where a second try finds it made
				e.Hold, e.Owner = "", ""
				run.take(*e)
			}
			return true
		}); failed != nil {
			return given, failed
		}
		if held {
			given = append(given, run)
			if failed := run.noteTask(ctx); failed != nil {
				return given, failed
			}
		}
	}
	return given, err
}
