package tools

import (
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// States of a task, as results name them.
const (
	stateSubmitted = "submitted"
	stateRunning   = "running"
	stateCompleted = "completed"
	stateFailed    = "failed"
	stateCancelled = "cancelled" // the official server's spelling
	stateDryRun    = "dry_run"   // checked and quoted, no task
)

// TaskResult is a task: where it stands, what it made, what it cost.
type TaskResult struct {
	State      string                `json:"state"` // submitted, running, completed, failed or cancelled
	Task       TaskInfo              `json:"task"`
	Outputs    []OutputInfo          `json:"outputs"`
	Response   string                `json:"response,omitempty" text:"lines"` // what a language model answered
	Thinking   string                `json:"thinking,omitempty" text:"lines"` // what it thought before
	Transcript []wiro.TranscriptLine `json:"transcript,omitempty"`            // of a realtime model
	Error      string                `json:"error,omitempty" text:"lines"`
	Advice     string                `json:"advice,omitempty"` // what helps against a well-known failure
	Note       string                `json:"note,omitempty" text:"lines"`
	Quote      *quote.Quote          `json:"quote,omitempty"`               // what the run was expected to cost, unless its charge says the same
	Warnings   []string              `json:"warnings,omitempty"`            // params that were read differently
	Params     map[string]any        `json:"params,omitempty" text:"lines"` // as they were sent, where the caller did not name them so
	Attached   bool                  `json:"attached,omitempty"`            // an earlier call started the run
	Today      *DaySpending          `json:"today,omitempty"`               // under a limit per day
	NextAction *mcptool.NextAction   `json:"nextAction,omitempty"`

	prompt      string         // its start
	tellsParams bool           // in the text: the caller may not know them
	kept        string         // how long Wiro keeps the outputs, which the server's instructions say too
	image       []byte         // a picture of the outputs, as JPEG
	sound       []byte         // a sound of the outputs, as WAV
	later       *mcptool.Later // it is still to come, and the rest is empty
}

// later is the result of a wait that is still to come.
func later(start func(then func(error)), result func(error) (*TaskResult, error)) *TaskResult {
	return &TaskResult{later: &mcptool.Later{Start: start, Result: func(err error) (any, error) { return result(err) }}}
}

// Waits is nil if the result is there.
func (r *TaskResult) Waits() *mcptool.Later { return r.later }

// TaskInfo is what identifies a task and what it took.
type TaskInfo struct {
	ID       string   `json:"id,omitempty"`
	Token    string   `json:"token,omitempty"`
	Model    string   `json:"model,omitempty"`
	Status   string   `json:"status,omitempty"`   // Wiro's own
	ExitCode string   `json:"exitCode,omitempty"` // "0" is success
	Seconds  *float64 `json:"durationSeconds,omitempty"`
	CostUSD  *float64 `json:"costUsd" nullable:"true"` // what was charged, of a task that is over
	Created  string   `json:"createdAt,omitempty"`     // in lists
}

// OutputInfo is a file that a task made, or a language model's answer as text.
type OutputInfo struct {
	Name      string        `json:"name"`
	MIMEType  string        `json:"mimeType"`
	SizeBytes mcptool.Bytes `json:"sizeBytes" nullable:"true"`
	URL       string        `json:"url,omitempty"`
	Kind      string        `json:"kind"`                        // image, video, audio, text or file
	Content   string        `json:"text,omitempty" text:"lines"` // of a text: whole up to 16 KB, else its start
	Path      string        `json:"path,omitempty"`              // of a file that was saved

	isAnswer bool // of a language model
}

func taskInfo(t wiro.Task) TaskInfo {
	info := TaskInfo{
		ID: t.ID, Token: t.Token, Model: t.Model().String(), Status: string(t.Status),
		ExitCode: t.ExitCode, Seconds: t.Elapsed, CostUSD: recordedCost(t),
	}
	if info.Seconds != nil && *info.Seconds <= 0 { // it has not run
		info.Seconds = nil
	}
	return info
}

// recordedCost is what Wiro's record says that a task cost; nil if it is not over yet, or if the
// record does not say.
func recordedCost(t wiro.Task) *float64 {
	if !t.Over() {
		return nil
	}
	return stated(t.Cost)
}

func taskState(t wiro.Task) string {
	switch {
	case t.Status == wiro.TaskCanceled:
		return stateCancelled
	case t.Succeeded():
		return stateCompleted
	case t.Over():
		return stateFailed
	}
	return stateRunning
}

func (c *Call) taskResult(t wiro.Task) *TaskResult { return c.taskResultOf(t, sessionOutcome{}) }

// taskResultOf is the result of a task whose session brought more than its record says.
func (c *Call) taskResultOf(t wiro.Task, o sessionOutcome) *TaskResult {
	r := &TaskResult{State: taskState(t), Task: taskInfo(t), Outputs: make([]OutputInfo, 0, len(t.Outputs)+len(o.Outputs)), Transcript: o.Transcript, Note: o.Note, prompt: prompt(t)}
	c.addOutputs(r, t)
	r.Outputs = append(r.Outputs, o.Outputs...) // behind the record's, which read_output counts
	switch r.State {
	case stateRunning:
		r.NextAction = c.Next("wait_for_task", "get the result; do not run the model again", withTask(r.Task, map[string]any{}))
	case stateCompleted:
		if note := modelNote(t, r.madeNothing()); note != "" {
			r.Note = joinSentences(r.Note, note)
		}
	case stateFailed:
		r.Error = failureText(t)
		c.addRepair(r, t)
	}
	return r
}

// madeNothing reports whether a task left neither a file nor an answer.
func (r *TaskResult) madeNothing() bool {
	return r.Response == "" && len(r.Transcript) == 0 && !slices.ContainsFunc(r.Outputs, func(o OutputInfo) bool { return o.URL != "" || o.Path != "" })
}

// Text shows outputs first, then the answer, then state, cost and time, which are never cut.
func (r *TaskResult) Text() string {
	var b strings.Builder
	b.Grow(512) // most are shorter
	for _, o := range r.Outputs {
		o.write(&b, r.prompt)
	}
	if r.Response != "" {
		write(&b, r.Response, "\n")
	}
	write(&b, r.transcriptText())
	if r.Thinking != "" {
		write(&b, "\n", quoteThinking(r.Thinking), "\n")
	}
	end := b.Len() // of the body
	if end > 0 {
		write(&b, "\n")
	}
	r.writeSummary(&b)
	if r.Error != "" {
		write(&b, "\nThe model's own words:\n", r.Error)
	}
	if r.Advice != "" {
		write(&b, "\n", r.Advice)
	}
	for _, warning := range r.Warnings {
		write(&b, "\nNote: ", warning)
	}
	if r.Note != "" {
		write(&b, "\n", r.Note)
	}
	if r.kept != "" {
		write(&b, "\n", r.kept)
	}
	if r.tellsParams {
		write(&b, "\nParams: ")
		_ = mcptool.WriteJSON(&b, r.Params) // they came as JSON
	}
	return mcptool.FitBefore(mcptool.TextWithNext(b.String(), r.NextAction), end, "read_output reads on.")
}

// transcriptText is a line a speaker; the speakers are named if there are two.
func (r *TaskResult) transcriptText() string {
	named := slices.ContainsFunc(r.Transcript, func(l wiro.TranscriptLine) bool { return l.Speaker == wiro.SpeakerAI })
	text := ""
	for _, line := range r.Transcript {
		if named {
			text += line.Speaker.String() + ": "
		}
		text += line.Text + "\n"
	}
	return text
}

// writeSummary writes the line with state, task, cost, time, and what was spent today.
func (r *TaskResult) writeSummary(b *strings.Builder) {
	named := r.Task.named()
	switch r.State {
	case stateDryRun:
		write(b, r.dryRunText())
	case stateSubmitted:
		write(b, "Submitted: ", named, ". Token ", r.Task.Token, ".")
	case stateRunning:
		write(b, "Still running (", stageName(r.Task.Status), "): ", named, ". Token ", r.Task.Token, ". It goes on by itself: ",
			"do not run the model again, as that would be paid twice.")
	case stateCompleted:
		write(b, "Completed: ", named, ". ")
		if r.madeNothing() {
			write(b, "It left no output. ")
		}
		write(b, charged(r.Task))
		if r.Task.Seconds != nil {
			write(b, " Took ", mcptool.Seconds(*r.Task.Seconds), ".")
		}
		write(b, r.Task.tokenText())
	case stateCancelled:
		write(b, "Canceled: ", named, ". ", charged(r.Task), r.Task.tokenText())
	default:
		write(b, "Failed: ", named)
		if r.Task.ExitCode != "" {
			write(b, ", exit code ", r.Task.ExitCode)
		}
		write(b, ". ", charged(r.Task), r.Task.tokenText())
	}
	if r.Quote != nil && r.State != stateDryRun {
		write(b, " Quoted: ", r.Quote.String(), ".")
	}
	if r.Today != nil {
		write(b, " ", r.Today.String(), ".")
	}
}

// write appends texts to a longer one.
func write(b *strings.Builder, texts ...string) {
	for _, text := range texts {
		b.WriteString(text)
	}
}

func (t TaskInfo) tokenText() string {
	if t.Token == "" {
		return ""
	}
	return " Token " + t.Token + "."
}

// charged says what a task that is over cost by Wiro's record.
func charged(t TaskInfo) string {
	switch {
	case t.CostUSD == nil:
		return "Wiro's record does not say what it cost."
	case *t.CostUSD == 0:
		return "Not charged."
	}
	return "Charged " + mcptool.USD(t.CostUSD) + "."
}

// cost is the cost of a task in a list.
func cost(t TaskInfo) string {
	if t.CostUSD == nil {
		return "cost not known"
	}
	return mcptool.USD(t.CostUSD)
}

func (t TaskInfo) named() string {
	text := t.Model
	if text == "" || text == "/" {
		text = "the task"
	}
	if t.ID != "" {
		text += " (task " + t.ID + ")"
	}
	return text
}

func stageName(status string) string {
	if stage, known := stages[wiro.Status(status)]; known {
		return stage.name
	}
	if status == "" {
		return "status not known"
	}
	return status
}

// Links are the output files, for clients that show them.
func (r *TaskResult) Links() []mcp.ResourceLink {
	var links []mcp.ResourceLink
	for _, o := range r.Outputs {
		address := o.URL
		switch {
		case address == "" && o.Path != "":
			address = fileURL(o.Path)
		case !mcptool.IsWebAddress(address):
			continue
		}
		link := mcp.NewResourceLink(address, o.Name, "Output of "+r.Task.named(), o.MIMEType)
		link.Annotations = &mcp.Annotations{Audience: []mcp.Role{mcp.RoleUser}}
		if o.SizeBytes > 0 {
			link.Size = (*int64)(&o.SizeBytes)
		}
		links = append(links, link)
	}
	return links
}

// quoteThinking sets thinking apart from the answer; of a long one its beginning.
func quoteThinking(thinking string) string {
	const most = 2000
	if runes := []rune(thinking); len(runes) > most {
		thinking = string(runes[:most]) + "…"
	}
	return "Thinking, before the answer:\n> " + strings.ReplaceAll(thinking, "\n", "\n> ")
}
