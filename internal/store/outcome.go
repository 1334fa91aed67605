package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

const (
	// OutcomeFor is how long the outcome of a session is kept.
	OutcomeFor  = time.Hour
	mostOutcome = 1 << 20 // bytes
)

// ErrSessionLost means that the process that held a session ended before it kept the outcome.
var ErrSessionLost = errors.New("the process that held the session has ended")

// session is a realtime session that a process holds, or its outcome.
type session struct {
	Owner   string          `json:"owner,omitempty"` // process that holds it
	Outcome json.RawMessage `json:"outcome,omitempty"`
}

// HoldSession notes that this process holds the session of a caller's task, which has any of the
// names. It has to be repeated within AttachFor while the session lasts.
func (s *Store) HoldSession(ctx context.Context, caller Caller, names ...string) error {
	if err := s.backend.hold(ctx, s.owner); err != nil {
		return err
	}
	return s.noteSession(ctx, caller, session{Owner: s.owner}, AttachFor, names)
}

// KeepOutcome keeps what a session brought, unless it is larger than 1 MB.
func (s *Store) KeepOutcome(ctx context.Context, caller Caller, outcome json.RawMessage, names ...string) error {
	if len(outcome) > mostOutcome {
		outcome = nil
	}
	write := func(ctx context.Context) error {
		return s.noteSession(ctx, caller, session{Outcome: outcome}, OutcomeFor, names)
	}
	err := write(ctx)
	s.retryLater(err, strings.Join(names, ","), write)
	return err
}

// noteSession writes what is known of a session. An outcome stays: a session is held until it is
// done, also while its outcome is being kept.
func (s *Store) noteSession(ctx context.Context, caller Caller, value session, ttl time.Duration, names []string) error {
	for _, name := range names {
		if name == "" {
			continue
		}
		if err := update(context.WithoutCancel(ctx), s, s.sessionKey(caller, name), ttl, func(old *session) (bool, error) {
			if old.Outcome != nil && value.Outcome == nil {
				return true, errUnchanged
			}
			*old = value
			return true, nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// Outcome returns what the session of a caller's task brought, nil if nothing is kept. Held
// reports whether another living process holds it, so that its outcome is still to come;
// ErrSessionLost that one held it which has ended.
func (s *Store) Outcome(ctx context.Context, caller Caller, name string) (outcome json.RawMessage, held bool, err error) {
	if s.none("session") {
		return nil, false, ctx.Err()
	}
	data, err := s.backend.get(ctx, s.sessionKey(caller, name))
	if err != nil || data == nil {
		return nil, false, err
	}
	var found session
	if json.Unmarshal(data, &found) != nil { // damaged
		return nil, false, nil
	}
	if found.Owner == "" || found.Owner == s.owner {
		return found.Outcome, false, nil
	}
	if held, err = s.backend.alive(ctx, found.Owner); err == nil && !held {
		err = ErrSessionLost
	}
	return nil, held, err
}

func (s *Store) sessionKey(caller Caller, name string) string {
	return s.key("session", caller.BaseURL, caller.Key, name)
}
