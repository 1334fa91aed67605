package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
)

// Large responses are read and decoded a few at a time: however many callers there are, and
// whatever Wiro sends, they take a bounded amount of memory. Small ones never wait.
const (
	smallResponse  = 64 << 10 // bytes
	mediumResponse = 1 << 20
	mediumAtOnce   = 8
	maxValues      = 500_000 // of a response; prose of 16 MB has fewer commas
)

// largeAtOnce is small for the memory, and leaves a processor to the small ones.
var largeAtOnce = min(2, max(1, runtime.GOMAXPROCS(0)/2))

// rooms are the places for responses that are not small.
type rooms struct{ medium, large chan struct{} }

func newRooms() rooms {
	return rooms{make(chan struct{}, mediumAtOnce), make(chan struct{}, largeAtOnce)}
}

// room is what one call holds of them.
type room struct {
	rooms
	held []chan struct{}
}

type roomKey struct{}

// WithRoom returns a context for Exec, and a function to call once the response is decoded.
func (t *Transport) WithRoom(ctx context.Context) (context.Context, func()) {
	r := &room{rooms: t.rooms}
	return context.WithValue(ctx, roomKey{}, r), func() {
		for _, places := range r.held {
			<-places
		}
		r.held = nil
	}
}

var errNoRoom = errors.New("too many large responses at once")

// forSize waits for a place if a response of this size needs one that the call does not hold.
func (r *room) forSize(ctx context.Context, size int) error {
	if r == nil {
		return nil
	}
	for i, places := range []chan struct{}{r.medium, r.large} {
		if size <= []int{smallResponse, mediumResponse}[i] {
			return nil
		}
		if len(r.held) > i {
			continue
		}
		select {
		case places <- struct{}{}:
			r.held = append(r.held, places)
		case <-ctx.Done():
			return errors.Join(errNoRoom, ctx.Err())
		}
	}
	return nil
}

// reader is a response's body that waits for a place before it goes on.
type reader struct {
	body io.Reader
	ctx  context.Context //nolint:containedctx // of the request
	room *room
	read int

	values int // about how many it holds
}

// roomed returns the body of a response, which takes the places that it needs.
func roomed(response *http.Response) io.Reader {
	ctx := response.Request.Context()
	r, _ := ctx.Value(roomKey{}).(*room)
	return &reader{body: response.Body, ctx: ctx, room: r}
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.room.forSize(r.ctx, r.read); err != nil {
		return 0, err
	}
	if r.read > smallResponse {
		runtime.Gosched() // small responses need the processor for a moment only
	}
	n, err := r.body.Read(p)
	r.read += n
	if r.values += bytes.Count(p[:n], []byte(",")); r.values > maxValues {
		return n, errTooLarge
	}
	return n, err
}
