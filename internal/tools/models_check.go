package tools

import (
	"context"

	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// plannedRun is a run that was checked and quoted, and not submitted yet.
type plannedRun struct {
	Slug     wiro.Slug
	Model    *wiro.Model // nil if its schema cannot be had
	Params   wiro.Params // as they are sent
	Warnings []string    // what was read differently from what was given
	Quote    *quote.Quote
}

// planRun checks the params of a run and quotes it. The error names all faults.
func (c *Call) planRun(_ context.Context, in modelRun) (plannedRun, error) {
	slug, err := wiro.ParseSlug(in.Model)
	return plannedRun{Slug: slug, Params: in.Params}, err
}

// dryRun is the result of a run that was only checked and quoted.
func (c *Call) dryRun(plan plannedRun, _ modelRun) TaskResult {
	return TaskResult{State: stateDryRun, Outputs: []OutputInfo{}, Quote: plan.Quote, Warnings: plan.Warnings, Params: plan.Params}
}
