package main

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	logHeldFor = 20 * time.Millisecond
	maxLogHeld = 16 << 10 // bytes
)

// heldLog holds the lines of a log back for a moment: the thousands that a hosted server writes
// in a second take a few writes. A warning goes out at once, with what was held before it.
type heldLog struct {
	out io.Writer

	mu     sync.Mutex
	lines  []byte
	timer  *time.Timer // writes them
	closed bool        // nothing is held any more
	failed error       // of a write that the timer began; the next line returns it
}

// Write takes a line of no level.
func (h *heldLog) Write(line []byte) (int, error) { return h.WriteLevel(zerolog.NoLevel, line) }

// WriteLevel implements zerolog.LevelWriter.
func (h *heldLog) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, line...)
	failed := h.failed
	h.failed = nil
	if h.closed || level > zerolog.InfoLevel || len(h.lines) >= maxLogHeld {
		return len(line), errors.Join(failed, h.write())
	}
	if h.timer == nil {
		h.timer = time.AfterFunc(logHeldFor, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.failed = h.write()
		})
	}
	return len(line), failed
}

// Close writes what is held, and lets what follows through.
func (h *heldLog) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	return errors.Join(h.failed, h.write())
}

// write writes what is held. The caller holds the lock.
func (h *heldLog) write() error {
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	if len(h.lines) == 0 {
		return nil
	}
	_, err := h.out.Write(h.lines)
	h.lines = h.lines[:0]
	return err
}
