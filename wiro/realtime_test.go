package wiro_test

import (
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"
	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

const (
	conversation  = "openai/gpt-realtime-mini"
	speech        = "wiro/moss-tts"
	transcription = "wiro/voxtral-mini-realtime"
)

// asPCM are the parameters that ask for the documented form of sound.
func asPCM(more wiro.Params) wiro.Params {
	params := wiro.Params{
		"input_audio_format": "audio/pcm", "output_audio_format": "audio/pcm",
		"input_audio_rate": "24000", "output_audio_rate": "24000",
	}
	maps.Copy(params, more)
	return params
}

// open runs a realtime model.
func open(t *testing.T, c *wiro.Client, model string, params wiro.Params) *wiro.Session {
	t.Helper()
	session, err := c.Realtime.Open(soon(t), model, asPCM(params))
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return session
}

// heard is what a session brought.
type heard struct {
	kinds   []string // of events, repeats in a row once
	pcm     []byte
	words   wiro.Transcript
	costs   []wiro.TurnCost
	task    wiro.Task
	resumed int
	err     error
}

// hear reads a session to its end. React, if not nil, is called with each event.
func hear(t *testing.T, s *wiro.Session, react func(wiro.SessionEvent)) heard {
	t.Helper()
	var h heard
	for event, err := range s.Events(soon(t)) {
		kind := ""
		switch e := event.(type) {
		case wiro.Ready:
			kind = "ready"
		case wiro.Audio:
			kind = "audio"
			require.Zero(t, len(e.PCM)%wiro.BytesPerSample)
			h.pcm = append(h.pcm, e.PCM...)
		case wiro.TranscriptDelta:
			kind = string(e.Speaker)
			h.words.Add(e)
		case wiro.TurnEnded:
			kind = "end"
			h.words.EndTurn()
		case wiro.TurnCost:
			kind = "cost"
			h.costs = append(h.costs, e)
		case wiro.Resumed:
			kind = "resumed"
			h.resumed++
		case wiro.Ended:
			kind = "ended"
			h.task = e.Task
		}
		if n := len(h.kinds); n == 0 || h.kinds[n-1] != kind {
			h.kinds = append(h.kinds, kind)
		}
		h.err = err
		if react != nil && err == nil && event != nil {
			react(event)
		}
	}
	return h
}

// tone is sound that is not silent, so many frames of 200 ms of it.
func tone(frames int) []byte {
	var pcm []byte
	for range frames * wiro.FrameBytes / wiro.BytesPerSample {
		pcm = binary.LittleEndian.AppendUint16(pcm, 0x2000)
	}
	return pcm
}

func silence(frames int) []byte { return make([]byte, frames*wiro.FrameBytes) }

// spoken is what the emulator says for a text.
func spoken(text string) []byte {
	seconds := max(float64(len(strings.Fields(text)))*0.36, 1)
	return media.Tune{Text: text, Seconds: seconds, Note: 0.12}.PCM(nil)
}

func TestSpeechArrivesByteForByte(t *testing.T) {
	t.Parallel()
	const text = "Ships that pass in the night, and speak each other in passing."
	for _, model := range []string{speech, "sandbox/speech-split", "sandbox/speech-odd"} {
		s, c := emulator(t)
		session := open(t, c, model, wiro.Params{"text": text})
		h := hear(t, session, nil)
		require.NoError(t, h.err)
		want := spoken(text)
		if model == "sandbox/speech-odd" {
			want[len(want)-1] = 0 // half a sample is completed
		}
		require.Equal(t, want, h.pcm, model)
		require.Equal(t, []string{"ready", "audio", "end", "cost", "ended"}, h.kinds)
		require.True(t, h.task.Succeeded())
		require.InDelta(t, 0.005, *h.task.Cost, 1e-9)
		require.InDelta(t, 0.005, *h.costs[0].Turn, 1e-9)
		require.InDelta(t, 0.005, *session.Cost(), 1e-9)
		require.NotEmpty(t, h.costs[0].Usage)
		require.Equal(t, 1, s.RequestCount("Run/"+model))
	}
}

func TestConversationTakesTurns(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	session := open(t, c, conversation, nil)
	turns := 0
	go func() { _ = session.Send(append(tone(5), silence(2)...)) }()
	h := hear(t, session, func(e wiro.SessionEvent) {
		if _, ended := e.(wiro.TurnCost); !ended {
			return
		}
		if turns++; turns == 2 {
			require.NoError(t, session.Finish())
			return
		}
		for part := range slices.Chunk(tone(10), 9_999) { // the session puts samples together again
			require.NoError(t, session.Send(part))
		}
		require.NoError(t, session.Send(silence(2)))
	})
	require.NoError(t, h.err)
	require.Equal(t, []wiro.TranscriptLine{
		{Speaker: wiro.SpeakerUser, Text: "(1.0 seconds of speech)"},
		{Speaker: wiro.SpeakerAI, Text: "Turn 1. The sandbox heard 1.0 seconds."},
		{Speaker: wiro.SpeakerUser, Text: "(2.0 seconds of speech)"},
		{Speaker: wiro.SpeakerAI, Text: "Turn 2. The sandbox heard 2.0 seconds."},
	}, h.words.Lines())
	require.Equal(t, append(spoken("Turn 1. The sandbox heard 1.0 seconds."), spoken("Turn 2. The sandbox heard 2.0 seconds.")...), h.pcm)
	require.InDelta(t, 0.004, *h.task.Cost, 1e-9)
	require.ErrorIs(t, session.Send(tone(1)), wiro.ErrSessionEnded)
	require.ErrorIs(t, session.Interrupt(), wiro.ErrSessionEnded)
}

func TestSpeechIsTranscribedWordByWord(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	session := open(t, c, transcription, nil)
	require.NoError(t, session.Send(append(tone(4), silence(5)...)))
	require.NoError(t, session.Finish())
	h := hear(t, session, nil)
	require.NoError(t, h.err)
	require.InDelta(t, 0.8*0.0001, *h.task.Cost, 1e-9)
	require.Equal(t, "this is the sandbox", h.words.Text())
	require.Equal(t, []string{"ready", "user", "end", "cost", "ended"}, h.kinds)
}

func TestEndWaitsForTheRecordWithoutAReader(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	session := open(t, c, conversation, nil)
	require.NoError(t, session.Send(append(tone(15), silence(2)...)))
	for event, err := range session.Events(soon(t)) {
		require.NoError(t, err)
		if _, spoke := event.(wiro.Audio); spoke {
			break
		}
	}
	task, err := session.End(soon(t))
	require.NoError(t, err)
	require.InDelta(t, 0.002, *task.Cost, 1e-9)
	task, err = session.End(soon(t))
	require.NoError(t, err)
	require.True(t, task.Succeeded())
}

func TestTheAIIsInterrupted(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	s.Behave(conversation, wirotest.Behavior{FrameDelay: 50 * time.Millisecond})
	session := open(t, c, conversation, nil)
	interrupted := false
	go func() { _ = session.Send(append(tone(5), silence(2)...)) }()
	h := hear(t, session, func(e wiro.SessionEvent) {
		switch e.(type) {
		case wiro.Audio:
			if !interrupted {
				interrupted = true
				require.NoError(t, session.Interrupt())
			}
		case wiro.TurnCost:
			require.NoError(t, session.Finish())
		}
	})
	require.NoError(t, h.err)
	require.Less(t, len(h.pcm), len(spoken("Turn 1. The sandbox heard 1.0 seconds.")))
	require.InDelta(t, 0.002, *h.task.Cost, 1e-9)
}

func TestTenMinutesNeedLittleMemoryAndLoseNothing(t *testing.T) { //nolint:paralleltest // memory is measured
	_, c := emulator(t)
	text := strings.TrimSpace(strings.Repeat("word ", 1_667)) // ten minutes
	session := open(t, c, speech, wiro.Params{"text": text})
	<-session.Ready()
	seconds, least, most := 0.0, uint64(math.MaxUint64), uint64(0)
	want := media.Tune{Text: text, Seconds: 1_667 * 0.36, Note: 0.12}
	for event, err := range session.Events(soon(t)) {
		require.NoError(t, err)
		audio, ok := event.(wiro.Audio)
		if !ok {
			continue
		}
		at := int(seconds * wiro.SampleRate)
		if at%(60*wiro.SampleRate) == 0 { // a reader that lingers: Wiro has to wait
			time.Sleep(50 * time.Millisecond)
			require.Equal(t, want.Part(nil, at, at+len(audio.PCM)/2), audio.PCM)
			var memory runtime.MemStats
			runtime.GC() //nolint:revive // what counts is what is held
			runtime.ReadMemStats(&memory)
			least, most = min(least, memory.HeapAlloc), max(most, memory.HeapAlloc)
		}
		seconds += float64(len(audio.PCM)) / 2 / wiro.SampleRate
	}
	require.InDelta(t, 600, seconds, 0.5)
	t.Logf("heap: %.1f to %.1f MB", float64(least)/(1<<20), float64(most)/(1<<20))
	require.Less(t, most-least, uint64(8<<20), "the sound is 29 MB")
}

// The record may say that the session is over long before a slow reader has heard it all.
func TestTheRecordDoesNotCutOffWhatIsStillOnItsWay(t *testing.T) {
	t.Parallel()
	s, _ := emulator(t)
	c := wiro.NewClient(wiro.Options{
		BaseURL: s.URL, SocketURL: s.SocketURL, SafetyPollInterval: time.Millisecond,
		Credentials: wiro.Credentials{Key: wirotest.DemoKey},
	})
	t.Cleanup(c.Close)
	text := strings.TrimSpace(strings.Repeat("word ", 200)) // more frames than wait in the session
	session := open(t, c, speech, wiro.Params{"text": text})
	waited := false
	h := hear(t, session, func(wiro.SessionEvent) {
		if !waited {
			waited = true
			require.NoError(t, s.AwaitStage(soon(t), session.Ref().Token, wirotest.TaskPostprocessEnd))
		}
	})
	require.NoError(t, h.err)
	require.Equal(t, len(spoken(text)), len(h.pcm))
}

func TestALostConnectionEndsWithWhatThereWasAndTheTrueCost(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	session := open(t, c, "sandbox/conversation-drop", nil)
	require.NoError(t, session.Send(append(tone(5), silence(2)...)))
	h := hear(t, session, nil)
	require.ErrorIs(t, h.err, wiro.ErrConnectionLost)
	require.NotEmpty(t, h.pcm)
	require.Equal(t, "You: (1.0 seconds of speech)\nAI: Turn 1. The sandbox heard 1.0 seconds.", h.words.Text())
	require.True(t, h.task.Over())
	require.InDelta(t, 0.01, *h.task.Cost, 1e-9)
	require.InDelta(t, 0.01, *session.Cost(), 1e-9)
}

func TestASessionThatWiroKeepsIsResumed(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	s.Behave("sandbox/speech-resume", wirotest.Behavior{DropAfterFrames: 5, SessionGrace: time.Minute, FrameDelay: 20 * time.Millisecond})
	session := open(t, c, "sandbox/speech-resume", wiro.Params{"text": strings.Repeat("word ", 60)})
	h := hear(t, session, nil)
	require.Equal(t, 1, h.resumed)
	require.Equal(t, []string{"ready", "audio", "resumed", "audio", "end", "cost", "ended"}, h.kinds)
	require.ErrorIs(t, h.err, wiro.ErrConnectionLost, "some of the sound is missing")
	require.True(t, h.task.Succeeded())
}

func TestTheEndIsNoticedWithoutItsEvent(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	s.Behave(speech, wirotest.Behavior{LoseFinalEvent: true})
	h := hear(t, open(t, c, speech, wiro.Params{"text": "Hello."}), nil)
	require.NoError(t, h.err)
	require.True(t, h.task.Succeeded())

	s.Behave(speech, wirotest.Behavior{FailEarly: "no such voice"})
	h = hear(t, open(t, c, speech, wiro.Params{"text": "Hello."}), nil)
	require.NoError(t, h.err)
	require.Error(t, h.task.Err())

	s.Behave(speech, wirotest.Behavior{Lag: 100 * time.Millisecond})
	h = hear(t, open(t, c, speech, wiro.Params{"text": "Hello."}), nil)
	require.NoError(t, h.err)
	require.InDelta(t, 0.005, *h.task.Cost, 1e-9)
}

func TestTheWalletEndsASession(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	session := open(t, c, conversation, nil)
	<-session.Ready()
	s.SetBalance(wirotest.DemoSignedKey, 0.001)
	require.NoError(t, session.Send(append(tone(5), silence(2)...)))
	h := hear(t, session, nil)
	require.NoError(t, h.err)
	require.InDelta(t, 0.002, *h.task.Cost, 1e-9)
}

func TestWhatIsRefusedEndsTheSessionWithTheReason(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	session := open(t, c, speech, wiro.Params{"text": strings.Repeat("word ", 100)})
	require.NoError(t, session.Send(tone(1)))
	h := hear(t, session, nil)
	refusal, ok := errors.AsType[*wiro.APIError](h.err)
	require.True(t, ok, h.err)
	require.Contains(t, refusal.Message(), "audio-not-accepted")
	require.True(t, h.task.Over(), "it does not go on at a cost")
}

func TestNothingIsSubmittedWithoutAConnection(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	s.SetSocketMode(wirotest.SocketRefuse)
	_, err := c.Realtime.Open(soon(t), speech, asPCM(wiro.Params{"text": "x"}))
	require.ErrorIs(t, err, wiro.ErrUnreachable)
	require.Zero(t, s.RequestCount("Run/"+speech))

	s.SetSocketMode(wirotest.SocketNormal)
	_, err = c.Realtime.Open(soon(t), "nobody/nothing", nil)
	require.ErrorIs(t, err, wiro.ErrNotFound)
	require.NoError(t, s.AwaitSockets(soon(t), 0))
}

func TestARunThatWasSubmittedIsJoined(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	submission, err := c.Runs.Submit(soon(t), speech, asPCM(wiro.Params{"text": "Hello."}))
	require.NoError(t, err)
	session, err := c.Realtime.Join(soon(t), submission)
	require.NoError(t, err)
	defer session.Close()
	h := hear(t, session, nil)
	require.NoError(t, h.err)
	require.Equal(t, spoken("Hello."), h.pcm)
}

func TestClosingEndsTheSession(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	byHand := open(t, c, conversation, nil)
	withClient := open(t, c, conversation, nil)
	<-byHand.Ready()
	<-withClient.Ready()
	sent := make(chan error)
	go func() {
		for {
			if err := byHand.Send(silence(1)); err != nil {
				sent <- err
				return
			}
		}
	}()
	byHand.Close()
	byHand.Close()
	require.ErrorIs(t, <-sent, wiro.ErrSessionEnded)
	if h := hear(t, byHand, nil); !h.task.Over() {
		require.ErrorIs(t, h.err, wiro.ErrClosed)
	}
	require.NoError(t, s.AwaitStage(soon(t), byHand.Ref().Token, wirotest.TaskPostprocessEnd))
	c.Close()
	if h := hear(t, withClient, nil); !h.task.Over() {
		require.ErrorIs(t, h.err, wiro.ErrClosed)
	}
	require.NoError(t, s.AwaitStage(soon(t), withClient.Ref().Token, wirotest.TaskPostprocessEnd))
}

func TestSessionsRunBesideAHundredWaits(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	var all sync.WaitGroup
	defer all.Wait()
	for range 100 {
		all.Go(func() {
			task, err := c.Run(soon(t), "black-forest-labs/flux-2-pro", wiro.Params{"prompt": "x"})
			if err != nil || !task.Succeeded() {
				t.Errorf("%v %v", task, err)
			}
		})
	}
	text := strings.Repeat("word ", 50)
	for range 2 {
		all.Go(func() {
			session, err := c.Realtime.Open(soon(t), speech, asPCM(wiro.Params{"text": text}))
			if err != nil {
				t.Error(err)
				return
			}
			defer session.Close()
			if h := hear(t, session, nil); h.err != nil || string(h.pcm) != string(spoken(text)) {
				t.Errorf("%v: %d bytes", h.err, len(h.pcm))
			}
		})
	}
}

func TestTranscriptJoinsWords(t *testing.T) {
	t.Parallel()
	var transcript wiro.Transcript
	require.Empty(t, transcript.Text())
	for _, d := range []wiro.TranscriptDelta{
		{Speaker: wiro.SpeakerUser, Text: "What's"}, {Speaker: wiro.SpeakerUser, Text: "the"}, {Speaker: wiro.SpeakerUser, Text: " weather?"},
		{Speaker: wiro.SpeakerUser, Text: ""},
	} {
		transcript.Add(d)
	}
	require.Equal(t, "What's the weather?", transcript.Text())
	transcript.Add(wiro.TranscriptDelta{Speaker: wiro.SpeakerAI, Text: "Sunny."})
	transcript.EndTurn()
	transcript.Add(wiro.TranscriptDelta{Speaker: wiro.SpeakerAI, Text: "Anything else?"})
	require.Equal(t, "You: What's the weather?\nAI: Sunny.\nAI: Anything else?", transcript.Text())
}
