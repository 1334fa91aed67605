package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const apiKey = "bench-key"

// upstream is where an emulator of Wiro is.
type upstream struct{ api, socket, key string }

func (u upstream) environ() []string {
	return append(os.Environ(), "WIRO_API_KEY="+u.key, "WIRO_API_BASE_URL="+u.api, "WIRO_SOCKET_URL="+u.socket,
		"WIRO_ALLOW_PRIVATE_URLS=true")
}

// startUpstream runs the emulator in a process of its own.
func (b *bench) startUpstream() (stop func(), err error) {
	cmd := exec.CommandContext(b.ctx, b.binary, "sandbox", "--pace", "0", "--listen", "127.0.0.1:0") //nolint:gosec // the binary to measure
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	setting := regexp.MustCompile(`export (WIRO_\w+)=(\S+)`)
	found := map[string]string{}
	lines := bufio.NewScanner(out)
	for len(found) < 4 && lines.Scan() {
		if m := setting.FindStringSubmatch(lines.Text()); m != nil {
			found[m[1]] = m[2]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	b.apart = upstream{found["WIRO_API_BASE_URL"], found["WIRO_SOCKET_URL"], found["WIRO_API_KEY"]}
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}, nil
}

// process is a server that runs, over stdio: one request after another.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	id  int
}

func (b *bench) start(binary string, up upstream, settings ...string) (*process, error) {
	cmd := exec.CommandContext(b.ctx, binary) //nolint:gosec // the binary to measure
	cmd.Env = append(append(up.environ(), "WIRO_LOG_LEVEL=error", "XDG_STATE_HOME="+b.state), settings...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<20)}, nil
}

// launch starts wiro-mcp with the emulator of this process behind it, ready for calls.
func (b *bench) launch() (*process, error) {
	p, err := b.start(b.binary, b.inside)
	if err != nil {
		return nil, err
	}
	if err := p.initialize(); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// request sends a request and reads up to its answer, in this goroutine: every hop to
// another would be measured too.
func (p *process) request(method string, params any) (json.RawMessage, error) {
	p.id++
	data, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": p.id, "method": method, "params": params})
	if err != nil {
		return nil, err
	}
	if _, err := p.in.Write(append(data, '\n')); err != nil {
		return nil, err
	}
	for {
		line, err := p.out.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("%s: no answer: %w", method, err)
		}
		var answer struct {
			ID     int             `json:"id"`
			Result json.RawMessage `json:"result"`
			Error  json.RawMessage `json:"error"`
		}
		switch err := json.Unmarshal(line, &answer); {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", method, err)
		case answer.ID != p.id: // a notification
		case answer.Error != nil:
			return answer.Error, nil
		default:
			return answer.Result, nil
		}
	}
}

func (p *process) initialize() error {
	_, err := p.request("initialize", map[string]any{
		"protocolVersion": "2025-11-25", "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "bench", "version": "1"},
	})
	return err
}

func (p *process) call(tool string, arguments map[string]any) (json.RawMessage, error) {
	return p.request("tools/call", map[string]any{"name": tool, "arguments": arguments})
}

// stop ends the process by ending its input.
func (p *process) stop() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// memory returns a line of /proc/PID/status in bytes: VmRSS or VmHWM, the most it ever was.
func (p *process) memory(line string) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(line + `:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		return 0, fmt.Errorf("no %s", line)
	}
	kb, err := strconv.ParseInt(string(found[1]), 10, 64)
	return kb << 10, err
}

// cpu returns the processor time that the process has used. The system counts it in hundredths
// of a second.
func (p *process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, fields, _ := strings.Cut(string(stat), ") ") // behind the name, which may hold blanks
	var ticks int
	for _, field := range strings.Fields(fields)[11:13] { // utime and stime
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// webServer is a server that runs over HTTP.
type webServer struct {
	*process
	url string
}

// serve starts a server that says its address on stderr.
func (b *bench) serve(binary string, up upstream, args ...string) (*webServer, error) {
	cmd := exec.CommandContext(b.ctx, binary, args...) //nolint:gosec // the binary to measure
	cmd.Env = append(up.environ(),
		"WIRO_RATE_PER_KEY=1000000", "WIRO_BURST_PER_KEY=1000000", "WIRO_WAITS_PER_KEY=1000000",
		"WIRO_RATE=1000000", "WIRO_BURST=1000000", "WIRO_WAITS=1000000", "WIRO_LOG_LEVEL=info", "WIRO_SHUTDOWN_GRACE=1s")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	address := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stderr)
		said := false
		for lines.Scan() {
			if said {
				continue // a search in each line of the log would be measured with the server
			}
			if found := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(lines.Text()); found != "" {
				said = true
				address <- found
			}
		}
	}()
	select {
	case at := <-address:
		return &webServer{&process{cmd: cmd}, "http://" + at + "/mcp"}, nil
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		return nil, fmt.Errorf("%s says no address", strings.Join(cmd.Args, " "))
	}
}

func (s *webServer) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}
