package wiro

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

func TestATaskTrackerGathersWhatAModelPrints(t *testing.T) {
	t.Parallel()
	var heard []Update
	tracker := taskTracker{notify: func(u Update) { heard = append(heard, u) }}
	for _, message := range []string{`"one\ntwo\n"`, `null`, `{"type":"progressGenerate","percentage":"40","stepCurrent":"4","stepTotal":10}`, `{"thinking":"hm","answer":["yes"]}`, `[]`} {
		assert.False(t, tracker.event(wire.Event{Type: string(TaskOutput), Message: []byte(message)}))
	}
	last := heard[len(heard)-1]
	assert.Equal(t, "two", last.Line)
	assert.InDelta(t, 40, *last.Progress.Percent, 0)
	assert.EqualValues(t, 10, last.Progress.Steps)
	assert.Equal(t, []string{"hm"}, last.Thinking)
	assert.Equal(t, []string{"yes"}, last.Answer)
	assert.Equal(t, TaskOutput, last.Status)
	assert.False(t, tracker.event(wire.Event{Type: string(TaskStart)}), "older than what is known")
	assert.True(t, tracker.event(wire.Event{Type: string(TaskPostprocessEnd)}))
}

// Nothing that a socket sends may end the process that reads it.
func FuzzEvents(f *testing.F) {
	for _, seed := range []string{
		`{"type":"task_output","id":"1","tasktoken":"t","message":{"type":"progressGenerate","percentage":"60","stepCurrent":"6","stepTotal":10,"speed":1.2},"result":true}`,
		`{"type":"task_output","tasktoken":"t","message":{"thinking":["a"],"answer":["b"],"isThinking":false,"raw":"<think>"}}`,
		`{"type":"task_output","tasktoken":"t","message":"Processing\ncomplete.\n"}`,
		`{"type":"task_error","tasktoken":"t","message":{"raw":["x"]}}`,
		`{"type":"task_postprocess_end","tasktoken":"t","message":[{"name":"0.png","size":"1"}]}`,
		`{"type":"task_cost","tasktoken":"t","turnCost":0.002,"cumulativeCost":"0.012","usage":{"input_tokens":1}}`,
		`{"type":"agent_subscribed","agenttoken":"a","status":"agent_output","debugoutput":"so far","result":true}`,
		`{"type":"agent_error","agenttoken":"a","message":{"raw":"...","answer":[null,1,{}]},"result":false}`,
		`{"type":1,"message":null}`, `[]`, `null`, `"connected"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, data string) {
		var e wire.Event
		if wire.Decode([]byte(data), &e) != nil {
			return
		}
		task := taskTracker{notify: func(Update) {}}
		task.failedEarly(e)
		task.event(e)
		message := messageTracker{notify: func(MessageUpdate) {}}
		message.event(e)
	})
}
