package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// ran is what a command left behind.
type ran struct {
	code     int
	out, err string
}

func command(t *testing.T, environ []string, stdin string, args ...string) ran {
	t.Helper()
	return commandIn(t.Context(), environ, stdin, args...)
}

func commandIn(ctx context.Context, environ []string, stdin string, args ...string) ran {
	var out bytes.Buffer
	return commandWith(ctx, environ, strings.NewReader(stdin), &out, args...)
}

type output interface {
	io.Writer
	fmt.Stringer
}

func commandWith(ctx context.Context, environ []string, in io.Reader, out output, args ...string) ran {
	var err bytes.Buffer
	code := run(ctx, args, streams{in: in, out: out, err: &err, environ: environ})
	return ran{code, out.String(), err.String()}
}

// newEmulator returns a sandbox and an environment with it, at full speed.
func newEmulator(t *testing.T) (*emulator.Server, []string) {
	t.Helper()
	s := emulator.New(emulator.Options{})
	require.NoError(t, s.Start(""))
	t.Cleanup(s.Close)
	return s, []string{"WIRO_API_KEY=" + emulator.DemoKey, "WIRO_API_BASE_URL=" + s.APIURL(), "WIRO_SOCKET_URL=" + s.SocketURL()}
}

const picture = "black-forest-labs/flux-2-pro"

func TestCallPrintsForPeopleAndForPrograms(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	people := command(t, environ, "", "call", "run_model", "model="+picture, "params.prompt=a cat")
	require.Zero(t, people.code, people.err)
	require.Contains(t, people.out, "image/png")
	require.Empty(t, people.err)

	for _, arguments := range [][]string{
		{"model=" + picture, `params={"prompt":"a cat"}`},
		{`{"model":"` + picture + `","params":{"prompt":"a cat"}}`},
	} {
		programs := command(t, environ, "", append([]string{"call", "--json", "run_model"}, arguments...)...)
		require.Zero(t, programs.code, programs.err)
		var result map[string]any
		require.NoError(t, json.Unmarshal([]byte(programs.out), &result))
		require.Equal(t, "completed", result["state"])
	}
	fromStdin := command(t, environ, `{"search":"flux"}`, "call", "search_models", "-")
	require.Zero(t, fromStdin.code)
	list := command(t, environ, "", "call", "search_models", "categories=llm", "categories=text-to-image", "limit=2")
	require.Zero(t, list.code, list.out)
}

func TestCallExitsAsTheResultIs(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	require.Equal(t, exitRefused, command(t, environ, "", "call", "get_task", "tasktoken=nobodys").code)
	require.Equal(t, exitUsage, command(t, environ, "", "call", "get_tusk").code)
	require.Equal(t, exitUsage, command(t, environ, "", "call", "get_task", "tasktoken").code)
	require.Equal(t, exitUsage, command(t, environ, "", "call", "get_task", "{broken").code)
	require.Equal(t, exitUsage, command(t, environ, "", "call").code)
	s.Behave(picture, emulator.Behavior{FailWith: &emulator.Exit{}})
	require.Equal(t, exitFailed, command(t, environ, "", "call", "run_model", "model="+picture, "params.prompt=x").code)
	s.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	running := command(t, environ, "", "call", "run_model", "model="+picture, "params.prompt=x", "timeout_seconds=0.1")
	require.Equal(t, exitRunning, running.code)
	require.Contains(t, running.out, "Still running")
}

func TestInterruptingACallSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	s.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		defer interrupt()
		if token, err := s.Launched(ctx, 1); err == nil {
			_ = s.Subscribed(ctx, token)
		}
	}()
	result := commandIn(ctx, environ, "", "call", "run_model", "model="+picture, "params.prompt=x")
	require.Equal(t, exitInterrupted, result.code)
	require.Contains(t, result.err, "wiro-mcp call wait_for_task tasktoken=")
}

