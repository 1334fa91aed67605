package realtime_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	tunes "github.com/wiroai/wiro-mcp-go/internal/emulator/media"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/media/sound"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	conversation  = "elevenlabs/realtime-conversational-ai"
	speech        = "wiro/moss-tts"
	transcription = "wiro/voxtral-mini-realtime"
)

func start(t *testing.T) (*emulator.Server, *wiro.Client) {
	t.Helper()
	s := emulator.New(emulator.Options{Record: true})
	require.NoError(t, s.Start(""))
	t.Cleanup(s.Close)
	c := wiro.NewClient(wiro.Options{
		BaseURL: s.APIURL(), SocketURL: s.SocketURL(), Credentials: wiro.Credentials{Key: emulator.DemoKey},
		SafetyPollInterval: 100 * time.Millisecond,
	})
	t.Cleanup(c.Close)
	return s, c
}

// hold opens a session as the command and the tool do, and holds it.
func hold(t *testing.T, c *wiro.Client, slug string, params wiro.Params, talk realtime.Talk) (realtime.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	model, err := c.Models.Get(ctx, slug)
	require.NoError(t, err)
	talk.Kind = realtime.KindOf(model)
	params, err = realtime.AskForPCM(model, params)
	require.NoError(t, err)
	session, err := c.Realtime.Open(ctx, slug, params)
	require.NoError(t, err)
	return talk.Run(ctx, session)
}

func words(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) }

func spoken(text string) []byte {
	seconds := max(float64(len(strings.Fields(text)))*0.36, 1)
	return tunes.Tune{Text: text, Seconds: seconds, Note: 0.12}.PCM(nil)
}

// wave is a tone at a rate, as 16-bit frames of so many equal channels.
func wave(seconds float64, rate, channels int) []byte {
	var pcm []byte
	for i := range int(seconds * float64(rate)) {
		v := int16(math.Sin(2*math.Pi*440*float64(i)/float64(rate)) * 12_000)
		for range channels {
			pcm = binary.LittleEndian.AppendUint16(pcm, uint16(v))
		}
	}
	return pcm
}

func TestSpeechBecomesAWAV(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{speech, "sandbox/speech-odd", "sandbox/speech-split"} {
		_, c := start(t)
		path := filepath.Join(t.TempDir(), "speech.wav")
		file, err := os.Create(path)
		require.NoError(t, err)
		wav, err := media.NewWAVWriter(file)
		require.NoError(t, err)
		result, err := hold(t, c, slug, wiro.Params{"text": words(20)}, realtime.Talk{Speech: wav})
		require.NoError(t, err)
		require.NoError(t, errors.Join(wav.Close(), file.Close()))
		require.InDelta(t, 7.2, result.SpeechSeconds, 0.001)
		require.InDelta(t, 0.005, *result.Cost, 1e-9)

		content, err := os.ReadFile(path)
		require.NoError(t, err)
		want := spoken(words(20))
		if slug == "sandbox/speech-odd" {
			want[len(want)-1] = 0
		}
		require.Equal(t, append(media.WAVHeader(int64(len(want))), want...), content, slug)
		file, err = os.Open(path)
		require.NoError(t, err)
		opened, err := sound.Open(file, media.ByName(path))
		require.NoError(t, err)
		require.InDelta(t, 7.2, opened.Seconds(), 0.001)
		require.NoError(t, opened.Close())
	}
}

func TestASoundFileIsTranscribed(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	stereo := wave(1, 48_000, 2)
	heard := openWAV(t, stereo, 48_000, 2)
	defer heard.Close()
	result, err := hold(t, c, transcription, nil, realtime.Talk{Sound: heard})
	require.NoError(t, err)
	require.Equal(t, "this is the sandbox writing", result.Transcript.Text(), "five words a second")
	require.InDelta(t, 1, result.SentSeconds, 0.001)
	require.InDelta(t, 0.0001, *result.Cost, 0.2*0.0001)
}

