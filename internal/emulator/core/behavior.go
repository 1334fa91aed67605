package core

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Behavior is a way to misbehave. Fields combine; the zero value does nothing special.
// The first group concerns requests, the second the task that a run starts.
type Behavior struct {
	// Times limits the behavior to the first N requests of its target. 0: always.
	Times int `json:"times,omitempty"`
	// Every starts Times again after every N requests: Times 1, Every 2 hits each other one.
	Every int `json:"every,omitempty"`

	// Delay is how long the answer takes (real time, whatever the pace).
	Delay time.Duration `json:"delay,omitempty"`
	// Status answers with this HTTP status and Body instead of asking the endpoint.
	Status int `json:"status,omitempty"`
	// Body is sent as it stands. Empty with a Status: an error envelope with Message.
	Body string `json:"body,omitempty"`
	// ContentType of Body. Empty: application/json.
	ContentType string `json:"contentType,omitempty"`
	// RetryAfter is the header of that name, in seconds. 0 leaves it out.
	RetryAfter int `json:"retryAfter,omitempty"`
	// Header adds headers to the answer, whoever gives it: Location, a date for Retry-After.
	Header map[string]string `json:"header,omitempty"`
	// Code and Message answer with an error envelope, at Status or 200.
	Code    int    `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// CutConnection handles the request in full, then closes the connection instead of
	// answering: a run that is cut has started its task.
	CutConnection bool `json:"cutConnection,omitempty"`
	// Oversize sends a valid success envelope with a field of this many bytes.
	Oversize int64 `json:"oversize,omitempty"`

	// FailWith makes the model exit with an error: nothing is charged, no outputs.
	FailWith *Exit `json:"failWith,omitempty"`
	// FailEarly ends the task with status task_error before its model runs. Its text is what
	// the preprocessing complains about.
	FailEarly string `json:"failEarly,omitempty"`
	// HoldAt keeps the task at this stage until Release.
	HoldAt Stage `json:"holdAt,omitempty"`
	// AwaitSubscriber keeps the task in the queue until a socket has registered for it, which
	// then sees every event, task_queue included.
	AwaitSubscriber bool `json:"awaitSubscriber,omitempty"`
	// Seconds overrides how long the model runs, at pace 1.
	Seconds float64 `json:"seconds,omitempty"`
	// Stderr lines are written while the model runs; it succeeds all the same.
	Stderr []string `json:"stderr,omitempty"`
	// NoOutputs lets the model succeed and leave nothing behind.
	NoOutputs bool `json:"noOutputs,omitempty"`
	// DropSocketAt closes the sockets that follow the task, abruptly, in place of this
	// stage's event.
	DropSocketAt Stage `json:"dropSocketAt,omitempty"`
	// RefuseSocket closes each socket that registers for the task.
	RefuseSocket bool `json:"refuseSocket,omitempty"`
	// LoseFinalEvent ends the task without the event that says so.
	LoseFinalEvent bool `json:"loseFinalEvent,omitempty"`
	// Silent sends no event at all.
	Silent bool `json:"silent,omitempty"`
	// Duplicate sends every event twice.
	Duplicate bool `json:"duplicate,omitempty"`
	// Garbage sends nonsense before every event: broken JSON, unknown types, events of
	// tokens that nobody asked for.
	Garbage bool `json:"garbage,omitempty"`
}

// An Exit is how a model fails.
type Exit struct {
	// Code is the exit code, pexit. Empty: "1".
	Code string `json:"code,omitempty"`
	// Stderr lines come before it.
	Stderr []string `json:"stderr,omitempty"`
}

// Behave scripts what a target does from now on, in place of what it did: each behavior
// for its Times, then the next, then normally. Without behaviors the target is well
// again. A target is an endpoint ("Task/Detail", "Run/openai/sora-2") or, for short, a
// model ("openai/sora-2"); "Run/" is every model and "*" every endpoint, where nothing
// closer has a script.
func (s *Server) Behave(target string, script ...Behavior) {
	s.Behaviors.Set(target, script)
}

// everyRun is the target that stands for every model.
const everyRun = "Run/"

// behaviors holds the scripts by path of the API.
type behaviors struct {
	mu      *sync.RWMutex
	scripts map[string]*script
}

type script struct {
	mu    sync.Mutex
	lines []Behavior
	used  int // requests that the first line has had
}

func newBehaviors() behaviors {
	return behaviors{mu: new(sync.RWMutex), scripts: map[string]*script{}}
}

func (b *behaviors) Set(target string, lines []Behavior) {
	if owner, _, found := strings.Cut(target, "/"); found && owner == strings.ToLower(owner) {
		target = everyRun + target // endpoints start with a capital, clean slugs never
	}
	target = cleanPath(target)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(lines) == 0 {
		delete(b.scripts, target)
		return
	}
	b.scripts[target] = &script{lines: lines}
}

// cleanPath writes the model of a run by its clean slug, however the client wrote it.
func cleanPath(path string) string {
	slug, found := strings.CutPrefix(path, everyRun)
	owner, name, full := strings.Cut(slug, "/")
	if !found || !full {
		return path
	}
	return everyRun + CleanSlug(owner) + "/" + CleanSlug(name)
}

// next is the behavior for one more request to a path.
func (b *behaviors) next(path string) (Behavior, bool) {
	path = cleanPath(path)
	b.mu.RLock()
	script := b.scripts[path]
	if script == nil && strings.HasPrefix(path, everyRun) {
		script = b.scripts[everyRun]
	}
	if script == nil {
		script = b.scripts["*"]
	}
	b.mu.RUnlock()
	if script == nil {
		return Behavior{}, false
	}
	return script.next()
}

func (s *script) next() (Behavior, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.lines) > 0 {
		line := s.lines[0]
		n := s.used
		s.used++
		switch {
		case line.Times == 0:
			return line, true
		case line.Every > 0:
			return line, n%line.Every < line.Times
		case n < line.Times:
			return line, true
		}
		s.lines, s.used = s.lines[1:], 0
	}
	return Behavior{}, false
}

// beforeHandler does what comes before the endpoint, and reports whether that was the
// whole answer.
func (b *Behavior) beforeHandler(s *Server, w http.ResponseWriter, r *http.Request) bool {
	if b.Delay > 0 {
		ctx, stop := context.WithCancel(r.Context())
		defer stop()
		defer context.AfterFunc(s.Context, stop)()
		if !sleep(ctx, b.Delay) {
			panic(http.ErrAbortHandler) // the client has gone, or the sandbox is closing
		}
	}
	for name, value := range b.Header {
		w.Header().Set(name, value)
	}
	if b.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(b.RetryAfter))
	}
	switch {
	case b.Oversize > 0:
		writeOversize(w, b.Oversize)
	case b.Body != "":
		b.writeBody(w)
	case b.Message != "" || b.Status != 0:
		writeFailure(w, &Failure{status: b.Status, Errors: []WireError{{Code: b.Code, Message: b.message()}}})
	default:
		return false
	}
	return true
}

func (b *Behavior) message() string {
	if b.Message != "" {
		return b.Message
	}
	return http.StatusText(b.Status)
}

func (b *Behavior) writeBody(w http.ResponseWriter) {
	contentType := b.ContentType
	if contentType == "" {
		contentType = "application/json; charset=utf-8"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(max(b.Status, http.StatusOK))
	_, _ = w.Write([]byte(b.Body)) //nolint:gosec // the person at the keyboard wrote it
}

// writeOversize streams a success envelope around n bytes of padding.
func writeOversize(w http.ResponseWriter, n int64) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write([]byte(`{"result":true,"errors":[],"padding":"`))
	chunk := bytes.Repeat([]byte("x"), 64<<10)
	for n > 0 {
		k := min(n, int64(len(chunk)))
		if _, err := w.Write(chunk[:k]); err != nil {
			return
		}
		n -= k
	}
	_, _ = w.Write([]byte(`"}`))
}
