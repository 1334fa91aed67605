package transport

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// Each call searches for its own key's name, so that the upstream's record shows whether
// key and call still belong together.
func TestEveryUpstreamRequestCarriesItsCallersKey(t *testing.T) {
	t.Parallel()
	const callers, calls = 50, 2000
	r := start(t, func(s *setup) {
		s.sandbox = emulator.Options{Keys: keys(callers), Record: true, MaxRequests: 2 * calls}
		s.settings.RatePerKey = calls
	})
	var group errgroup.Group // all at once
	for n := range calls {
		key := fmt.Sprintf("key-%04d", n%callers)
		group.Go(func() error {
			edit := header("Authorization", "Bearer "+key)
			if n%3 == 0 {
				edit = func(q *http.Request) {
					q.Header.Del("Authorization")
					q.Header.Set("X-Api-Key", key)
				}
			}
			response, err := clientOf(t).Do(r.request(call(1, "search_models", map[string]any{"search": "is " + key}), edit))
			if err != nil {
				return err
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK || strings.Contains(string(body), `"isError":true`) {
				return fmt.Errorf("%d %s %w", response.StatusCode, body, err)
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	seen := map[string]int{}
	for _, q := range r.wiro.RequestsTo("Tool/List") {
		key := q.Header.Get("x-api-key")
		require.Equal(t, "is "+key, q.Body["search"])
		seen[key]++
	}
	require.Len(t, seen, callers)
	for key, count := range seen {
		require.Equal(t, calls/callers, count, key)
	}
}

// Many clients give all of their calls the id 1, as clients do, and cancel as they please.
func TestNobodyEndsAnothersCall(t *testing.T) {
	t.Parallel()
	const callers, cancels = 40, 800
	r := start(t, func(s *setup) {
		s.sandbox.Keys = keys(callers)
		s.timeouts.heartbeat = 20 * time.Millisecond // so that each call's answer begins at once
	})
	run := call(1, "run_model", map[string]any{
		"model": "sandbox/run-forever", "params": map[string]any{"prompt": "x"}, "timeout_seconds": 600,
	})
	as := func(n int) func(*http.Request) { return header("Authorization", fmt.Sprintf("Bearer key-%04d", n)) }

	waits := make([]*http.Response, callers)
	var group errgroup.Group
	for n := range callers {
		group.Go(func() (err error) {
			waits[n], err = clientOf(t).Do(r.request(run, as(n)))
			return err
		})
	}
	require.NoError(t, group.Wait())
	for n := range callers {
		token, err := r.wiro.Launched(within(t), n+1)
		require.NoError(t, err)
		require.NoError(t, r.wiro.Subscribed(within(t), token))
	}

	attacks := []string{
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"1","reason":"mine"}}`,
		`[{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}]`,
		`{"jsonrpc":"2.0","Method":"notifications/cancelled","PARAMS":{"requestId":1}}`,
		`{"jsonrpc":"2.0","id":1,"method":"notifications/cancelled","id":null,"params":{"requestId":1}}`,
		`{"jsonrpc":"2.0","id":1,"method":"ping"}`,
		`{"jsonrpc":"2.0","id":1,"result":{}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_task","arguments":{"tasktoken":"x"}}}`,
	}
	var accepted atomic.Int64
	group.SetLimit(64)
	for n := range cancels {
		group.Go(func() error {
			q := r.request(attacks[n%len(attacks)], as(rand.IntN(callers)))
			if n%2 == 0 {
				q.Header.Set("Mcp-Session-Id", "") // and some claim sessions
			} else {
				q.Header.Set("Mcp-Session-Id", fmt.Sprint(n))
			}
			response, err := clientOf(t).Do(q)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			if response.StatusCode == http.StatusAccepted {
				accepted.Add(1)
			}
			_, err = io.Copy(io.Discard, response.Body)
			return err
		})
	}
	require.NoError(t, group.Wait())
	require.Positive(t, accepted.Load())

	r.limits.mu.Lock()
	require.Equal(t, callers, r.limits.open, "every call is still there")
	r.limits.mu.Unlock()
	for n := range callers {
		token, err := r.wiro.Launched(within(t), n+1)
		require.NoError(t, err)
		r.wiro.Release(token)
	}
	for n, response := range waits {
		a := read(t, response)
		require.Equal(t, "completed", a.rpc(t).Result.StructuredContent["state"], "caller %d: %s", n, a.body)
	}
}

func TestProgressReachesItsOwnCallerAlone(t *testing.T) {
	t.Parallel()
	const callers = 60
	r := start(t, func(s *setup) { s.sandbox.Keys = keys(callers) })
	var group errgroup.Group
	for n := range callers {
		group.Go(func() error {
			mine := fmt.Sprintf("token-%04d", n)
			run := call(1, "run_model", map[string]any{"model": "sandbox/echo", "params": map[string]any{"prompt": "I am " + mine}})
			run = strings.Replace(run, `"params":{"arguments"`, `"params":{"_meta":{"progressToken":"`+mine+`"},"arguments"`, 1)
			response, err := clientOf(t).Do(r.request(run, header("Authorization", fmt.Sprintf("Bearer key-%04d", n))))
			if err != nil {
				return err
			}
			defer response.Body.Close()
			own, lines := 0, bufio.NewScanner(response.Body)
			for lines.Scan() {
				for _, word := range strings.FieldsFunc(lines.Text(), func(c rune) bool { return c == '"' || c == ' ' || c == '\\' }) {
					if strings.HasPrefix(word, "token-") && !strings.HasPrefix(word, mine) {
						return fmt.Errorf("%s got %s", mine, lines.Text())
					}
				}
				own += strings.Count(lines.Text(), mine)
			}
			if own < 2 {
				return fmt.Errorf("%s saw itself %d times", mine, own)
			}
			return lines.Err()
		})
	}
	require.NoError(t, group.Wait())
}