func TestConversationEndsAfterTheAnswer(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	var said bytes.Buffer
	var kinds []string
	result, err := hold(t, c, conversation, wiro.Params{"system_instructions": "Be brief."}, realtime.Talk{
		Sound: bytes.NewReader(wave(2, wiro.SampleRate, 1)), Speech: &said,
		OnEvent: func(e wiro.SessionEvent) {
			if _, ended := e.(wiro.TurnEnded); ended {
				kinds = append(kinds, "turn")
			}
		},
	})
	require.NoError(t, err)
	require.Equal(t, "You: (2.0 seconds of speech)\nAI: Turn 1. The sandbox heard 2.0 seconds.", result.Transcript.Text())
	require.Equal(t, spoken("Turn 1. The sandbox heard 2.0 seconds."), said.Bytes())
	require.Equal(t, []string{"turn"}, kinds)
	require.InDelta(t, 0.01, *result.Cost, 1e-9)
}

func TestSoundIsSentAtThePaceOfSpeech(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	began := time.Now()
	_, err := hold(t, c, transcription, nil, realtime.Talk{Sound: bytes.NewReader(wave(2, wiro.SampleRate, 1)), Pace: 4})
	require.NoError(t, err)
	took := time.Since(began)
	require.Greater(t, took, 600*time.Millisecond, "two seconds and one of silence, four times as fast")
	require.Less(t, took, 5*time.Second)
}

func TestSilenceFromWiroEndsTheSession(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	result, err := hold(t, c, conversation, nil, realtime.Talk{Sound: bytes.NewReader(make([]byte, wiro.FrameBytes)), AnswerTimeout: 50 * time.Millisecond})
	require.NoError(t, err, "nothing was said, nothing is answered")
	require.Empty(t, result.Transcript.Lines())
	require.Zero(t, *result.Cost)
	require.True(t, result.Task.Over())

	s.Behave(speech, emulator.Behavior{HoldAt: emulator.TaskStreamEnd})
	began := time.Now()
	result, err = hold(t, c, speech, wiro.Params{"text": "Hello."}, realtime.Talk{AnswerTimeout: 50 * time.Millisecond})
	require.ErrorIs(t, err, realtime.ErrNoAnswer)
	require.Equal(t, wiro.TaskCanceled, result.Task.Status)
	require.InDelta(t, 1, result.SpeechSeconds, 0.001, "what there is is kept")
	require.Less(t, time.Since(began), 20*time.Second)
}

