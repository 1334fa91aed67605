package emulator

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// A topic is what sockets register for by token: a task, or a message of an agent. Events
// of one topic reach every socket in the order they were published. Nothing is replayed.
type topic struct {
	token string
	// receive, where set, takes what a registered client sends: binary frames and
	// messages that concern this token. It must not block for long.
	receive func(inbound)
	// abandoned, where set, is told that the last socket has gone.
	abandoned func()
	// refuse closes every socket that registers.
	refuse bool

	forgotten atomic.Bool // by the hub

	mu      sync.Mutex
	sockets map[*socket]struct{}
	joined  int           // registrations so far
	changed chan struct{} // closed at the next registration; nil while nobody waits
}

// inbound is what a client sent about a token: a typed message, or audio.
type inbound struct {
	kind  string // "task_session_end"; empty for audio
	audio []byte
}

// publish sends one text event. build is called at most once, and only if somebody listens.
func (t *topic) publish(build func() []byte) {
	t.send(websocket.TextMessage, build)
}

// publishBinary sends one binary frame.
func (t *topic) publishBinary(frame []byte) {
	t.send(websocket.BinaryMessage, func() []byte { return frame })
}

func (t *topic) send(kind int, build func() []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sockets) == 0 {
		return
	}
	data := build()
	for s := range t.sockets {
		s.write(kind, data)
	}
}

// drop closes, abruptly, every socket that follows the topic.
func (t *topic) drop() {
	t.mu.Lock()
	sockets := make([]*socket, 0, len(t.sockets))
	for s := range t.sockets {
		sockets = append(sockets, s)
	}
	t.mu.Unlock()
	for _, s := range sockets {
		s.abort()
	}
}

func (t *topic) join(s *socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sockets == nil {
		t.sockets = map[*socket]struct{}{}
	}
	t.sockets[s] = struct{}{}
	t.joined++
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

func (t *topic) leave(s *socket) {
	t.mu.Lock()
	delete(t.sockets, s)
	empty := len(t.sockets) == 0
	t.mu.Unlock()
	if empty && t.abandoned != nil {
		t.abandoned()
	}
}

// followed reports whether a socket has ever registered, and a channel that closes at the
// next registration.
func (t *topic) followed() (bool, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return t.joined > 0, t.changed
}

// awaitFollower waits until a socket has registered.
func (t *topic) awaitFollower(ctx context.Context) error {
	for {
		yes, changed := t.followed()
		if yes {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Subscribed waits until a socket has registered for a token, or returns ctx's error. A
// token that was never handed out is an error at once.
func (s *base) Subscribed(ctx context.Context, token string) error {
	t := s.hub.topic(token)
	if t == nil {
		return fmt.Errorf("emulator: no topic %q", token)
	}
	return t.awaitFollower(ctx)
}
