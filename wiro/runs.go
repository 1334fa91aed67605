package wiro

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// run is the endpoint of every model; the model's slug completes its path.
var run = wire.Endpoint("Run", wire.NonIdempotent, wire.LongTimeout).Follows("taskid", "socketaccesstoken")

// RunsService submits runs of models. Client.Run submits one and waits for it.
//
// Wiro docs: Run a Model.
type RunsService service

// Params are the parameters of a run, by id, as Model.Parameters lists them. A file parameter
// takes a URL as text, or a File: then the request is multipart. Several values of one
// parameter are a []any, []string or []File. A File or []File is for a fileinput or
// multifileinput, whose {id}Url is sent too, empty if it is not given; a []any of Files and
// URLs is for a combinefileinput, which has none.
//
// Wiro docs: Model Parameters.
type Params map[string]any

// RunOption changes how a model is run.
type RunOption func(*runConfig)

type runConfig struct {
	callbackURL string
	project     string
	onUpdate    func(Update)
}

// CallbackURL has Wiro POST the result of the run to an address, where a WebhookHandler takes it.
//
// Wiro docs: Model Parameters (callbackUrl).
func CallbackURL(address string) RunOption {
	return func(c *runConfig) { c.callbackURL = address }
}

// BillTo bills a run to another project than the key's.
//
// Wiro docs: Run a Model (projectid).
func BillTo(projectID string) RunOption {
	return func(c *runConfig) { c.project = projectID }
}

// OnUpdate has Client.Run call a function for everything new about the task. Submit does not
// use it.
func OnUpdate(update func(Update)) RunOption {
	return func(c *runConfig) { c.onUpdate = update }
}

// Submission is a run that Wiro accepted. The token, together with the key, gives access to the
// task.
type Submission struct {
	TaskID string `json:"taskid"`
	Token  string `json:"socketaccesstoken"`

	client *Client
}

// Ref names the task.
func (s Submission) Ref() TaskRef { return TaskRef{Token: s.Token, ID: s.TaskID} }

// Run runs a model, named "owner/model", and waits until its task is over. It costs what the
// model costs, and is submitted exactly once.
//
// If ctx ends during the wait, Run returns the task as it stood last with an error that wraps
// ctx's. The task itself goes on: Tasks.Wait gets its result, and running the model again
// would be charged again. A task that failed is no error: see Task.Err.
//
// The errors are those of Submit.
//
// Wiro docs: Run a Model, POST /Run/{owner}/{model}.
func (c *Client) Run(ctx context.Context, model string, params Params, options ...RunOption) (Task, error) {
	submission, err := c.Runs.Submit(ctx, model, params, options...)
	if err != nil {
		return Task{}, err
	}
	return submission.Wait(ctx, newRunConfig(options).onUpdate)
}

// Submit starts a model, named "owner/model", and returns as soon as Wiro has accepted the
// run: Submission.Wait waits for the result. It costs what the model costs. It is sent once,
// and repeated only if it surely did not arrive, or on HTTP 429. Once it was begun to be
// written, the end of ctx does not abandon it, so that its token is not lost.
//
// ErrUnknownOutcome means that it may have arrived: look at Tasks.List before running again.
// Refusals are ErrConcurrencyLimit, ErrInsufficientBalance, ErrSignInRequired, ErrNotFound,
// and the reasons ReasonModelNotAccessible, ReasonMissingParameter and ReasonInvalidParameter.
//
// Wiro docs: Run a Model, POST /Run/{owner}/{model}.
func (s *RunsService) Submit(ctx context.Context, model string, params Params, options ...RunOption) (Submission, error) {
	op, form, err := runRequest(model, params, newRunConfig(options))
	if err != nil {
		return Submission{}, err
	}
	var submission Submission
	if form.files == nil {
		submission, err = call[Submission](ctx, s.client, op, form.values)
	} else {
		submission, err = callForm[Submission](ctx, s.client, op, form.fields())
	}
	if err == nil && submission.Token == "" && submission.TaskID == "" {
		err = s.client.invalidResponse(op, "names no task", nil)
	}
	submission.client = s.client
	return submission, err
}

// PendingSubmission is a run that is being submitted.
type PendingSubmission struct{ exchange *exchange[Submission] }

// Start is Submit in the background. The exchange with Wiro goes on after the end of a Wait: a
// caller with little time can call Wait again for the token.
func (s *RunsService) Start(ctx context.Context, model string, params Params, options ...RunOption) *PendingSubmission {
	return &PendingSubmission{begin(func() (Submission, error) { return s.Submit(ctx, model, params, options...) })}
}

