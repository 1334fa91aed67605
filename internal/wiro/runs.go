package wiro

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
)

// run is every model's endpoint; its path is completed by the model's slug.
var run = endpoint("Run", submit, slow)

// RunRequest asks for a run of a model. Params are the model's own (see Param). A file
// parameter takes a URL in Params, or a file in Files.
//
// Wiro docs: Run a Model; Model Parameters.
type RunRequest struct {
	Model       Slug
	Params      map[string]any
	Files       map[string][]File // by parameter id; their presence makes the request multipart
	CallbackURL string            // where Wiro POSTs the result
	ProjectID   string            // bills another project than the key's
}

// Submission is a run that Wiro accepted. Token follows and controls the task: whoever has
// it can.
type Submission struct {
	TaskID Text `json:"taskid"`
	Token  Text `json:"socketaccesstoken"`
}

// Run starts a model. It costs what the model costs, once the task succeeds; it is sent
// once, and repeated only where it surely did not arrive. ErrUncertain means that it may
// have arrived: look at Tasks before running again.
//
// Refusals: ErrConcurrencyLimit (96), ErrInsufficientBalance (97), ErrSignInRequired (98),
// IsNoSuchModel, and Wiro's words on a parameter that is missing or out of range.
//
// Wiro docs: Run a Model, POST /Run/{owner}/{model}.
func (c *Client) Run(ctx context.Context, r RunRequest) (Submission, error) {
	slug, err := ParseSlug(r.Model.String())
	if err != nil {
		return Submission{}, err
	}
	op := run
	op.path += "/" + slug.String()
	params := maps.Clone(r.Params)
	if params == nil {
		params = map[string]any{}
	}
	if r.CallbackURL != "" {
		params["callbackUrl"] = r.CallbackURL
	}
	if r.ProjectID != "" {
		params["projectid"] = r.ProjectID
	}
	var answer Submission
	if len(r.Files) == 0 {
		answer, err = call[Submission](ctx, c, op, params)
	} else {
		answer, err = callWith[Submission](ctx, c, op, multipartBody(runForm(params, r.Files)))
	}
	if err == nil && answer.Token == "" && answer.TaskID == "" {
		err = c.uncertain(op, errors.New(op.path+": the answer names no task"))
	}
	return answer, err
}

// runForm orders a run's parameters and files. A file parameter's {id}Url companion is sent
// too, empty where the caller gave none, as the documentation asks.
func runForm(params map[string]any, files map[string][]File) []field {
	var form []field
	for _, name := range slices.Sorted(maps.Keys(params)) {
		values, many := params[name].([]any)
		if !many {
			values = []any{params[name]}
		}
		for _, value := range values {
			form = append(form, field{name: name, value: formValue(value)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, given := params[name+"Url"]; !given {
			form = append(form, field{name: name + "Url"})
		}
		for _, file := range files[name] {
			form = append(form, field{name: name, file: &file})
		}
	}
	return form
}

func formValue(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}
