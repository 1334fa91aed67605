package main

import (
	"context"
	"time"
)

// parentInterval is how often a process looks for its parent.
const parentInterval = 3 * time.Second

// withParent returns a context that ends once the parent process is gone. A client that is
// killed closes its end of stdin; but another process may have inherited that end and hold it
// open. A process that has lost its parent before it starts lives on.
func withParent(ctx context.Context, parent func() int, every time.Duration) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	first, done := parent(), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if parent() != first {
					cancel()
				}
			}
		}
	}()
	return ctx, func() {
		cancel()
		<-done
	}
}
