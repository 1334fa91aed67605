package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

const (
	pace = 0.04 // an image takes 0.1 to 0.4 s

	webKeys   = 4
	stdioKeys = 2
	balance   = 1e6

	// deliveryMoment is how long before a client gave up, or after, its result may have been on
	// its way to it: nobody can tell then whether it was delivered.
	deliveryMoment = time.Second

	// noteLimit is how long after the replicas' store was away a process may need to write what it
	// did not take.
	noteLimit = 2 * time.Second
)

// work is what a task was paid for. The prompt tells one work of a caller from the next; other
// callers use the same ones.
type work struct{ key, model, prompt string }

func workOf(t wirotest.Task) work {
	prompt, _ := t.Params["prompt"].(string)
	return work{t.Key, cleanSlug(t.Model), prompt}
}

// cleanSlug writes a model as most answers do: "reve/generate" for "reve/Generate".
func cleanSlug(slug string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '/' {
			return r
		}
		return '-'
	}, strings.ToLower(slug))
}

// world is the emulated Wiro, and what is known of the truth.
type world struct {
	*wirotest.Server
	keys   []string
	report *report
	ended  func() // ends the index

	mu       sync.Mutex
	tokens   map[work][]string
	jobs     map[work][]*job
	owner    map[string]work // by token
	order    []string        // tokens, oldest first
	released map[string]bool
	changed  chan struct{} // closed and replaced at each new task
	indexed  chan struct{} // closed when the index has ended
	quiet    []claim
	leftOut  map[work]int // equal runs that were not started, whichever they are
	away     []span       // when the replicas' store did not answer
	stops    []time.Time  // of the replicas
}

type span struct{ from, to time.Time }

// claim is an answer that said that nothing was submitted.
type claim struct {
	work       work
	began, end time.Time
	text       string
}

func newWorld(seed uint64, r *report) *world {
	w := &world{
		report: r, tokens: map[work][]string{}, jobs: map[work][]*job{}, owner: map[string]work{},
		released: map[string]bool{}, leftOut: map[work]int{}, changed: make(chan struct{}), indexed: make(chan struct{}),
	}
	var keys []wirotest.Key
	for i := range webKeys + stdioKeys {
		key := fmt.Sprintf("soak-%d-%016x", i, seed*2654435761+uint64(i)) //nolint:gosec // i is small
		w.keys = append(w.keys, key)
		keys = append(keys, wirotest.Key{Key: key, Balance: balance})
	}
	w.Server = wirotest.NewServer(wirotest.WithKeys(keys...), wirotest.WithPace(pace), wirotest.WithSeed(seed),
		wirotest.WithRecording(0), wirotest.WithTaskLimit(1_000_000))
	ctx, cancel := context.WithCancel(context.Background())
	w.ended = cancel
	go w.index(ctx)
	return w
}

func (w *world) close() {
	w.ended()
	<-w.indexed
	w.Close()
}

// index notes whose each new task is.
func (w *world) index(ctx context.Context) {
	defer close(w.indexed)
	for n := 1; ; n++ {
		token, err := w.AwaitTask(ctx, n)
		if err != nil {
			return
		}
		task, _ := w.Task(token)
		of := workOf(task)
		w.mu.Lock()
		w.tokens[of] = append(w.tokens[of], token)
		w.owner[token] = of
		w.order = append(w.order, token)
		close(w.changed)
		w.changed = make(chan struct{})
		w.mu.Unlock()
	}
}

func (w *world) taskCount() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.order)
}

// begin notes that a job wants its work done.
func (w *world) begin(j *job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.jobs[j.work] = append(w.jobs[j.work], j)
}

// of returns the tokens of a work.
func (w *world) of(what work) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.tokens[what]...)
}

