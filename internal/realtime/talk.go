package realtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	frameTime       = 200 * time.Millisecond
	trailingSilence = 5               // frames: a second, so that the model hears that the speaker has ended
	quietTime       = time.Second     // without anything new, after a turn has ended
	segmentTime     = 5 * time.Second // the same for a text, of which another segment may follow
	defaultTimeout  = 30 * time.Second
	cancelTimeout   = 10 * time.Second
	endTime         = time.Minute // beside AnswerTimeout, for a session to end that was asked to
	loudSample      = 200         // of 32,767: what is softer needs no answer
)

// Errors of sessions that were ended early.
var (
	// ErrNoAnswer is the error of a session that Wiro did not end when it was asked to.
	ErrNoAnswer = errors.New("Wiro did not end the session, so its task was killed")
	// ErrCostLimit ends a session whose next turn would cost more than Talk.MaxCost.
	ErrCostLimit = errors.New("another turn would have cost more than the limit allows, so the session was stopped")
	// ErrTooLong ends a session that lasted longer than Talk.Limit.
	ErrTooLong = errors.New("the session took too long, so it was ended")
)

// Talk is a session from its start to its end: the sound is sent at the pace of speech with a second
// of silence behind it, and once it is answered, or the text is spoken, the session is ended.
type Talk struct {
	Kind          Kind
	Sound         io.Reader               // PCM to send; nil for Speech
	SoundSeconds  float64                 // how long it is; 0 if that is not known
	Speech        io.Writer               // takes the PCM that the model says; may be nil
	OnEvent       func(wiro.SessionEvent) // told of every event; may be nil
	OnSent        func(seconds float64)   // told how much of Sound was sent; may be nil
	Pace          float64                 // 1 is that of speech, 0 does not wait at all
	AnswerTimeout time.Duration           // without anything new the session is ended; 30 s if 0
	Limit         time.Duration           // from when the model is ready; 0 is none
	MaxCost       *float64                // USD: no turn is begun that would cost more; nil is no limit
}

// Result is what a session brought, also one that ended early.
type Result struct {
	Transcript    wiro.Transcript
	SentSeconds   float64 // of sound, without the silence
	SpeechSeconds float64 // that the model said
	Task          wiro.Task
	Cost          *float64 // USD: of the record, or what Wiro said last; nil if unknown
}

// Run holds the session. If ctx ends, the session is ended at once with task_session_end, or its
// task is canceled if the model is not ready yet; Run returns what there is, with ctx's error.
// Errors of Sound and Speech, and Limit end it in the same way; at MaxCost the task is killed.
// Otherwise the error is that of the session's Events. Run closes the session.
func (t Talk) Run(ctx context.Context, session *wiro.Session) (Result, error) {
	defer session.Close()
	if t.AnswerTimeout <= 0 {
		t.AnswerTimeout = defaultTimeout
	}
	r := &talk{Talk: t, session: session, changed: make(chan struct{}, 1), sent: make(chan struct{}), heardAll: t.Sound == nil}
	ctx, r.fail = context.WithCancelCause(ctx)
	defer r.fail(nil)

	var helpers sync.WaitGroup
	helpers.Go(func() { r.supervise(ctx) })
	go r.send(ctx) // a reader that brings nothing more cannot be stopped
	result, err := r.listen()
	helpers.Wait()

	r.mu.Lock()
	result.SentSeconds = r.sentSeconds
	r.mu.Unlock()
	result.Cost = session.Cost()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return result, err
}

// talk is a Talk under way.
type talk struct {
	Talk
	session *wiro.Session
	fail    context.CancelCauseFunc
	sent    chan struct{} // closed once all sound was sent
	changed chan struct{} // something happened

	mu          sync.Mutex
	last        time.Time // when something happened
	ready       bool
	answering   bool // the model speaks, or writes
	pending     bool // what was sent awaits its answer
	more        bool // sound came after that which is being answered
	turns       int
	finished    bool      // task_session_end was sent
	finishedAt  time.Time // or when the task was canceled
	canceled    bool      // the task was
	heardAll    bool      // the sound was sent to its end
	overCost    bool      // another turn would cost more than MaxCost
	sentSeconds float64
}

