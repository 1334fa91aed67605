package emulator_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// realtime starts a realtime model, for PCM at 24 kHz, and waits until it is ready.
func (a *api) realtime(model string, params obj) (token string, l *line) {
	a.t.Helper()
	maps.Copy(params, obj{
		"input_audio_format": "audio/pcm", "output_audio_format": "audio/pcm",
		"input_audio_rate": "24000", "output_audio_rate": "24000",
	})
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

func TestSessionRefusesWhatIsNotAsDocumented(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	frame := func(token string, audio ...byte) []byte { return append([]byte(token+"|"), audio...) }
	token, l := a.realtime("openai/gpt-realtime", obj{})
	other := a.run("openai/gpt-realtime", obj{})
	for _, wrong := range []struct {
		data   []byte
		reason string
	}{
		{[]byte("no separator"), "tasktoken-required"},
		{frame("", 0, 0), "tasktoken-required"},
		{frame("nobodys", 0, 0), "tasktoken-not-found"},
		{frame(other, 0, 0), "tasktoken-not-found"}, // this socket has not registered for it
		{frame(token), "audio-frame-invalid"},
		{frame(token, 1, 2, 3), "audio-frame-invalid"},
		{frame(token, make([]byte, 9_602)...), "audio-frame-invalid"},
	} {
		require.NoError(t, l.conn.WriteMessage(websocket.BinaryMessage, wrong.data))
		require.Equal(t, obj{"type": "error", "message": wrong.reason, "result": false}, l.event())
	}
	l.send(obj{"type": "task_session_end", "tasktoken": "nobodys"})
	require.Equal(t, "tasktoken-not-found", l.event()["message"])

	l.send(obj{"type": "task_info", "tasktoken": other})
	require.NoError(t, l.conn.WriteMessage(websocket.BinaryMessage, frame(token, make([]byte, 9_600)...)))
	a.s.Behave("openai/gpt-realtime", emulator.Behavior{HoldAt: emulator.TaskStart})
	early := a.run("openai/gpt-realtime", obj{})
	quiet := a.dial()
	a.follow(quiet, early)
	require.NoError(t, a.s.Reached(a.ctx(), early, emulator.TaskStart))
	require.NoError(t, quiet.conn.WriteMessage(websocket.BinaryMessage, frame(early, 0, 0)))
	refused := quiet.until("error")
	require.Equal(t, "session-not-ready", refused[len(refused)-1]["message"])

	narration, speech := a.realtime("wiro/moss-tts", obj{"text": "Hello."})
	require.NoError(t, speech.conn.WriteMessage(websocket.BinaryMessage, frame(narration, 0, 0)))
	events, _ := speech.hear(narration, "error")
	require.Equal(t, "audio-not-accepted", events[len(events)-1]["message"])
}

func TestVoiceModelIsInterrupted(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("openai/gpt-realtime", emulator.Behavior{FrameDelay: 50 * time.Millisecond})
	token, l := a.realtime("openai/gpt-realtime", obj{})
	l.say(token, 5, true)
	l.say(token, 2, false)
	l.hear(token, emulator.TaskOutput)
	l.send(obj{"type": "task_session_interrupt", "tasktoken": token})
	events, audio := l.hear(token, emulator.TaskCost)
	require.Equal(t, []string{"task_output", "task_stream_end", "task_cost"}, types(events))
	require.Less(t, audio, 48_000, "the answer takes more than a second")
	l.say(token, 5, true) // the session goes on
	l.say(token, 2, false)
	_, audio = l.hear(token, emulator.TaskCost)
	require.Greater(t, audio, 48_000)
}

func TestSessionThatDoesNotAskForPCMGetsTelephoneSound(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token := a.run("elevenlabs/realtime-conversational-ai", obj{"voice_id": "21m00Tcm4TlvDq8ikWAM"})
	l := a.dial()
	a.follow(l, token)
	l.until(emulator.TaskStreamReady)
	l.say(token, 10, true)
	events, audio := l.hear(token, emulator.TaskCost)
	require.Equal(t, "TRANSCRIPT_USER:(3.0 seconds of speech)", events[0]["message"], "two, but 16 kHz were expected")
	require.Less(t, audio, 48_000, "8 kHz, 8 bit")
}
