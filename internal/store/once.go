package store

import (
	"context"
	"time"
)

// Use takes something that may be used once before it expires: a confirmation, an OAuth
// code. It returns true for the first use, on whatever replica, and false for any other and
// for one that has expired. Kind keeps things of different kinds apart.
func (s *Store) Use(ctx context.Context, kind, token string, expires time.Time) (first bool, err error) {
	left := expires.Sub(s.now())
	if left <= 0 {
		return false, nil
	}
	err = update(ctx, s, s.key("once", kind, token), left, func(used *bool) (bool, error) {
		if first = !*used; !first {
			return false, errUnchanged
		}
		*used = true
		return true, nil
	})
	return first && err == nil, err
}
