package tools

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/money"
	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// DaySpending is what a caller spent today (UTC) under a limit per day.
type DaySpending struct {
	SpentUSD    float64 `json:"spentUsd"`    // by the records of tasks
	ReservedUSD float64 `json:"reservedUsd"` // quotes of runs that are not over
	LimitUSD    float64 `json:"limitUsd"`
}

// ParseUSD reads a limit of cost, "0.5" or "$0.5". The error says what is right.
func ParseUSD(text string) (float64, error) {
	usd, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(text), "$"), 64)
	if err != nil || !(usd >= 0) || math.IsInf(usd, 0) {
		return 0, fmt.Errorf("%.20q must be an amount in USD, such as 0.5, or 0 to refuse every paid run", text)
	}
	return usd, nil
}

// left is what may still be spent today.
func (d *DaySpending) left() float64 { return max(0, d.LimitUSD-d.SpentUSD-d.ReservedUSD) }

// String is "$0.36 of $1.00 spent today".
func (d *DaySpending) String() string {
	text := fmt.Sprintf("$%s of $%s spent today", money.USD(d.SpentUSD), money.USD(d.LimitUSD))
	if d.ReservedUSD > 0 {
		text += fmt.Sprintf(", $%s reserved for runs in flight", money.USD(d.ReservedUSD))
	}
	return text
}

// spender is who spends, for the store. The key alone tells spenders apart: another secret
// beside it does not begin a new day.
func (c *Call) spender() store.Caller {
	return store.Caller{BaseURL: c.Wiro.BaseURL(), Key: c.Wiro.Fingerprint([]byte("wiro-mcp caller"))}
}

// reservation is what a run in flight may cost, set aside under the caller's limit per day. A
// nil one reserves nothing.
type reservation struct {
	call *Call
	name string
	usd  float64 // when it was made
}

// reserve holds a run against the limits and sets its quote aside. A charge needs a
// confirmation: once the user has agreed to it (Call.Charge), reserve goes through. An error is
// a run over a limit, which no confirmation lifts, or a store that is down.
func (c *Call) reserve(ctx context.Context, plan plannedRun, in modelRun) (*reservation, *mcptool.Charge, error) {
	limits := c.limits.Narrow(mcptool.SpendingLimits{PerRun: in.MaxCost})
	today, err := c.readDay(ctx)
	if err != nil {
		return nil, nil, err
	}
	verdict, over := plan.against(limits, today)
	agreed := false
	switch verdict {
	case quote.Over:
		return nil, nil, c.overProblem(plan, in, *over)
	case quote.Unclear:
		charge := plan.charge(limits)
		agreed = c.Charge != nil
		if !agreed {
			return nil, charge, nil
		}
	case quote.Within:
	}
	if today == nil {
		return nil, nil, nil
	}
	usd, _ := plan.Quote.Reserve()
	if agreed { // it may cost more than is left, which the user knows
		usd = min(usd, today.left())
	} else if plan.Kind.Hears() { // a conversation may take more turns than estimated: see costLimit
		usd = max(usd, min(2*usd, today.left()))
	}
	r := &reservation{c, rand.Text(), usd}
	err = c.Store.Reserve(ctx, c.spender(), r.name, usd, today.LimitUSD)
	if full, ok := errors.AsType[*store.OverLimitError](err); ok { // other runs were quicker
		return nil, nil, c.overProblem(plan, in, overLimit{limit: full.Left(), today: &DaySpending{full.Spent, full.Reserved, full.Limit}})
	}
	if err != nil {
		return nil, nil, storeDown(err)
	}
	return r, nil, nil
}

// readDay returns what was spent today; nil where there is no limit per day. An error is a
// store that is down: the limit cannot be kept then.
func (c *Call) readDay(ctx context.Context) (*DaySpending, error) {
	if c.limits.PerDay == nil {
		return nil, nil
	}
	if err := c.recallDay(ctx); err != nil {
		return nil, err
	}
	spending, err := c.Store.Spending(ctx, c.spender())
	if err != nil {
		return nil, storeDown(err)
	}
	return &DaySpending{spending.Spent, spending.Reserved, *c.limits.PerDay}, nil
}

const (
	recallPage  = 50
	recallPages = 20 // 1,000 tasks
)

