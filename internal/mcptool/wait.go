package mcptool

import (
	"context"
	"errors"
	"time"
)

const (
	defaultWait = 120 * time.Second
	longestWait = 600 * time.Second
)

// ErrRestarting ends a wait because the server shuts down.
var ErrRestarting = errors.New("the server is restarting")

// waitTimeout is how long a call may wait: as long as the caller asked for (in seconds; 0
// means the server's default), at most 10 minutes, and never longer than its client is known
// to listen.
func (c *Call) waitTimeout(asked float64) time.Duration {
	wait := c.server.options.WaitTimeout
	if asked > 0 {
		wait = time.Duration(asked * float64(time.Second))
	}
	if limit := profileOf(c.Client.ClientInfo).Wait; limit > 0 {
		wait = min(wait, limit)
	}
	return min(wait, longestWait)
}

// Wait calls wait with a context that ends when the call's time is up (timeout is in seconds,
// 0 means the server's default) or the server shuts down. It returns wait's error, or
// ErrRestarting where the shutdown ended it.
func (c *Call) Wait(ctx context.Context, timeout float64, wait func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.waitTimeout(timeout))
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	scope, _ := ScopeFrom(ctx)
	for _, drain := range []context.Context{c.server.options.Drain, scope.Drain} {
		if drain != nil {
			defer context.AfterFunc(drain, func() { end(ErrRestarting) })()
		}
	}
	err := wait(ctx)
	if err != nil && errors.Is(context.Cause(ctx), ErrRestarting) {
		return ErrRestarting
	}
	return err
}

// WaitEnded reports whether a wait ended before what it waited for.
func WaitEnded(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, ErrRestarting)
}
