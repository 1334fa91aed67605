package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// dial opens a bare connection to the server.
func (r *rig) dial() net.Conn {
	r.t.Helper()
	c, err := new(net.Dialer).DialContext(r.t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (r *rig) rawHeader(length int) string {
	return fmt.Sprintf("POST /v1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"+
		"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", emulator.DemoKey, length)
}

// cut waits until the server has hung up, and returns what it said before.
func cut(t *testing.T, c net.Conn) string {
	t.Helper()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
	said, err := io.ReadAll(c)
	require.NoError(t, err, "the server hangs up, it does not leave us waiting")
	return string(said)
}

func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) {
		s.timeouts.header, s.timeouts.body, s.timeouts.idle = 400*time.Millisecond, 400*time.Millisecond, 400*time.Millisecond
	})
	t.Run("slow header", func(t *testing.T) {
		c := r.dial()
		_, err := io.WriteString(c, "POST /v1 HTTP/1.1\r\nHost: local")
		require.NoError(t, err)
		cut(t, c)
	})
	t.Run("slow body", func(t *testing.T) {
		c := r.dial()
		_, err := io.WriteString(c, r.rawHeader(1000)+`{"jsonrpc":`)
		require.NoError(t, err)
		require.Contains(t, cut(t, c), "408 Request Timeout")
	})
	t.Run("slow body of a stranger", func(t *testing.T) {
		c := r.dial()
		_, err := io.WriteString(c, strings.Replace(r.rawHeader(1000), "Authorization", "X-Nothing", 1)+`{"jsonrpc":`)
		require.NoError(t, err)
		require.Contains(t, cut(t, c), "401 Unauthorized")
	})
	t.Run("slow body to a path that is not there", func(t *testing.T) {
		c := r.dial()
		_, err := io.WriteString(c, strings.Replace(r.rawHeader(1000), "/v1", "/v9", 1)+`{"jsonrpc":`)
		require.NoError(t, err)
		require.Contains(t, cut(t, c), "404 Not Found")
	})
	t.Run("nothing at all", func(t *testing.T) {
		cut(t, r.dial())
	})
	t.Run("idle after a call", func(t *testing.T) {
		c := r.dial()
		_, err := io.WriteString(c, r.rawHeader(len(listTools))+listTools)
		require.NoError(t, err)
		require.Contains(t, cut(t, c), "200 OK")
	})
}

// The time limits above must not touch a call that takes longer than any of them.
func TestALongCallIsNeverCutOff(t *testing.T) {
	t.Parallel()
	const limit = time.Second // long enough for a loaded machine to send a request in
	r := start(t, func(s *setup) {
		s.timeouts = timeouts{header: limit, body: limit, idle: limit, write: limit, heartbeat: limit / 10}
	})
	c := r.dial()
	run := call(1, "run_model", map[string]any{"model": "sandbox/run-forever", "params": map[string]any{"prompt": "x"}})
	_, err := io.WriteString(c, r.rawHeader(len(run))+run)
	require.NoError(t, err)
	lines := bufio.NewReader(c)
	for signs := 0; signs < 15; { // one and a half limits
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		if strings.HasPrefix(line, ": still at it") {
			signs++
		}
	}
	token, err := r.wiro.Launched(within(t), 1)
	require.NoError(t, err)
	r.wiro.Release(token)
	for {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		if strings.HasPrefix(line, "data: ") {
			require.Contains(t, line, `"state":"completed"`)
			return
		}
	}
}

func TestAClientThatDoesNotReadIsCutOff(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.timeouts.write = 50 * time.Millisecond })
	c := r.dial()
	require.NoError(t, c.(*net.TCPConn).SetReadBuffer(4096))
	require.NoError(t, c.(*net.TCPConn).SetWriteBuffer(1<<20))
	// Requests without end, whose answers nobody reads: somewhere the buffers are full.
	var err error
	require.NoError(t, c.SetWriteDeadline(time.Now().Add(20*time.Second)))
	for err == nil {
		_, err = io.WriteString(c, r.rawHeader(len(listTools))+listTools)
	}
	require.NotErrorIs(t, err, error(nil))
	timeout, ok := err.(net.Error) //nolint:errorlint // the very error of the connection
	require.False(t, ok && timeout.Timeout(), "the server hangs up: %v", err)
}

// Not parallel: it counts the goroutines and the memory of the process.
func TestManyConnectionsLeaveNothingBehind(t *testing.T) {
	const idle, vanishing = 2000, 200
	r := start(t, func(s *setup) {
		s.settings.RatePerKey, s.settings.BurstPerKey = 10*idle, 10*idle
		s.timeouts.heartbeat = 20 * time.Millisecond
	})
	<-r.ready.docs
	require.Equal(t, 200, r.post(listTools).status)
	before := runtime.NumGoroutine()

	var group errgroup.Group
	group.SetLimit(64)
	connections := make([]net.Conn, idle)
	for n := range connections {
		group.Go(func() error {
			c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
			connections[n] = c
			if err != nil {
				return err
			}
			if _, err := io.WriteString(c, r.rawHeader(len(listTools))+listTools); err != nil {
				return err
			}
			response, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, response.Body)
			return err
		})
	}
	require.NoError(t, group.Wait())
	require.GreaterOrEqual(t, runtime.NumGoroutine(), idle)
	require.Equal(t, 200, r.post(listTools).status, "the others are served all the same")

	run := call(1, "run_model", map[string]any{"model": "sandbox/run-forever", "params": map[string]any{"prompt": "x"}})
	var streams sync.Map
	for n := range vanishing {
		group.Go(func() error {
			response, err := clientOf(t).Do(r.request(run))
			if err == nil {
				streams.Store(n, response.Body)
			}
			return err
		})
	}
	require.NoError(t, group.Wait())
	for n := range vanishing {
		token, err := r.wiro.Launched(within(t), n+1)
		require.NoError(t, err)
		require.NoError(t, r.wiro.Subscribed(within(t), token))
	}

	streams.Range(func(_, body any) bool { return body.(io.Closer).Close() == nil })
	for _, c := range connections {
		require.NoError(t, c.Close())
	}
	for n := range vanishing { // the tasks go on without them, and end here
		token, err := r.wiro.Launched(within(t), n+1)
		require.NoError(t, err)
		r.wiro.Release(token)
	}
	clientOf(t).CloseIdleConnections()
	r.client.Close()
	eventually(t, "goroutines are where they were", func() bool { return runtime.NumGoroutine() <= before })
}
