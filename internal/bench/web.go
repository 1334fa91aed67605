package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// holdUntilWatched keeps a task in the queue until somebody listens for it, so that every
// run is noticed by its event.
var holdUntilWatched = emulator.Behavior{AwaitSubscriber: true, Seconds: 0.01}

var web = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 6000}}

// callTool calls a tool over HTTP and returns the answer's last JSON.
func (b *bench) callTool(ctx context.Context, key, url, tool string, arguments map[string]any) ([]byte, error) {
	body, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": arguments},
	})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("MCP-Protocol-Version", "2025-06-18")
	response, err := web.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %d: %s", response.StatusCode, answer)
	}
	return answer, err
}

// load does something again and again on 64 lanes and returns how often a second.
func load(duration time.Duration, do func() error) (float64, error) {
	const lanes = 64
	var (
		wg       sync.WaitGroup
		done     atomic.Int64
		failure  atomic.Pointer[error]
		deadline = time.Now().Add(duration)
	)
	for range lanes {
		wg.Go(func() {
			for time.Now().Before(deadline) {
				if err := do(); err != nil {
					failure.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failure.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / duration.Seconds(), nil
}

func (b *bench) throughput() ([]row, error) {
	ours, err := b.serve(b.binary, b.apart, "http", "--listen", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer ours.stop()
	floor, err := b.serve(b.floor, b.apart, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer floor.stop()
	token, err := b.submitted(b.apart)
	if err != nil {
		return nil, err
	}
	arguments := map[string]any{"tasktoken": token}
	const turns, spell = 7, time.Second
	var straight, through, bare, part []float64
	var calls atomic.Int64
	var used time.Duration
	for range turns { // a turn is over before the machine is a faster or a slower one
		direct, err := load(spell, func() error { _, err := b.post(b.apart, "Task/Detail", `{"tasktoken":"`+token+`"}`); return err })
		if err != nil {
			return nil, err
		}
		before, err := ours.cpu()
		if err != nil {
			return nil, err
		}
		proxied, err := load(spell, func() error {
			calls.Add(1)
			_, err := b.callTool(b.ctx, b.apart.key, ours.url, "get_task", arguments)
			return err
		})
		if err != nil {
			return nil, err
		}
		after, err := ours.cpu()
		if err != nil {
			return nil, err
		}
		used += after - before
		least, err := load(spell, func() error { _, err := b.callTool(b.ctx, b.apart.key, floor.url, "get_task", arguments); return err })
		if err != nil {
			return nil, err
		}
		straight, through, bare, part = append(straight, direct), append(through, proxied), append(bare, least), append(part, proxied/direct)
	}
	memory, err := ours.memory("VmHWM")
	if err != nil {
		return nil, err
	}
	share := median(part)
	return []row{{
		"HTTP throughput, 64 at once", fmt.Sprintf("%.0f/s (%.0f%% of straight), memory %s", median(through), 100*share, humanize.IBytes(uint64(memory))), //nolint:gosec // a size
		"30% of straight to the upstream",
		fmt.Sprintf("straight %.0f/s, mcp-go without upstream %.0f/s (%.0f%%), processor %s a call", median(straight), median(bare), 100*median(bare)/median(straight), short(used/time.Duration(calls.Load()))), share >= 0.3,
	}}, nil
}

// settled is the least memory that a server has over half a minute: its arrival's work is
// garbage for a while.
func (s *webServer) settled() (least int64, err error) {
	for range 15 {
		now, err := s.memory("VmRSS")
		if err != nil {
			return 0, err
		}
		if least == 0 || now < least {
			least = now
		}
		time.Sleep(2 * time.Second)
	}
	return least, nil
}

func (b *bench) manyWaits() ([]row, error) {
	const waits = 5000
	ours, err := b.serve(b.binary, b.inside, "http", "--listen", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer ours.stop()
	var memory int64
	var sockets int
	late, err := b.holdWaits(waits, []*webServer{ours}, func() (err error) {
		sockets = b.sandbox.Sockets()
		memory, err = ours.settled()
		return err
	})
	if err != nil {
		return nil, err
	}
	p99 := quantile(late, 0.99)
	return []row{
		{"5,000 waits at once: memory", humanize.IBytes(uint64(memory)), "190 MB", "", memory <= 190<<20}, //nolint:gosec // a size
		{"5,000 waits at once: sockets", fmt.Sprint(sockets), "50", "", sockets <= 50},
		{"5,000 waits at once: noticed, p99", short(p99), "500 ms", "median " + short(median(late)), p99 <= 500*time.Millisecond},
	}, nil
}

// holdWaits holds waits on servers in turns, looks at them meanwhile, and returns how late each
// noticed that its task ended. Ends come spread over time: 500 a second.
func (b *bench) holdWaits(waits int, on []*webServer, look func() error) (late []time.Duration, err error) {
	b.sandbox.Behave(model, emulator.Behavior{HoldAt: emulator.TaskStart})
	defer b.sandbox.Behave(model)
	tokens := make([]string, waits)
	for i := range tokens {
		answer, err := b.post(b.inside, "Run/"+model, `{"prompt":"x"}`)
		if err != nil {
			return nil, err
		}
		var run struct {
			Token string `json:"socketaccesstoken"`
		}
		if err := json.Unmarshal(answer, &run); err != nil {
			return nil, err
		}
		tokens[i] = run.Token
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		fail error
	)
	for i, token := range tokens {
		wg.Go(func() {
			answer, err := b.callTool(b.ctx, apiKey, on[i%len(on)].url, "wait_for_task", map[string]any{"tasktoken": token, "timeout_seconds": 300})
			noticed := time.Now()
			ended, over := b.sandbox.FinishedAt(token)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && (!over || !bytes.Contains(answer, []byte("completed"))) {
				err = fmt.Errorf("a wait ended early: %.300s", answer)
			}
			if err != nil {
				fail = err
				return
			}
			late = append(late, noticed.Sub(ended))
		})
	}
	for _, token := range tokens {
		if err := b.sandbox.Subscribed(b.ctx, token); err != nil {
			return nil, err
		}
	}
	if err := look(); err != nil {
		return nil, err
	}
	for i, token := range tokens {
		b.sandbox.Release(token)
		if i%10 == 9 {
			time.Sleep(20 * time.Millisecond)
		}
	}
	wg.Wait()
	return late, fail
}
