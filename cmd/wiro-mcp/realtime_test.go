package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"
	sound "github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const voice = "openai/gpt-realtime-mini"

// hum is a second of sound that is not silent, times seconds.
func hum(seconds float64) []byte {
	var pcm []byte
	for i := range int(seconds * wiro.SampleRate) {
		pcm = binary.LittleEndian.AppendUint16(pcm, uint16(int16(math.Sin(float64(i)/9)*9_000)))
	}
	return pcm
}

func spoken(text string) []byte {
	seconds := max(float64(len(strings.Fields(text)))*0.36, 1)
	return media.Tune{Text: text, Seconds: seconds, Note: 0.12}.PCM(nil)
}

func TestConversationThroughPipes(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	folder := t.TempDir()
	record, transcript := filepath.Join(folder, "speech.wav"), filepath.Join(folder, "words.txt")
	require.NoError(t, os.WriteFile(transcript, []byte(strings.Repeat("of a session before\n", 20)), 0o600))
	in, mouth := io.Pipe()
	ear, out := io.Pipe()
	go func() { // file in
		_, _ = mouth.Write(hum(1))
		_ = mouth.Close()
	}()
	heard := make(chan []byte)
	go func() { // file out
		pcm, _ := io.ReadAll(ear)
		heard <- pcm
	}()
	var messages bytes.Buffer
	code := run(t.Context(), []string{"realtime", voice, "voice=marin", "--record", record, "--transcript", transcript},
		streams{in: in, out: out, err: &messages, environ: environ})
	_ = out.Close()
	require.Zero(t, code, messages.String())

	answer := spoken("Turn 1. The sandbox heard 1.0 seconds.")
	require.Equal(t, answer, <-heard)
	saved, err := os.ReadFile(record)
	require.NoError(t, err)
	require.Equal(t, append(sound.WAVHeader(int64(len(answer))), answer...), saved)
	words, err := os.ReadFile(transcript)
	require.NoError(t, err)
	require.Equal(t, "You: (1.0 seconds of speech)\nAI: Turn 1. The sandbox heard 1.0 seconds.\n", string(words))
	require.Equal(t, "You: (1.0 seconds of speech)\nAI: Turn 1. The sandbox heard 1.0 seconds.\n"+
		"($0.002, $0.002 so far)\nCost of the session: $0.002\n", messages.String())
}

func TestSpeechGoesToStdout(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	result := command(t, environ, "not read", "realtime", "wiro/moss-tts", "text=Good morning to all of you")
	require.Zero(t, result.code, result.err)
	require.Equal(t, spoken("Good morning to all of you"), []byte(result.out))
	require.Contains(t, result.err, "Cost of the session: $0.005")
}

func TestRealtimeRefusesBeforeItPays(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	record := filepath.Join(t.TempDir(), "speech.wav")
	for _, test := range []struct {
		arguments []string
		reason    string
		code      int
	}{
		{[]string{picture}, "is not a realtime model", exitUsage},
		{[]string{"nobody/nothing"}, "not-exist", exitRefused},
		{[]string{voice, "output_audio_format=audio/pcmu"}, `output_audio_format: must be "audio/pcm"`, exitUsage},
		{[]string{"wiro/voxtral-mini-realtime", "--record", record}, "does not speak", exitUsage},
		{[]string{voice, "--record", filepath.Join(record, "below")}, "speech.wav", exitUsage},
		{[]string{voice, "-"}, "stdin is for sound", exitUsage},
		{[]string{voice, "marin"}, "is not key=value", exitUsage},
	} {
		result := command(t, environ, "", append([]string{"realtime"}, test.arguments...)...)
		require.Equal(t, test.code, result.code, test.arguments)
		require.Contains(t, result.err, test.reason)
		require.Empty(t, result.out)
	}
	require.Empty(t, s.Snapshots())
	require.Contains(t, command(t, nil, "", "realtime", voice).err, "WIRO_API_KEY is not set")

	s.Behave("wiro/moss-tts", emulator.Behavior{Code: 97, Message: "Insufficient balance"})
	result := command(t, environ, "", "realtime", "wiro/moss-tts", "text=x", "--record", record)
	require.Equal(t, exitRefused, result.code)
	require.NoFileExists(t, record)
}

