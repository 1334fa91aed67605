package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"

	"github.com/wiroai/wiro-mcp-go/internal/slots"
)

// Large responses are read and decoded a few at a time: however many callers there are, and
// whatever Wiro sends, they take a bounded amount of memory and leave a processor to the others.
// Small ones never wait.
const (
	smallResponse  = 64 << 10 // bytes
	mediumResponse = 1 << 20
	mediumAtOnce   = 8
	maxValues      = 500_000 // of a response; prose of 16 MB has fewer commas
)

var largeAtOnce = min(2, max(1, runtime.GOMAXPROCS(0)/2))

// rooms are the places for responses that are not small.
type rooms struct{ medium, large *slots.Pool }

func newRooms() rooms {
	return rooms{slots.New(mediumAtOnce, mediumAtOnce/2), slots.New(largeAtOnce, largeAtOnce)}
}

// room is what one call holds of them.
type room struct {
	rooms
	held   []func()
	cpu    func() // nil while it computes nothing that takes long
	reader reader // of the attempt under way
}

type roomKey struct{}

// WithRoom returns a context for Exec, and a function to call once the response is decoded.
func (t *Transport) WithRoom(ctx context.Context) (context.Context, func()) {
	r := &room{rooms: t.rooms}
	return context.WithValue(ctx, roomKey{}, r), r.leave
}

// roomOf returns the room of a call; nil if it has none.
func roomOf(ctx context.Context) *room {
	r, _ := ctx.Value(roomKey{}).(*room)
	return r
}

// leave gives all places back.
func (r *room) leave() {
	if r == nil {
		return
	}
	r.rest()
	for _, release := range r.held {
		release()
	}
	r.held = nil
}

var errNoRoom = errors.New("too many large responses at once")

// forSize waits for a place if a response of this size needs one that the call does not hold.
func (r *room) forSize(ctx context.Context, size int) error {
	for i, pool := range []*slots.Pool{r.medium, r.large} {
		if size <= []int{smallResponse, mediumResponse}[i] {
			return nil
		}
		if len(r.held) > i {
			continue
		}
		release, err := pool.Acquire(ctx)
		if err != nil {
			return errors.Join(errNoRoom, err)
		}
		r.held = append(r.held, release)
	}
	return nil
}

// compute waits until the call may compute.
func (r *room) compute(ctx context.Context) (err error) {
	if r.cpu, err = slots.CPU().Acquire(ctx); err != nil {
		r.cpu = nil
		return errors.Join(errNoRoom, err)
	}
	return nil
}

// rest lets others compute.
func (r *room) rest() {
	if r.cpu != nil {
		r.cpu()
		r.cpu = nil
	}
}

// reader is a response's body that waits for its places before it goes on: what is read of a
// response that is not small is looked at and decoded in the call's turn.
type reader struct {
	body io.Reader
	ctx  context.Context //nolint:containedctx // of the request
	room *room
	read int

	values int // about how many it holds
}

// roomed returns the body of a response, which takes the places that it needs.
func roomed(ctx context.Context, body io.Reader) io.Reader {
	if r := roomOf(ctx); r != nil {
		r.reader = reader{body: body, ctx: ctx, room: r}
		return &r.reader
	}
	return body
}

func (r *reader) Read(p []byte) (int, error) {
	r.room.rest()
	if err := r.room.forSize(r.ctx, r.read); err != nil {
		return 0, err
	}
	n, err := r.body.Read(p)
	if r.read += n; r.read > smallResponse {
		if err := r.room.compute(r.ctx); err != nil {
			return 0, err
		}
	}
	if r.values += bytes.Count(p[:n], []byte(",")); r.values > maxValues {
		return n, errTooLarge
	}
	return n, err
}