// recallDay counts what the records of today's tasks say was charged, once for each caller and
// day. A store that was begun anew, such as one in memory, knows of none of them.
func (c *Call) recallDay(ctx context.Context) error {
	midnight := time.Now().UTC().Truncate(24 * time.Hour)
	caller := c.spender()
	name := []string{caller.BaseURL, caller.Key, midnight.Format(time.DateOnly)}
	recalled := func() (bool, error) {
		done, _, err := store.Load[bool](ctx, c.Store, "recalled", name...)
		return done, storeDown(err)
	}
	if done, err := recalled(); err != nil || done {
		return err
	}
	var today []wiro.Task
	for page := range recallPages {
		list, err := c.Wiro.Tasks.List(ctx, wiro.TaskQuery{Start: page * recallPage, Limit: recallPage})
		if err != nil {
			return notRecalled(err)
		}
		today = append(today, list.Tasks...)
		older := slices.ContainsFunc(list.Tasks, func(t wiro.Task) bool { at := madeAt(t); return !at.IsZero() && at.Before(midnight) })
		if len(list.Tasks) < recallPage || older {
			break
		}
	}
	// Another call may have recalled the day meanwhile, and its run may be in this list already.
	if done, err := recalled(); err != nil || done {
		return err
	}
	slices.Reverse(today) // the store forgets first which old tasks it counted
	err := c.countCosts(ctx, today...)
	if err == nil {
		err = store.Update(ctx, c.Store, 48*time.Hour, func(done *bool) bool { *done = true; return true }, "recalled", name...)
	}
	return storeDown(err)
}

// notRecalled refuses a run whose limit per day cannot be kept.
func notRecalled(err error) error {
	p := explain(err)
	if p == nil {
		return err
	}
	p.Text = "The limit per day cannot be checked, because today's tasks could not be read. Nothing was started or charged. " + p.Text
	return p
}

// madeAt is when a task was made, as far as its record says; zero if it does not.
func madeAt(t wiro.Task) time.Time {
	if t.CreatedAt.IsZero() {
		return t.StartedAt
	}
	return t.CreatedAt
}

// spentToday is readDay for what is shown only: nil too where the store is down.
func (c *Call) spentToday(ctx context.Context) *DaySpending {
	today, err := c.readDay(ctx)
	if err != nil {
		return nil
	}
	return today
}

func storeDown(err error) error {
	if !errors.Is(err, store.ErrUnavailable) {
		return err
	}
	return mcptool.Problemf("The limit per day cannot be checked, because the server's store is not available. Nothing was started or charged. Try again in a minute.")
}

// bind ties the reservation to its task, so that any tool that reads the task's record settles
// it.
func (r *reservation) bind(ctx context.Context, s wiro.Submission) {
	if r != nil {
		r.call.noted(ctx, r.call.Store.Bind(ctx, r.call.spender(), r.name, s.TaskID, s.Token)) // without it the quote stays reserved
	}
}

// settle replaces the reservation by what the task's record says was charged. A task that is
// not over, or whose record does not say, keeps its quote reserved.
func (r *reservation) settle(ctx context.Context, task wiro.Task) {
	if r == nil {
		return
	}
	if task.Over() && task.Cost != nil {
		_, err := r.call.Store.Settle(ctx, r.call.spender(), *task.Cost, r.name)
		r.call.noted(ctx, err)
	}
}

// release gives back what was set aside for a run that Wiro refused or never got.
func (r *reservation) release(ctx context.Context) {
	if r != nil {
		_, err := r.call.Store.Settle(ctx, r.call.spender(), 0, r.name)
		r.call.noted(ctx, err)
	}
}

// recordCosts counts what the records of tasks say was charged, under a limit per day: of runs
// that this server started and of all others with the same key. What cannot be counted now is
// counted when it is read again.
func (c *Call) recordCosts(ctx context.Context, tasks ...wiro.Task) {
	if c.limits.PerDay != nil {
		c.noted(ctx, c.countCosts(ctx, tasks...))
	}
}

