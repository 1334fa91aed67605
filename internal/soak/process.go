package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 15 * time.Second // for a process that was asked to stop
	lastLines  = 5                // of a log, for a fault
)

// services are the processes of a soak.
type services struct {
	replicas []*service // over HTTP
	stdio    []*service
	redis    func() *exec.Cmd // not started; nil without one
	socket   string           // of Redis
	once     sync.Once

	mu    sync.Mutex
	store *exec.Cmd // Redis, as it runs now
}

// service is a server, in the process that runs now.
type service struct {
	name   string
	start  func(context.Context) (*process, error)
	report *report

	mu      sync.Mutex
	current *process
}

// process is a server that runs.
type process struct {
	cmd      *exec.Cmd
	url      string // of its endpoint, over HTTP
	admin    string // address with its metrics, over HTTP
	pipe     *pipe  // over stdio
	expected atomic.Bool
	exited   chan struct{}
	code     int

	mu   sync.Mutex
	tail []string
}

func (s *soak) start(ctx context.Context, binary, folder string) (_ *services, err error) {
	r := s.report
	all := &services{}
	defer func() {
		if err != nil {
			all.stop()
		}
	}()
	environ := []string{
		"HOME=" + folder, "PATH=" + os.Getenv("PATH"), "WIRO_API_BASE_URL=" + s.world.URL, "WIRO_SOCKET_URL=" + s.world.SocketURL,
		"WIRO_ALLOW_PRIVATE_URLS=true", "WIRO_RUN_TIMEOUT=5s", "WIRO_LOG_LEVEL=info", "WIRO_LOG_FORMAT=json", "WIRO_MAX_COST_PER_DAY=1000000",
	}
	web := append(slices.Clip(environ), "WIRO_LISTEN=127.0.0.1:0", "WIRO_ADMIN_LISTEN=127.0.0.1:0", "WIRO_SHUTDOWN_GRACE=2s",
		"WIRO_RATE_PER_KEY=1000", "WIRO_BURST_PER_KEY=1000", "WIRO_RATE=10000", "WIRO_BURST=10000", "WIRO_MAX_BODY=1MB")
	replicas := 2
	store, err := all.startRedis(ctx, folder)
	if err != nil {
		return nil, err
	}
	if store == "" {
		fmt.Println("soak: SKIPPED: redis-server is not installed, so that one replica is tried, without restarts, instead of two")
		store, replicas = "memory", 1
	}
	for i := range replicas {
		all.replicas = append(all.replicas, &service{name: "replica " + strconv.Itoa(i+1), report: r, start: func(ctx context.Context) (*process, error) {
			return s.launch(ctx, binary, slices.Concat(web, []string{"WIRO_STORE=" + store}), "http")
		}})
	}
	for i := range stdioKeys {
		env := append(slices.Clip(environ), "WIRO_API_KEY="+s.world.keys[webKeys+i], "XDG_STATE_HOME="+filepath.Join(folder, "state", strconv.Itoa(i)))
		all.stdio = append(all.stdio, &service{name: "stdio " + strconv.Itoa(i+1), report: r, start: func(ctx context.Context) (*process, error) {
			return s.launch(ctx, binary, env, "stdio")
		}})
	}
	for _, one := range all.each() {
		if one.current, err = one.start(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", one.name, err)
		}
	}
	return all, nil
}

func (all *services) each() []*service { return slices.Concat(all.replicas, all.stdio) }

// startRedis runs a Redis on a Unix socket; "" if none is installed.
func (all *services) startRedis(ctx context.Context, folder string) (address string, err error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil //nolint:nilerr // it is optional
	}
	all.socket = filepath.Join(folder, "redis")
	all.redis = func() *exec.Cmd { // what it has answered survives even a kill
		return exec.Command(path, "--port", "0", "--unixsocket", all.socket, "--save", "", "--appendonly", "yes", "--appendfsync", "no", "--dir", folder) //nolint:gosec // Redis
	}
	return "unix://" + all.socket, all.launchRedis(ctx)
}