// await waits until a work has a task.
func (w *world) await(ctx context.Context, what work) bool {
	for {
		w.mu.Lock()
		found, changed := len(w.tokens[what]) > 0, w.changed
		w.mu.Unlock()
		if found {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// ownerOf returns whose a token is.
func (w *world) ownerOf(token string) (work, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	of, found := w.owner[token]
	return of, found
}

// foreign returns a token of another caller than key, chosen by n; "" if there is none.
func (w *world) foreign(key string, n int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range min(20, len(w.order)) {
		if token := w.order[(n+i)%len(w.order)]; w.owner[token].key != key {
			return token
		}
	}
	return ""
}

// release lets the tasks of a work go on.
func (w *world) release(what work) {
	for _, token := range w.of(what) {
		w.mu.Lock()
		done := w.released[token]
		w.released[token] = true
		w.mu.Unlock()
		if !done {
			w.Release(token)
		}
	}
}

// releaseAll lets all tasks go on that are held, until the users are done.
func (w *world) releaseAll(ctx context.Context, done <-chan struct{}) {
	for {
		w.mu.Lock()
		var held []work
		for what := range w.tokens {
			if what.model == heldModel || what.model == stoppedModel {
				held = append(held, what)
			}
		}
		w.mu.Unlock()
		for _, what := range held {
			w.release(what)
		}
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// leaveOut reports whether one more of the equal runs of a work may end without a task: fewer were
// started than calls were made.
func (w *world) leaveOut(what work) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.leftOut[what] >= len(w.jobs[what])-len(w.tokens[what]) {
		return false
	}
	w.leftOut[what]++
	return true
}

// storeAway notes that the replicas' store does not answer for a while.
func (w *world) storeAway(from, to time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = append(w.away, span{from, to})
}

// replicaEnded notes the end of a process.
func (w *world) replicaEnded() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stops = append(w.stops, time.Now())
}

// unrecorded reports whether a result may have been delivered by a process that ended before the
// store took that: nobody knows of the delivery then. The caller holds mu.
func (w *world) unrecorded(at time.Time) bool {
	for _, away := range w.away {
		end := away.to.Add(noteLimit)
		if at.Before(away.from) || at.After(end) {
			continue
		}
		for _, stop := range w.stops {
			if stop.After(at) && stop.Before(end) {
				return true
			}
		}
	}
	return false
}

// quietly notes an answer that said that nothing was submitted.
func (w *world) quietly(c claim) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet = append(w.quiet, c)
}

// audit compares what the clients saw with what Wiro did.
func (w *world) audit() {
	w.mu.Lock()
	defer w.mu.Unlock()
	paid := map[string]float64{}
	for what, tokens := range w.tokens {
		for _, token := range tokens {
			task, _ := w.Task(token)
			paid[what.key] += task.Cost
		}
		w.auditWork(what, tokens)
	}
	for what := range w.jobs {
		if len(w.tokens[what]) == 0 {
			w.auditWork(what, nil)
		}
	}
	for _, key := range w.keys {
		if left := w.Balance(key); abs(balance-left-paid[key]) > 1e-3 {
			w.report.fault("misreported", "the emulator took $%.4f from a wallet for tasks of $%.4f", balance-left, paid[key])
		}
	}
	for _, c := range w.quiet {
		for _, token := range w.tokens[c.work] {
			if task, _ := w.Task(token); task.Created.After(c.began) && task.Created.Before(c.end) {
				w.report.fault("misreported", "%s: a call that started task %s said %q", c.work, token, c.text)
			}
		}
	}
}

// auditWork checks that a work was submitted as often as its jobs asked for, and that each of
// these saw a result of its own. The caller holds mu.
func (w *world) auditWork(what work, tokens []string) {
	jobs := w.jobs[what]
	if len(jobs) == 0 {
		if len(tokens) > 0 {
			w.report.fault("doubled", "%s: %d tasks of calls that must not submit", what, len(tokens))
		}
		return
	}
	wanted, excused, delivered := 0, 0, map[string]*job{}
	var history []string
	for _, j := range jobs {
		j.mu.Lock()
		wanted += j.mostTasks()
		for _, gone := range j.givenUp {
			if w.onItsWay(tokens, gone) {
				excused++
			}
		}
		if j.delivered == "" && !j.open && !j.refused {
			w.report.fault("lost", "%s: no result after %d calls; %d tasks; %s", what, j.calls, len(tokens), strings.Join(j.history, "; "))
		}
		history = append(history, strings.Join(j.history, "; "))
		switch other := delivered[j.delivered]; {
		case j.delivered == "" || other == nil:
			delivered[j.delivered] = j
		case w.unrecorded(j.got) || w.unrecorded(other.got):
			w.report.count("delivered while the store was away, by a process that ended")
		default:
			w.report.fault("lost", "%s: two calls were given task %s: %s", what, j.delivered, strings.Join(history, " | "))
		}
		j.mu.Unlock()
	}
	if left := w.leftOut[what]; left > max(0, len(jobs)-len(tokens)) {
		w.report.fault("lost", "%s: %d of %d equal runs were not found, of %d tasks: %s", what, left, len(jobs), len(tokens), strings.Join(history, " | "))
	}
	switch extra := len(tokens) - wanted; {
	case extra <= 0:
	case extra <= excused:
		w.report.count("repeated while the result was on its way")
	default:
		w.report.fault("doubled", "%s: %d tasks, %d were wanted: %s", what, len(tokens), wanted, strings.Join(history, " | "))
	}
}

// onItsWay reports whether what a client asked for may have been on its way when it gave up.
func (w *world) onItsWay(tokens []string, gone gaveUp) bool {
	for _, token := range tokens {
		task, _ := w.Task(token)
		ended, over := w.FinishedAt(token)
		switch {
		case !task.Created.Before(gone.at):
		case over && ended.Before(gone.at.Add(deliveryMoment)), gone.token && gone.at.Before(task.Created.Add(deliveryMoment)):
			return true
		}
	}
	return false
}

func abs(f float64) float64 { return max(f, -f) }

func (w work) String() string {
	return fmt.Sprintf("%.6s %s %.20q", w.key, w.model, w.prompt)
}
