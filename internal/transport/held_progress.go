package transport

import (
	"sync"
	"time"
)

// progressHold is how long a progress notification is held back. Clients close the connection
// on one that arrives together with the result, so the result replaces what is held.
const progressHold = 100 * time.Millisecond

// heldProgress sends the progress of one call, each notification after progressHold, and drops
// what is held when the call ends.
type heldProgress struct {
	write func([]byte) // progress, which may be lost
	keep  func([]byte) // anything else

	mu    sync.Mutex
	held  [][]byte
	sent  bool // whether any was written
	ended bool
}

// notify is a mcptool.Notifier.
func (p *heldProgress) notify(method string, params map[string]any) {
	data, err := notification(method, params)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ended:
	case method != "notifications/progress":
		p.keep(data)
	default:
		p.held = append(p.held, data)
		time.AfterFunc(progressHold, p.send)
	}
}

// send writes the oldest notification that is held.
func (p *heldProgress) send() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || len(p.held) == 0 {
		return
	}
	p.write(p.held[0])
	p.held, p.sent = p.held[1:], true
}

// end drops what is held, and reports whether any was sent before. Nothing is written after it
// returns.
func (p *heldProgress) end() (sent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended, p.held = true, nil
	return p.sent
}
