package wiro

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	wire "github.com/wiroai/wiro-mcp-go/internal/wiro"
)

const (
	transcriptUser = "TRANSCRIPT_USER:"
	transcriptAI   = "TRANSCRIPT_AI:"
	socketError    = "error" // Wiro refuses a message

	// lastFrames is how long a session whose record says that it is over is listened to after
	// the last frame, if the final event does not come.
	lastFrames = time.Second
)

// reconnectPauses are the pauses before each attempt to connect again.
var reconnectPauses = []time.Duration{
	0, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second,
}

// sessionState is what the goroutine that fills the queue knows.
type sessionState struct {
	halfHeard  []byte // a byte of a sample whose other byte is still to come
	wasReady   bool
	exited     bool // the model: nothing more is said
	final      bool // the last event came
	over       bool // the record says so
	record     Task
	early      error // a connection that was lost before the model was ready, as far as is known
	broken     error // a connection that was lost while something may have come
	refused    error // Wiro refused the session
	joined     bool  // the session may have begun before
	registered int   // times that the registration was refused as too early
}

// run fills the queue until the session is over.
func (s *Session) run(stream *wire.Stream) {
	defer s.cancel()
	first := s.client.shared.options.SafetyPollInterval
	if s.state.joined {
		first = min(minEventPoll, first)
	}
	for stream != nil {
		err := s.serve(stream, first)
		stream.Close()
		closed := s.isClosed()
		switch {
		case err == nil || closed:
		case !s.state.wasReady:
			s.state.early = err
		case !s.state.exited && s.state.broken == nil:
			s.state.broken = err
		}
		if s.state.final || s.state.over || s.state.refused != nil || closed {
			break
		}
		s.attach(nil)
		first = min(minEventPoll, first)
		if stream = s.reconnect(); stream != nil {
			s.attach(stream)
			if s.state.wasReady {
				s.put(Resumed{})
			}
		}
	}
	s.conclude()
}

// isClosed reports whether the session or its client was closed.
func (s *Session) isClosed() bool {
	select {
	case <-s.client.shared.transport.Done():
		return true
	default:
		return s.ctx.Err() != nil
	}
}

