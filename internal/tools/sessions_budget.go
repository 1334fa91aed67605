package tools

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"

	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/money"
	"github.com/wiroai/wiro-mcp-go/internal/params"
	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// SessionBudget is what a realtime session may cost whose sound is still to be spoken, so that its
// length and price are not known before. The zero value has no limit.
type SessionBudget struct {
	MaxCost    *float64 // USD, see realtime.Talk; nil if there is no limit
	MaxSeconds float64  // instead, of models that charge for the length of the sound: how much may be sent; else 0

	reserved *reservation
}

// OpenSessionBudget holds a session against the limits: the first turn, second or text must fit,
// and what the session may cost is set aside under the limit per day. An error says that the
// session must not be started. The store may be nil if there is no limit per day.
func OpenSessionBudget(ctx context.Context, client *wiro.Client, s *store.Store, limits mcptool.SpendingLimits, model wiro.Model, p wiro.Params, log zerolog.Logger) (SessionBudget, error) {
	if limits.PerRun == nil && limits.PerDay == nil {
		return SessionBudget{}, nil
	}
	c := &Call{Call: &mcptool.Call{}, Wiro: client, Store: s, limits: limits, log: log}
	plan := plannedRun{Slug: model.Slug(), Kind: realtime.KindOf(model), Params: p, price: quoteModel(model, params.Schema{})}
	in := plan.quoted()
	if plan.Kind.Hears() {
		in.AudioSeconds, in.Turns = 1, 1
	}
	q := plan.price.Quote(in)
	plan.Quote = &q
	today, err := c.readDay(ctx)
	if err != nil {
		return SessionBudget{}, err
	}
	most := math.Inf(1)
	if limits.PerRun != nil {
		most = *limits.PerRun
	}
	if today != nil {
		most = min(most, today.left())
	}
	switch verdict, over := plan.against(limits, today); {
	case verdict == quote.Over:
		return SessionBudget{}, mcptool.Problemf("%s was not run: it would cost %s, %s Nothing was started or charged.", plan.Slug, q, over)
	case q.USD == nil, verdict == quote.Unclear && (*q.USD > most || !plan.Kind.Hears()):
		return SessionBudget{}, mcptool.Problemf("%s was not run: what it would cost (%s) is not known well enough to keep the limit of $%s. "+
			"Nothing was started or charged. Raise the limit, or lift it.", plan.Slug, q, money.USD(most))
	}
	b := SessionBudget{MaxCost: &most}
	usd := most
	switch {
	case !plan.Kind.Hears():
		usd, _ = q.Reserve()
	default:
		twice := plan.price.Quote(quote.Input{Params: p, AudioSeconds: 2, Turns: 1})
		if twice.USD != nil && *twice.USD > *q.USD { // the price is that of the length
			b.MaxCost, b.MaxSeconds = nil, most / *q.USD
		}
	}
	if today == nil {
		return b, nil
	}
	b.reserved = &reservation{c, rand.Text(), usd}
	if err := s.Reserve(ctx, c.spender(), b.reserved.name, usd, today.LimitUSD); err != nil {
		return SessionBudget{}, fmt.Errorf("the limit per day: %w", storeDown(err))
	}
	return b, nil
}

// Bind ties what was set aside to the task of the session.
func (b SessionBudget) Bind(ctx context.Context, s wiro.Submission) { b.reserved.bind(ctx, s) }

// Release gives back what was set aside for a session that Wiro refused.
func (b SessionBudget) Release(ctx context.Context) { b.reserved.release(ctx) }

// Settle replaces what was set aside by what the record says, once the session is over.
func (b SessionBudget) Settle(ctx context.Context, task wiro.Task) { b.reserved.settle(ctx, task) }