func TestCancelingEndsTheSessionAndKeepsWhatThereIs(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	s.Behave(speech, emulator.Behavior{FrameDelay: 5 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	session, err := c.Realtime.Open(ctx, speech, wiro.Params{"text": words(2_000)})
	require.NoError(t, err)
	result, err := realtime.Talk{Kind: realtime.Speech, OnEvent: func(e wiro.SessionEvent) {
		if _, spoke := e.(wiro.Audio); spoke {
			cancel()
		}
	}}.Run(ctx, session)
	require.ErrorIs(t, err, context.Canceled)
	require.Positive(t, result.SpeechSeconds)
	require.Less(t, result.SpeechSeconds, 100.0)
	require.True(t, result.Task.Succeeded(), "it ended properly")
	require.InDelta(t, 0.005, *result.Cost, 1e-9)
}

func TestWhatIsNotReadyIsTakenBack(t *testing.T) {
	t.Parallel()
	for _, stage := range []emulator.Stage{emulator.TaskQueue, emulator.TaskStart} {
		s, c := start(t)
		s.Behave(speech, emulator.Behavior{HoldAt: stage})
		session, err := c.Realtime.Open(t.Context(), speech, wiro.Params{"text": "Hello."})
		require.NoError(t, err)
		require.NoError(t, s.Reached(t.Context(), session.Ref().Token, stage))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		result, err := realtime.Talk{Kind: realtime.Speech}.Run(ctx, session)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, wiro.TaskCanceled, result.Task.Status, stage)
		require.Zero(t, *result.Cost)
	}
}

func TestSpeechThatCannotBeWrittenEndsTheSession(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	broken := errors.New("disk full")
	result, err := hold(t, c, speech, wiro.Params{"text": words(100)}, realtime.Talk{Speech: writer(func() error { return broken })})
	require.ErrorIs(t, err, broken)
	require.True(t, result.Task.Over())
	result, err = hold(t, c, transcription, nil, realtime.Talk{Sound: io.MultiReader(bytes.NewReader(wave(1, wiro.SampleRate, 1)), failing{broken})})
	require.ErrorIs(t, err, broken)
	require.Equal(t, "this is the sandbox writing", result.Transcript.Text())
}

func TestALostConnectionKeepsWhatThereIs(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	result, err := hold(t, c, "sandbox/speech-drop", wiro.Params{"text": words(100)}, realtime.Talk{})
	require.ErrorIs(t, err, wiro.ErrConnectionLost)
	require.Positive(t, result.SpeechSeconds)
	require.True(t, result.Task.Over())
	require.InDelta(t, 0.005, *result.Cost, 1e-9)
}

// A turn costs what is known of the last one: no other one is begun that would cost too much.
func TestNoTurnIsBegunThatCostsTooMuch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		limit float64
		turns int
		err   error
	}{
		{0.015, 1, realtime.ErrCostLimit},
		{0.02, 2, realtime.ErrCostLimit},
		{0.04, 3, nil},
	} {
		s, c := start(t)
		s.Behave(conversation, emulator.Behavior{FrameDelay: 50 * time.Millisecond})
		result, err := hold(t, c, conversation, nil, realtime.Talk{
			Sound: bytes.NewReader(wave(9, wiro.SampleRate, 1)), MaxCost: &test.limit, Pace: 20,
		})
		if test.err == nil {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, test.err)
		}
		require.InDelta(t, 0.01*float64(test.turns), *result.Cost, 1e-9, test.limit)
		require.True(t, result.Task.Over())
	}
}

type writer func() error

func (w writer) Write([]byte) (int, error) { return 0, w() }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// openWAV opens PCM of any rate and number of channels as a decoded file.
func openWAV(t *testing.T, pcm []byte, rate, channels int) *sound.Reader {
	t.Helper()
	header := media.WAVHeader(int64(len(pcm)))
	binary.LittleEndian.PutUint16(header[22:], uint16(channels))
	binary.LittleEndian.PutUint32(header[24:], uint32(rate))
	binary.LittleEndian.PutUint32(header[28:], uint32(rate*channels*2))
	binary.LittleEndian.PutUint16(header[32:], uint16(channels*2))
	path := filepath.Join(t.TempDir(), "sound.wav")
	require.NoError(t, os.WriteFile(path, append(header, pcm...), 0o600))
	file, err := os.Open(path)
	require.NoError(t, err)
	opened, err := sound.Open(file, media.ByName(path))
	require.NoError(t, err)
	return opened
}

func TestWhatAStereoFileBecomesOnTheWire(t *testing.T) {
	t.Parallel()
	heard := openWAV(t, wave(3, 48_000, 2), 48_000, 2)
	defer heard.Close()
	pcm, err := io.ReadAll(heard)
	require.NoError(t, err)
	require.InDelta(t, 3*wiro.SampleRate*wiro.BytesPerSample, len(pcm), wiro.FrameBytes)
	crossings, last := 0, int16(0)
	for i := 0; i+1 < len(pcm); i += 2 {
		v := int16(binary.LittleEndian.Uint16(pcm[i:]))
		if last < 0 && v >= 0 {
			crossings++
		}
		last = v
	}
	require.InDelta(t, 440*3, crossings, 2)
}