// listen takes in the events until the session is over.
func (r *talk) listen() (Result, error) {
	var result Result
	for event, err := range r.session.Events(context.Background()) {
		if ended, ok := event.(wiro.Ended); ok {
			result.Task = ended.Task
			r.tell(event)
			return result, err
		}
		switch e := event.(type) {
		case wiro.Ready:
			r.note(func() { r.ready = true })
			if r.Limit > 0 {
				limit := time.AfterFunc(r.Limit, func() { r.fail(ErrTooLong) })
				defer limit.Stop()
			}
		case wiro.TurnCost:
			r.note(func() { r.overCost = r.overCost || r.isOverCost(e) })
		case wiro.Audio:
			r.note(func() { r.answering, r.pending = true, r.pending || r.overCost })
			result.SpeechSeconds += Seconds(len(e.PCM))
			if r.Speech != nil {
				if _, err := r.Speech.Write(e.PCM); err != nil {
					r.fail(fmt.Errorf("writing the speech: %w", err))
					r.Speech = nil
				}
			}
		case wiro.TranscriptDelta:
			r.note(func() {
				r.answering, r.pending = r.answering || e.Speaker == wiro.SpeakerAI, r.pending || r.overCost
			})
			result.Transcript.Add(e)
		case wiro.TurnEnded:
			r.note(func() { r.answering, r.pending, r.more, r.turns = false, r.more, false, r.turns+1 })
			result.Transcript.EndTurn()
		default:
			r.note(func() {})
		}
		r.tell(event)
	}
	return result, errors.New("the session ended without saying so")
}

func (r *talk) tell(event wiro.SessionEvent) {
	if r.OnEvent != nil {
		r.OnEvent(event)
	}
}

