package wiro

import (
	"context"
	"iter"
)

// updates makes an iterator of a wait, which calls notify from its own goroutine. The last
// update is completed with what the wait returned; an error, with the last update, ends it.
func updates[U, T any](ctx context.Context, wait func(ctx context.Context, notify func(U)) (T, error), complete func(*U, T)) iter.Seq2[U, error] {
	return func(yield func(U, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var last U
		left := false
		result, err := wait(ctx, func(update U) {
			last = update
			if !left && !yield(update, nil) {
				left = true
				cancel()
			}
		})
		if left {
			return
		}
		if err == nil {
			complete(&last, result)
		}
		yield(last, err)
	}
}

// notifier makes one function of any number of them.
func notifier[U any](functions []func(U)) func(U) {
	return func(update U) {
		for _, f := range functions {
			if f != nil {
				f(update)
			}
		}
	}
}
