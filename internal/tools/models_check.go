package tools

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media/sound"
	"github.com/wiroai/wiro-mcp-go/internal/params"
	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// plannedRun is a run that was checked and quoted, and not submitted yet.
type plannedRun struct {
	Slug     wiro.Slug
	Model    *wiro.Model // nil if its schema cannot be had
	Params   wiro.Params // as they are meant, files as they were named
	Warnings []string    // what was read differently from what was given, a sentence each
	Quote    *quote.Quote

	sent    wiro.Params          // Params with the files in their places
	uploads map[string]wiro.File // that have to be uploaded first, by parameter

	Kind  realtime.Kind // of a realtime model
	sound *sound.Reader // what is said to it
	owned *bool         // whether the call closes sound

	price *quote.Model // nil if Model is
	today *DaySpending // of a dry run under a limit per day
}

// planRun checks the params of a run against the model's schema, and quotes it. The error names
// all faults, with the corrected call. A schema that cannot be had does not stop the run.
func (c *Call) planRun(ctx context.Context, in modelRun) (plannedRun, error) {
	given, err := params.Parse(in.Params)
	if err != nil {
		return plannedRun{}, mcptool.Problemf("%v. Nothing was started or charged.", err)
	}
	slug, model, note, err := c.findModel(ctx, in.Model, c.cachedModel)
	plan := plannedRun{Slug: slug, Params: given}
	if note != "" {
		plan.Warnings = append(plan.Warnings, note)
	}
	if err != nil {
		if _, ok := errors.AsType[*mcptool.Problem](err); ok || ctx.Err() != nil {
			return plan, err
		}
		if in.DryRun && reasonOf(err) == wiro.ReasonModelNotFound {
			return plan, noModel(slug, nil)
		}
		if in.InputAudio != "" {
			return plan, mcptool.Problemf("%s was not run: nothing was started or charged. Whether it is a realtime model, which takes input_audio, could not be looked up. Try again in a minute.", slug)
		}
		plan.Warnings = append(plan.Warnings, "The model's parameters and prices could not be looked up, so the params were not checked.")
		plan.Quote = &quote.Quote{Certainty: quote.Unknown, Basis: "the model's prices could not be looked up"}
	} else {
		if given, err = c.asSession(&plan, model.Model, in, given); err != nil {
			return plan, err
		}
		checked := params.Check(model.schema, given)
		plan.Warnings = append(plan.Warnings, checked.Warnings...)
		if len(checked.Faults) > 0 {
			return plan, c.faultyRun(slug, model, checked)
		}
		plan.Model, plan.Params, plan.price = &model.Model, checked.Params, model.price
		if err := c.hear(ctx, &plan, in); err != nil {
			return plan, notOpened(slug, err)
		}
		q := model.price.Quote(plan.quoted())
		plan.Quote = &q
	}
	var schema params.Schema
	if model != nil {
		schema = model.schema
	}
	if plan.sent, plan.uploads, err = c.openFiles(ctx, schema, plan.Params); err != nil {
		return plan, notOpened(slug, err)
	}
	if in.DryRun {
		plan.today = c.spentToday(ctx)
	}
	return plan, nil
}

// notOpened says that a model was not run because of one of its files.
func notOpened(slug wiro.Slug, err error) error {
	p := explain(err)
	if p == nil {
		return err
	}
	return &mcptool.Problem{Text: fmt.Sprintf("%s was not run: nothing was started or charged. %s", slug, p.Text), Next: p.Next}
}