// note changes the state and wakes the supervisor.
func (r *talk) note(change func()) {
	r.mu.Lock()
	change()
	r.last = time.Now()
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// supervise ends the session when it is time.
func (r *talk) supervise(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	sent, stop := r.sent, ctx.Done()
	for {
		wait, due := r.due(sent == nil)
		if due {
			timer.Reset(max(0, wait))
		} else {
			timer.Stop()
		}
		select {
		case <-r.session.Done():
			return
		case <-stop:
			stop = nil
			if r.isReady() {
				r.finish()
			} else {
				r.cancel()
			}
		case <-sent:
			sent = nil
			r.note(func() {})
		case <-r.changed:
		case <-timer.C:
			if wait, due := r.due(sent == nil); !due || wait > 0 {
				continue
			}
			r.mu.Lock()
			finished, canceled, cutOff := r.finished, r.canceled, r.isCutOff()
			r.mu.Unlock()
			switch {
			case cutOff && !canceled: // what is sent already would be answered if the session ended properly
				r.fail(ErrCostLimit)
				stop = nil
				r.cancel()
			case !finished:
				r.finish()
			case !canceled:
				r.fail(ErrNoAnswer)
				stop = nil
				r.cancel()
			default:
				r.session.Close()
				return
			}
		}
	}
}

// due is how long to wait before the session is ended, or, if that was asked for, given up.
func (r *talk) due(sent bool) (wait time.Duration, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait = r.AnswerTimeout
	switch {
	case r.isCutOff() && !r.canceled:
		return 0, true
	case r.finished: // a model that goes on sending does not put the end off
		return min(time.Until(r.last.Add(wait)), time.Until(r.finishedAt.Add(wait+endTime))), true
	case r.overCost:
		wait = quietTime // in which another turn would begin
	case !r.ready || !sent:
		return 0, false
	case r.Kind == Transcription:
		wait = 0
	case r.turns > 0 && !r.answering && !r.pending:
		wait = quietTime
		if r.Kind == Speech {
			wait = segmentTime
		}
	}
	return time.Until(r.last.Add(wait)), true
}

// isOverCost reports whether another turn like the last one would cost more than allowed.
func (r *talk) isOverCost(e wiro.TurnCost) bool {
	if r.MaxCost == nil || e.Total == nil {
		return false
	}
	next := *e.Total
	if e.Turn != nil {
		next += *e.Turn
	}
	return next > *r.MaxCost+1e-9
}

// isCutOff reports whether the limit of cost ends the session before its sound is answered. A
// session that was asked to end is sent no more. The lock is held.
func (r *talk) isCutOff() bool { return r.overCost && (r.pending || !r.heardAll && !r.finished) }

// isReady reports whether the model takes sound, also if its event is still to be read.
func (r *talk) isReady() bool {
	select {
	case <-r.session.Ready():
		return true
	default:
		return false
	}
}

// cancel stops the task.
func (r *talk) cancel() {
	r.note(func() { r.finished, r.canceled, r.finishedAt = true, true, time.Now() })
	ctx, cancel := context.WithTimeout(context.Background(), cancelTimeout)
	defer cancel()
	_ = r.session.Cancel(ctx) // the record says how it stands
}

func (r *talk) finish() {
	r.note(func() {
		if !r.finished {
			r.finished, r.finishedAt = true, time.Now()
		}
	})
	_ = r.session.Finish() // an error is the session's end
}

// send sends the sound at its pace, and a second of silence.
func (r *talk) send(ctx context.Context) {
	defer close(r.sent)
	if r.Sound == nil {
		return
	}
	select {
	case <-r.session.Ready():
	case <-r.session.Done():
		return
	}
	pace := pacer{pace: r.Pace, session: r.session}
	frame := make([]byte, wiro.FrameBytes)
	for ctx.Err() == nil {
		n, err := io.ReadFull(r.Sound, frame)
		if n > 0 && !r.sendFrame(&pace, frame[:n], true) {
			return
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			r.note(func() { r.heardAll = true })
			break
		}
		if err != nil {
			r.fail(fmt.Errorf("reading the sound: %w", err))
			return
		}
	}
	clear(frame)
	for range trailingSilence {
		if ctx.Err() != nil || !r.sendFrame(&pace, frame, false) {
			return
		}
	}
}

func (r *talk) sendFrame(pace *pacer, pcm []byte, counts bool) bool {
	if !pace.wait(len(pcm)) {
		return false
	}
	loud := counts && isLoud(pcm)
	r.note(func() { r.pending, r.more = r.pending || loud, r.more || loud && r.answering })
	if r.session.Send(pcm) != nil {
		return false
	}
	if counts {
		var sent float64
		r.note(func() { r.sentSeconds += Seconds(len(pcm)); sent = r.sentSeconds })
		if r.OnSent != nil {
			r.OnSent(sent)
		}
	}
	return true
}

// Seconds is how long so many bytes of PCM last.
func Seconds(bytes int) float64 { return float64(bytes) / (wiro.SampleRate * wiro.BytesPerSample) }

// isLoud reports whether PCM is more than silence.
func isLoud(pcm []byte) bool {
	for i := 0; i+1 < len(pcm); i += 2 {
		if v := int16(uint16(pcm[i]) | uint16(pcm[i+1])<<8); v > loudSample || v < -loudSample { //nolint:gosec // two bytes of PCM
			return true
		}
	}
	return false
}

// pacer keeps what is sent from running ahead of the pace of speech. A source that is live, and
// slower, sets the pace itself.
type pacer struct {
	pace    float64
	session *wiro.Session
	next    time.Time // when the next frame may go
}

// wait waits until a frame of so many bytes may go. It reports false if the session is over.
func (p *pacer) wait(bytes int) bool {
	if p.pace <= 0 {
		return true
	}
	now := time.Now()
	if behind := now.Sub(p.next); behind > frameTime { // the source was silent
		p.next = now
	}
	timer := time.NewTimer(p.next.Sub(now))
	defer timer.Stop()
	p.next = p.next.Add(time.Duration(Seconds(bytes) / p.pace * float64(time.Second)))
	select {
	case <-timer.C:
		return true
	case <-p.session.Done():
		return false
	}
}
