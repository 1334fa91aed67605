package tools

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// stages are what a task's statuses mean to people, and how far they are: values below 1,
// so that the model's own percent, or a language model's count of words, goes on from there.
var stages = map[wiro.Status]struct {
	done float64
	name string
}{
	wiro.TaskQueue:            {0.1, "queued"},
	wiro.TaskAccept:           {0.2, "accepted by a worker"},
	wiro.TaskPreprocessStart:  {0.3, "preparing the inputs"},
	wiro.TaskPreprocessEnd:    {0.4, "inputs ready"},
	wiro.TaskAssign:           {0.5, "loading the model"},
	wiro.TaskStart:            {0.6, "running"},
	wiro.TaskOutput:           {0.7, "running"},
	wiro.TaskStreamReady:      {0.7, "ready for input"},
	wiro.TaskStreamEnd:        {0.8, "session ended"},
	wiro.TaskEnd:              {98, "model finished"},
	wiro.TaskPostprocessStart: {99, "preparing the outputs"},
	wiro.TaskPostprocessEnd:   {100, "done"},
	wiro.TaskCanceled:         {100, "canceled"},
}

// modelDone is the most that a model's own percent counts for: its task goes on for a few
// stages more, which rise to 100.
const modelDone = 97

// taskProgress turns updates of a task into progress.
type taskProgress struct {
	progress *mcptool.Progress
	last     wiro.Update
	answer   func(sofar string)
	since    time.Time // when the record says that the run began; zero if nothing says

	mu     sync.Mutex
	usual  time.Duration // that the model runs; 0 if not known
	began  time.Time     // when the model began to run
	counts bool          // it says itself how far it is
}

// expect takes the model's usual run time. It may become known while the model runs.
func (t *taskProgress) expect(m *quote.Model) {
	if m == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.usual, _ = m.UsualTime()
	t.estimate()
}

// runs notes that the model runs, since a time that may be unknown.
func (t *taskProgress) runs(since time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.began.IsZero() {
		return
	}
	if t.began = since; since.IsZero() || since.After(time.Now()) {
		t.began = time.Now()
	}
	t.estimate()
}

// estimate tells how far a run usually is, unless the model does. The caller holds t.mu.
func (t *taskProgress) estimate() {
	if !t.counts && !t.began.IsZero() {
		t.progress.Expect(t.usual, t.began)
	}
}

// countsItself ends the estimates: the model says how far it is.
func (t *taskProgress) countsItself() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.counts {
		t.counts = true
		t.progress.Expect(0, time.Time{})
	}
}

// updatesOf are the updates of a task of which only its record tells the model. The usual run time
// is looked up once, beside the wait.
func (c *Call) updatesOf(ctx context.Context, task *wiro.Task, t *taskProgress) func(wiro.Update) {
	if !t.progress.Wanted() {
		return t.update
	}
	var asked bool
	return func(u wiro.Update) {
		if slug := task.Model(); !asked && slug.Owner != "" {
			asked = true
			go func() {
				if model, err := c.cachedModel(ctx, slug); err == nil {
					t.expect(model.price)
				}
			}()
		}
		t.since = task.StartedAt
		t.update(u)
	}
}

// submitted tells the token at once: a client that gives up knows how to go on.
func (t *taskProgress) submitted(s wiro.Submission, plan plannedRun) {
	t.progress.Update(0.05, 0, fmt.Sprintf("submitted: task %s, token %s, %s", s.TaskID, s.Token, plan.line()))
}

func (t *taskProgress) update(u wiro.Update) {
	first := t.last.Status == ""
	t.last = u
	switch {
	case u.Status == wiro.TaskPostprocessEnd || u.Status == wiro.TaskCanceled:
		// The result says it: clients break on progress that arrives together with a result.
		if first {
			t.progress.Update(0.9, 0, "reading the result")
		}
	case u.Status != wiro.TaskOutput:
		if stage, known := stages[u.Status]; known {
			t.progress.Update(stage.done, 0, stage.name)
		}
		if u.Status == wiro.TaskStart {
			t.runs(t.since)
		}
	case len(u.Answer) > 0 || len(u.Thinking) > 0:
		said, doing := u.Answer, "words so far"
		if len(said) > 0 && t.answer != nil {
			t.answer(joinParts(said))
		}
		if len(said) == 0 {
			said, doing = u.Thinking, "words of thinking so far"
		}
		t.countsItself()
		words := wordCount(said)
		t.progress.Update(float64(words), 0, fmt.Sprintf("%d %s: %s", words, doing, lastWords(said)))
	case u.Progress != nil && u.Progress.Percent != nil:
		t.countsItself()
		t.progress.Update(min(max(1, float64(*u.Progress.Percent)), modelDone), 100, progressLine(u.Progress))
	case u.Progress != nil:
		t.progress.Update(1, 0, progressLine(u.Progress))
	case u.Line != "":
		t.progress.Update(1, 0, mcptool.Clip(u.Line, 120))
		t.runs(t.since)
	default: // seen in mid-run
		t.progress.Update(stages[u.Status].done, 0, stages[u.Status].name)
		t.runs(t.since)
	}
}

func wordCount(texts []string) int {
	n := 0
	for _, text := range texts {
		n += len(strings.Fields(text))
	}
	return n
}

// lastWords is the end of what a model says, on one line.
func lastWords(texts []string) string {
	const most = 80
	text := strings.TrimSpace(texts[len(texts)-1])
	if i := len(text) - 8*most; i > 0 {
		text = strings.ToValidUTF8(text[i:], "")
	}
	text = plaintext.CollapseSpace(text)
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	text = string(runes[len(runes)-most:])
	if i := strings.IndexByte(text, ' '); i >= 0 {
		text = text[i+1:]
	}
	return "… " + text
}

func progressLine(p *wiro.Progress) string {
	var parts []string
	if p.Percent != nil {
		parts = append(parts, fmt.Sprintf("%.0f%%", float64(*p.Percent)))
	}
	if p.Steps > 0 {
		parts = append(parts, fmt.Sprintf("step %d of %d", p.Step, p.Steps))
	}
	if p.Speed != "" {
		parts = append(parts, strings.TrimSpace(p.Speed+" "+p.SpeedUnit))
	}
	if p.Remaining != "" {
		parts = append(parts, p.Remaining+" left")
	} else if p.Elapsed != "" {
		parts = append(parts, p.Elapsed+" so far")
	}
	if len(parts) == 0 {
		return "running"
	}
	return strings.Join(parts, ", ")
}
