package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/wiroai/wiro-mcp-go/internal/store"
)

// quotes measures what a check and a quote take: a dry run of a model whose schema is cached,
// beside a call that answers at once.
func (b *bench) quotes() ([]row, error) {
	p, err := b.launch()
	if err != nil {
		return nil, err
	}
	defer p.stop()
	dry := map[string]any{"model": model, "params": map[string]any{"prompt": "a lighthouse"}, "dry_run": true}
	answer, err := p.call("run_model", dry) // it fetches the schema
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(answer, []byte(`"certainty"`)) {
		return nil, fmt.Errorf("no quote: %s", answer)
	}
	requests := b.sandbox.RequestCount("Tool/Detail")
	var runs, pings []time.Duration
	for range 2000 {
		start := time.Now()
		if _, err := p.call("run_model", dry); err != nil {
			return nil, err
		}
		runs = append(runs, time.Since(start))
		start = time.Now()
		if _, err := p.request("ping", map[string]any{}); err != nil {
			return nil, err
		}
		pings = append(pings, time.Since(start))
	}
	if b.sandbox.RequestCount("Tool/Detail") != requests {
		return nil, errors.New("the schema was not cached")
	}
	took := median(runs) - median(pings)
	return []row{{
		"check and quote, schema cached, with the answer", short(took), "0.2 ms", "a ping " + short(median(pings)), took <= 200*time.Microsecond,
	}}, nil
}

// stores measures what the store of stdio costs: nothing at the start, and little for a run.
func (b *bench) stores() ([]row, error) {
	const times = 20
	var starts [2][]time.Duration
	var sizes [2][]time.Duration // bytes, which have a median likewise
	for range times {
		for i, address := range []string{"memory", "file:" + b.state + "/measured"} {
			start := time.Now()
			p, err := b.start(b.binary, b.inside, "WIRO_STORE="+address)
			if err != nil {
				return nil, err
			}
			err = p.initialize()
			starts[i] = append(starts[i], time.Since(start))
			if err == nil {
				_, err = p.request("tools/list", map[string]any{})
			}
			size, readErr := p.memory("VmRSS")
			sizes[i] = append(sizes[i], time.Duration(size))
			p.stop()
			if err != nil {
				return nil, err
			}
			if readErr != nil {
				return nil, readErr
			}
		}
	}
	s, err := store.Open("file:"+b.state+"/runs", store.Options{})
	if err != nil {
		return nil, err
	}
	defer s.Close() //nolint:errcheck // the folder goes, too
	var runs []time.Duration
	for i := range 200 {
		start := time.Now()
		if err := oneRun(b.ctx, s, i); err != nil {
			return nil, err
		}
		runs = append(runs, time.Since(start))
	}
	added := median(starts[1]) - median(starts[0])
	grown := max(0, median(sizes[1])-median(sizes[0]))
	return []row{
		{"store in a folder: added to the start", short(added), "0.5 ms", "in memory " + short(median(starts[0])), added <= 500*time.Microsecond},
		{"store in a folder: memory until it is used", humanize.IBytes(uint64(grown)), "1 MB", "", grown <= 1<<20}, //nolint:gosec // not below 0
		{"store in a folder: a run, from begin to delivery", short(median(runs)), "5 ms", "", median(runs) <= 5*time.Millisecond},
	}, nil
}

// oneRun takes a run through the store.
func oneRun(ctx context.Context, s *store.Store, n int) error {
	run, err := s.Begin(ctx, store.Call{Caller: store.Caller{Key: "bench"}, Model: model, Params: map[string]any{"prompt": n}}, false)
	if err != nil {
		return err
	}
	if err := run.Submitted(ctx, "1", "token"); err != nil {
		return err
	}
	_, err = run.Deliver(ctx, nil)
	return err
}
