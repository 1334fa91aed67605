package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// victim is a server under attack: a process of its own, whose memory and time are measured.
type victim struct {
	binary  string
	environ []string
	limit   int64 // bytes of memory at which it is killed
}

// server is a victim that runs.
type server struct {
	cmd    *exec.Cmd
	url    string
	limit  int64
	peak   atomic.Int64 // bytes of resident memory
	killed atomic.Bool  // for its memory
	exited chan struct{}
	in     io.WriteCloser // over stdio
	out    io.Reader
}

// start runs the victim with an upstream, over HTTP or over stdio.
func (v victim) start(ctx context.Context, u *upstream, mode string) (*server, error) {
	var args []string // none serves stdio
	if mode == "http" {
		args = []string{mode}
	}
	cmd := exec.CommandContext(ctx, v.binary, args...) //nolint:gosec // the binary to attack
	cmd.Env = append([]string{
		"HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH"), "GOMEMLIMIT=460MiB",
		"WIRO_API_BASE_URL=http://" + u.address + "/v1", "WIRO_SOCKET_URL=ws://" + u.address + "/socket",
		"WIRO_ALLOW_PRIVATE_URLS=true", "WIRO_LISTEN=127.0.0.1:0", "WIRO_LOG_FORMAT=json", "WIRO_LOG_LEVEL=info",
		"WIRO_STORE=memory", "WIRO_API_KEY=" + hostileKey,
	}, v.environ...)
	s := &server{cmd: cmd, limit: v.limit, exited: make(chan struct{})}
	logs, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if mode == "stdio" {
		if s.in, err = cmd.StdinPipe(); err != nil {
			return nil, err
		}
		if s.out, err = cmd.StdoutPipe(); err != nil {
			return nil, err
		}
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	listening := make(chan string, 1)
	go readLogs(logs, listening)
	go s.watch()
	if mode == "stdio" {
		return s, nil
	}
	select {
	case address := <-listening:
		s.url = "http://" + address + "/v1"
		return s, nil
	case <-time.After(20 * time.Second):
		s.stop()
		return nil, errors.New("the server does not say where it listens")
	}
}

// readLogs finds the address in the log, and drops the rest.
func readLogs(logs io.Reader, listening chan<- string) {
	lines := bufio.NewReader(logs)
	for {
		line, err := lines.ReadBytes('\n')
		var entry struct {
			Message string `json:"message"`
			Address string `json:"address"`
		}
		if json.Unmarshal(line, &entry) == nil && entry.Message == "listening" {
			listening <- entry.Address
			break
		}
		if err != nil {
			return
		}
	}
	_, _ = io.Copy(io.Discard, lines)
}

// watch follows the memory until the process ends, and kills one that takes too much.
func (s *server) watch() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			peak := procStatus(s.cmd.Process.Pid, "VmHWM:")
			s.peak.Store(max(s.peak.Load(), peak))
			if peak > s.limit {
				s.killed.Store(true)
				_ = s.cmd.Process.Kill()
				return
			}
			select {
			case <-s.exited:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	_, _ = s.cmd.Process.Wait()
	close(s.exited)
	<-done
}

// alive reports whether the process still runs.
func (s *server) alive() bool {
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// stop ends the process.
func (s *server) stop() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// cpu is the time that the process has computed.
func (s *server) cpu() time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	const user, system, perSecond = 11, 12, 100
	ticks := 0
	for _, i := range []int{user, system} {
		n, _ := strconv.Atoi(fields[i])
		ticks += n
	}
	return time.Duration(ticks) * time.Second / perSecond
}

// procStatus reads a size of a process, in bytes.
func procStatus(pid int, name string) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), name)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[0], 10, 64)
	return n << 10
}

// workers runs f in n goroutines, again and again until ctx ends.
func workers(ctx context.Context, n int, f func(worker int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			for ctx.Err() == nil {
				f(i)
				select { // the attacker shares the machine with its victim
				case <-ctx.Done():
				case <-time.After(10 * time.Millisecond):
				}
			}
		})
	}
	group.Wait()
}