func TestWithoutAKeyItSaysWhatToDo(t *testing.T) {
	t.Parallel()
	result := command(t, nil, "", "call", "search_models")
	require.Equal(t, exitUsage, result.code)
	require.Empty(t, result.out)
	require.Contains(t, result.err, "WIRO_API_KEY is not set")
	require.Contains(t, result.err, "--sandbox")
	docs := command(t, nil, "", "call", "search_docs", "query=task status")
	require.Zero(t, docs.code, docs.err)
}

func TestEveryWrongSettingIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	result := command(t, []string{
		"WIRO_API_KEY=k", "WIRO_READ_ONLY=perhaps", "WIRO_TOOLSETS=models,nonsense", "WIRO_RUN_TIMEOUT=2h", "WIRO_LOG_LEVEL=loud",
	}, "", "tools", "--log-format", "xml")
	require.Equal(t, exitUsage, result.code)
	for _, text := range []string{
		"WIRO_READ_ONLY: must be true or false", `no toolset "nonsense"`, "models, tasks", "WIRO_RUN_TIMEOUT", "1s to 600s",
		"WIRO_LOG_LEVEL", "debug", "--log-format", "console or json",
	} {
		require.Contains(t, result.err, text)
	}
	open := command(t, []string{"WIRO_API_KEY=k", "WIRO_API_BASE_URL=http://api.example.com/v1"}, "", "tools")
	require.Equal(t, exitUsage, open.code)
	require.Contains(t, open.err, "WIRO_API_BASE_URL: must start with https://")
}

