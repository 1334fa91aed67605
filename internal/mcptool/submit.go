package mcptool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// ErrNoAnswer means that a request which must not be sent twice was sent, and that its answer
// did not come within the call's time: it may have taken effect.
var ErrNoAnswer = errors.New("no answer came in time")

const (
	// lingerAfterTime is how long an answer is waited for when the time is up: enough to learn
	// that the request was not sent at all.
	lingerAfterTime = 100 * time.Millisecond
	// lingerAfterStop is the same if the client cancels the call or the server shuts down.
	lingerAfterStop = time.Second
	// maxBackground is how many requests a server lets go on without their calls. Calls beyond
	// it wait for their answers.
	maxBackground = 256

	// minSubmitWait is how long, in seconds, the answer to a submit is waited for at least.
	minSubmitWait = 5
)

// Submit calls send with a request that must not be sent twice, and waits for its answer no
// longer than the call's time (timeout is in seconds, nil means the default; at least
// minSubmitWait). Then it returns ErrNoAnswer, and the request goes on by itself: send's context
// ends, which must not abandon a request that was begun to be written. Server.Join waits for it.
func Submit[T any](ctx context.Context, c *Call, timeout *float64, send func(context.Context) (T, error)) (T, error) {
	if timeout != nil && *timeout < minSubmitWait {
		timeout = new(float64(minSubmitWait)) // a call that does not wait for the work still wants its receipt
	}
	p := c.StartProgress()
	defer p.Stop()
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	sending, stop := context.WithCancel(ctx)
	defer stop()
	c.Background(func() {
		var a answer
		defer func() {
			if cause := recover(); cause != nil {
				c.server.options.Log.Error().Ctx(ctx).Str("request", c.Scope.RequestID).Str("tool", c.Tool.Name).Str("panic", fmt.Sprintf("%T", cause)).
					Bytes("stack", debug.Stack()).Msg("a tool panicked while it sent a request")
				a.err = fmt.Errorf("%w: a fault of the server", ErrNoAnswer)
			}
			answers <- a
		}()
		a.value, a.err = send(sending)
	})
	var got answer
	err := c.Wait(ctx, timeout, func(ctx context.Context) error {
		select {
		case got = <-answers:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err == nil {
		return got.value, got.err
	}
	linger := lingerAfterTime
	switch {
	case errors.Is(err, ErrRestarting): // it is still sent
		linger = lingerAfterStop
	case ctx.Err() != nil:
		linger = lingerAfterStop
		stop()
	default:
		stop()
	}
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case got = <-answers:
		return got.value, got.err
	case <-timer.C:
		stop()
	}
	select {
	case c.server.slots <- struct{}{}:
	case got = <-answers:
		return got.value, got.err
	}
	c.server.background.Go(func() {
		<-answers
		<-c.server.slots
	})
	return got.value, ErrNoAnswer
}

// Background runs f, which waits for the answer to a request that must not be sent twice, also
// after the call has ended: Server.Join waits for it, and Unanswered names the tool meanwhile.
func (c *Call) Background(f func()) {
	answered := inFlight.begin(c.Tool.Name)
	c.server.background.Go(func() {
		defer answered()
		f()
	})
}

// Join waits for the requests that go on without their calls, or until ctx ends.
func (s *Server) Join(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.background.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Unanswered names the tools of this process whose requests were sent and not answered yet: a
// process that is about to end says that they may have taken effect.
func Unanswered() []string { return inFlight.names() }

var inFlight requests

// requests counts the requests under way, by tool.
type requests struct {
	mu    sync.Mutex
	tools map[string]int
}

// begin counts a request until the function that it returns is called.
func (r *requests) begin(tool string) func() {
	r.add(tool, 1)
	return func() { r.add(tool, -1) }
}

func (r *requests) add(tool string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tools == nil {
		r.tools = map[string]int{}
	}
	if r.tools[tool] += n; r.tools[tool] == 0 {
		delete(r.tools, tool)
	}
}

func (r *requests) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.tools))
}