// faultyRun says what is wrong with a run, all of it, and how it is right.
func (c *Call) faultyRun(slug wiro.Slug, model *knownModel, checked params.Result) error {
	lines := []string{fmt.Sprintf("%s was not run: nothing was started or charged.", slug)}
	var missing []string
	lost := false
	for _, fault := range checked.Faults {
		lines = append(lines, "- "+fault.String())
		if !fault.Fixed {
			missing = append(missing, fault.Param)
		}
		lost = lost || fault.Kind == params.Unknown && len(fault.Closest) == 0
	}
	if lost {
		lines = append(lines, "The model takes: "+strings.Join(paramNames(model.schema), ", ")+".")
	}
	arguments := c.runArguments()
	arguments["model"], arguments["params"] = slug.String(), shown(checked.Params)
	reason := "the corrected call, if this is what was meant"
	if len(missing) > 0 {
		reason = "the corrected call; fill in first: " + strings.Join(slices.Compact(missing), ", ")
	}
	return mcptool.Problemf("%s", strings.Join(lines, "\n")).WithNext("run_model", reason, arguments)
}

// paramNames lists what a model takes, required parameters first.
func paramNames(schema params.Schema) []string {
	const most = 40
	var required, others []string
	for i := range schema.Params {
		if p := &schema.Params[i]; p.Required {
			required = append(required, p.ID+" (required)")
		} else {
			others = append(others, p.ID)
		}
	}
	names := append(required, others...)
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	return names
}

// dryRun is the result of a run that was only checked and quoted.
func (c *Call) dryRun(plan plannedRun, in modelRun) *TaskResult {
	arguments := c.runArguments()
	delete(arguments, "dry_run")
	arguments["model"], arguments["params"] = plan.Slug.String(), shown(plan.Params)
	result := &TaskResult{
		State: stateDryRun, Task: TaskInfo{Model: plan.Slug.String()}, Outputs: []OutputInfo{},
		Quote: plan.Quote, Warnings: plan.Warnings, Params: shown(plan.Params), Today: plan.today,
		NextAction: c.Next("run_model", "run it, once the user agrees to the price", arguments),
	}
	limits := c.limits.Narrow(mcptool.SpendingLimits{PerRun: in.MaxCost})
	var refusal *overLimit
	switch verdict, over := plan.against(limits, plan.today); verdict {
	case quote.Over:
		refusal = over
	case quote.Unclear:
		result.Note = "It may cost more than the limit allows: run_model asks for a confirmation first."
	case quote.Within:
	}
	if refusal != nil {
		p := c.refuseOver(plan, *refusal)
		result.Note, result.NextAction = "It would be refused: "+refusal.String()+p.cheaper, p.next
		if result.NextAction != nil && result.NextAction.Tool == "run_model" {
			result.NextAction.Arguments["dry_run"] = true
		}
	}
	return result
}

// quoteBeside is the quote to show beside a result: none where what was charged says the same, or
// where the run was not completed, which the quote was for.
func (p plannedRun) quoteBeside(r *TaskResult) *quote.Quote {
	switch charge := r.Task.CostUSD; {
	case r.State == stateFailed || r.State == stateCancelled:
		return nil
	case p.Quote != nil && charge != nil && p.Quote.Includes(*charge):
		return nil
	}
	return p.Quote
}

// sameJSON reports whether two values are the same to who reads them as JSON.
func sameJSON(a, b any) bool {
	one, errA := mcptool.Marshal(a)
	other, errB := mcptool.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(one, other)
}

// line is the price of a run in one line, for before it starts.
func (p plannedRun) line() string { return "costs " + p.Quote.String() }

// dryRunText says what a run would cost, and with what it would be run.
func (r *TaskResult) dryRunText() string {
	text := fmt.Sprintf("Dry run, nothing was started or charged: %s ", r.Task.Model)
	switch {
	case r.Quote == nil:
		text += "can be run."
	case r.Quote.USD == nil && r.Quote.MinUSD == nil:
		text += "has a price that is " + r.Quote.String() + "."
	default:
		text += "would cost " + r.Quote.String() + "."
	}
	if r.NextAction != nil && sameJSON(r.NextAction.Arguments["params"], r.Params) {
		return text // the next step has them
	}
	if sent, err := mcptool.Marshal(r.Params); err == nil {
		text += "\nParams: " + string(sent)
		if r.Today != nil {
			text += "\n"
		}
	}
	return text
}