func TestStdioServesAndEndsWithItsInput(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	requests := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}` + "\n" +
		"garbage\n" + `{"jsonrpc":"2.0","id":2,"method":"tools/list"}` + "\n"
	start := time.Now()
	result := command(t, environ, requests)
	require.Zero(t, result.code, result.err)
	require.Less(t, time.Since(start), 10*time.Second)
	for line := range strings.Lines(result.out) {
		require.True(t, json.Valid([]byte(line)), line)
	}
	require.Contains(t, result.out, `"run_model"`)
}

func TestTheSandboxPrintsWhatToSet(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out := &notifier{stop: stop}
	code := run(ctx, []string{"sandbox", "--listen", "127.0.0.1:0"}, streams{in: strings.NewReader(""), out: out, err: &bytes.Buffer{}})
	require.Zero(t, code)
	for _, text := range []string{"WIRO_API_KEY", "WIRO_API_BASE_URL", "WIRO_SOCKET_URL", "WIRO_ALLOW_PRIVATE_URLS"} {
		require.Contains(t, out.String(), text)
	}
}

// notifier stops a command once it has written something.
type notifier struct {
	bytes.Buffer
	stop func()
}

func (n *notifier) Write(p []byte) (int, error) {
	defer n.stop()
	return n.Buffer.Write(p)
}

func TestVersionNeedsNoSettings(t *testing.T) {
	t.Parallel()
	result := command(t, []string{"WIRO_LOG_LEVEL=loud"}, "", "version")
	require.Zero(t, result.code)
	require.Contains(t, result.out, "wiro-mcp ")
	require.Contains(t, command(t, nil, "", "tools").out, "run_model")
}

func TestAKeyThatACommandDoesNotUseDoesNotStopIt(t *testing.T) {
	t.Parallel()
	for _, environ := range [][]string{{"WIRO_API_KEY=${WIRO_API_KEY}"}, {"WIRO_API_SECRET=s3cret"}, {"WIRO_API_KEY=a b", "WIRO_API_SECRET=null"}} {
		require.Zero(t, command(t, environ, "", "tools").code)
		require.Zero(t, command(t, environ, "", "call", "search_docs", "query=task").code)
		require.Zero(t, command(t, environ, "", "call", "--sandbox", "search_models").code)
		require.Zero(t, command(t, environ, "", "--sandbox").code)
		refused := command(t, environ, "", "call", "search_models")
		require.Equal(t, exitUsage, refused.code)
		require.Contains(t, refused.err, "WIRO_API_")
		require.NotContains(t, refused.err, "s3cret")
		ctx, stop := context.WithCancel(t.Context())
		stop()
		served := commandIn(ctx, environ, "", "http", "--listen", "127.0.0.1:0")
		require.NotContains(t, served.err, "WIRO_API_", "http serves with its callers' keys")
	}
}

func TestQuotesAndAJoinedSecretAreUnderstood(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	for _, key := range []string{`"` + emulator.DemoKey + `"` + "\r", " " + emulator.DemoKey + "\n", emulator.DemoSignedKey + ":" + emulator.DemoSignedSecret} {
		result := command(t, append(environ, "WIRO_API_KEY="+key), "", "call", "search_models")
		require.Zero(t, result.code, "%q: %s", key, result.err+result.out)
	}
}

func TestErrorsNameTheFlagOrTheVariable(t *testing.T) {
	t.Parallel()
	wrong := command(t, []string{"WIRO_RATE=0", "WIRO_TOOLSET=all"}, "", "http", "--burst", "many", "--listen", "here")
	require.Equal(t, exitUsage, wrong.code)
	for _, text := range []string{"WIRO_RATE: must be more than 0", "--burst: must be a number", "--listen: ", "WIRO_TOOLSET is not a setting. Did you mean WIRO_TOOLSETS?"} {
		require.Contains(t, wrong.err, text)
	}
	require.NotContains(t, wrong.err, "HTTPOptions")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	late := command(t, []string{"WIRO_LISTEN=" + taken.Addr().String()}, "", "http")
	require.Contains(t, late.err, "WIRO_LISTEN: ")
	require.Contains(t, late.err, "choose another port (0 takes a free one)")
	help := command(t, nil, "", "http", "--help").out
	for _, text := range []string{"--burst int", "--rate float", "total requests per second", "trusted proxy networks"} {
		require.Contains(t, help, text)
	}
}

// overStdio serves a client that says hello, sends these messages, and ends its input once
// each has been answered.
func overStdio(t *testing.T, environ []string, client string, messages ...string) string {
	t.Helper()
	hello := `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"` + client + `","version":"1"}}}`
	in, input := io.Pipe()
	go func() { _, _ = io.WriteString(input, strings.Join(append([]string{hello}, messages...), "\n")+"\n") }()
	served := commandWith(t.Context(), environ, in, &untilAnswered{answers: len(messages) + 1, input: input}, "stdio")
	require.Zero(t, served.code, served.err)
	return served.out
}

// untilAnswered keeps what a server writes, and ends its input after so many answers.
type untilAnswered struct {
	written bytes.Buffer
	answers int
	input   io.Closer
}

func (u *untilAnswered) Write(p []byte) (int, error) {
	if u.answers -= bytes.Count(p, []byte(`"jsonrpc":"2.0","id":`)); u.answers <= 0 {
		_ = u.input.Close()
	}
	return u.written.Write(p)
}

func (u *untilAnswered) String() string { return u.written.String() }

func TestStdioStartsWithoutAKeyAndSaysWhereItGoes(t *testing.T) {
	t.Parallel()
	messages := []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"run_model","arguments":{"model":"a/b","params":{}}}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"search_docs","arguments":{"query":"pricing"}}}`,
	}
	out := overStdio(t, nil, "cursor-vscode", messages...)
	require.Contains(t, out, `"name":"run_model"`, "the tools are listed")
	require.Contains(t, out, "WIRO_API_KEY is not set")
	require.Contains(t, out, "wiro-mcp install cursor")
	require.Contains(t, out, "~/.cursor/mcp.json")
	require.Contains(t, out, "Pricing", "the documentation works")

	for variable, why := range map[string]string{"WIRO_API_KEY=${WIRO_API_KEY}": "WIRO_API_KEY", "WIRO_API_SECRET=s3cret": "WIRO_API_KEY: is missing"} {
		out := overStdio(t, []string{variable}, "somebody", messages[1])
		require.Contains(t, out, why)
		require.Contains(t, out, "https://wiro.ai/panel/project")
		require.NotContains(t, out, "s3cret")
	}
}

