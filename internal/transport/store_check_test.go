package transport

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/store"
)

func TestAStoreThatIsDownIsSaidAndNoMore(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := listener.Addr().String()
	require.NoError(t, listener.Close())
	shared, err := store.Open("redis://wiro:my-private-password@"+nobody, store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = shared.Close() })
	r := start(t, func(s *setup) { s.store = shared })
	<-r.ready.docs
	a := r.get("/readyz")
	require.Equal(t, 200, a.status, "much works without it, and all replicas miss it together")
	require.JSONEq(t, `{"ready":true,"faults":[],"warnings":["the store is not available"]}`, a.body)
	require.Contains(t, r.get("/metrics").body, "wiro_mcp_store_up 0")
	require.Equal(t, 1, strings.Count(r.logs.String(), "until the store answers"))
	require.NotContains(t, r.logs.String()+a.body, "my-private")

	alone := start(t)
	<-alone.ready.docs
	require.JSONEq(t, `{"ready":true,"faults":[]}`, alone.get("/readyz").body)
	require.NotContains(t, alone.get("/metrics").body, "wiro_mcp_store_up")
}

func TestTheLogHasWhenTheStoreStopsAndBeginsToAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fault error
		asked := 0
		lines := &logs{}
		c := &storeCheck{log: zerolog.New(lines), ping: func(context.Context) error {
			asked++
			return fault
		}}
		for _, next := range []error{nil, errors.New("gone"), errors.New("still gone"), nil, nil} {
			fault = next
			for range 3 {
				require.Equal(t, fault, c.check())
			}
			time.Sleep(probeEvery)
		}
		require.Equal(t, 5, asked)
		require.Equal(t, 2, strings.Count(lines.String(), "\n"), lines.String())
		require.Contains(t, lines.String(), `"error":"gone"`)
		require.Contains(t, lines.String(), "answers again")
	})
}

// Probes give up after a second: one that waits for a silent store would take all replicas out.
func TestASilentStoreHoldsNoProbeUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &storeCheck{log: zerolog.Nop(), ping: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		began := time.Now()
		require.NoError(t, c.check(), "it may still answer")
		require.Equal(t, storePatience, time.Since(began))
		time.Sleep(storeTimeout)
		require.ErrorIs(t, c.check(), store.ErrUnavailable)
		time.Sleep(probeEvery)
		began = time.Now()
		require.ErrorIs(t, c.check(), store.ErrUnavailable)
		require.Equal(t, storePatience, time.Since(began))
		time.Sleep(storeTimeout)
	})
}

func TestTheMetricIsOfTheNewestStore(t *testing.T) {
	t.Parallel()
	telemetry := NewTelemetry("1.2.3", nil)
	for _, fault := range []error{errors.New("closed"), nil} {
		c := &storeCheck{log: zerolog.Nop(), ping: func(context.Context) error { return fault }}
		c.register(telemetry.metrics)
		up := map[bool]string{true: "1", false: "0"}[fault == nil]
		require.Contains(t, scraped(t, telemetry), "wiro_mcp_store_up "+up)
	}
}

func TestWhatWentWrongInACallNamesItsRequestAndTrace(t *testing.T) {
	t.Parallel()
	shared, err := store.Open("file:"+filepath.Join(t.TempDir(), "no\x00folder"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = shared.Close() })
	lines := &logs{}
	_, adjust := traced()
	r := start(t, adjust, func(s *setup) {
		s.tools.Store, s.tools.Log = shared, zerolog.New(lines).Hook(TraceIDs{})
	})
	a := r.post(call(1, "run_model", map[string]any{"model": "sandbox/echo", "params": map[string]any{"prompt": "x"}}),
		header("Traceparent", "00-"+clientTrace+"-"+clientSpan+"-01"))
	require.True(t, a.rpc(t).Result.IsError, a.body)
	require.Contains(t, lines.String(), `"request":"`+a.header.Get(headerRequestID)+`"`)
	require.Contains(t, lines.String(), `"trace_id":"`+clientTrace+`"`)
}
