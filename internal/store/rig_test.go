package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv("STORE_TEST_CHILD") != "" {
		child()
		return
	}
	code := m.Run()
	if server.stop != nil {
		server.stop()
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// clock is the time that a test's stores see.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	reads int
	late  func() // called once, when the clock was read ten times more; may be nil
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads++; c.reads == 10 && c.late != nil {
		go c.late()
	}
	return c.now
}

// afterTenReads calls a function when a store has looked at the clock ten times more.
func (c *clock) afterTenReads(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads, c.late = 0, do
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rig opens stores of one kind for a test.
type rig struct {
	*testing.T
	address string
	salt    string // runs of a test share one Redis
	clock   *clock
	first   *Store
}

// testLease is short, and long enough for a loaded machine.
const testLease = 500 * time.Millisecond

// replica opens the store as another process would. In memory there is one process.
func (r *rig) replica() *Store {
	if r.address == "memory" && r.first != nil {
		return r.first
	}
	s, err := Open(r.address, Options{Salt: r.salt, Now: r.clock.time, lease: testLease})
	require.NoError(r, err)
	r.Cleanup(func() { _ = s.Close() })
	r.first = s
	return s
}

func (r *rig) caller() Caller { return Caller{"https://api.example/v1", "key of " + r.Name()} }

func (r *rig) call() Call {
	return Call{Caller: r.caller(), Model: "openai/sora-2", Params: map[string]any{"prompt": "fox", "seed": json.Number("18446744073709551615")}}
}

func (r *rig) begin(s *Store, c Call) *Run {
	r.Helper()
	run, err := s.Begin(r.Context(), c, false)
	require.NoError(r, err)
	return run
}

// eachStore runs a test over every implementation.
func eachStore(t *testing.T, test func(r *rig)) {
	t.Parallel()
	start := func(name, address string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if address == "redis" {
				address = redisAddress(t)
			}
			if address == "file" {
				address = "file:" + filepath.Join(t.TempDir(), "state")
			}
			test(&rig{T: t, address: address, salt: rand.Text(), clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}})
		})
	}
	start("memory", "memory")
	start("files", "file")
	start("redis", "redis")
}

// server is the Redis of all tests of this package.
var server struct {
	once    sync.Once
	address string
	stop    func()
}

func redisAddress(t *testing.T) string {
	t.Helper()
	server.once.Do(func() { server.address, server.stop = startRedis(t) })
	if server.address == "" {
		t.Skip("redis-server is not installed: the store over Redis is not tested")
	}
	return server.address
}

// startRedis runs a server on a unix socket; the address is "" where none is installed.
func startRedis(t *testing.T) (address string, stop func()) {
	folder, err := os.MkdirTemp("", "redis") // the path of a socket must be short
	require.NoError(t, err)
	address, kill := startRedisIn(t, folder)
	return address, sync.OnceFunc(func() {
		kill()
		_ = os.RemoveAll(folder)
	})
}

func startRedisIn(t *testing.T, folder string) (address string, kill func()) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", func() {}
	}
	socket := filepath.Join(folder, "s")
	command := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder)
	require.NoError(t, command.Start())
	address = "unix://" + socket
	s, err := Open(address, Options{})
	require.NoError(t, err)
	defer s.Close()
	require.Eventually(t, func() bool { return s.Ping(context.Background()) == nil }, 10*time.Second, 5*time.Millisecond)
	return address, sync.OnceFunc(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
}

// child is another process: it begins a run, submits it if told to, says so, and goes on
// living until it is killed.
func child() {
	var job struct {
		Address, Salt string
		Call          Call
		Token         string
	}
	decoder := json.NewDecoder(strings.NewReader(os.Getenv("STORE_TEST_CHILD")))
	decoder.UseNumber()
	if err := decoder.Decode(&job); err != nil {
		panic(err)
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s, err := Open(job.Address, Options{Salt: job.Salt, Now: func() time.Time { return at }, lease: testLease})
	if err != nil {
		panic(err)
	}
	run, err := s.Begin(context.Background(), job.Call, false)
	if err != nil {
		panic(err)
	}
	if job.Token != "" {
		if err := run.Submitted(context.Background(), "1", job.Token); err != nil {
			panic(err)
		}
	}
	fmt.Println("begun")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent is gone
}

// process starts a child and returns what kills it, as SIGKILL does.
func (r *rig) process(c Call, token string) (kill func()) {
	r.Helper()
	job, err := json.Marshal(map[string]any{"Address": r.address, "Salt": r.salt, "Call": c, "Token": token})
	require.NoError(r, err)
	command := exec.Command(os.Args[0], "-test.run=^$")
	command.Env = append(os.Environ(), "STORE_TEST_CHILD="+string(job))
	command.Stderr = os.Stderr
	_, err = command.StdinPipe()
	require.NoError(r, err)
	out, err := command.StdoutPipe()
	require.NoError(r, err)
	require.NoError(r, command.Start())
	line := make([]byte, 6)
	_, err = io.ReadFull(out, line)
	require.NoError(r, err)
	require.Equal(r, "begun\n", string(line))
	kill = sync.OnceFunc(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	r.Cleanup(kill)
	return kill
}
