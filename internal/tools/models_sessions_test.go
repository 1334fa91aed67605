package tools_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	tunes "github.com/wiroai/wiro-mcp-go/internal/emulator/media"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	voice     = "openai/gpt-realtime-mini"
	narrator  = "wiro/moss-tts"
	dictation = "wiro/voxtral-mini-realtime"
)

// sessions is a stage whose sessions send their sound without pauses, and whose files are in
// folders of the test.
func sessions(t *testing.T, change ...func(*tools.Options)) (s *stage, folder string) {
	t.Helper()
	folder = t.TempDir()
	readable, err := media.NewFolders(folder)
	require.NoError(t, err)
	s = newStage(t, append([]func(*tools.Options){func(o *tools.Options) {
		o.SessionPace = -1
		o.Local = tools.LocalFiles{Read: readable, OutputDir: filepath.Join(folder, "out")}
	}}, change...)...)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, s.Join(ctx))
	})
	return s, folder
}

// hum is a tone that is not silent, as a WAV file of 48 kHz with two channels.
func hum(seconds float64) []byte {
	var data []byte
	for i := range int(seconds * 48_000) {
		sample := uint16(int16(math.Sin(2*math.Pi*440*float64(i)/48_000) * 12_000))
		data = binary.LittleEndian.AppendUint16(data, sample)
		data = binary.LittleEndian.AppendUint16(data, sample)
	}
	header := media.WAVHeader(int64(len(data)))
	binary.LittleEndian.PutUint16(header[22:], 2)
	binary.LittleEndian.PutUint32(header[24:], 48_000)
	binary.LittleEndian.PutUint32(header[28:], 48_000*4)
	binary.LittleEndian.PutUint16(header[32:], 4)
	return append(header, data...)
}

// spokenWAV is what the emulator says to a text, as a file.
func spokenWAV(text string) []byte {
	pcm := tunes.Tune{Text: text, Seconds: math.Max(float64(len(strings.Fields(text)))*0.36, 1), Note: 0.12}.PCM(nil)
	return append(media.WAVHeader(int64(len(pcm))), pcm...)
}

// session are the arguments of a run.
func session(model string, params map[string]any, more ...any) map[string]any {
	arguments := map[string]any{"model": model, "params": params}
	for i := 0; i < len(more); i += 2 {
		arguments[more[i].(string)] = more[i+1]
	}
	return arguments
}

func file(t *testing.T, folder, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func TestATextIsSpokenIntoAFile(t *testing.T) {
	t.Parallel()
	s, folder := sessions(t)
	const text = "A lighthouse speaks at dawn, to nobody in particular."
	done := s.once("run_model", session(narrator, map[string]any{"text": text})).ok("Completed", "Saved:", "Charged $0.005")
	outputs := done.at("outputs").([]any)
	spoken := outputs[len(outputs)-1].(map[string]any)
	path := spoken["path"].(string)
	require.Equal(t, filepath.Join(folder, "out"), filepath.Dir(path))
	require.Contains(t, path, "moss-tts a-lighthouse-speaks")
	require.Equal(t, "audio/wav", spoken["mimeType"])
	require.Equal(t, "audio", spoken["kind"])
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(spokenWAV(text), content), "byte for byte")
	require.InDelta(t, 0.005, done.at("task.costUsd"), 1e-9)
	require.Nil(t, done.at("quote"), "it was charged as quoted")
	require.Equal(t, 1, s.sandbox.RequestCount("Run/"+narrator))

	again := s.call("get_task", `{"tasktoken":"`+done.at("task.token").(string)+`"}`).ok(path)
	require.Equal(t, done.at("outputs"), again.at("outputs"))
}

