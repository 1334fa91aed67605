package tools_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// The emulator hears a word for every 200 ms of sound that is not silent.
func TestCommonSoundFilesAreHeard(t *testing.T) {
	t.Parallel()
	s, folder := sessions(t)
	for _, name := range []string{"tone.mp3", "tone.flac", "tone.ogg", "tone.opus"} {
		content, err := os.ReadFile(filepath.Join("..", "media", "sound", "testdata", name))
		require.NoError(t, err)
		done := s.once("run_model", session(dictation, map[string]any{}, "input_audio", file(t, folder, name, content))).ok("Completed")
		words := strings.Fields(done.at("transcript.0.text").(string))
		require.InDelta(t, 5, len(words), 1, name)
		require.Equal(t, "this is the sandbox", strings.Join(words[:4], " "), name)
	}
}

func TestASessionWhoseAnswerWasLostIsFoundAndHeld(t *testing.T) {
	t.Parallel()
	s, folder := sessions(t)
	s.sandbox.Behave(voice, emulator.Behavior{Accept: true, Status: 502, ContentType: "text/html", Body: "<html>"})
	done := s.once("run_model", session(voice, map[string]any{}, "input_audio", file(t, folder, "q.wav", hum(1)))).
		ok("Completed", "AI: Turn 1.", "its task was found", "Charged $0.002")
	require.NotNil(t, done.at("transcript"))
	require.Equal(t, 1, s.sandbox.RequestCount("Run/"+voice))
}

// Wiro's record of a task does not tell what was said to its model.
func TestALostAnswerDoesNotTakeTheSessionOfOtherSound(t *testing.T) {
	t.Parallel()
	s, folder := sessions(t)
	s.sandbox.Behave(voice, emulator.Behavior{FrameDelay: time.Millisecond})
	one := session(voice, map[string]any{}, "input_audio", file(t, folder, "one.wav", hum(1)), "wait", false)
	s.once("run_model", one).ok("Submitted")
	s.sandbox.Behave(voice, emulator.Behavior{Status: 502, ContentType: "text/html", Body: "<html>"}) // and nothing started
	two := session(voice, map[string]any{}, "input_audio", file(t, folder, "two.wav", hum(2)))
	s.once("run_model", two).refused("may have reached Wiro")
}

func TestARefusedSessionLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	limit := 1.0
	s, folder := sessions(t, func(o *tools.Options) { o.Limits.PerDay = &limit })
	s.sandbox.Behave(voice, emulator.Behavior{Code: 97, Message: "Insufficient balance"})
	arguments := session(voice, map[string]any{}, "input_audio", file(t, folder, "q.wav", hum(1)))
	s.once("run_model", arguments).refused("balance")
	require.Zero(t, s.Sessions())
	s.sandbox.Behave(voice, emulator.Behavior{})
	done := s.once("run_model", arguments).ok("Completed")
	require.InDelta(t, 0.002, done.at("today.spentUsd"), 1e-9)
	require.Zero(t, done.at("today.reservedUsd"))
}

// Two replicas share a store: one holds the session, the other one is asked.
func TestTheOutcomeOfASessionIsHadFromAnotherReplica(t *testing.T) {
	t.Parallel()
	open := sharedStore(t)
	first, folder := sessions(t, open)
	second, _ := sessions(t, open, func(o *tools.Options) {
		o.Wiro = wiro.NewClient(wiro.Options{
			BaseURL: first.sandbox.APIURL(), SocketURL: first.sandbox.SocketURL(), SafetyPollInterval: 100 * time.Millisecond,
			Credentials: wiro.Credentials{Key: emulator.DemoSignedKey, Secret: emulator.DemoSignedSecret},
		})
		t.Cleanup(o.Wiro.Close)
	})
	first.sandbox.Behave(voice, emulator.Behavior{FrameDelay: time.Millisecond})
	arguments := session(voice, map[string]any{}, "input_audio", file(t, folder, "q.wav", hum(1)), "timeout_seconds", 0)
	token := first.once("run_model", arguments).ok("Still running").at("task.token").(string)

	waited := second.call("wait_for_task", `{"tasktoken":"`+token+`"}`).ok("Completed", "AI: Turn 1.", "Saved:")
	require.NotNil(t, waited.at("transcript"))
	require.Equal(t, waited.at("outputs"), first.call("get_task", `{"tasktoken":"`+token+`"}`).at("outputs"))
	require.Equal(t, 1, first.sandbox.RequestCount("Run/"+voice))
}

