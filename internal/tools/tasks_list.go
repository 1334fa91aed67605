package tools

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var listTasksTool = define(mcptool.Meta{
	Name:           "list_tasks",
	Title:          "List tasks",
	Description:    "Your tasks, newest first: what you spend, which failed and why, with state, cost and token. Finds a lost token.",
	Toolset:        Tasks,
	TruncationHint: "Page with start and limit.",
	Examples:       []mcptool.Example{{Arguments: `{"limit": 5}`}},
}, listTasks)

const (
	summedPage  = 100 // tasks of a page that is read to be filtered and summed
	summedPages = 50
)

func listTasks(ctx context.Context, call *Call, in taskQuery) (TaskList, error) {
	since, err := parseSince(in.Since, time.Now())
	if err != nil {
		return TaskList{}, mcptool.Problemf("since %v", err)
	}
	limit := cmp.Or(in.Limit, 20)
	if in.State != "" || in.Since != "" {
		return call.filteredTasks(ctx, in, since, limit)
	}
	page, err := call.Wiro.Tasks.List(ctx, wiro.TaskQuery{Model: in.Model, Start: in.Start, Limit: limit})
	if err != nil {
		return TaskList{}, err
	}
	if in.Start == 0 { // of older tasks the store may not know any more that it counted them
		call.recordCosts(ctx, page.Tasks...)
	}
	return call.taskList(page.Tasks, page.Tasks, int(page.Total), in.Start, limit), nil
}

// filteredTasks reads the pages of tasks for those that a query wants, and sums all of these:
// Wiro's list knows neither states nor times.
func (c *Call) filteredTasks(ctx context.Context, in taskQuery, since time.Time, limit int) (TaskList, error) {
	progress := c.StartProgress()
	defer progress.Stop()
	var found []wiro.Task
	seen := map[string]bool{}
	read, more := 0, true
	for page := 0; more && page < summedPages; page++ {
		progress.Update(float64(read), 0, fmt.Sprintf("%s read", mcptool.Count(read, "task")))
		got, err := c.Wiro.Tasks.List(ctx, wiro.TaskQuery{Model: in.Model, Start: read, Limit: summedPage})
		if err != nil {
			return TaskList{}, err
		}
		if page == 0 {
			c.recordCosts(ctx, got.Tasks...)
		}
		recent := 0
		for _, task := range got.Tasks {
			if at := madeAt(task); !at.IsZero() && at.Before(since) {
				continue
			}
			recent++
			if task.ID != "" && seen[task.ID] { // a new task moved it from the page before
				continue
			}
			seen[task.ID] = true
			if in.State == "" || in.State == taskState(task) || in.State == stateSubmitted && task.Status == wiro.TaskQueue {
				found = append(found, task)
			}
		}
		read += len(got.Tasks)
		// A task starts later than a newer one at times: a page without any recent one ends the list.
		more = recent > 0 && (len(got.Tasks) >= summedPage || read < int(got.Total))
	}
	start := min(in.Start, len(found))
	list := c.taskList(found[start:min(start+limit, len(found))], found, len(found), in.Start, limit)
	if more {
		list.Note = fmt.Sprintf("Only the newest %d tasks were looked at.", read)
	}
	return list, nil
}

// taskList shows some tasks, and sums those of sum.
func (c *Call) taskList(show, sum []wiro.Task, total, start, limit int) TaskList {
	list := TaskList{Tasks: make([]TaskRow, 0, len(show)), Totals: totalsOf(sum), Limit: limit}
	for _, task := range show {
		list.Tasks = append(list.Tasks, taskRow(task))
	}
	list.Page = mcptool.NewPage(total, start, len(list.Tasks))
	if list.NextStart > 0 {
		list.NextAction = c.NextPage("older tasks", "start", list.NextStart)
	}
	return list
}

type taskQuery struct {
	Start int    `json:"start,omitempty" min:"0" default:"0" doc:"how many to skip"`
	Limit int    `json:"limit,omitempty" min:"1" max:"100" default:"20" doc:"how many to list"`
	Model string `json:"model,omitempty" doc:"only of this model"`
	State string `json:"state,omitempty" enum:"submitted,running,completed,failed,cancelled" doc:"only these"`
	Since string `json:"since,omitempty" doc:"a date, or 24h, 7d; \"all\" sums all"`
}