func TestAFileIsTranscribed(t *testing.T) {
	t.Parallel()
	s, folder := sessions(t)
	path := file(t, folder, "note.wav", hum(1))
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(hum(1)) }))
	t.Cleanup(web.Close)
	for _, given := range []string{path, web.URL + "/note.wav", "data:audio/wav;base64," + base64.StdEncoding.EncodeToString(hum(1))} {
		done := s.once("run_model", session(dictation, map[string]any{}, "input_audio", given)).ok("this is the sandbox writing", "Completed")
		require.Equal(t, []any{map[string]any{"speaker": "user", "text": "this is the sandbox writing"}}, done.at("transcript"))
		require.Positive(t, done.at("task.costUsd"))
		if done.at("quote") != nil {
			require.InDelta(t, done.at("task.costUsd").(float64), done.at("quote.usd").(float64), 1e-4)
		}
	}
	require.Equal(t, 3, s.sandbox.RequestCount("Run/"+dictation))
}

func TestAConversationHasWordsAndSpeech(t *testing.T) {
	t.Parallel()
	s, folder := sessions(t)
	done := s.once("run_model", session(voice, map[string]any{}, "input_audio", file(t, folder, "question.wav", hum(2)))).
		ok("You: (2.0 seconds of speech)\nAI: Turn 1. The sandbox heard 2.0 seconds.", "Saved:", "Charged $0.002")
	require.Equal(t, []any{
		map[string]any{"speaker": "user", "text": "(2.0 seconds of speech)"},
		map[string]any{"speaker": "ai", "text": "Turn 1. The sandbox heard 2.0 seconds."},
	}, done.at("transcript"))
	outputs := done.at("outputs").([]any)
	content, err := os.ReadFile(outputs[len(outputs)-1].(map[string]any)["path"].(string))
	require.NoError(t, err)
	require.True(t, bytes.Equal(spokenWAV("Turn 1. The sandbox heard 2.0 seconds."), content), "telephone sound was not asked for")
	require.Equal(t, "audio/pcm", done.at("params.output_audio_format"))
}

func TestOverTheNetworkSpeechGoesToTheCallersStorage(t *testing.T) {
	t.Parallel()
	s, _ := sessions(t)
	caller := mcptool.WithScope(soon(t), mcptool.Scope{Caller: wiro.Credentials{Key: emulator.DemoKey}})
	result, err := s.Server.Server.Call(caller, "run_model", session(narrator, map[string]any{"text": "Hello there."}))
	require.NoError(t, err)
	require.False(t, result.IsError, result.Text)
	var done struct {
		Outputs []struct{ URL, Path, Name string }
	}
	require.NoError(t, json.Unmarshal(result.Structured, &done))
	uploaded := done.Outputs[len(done.Outputs)-1]
	require.Empty(t, uploaded.Path)
	require.True(t, strings.HasPrefix(uploaded.Name, "speech-"), uploaded.Name)
	answer, err := http.Get(uploaded.URL) //nolint:noctx // on this machine
	require.NoError(t, err)
	defer answer.Body.Close()
	var content bytes.Buffer
	_, err = content.ReadFrom(answer.Body)
	require.NoError(t, err)
	require.True(t, bytes.Equal(spokenWAV("Hello there."), content.Bytes()))

	result, err = s.Server.Server.Call(caller, "run_model", session(dictation, map[string]any{}, "input_audio", "/etc/hostname.wav"))
	require.NoError(t, err)
	require.True(t, result.IsError)
	require.Contains(t, result.Text, "server on the network")
}

