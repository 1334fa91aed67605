package tools

import (
	"context"
	"errors"
)

// errDrained ends a wait because the server shuts down.
var errDrained = errors.New("the server is restarting")

// waiting bounds a wait: by the caller's patience, and by the end of the server. The caller
// stops it.
func (c *Call) waiting(ctx context.Context, timeout float64) (_ context.Context, stop func()) {
	ctx, cancel := context.WithTimeout(ctx, c.patience(timeout))
	ctx, drain := context.WithCancelCause(ctx)
	forget := func() bool { return true }
	if c.Drain != nil {
		forget = context.AfterFunc(c.Drain, func() { drain(errDrained) })
	}
	return ctx, func() {
		forget()
		drain(nil)
		cancel()
	}
}

// waited is the error of a wait, or errDrained where that was why it ended.
func waited(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errDrained) {
		return errDrained
	}
	return err
}