// launchRedis starts Redis and waits until it answers: at first it reads what it knew.
func (all *services) launchRedis(ctx context.Context) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.store = all.redis()
	if err := all.store.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(startLimit); time.Now().Before(end) && pause(ctx, 20*time.Millisecond); {
		if answer, err := all.askRedis(ctx, "PING"); err == nil && strings.HasPrefix(answer, "+PONG") {
			return nil
		}
	}
	return errors.New("redis-server does not answer")
}

// restartRedis ends Redis, or kills it, and starts it again after a moment.
func (all *services) restartRedis(ctx context.Context, kill bool, moment time.Duration) error {
	signal := os.Signal(syscall.SIGTERM)
	if kill {
		signal = syscall.SIGKILL
	}
	all.mu.Lock()
	err := all.store.Process.Signal(signal)
	_ = all.store.Wait() // a killed one has no good end
	all.mu.Unlock()
	if err != nil {
		return err
	}
	pause(ctx, moment)
	return all.launchRedis(context.WithoutCancel(ctx)) // the end of the load finds it running
}

// pauseRedis lets Redis answer nothing for a while.
func (all *services) pauseRedis(ctx context.Context, d time.Duration) error {
	_, err := all.askRedis(ctx, fmt.Sprintf("CLIENT PAUSE %d ALL", d.Milliseconds()))
	return err
}

// askRedis sends a command, and returns the beginning of the answer.
func (all *services) askRedis(ctx context.Context, command string) (answer string, err error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", all.socket)
	if err != nil {
		return "", err
	}
	defer c.Close() //nolint:errcheck // it is not needed any more
	if _, err = fmt.Fprint(c, command+"\r\n"); err != nil {
		return "", err
	}
	buffer := make([]byte, 16)
	n, err := c.Read(buffer)
	return string(buffer[:n]), err
}

// launch starts a server and waits until it can be used.
func (s *soak) launch(ctx context.Context, binary string, environ []string, mode string) (*process, error) {
	p := &process{cmd: exec.Command(binary), exited: make(chan struct{})} //nolint:gosec // the binary to drive
	if mode != "stdio" {
		p.cmd.Args = append(p.cmd.Args, mode)
	}
	p.cmd.Env = environ
	logs, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	var in io.WriteCloser
	var out io.Reader
	if mode == "stdio" {
		if in, err = p.cmd.StdinPipe(); err != nil {
			return nil, err
		}
		if out, err = p.cmd.StdoutPipe(); err != nil {
			return nil, err
		}
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	listening, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		p.readLogs(logs, listening, s, mode)
	}()
	if mode == "stdio" {
		p.pipe = newPipe(in, out, s)
	}
	go func() { // all output is read before Wait closes the pipes
		<-read
		if p.pipe != nil {
			<-p.pipe.ended
		}
		_ = p.cmd.Wait()
		p.code = p.cmd.ProcessState.ExitCode()
		if mode != "stdio" {
			s.world.replicaEnded()
		}
		close(p.exited)
		if !p.expected.Load() {
			s.report.fault("died", "the %s server ended by itself with code %d: %s", mode, p.code, p.lastLines())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if mode == "stdio" {
		err = p.pipe.initialize(ctx)
	} else {
		select {
		case <-listening:
		case <-p.exited:
			err = errors.New("it ended")
		case <-ctx.Done():
			err = errors.New("it does not say where it listens")
		}
	}
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("%w: %s", err, p.lastLines())
	}
	return p, nil
}

// readLogs finds the addresses in the log, and looks for what must not be in it.
func (p *process) readLogs(logs io.Reader, listening chan<- struct{}, s *soak, mode string) {
	lines := bufio.NewScanner(logs)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		line := lines.Text()
		var entry struct{ Message, Address string }
		if strings.Contains(line, `"address"`) && json.Unmarshal(lines.Bytes(), &entry) == nil {
			switch {
			case entry.Message == "listening for operators":
				p.mu.Lock()
				p.admin = entry.Address
				p.mu.Unlock()
			case entry.Message == "listening" && p.url == "":
				p.mu.Lock()
				p.url = "http://" + entry.Address + "/v1"
				p.mu.Unlock()
				close(listening)
			}
		}
		if strings.HasPrefix(line, "panic:") || strings.Contains(line, "panicked") || strings.Contains(line, "DATA RACE") {
			s.report.fault("died", "the log of the %s server says %.300s", mode, line)
		}
		s.checkLeak("a log", line)
		p.mu.Lock()
		if p.tail = append(p.tail, line); len(p.tail) > lastLines {
			p.tail = p.tail[1:]
		}
		p.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, logs)
}