func TestSessionsAreRefusedBeforeTheyArePaid(t *testing.T) {
	t.Parallel()
	s, folder := sessions(t)
	sound := file(t, folder, "a.wav", hum(1))
	for name, test := range map[string]struct {
		arguments map[string]any
		words     []string
	}{
		"no sound":         {session(voice, map[string]any{}), []string{"input_audio", "WAV, MP3, FLAC"}},
		"no sound, dry":    {session(dictation, map[string]any{}, "dry_run", true), []string{"input_audio"}},
		"sound for a text": {session(narrator, map[string]any{"text": "x"}, "input_audio", sound), []string{"takes no input_audio"}},
		"no realtime":      {session(picture, map[string]any{"prompt": "x"}, "input_audio", sound), []string{"no realtime model"}},
		"another format":   {session(voice, map[string]any{"output_audio_format": "audio/pcmu"}, "input_audio", sound), []string{"output_audio_format", "24 kHz"}},
		"no such file":     {session(voice, map[string]any{}, "input_audio", filepath.Join(folder, "none.wav")), []string{"does not exist"}},
		"a picture":        {session(voice, map[string]any{}, "input_audio", file(t, folder, "a.txt", []byte("words"))), []string{"is text/plain"}},
		"cut off":          {session(voice, map[string]any{}, "input_audio", file(t, folder, "cut.wav", hum(1)[:9_000])), []string{"cut off"}},
		"damaged":          {session(voice, map[string]any{}, "input_audio", file(t, folder, "b.flac", []byte("fLaC\x00\x00\x00\x22damaged"))), []string{"cannot be decoded"}},
		"empty":            {session(voice, map[string]any{}, "input_audio", file(t, folder, "c.wav", media.WAVHeader(0))), []string{"holds no sound"}},
		"outside":          {session(voice, map[string]any{}, "input_audio", "/etc/passwd.wav"), []string{"outside"}},
		"nothing at all":   {session(voice, map[string]any{}, "input_audio", "what is the weather"), []string{"input_audio must be"}},
		"over the limit":   {session(voice, map[string]any{}, "input_audio", sound, "max_cost_usd", 0.001), []string{"max_cost_usd"}},
	} {
		s.once("run_model", test.arguments).refused(test.words...)
		require.Empty(t, s.sandbox.Snapshots(), name)
	}
	quoted := s.once("run_model", session(voice, map[string]any{}, "input_audio", sound, "dry_run", true)).ok("Dry run", "$0.002")
	require.Equal(t, "audio/pcm", quoted.at("params.input_audio_format"))
	require.Empty(t, s.sandbox.Snapshots())
}

func TestAWaitThatEndsInTheMiddleIsPickedUp(t *testing.T) {
	t.Parallel()
	s, _ := sessions(t)
	s.sandbox.Behave(narrator, emulator.Behavior{HoldAt: emulator.TaskStreamEnd})
	arguments := session(narrator, map[string]any{"text": "One two three."}, "timeout_seconds", 0)
	begun := s.once("run_model", arguments).ok("Still running")
	token := begun.at("task.token").(string)
	require.NoError(t, s.sandbox.Reached(soon(t), token, emulator.TaskStreamEnd))
	s.call("wait_for_task", `{"tasktoken":"`+token+`","timeout_seconds":0}`).ok("Still running", "holds the session")
	require.Equal(t, true, s.once("run_model", arguments).ok("Still running").at("attached"))

	s.sandbox.Release(token)
	delete(arguments, "timeout_seconds")
	done := s.once("run_model", arguments).ok("Completed", "Saved:", "An earlier, equal call started this run")
	require.Equal(t, token, done.at("task.token"))
	require.Equal(t, 1, s.sandbox.RequestCount("Run/"+narrator))
}

func TestASessionWithoutAWaitGoesOn(t *testing.T) {
	t.Parallel()
	s, folder := sessions(t)
	submitted := s.once("run_model", session(voice, map[string]any{}, "input_audio", file(t, folder, "q.wav", hum(1)), "wait", false)).ok("Submitted")
	token := submitted.at("task.token").(string)
	done := s.call("wait_for_task", `{"tasktoken":"`+token+`"}`).ok("Completed", "AI: Turn 1.", "Saved:")
	require.Equal(t, done.at("transcript"), s.call("get_task", `{"taskid":"`+done.at("task.id").(string)+`"}`).at("transcript"))
}

