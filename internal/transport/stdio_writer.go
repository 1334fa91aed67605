package transport

import (
	"bytes"
	"context"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

const (
	maxUnread  = 8 << 20  // bytes that wait for the client, from which on no more is begun
	maxPending = 32 << 20 // bytes that wait for the client, from which on notifications are dropped
)

// lineWriter writes messages, a line each, in their order. Whoever finds nobody writing writes
// what is there, so that a message takes no goroutine of its own while the client reads.
type lineWriter struct {
	w   io.Writer
	log zerolog.Logger

	mu      sync.Mutex
	writing bool
	queue   []queuedLine
	size    int           // bytes of the queue
	waiting int           // calls of awaitRead
	drained chan struct{} // closed once less than maxUnread waits; nil while less does
}

type queuedLine struct {
	data    []byte
	written func()
}

// write queues a message and writes what waits, unless another call is writing. An error means
// that the client is gone, which the end of the input says, too.
func (w *lineWriter) write(data []byte) { w.put(data, nil, false) }

// notify is write for a message that may be lost, and is if too much waits, or if an answer waits
// for the client to read what is there.
func (w *lineWriter) notify(data []byte) {
	w.mu.Lock()
	full := w.size > maxPending || w.waiting > 0
	w.mu.Unlock()
	if !full {
		w.put(data, nil, true)
	}
}

// send is write for those who must not wait. written is called in the end.
func (w *lineWriter) send(data []byte, written func()) { w.put(data, written, true) }

func (w *lineWriter) put(data []byte, written func(), background bool) {
	line := append(bytes.TrimRight(data, "\n"), '\n')
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, queuedLine{line, written})
	if w.size += len(line); w.size > maxUnread && w.drained == nil {
		w.drained = make(chan struct{})
	}
	switch {
	case w.writing:
	case background:
		w.writing = true
		go func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.flush()
		}()
	default:
		w.writing = true
		w.flush()
	}
}

// flush writes until nothing waits. The caller holds the mutex.
func (w *lineWriter) flush() {
	for len(w.queue) > 0 {
		next := w.queue[0]
		w.queue[0] = queuedLine{}
		w.queue = w.queue[1:]
		w.mu.Unlock()
		if _, err := w.w.Write(next.data); err != nil {
			w.log.Debug().Err(err).Msg("an answer could not be written")
		}
		if next.written != nil {
			next.written()
		}
		w.mu.Lock()
		if w.size -= len(next.data); w.size <= maxUnread && w.drained != nil {
			close(w.drained)
			w.drained = nil
		}
	}
	w.queue, w.writing = nil, false
}

// ready waits until the client has read enough for something new to begin, or until ctx ends.
func (w *lineWriter) ready(ctx context.Context) {
	w.mu.Lock()
	drained := w.drained
	w.mu.Unlock()
	if drained == nil {
		return
	}
	select {
	case <-drained:
	case <-ctx.Done():
	}
}

// awaitRead waits until the client has read everything that was written, or until ctx ends. It
// returns at once where the system does not tell.
func (w *lineWriter) awaitRead(ctx context.Context) {
	out, ok := w.w.(syscall.Conn)
	if !ok {
		return
	}
	connection, err := out.SyscallConn()
	if err != nil {
		return
	}
	pause := time.Millisecond
	w.mu.Lock()
	w.waiting++
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.waiting--
		w.mu.Unlock()
	}()
	for {
		w.mu.Lock()
		waits := w.writing
		w.mu.Unlock()
		if !waits && !hasUnread(connection) {
			return
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, 20*time.Millisecond)
		case <-ctx.Done():
			return
		}
	}
}