// Wait returns the outcome of Submit, or ctx's error if that ends first. It may be called
// again.
func (p *PendingSubmission) Wait(ctx context.Context) (Submission, error) {
	return p.exchange.wait(ctx)
}

// Done is closed once Wait returns at once.
func (p *PendingSubmission) Done() <-chan struct{} { return p.exchange.done }

// Wait follows the task to its end and returns it. It is Tasks.Wait for a task that was just
// submitted: if Wiro does not know the task yet, it gives it a moment.
func (s Submission) Wait(ctx context.Context, onUpdate ...func(Update)) (Task, error) {
	task := &Task{}
	w, err := s.watcher(task, onUpdate)
	if err != nil {
		return *task, err
	}
	err = watch(ctx, s.client, w)
	return *task, err
}

// Follow is Wait that returns at once. See Tasks.Follow.
func (s Submission) Follow(ctx context.Context, task *Task, then func(error), onUpdate ...func(Update)) {
	w, err := s.watcher(task, onUpdate)
	if err != nil {
		go then(err)
		return
	}
	watchLater(ctx, s.client, w, then)
}

func (s Submission) watcher(task *Task, onUpdate []func(Update)) (*watcher[Task], error) {
	if s.client == nil {
		return nil, &InputError{Field: "submission", Reason: "must come from Submit; Tasks.Wait waits for a task by its token"}
	}
	task.ID, task.Token, task.Status = s.TaskID, s.Token, TaskQueue
	return s.client.Tasks.watcher(task, notifier(onUpdate), true), nil
}

// Updates follows the task like Wait, and returns everything new about it. See Tasks.Updates.
func (s Submission) Updates(ctx context.Context) iter.Seq2[Update, error] {
	return taskUpdates(ctx, func(ctx context.Context, notify func(Update)) (Task, error) { return s.Wait(ctx, notify) })
}

func newRunConfig(options []RunOption) runConfig {
	var config runConfig
	for _, option := range options {
		option(&config)
	}
	return config
}

// runForm are the parameters of a run, with the files apart.
type runForm struct {
	values map[string]any
	files  map[string][]File // nil if there are none: the request is JSON then
	mixed  map[string]bool   // parameters without a {id}Url beside their files
}

func runRequest(model string, params Params, config runConfig) (wire.Operation, runForm, error) {
	slug, err := ParseSlug(model)
	if err != nil {
		return wire.Operation{}, runForm{}, err
	}
	op := run
	op.Path += "/" + slug.String()
	form := runForm{values: maps.Clone(map[string]any(params)), mixed: map[string]bool{}}
	if form.values == nil {
		form.values = map[string]any{}
	}
	for name, value := range params {
		form.extractFiles(name, value)
	}
	if form.files != nil {
		op.Timeout = uploadTimeout
	}
	if config.callbackURL != "" {
		form.values["callbackUrl"] = config.callbackURL
	}
	if config.project != "" {
		form.values["projectid"] = config.project
	}
	return op, form, nil
}

// extractFiles moves the files of a parameter from the values to the files.
func (f *runForm) extractFiles(name string, value any) {
	var files []File
	var others []any
	switch v := value.(type) {
	case File:
		files = []File{v}
	case *File:
		files = []File{*v}
	case []File:
		files = v
	case []any:
		f.mixed[name] = true
		for _, item := range v {
			switch v := item.(type) {
			case File:
				files = append(files, v)
			case *File:
				files = append(files, *v)
			default:
				others = append(others, item)
			}
		}
	}
	if len(files) == 0 {
		return
	}
	if f.files == nil {
		f.files = map[string][]File{}
	}
	f.files[name] = files
	if delete(f.values, name); len(others) > 0 {
		f.values[name] = others
	}
}

// fields orders the values and files. The {id}Url companion of a file is sent too, empty if the
// caller gave none, as the documentation asks.
func (f runForm) fields() []wire.Field {
	var fields []wire.Field
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		for _, text := range formValues(f.values[name]) {
			fields = append(fields, wire.Field{Name: name, Value: text})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.files)) {
		if _, given := f.values[name+"Url"]; !given && !f.mixed[name] {
			fields = append(fields, wire.Field{Name: name + "Url"})
		}
		for _, file := range f.files[name] {
			fields = append(fields, file.field(name))
		}
	}
	return fields
}

func formValues(value any) []string {
	switch v := value.(type) {
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = formValue(item)
		}
		return texts
	case []string:
		return v
	}
	return []string{formValue(value)}
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
