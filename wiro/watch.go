package wiro

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// watcher says how to follow something that has a token on the socket and an endpoint to ask:
// a task, or a message to an agent.
type watcher[T any] struct {
	subject     string // what is waited for, as observers are told
	token       string
	last        *T                               // what the endpoint said last; before the first poll, what is known
	register    any                              // the socket message that asks for its events
	poll        func(context.Context) (T, error) // asks the endpoint
	done        func(T) bool                     // nothing more will happen
	onPoll      func(T)                          // told of every poll that succeeded
	event       func(wire.Event) bool            // told of every event; true for the final one
	maybeFinal  func(wire.Event) bool            // an event that may be the final one: poll soon; may be nil
	nearEnd     func(wire.Event) bool            // an event after which silence may mean that it is done; may be nil
	quietEnd    func() bool                      // it may end without an event as it stands: poll every maxQuietPoll at least; may be nil
	justCreated bool                             // "not found" may be too early, not wrong
	intervals   []time.Duration                  // between polls without a socket
}

const (
	// firstSafetyPoll is when a socket that has brought nothing about the token is first doubted.
	firstSafetyPoll = 10 * time.Second
	// minEventPoll is the least time between two polls that events cause, except that the first
	// final event is followed by a poll at once.
	minEventPoll = time.Second
	// maxQuietPoll is the most between two polls of what may end without an event.
	maxQuietPoll = 2 * time.Second
	// maxNotFound is how often "not found" is too early for what was just created.
	maxNotFound = 5
)

// silencePolls are the pauses between polls once a model that told its progress has fallen
// silent: the final event may have been lost. Each event begins them anew, so that a socket that
// brings progress is never doubted.
var silencePolls = []time.Duration{5 * time.Second, 7 * time.Second, 7 * time.Second, 7 * time.Second, 7 * time.Second, 15 * time.Second}

// finalBackoff are the pauses between polls after the final event, if the endpoint lags.
var finalBackoff = []time.Duration{time.Second, time.Second, 2 * time.Second, 5 * time.Second}

// watch waits until it is done. Events say when to poll: once when the socket is up (it may be
// done already), once after the final event; otherwise at a slow pace, in case an event was
// lost. Without a socket it polls at the watcher's intervals, and the socket is tried again
// meanwhile. If ctx ends first, watch returns ctx's error.
func watch[T any](ctx context.Context, c *Client, w *watcher[T]) error {
	woken := make(chan struct{}, 1)
	s, err := startWatch(ctx, c, w, func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	defer s.close()
	for !s.step() {
		<-woken
	}
	return s.err
}

// watchLater is watch that returns at once. It calls then with the outcome in a goroutine of its
// own, as it does all else: thousands may be watched at once, most of them for minutes, and
// nothing but their state is kept while nothing happens to them.
func watchLater[T any](ctx context.Context, c *Client, w *watcher[T], then func(error)) {
	run := &runner{running: true}
	var s *watchState[T]
	err := guarded(func() (err error) {
		s, err = startWatch(ctx, c, w, run.wake)
		return err
	})
	if err != nil {
		go then(err)
		return
	}
	run.step = func() (over bool) {
		returned := false
		defer func() { // a function that the caller gave may panic, or end the goroutine
			if cause := recover(); cause != nil || !returned {
				over, s.err = true, panicked(cause)
			}
			if over {
				_ = guarded(func() error { s.close(); return nil }) // the outcome stands
				then(s.err)
			}
		}()
		over = s.step()
		returned = true
		return over
	}
	go run.run()
}

// guarded calls f, in which an observer that the caller gave may panic: an error, then.
func guarded(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panicked(cause)
		}
	}()
	return f()
}

// panicked names the type alone: the value may hold anything.
func panicked(cause any) error { return fmt.Errorf("the wait panicked: %T", cause) }

// runner runs a step each time it is woken, never two at once, until one reports that it was the
// last. It has a goroutine only while it runs.
type runner struct {
	step func() (last bool)

	mu      sync.Mutex
	running bool
	woken   bool // since the step that runs began
}

func (r *runner) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.woken = true; !r.running {
		r.running = true
		go r.run()
	}
}

func (r *runner) run() {
	for !r.step() {
		if !r.again() {
			return
		}
	}
}

// again reports whether there was something to do during the last step. If not, the next wake
// runs it.
func (r *runner) again() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running, r.woken = r.woken, false
	return r.running
}

// spread returns up to a quarter more: thousands of watches that began together, or whose socket
// came back, would all poll in the same moment.
func spread(d time.Duration) time.Duration { return d + rand.N(d/4+1) } //nolint:gosec // no secret depends on it

// watchState is a watch under way.
type watchState[T any] struct {
	*watcher[T]
	ctx     context.Context //nolint:containedctx // of the watch
	over    bool
	err     error // why it is over, if not because it is done
	failure error // of the last poll; nil if it succeeded

	own      bool // the endpoint says that it is the caller's: a token alone proves nothing
	polling  bool // no socket serves
	final    bool // the final event came: only the endpoint lags
	notFound int  // polls in a row that found nothing
	polled   time.Time

	timer  *time.Timer
	due    atomic.Bool     // the timer has fired
	pace   []time.Duration // pauses between polls, the last one repeated
	place  int             // in pace
	safety time.Duration

	subscription *wire.Subscription // nil without a socket
	unhook       func() bool        // from the end of ctx
	observed     func(error)
}

