package wiromcp_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

const (
	wait = 10 * time.Second
	tick = 5 * time.Millisecond
)

// lockedBuffer is an output that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestADrainedServerIsNotReady(t *testing.T) {
	t.Parallel()
	srv := wirotest.NewServer()
	defer srv.Close()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client()})
	handler, err := server.Handler(wiromcp.HTTPOptions{})
	require.NoError(t, err)
	ready := func() int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost/readyz", nil))
		return w.Code
	}
	require.Eventually(t, func() bool { return ready() == 200 }, 10*time.Second, 10*time.Millisecond)
	server.Drain()
	require.Equal(t, 503, ready())
}

func TestOptionsThatAreWrongAreNamedAsGoHasThem(t *testing.T) {
	t.Parallel()
	srv := wirotest.NewServer()
	defer srv.Close()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client()})
	_, err := server.Handler(wiromcp.HTTPOptions{Rate: -1})
	require.EqualError(t, err, "HTTPOptions.Rate: must be more than 0")
	require.Error(t, server.ListenAndServe(t.Context(), wiromcp.HTTPOptions{Listen: "nowhere"}))
}

func TestANewServerRunsNothing(t *testing.T) {
	srv := wirotest.NewServer()
	defer srv.Close()
	before := runtime.NumGoroutine()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client(), DocsDir: t.TempDir()})
	_, err := server.Handler(wiromcp.HTTPOptions{})
	require.NoError(t, err)
	require.Equal(t, before, runtime.NumGoroutine())
}

func TestShutdownJoinsEverything(t *testing.T) {
	before := goleak.IgnoreCurrent()
	upstream := wirotest.NewServer()
	log := &lockedBuffer{}
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: upstream.Client(), DocsDir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(log, nil))})
	handler, err := server.Handler(wiromcp.HTTPOptions{})
	require.NoError(t, err)

	waiting := make(chan *httptest.ResponseRecorder, 1)
	go func() {
		q := httptest.NewRequestWithContext(t.Context(), "POST", "http://localhost/v1", strings.NewReader(
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_model","arguments":{"model":"sandbox/run-forever","params":{"prompt":"x"}}}}`))
		q.Header.Set("Authorization", "Bearer "+wirotest.DemoKey)
		q.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, q)
		waiting <- w
	}()
	stdin, input := io.Pipe()
	defer input.Close()
	served := make(chan error, 2)
	go func() { served <- server.ServeStdio(t.Context(), stdin, io.Discard) }()
	go func() {
		served <- server.ListenAndServe(t.Context(), wiromcp.HTTPOptions{Listen: "127.0.0.1:0", ShutdownGrace: time.Minute})
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	token, err := upstream.AwaitTask(ctx, 1)
	require.NoError(t, err)
	require.NoError(t, upstream.AwaitSubscriber(ctx, token))
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "listening") }, time.Minute, time.Millisecond)

	require.NoError(t, server.Shutdown(ctx))
	require.Contains(t, (<-waiting).Body.String(), `"running"`)
	require.NoError(t, <-served)
	require.NoError(t, <-served)
	_ = stdin.Close()
	upstream.Close()
	goleak.VerifyNone(t, before)
}
