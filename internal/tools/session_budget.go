package tools

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// SessionBudget holds a realtime session that no tool runs against the limits of cost. The zero
// value limits nothing.
type SessionBudget struct {
	// Most is what the session may cost in USD; nil if there is no limit.
	Most *float64

	reserved *reservation
}

// NewSessionBudget sets one turn of a session with the model aside. The error says over which limit
// that is, or why the limit cannot be kept.
func NewSessionBudget(ctx context.Context, client *wiro.Client, st *store.Store, limits mcptool.SpendingLimits, model wiro.Model, log zerolog.Logger) (*SessionBudget, error) {
	if limits.PerRun == nil && limits.PerDay == nil {
		return &SessionBudget{}, nil
	}
	recalled, _ := lru.New[string, struct{}](1) // fails for a negative size only
	c := &Call{Call: &mcptool.Call{}, Wiro: client, Store: st, limits: limits, recalled: recalled, log: log}
	today, err := c.readDay(ctx)
	if err != nil {
		return nil, err
	}
	turn := quoteModel(model, paramsSchema(model)).Quote(quote.Input{Turns: 1})
	plan := plannedRun{Slug: model.Slug(), Quote: &turn}
	if _, over := plan.against(limits, today); over != nil {
		return nil, fmt.Errorf("%s was not run: a turn costs %s, %s Nothing was started or charged", plan.Slug, turn.String(), over)
	}
	b := &SessionBudget{Most: limits.PerRun}
	if today == nil {
		return b, nil
	}
	left := today.left()
	b.Most = mcptool.SpendingLimits{PerRun: b.Most}.Narrow(mcptool.SpendingLimits{PerRun: &left}).PerRun
	usd, _ := turn.Reserve()
	b.reserved = &reservation{c, rand.Text()}
	err = c.Store.Reserve(ctx, c.spender(), b.reserved.name, min(usd, left), today.LimitUSD)
	if full, ok := errors.AsType[*store.OverLimitError](err); ok { // another run was quicker
		return nil, fmt.Errorf("%s was not run: %w. Nothing was started or charged", plan.Slug, full)
	}
	if err != nil {
		return nil, storeDown(err)
	}
	return b, nil
}

// Started names the session's task, or gives back what was set aside if err says that there is none.
func (b *SessionBudget) Started(ctx context.Context, s wiro.Submission, err error) {
	switch {
	case err == nil:
		b.reserved.bind(ctx, s)
	case reasonOf(err) != unknownOutcome:
		b.reserved.release(ctx)
	}
}

// Ended counts what the record of the session says was charged.
func (b *SessionBudget) Ended(ctx context.Context, task wiro.Task) {
	if b.reserved == nil {
		return
	}
	b.reserved.settle(ctx, task)
	b.reserved.call.recordCosts(ctx, task)
}
