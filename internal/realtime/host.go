package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// ErrNotReady ends a session whose model was not ready in time.
var ErrNotReady = errors.New("the model did not get ready in time, so its task was canceled")

const (
	maxHeld    = 100              // sessions at once: each has a connection and files
	readyLimit = 15 * time.Minute // until the model is ready
	keepFor    = 15 * time.Minute // an outcome
)

// Host holds sessions that go on when the call that started them has ended. It keeps their
// outcomes for a while. The zero value is ready.
type Host struct {
	Keep time.Duration // how long an outcome is kept; 15 minutes if 0

	mu   sync.Mutex
	held []*Held
}

// Held is a session that a host holds.
type Held struct {
	Owner string // the caller's fingerprint: others never find it
	Model wiro.Slug
	Ref   wiro.TaskRef // the task behind it

	session *wiro.Session
	end     context.CancelCauseFunc
	done    chan struct{}

	mu      sync.Mutex
	now     Progress
	changed chan struct{} // closed at each change of now
	result  Result
	outcome json.RawMessage
	ended   time.Time
}

// Progress is how far a session is.
type Progress struct {
	Ready         bool
	SoundSeconds  float64 // of sound to send; 0 if there is none
	SentSeconds   float64 // of it
	SpeechSeconds float64 // that the model said
}

// Start holds a session for an owner until the talk has ended. Finish makes the outcome of what the
// session brought, such as by saving the speech, before waits return.
func (h *Host) Start(owner string, model wiro.Slug, session *wiro.Session, talk Talk, finish func(Result, error) json.RawMessage) *Held {
	ctx, end := context.WithCancelCause(context.Background())
	held := &Held{
		Owner: owner, Model: model, Ref: session.Ref(), session: session, end: end,
		done: make(chan struct{}), changed: make(chan struct{}), now: Progress{SoundSeconds: talk.SoundSeconds},
	}
	h.mu.Lock()
	h.held = append(slices.DeleteFunc(h.held, h.isOld), held)
	h.mu.Unlock()

	notReady := time.AfterFunc(readyLimit, func() { end(ErrNotReady) })
	talk.OnEvent = held.observe(notReady)
	talk.OnSent = func(seconds float64) { held.update(func(p *Progress) { p.SentSeconds = seconds }) }
	go func() {
		defer end(nil)
		defer notReady.Stop()
		result, err := talk.Run(ctx, session)
		outcome := finish(result, err)
		held.mu.Lock()
		held.result, held.outcome, held.ended = result, outcome, time.Now()
		held.mu.Unlock()
		close(held.done)
	}()
	return held
}

// IsFull reports whether no other session should be started.
func (h *Host) IsFull() bool { return h.Len() >= maxHeld }

// Len is the number of sessions that are not done.
func (h *Host) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, held := range h.held {
		if !held.IsDone() {
			n++
		}
	}
	return n
}

// Find returns an owner's session by its task's token or id; nil if there is none.
func (h *Host) Find(owner string, ref wiro.TaskRef) *Held {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = slices.DeleteFunc(h.held, h.isOld)
	i := slices.IndexFunc(h.held, func(held *Held) bool {
		same := ref.Token != "" && (held.Ref.Token == ref.Token || held.Ref.ID == ref.Token) ||
			ref.ID != "" && (held.Ref.ID == ref.ID || held.Ref.Token == ref.ID)
		return same && held.Owner == owner
	})
	if i < 0 {
		return nil
	}
	return h.held[i]
}

func (h *Host) isOld(held *Held) bool {
	keep := h.Keep
	if keep <= 0 {
		keep = keepFor
	}
	held.mu.Lock()
	defer held.mu.Unlock()
	return !held.ended.IsZero() && time.Since(held.ended) > keep
}

// Done is closed once the session has ended and its outcome is complete.
func (s *Held) Done() <-chan struct{} { return s.done }

// IsDone reports whether Done is closed.
func (s *Held) IsDone() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Outcome is what the session brought, and what finish made of it, once it is done.
func (s *Held) Outcome() (Result, json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.result, s.outcome
}

// Now is how far the session is.
func (s *Held) Now() Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Wait waits until the session is done. It returns ctx's error if that ends first: the session goes
// on then. Progress, if not nil, is called with what changes meanwhile.
func (s *Held) Wait(ctx context.Context, progress func(Progress)) error {
	for {
		s.mu.Lock()
		now, changed := s.now, s.changed
		s.mu.Unlock()
		if progress != nil {
			progress(now)
		}
		select {
		case <-s.done:
			return nil
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// End ends the session with task_session_end, and closes its connection if it is not over within
// grace. The talk ends with cause.
func (s *Held) End(cause error, grace time.Duration) {
	s.end(cause)
	closing := time.AfterFunc(grace, s.session.Close)
	go func() {
		<-s.done
		closing.Stop()
	}()
}

func (s *Held) update(change func(*Progress)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.now)
	close(s.changed)
	s.changed = make(chan struct{})
}

// observe follows the progress of the session. A model that is ready stops the timer.
func (s *Held) observe(notReady *time.Timer) func(wiro.SessionEvent) {
	return func(event wiro.SessionEvent) {
		switch e := event.(type) {
		case wiro.Ready:
			notReady.Stop()
			s.update(func(p *Progress) { p.Ready = true })
		case wiro.Audio:
			s.update(func(p *Progress) { p.SpeechSeconds += Seconds(len(e.PCM)) })
		}
	}
}
