package realtime

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// ErrShutdown ends the sessions of a host that is closed.
var ErrShutdown = errors.New("the server is shutting down")

// Host holds sessions that go on when the call that started them has ended. It keeps their
// outcomes for a while. The zero value is ready.
type Host struct {
	Keep time.Duration // how long an outcome is kept; 15 minutes if 0

	mu     sync.Mutex
	closed bool
	held   []*Held
	wg     sync.WaitGroup
}

const defaultKeep = 15 * time.Minute

// Held is a session that a host holds.
type Held struct {
	Owner string       // the caller's fingerprint: others never find it
	Ref   wiro.TaskRef // the task behind it

	end  context.CancelCauseFunc
	done chan struct{}

	mu      sync.Mutex
	now     Progress
	changed chan struct{} // closed at each change of now
	result  Result
	err     error
	ended   time.Time
}

// Progress is how far a session is.
type Progress struct {
	Ready         bool
	SentSeconds   float64 // of sound
	SpeechSeconds float64 // that the model said
	Cost          *float64
}

// Start holds a session for an owner until the talk has ended, at most for limit: the length of
// the sound or text and a reserve. Finish, if not nil, completes the result, such as by saving
// the speech, before waits return; it is called in every case.
func (h *Host) Start(owner string, session *wiro.Session, talk Talk, limit time.Duration, finish func(Result, error) error) *Held {
	ctx, end := context.WithCancelCause(context.Background())
	held := &Held{Owner: owner, Ref: session.Ref(), end: end, done: make(chan struct{}), changed: make(chan struct{})}
	h.mu.Lock()
	if h.closed {
		end(ErrShutdown)
	}
	h.held = append(slices.DeleteFunc(h.held, h.isOld), held)
	h.wg.Add(1)
	h.mu.Unlock()
	talk.OnEvent = held.observe(talk.OnEvent)
	talk.OnSent = func(seconds float64) { held.update(func(p *Progress) { p.SentSeconds = seconds }) }
	go func() {
		defer h.wg.Done()
		defer end(nil)
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		result, err := talk.Run(ctx, session)
		if finish != nil {
			err = errors.Join(err, finish(result, err))
		}
		held.mu.Lock()
		held.result, held.err, held.ended = result, err, time.Now()
		held.mu.Unlock()
		close(held.done)
	}()
	return held
}

// Find returns an owner's session by its task's token or id; nil if there is none.
func (h *Host) Find(owner string, ref wiro.TaskRef) *Held {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = slices.DeleteFunc(h.held, h.isOld)
	i := slices.IndexFunc(h.held, func(held *Held) bool {
		same := ref.Token != "" && held.Ref.Token == ref.Token || ref.ID != "" && held.Ref.ID == ref.ID
		return same && held.Owner == owner
	})
	if i < 0 {
		return nil
	}
	return h.held[i]
}

// Close ends all sessions with task_session_end and waits until their outcomes are complete.
func (h *Host) Close() {
	h.mu.Lock()
	h.closed = true
	held := slices.Clone(h.held)
	h.mu.Unlock()
	for _, one := range held {
		one.end(ErrShutdown)
	}
	h.wg.Wait()
}

func (h *Host) isOld(held *Held) bool {
	keep := h.Keep
	if keep <= 0 {
		keep = defaultKeep
	}
	held.mu.Lock()
	defer held.mu.Unlock()
	return !held.ended.IsZero() && time.Since(held.ended) > keep
}

// Done is closed once the session has ended and its result is complete.
func (s *Held) Done() <-chan struct{} { return s.done }

// Wait returns the outcome, or ctx's error if that ends first: the session goes on then. Progress,
// if not nil, is called with what changes meanwhile.
func (s *Held) Wait(ctx context.Context, progress func(Progress)) (Result, error) {
	for {
		s.mu.Lock()
		now, changed := s.now, s.changed
		s.mu.Unlock()
		if progress != nil {
			progress(now)
		}
		select {
		case <-s.done:
			return s.result, s.err
		case <-changed:
		case <-ctx.Done():
			return Result{}, ctx.Err()
		}
	}
}

// End ends the session at once with task_session_end. Wait returns what there is, with cause.
func (s *Held) End(cause error) { s.end(cause) }

func (s *Held) update(change func(*Progress)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.now)
	close(s.changed)
	s.changed = make(chan struct{})
}

// observe follows the progress of the session beside another observer.
func (s *Held) observe(next func(wiro.SessionEvent)) func(wiro.SessionEvent) {
	return func(event wiro.SessionEvent) {
		switch e := event.(type) {
		case wiro.Ready:
			s.update(func(p *Progress) { p.Ready = true })
		case wiro.Audio:
			s.update(func(p *Progress) { p.SpeechSeconds += Seconds(len(e.PCM)) })
		case wiro.TurnCost:
			if e.Total != nil {
				s.update(func(p *Progress) { p.Cost = e.Total })
			}
		}
		if next != nil {
			next(event)
		}
	}
}
