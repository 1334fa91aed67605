package wiro

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// exec sends a request and returns the envelope of a success. It is the only way to Wiro's
// endpoints, and the only place where errors of the wire become errors of this package.
//
// A non-idempotent request that was begun to be written is brought to its end even if ctx ends:
// see wire.Transport.Exec and exchange.
func (c *Client) exec(ctx context.Context, op wire.Operation, body wire.Body) ([]byte, error) {
	if !isHeaderValue(c.team) {
		return nil, &InputError{Field: "teamguid", Reason: "must be the guid of a team, without spaces or control characters"}
	}
	response, err := c.shared.transport.Exec(ctx, c.caller(), op, body)
	if err != nil {
		return nil, publicError(op, err)
	}
	if c.accepted != nil && c.credentials.Set() {
		c.accepted()
	}
	return response, nil
}

const maxGUID = 200 // bytes

// isHeaderValue reports whether an id can be sent in a header.
func isHeaderValue(id string) bool {
	return len(id) <= maxGUID && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (c *Client) caller() wire.Caller {
	return wire.Caller{Key: c.credentials.Key.Reveal(), Secret: c.credentials.Secret.Reveal(), Team: c.team, Redact: c.redact}
}

// call sends a JSON request, {} if it is nil, and decodes the response.
func call[T any](ctx context.Context, c *Client, op wire.Operation, request any) (T, error) {
	var response T
	if request == nil {
		request = struct{}{}
	}
	data, err := json.Marshal(request)
	if err != nil {
		return response, fmt.Errorf("%s: encoding the request: %w", op.Path, err)
	}
	return callBody[T](ctx, c, op, wire.JSON(data))
}

// callForm is call with a multipart form.
func callForm[T any](ctx context.Context, c *Client, op wire.Operation, form []wire.Field) (T, error) {
	return callBody[T](ctx, c, op, wire.Form(form))
}

func callBody[T any](ctx context.Context, c *Client, op wire.Operation, body wire.Body) (T, error) {
	var response T
	ctx, decoded := c.shared.transport.WithRoom(ctx)
	defer decoded()
	data, err := c.exec(ctx, op, body)
	if err != nil {
		return response, err
	}
	if err := wire.Decode(data, &response); err != nil {
		return response, c.invalidResponse(op, "does not have the documented shape: "+err.Error(), data)
	}
	return response, nil
}

// do is call for an endpoint that answers yes or no and nothing else. A response that does not
// say whether it was done is an error.
func do(ctx context.Context, c *Client, op wire.Operation, request any) error {
	response, err := call[struct {
		Result *bool `json:"result"`
	}](ctx, c, op, request)
	if err == nil && response.Result == nil {
		err = c.invalidResponse(op, "does not say whether it was done", nil)
	}
	return err
}

// invalidResponse is the error for a success that lacks what was asked for.
func (c *Client) invalidResponse(op wire.Operation, problem string, data []byte) error {
	return unknownOutcome(op, &ResponseError{
		Operation: op.Path, HTTPStatus: http.StatusOK, Problem: problem, Start: wire.Snippet(op, c.caller(), data),
	})
}

// exchange is a call that goes on by itself: its outcome can be waited for, given up, and
// asked for again.
type exchange[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// begin runs a call in a goroutine of its own.
func begin[T any](call func() (T, error)) *exchange[T] {
	e := &exchange[T]{done: make(chan struct{})}
	go func() {
		defer close(e.done)
		e.value, e.err = call()
	}()
	return e
}

// wait returns the outcome, or ctx's error if that ends first; the call goes on then.
func (e *exchange[T]) wait(ctx context.Context) (T, error) {
	select {
	case <-e.done:
		return e.value, e.err
	default:
	}
	select {
	case <-e.done:
		return e.value, e.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// require refuses a blank value that an endpoint cannot do without.
func require(field, value string) error {
	if strings.TrimSpace(value) == "" {
		return &InputError{Field: field, Reason: "must be given"}
	}
	return nil
}

// requireAll is require for pairs of a field and its value.
func requireAll(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := require(pairs[i], pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// notFound is the error for a success that leaves out the one thing that was asked for.
func notFound(op wire.Operation, what string) error {
	return newAPIError(op.Path, http.StatusOK, CodeNotFound, "There is no such "+what)
}
