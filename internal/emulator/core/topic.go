package core

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// A Topic is what sockets register for by token: a task, or a message of an agent. Events
// of one topic reach every socket in the order they were published. Nothing is replayed.
type Topic struct {
	Token string
	// receive, where set, takes what a registered client sends: binary frames and
	// messages that concern this token. It must not block for long. A refusal is told.
	Receive func(Inbound) (refusal string)
	// abandoned, where set, is told that the last socket has gone.
	Abandoned func()
	// refuse closes every socket that registers.
	Refuse bool

	forgotten atomic.Bool // by the hub

	mu      sync.Mutex
	sockets map[*Socket]struct{}
	joined  int    // registrations so far
	changed Signal // raised at each registration
}

// Inbound is what a client sent about a token: a typed message, or audio.
type Inbound struct {
	Kind  string // "task_session_end" or "task_session_interrupt"; empty for audio
	Audio []byte
}

// Publish sends one text event. build is called at most once, and only if somebody listens.
func (t *Topic) Publish(build func() []byte) {
	t.send(build, outbound{kind: websocket.TextMessage})
}

// PublishBinary sends one binary message, in several frames of WebSocket if it is long and
// fragments says so.
func (t *Topic) PublishBinary(message []byte, fragments bool) {
	t.send(func() []byte { return message }, outbound{kind: websocket.BinaryMessage, fragments: fragments})
}

// AwaitRoom waits until no socket has more than so many bytes left to write.
func (t *Topic) AwaitRoom(ctx context.Context, most int) {
	for _, s := range t.followers() {
		s.awaitRoom(ctx, most)
	}
}

// HasFollowers reports whether a socket is registered.
func (t *Topic) HasFollowers() bool { return len(t.followers()) > 0 }

func (t *Topic) followers() []*Socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Keys(t.sockets))
}

func (t *Topic) send(build func() []byte, out outbound) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sockets) == 0 {
		return
	}
	out.data = build()
	for s := range t.sockets {
		s.write(out)
	}
}

// Drop closes, abruptly, every socket that follows the topic.
func (t *Topic) Drop() {
	for _, s := range t.followers() {
		s.abort()
	}
}

func (t *Topic) join(s *Socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sockets == nil {
		t.sockets = map[*Socket]struct{}{}
	}
	t.sockets[s] = struct{}{}
	t.joined++
	t.changed.Raise()
}

func (t *Topic) leave(s *Socket) {
	t.mu.Lock()
	delete(t.sockets, s)
	empty := len(t.sockets) == 0
	t.mu.Unlock()
	if empty && t.Abandoned != nil {
		t.Abandoned()
	}
}

// AwaitFollower waits until a socket has registered.
func (t *Topic) AwaitFollower(ctx context.Context) error {
	return t.changed.Await(ctx, &t.mu, func() (bool, error) { return t.joined > 0, nil })
}

// Subscribed waits until a socket has registered for a token, or returns ctx's error. A
// token that was never handed out is an error at once.
func (s *Server) Subscribed(ctx context.Context, token string) error {
	t := s.Hub.topic(token)
	if t == nil {
		return fmt.Errorf("emulator: no topic %q", token)
	}
	return t.AwaitFollower(ctx)
}

// Publish sends a text frame to every socket that has registered for a token, as if it were
// an event of Wiro. It reports whether the token was ever handed out.
func (s *Server) Publish(token, frame string) bool {
	t := s.Hub.topic(token)
	if t == nil {
		return false
	}
	t.Publish(func() []byte { return []byte(frame) })
	return true
}
