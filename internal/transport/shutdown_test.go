package transport

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOpenWaitsReturnTheirTokenWhenTheServerStops(t *testing.T) {
	t.Parallel()
	r := start(t)
	answers := make(chan answer, 2)
	go func() {
		answers <- r.post(call(1, "run_model", map[string]any{"model": "sandbox/run-forever", "params": map[string]any{"prompt": "x"}}))
	}()
	token, err := r.wiro.Launched(within(t), 1)
	require.NoError(t, err)
	require.NoError(t, r.wiro.Subscribed(within(t), token))
	go func() { answers <- r.post(call(1, "wait_for_task", map[string]any{"tasktoken": token})) }()
	require.NoError(t, r.wiro.Requested(within(t), "Task/Detail", 2))

	r.stop()
	for range 2 {
		a := <-answers
		require.Equal(t, 200, a.status)
		result := a.rpc(t).Result
		require.False(t, result.IsError, a.body)
		require.Equal(t, "running", result.StructuredContent["state"], a.body)
		require.Equal(t, token, result.StructuredContent["task"].(map[string]any)["token"])
		next := result.StructuredContent["nextAction"].(map[string]any)
		require.Equal(t, "wait_for_task", next["tool"])
		require.Equal(t, token, next["arguments"].(map[string]any)["tasktoken"])
	}
	require.NoError(t, <-r.stopped)
	_, err = clientOf(t).Do(r.request(listTools))
	require.Error(t, err, "nobody listens any more")
}

func TestReadinessGoesFirst(t *testing.T) {
	t.Parallel()
	r := start(t)
	<-r.ready.docs
	r.Drain()
	a := r.get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Contains(t, a.body, "shutting down")
	require.Equal(t, 200, r.get("/healthz").status)
	require.Equal(t, 200, r.post(listTools).status, "whoever is connected is still served")
}

func TestACallInFlightFinishes(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	upstream := startUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		<-hold
		_, _ = io.WriteString(w, `{"result":true,"errors":[],"tool":[],"total":"0"}`)
	})
	r := start(t, func(s *setup) { s.wiroURL = upstream.url })
	answers := make(chan answer, 1)
	go func() { answers <- r.post(call(1, "search_models", nil)) }()
	<-upstream.asked
	r.stop()
	<-r.draining.Done()
	close(hold)
	a := <-answers
	require.False(t, a.rpc(t).Result.IsError, a.body)
	require.NoError(t, <-r.stopped)
}

func TestTheGraceEnds(t *testing.T) {
	t.Parallel()
	upstream := startUpstream(t, func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body) // or the server would not see that the client is gone
		<-q.Context().Done()
	})
	r := start(t, func(s *setup) {
		s.wiroURL = upstream.url
		s.settings.ShutdownGrace = time.Millisecond
	})
	broken := make(chan error, 1)
	go func() {
		response, err := clientOf(t).Do(r.request(call(1, "search_models", nil)).WithContext(context.WithoutCancel(t.Context())))
		if err == nil {
			_ = response.Body.Close()
		}
		broken <- err
	}()
	<-upstream.asked
	r.stop()
	require.NoError(t, <-r.stopped)
	require.Error(t, <-broken)
	require.Contains(t, r.logs.String(), "cut off")
}

// upstream stands in for Wiro.
type upstream struct {
	url   string
	asked chan struct{}
}

func startUpstream(t *testing.T, serve http.HandlerFunc) *upstream {
	t.Helper()
	u := &upstream{asked: make(chan struct{}, 100)}
	u.url = listen(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		u.asked <- struct{}{}
		serve(w, q)
	}))
	return u
}

// adminAddress is where the server listens for operators, which it logs first.
func (r *rig) adminAddress(t *testing.T) (address string) {
	t.Helper()
	eventually(t, "the listener for operators", func() bool {
		_, rest, found := strings.Cut(r.logs.String(), `"address":"`)
		address, _, _ = strings.Cut(rest, `"`)
		return found
	})
	return address
}

func TestOperatorsCanWatchTheShutdown(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	upstream := startUpstream(t, func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodPost { // not the probe
			<-hold
		}
		_, _ = io.WriteString(w, `{"result":true,"errors":[],"tool":[],"total":"0"}`)
	})
	r := start(t, func(s *setup) {
		s.wiroURL = upstream.url
		s.settings.AdminListen = "127.0.0.1:0"
	})
	operators := func(path string) (answer, error) {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.adminAddress(t)+path, nil)
		require.NoError(t, err)
		response, err := clientOf(t).Do(q)
		if err != nil {
			return answer{}, err
		}
		return read(t, response), nil
	}
	answers := make(chan answer, 1)
	go func() { answers <- r.post(call(1, "search_models", nil)) }()
	<-upstream.asked
	r.stop()
	<-r.draining.Done()
	a, err := operators("/readyz")
	require.NoError(t, err)
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Contains(t, a.body, "shutting down")
	a, err = operators("/metrics")
	require.NoError(t, err)
	require.Contains(t, a.body, "wiro_mcp_calls_total")
	close(hold)
	require.Equal(t, http.StatusOK, (<-answers).status)
	require.NoError(t, <-r.stopped)
	_, err = operators("/readyz")
	require.Error(t, err)
}
