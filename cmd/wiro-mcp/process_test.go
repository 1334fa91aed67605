package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// asProgram makes the test binary the program itself, so that tests can kill it.
const asProgram = "WIRO_MCP_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		_ = os.Unsetenv(asProgram)
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// process is the program as a process of its own.
type process struct {
	t    *testing.T
	kill func() // as SIGKILL does
	in   io.Writer
	out  *bufio.Scanner // stdout, or the log of the http command
	log  chan string    // the rest of the log
}

func startProcess(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	command := exec.Command(os.Args[0], args...)
	command.Env = append(environ, asProgram+"=1", "GOCOVERDIR="+t.TempDir())
	in, err := command.StdinPipe()
	require.NoError(t, err)
	pipe := command.StdoutPipe
	if len(args) > 0 && args[0] == "http" {
		pipe = command.StderrPipe
	}
	out, err := pipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	p := &process{t: t, in: in, out: bufio.NewScanner(out)}
	p.out.Buffer(nil, 1<<24)
	p.kill = sync.OnceFunc(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	t.Cleanup(p.kill)
	return p
}

const foxRun = `{"name":"run_model","arguments":{"model":"` + picture + `","params":{"prompt":"fox"}}}`

func call(id int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":%s}`, id, foxRun)
}

func cancelOf(id int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d,"reason":"McpError: MCP error -32001: Request timed out"}}`, id)
}

func (p *process) send(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, line+"\n")
	require.NoError(p.t, err)
}

// toldRun is what is told of a run.
type toldRun struct {
	State    string `json:"state"`
	Attached bool   `json:"attached"`
	Error    string `json:"error"`
	Task     struct {
		Token string   `json:"token"`
		Cost  *float64 `json:"costUsd"`
	} `json:"task"`
}

func toldIn(t *testing.T, message []byte) toldRun {
	t.Helper()
	var answer struct {
		Result struct {
			StructuredContent toldRun `json:"structuredContent"`
		} `json:"result"`
	}
	require.NoError(t, json.Unmarshal(message, &answer), "%s", message)
	return answer.Result.StructuredContent
}

// answer reads the answer to a call.
func (p *process) answer(id int) toldRun {
	p.t.Helper()
	for p.out.Scan() {
		if bytes.Contains(p.out.Bytes(), fmt.Appendf(nil, `"id":%d,`, id)) {
			return toldIn(p.t, p.out.Bytes())
		}
	}
	require.Fail(p.t, "no answer")
	return toldRun{}
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// underWay waits until the first run is followed.
func underWay(t *testing.T, s *emulator.Server) (token string) {
	t.Helper()
	token, err := s.Launched(soon(t), 1)
	require.NoError(t, err)
	require.NoError(t, s.Subscribed(soon(t), token))
	return token
}

// A client with a short limit repeats its call; then its process is killed and started again.
func TestARepeatedCallOverStdioPaysOnce(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	environ = append(environ, "XDG_STATE_HOME="+t.TempDir())
	s.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	first := startProcess(t, environ)
	var token string
	for id := range 3 {
		first.send(call(id))
		token = underWay(t, s)
		first.send(cancelOf(id))
	}
	first.send(call(3))
	underWay(t, s)
	first.kill()
	second := startProcess(t, environ)
	second.send(call(4))
	underWay(t, s)
	s.Release(token)
	told := second.answer(4)
	require.Equal(t, "completed", told.State)
	require.True(t, told.Attached)
	require.Equal(t, token, told.Task.Token)
	require.Equal(t, 1, s.RequestCount("Run/"))
}

func TestAProcessKilledWhileItSubmitsLeavesATrace(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	environ = append(environ, "XDG_STATE_HOME="+t.TempDir())
	s.Behave(picture, emulator.Behavior{Accept: true, Delay: time.Minute})
	first := startProcess(t, environ)
	first.send(call(1))
	token, err := s.Launched(soon(t), 1)
	require.NoError(t, err)
	first.kill()
	s.Behave(picture)
	second := startProcess(t, environ)
	second.send(call(2))
	told := second.answer(2)
	require.Equal(t, "completed", told.State, told.Error)
	require.Equal(t, token, told.Task.Token)
	require.Equal(t, 1, s.RequestCount("Run/"))
}

func TestAFolderThatCannotBeWrittenIsReplacedByMemory(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	made := command(t, append(environ, "XDG_STATE_HOME="+file), "", "call", "run_model", "model="+picture, "params.prompt=fox")
	require.Equal(t, exitOK, made.code, made.err)
	require.Contains(t, made.err, "WIRO_STORE")
}

// redis runs a server on a Unix socket.
func redis(t *testing.T) (address string) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed: several replicas are not tested")
	}
	folder, err := os.MkdirTemp("", "redis") // the path of a socket must be short
	require.NoError(t, err)
	socket := filepath.Join(folder, "s")
	server := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = os.RemoveAll(folder)
	})
	require.Eventually(t, func() bool {
		c, err := net.Dial("unix", socket)
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, 10*time.Second, 5*time.Millisecond)
	return "unix://" + socket
}

// replica starts the http command and returns the address of its endpoint.
func replica(t *testing.T, environ []string) (p *process, url string) {
	t.Helper()
	p = startProcess(t, environ, "http", "--listen", "127.0.0.1:0")
	for p.out.Scan() {
		var line struct{ Message, Address string }
		if json.Unmarshal(p.out.Bytes(), &line) == nil && line.Message == "listening" {
			p.log = make(chan string, 1000)
			go func() {
				for p.out.Scan() {
					p.log <- p.out.Text()
				}
			}()
			return p, "http://" + line.Address + "/v1"
		}
	}
	require.Fail(t, "it does not listen")
	return nil, ""
}

// runEnded waits until the log says that a run has been answered.
func (p *process) runEnded() {
	p.t.Helper()
	for {
		select {
		case line := <-p.log:
			if strings.Contains(line, `"run_model"`) && strings.Contains(line, `"request"`) {
				return
			}
		case <-soon(p.t).Done():
			require.Fail(p.t, "the log does not say so")
		}
	}
}

func post(ctx context.Context, url, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+emulator.DemoKey)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Close = true
	return http.DefaultClient.Do(request)
}

func TestARepeatedCallOverHTTPPaysOnceOnAnyReplica(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	environ = append(environ, "WIRO_STORE="+redis(t))
	s.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	first, a := replica(t, environ)
	second, b := replica(t, environ)
	listening := make(chan struct{})
	ask := func(ctx context.Context, url string, id int) {
		go func() {
			response, err := post(ctx, url, call(id))
			if err == nil {
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
			listening <- struct{}{}
		}()
	}
	// The client gives up, keeps its connection, and its cancel reaches the other replica.
	ask(soon(t), a, 1)
	token := underWay(t, s)
	response, err := post(soon(t), b, cancelOf(1))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusAccepted, response.StatusCode)

	// It calls again, and closes the connection.
	gone, leave := context.WithCancel(soon(t))
	ask(gone, b, 2)
	require.NoError(t, s.SocketsOpen(soon(t), 2)) // it waits; the first call may look at the task, too
	leave()
	<-listening
	second.runEnded()

	// It calls again, and the replica is killed.
	details := s.RequestCount("Task/Detail")
	ask(soon(t), a, 3)
	require.NoError(t, s.Requested(soon(t), "Task/Detail", details+1))
	first.kill()
	<-listening
	<-listening // the first call, too

	s.Release(token)
	response, err = post(soon(t), b, call(4))
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	told := toldIn(t, body)
	require.Equal(t, "completed", told.State, told.Error)
	require.True(t, told.Attached)
	require.Equal(t, token, told.Task.Token)
	require.Equal(t, 1, s.RequestCount("Run/"))
}

// A second signal while Wiro has not answered a submit ends the program, which says what may have
// started.
func TestASecondSignalDuringASubmitSaysWhatMayHaveStarted(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	s.Behave(picture, emulator.Behavior{Accept: true, Delay: time.Minute})
	command := exec.Command(os.Args[0], "call", "run_model", "model="+picture, "params.prompt=fox")
	command.Env = append(environ, asProgram+"=1", "GOCOVERDIR="+t.TempDir(), "WIRO_STORE=memory")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	require.NoError(t, command.Start())
	t.Cleanup(func() { _ = command.Process.Kill() })
	_, err := s.Launched(t.Context(), 1)
	require.NoError(t, err)
	require.NoError(t, command.Process.Signal(os.Interrupt))
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	again := time.NewTicker(20 * time.Millisecond) // signals that come together are one
	defer again.Stop()
	for {
		select {
		case err := <-ended:
			require.Error(t, err)
			require.Equal(t, exitInterrupted, command.ProcessState.ExitCode(), stderr.String())
			require.Regexp(t, "ended before Wiro answered run_model|may have (started|reached)", stderr.String())
			return
		case <-again.C:
			_ = command.Process.Signal(os.Interrupt)
		}
	}
}
