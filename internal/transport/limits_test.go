package transport

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestAKeyOverItsRateIsToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) {
		s.settings.RatePerKey, s.settings.BurstPerKey = 0.001, 3
	})
	for range 3 {
		require.Equal(t, 200, r.post(listTools).status)
	}
	a := r.post(listTools)
	require.Equal(t, http.StatusTooManyRequests, a.status)
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	require.NoError(t, err)
	require.InDelta(t, 1000, seconds, 5)
	require.Contains(t, a.rpc(t).Error.Message, "Try again in "+a.header.Get("Retry-After"))
	require.Equal(t, 200, r.post(listTools, header("Authorization", "Bearer another")).status, "other keys are not concerned")
	require.Contains(t, r.get("/metrics").body, `wiro_mcp_rate_limited_total{limit="rate_key"} 1`)
}

func TestTheServerAsAWholeHasARateToo(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.settings.Rate, s.settings.Burst = 0.001, 3 })
	for i := range 3 {
		require.Equal(t, 200, r.post(listTools, header("Authorization", fmt.Sprintf("Bearer key%d", i))).status)
	}
	a := r.post(listTools, header("Authorization", "Bearer another"))
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.NotEmpty(t, a.header.Get("Retry-After"))
}

func TestABatchCountsForAllItsMessages(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.settings.RatePerKey, s.settings.BurstPerKey = 0.001, 3 })
	require.Equal(t, http.StatusTooManyRequests, r.post("["+listTools+","+listTools+","+listTools+","+listTools+"]").status)
	require.Equal(t, 200, r.post("["+listTools+","+listTools+"]").status, "what was refused did not count")
}

func TestWaitsAreLimitedAndFreedWhenTheyEnd(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]HTTPOptions{
		limitWaitsKey: {WaitsPerKey: 2},
		limitWaitsAll: {Waits: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(s *setup) {
				s.settings = settings
				s.timeouts.heartbeat = 20 * time.Millisecond // so that headers come at once
			})
			run := call(1, "run_model", map[string]any{"model": "sandbox/run-forever", "params": map[string]any{"prompt": "x"}})
			var open []*http.Response
			for range 2 {
				response, err := clientOf(t).Do(r.request(run))
				require.NoError(t, err)
				open = append(open, response)
			}
			_, err := r.wiro.Launched(within(t), 2) // the headers come sooner
			require.NoError(t, err)
			a := r.post(run)
			require.Equal(t, http.StatusTooManyRequests, a.status)
			require.NotEmpty(t, a.header.Get("Retry-After"))
			require.JSONEq(t, "1", string(a.rpc(t).ID))
			require.Equal(t, 2, r.wiro.RequestCount("Run/"), "nothing was run")
			require.Equal(t, "run_model", r.logs.requests(t, 1)[0]["tool"])
			require.Equal(t, "limited", r.logs.requests(t, 1)[0]["outcome"])
			require.Equal(t, 200, r.post(listTools).status, "what does not wait goes on")
			require.Contains(t, r.get("/metrics").body, `wiro_mcp_rate_limited_total{limit="`+name+`"} 1`)

			for n := range open {
				token, err := r.wiro.Launched(within(t), n+1)
				require.NoError(t, err)
				r.wiro.Release(token)
			}
			for _, response := range open {
				require.Equal(t, "completed", read(t, response).rpc(t).Result.StructuredContent["state"])
			}
			eventually(t, "the places are free again", func() bool {
				r.limits.mu.Lock()
				defer r.limits.mu.Unlock()
				return r.limits.open == 0 && len(r.limits.waits) == 0
			})
		})
	}
}

func TestTheTableOfCallersIsBounded(t *testing.T) {
	t.Parallel()
	o, err := HTTPOptions{Rate: float64(rate.Inf)}.withDefaults()
	require.NoError(t, err)
	l, err := newLimits(o)
	require.NoError(t, err)
	for i := range 3 * maxCallers {
		limit, _ := l.take(caller{hash: strconv.Itoa(i), known: true}, 1)
		require.Empty(t, limit)
		_, _ = l.take(caller{hash: strconv.Itoa(i), id: "from " + strconv.Itoa(i)}, 1)
	}
	require.Equal(t, maxCallers, l.callers.Len())
	require.Equal(t, maxCallers, l.others.Len())
	require.Empty(t, l.waits)
}

func TestAClientThatVanishesMidWaitFreesItsPlace(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) {
		s.settings.WaitsPerKey = 1
		s.timeouts.heartbeat = 20 * time.Millisecond
	})
	run := call(1, "run_model", map[string]any{"model": "sandbox/run-forever", "params": map[string]any{"prompt": "x"}})
	response, err := clientOf(t).Do(r.request(run))
	require.NoError(t, err)
	_, err = io.ReadFull(response.Body, make([]byte, 1))
	require.NoError(t, err)
	token, err := r.wiro.Launched(within(t), 1)
	require.NoError(t, err)
	require.NoError(t, r.wiro.Subscribed(within(t), token))
	require.NoError(t, response.Body.Close())
	eventually(t, "the place is free", func() bool {
		r.limits.mu.Lock()
		defer r.limits.mu.Unlock()
		return r.limits.open == 0
	})
	require.Equal(t, "run_model", r.logs.requests(t, 1)[0]["tool"])
	require.Equal(t, emulator.DemoBalance, r.wiro.Balance(emulator.DemoKey), "and the task goes on")
}
