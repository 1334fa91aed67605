package tools

import (
	"context"
	"errors"
	"fmt"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// submit sends a request that must not be sent twice, and waits for its answer no longer than
// the call's time, with progress. Operation is the endpoint: it says where to look whether a
// request took effect whose answer did not come.
func submit[T any](ctx context.Context, c *Call, operation string, timeout *float64, send func(context.Context) (T, error)) (T, error) {
	value, err := mcptool.Submit(ctx, c.Call, timeout, send)
	switch {
	case err == nil:
	case errors.Is(err, mcptool.ErrNoAnswer):
		err = fmt.Errorf("%w: %s: %w", wiro.ErrUnknownOutcome, operation, err)
	case errors.Is(err, wiro.ErrUnknownOutcome):
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		err = mcptool.Problemf("The call was stopped before anything was sent to Wiro: nothing was done or charged.")
	}
	return value, err
}

// submitDone is submit for a request that answers with nothing but a yes.
func submitDone(ctx context.Context, c *Call, operation string, send func(context.Context) error) error {
	_, err := submit(ctx, c, operation, nil, func(ctx context.Context) (struct{}, error) { return struct{}{}, send(ctx) })
	return err
}
