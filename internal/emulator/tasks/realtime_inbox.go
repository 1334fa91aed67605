package tasks

import (
	"context"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// What arrives in the inbox of a session besides audio.
const (
	kindEnd       = "task_session_end"
	kindInterrupt = "task_session_interrupt"
	kindAbandoned = "abandoned" // the last client has gone
)

// maxBacklog is how many frames a model keeps that came while it spoke; then its client waits.
const maxBacklog = 1_000

// receive takes what a client of a realtime model sends, or says what is wrong with it. A client
// that sends faster than the model listens is held up, not cut off.
func (t *task) receive(in core.Inbound) (refusal string) {
	if in.Kind == "" {
		refusal = t.refusal(in.Audio)
	}
	if in.Kind == kindEnd {
		t.mu.Lock()
		t.closing = true
		t.mu.Unlock()
	}
	if refusal == "" {
		select {
		case t.inbox <- in:
		case <-t.ctx.Done():
		}
	}
	return refusal
}

// refusal says why a frame of audio is not taken.
func (t *task) refusal(audio []byte) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.model.Makes == makesNarration:
		return "audio-not-accepted"
	case t.over():
		return "" // the client cannot know yet
	case !t.ready:
		return "session-not-ready"
	case t.closing:
		return "session-ended"
	case len(audio) == 0 || len(audio)%2 != 0 || len(audio) > 2*frameSamples:
		return "audio-frame-invalid"
	}
	return ""
}

// abandoned ends the session once its client has been gone for long enough.
func (t *task) abandoned() {
	if t.behavior.SessionGrace <= 0 {
		t.receive(core.Inbound{Kind: kindAbandoned})
		return
	}
	timer := time.AfterFunc(t.behavior.SessionGrace, func() {
		if !t.topic.HasFollowers() {
			t.receive(core.Inbound{Kind: kindAbandoned})
		}
	})
	context.AfterFunc(t.ctx, func() { timer.Stop() })
}

// attend takes in what came while the model speaks, and reports whether it must stop.
func (s *session) attend() (stop bool) {
	for len(s.backlog) < maxBacklog {
		select {
		case in := <-s.inbox:
			switch in.Kind {
			case "":
				s.backlog = append(s.backlog, in.Audio)
			case kindInterrupt:
				stop = true
			case kindEnd:
				s.ending = true
				stop = stop || s.model.Makes == makesNarration // an answer is said to its end
			case kindAbandoned:
				s.ending, stop = true, true
			}
		default:
			return stop
		}
	}
	return stop
}