func (p *process) lastLines() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.tail, "\n")
}

func (p *process) kill() {
	p.expected.Store(true)
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// now returns the process that runs; while it is restarted, one that has ended.
func (s *service) now() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// restart ends the process, by SIGKILL or as its user would, and starts another.
func (s *service) restart(ctx context.Context, kill bool) error {
	s.end(kill)
	next, err := s.start(context.WithoutCancel(ctx)) // the end of the load finds it running
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = next
	return nil
}

func (s *service) end(kill bool) {
	p := s.now()
	if p == nil {
		return
	}
	if kill {
		p.kill()
		return
	}
	p.expected.Store(true)
	if p.pipe != nil {
		p.pipe.close()
	} else {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
	select {
	case <-p.exited:
		if p.code != 0 {
			s.report.fault("died", "%s was asked to stop and ended with code %d: %s", s.name, p.code, p.lastLines())
		}
	case <-time.After(stopLimit):
		s.report.fault("died", "%s was asked to stop and did not within %s", s.name, stopLimit)
		p.kill()
	}
}

// restartable are the processes that are stopped and killed: not the last over stdio, which
// shows what a process is like that lives for long.
func (all *services) restartable() []*service {
	targets := append([]*service(nil), all.stdio[:len(all.stdio)-1]...)
	if len(all.replicas) > 1 {
		targets = append(targets, all.replicas...)
	}
	return targets
}

// stop ends all processes.
func (all *services) stop() {
	all.once.Do(func() {
		for _, one := range all.each() {
			one.end(false)
		}
		all.mu.Lock()
		defer all.mu.Unlock()
		if all.store != nil && all.store.Process != nil {
			_ = all.store.Process.Kill()
			_ = all.store.Wait()
		}
	})
}

// figures are what a process uses.
type figures struct {
	memory      int64 // resident, bytes
	live        int64 // heap that the last collection left, bytes; 0 where it is not known
	goroutines  int64
	connections int64 // open descriptors
}

var metric = regexp.MustCompile(`(?m)^(go_goroutines|go_memstats_next_gc_bytes|go_gc_gogc_percent|process_open_fds) (\S+)$`)

// figures reads what the process uses now.
func (p *process) figures(ctx context.Context) (f figures, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil && runtime.GOOS == "linux" { // elsewhere the memory is not known
		return f, err
	}
	if _, rest, found := strings.Cut(string(status), "VmRSS:"); found {
		kilobytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		f.memory = kilobytes << 10
	}
	if p.pipe != nil {
		return f, nil
	}
	p.mu.Lock()
	address := "http://" + p.admin + "/metrics"
	if p.admin == "" {
		address = strings.TrimSuffix(p.url, "/v1") + "/metrics"
	}
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return f, err
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return f, err
	}
	defer response.Body.Close() //nolint:errcheck // it is only read
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return f, err
	}
	goal, percent := 0.0, 100.0 // of the heap before the next collection, and by which it may grow until then
	for _, m := range metric.FindAllStringSubmatch(string(body), -1) {
		n, _ := strconv.ParseFloat(m[2], 64)
		switch m[1] {
		case "go_goroutines":
			f.goroutines = int64(n)
		case "process_open_fds":
			f.connections = int64(n)
		case "go_gc_gogc_percent": // a hosted server changes it
			percent = n
		default:
			goal = n
		}
	}
	f.live = int64(goal / (1 + percent/100))
	if f.goroutines == 0 {
		return f, fmt.Errorf("%s tells no goroutines: %.100s", address, body)
	}
	return f, nil
}