func TestASessionIsStopped(t *testing.T) {
	t.Parallel()
	s, _ := sessions(t)
	s.sandbox.Behave(narrator, emulator.Behavior{FrameDelay: 5 * time.Millisecond})
	text := strings.Repeat("word ", 3_000)
	for _, stop := range []string{"kill_task", "cancel_task"} {
		begun := s.once("run_model", session(narrator, map[string]any{"text": text}, "wait", false, "again", true))
		token := begun.at("task.token").(string)
		ctx, cancel := context.WithCancelCause(own(t))
		_, _ = s.Call(ctx, "wait_for_task", map[string]any{"tasktoken": token}, func(_, _ float64, message string) {
			if strings.HasPrefix(message, "2 s of speech") {
				cancel(mcptool.ErrTimedOutByClient)
			}
		})
		s.call(stop, `{"tasktoken":"`+token+`"}`).ok("The session was ended. Charged $0.005")
		s.call("get_task", `{"tasktoken":"`+token+`"}`).ok("Completed", "stopped before it was over", "Charged $0.005")
	}
}

func TestASessionEndsWithItsClient(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cause error
		ends  bool
	}{
		"canceled":  {mcptool.ErrCanceledByClient, true},
		"lost":      {context.Canceled, true},
		"timed out": {mcptool.ErrTimedOutByClient, false},
	} {
		s, _ := sessions(t)
		s.sandbox.Behave(narrator, emulator.Behavior{FrameDelay: 2 * time.Millisecond})
		ctx, cancel := context.WithCancelCause(own(t))
		answered, speaks := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(answered)
			_, _ = s.Call(ctx, "run_model", session(narrator, map[string]any{"text": strings.Repeat("word ", 1_000)}), func(_, _ float64, message string) {
				if strings.HasPrefix(message, "2 s of speech") {
					close(speaks)
				}
			})
		}()
		token, err := s.sandbox.Launched(soon(t), 1)
		require.NoError(t, err)
		<-speaks
		cancel(test.cause)
		<-answered
		done := s.call("wait_for_task", `{"tasktoken":"`+token+`"}`).ok("Completed", "Charged $0.005")
		require.Equal(t, test.ends, strings.Contains(done.text, "ended early, because its client"), name)
	}
}

// sharedStore lets several servers remember in one folder.
func sharedStore(t *testing.T) func(*tools.Options) {
	t.Helper()
	folder := t.TempDir()
	return func(o *tools.Options) {
		var err error
		o.Store, err = store.Open("file:"+folder, store.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, o.Store.Close()) })
	}
}

func TestASessionEndsWithTheServerAndIsFoundAgain(t *testing.T) {
	t.Parallel()
	open := sharedStore(t)
	drain, end := context.WithCancel(t.Context())
	first, _ := sessions(t, open, func(o *tools.Options) { o.Drain = drain })
	first.sandbox.Behave(narrator, emulator.Behavior{FrameDelay: 2 * time.Millisecond})
	arguments := session(narrator, map[string]any{"text": strings.Repeat("word ", 1_000)})
	arguments["timeout_seconds"] = 0
	token := first.once("run_model", arguments).at("task.token").(string)
	require.Eventually(t, func() bool {
		return strings.Contains(first.call("wait_for_task", `{"tasktoken":"`+token+`","timeout_seconds":0}`).text, "2 s of speech")
	}, time.Minute, time.Millisecond)
	end()
	require.NoError(t, first.Join(soon(t)))

	second, _ := sessions(t, open, func(o *tools.Options) {
		o.Wiro = wiro.NewClient(wiro.Options{
			BaseURL: first.sandbox.APIURL(), SocketURL: first.sandbox.SocketURL(),
			Credentials: wiro.Credentials{Key: emulator.DemoSignedKey, Secret: emulator.DemoSignedSecret},
		})
		t.Cleanup(o.Wiro.Close)
	})
	arguments["timeout_seconds"] = 30
	done := second.once("run_model", arguments).ok("Completed", "shut down", "Saved:")
	require.Equal(t, true, done.at("attached"))
	require.Equal(t, 1, first.sandbox.RequestCount("Run/"+narrator))
}

