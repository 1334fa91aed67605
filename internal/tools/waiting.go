package tools

import (
	"context"
	"errors"
)

// errDrained ends a wait because the server shuts down.
var errDrained = errors.New("the server is restarting")

type drainKey struct{}

// Draining returns a context whose call ends its waits early once drain is done, as all calls
// do once Options.Drain is: the connection that the call came over is closing.
func Draining(ctx, drain context.Context) context.Context {
	return context.WithValue(ctx, drainKey{}, drain)
}

// waiting bounds a wait: by the caller's patience, and by the end of the server. The caller
// stops it.
func (c *Call) waiting(ctx context.Context, timeout float64) (_ context.Context, stop func()) {
	ctx, cancel := context.WithTimeout(ctx, c.patience(timeout))
	own, _ := ctx.Value(drainKey{}).(context.Context)
	ctx, drain := context.WithCancelCause(ctx)
	var forget []func() bool
	for _, draining := range []context.Context{c.Drain, own} {
		if draining != nil {
			forget = append(forget, context.AfterFunc(draining, func() { drain(errDrained) }))
		}
	}
	return ctx, func() {
		for _, f := range forget {
			f()
		}
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