func TestLimitsOnCostHoldInASession(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	for _, test := range []struct {
		model, limit, reason string
	}{
		{voice, "WIRO_MAX_COST_PER_RUN=0.001", "over the limit of $0.001 per run"},
		{voice, "WIRO_MAX_COST_PER_DAY=0", "over the limit per day"},
		{"wiro/moss-tts", "WIRO_MAX_COST_PER_RUN=0.0049", "over the limit"},
		{"wiro/voxtral-mini-realtime", "WIRO_MAX_COST_PER_RUN=0", "over the limit"},
	} {
		refused := command(t, append(environ, test.limit), "", "realtime", test.model, "text=Hello")
		require.Equal(t, exitRefused, refused.code, refused.err)
		require.Contains(t, refused.err, test.reason)
	}
	require.Empty(t, s.Snapshots())

	said := string(hum(1)) + string(make([]byte, 2*wiro.FrameBytes)) + string(hum(2)) // two turns
	environ = append(environ, "WIRO_MAX_COST_PER_DAY=0.0035", "WIRO_STORE=file:"+t.TempDir())
	session := command(t, environ, said, "realtime", voice)
	require.Equal(t, exitFailed, session.code, session.err)
	require.Contains(t, session.err, "another turn would have cost more than the limit allows")
	require.Contains(t, session.err, "Cost of the session: $0.002")
	over := command(t, environ, said, "realtime", voice)
	require.Equal(t, exitRefused, over.code)
	require.Contains(t, over.err, "over the limit per day: $0.0015 is left")
}

func TestALimitOnCostLimitsTheSoundOfADictation(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	session := command(t, append(environ, "WIRO_MAX_COST_PER_RUN=0.0001"), string(hum(3)), "realtime", "wiro/voxtral-mini-realtime")
	require.Zero(t, session.code, session.err)
	require.Contains(t, session.err, "The limit on cost allows 1 s of sound.")
	require.Contains(t, session.err, "Cost of the session: $0.0001")
}

func TestASessionThatFailsSaysSo(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	result := command(t, environ, "", "realtime", "sandbox/speech-drop", "text="+strings.Repeat("word ", 30))
	require.Equal(t, exitFailed, result.code)
	require.Contains(t, result.err, "connection of the session was lost")
	require.NotEmpty(t, result.out, "what there was")
	require.Contains(t, result.err, "Cost of the session: $0.005")
}

// talking starts a conversation that lasts until it is interrupted.
func talking(t *testing.T, s *emulator.Server, environ []string, signals chan os.Signal) (stdout *watched, stderr *bytes.Buffer, wait func() error) {
	t.Helper()
	s.Behave(voice, emulator.Behavior{FrameDelay: 100 * time.Millisecond})
	in, mouth := io.Pipe()
	stdout, stderr = &watched{said: make(chan struct{})}, &bytes.Buffer{}
	a := &app{streams: streams{in: in, out: stdout, err: stderr, environ: environ}}
	a.raw = a.streams
	a.config.BaseURL, a.config.SocketURL = s.APIURL(), s.SocketURL()
	a.credentials = wiro.Credentials{Key: emulator.DemoKey}
	go func() { _, _ = mouth.Write(append(hum(1), make([]byte, 2*wiro.FrameBytes)...)) }()
	ended := make(chan error, 1)
	go func() { ended <- a.realtime(t.Context(), realtimeRun{model: voice, interrupts: signals}) }()
	return stdout, stderr, func() error {
		err := <-ended
		_ = mouth.Close()
		for _, clean := range a.cleanup {
			clean()
		}
		return err
	}
}

func TestCtrlCInterruptsAndTwiceEnds(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	signals := make(chan os.Signal)
	stdout, stderr, wait := talking(t, s, environ, signals)
	<-stdout.said
	signals <- os.Interrupt
	signals <- os.Interrupt
	require.NoError(t, wait())
	require.Less(t, stdout.Len(), len(spoken("Turn 1. The sandbox heard 1.0 seconds.")))
	require.Contains(t, stderr.String(), "Interrupted. Ctrl-C again ends the session.")
	require.Contains(t, stderr.String(), "Cost of the session: $0.002")
	token, err := s.Launched(t.Context(), 1)
	require.NoError(t, err)
	task, _ := s.Snapshot(token)
	require.Equal(t, emulator.TaskPostprocessEnd, task.Status)
}

func TestTerminationEndsAtOnce(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	signals := make(chan os.Signal)
	stdout, _, wait := talking(t, s, environ, signals)
	<-stdout.said
	signals <- syscall.SIGTERM
	require.NoError(t, wait())
}

// watched tells when something was written.
type watched struct {
	bytes.Buffer
	said chan struct{}
}

func (w *watched) Write(p []byte) (int, error) {
	if w.Len() == 0 {
		close(w.said)
	}
	return w.Buffer.Write(p)
}