// serve reads a connection until it breaks, or the session is over. First is when the record is
// asked whether an event was lost.
func (s *Session) serve(stream *wire.Stream, first time.Duration) error {
	interval := s.client.shared.options.SafetyPollInterval
	safety := time.NewTimer(first)
	defer safety.Stop()
	for {
		var frame wire.Frame
		open := true
		select {
		case frame, open = <-stream.Frames():
		case <-safety.C:
			select {
			case frame, open = <-stream.Frames(): // it was this goroutine that had to wait
			default:
				if s.state.over {
					return nil
				}
				if s.look(); s.state.over {
					interval = lastFrames // what was sent before may still be on its way
				}
				safety.Reset(interval)
				continue
			}
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
		if !open {
			return stream.Err()
		}
		if s.onFrame(stream, frame); s.state.final || s.state.refused != nil {
			return nil
		}
		safety.Reset(interval)
		if Status(frame.Event.Type) == TaskError && !s.state.wasReady { // may be the end, which nothing else tells
			safety.Reset(min(minEventPoll, interval))
		}
	}
}

// look asks for the record once.
func (s *Session) look() {
	task, err := s.client.Tasks.Get(s.ctx, s.Ref())
	if err != nil {
		return
	}
	s.state.record, s.state.over = task, task.Over()
	switch task.Status { //nolint:exhaustive // the others say nothing about it
	case TaskStreamReady, TaskStreamEnd, TaskCost:
		s.becomeReady()
	}
}

// becomeReady lets Send go on. That an event is missed is known if a connection was lost before.
func (s *Session) becomeReady() {
	if s.state.wasReady {
		return
	}
	s.state.wasReady = true
	close(s.ready)
	s.put(Ready{})
}

// missed says that something came that only follows Ready: if Ready was not seen, it was lost with
// the connection before, and more may have been.
func (s *Session) missed() {
	if !s.state.wasReady {
		s.state.broken = s.state.early
		s.becomeReady()
	}
}

func (s *Session) onFrame(stream *wire.Stream, frame wire.Frame) {
	if frame.Binary != nil {
		if token, pcm, found := bytes.Cut(frame.Binary, []byte{'|'}); found && string(token) == s.submission.Token {
			s.onSound(pcm)
		}
		return
	}
	e := frame.Event
	if e.Type == socketError {
		s.onRefusal(stream, e)
		return
	}
	if e.TaskToken != "" && e.TaskToken != s.submission.Token {
		return
	}
	switch Status(e.Type) { //nolint:exhaustive // the others say nothing that a session needs
	case TaskStreamReady:
		s.becomeReady()
	case TaskOutput:
		s.onOutput(e.Message)
	case TaskStreamEnd:
		s.missed()
		s.completeSample()
		s.put(TurnEnded{})
	case TaskCost:
		s.mu.Lock()
		if e.CumulativeCost != nil {
			s.cost = e.CumulativeCost
		}
		s.mu.Unlock()
		s.put(TurnCost{Turn: e.TurnCost, Total: e.CumulativeCost, Usage: e.Usage})
	case TaskEnd:
		s.state.exited = true
	case TaskPostprocessEnd, TaskCanceled:
		s.state.final = true
	}
}

// onSound delivers whole samples; half a one waits for its other half.
func (s *Session) onSound(pcm []byte) {
	if len(s.state.halfHeard) > 0 {
		pcm = append(s.state.halfHeard, pcm...)
	}
	s.missed()
	whole := len(pcm) - len(pcm)%BytesPerSample
	s.state.halfHeard = pcm[whole:]
	if whole > 0 {
		s.put(Audio{pcm[:whole:whole]})
	}
}

// completeSample delivers half a sample that nothing completed.
func (s *Session) completeSample() {
	if len(s.state.halfHeard) > 0 {
		s.put(Audio{[]byte{s.state.halfHeard[0], 0}})
		s.state.halfHeard = nil
	}
}

// onOutput takes in a line of the transcript. What else a model prints is none.
func (s *Session) onOutput(message json.RawMessage) {
	var text string
	if json.Unmarshal(message, &text) != nil {
		return
	}
	speaker := SpeakerUser
	words, found := strings.CutPrefix(text, transcriptUser)
	if !found {
		speaker = SpeakerAI
		words, found = strings.CutPrefix(text, transcriptAI)
	}
	if found {
		s.missed()
		s.put(TranscriptDelta{speaker, words})
	}
}

// onRefusal handles an error message. A token may not be known yet just after the submit.
func (s *Session) onRefusal(stream *wire.Stream, e wire.Event) {
	var text string
	if json.Unmarshal(e.Message, &text) != nil || text == "" {
		return
	}
	if !s.state.wasReady && strings.Contains(text, "not-found") && s.state.registered < maxNotFound {
		s.state.registered++
		again := time.AfterFunc(minEventPoll, func() { _ = stream.TryText(s.message("task_info")) })
		context.AfterFunc(s.ctx, func() { again.Stop() })
		return
	}
	s.state.refused = newAPIError("the WebSocket", http.StatusOK, CodeGeneral, s.client.redact(text))
	_ = stream.TryText(s.message("task_session_end"))
}

// put hands an event to the reader and waits while the queue is full.
func (s *Session) put(e SessionEvent) {
	select {
	case s.queue <- e:
	case <-s.ctx.Done():
	case <-s.client.shared.transport.Done():
	}
}

// reconnect connects again as long as the record does not say that the session is over. It returns
// nil if it gives up.
func (s *Session) reconnect() *wire.Stream {
	for _, pause := range reconnectPauses {
		if !s.pause(pause) {
			return nil
		}
		if s.look(); s.state.over {
			return nil
		}
		ctx, cancel := context.WithTimeout(s.ctx, connectLimit)
		stream, err := s.client.shared.transport.OpenStream(ctx)
		cancel()
		if err == nil {
			return stream
		}
	}
	return nil
}

// pause waits, and reports false if the session or its client was closed.
func (s *Session) pause(d time.Duration) bool {
	if d == 0 {
		return !s.isClosed()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
	case <-s.client.shared.transport.Done():
	}
	return false
}

// conclude reads the record and completes the queue.
func (s *Session) conclude() {
	s.completeSample()
	s.awaitRecord()
	if !s.state.wasReady && s.state.record.Succeeded() {
		s.state.broken = s.state.early
	}
	closed := s.isClosed() && !s.state.over
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = Ended{Task: s.state.record}
	if s.ended.Task.Token == "" {
		s.ended.Task.ID, s.ended.Task.Token = s.submission.TaskID, s.submission.Token
	}
	if s.state.record.Cost != nil && s.state.record.Over() {
		s.cost = s.state.record.Cost
	}
	switch {
	case s.state.refused != nil:
		s.err = s.state.refused
	case s.state.broken != nil:
		s.err = lost(s.state.broken)
	case closed:
		s.err = ErrClosed
	case !s.state.record.Over():
		s.err = lost(errors.New("how the session ended could not be read"))
	}
	close(s.queue)
	close(s.done)
}

// awaitRecord reads the record until it says that the session is over; it may lag behind the last
// event, and a session whose connection was lost ends by itself.
func (s *Session) awaitRecord() {
	for waited, i := time.Duration(0), 0; !s.state.over && waited < recordLimit; i++ {
		if s.look(); s.state.over {
			return
		}
		pause := finalBackoff[min(i, len(finalBackoff)-1)]
		if !s.pause(pause) {
			return
		}
		waited += pause
	}
}