// TaskList is a list of tasks.
type TaskList struct {
	Tasks  []TaskRow  `json:"tasks"`
	Totals TaskTotals `json:"totals"` // of the tasks that are shown, or of all that a filter found
	mcptool.Page
	Limit      int                 `json:"limit"`
	Note       string              `json:"note,omitempty"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// TaskRow is a task as the list shows it.
type TaskRow struct {
	State   string       `json:"state"`
	Task    TaskInfo     `json:"task"`
	Outputs []OutputInfo `json:"outputs"`
	Prompt  string       `json:"prompt,omitempty"` // its start
	Reason  string       `json:"reason,omitempty"` // why it failed, the line that says so
}

func taskRow(task wiro.Task) TaskRow {
	row := TaskRow{State: taskState(task), Task: taskInfo(task), Outputs: make([]OutputInfo, 0, len(task.Outputs)), Prompt: prompt(task)}
	if at := madeAt(task); !at.IsZero() {
		row.Task.Created = at.Format("2006-01-02 15:04:05Z")
	}
	for _, output := range task.Outputs {
		if output.Content == nil {
			row.Outputs = append(row.Outputs, outputInfo(output))
			continue
		}
		answer, _ := words(output.Content)
		row.Outputs = append(row.Outputs, answerInfo(output, answer, mcptool.Clip(answer, 120)))
	}
	if row.State == stateFailed {
		row.Reason = mcptool.Clip(failureLine(task), 120)
	}
	return row
}

func prompt(t wiro.Task) string {
	text, _ := t.Parameters["prompt"].(string)
	return mcptool.Clip(text, 80)
}

// TaskTotals sums tasks.
type TaskTotals struct {
	Tasks     int      `json:"tasks"`
	Running   int      `json:"running,omitempty"` // or waiting
	Completed int      `json:"completed,omitempty"`
	Failed    int      `json:"failed,omitempty"`
	Cancelled int      `json:"cancelled,omitempty"`
	CostUSD   *float64 `json:"costUsd" nullable:"true"` // of those that are over; null if the record of none says
	Unknown   int      `json:"costUnknown,omitempty"`   // tasks that are over whose record does not say what they cost
}

func totalsOf(tasks []wiro.Task) TaskTotals {
	totals := TaskTotals{Tasks: len(tasks)}
	known, sum := 0, 0.0
	for _, task := range tasks {
		*totals.of(taskState(task))++
		switch usd := recordedCost(task); {
		case usd != nil:
			known, sum = known+1, sum+*usd
		case task.Over():
			totals.Unknown++
		}
	}
	if known > 0 {
		sum = math.Round(sum*1e6) / 1e6
		totals.CostUSD = &sum
	}
	return totals
}

// of is how many tasks of a state there are.
func (t *TaskTotals) of(state string) *int {
	switch state {
	case stateCompleted:
		return &t.Completed
	case stateFailed:
		return &t.Failed
	case stateCancelled:
		return &t.Cancelled
	}
	return &t.Running
}

// String is "12 tasks: 10 completed, 2 failed. Charged $0.36.".
func (t TaskTotals) String() string {
	var parts []string
	for _, part := range []struct {
		n     int
		state string
	}{{t.Completed, "completed"}, {t.Failed, "failed"}, {t.Cancelled, "canceled"}, {t.Running, "running"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.state))
		}
	}
	text := mcptool.Count(t.Tasks, "task") + ": " + strings.Join(parts, ", ") + "."
	if t.CostUSD != nil {
		text += " Charged " + mcptool.USD(t.CostUSD) + " in all."
	}
	if t.Unknown > 0 {
		text += fmt.Sprintf(" What %s cost, Wiro's record does not say.", mcptool.Count(t.Unknown, "task"))
	}
	return text
}

// Text is the totals, then a line a task.
func (l TaskList) Text() string {
	var b strings.Builder
	switch {
	case l.Totals.Tasks > 0:
		b.WriteString(l.Totals.String())
		if len(l.Tasks) < l.Total {
			fmt.Fprintf(&b, " %s of %d shown.", mcptool.Range(l.Start, len(l.Tasks)), l.Total)
		}
		b.WriteString("\n")
	case l.Total > 0 || l.Note != "":
		b.WriteString("No task matches.\n")
	default:
		return "No tasks yet that match. run_model starts one."
	}
	for _, row := range l.Tasks {
		b.WriteString(row.line())
	}
	if l.Note != "" {
		b.WriteString(l.Note)
	}
	return mcptool.TextWithNext(b.String(), l.NextAction)
}

func (r TaskRow) line() string {
	t := r.Task
	took := ""
	if t.Seconds != nil {
		took = mcptool.Seconds(*t.Seconds)
	}
	text := "- " + mcptool.Row(t.ID, t.Model, r.State, cost(t), took, t.Created, mcptool.Labeled("token", t.Token)) + "\n"
	if r.Prompt != "" {
		text += fmt.Sprintf("  %q\n", r.Prompt)
	}
	if r.Reason != "" {
		text += "  Why: " + r.Reason + "\n"
	}
	for _, o := range r.Outputs {
		switch {
		case o.isAnswer && o.Content != "":
			text += "  Answer: " + o.Content + "\n"
		case o.URL != "" && !o.isAnswer:
			text += "  " + o.URL + " " + o.details() + "\n"
		}
	}
	return text
}

// parseSince reads a date, a time or a duration before now. An empty text and "all" are the
// zero time.
func parseSince(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	now = now.UTC()
	today := now.Truncate(24 * time.Hour)
	switch strings.ToLower(text) {
	case "", "all":
		return time.Time{}, nil
	case "today":
		return today, nil
	case "yesterday":
		return today.AddDate(0, 0, -1), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02 15:04:05Z", time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	duration := strings.ToLower(text)
	for unit, hours := range map[string]int{"d": 24, "w": 7 * 24} {
		if number, found := strings.CutSuffix(duration, unit); found {
			var n int
			if _, err := fmt.Sscanf(number+" ", "%d ", &n); err == nil && n < 100_000 {
				duration = fmt.Sprintf("%dh", n*hours)
			}
		}
	}
	if d, err := time.ParseDuration(duration); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("%.30q must be a date (2026-11-25), a time (2026-11-25T14:00:00Z), a duration before now (24h, 7d), today, yesterday or all", text)
}
