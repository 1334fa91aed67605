package wiro

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// follower says how to follow something that has a token on the socket and an endpoint to
// look at: a task, or a message to an agent.
type follower[T any] struct {
	token    string
	known    T                                // how it stands as far as is known before the first look
	register any                              // the socket message that asks for its events
	look     func(context.Context) (T, error) // asks the endpoint how it stands
	over     func(T) bool
	looked   func(T)          // told of every look
	event    func(frame) bool // told of every event; true where it was the last
	doubt    func(frame) bool // an event that may be the last one, or nothing: look soon; may be nil
	young    bool             // just submitted: "not found" may be too early, not wrong
	poll     []time.Duration  // between looks without a socket
}

// quiet is when a socket that has brought nothing about the token is first doubted.
const quiet = 10 * time.Second

// settling are the pauses between looks after the last event, should the endpoint lag.
var settling = []time.Duration{150 * time.Millisecond, 400 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second}

// follow waits until it is over, and returns how it stands then. Events tell when to look:
// once when the socket is up (it may be over already), once at the end; otherwise at a slow
// pace, in case an event was lost. Without a socket it looks at the follower's pace, and the
// hub goes on trying. When ctx ends first, it returns how it stood last, with ctx's error.
func follow[T any](ctx context.Context, c *Client, f follower[T]) (T, error) {
	var (
		last    = f.known
		failure error
		misses  int
		pace    = f.poll
		step    int
		polling = true
		ending  bool         // the last event was heard: only the endpoint lags
		own     = f.young    // the endpoint knows it as the caller's: a token alone proves nothing
		frames  <-chan frame // none without a token or a socket
	)
	if f.token != "" && c.options.SocketURL != NoSocket {
		subscription, err := c.hub.subscribe(f.token, f.register)
		if err != nil {
			return last, err
		}
		defer subscription.leave()
		frames = subscription.frames
	}
	timer := time.NewTimer(f.poll[0])
	defer timer.Stop()

	// look reports whether there is nothing more to wait for.
	look := func() (bool, error) {
		now, err := f.look(ctx)
		switch {
		case err == nil:
			last, failure, misses, own = now, nil, 0, true
			f.looked(now)
			return f.over(now), nil
		case ctx.Err() != nil:
			return false, nil
		case errors.Is(err, ErrNotFound) && f.young && misses < 5:
			misses++
		case refused(err):
			return false, err
		}
		failure = err
		return false, nil
	}
	pause := func(d []time.Duration) {
		if !ending {
			pace, step = d, 0
			timer.Reset(pace[0])
		}
	}
	for {
		looking := false
		select {
		case <-ctx.Done():
			if failure != nil {
				return last, fmt.Errorf("%w (the last look failed: %w)", ctx.Err(), failure)
			}
			return last, ctx.Err()
		case <-timer.C:
			looking = true
			step = min(step+1, len(pace)-1)
			timer.Reset(pace[step])
		case frame := <-frames:
			if !own && frame.Type != socketUp && frame.Type != socketDown {
				if over, err := look(); over || err != nil {
					return last, err
				}
				if !own {
					continue // not even that could be asked: what the event says is nobody's yet
				}
			}
			switch {
			case frame.Type == socketUp:
				looking, polling = true, false
				pause([]time.Duration{min(quiet, c.options.Safety), c.options.Safety})
			case frame.Type == socketDown:
				if !polling {
					polling = true
					pause(f.poll)
				}
			case f.event(frame):
				looking = true
				pause(settling)
				ending = true
			case f.doubt != nil && f.doubt(frame):
				polling = false
				pause([]time.Duration{time.Second, c.options.Safety})
			default: // events come: the socket serves, confirmed or not
				polling = false
				pause([]time.Duration{c.options.Safety})
			}
		}
		if !looking {
			continue
		}
		if over, err := look(); over || err != nil {
			return last, err
		}
	}
}

// refused reports whether looking again cannot help.
func refused(err error) bool {
	if _, ok := errors.AsType[*InputError](err); ok {
		return true
	}
	for _, final := range []error{ErrNotFound, ErrUnauthorized, ErrForbidden, ErrSignInRequired} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}
