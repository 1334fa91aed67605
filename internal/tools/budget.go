package tools

import (
	"context"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// reservation is what a run in flight may cost, set aside under the caller's cap. A nil one
// reserves nothing.
type reservation struct{}

// reserve holds a run against the caps. A charge needs a confirmation; an error is a run over
// a cap, or a store that is down.
func (c *Call) reserve(context.Context, plannedRun, modelRun) (*reservation, *mcptool.Charge, error) {
	return nil, nil, nil
}

// bind names the task of a run, so that any tool that reads its record can settle it.
func (r *reservation) bind(context.Context, wiro.Submission) {}

// settle replaces the reservation by what the task's record says.
func (r *reservation) settle(context.Context, wiro.Task) {}

// release gives back what a run did not need: it was not submitted.
func (r *reservation) release(context.Context) {}