func TestARequestThatIsCanceledOverHTTPEndsItsSession(t *testing.T) {
	t.Parallel()
	for canceled, words := range map[bool]string{true: "ended early, because its client", false: "Completed"} {
		s, _ := sessions(t)
		s.sandbox.Behave(narrator, emulator.Behavior{FrameDelay: 2 * time.Millisecond})
		scope := mcptool.Scope{Caller: mcptool.ServerCredentials{}, Request: "client 1, request 7"}
		speaks, answer := make(chan struct{}), make(chan string, 1)
		go func() {
			result, _ := s.Call(mcptool.WithScope(soon(t), scope), "run_model", session(narrator, map[string]any{"text": strings.Repeat("word ", 1_000)}),
				func(_, _ float64, message string) {
					if strings.HasPrefix(message, "2 s of speech") {
						close(speaks)
					}
				})
			answer <- result.Text
		}()
		<-speaks
		require.NoError(t, s.GiveUp(soon(t), scope, scope.Request, canceled))
		text := <-answer
		require.Contains(t, text, words)
		require.Equal(t, canceled, strings.Contains(text, "ended early"))
	}
}

func TestASessionIsCanceledOverHTTPDuringItsSubmit(t *testing.T) {
	t.Parallel()
	s, _ := sessions(t)
	s.sandbox.Behave(narrator, emulator.Behavior{Delay: time.Second, FrameDelay: 2 * time.Millisecond})
	scope := mcptool.Scope{Caller: mcptool.ServerCredentials{}, Request: "client 1, request 7"}
	answer := make(chan string, 1)
	go func() {
		result, _ := s.Call(mcptool.WithScope(soon(t), scope), "run_model", session(narrator, map[string]any{"text": strings.Repeat("word ", 3_000)}), nil)
		answer <- result.Text
	}()
	require.Eventually(t, func() bool { return s.sandbox.RequestCount("Run/"+narrator) > 0 }, time.Minute, time.Millisecond)
	require.NoError(t, s.GiveUp(soon(t), scope, scope.Request, true))
	require.Contains(t, <-answer, "ended early, because its client")
}

func TestALostConnectionStopsASessionThatIsBeingSubmitted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cause error
		stops bool
		store bool
	}{
		"lost":                 {context.Canceled, true, true},
		"lost, not remembered": {context.Canceled, true, false},
		"timed out":            {mcptool.ErrTimedOutByClient, false, true},
		"canceled":             {mcptool.ErrCanceledByClient, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := sessions(t, func(o *tools.Options) {
				if !test.store {
					var err error
					o.Store, err = store.Open("redis://127.0.0.1:1", store.Options{})
					require.NoError(t, err)
					t.Cleanup(func() { _ = o.Store.Close() })
				}
			})
			s.sandbox.Behave(narrator, emulator.Behavior{Delay: 2 * time.Second})
			ctx, cancel := context.WithCancelCause(own(t))
			answered := make(chan struct{})
			go func() {
				defer close(answered)
				_, _ = s.Call(ctx, "run_model", session(narrator, map[string]any{"text": "Hello there."}, "again", !test.store), nil)
			}()
			require.Eventually(t, func() bool { return s.sandbox.RequestCount("Run/"+narrator) > 0 }, time.Minute, time.Millisecond)
			cancel(test.cause)
			<-answered
			token, err := s.sandbox.Launched(soon(t), 1)
			require.NoError(t, err)
			require.NoError(t, s.Join(soon(t)))
			status := s.call("get_task", `{"tasktoken":"`+token+`"}`).at("task.status")
			require.Equal(t, test.stops, status == "task_cancel", status)
		})
	}
}

func TestClientsThatPlaySoundGetIt(t *testing.T) {
	t.Parallel()
	s, _ := sessions(t)
	for name, plays := range map[string]bool{"mcp-inspector": true, "another": false} {
		client := &mcptool.Client{ClientInfo: mcptool.ClientInfo{Name: name, Protocol: "2025-11-25"}}
		ctx := mcptool.WithScope(soon(t), mcptool.Scope{Caller: mcptool.ServerCredentials{}, Client: client})
		result := s.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{
			Name: "run_model", Arguments: session(narrator, map[string]any{"text": "Hello " + name}),
		}})
		require.False(t, result.IsError)
		var sounds [][]byte
		var links []string
		for _, content := range result.Content {
			switch c := content.(type) {
			case mcp.AudioContent:
				data, err := base64.StdEncoding.DecodeString(c.Data)
				require.NoError(t, err)
				require.Equal(t, "audio/wav", c.MIMEType)
				sounds = append(sounds, data)
			case mcp.ResourceLink:
				links = append(links, c.URI)
			}
		}
		if !plays {
			require.Empty(t, sounds)
			continue
		}
		require.Len(t, sounds, 1)
		require.True(t, bytes.HasPrefix(sounds[0], []byte("RIFF")))
		require.NotEmpty(t, links)
		require.True(t, strings.HasPrefix(links[len(links)-1], "file:///"), links)
	}
}