// startWatch starts a watch. It calls wake, which must return at once, whenever there is something
// to do for step, which the caller calls once without. The caller must close the watch.
func startWatch[T any](ctx context.Context, c *Client, w *watcher[T], wake func()) (*watchState[T], error) {
	ctx, observed := c.shared.options.Observer.Wait(ctx, w.subject)
	s := &watchState[T]{
		watcher: w, ctx: ctx, own: w.justCreated, polling: true, safety: spread(c.shared.options.SafetyPollInterval),
		pace: w.intervals, observed: observed,
	}
	if w.token != "" && c.shared.transport.HasSocket() {
		var err error
		if s.subscription, err = c.shared.transport.Subscribe(w.token, w.register, wake); err != nil {
			err = publicError(wire.Operation{}, err)
			observed(err)
			return nil, err
		}
		w.register = nil
	}
	s.timer = time.AfterFunc(w.intervals[0], func() {
		s.due.Store(true)
		wake()
	})
	s.unhook = context.AfterFunc(ctx, wake)
	return s, nil
}

// step does what there is to do, and reports whether the watch is over.
func (s *watchState[T]) step() bool {
	for !s.over {
		switch e := s.subscription.Next(); {
		case s.ctx.Err() != nil:
			s.over, s.err = true, s.stopped(s.ctx.Err())
		case e != nil:
			s.onEvent(s.ctx, e)
		case s.due.Swap(false):
			s.onTimer(s.ctx)
		default:
			return false
		}
	}
	return true
}

func (s *watchState[T]) close() {
	s.unhook()
	s.timer.Stop()
	s.subscription.Close()
	s.observed(s.err)
}

func (s *watchState[T]) onTimer(ctx context.Context) {
	s.place = min(s.place+1, len(s.pace)-1)
	s.resetTimer()
	s.ask(ctx)
}

func (s *watchState[T]) onEvent(ctx context.Context, e *wire.Event) {
	switch e.Type {
	case wire.SocketUp:
		s.polling = false
		s.setPace(min(spread(firstSafetyPoll), s.safety), s.safety)
		s.ask(ctx)
	case wire.SocketDown:
		if !s.polling {
			s.polling = true
			s.setPace(s.intervals...)
		}
	default:
		if s.isOwn(ctx) && !s.over {
			s.onOwnEvent(ctx, *e)
		}
	}
}

// isOwn reports whether events about the token may be told: only once the endpoint has said
// that it is the caller's. It asks, unless it has just done so.
func (s *watchState[T]) isOwn(ctx context.Context) bool {
	if s.own {
		return true
	}
	if since := time.Since(s.polled); since < minEventPoll {
		s.setPace(append([]time.Duration{minEventPoll - since}, s.intervals...)...)
		return false
	}
	s.ask(ctx)
	return s.own
}

func (s *watchState[T]) onOwnEvent(ctx context.Context, e wire.Event) {
	switch {
	case s.event(e):
		if !s.final || time.Since(s.polled) >= minEventPoll {
			s.final = false
			s.setPace(finalBackoff...)
			s.final = true
			s.ask(ctx)
		}
	case s.maybeFinal != nil && s.maybeFinal(e):
		s.polling = false
		s.setPace(minEventPoll, s.safety)
	default: // events come: the socket serves, confirmed or not
		s.polling = false
		if s.nearEnd != nil && s.nearEnd(e) {
			s.setPace(s.silencePace()...)
			return
		}
		s.setPace(s.safety)
	}
}

func (s *watchState[T]) silencePace() []time.Duration {
	pace := make([]time.Duration, 0, len(silencePolls)+1)
	for _, pause := range silencePolls {
		pace = append(pace, min(pause, s.safety))
	}
	return append(pace, s.safety)
}

// setPace changes the pauses between polls, unless the final event has set them.
func (s *watchState[T]) setPace(pauses ...time.Duration) {
	if s.final {
		return
	}
	s.pace, s.place = pauses, 0
	s.resetTimer()
}

func (s *watchState[T]) resetTimer() {
	pause := s.pace[s.place]
	if s.quietEnd != nil && s.quietEnd() {
		pause = min(pause, maxQuietPoll)
	}
	s.due.Store(false)
	s.timer.Reset(pause)
}

// ask polls the endpoint once.
func (s *watchState[T]) ask(ctx context.Context) {
	now, err := s.poll(ctx)
	s.polled = time.Now()
	switch {
	case err == nil:
		*s.last, s.failure, s.notFound, s.own = now, nil, 0, true
		s.onPoll(now)
		s.over = s.done(now)
	case ctx.Err() != nil: // the wait ends with ctx's error
	case errors.Is(err, ErrNotFound) && s.justCreated && s.notFound < maxNotFound:
		s.notFound++
		s.failure = err
	case isFinal(err):
		s.over, s.err = true, err
	default:
		s.failure = err
	}
}

// stopped is the error of a wait that ended before what it waited for.
func (s *watchState[T]) stopped(err error) error {
	if s.failure != nil {
		return &PollError{Ended: err, Err: s.failure}
	}
	return err
}