func TestMistypedCommandsGetTheClosest(t *testing.T) {
	t.Parallel()
	for typed, meant := range map[string]string{"insatll": "install", "sevre": "serve", "docter": "doctor", "htpp": "http"} {
		wrong := command(t, nil, "", typed)
		require.Equal(t, exitUsage, wrong.code)
		require.Contains(t, wrong.err, "Did you mean "+meant+"?")
	}
	wrong := command(t, nil, "", "tools", "run_modle") //nolint:misspell // a typing mistake
	require.Contains(t, wrong.err, "Did you mean run_model?")
	hint := command(t, []string{"WIRO_API_KEY=k"}, "", "call", "run_model", "model=a/b", "prompt=hi")
	require.Contains(t, hint.err, "params.prompt=hi")
}

func TestAToolIsShownWithItsArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"tools", "run_model"}, {"call", "run_model", "--help"}} {
		shown := command(t, nil, "", args...)
		require.Zero(t, shown.code, shown.err)
		for _, text := range []string{"params", "required", "timeout_seconds", "wiro-mcp call run_model '"} {
			require.Contains(t, shown.out, text)
		}
	}
	list := command(t, nil, "", "tools", "--toolsets", "all").out
	require.Regexp(t, `deploy_agent +\$ `, list)
	completed := command(t, nil, "", "__complete", "call", "run_").out
	require.Contains(t, completed, "run_model")
	require.Contains(t, command(t, nil, "", "__complete", "call", "run_model", "").out, "model=")
}

func TestInstallAndRemoval(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	home := t.TempDir()
	environ = append(environ, "HOME="+home, "USERPROFILE="+home)
	config := filepath.Join(home, ".cursor", "mcp.json")
	require.NoError(t, os.MkdirAll(filepath.Dir(config), 0o755))
	original := "{\n  // mine\n  \"mcpServers\": { \"other\": { \"command\": \"x\" } }\n}\n"
	require.NoError(t, os.WriteFile(config, []byte(original), 0o600))
	content := func() string {
		data, err := os.ReadFile(config)
		require.NoError(t, err)
		return string(data)
	}

	nobody := command(t, environ, "", "install", "cursor")
	require.Equal(t, exitRefused, nobody.code)
	require.Contains(t, nobody.err, "--yes")
	require.Equal(t, original, content())
	dry := command(t, environ, "", "install", "--dry-run")
	require.Contains(t, dry.out, "+++ "+config)
	require.NotContains(t, dry.out, emulator.DemoKey)
	require.Equal(t, original, content())

	s.Behave("Task/List", emulator.Behavior{Status: 401, Times: 1})
	refused := command(t, environ, "", "install", "cursor", "--yes")
	require.Equal(t, exitUsage, refused.code)
	require.Contains(t, refused.err, "Wiro refuses this key")
	require.Equal(t, original, content())

	done := command(t, environ, "", "install", "--yes")
	require.Zero(t, done.code, done.err)
	require.Contains(t, content(), emulator.DemoKey)
	require.Contains(t, content(), "// mine")

	removed := command(t, environ, "", "install", "--remove", "--yes")
	require.Zero(t, removed.code, removed.err)
	require.Equal(t, original, content())

	require.NoError(t, os.WriteFile(config, []byte("{"), 0o600))
	require.Equal(t, exitRefused, command(t, environ, "", "install", "cursor", "--yes").code)
	require.Equal(t, "{", content())
	printed := command(t, environ, "", "install", "codex", "claude-code", "--print", "--remote", "https://mcp.example.com/mcp")
	require.Contains(t, printed.out, "bearer_token_env_var")
	require.Contains(t, printed.out, `"url": "https://mcp.example.com/mcp"`)
	require.Contains(t, command(t, environ, "", "install", "cursr").err, "Did you mean cursor?")
}

