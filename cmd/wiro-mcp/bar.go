package main

import (
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
)

// bar shows a call's progress on a terminal, from its first news on.
type bar struct {
	out     io.Writer
	mu      sync.Mutex
	all     *mpb.Progress
	one     *mpb.Bar
	message string
}

const barWhole = 1000 // steps of a bar: a tenth of a percent each

func newBar(out io.Writer) *bar { return &bar{out: out} }

func (b *bar) report(progress, total float64, message string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.message = plaintext.Line(plaintext.Terminal(message))
	if b.all == nil {
		b.all = mpb.New(mpb.WithOutput(b.out), mpb.WithWidth(30), mpb.WithRefreshRate(120*time.Millisecond))
		b.one = b.all.AddBar(barWhole,
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Elapsed(decor.ET_STYLE_GO)),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
				b.mu.Lock()
				defer b.mu.Unlock()
				return b.message
			})),
		)
	}
	if total > 0 {
		b.one.SetCurrent(min(int64(progress/total*barWhole), barWhole-1))
	}
}

// done takes the bar away.
func (b *bar) done() {
	b.mu.Lock()
	all, one := b.all, b.one
	b.mu.Unlock()
	if all != nil {
		one.Abort(true)
		all.Wait()
	}
}
