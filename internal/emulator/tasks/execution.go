package tasks

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// An execution is what a model does once it has started: what it prints, what it leaves
// behind, and what it is billed for. It is worked out before the first line is printed.
type execution struct {
	stdout  string
	chunks  []chunk
	full    func() any // the message of task_output_full
	stderr  []string   // at the end
	outputs []*output
	done    func() // what a success leads to, besides
	elapsed time.Duration
	used    usage
	paid    float64 // USD already taken, by a realtime session
}

// A chunk is one write to stdout.
type chunk struct {
	after   time.Duration // since the chunk before
	end     int           // stdout is printed up to here
	message func() any    // of its event
}

// newExecution works out what the task's model does.
func (t *task) newExecution() *execution {
	exec := &execution{elapsed: t.seconds()}
	switch t.model.Makes {
	case makesVideo:
		t.makeVideo(exec)
	case makesSpeech:
		t.makeSpeech(exec)
	case makesMusic:
		t.makeMusic(exec)
	case makesMesh:
		t.makeMesh(exec)
	case makesChat:
		t.makeChat(exec)
	case makesTranscript:
		t.makeTranscript(exec)
	case makesDocument:
		t.makeDocument(exec)
	case makesVector:
		t.makeVector(exec)
	case makesArchive:
		t.makeArchive(exec)
	default:
		t.makeImages(exec)
	}
	if exec.full == nil {
		exec.full = func() any { return logText{Raw: exec.stdout} }
	}
	t.bill(exec)
	return exec
}

// bill fills in what every kind of model may be billed for.
func (t *task) bill(exec *execution) {
	u := &exec.used
	u.values = t.in.values
	u.files = map[string]int{}
	for name, sources := range t.in.files {
		u.files[name] = len(sources)
		u.inputImages += len(sources)
		if p := t.model.parameter(name); strings.Contains(strings.ToLower(p.ID), "audio") {
			for _, s := range sources {
				u.audioSeconds += s.seconds()
			}
		}
	}
	u.outputs = len(exec.outputs)
	u.promptLength = len([]rune(t.in.text()))
	if u.tokens == 0 {
		u.tokens = tokens(t.in.text())
	}
}

func (m *model) parameter(id string) *parameter {
	for _, p := range m.items {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// tokens estimates how many tokens a text has: four characters each, as rules of thumb go.
func tokens(text string) int { return (len([]rune(text)) + 3) / 4 }

// progressSteps is how many steps a progress bar shows: few enough to read, more for
// longer runs.
func progressSteps(whole time.Duration) int {
	return min(max(int(whole.Seconds()*2), 5), 40)
}

// showProgress prints the start of the work, a bar in steps, and an end.
func (t *task) showProgress(exec *execution, last string) {
	steps := progressSteps(exec.elapsed)
	log, ends := progressLog(steps)
	exec.stdout = log + last
	exec.chunks = make([]chunk, 0, steps+2)
	exec.chunks = append(exec.chunks, chunk{end: ends[0], message: func() any { return loading }})
	for i := 1; i <= steps; i++ {
		exec.chunks = append(exec.chunks, chunk{
			after: exec.elapsed / time.Duration(steps), end: ends[i],
			message: func() any { return newProgress(i, steps, exec.elapsed) },
		})
	}
	exec.chunks = append(exec.chunks, chunk{end: len(exec.stdout), message: func() any { return last }})
}

// loading is what models print first.
const loading = "Loading pipeline components..."

// progressLogs keeps what progressLog gives, by the number of steps.
var progressLogs sync.Map

type stepLog struct {
	text string
	ends []int
}

// progressLog is what a progress bar of so many steps prints, up to the line break before
// the last line, and where each of its lines ends.
func progressLog(steps int) (text string, ends []int) {
	if known, found := progressLogs.Load(steps); found {
		log := known.(stepLog)
		return log.text, log.ends
	}
	var b strings.Builder
	b.WriteString(loading)
	ends = append(ends, b.Len())
	for i := 1; i <= steps; i++ {
		b.WriteString("\n" + barLine(i, steps))
		ends = append(ends, b.Len())
	}
	b.WriteByte('\n')
	progressLogs.Store(steps, stepLog{b.String(), ends})
	return b.String(), ends
}

// barLine is a progress bar as Python's tqdm draws it.
func barLine(step, total int) string {
	const width = 10
	full := width * step / total
	return fmt.Sprintf("%3d%%|%s%s| %d/%d", 100*step/total,
		strings.Repeat("█", full), strings.Repeat(" ", width-full), step, total)
}

// say prints a text at once, as one plain string.
func (exec *execution) say(text string) {
	exec.stdout = text
	exec.chunks = append(exec.chunks, chunk{after: exec.elapsed, end: len(text), message: func() any { return text }})
}