func (c *Call) countCosts(ctx context.Context, tasks ...wiro.Task) error {
	for _, t := range tasks {
		var err error
		at := madeAt(t)
		switch {
		case !t.Over() || t.Cost == nil:
		case at.IsZero(): // only a reservation says on which day
			_, err = c.Store.Settle(ctx, c.spender(), *t.Cost, t.ID, t.Token)
		case time.Since(at) < 48*time.Hour:
			err = c.Store.Record(ctx, c.spender(), at, *t.Cost, t.ID, t.Token)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// overLimit is a limit that a run is over.
type overLimit struct {
	limit float64      // what the run may cost
	own   bool         // it is the caller's max_cost_usd
	today *DaySpending // of a limit per day
}

func (o overLimit) String() string {
	switch {
	case o.today != nil:
		return fmt.Sprintf("over the limit per day: $%s is left ($%s; the day ends at 00:00 UTC).",
			money.USD(o.limit), o.today.String()[1:])
	case o.own:
		return fmt.Sprintf("over max_cost_usd ($%s).", money.USD(o.limit))
	}
	return fmt.Sprintf("over the limit of $%s per run that is set for this connection.", money.USD(o.limit))
}

// against compares a run with the limits: over the first that it exceeds.
func (p plannedRun) against(limits mcptool.SpendingLimits, today *DaySpending) (quote.Verdict, *overLimit) {
	verdict := quote.Within
	var bounds []overLimit
	if limits.PerRun != nil {
		bounds = append(bounds, overLimit{limit: *limits.PerRun})
	}
	if today != nil {
		bounds = append(bounds, overLimit{limit: today.left(), today: today})
	}
	for _, bound := range bounds {
		one := p.Quote.Against(bound.limit)
		if one == quote.Unclear && bound.limit <= 0 { // 0 refuses all that may cost anything
			one = quote.Over
		}
		switch one {
		case quote.Over:
			return quote.Over, &bound
		case quote.Unclear:
			verdict = quote.Unclear
		case quote.Within:
		}
	}
	return verdict, nil
}

// charge is what the user is asked about where a run may cost more than a limit. It holds
// nothing that changes by itself, so that the same call is the same question.
func (p plannedRun) charge(limits mcptool.SpendingLimits) *mcptool.Charge {
	when := p.Quote.Basis
	if usd := p.Quote.USD; usd != nil {
		when = "about $" + money.USD(*usd) + ", " + when
	} else if low, high := p.Quote.MinUSD, p.Quote.MaxUSD; low != nil && high != nil {
		when = fmt.Sprintf("$%s to $%s, %s", money.USD(*low), money.USD(*high), when)
	}
	if limits.PerRun != nil {
		when += fmt.Sprintf("; the limit is $%s per run", money.USD(*limits.PerRun))
	}
	if limits.PerDay != nil {
		when += fmt.Sprintf("; the limit is $%s per day", money.USD(*limits.PerDay))
	}
	return &mcptool.Charge{What: "Running " + p.Slug.String(), Unknown: true, When: when}
}

// refusal is what helps where a run is over a limit.
type refusal struct {
	cheaper string
	next    *mcptool.NextAction
}

// refuseOver says what would be cheaper, and how to run it.
func (c *Call) refuseOver(plan plannedRun, over overLimit) refusal {
	var r refusal
	if plan.price != nil && over.limit > 0 {
		cheaper := plan.price.Cheaper(quote.Input{Params: plan.Params}, over.limit)
		for i, alternative := range cheaper {
			if i == 0 {
				r.cheaper = "\nCheaper:"
			}
			r.cheaper += "\n- " + alternative.String()
		}
		if len(cheaper) > 0 {
			arguments, changed := c.runArguments(), maps.Clone(map[string]any(plan.Params))
			maps.Copy(changed, cheaper[0].Changes)
			arguments["model"], arguments["params"] = plan.Slug.String(), changed
			r.next = c.Next("run_model", "the same run, changed so that it fits", arguments)
			return r
		}
	}
	if over.limit > 0 {
		search := map[string]any{"max_price_usd": over.limit, "sort": sortPrice}
		if plan.Model != nil {
			if names := categories(plan.Model.Categories); len(names) > 0 {
				search["categories"] = names[:1]
			}
		}
		r.next = c.Next("search_models", "find a model that fits", search)
	}
	return r
}

// overProblem refuses a run that is over a limit.
func (c *Call) overProblem(plan plannedRun, in modelRun, over overLimit) error {
	over.own = over.today == nil && in.MaxCost != nil && *in.MaxCost <= over.limit
	price := "would cost " + plan.Quote.String()
	if plan.Quote.USD == nil && plan.Quote.MinUSD == nil {
		price = "has a price that is " + plan.Quote.String()
	}
	r := c.refuseOver(plan, over)
	return &mcptool.Problem{
		Text: fmt.Sprintf("%s was not run: it %s, %s Nothing was started or charged.%s", plan.Slug, price, over, r.cheaper),
		Next: r.next,
	}
}
