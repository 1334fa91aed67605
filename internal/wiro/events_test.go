package wiro

import (
	"encoding/json"
	"testing"
)

// Whatever a socket sends, it must not end the process that reads it.
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
		var event frame
		if json.Unmarshal([]byte(data), &event) != nil {
			return
		}
		task := taskNews{tell: func(Update) {}}
		task.failedEarly(event)
		task.event(event)
		message := messageNews{tell: func(MessageUpdate) {}}
		message.event(event)
	})
}