func TestDoctorNamesEachFaultWithItsRemedy(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	home := t.TempDir()
	environ = append(environ, "HOME="+home, "USERPROFILE="+home)
	healthy := command(t, environ, "", "doctor", "--json")
	require.Zero(t, healthy.code, healthy.out)
	var report struct {
		OK       bool
		Findings []struct{ About, Found string }
	}
	require.NoError(t, json.Unmarshal([]byte(healthy.out), &report))
	require.True(t, report.OK)
	require.Len(t, report.Findings, 9)

	files := map[string]string{
		".cursor/mcp.json":         `{"mcpServers":{"wiro":{"command":"/nowhere/wiro-mcp"}}}`,
		".codex/config.toml":       "[",
		".kiro/settings/x":         "",
		".copilot/mcp-config.json": `{"mcpServers":{"wiro":{"type":"http","url":"https://mcp.example.com/mcp"}}}`,
	}
	for name, content := range files {
		path := filepath.Join(home, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	sick := command(t, append(environ, "WIRO_API_KEY=wrong"), "", "doctor")
	require.Equal(t, exitRefused, sick.code)
	for _, text := range []string{
		"FAULT API key", "https://wiro.ai/panel/project", "ok    Wiro API", "ok    clock", "ok    Wiro socket",
		"FAULT Cursor: /nowhere/wiro-mcp", "does not start", "wiro-mcp install cursor", "FAULT Codex", "cannot be parsed",
		"ok    Kiro: no entry", "ok    Copilot CLI: connects to https://mcp.example.com/mcp",
	} {
		require.Contains(t, sick.out, text)
	}
	blocked := filepath.Join(home, "blocked")
	require.NoError(t, os.WriteFile(blocked, nil, 0o600))
	closed := command(t, append(environ, "WIRO_OUTPUT_DIR="+filepath.Join(blocked, "out"), "WIRO_STORE=file:"+filepath.Join(blocked, "store")), "", "doctor")
	require.Contains(t, closed.out, "FAULT folders: outputs are saved in "+blocked)
	require.Contains(t, closed.out, "Set WIRO_OUTPUT_DIR to a folder that can be written")
	require.Contains(t, closed.out, "FAULT store")
	redis := command(t, append(environ, "WIRO_STORE=redis://:secret@127.0.0.1:1"), "", "doctor")
	require.Contains(t, redis.out, "FAULT store: redis://:xxxxx@127.0.0.1:1")
	require.NotContains(t, redis.out, "secret")
	away := command(t, []string{"HOME=" + t.TempDir(), "WIRO_API_KEY=k", "WIRO_API_BASE_URL=http://127.0.0.1:1/v1"}, "", "doctor")
	require.Contains(t, away.out, "FAULT Wiro API")
	require.Contains(t, away.out, "HTTPS_PROXY")
}

func TestThePublicSandboxKeyStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0"} {
		refused := command(t, nil, "", "http", "--sandbox", "--listen", listen)
		require.Equal(t, exitUsage, refused.code, listen)
		require.Contains(t, refused.err, "--sandbox-public", listen)
	}
}

// Not parallel: the environment is of the whole process.
func TestVariablesOfLibrariesAreReadWithoutQuotes(t *testing.T) {
	for name, text := range map[string]string{"HTTPS_PROXY": ` "http://proxy:8080" `, "no_proxy": "'a,b'", "OTEL_TRACES_SAMPLER": `"always_off"`, "OTHER_SETTING": `"kept"`} {
		t.Setenv(name, text)
	}
	cleanEnvironment()
	for name, text := range map[string]string{"HTTPS_PROXY": "http://proxy:8080", "no_proxy": "a,b", "OTEL_TRACES_SAMPLER": "always_off", "OTHER_SETTING": `"kept"`} {
		require.Equal(t, text, os.Getenv(name), name)
	}
}
