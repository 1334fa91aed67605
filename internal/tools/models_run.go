package tools

import (
	"context"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var runModelTool = confirmedAtTimes(defineConfirmed(mcptool.Meta{
	Name:        "run_model",
	Title:       "Run a model",
	Description: "Run a model with a prompt and other params: you pay for it. When the wait is over the task goes on: wait_for_task, or the same call, gets its result, paid once.",
	Toolset:     Models,
	Effect:      mcptool.Writes,
	View:        viewURI,
	Examples:    []mcptool.Example{{Arguments: `{"model": "wiro/z-image-turbo", "params": {"prompt": "a lighthouse at dawn"}}`}},
}, prepareRun, runModel))

// confirmedAtTimes marks a tool as one that usually runs without a confirmation.
func confirmedAtTimes(t mcptool.Tool) mcptool.Tool {
	t.RequiresConfirmation = false
	return t
}

type modelRun struct {
	Model   string         `json:"model" doc:"slug owner/model, such as \"openai/sora-2\""`
	Params  map[string]any `json:"params" doc:"parameters by id, as get_model_schema lists them; files as URLs, data: URIs or local paths"`
	Wait    *bool          `json:"wait,omitempty" doc:"false returns the token at once"`
	Timeout *float64       `json:"timeout_seconds,omitempty" min:"0" max:"600" doc:"how long to wait; 0 looks once"`
	DryRun  bool           `json:"dry_run,omitempty" doc:"only check and quote"`
	MaxCost *float64       `json:"max_cost_usd,omitempty" min:"0" doc:"refuse a costlier run"`
	Again   bool           `json:"again,omitempty" doc:"start a second, equal run"`
	// Callback and Project are named as Wiro's own parameters of every run.
	Callback string `json:"callbackUrl,omitempty" doc:"Wiro POSTs the result there"`
	Project  string `json:"projectid,omitempty" doc:"project to bill"`

	InputAudio string `json:"input_audio,omitempty" doc:"what realtime models hear: URL or local file"`
}

// callbackAddress refuses what Wiro cannot post to; "" is none.
func callbackAddress(argument, address string) error {
	if address == "" || isWeb(address) {
		return nil
	}
	return mcptool.Problemf("%s must be an http or https address that Wiro can reach. Nothing was sent or charged.", argument)
}

// options are what Wiro takes beside the model's parameters.
//
// Wiro docs: Run a Model (Common Parameters).
func (r modelRun) options() []wiro.RunOption {
	return []wiro.RunOption{wiro.CallbackURL(r.Callback), wiro.BillTo(r.Project)}
}

func (r modelRun) waits() bool { return r.Wait == nil || *r.Wait }

// prepareRun does everything that comes before the submit. A run that needs a confirmation is
// remembered and reserved once that is given.
func prepareRun(ctx context.Context, call *Call, in modelRun) (*mcptool.Charge, error) {
	if err := callbackAddress("callbackUrl", in.Callback); err != nil {
		return nil, err
	}
	plan, err := call.planRun(ctx, in)
	if err != nil {
		return nil, err
	}
	call.plan = &plan
	if in.DryRun {
		return nil, nil
	}
	l, charge, err := call.begin(ctx, plan, in)
	if err != nil {
		return nil, err
	}
	if charge != nil {
		l.abandon(ctx)
		return charge, nil
	}
	call.launch = l
	return nil, nil
}

func runModel(ctx context.Context, call *Call, in modelRun) (*TaskResult, error) {
	if call.plan == nil { // it is confirmed without having been looked at
		plan, err := call.planRun(ctx, in)
		if err != nil {
			return nil, err
		}
		call.plan = &plan
	}
	if in.DryRun {
		return call.dryRun(*call.plan, in), nil
	}
	l := call.launch
	if l == nil {
		var err error
		if l, _, err = call.begin(ctx, *call.plan, in); err != nil {
			return nil, err
		}
	}
	return l.result(ctx)
}

// notRun says what helps where Wiro refuses to run a model.
func (c *Call) notRun(ctx context.Context, slug wiro.Slug, err error) error {
	switch reasonOf(err) {
	case wiro.ReasonModelNotAccessible:
		return mcptool.Problemf("%s is not open to this project (tool-not-accessible). Nothing was started or charged.", slug).
			WithNext("search_models", "find another model", map[string]any{})
	case wiro.ReasonMissingParameter, wiro.ReasonInvalidParameter: // one is missing or out of range, or a file is missing
		return mcptool.Problemf("%s. Nothing was started or charged.", wordsOf(err)).
			WithNext("get_model_schema", "see what the model takes", map[string]any{"model": slug.String()})
	}
	return c.noSuchModel(ctx, slug, err)
}
