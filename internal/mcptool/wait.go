package mcptool

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

const (
	// DefaultWait ends before the 60 s after which most clients give up: the default of the
	// TypeScript SDK, and what is reported of Claude Desktop, claude.ai, ChatGPT and Codex.
	DefaultWait = 45 * time.Second
	longestWait = 600 * time.Second
)

var (
	// ErrRestarting ends a wait because the server shuts down.
	ErrRestarting = errors.New("the server is restarting")
	// ErrCanceledByClient is the cause of a call's end where its client canceled it, rather than
	// the connection being lost.
	ErrCanceledByClient = errors.New("the client canceled the call")
	// ErrTimedOutByClient is the cause where the client's time was over.
	ErrTimedOutByClient = errors.New("the client's time for the call was over")
)

// waitTimeout is how long a call may wait: as long as the caller asked for (in seconds), else
// as the operator set it, else as long as its client is known to listen; at most 10 minutes, and
// never longer than the client listens.
func (c *Call) waitTimeout(asked *float64) time.Duration {
	profile, wait := c.Client.Profile(), c.server.options.WaitTimeout
	switch {
	case asked != nil:
		wait = time.Duration(max(0, *asked) * float64(time.Second))
	case wait <= 0:
		wait = cmp.Or(profile.Wait, DefaultWait)
	}
	if profile.Limit > 0 {
		wait = min(wait, profile.Limit)
	}
	return min(wait, longestWait)
}

// LooksOnce reports whether a time to wait is 0: the caller wants to know how things stand.
func LooksOnce(asked *float64) bool { return asked != nil && *asked <= 0 }

// Wait calls wait with a context that ends when the call's time is up (timeout is in seconds,
// nil means the default) or the server shuts down. It returns wait's error, or ErrRestarting
// where the shutdown ended it.
func (c *Call) Wait(ctx context.Context, timeout *float64, wait func(context.Context) error) error {
	ctx, end := c.LimitWait(ctx, timeout)
	defer end()
	return c.WaitError(ctx, wait(ctx))
}

// WaitError is the error of a wait in a context of LimitWait, or ErrRestarting where the shutdown
// ended that.
func (c *Call) WaitError(limited context.Context, err error) error {
	drains := func(drain context.Context) bool { return drain.Err() != nil }
	if err != nil && errors.Is(limited.Err(), context.Canceled) && slices.ContainsFunc(c.Drains(), drains) {
		return ErrRestarting
	}
	c.waitErr = err
	return err
}

// LimitWait returns a context that ends when the call's time is up or the server shuts down. The
// caller calls end when the wait is over.
func (c *Call) LimitWait(ctx context.Context, timeout *float64) (limited context.Context, end func()) {
	c.waitEnds = time.Now().Add(c.waitTimeout(timeout))
	ctx, cancel := context.WithDeadline(ctx, c.waitEnds)
	drains := c.Drains()
	stops := make([]func() bool, len(drains))
	for i, drain := range drains {
		stops[i] = context.AfterFunc(drain, cancel)
	}
	return ctx, func() {
		cancel()
		for _, stop := range stops {
			stop()
		}
	}
}

// TimeLeft is what is left of the time that the last Wait of the call had; below 0 where it is
// over, or where the call did not wait.
func (c *Call) TimeLeft() time.Duration { return time.Until(c.waitEnds) }

// WaitEnded reports whether a wait ended before what it waited for.
func WaitEnded(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, ErrRestarting)
}
