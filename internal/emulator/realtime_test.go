package emulator_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// realtime starts a realtime model and waits until it is ready.
func (a *api) realtime(model string, params obj) (token string, l *line) {
	a.t.Helper()
	token = a.run(model, params)
	l = a.dial()
	a.follow(l, token)
	ready := l.until(emulator.TaskStreamReady)
	require.NotContains(a.t, ready[len(ready)-1], "message", "realtime events have none")
	return token, l
}

// say sends so many frames of 200 ms, loud or silent.
func (l *line) say(token string, frames int, loud bool) {
	l.t.Helper()
	sample := []byte{0, 0}
	if loud {
		sample = []byte{0, 0x20}
	}
	frame := append([]byte(token+"|"), bytes.Repeat(sample, 4_800)...)
	for range frames {
		require.NoError(l.t, l.conn.WriteMessage(websocket.BinaryMessage, frame))
	}
}

// hear reads frames up to an event of a type: events, and bytes of audio.
func (l *line) hear(token string, kind emulator.Stage) (events []obj, audio int) {
	l.t.Helper()
	for {
		format, data, err := l.conn.ReadMessage()
		require.NoError(l.t, err)
		if format == websocket.BinaryMessage {
			pcm, found := bytes.CutPrefix(data, []byte(token+"|"))
			require.True(l.t, found)
			require.LessOrEqual(l.t, len(pcm), 9_600)
			audio += len(pcm)
			continue
		}
		var e obj
		require.NoError(l.t, json.Unmarshal(data, &e))
		events = append(events, e)
		if e["type"] == string(kind) {
			return events, audio
		}
	}
}

func TestVoiceModelAnswersEachTurn(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	before := a.s.Balance(emulator.DemoKey)
	token, l := a.realtime("openai/gpt-realtime-mini", obj{"voice": "marin"})
	for turn := 1; turn <= 2; turn++ {
		l.say(token, 5, true)
		l.say(token, 2, false)
		events, audio := l.hear(token, emulator.TaskCost)
		require.Equal(t, []string{"task_output", "task_stream_end", "task_cost"}, types(events))
		require.Equal(t, "TRANSCRIPT_USER:(1.0 seconds of speech)", events[0]["message"])
		require.Regexp(t, "^TRANSCRIPT_AI:", events[1]["message"])
		require.Greater(t, audio, 48_000, "more than a second")
		cost := events[3]
		require.InDelta(t, 0.002, cost["turnCost"], 1e-12)
		require.InDelta(t, 0.002*float64(turn), cost["cumulativeCost"], 1e-12)
		require.Contains(t, cost["usage"], "input_tokens")
		require.InDelta(t, before-0.002*float64(turn), a.s.Balance(emulator.DemoKey), 1e-9, "paid at once")
	}
	l.say(token, 1, true) // a turn that is not finished yet
	l.send(obj{"type": "task_session_end", "tasktoken": token})
	events, _ := l.hear(token, emulator.TaskPostprocessEnd)
	require.Equal(t, []string{"task_output", "task_stream_end", "task_cost", "task_output_full", "task_end", "task_postprocess_start", "task_postprocess_end"}, types(events))
	task := a.detail(token)
	require.Equal(t, "0", task["pexit"])
	require.InDelta(t, 0.006, number(t, task["totalcost"]), 1e-9)
	require.InDelta(t, before-0.006, a.s.Balance(emulator.DemoKey), 1e-9)
	require.Contains(t, a.file(task, 0).text, "TRANSCRIPT_AI:Turn 3.")
}

func TestNarrationStreamsItsAudio(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, l := a.realtime("wiro/moss-tts", obj{"text": "Hello, this is a demo."})
	events, audio := l.hear(token, emulator.TaskPostprocessEnd)
	require.Equal(t, []string{"task_stream_end", "task_cost", "task_end", "task_postprocess_start", "task_postprocess_end"}, types(events))
	require.InDelta(t, 5*0.36, float64(audio)/48_000, 1e-3)
	task := a.detail(token)
	require.InDelta(t, 0.005, number(t, task["totalcost"]), 1e-9)
	require.Equal(t, "audio/wav", outputs(task)[0]["contenttype"])
	a.file(task, 0)
}

func TestDictationWritesWordsAndSendsNoAudio(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, l := a.realtime("wiro/voxtral-mini-realtime", obj{"language": "en"})
	l.say(token, 10, true)
	l.say(token, 5, false)
	l.send(obj{"type": "task_session_end", "tasktoken": token})
	events, audio := l.hear(token, emulator.TaskPostprocessEnd)
	require.Zero(t, audio)
	words := 0
	for _, e := range events {
		if e["type"] == "task_output" {
			require.Regexp(t, `^TRANSCRIPT_USER:\w+$`, e["message"])
			words++
		}
	}
	require.Equal(t, 10, words)
	require.InDelta(t, 2*0.0001, number(t, a.detail(token)["totalcost"]), 1e-9)
}

func TestSessionEndsWithItsClient(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, l := a.realtime("openai/gpt-realtime", obj{})
	require.NoError(t, l.conn.Close())
	require.Equal(t, "0", a.finish(token)["pexit"])
}

func TestSessionEndsWithTheBalance(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{{Key: "k", Balance: 0.5}}}).as("k")
	token, l := a.realtime("openai/gpt-realtime", obj{})
	a.s.SetBalance("k", 0.03)
	for range 2 {
		l.say(token, 1, true)
		l.say(token, 2, false)
		l.hear(token, emulator.TaskCost)
	}
	events, _ := l.hear(token, emulator.TaskPostprocessEnd)
	require.Contains(t, types(events), "task_end")
	require.InDelta(t, -0.01, a.s.Balance("k"), 1e-9)
}

func TestSessionIsKilled(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, l := a.realtime("openai/gpt-realtime", obj{})
	a.ok("Task/Kill", obj{"tasktoken": token})
	require.Equal(t, "task_cancel", l.event()["type"])
}
