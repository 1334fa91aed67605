package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// An event is a message of the socket about a task.
//
// Wiro docs: WebSocket, Message Format.
type event struct {
	Type      core.Stage `json:"type"`
	ID        string     `json:"id"`
	TaskToken string     `json:"tasktoken"`
	Message   any        `json:"message"`
	Result    bool       `json:"result"`
}

// announce publishes the event of a stage, with the message that build gives, and notes
// that the stage was reached. The caller holds the task's lock, which keeps events in
// order.
func (t *task) announce(stage core.Stage, build func() any) {
	t.send(stage, func() []byte {
		e := event{Type: stage, ID: strconv.FormatInt(t.id, 10), TaskToken: t.topic.Token, Result: true}
		if build != nil {
			e.Message = build()
		}
		return core.Encode(e)
	})
}

// send publishes a text event in the way that the behavior asks for.
func (t *task) send(stage core.Stage, build func() []byte) {
	defer t.note(stage)
	b := &t.behavior
	switch {
	case b.Silent:
		return
	case b.DropSocketAt == stage && !slices.Contains(t.reached, stage):
		t.topic.Drop()
		return
	}
	if b.Garbage {
		for _, data := range core.Garbage {
			t.topic.Publish(func() []byte { return data })
		}
	}
	t.topic.Publish(build)
	if b.Duplicate {
		t.topic.Publish(build)
	}
}

// note remembers that a stage was reached. The caller holds the lock.
func (t *task) note(stage core.Stage) {
	if !slices.Contains(t.reached, stage) {
		t.reached = append(t.reached, stage)
	}
	t.changed.Raise()
}

// A progress is how models other than LLMs report how far they are.
//
// Wiro docs: WebSocket, Output Events.
type progress struct {
	Type          string `json:"type"`
	Task          string `json:"task"`
	Percentage    string `json:"percentage"`
	StepCurrent   string `json:"stepCurrent"`
	StepTotal     string `json:"stepTotal"`
	Speed         string `json:"speed"`
	SpeedType     string `json:"speedType"`
	ElapsedTime   string `json:"elapsedTime"`
	RemainingTime string `json:"remainingTime"`
}

func newProgress(step, total int, whole time.Duration) progress {
	done := whole * time.Duration(step) / time.Duration(total)
	return progress{
		Type: "progressGenerate", Task: "Generate",
		Percentage:  strconv.Itoa(100 * step / total),
		StepCurrent: strconv.Itoa(step), StepTotal: strconv.Itoa(total),
		Speed: fmt.Sprintf("%.1f", float64(total)/max(whole.Seconds(), 0.1)), SpeedType: "it/s",
		ElapsedTime: clock(done), RemainingTime: clock(whole - done),
	}
}

// clock writes a duration as the API does: "3s", "1m 5s".
func clock(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	if seconds < 60 {
		return fmt.Sprintf("%ds", seconds)
	}
	return fmt.Sprintf("%dm %ds", seconds/60, seconds%60)
}

// outputsJSON is the outputs as final event and Task/Detail show them. The caller holds
// the lock.
func (t *task) outputsJSON() json.RawMessage {
	list := []any{}
	if !t.deleted {
		for _, o := range t.outputs {
			list = append(list, o.wire(t))
		}
	}
	return core.Encode(list)
}

// Release lets a task go on that a behavior holds, or will hold. It reports whether there
// is one.
func (s *Tasks) Release(token string) bool {
	t := s.store.token(token)
	if t == nil {
		return false
	}
	t.held.Release()
	return true
}

// Reached waits until a task has come to a stage, or past it. known is false where no
// task has the token.
func (s *Tasks) Reached(ctx context.Context, token string, stage core.Stage) (known bool, err error) {
	t := s.store.token(token)
	if t == nil {
		return false, nil
	}
	return true, t.changed.Await(ctx, &t.mu, func() (bool, error) {
		switch {
		case slices.Contains(t.reached, stage):
			return true, nil
		case t.over():
			return false, fmt.Errorf("emulator: task ended with %s and never reached %s", t.status, stage)
		default:
			return false, nil
		}
	})
}

// EndedAt is when the final event of a task was sent.
func (s *Tasks) EndedAt(token string) (at time.Time, over, known bool) {
	t := s.store.token(token)
	if t == nil {
		return at, false, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended, t.over(), true
}
