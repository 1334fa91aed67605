package store

import (
	"context"
	"encoding/json"
	"time"
)

// Load returns the value that Update keeps under a name of a kind; false where there is none.
func Load[T any](ctx context.Context, s *Store, kind string, name ...string) (value T, found bool, err error) {
	data, err := s.backend.get(ctx, s.key(kind, name...))
	if err != nil || data == nil {
		return value, false, err
	}
	if json.Unmarshal(data, &value) != nil {
		return *new(T), false, nil // damaged: as if it were not there
	}
	return value, true, nil
}

// Update changes the value under a name of a kind atomically, on whatever replica; it is kept
// for ttl. Change gets the value, zero where there is none, and may run more than once; keep
// false deletes it. The name is hashed; the value is not: it must hold no key and no token.
func Update[T any](ctx context.Context, s *Store, ttl time.Duration, change func(value *T) (keep bool), kind string, name ...string) error {
	return update(ctx, s, s.key(kind, name...), ttl, func(value *T) (bool, error) { return change(value), nil })
}