func TestADroppedSessionCostsWhatTheRecordSays(t *testing.T) {
	t.Parallel()
	s, _ := sessions(t)
	done := s.once("run_model", session("sandbox/speech-drop", map[string]any{"text": strings.Repeat("word ", 100)})).
		ok("connection of the session was lost", "Saved:", "Charged $0.005")
	require.InDelta(t, 0.005, done.at("task.costUsd"), 1e-9)
}

func TestWithoutAWebSocketNothingIsSubmitted(t *testing.T) {
	t.Parallel()
	s, _ := sessions(t, func(o *tools.Options) {
		o.Wiro = wiro.NewClient(wiro.Options{
			BaseURL: o.Wiro.BaseURL(), SocketURL: "ws://127.0.0.1:1/v1",
			Credentials: wiro.Credentials{Key: emulator.DemoSignedKey, Secret: emulator.DemoSignedSecret},
		})
		t.Cleanup(o.Wiro.Close)
	})
	s.once("run_model", session(narrator, map[string]any{"text": "x"})).refused("")
	require.Zero(t, s.sandbox.RequestCount("Run/"+narrator))
}

func TestWhereTheOutputFolderCannotBeWrittenSpeechIsInATemporaryFile(t *testing.T) {
	t.Parallel()
	s, _ := sessions(t, func(o *tools.Options) {
		o.Local.OutputDir, o.Local.OutputHint = filepath.Join(file(t, t.TempDir(), "a file", nil), "below"), "Choose another folder."
	})
	done := s.once("run_model", session(narrator, map[string]any{"text": "x"})).ok("Completed", "temporary file", "Choose another folder.")
	outputs := done.at("outputs").([]any)
	path := outputs[len(outputs)-1].(map[string]any)["path"].(string)
	t.Cleanup(func() { _ = os.Remove(path) })
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(spokenWAV("x"), content))
}

// What a session may cost is set aside, so that a run beside it leaves it that.
func TestASessionSpendsNoMoreThanIsSetAside(t *testing.T) {
	t.Parallel()
	limit := 1.0
	s, folder := sessions(t, func(o *tools.Options) { o.Limits.PerDay, o.SessionPace = &limit, 20 })
	s.sandbox.Behave(voice, emulator.Behavior{FrameDelay: 50 * time.Millisecond})
	long := file(t, folder, "long.wav", hum(9)) // three turns, of which one is estimated
	begun := s.once("run_model", session(voice, map[string]any{}, "input_audio", long, "wait", false)).ok("Submitted")
	require.InDelta(t, 0.004, begun.at("today.reservedUsd"), 1e-9)
	done := s.call("wait_for_task", `{"tasktoken":"`+begun.at("task.token").(string)+`"}`).ok("another turn would have cost more", "Charged $0.004")
	require.InDelta(t, 0.004, done.at("task.costUsd"), 1e-9)
}

func TestALimitPerDayHoldsInASession(t *testing.T) {
	t.Parallel()
	limit := 0.005
	s, folder := sessions(t, func(o *tools.Options) { o.Limits.PerDay, o.SessionPace = &limit, 20 })
	s.sandbox.Behave(voice, emulator.Behavior{FrameDelay: 50 * time.Millisecond})
	long := file(t, folder, "long.wav", hum(9)) // the emulator takes a turn each three seconds
	done := s.once("run_model", session(voice, map[string]any{}, "input_audio", long)).ok("another turn would have cost more", "Charged $0.004")
	require.InDelta(t, 0.004, done.at("task.costUsd"), 1e-9)
	require.InDelta(t, 0.004, done.at("today.spentUsd"), 1e-9)
	require.Zero(t, done.at("today.reservedUsd"))
	s.once("run_model", session(voice, map[string]any{}, "input_audio", long)).refused("over the limit per day")
}
