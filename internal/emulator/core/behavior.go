package core

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
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

	// Delay is how long the answer takes (real time, independent of the pace).
	Delay time.Duration `json:"delay,omitempty"`
	// Status answers with this HTTP status and Body instead of asking the endpoint.
	Status int `json:"status,omitempty"`
	// Body is sent as it stands. Empty with a Status: an error envelope with Message.
	Body string `json:"body,omitempty"`
	// ContentType of Body. Empty: application/json.
	ContentType string `json:"contentType,omitempty"`
	// RetryAfter is the header of that name, in seconds. 0 leaves it out.
	RetryAfter int `json:"retryAfter,omitempty"`
	// Header adds headers to the answer: Location, a date for Retry-After.
	Header map[string]string `json:"header,omitempty"`
	// Code and Message answer with an error envelope, at Status or 200.
	Code    int    `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// CutConnection handles the request in full, then closes the connection instead of
	// answering: a run that is cut has started its task.
	CutConnection bool `json:"cutConnection,omitempty"`
	// Oversize sends a valid success envelope with a field of this many bytes.
	Oversize int64 `json:"oversize,omitempty"`

	// Accept lets the endpoint handle the request in full before Delay, Status, Body and the
	// rest come to bear: a run that is answered so has started its task. A Status without a
	// Body or Message then sends the endpoint's own answer at that status.
	Accept bool `json:"accept,omitempty"`
	// Edit sets fields of the answer, by path: "tool.0.dynamicprice", "tasklist.*.totalcost".
	// An asterisk stands for every element or member.
	Edit map[string]any `json:"edit,omitempty"`
	// Drop removes fields of the answer, by path.
	Drop []string `json:"drop,omitempty"`
	// Truncate cuts the answer to this many bytes.
	Truncate int `json:"truncate,omitempty"`
	// Garble makes the answer unreadable: bytes that are no UTF-8 in place of its quotes.
	Garble bool `json:"garble,omitempty"`

	// Detail is how Task/Detail answers about the task from its final event on: each
	// behavior for its Times, then the next, then normally. Those of requests work here.
	Detail []Behavior `json:"detail,omitempty"`
	// Lag is how long Task/Detail and Task/List lag behind the final event (real time): until
	// then they show the task as it was before it.
	Lag time.Duration `json:"lag,omitempty"`
	// Inflate adds a parameter "padding" of this many bytes to the parameters that Task/Detail
	// and Task/List show.
	Inflate int `json:"inflate,omitempty"`
	// Charge is what the task costs in USD however it ends: failed, killed or canceled too.
	// 0: what its price says, and nothing where it fails.
	Charge float64 `json:"charge,omitempty"`
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
	// Duplicate sends every event twice, and posts the callback twice.
	Duplicate bool `json:"duplicate,omitempty"`
	// Garbage sends nonsense before every event: broken JSON, unknown types, events of
	// unknown tokens.
	Garbage bool `json:"garbage,omitempty"`

	// OddFrames cuts the sound of a realtime model in the middle of samples, and leaves half a
	// sample at its end.
	OddFrames bool `json:"oddFrames,omitempty"`
	// SplitFrames sends each message of sound in several frames of WebSocket.
	SplitFrames bool `json:"splitFrames,omitempty"`
	// FrameDelay comes before each message of sound (real time).
	FrameDelay time.Duration `json:"frameDelay,omitempty"`
	// DropAfterFrames closes the sockets of a realtime model, abruptly, once it has sent this
	// many messages of sound.
	DropAfterFrames int `json:"dropAfterFrames,omitempty"`
	// SessionGrace is how long a realtime model waits for its client to come back after the
	// connection was lost (real time). 0: the session ends at once.
	SessionGrace time.Duration `json:"sessionGrace,omitempty"`
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
	scripts map[string]*Script
}

// A Script is what a target does, behavior after behavior.
type Script struct {
	mu    sync.Mutex
	lines []Behavior
	used  int // requests that the first line has had
}

func newBehaviors() behaviors {
	return behaviors{mu: new(sync.RWMutex), scripts: map[string]*Script{}}
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
	b.scripts[target] = NewScript(lines)
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
	return script.Next()
}

// NewScript begins with the first of lines.
func NewScript(lines []Behavior) *Script { return &Script{lines: lines} }

// Next is the behavior for one more request, false where the target behaves normally.
func (s *Script) Next() (Behavior, bool) {
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
			if n%line.Every < line.Times {
				return line, true
			}
			return Behavior{}, false
		case n < line.Times:
			return line, true
		}
		s.lines, s.used = s.lines[1:], 0
	}
	return Behavior{}, false
}

// intervene waits, sets headers, and answers in place of the endpoint where the behavior
// says so. It reports whether it did. accepted says that the endpoint has handled the
// request.
func (b *Behavior) intervene(s *Server, w http.ResponseWriter, r *http.Request, accepted bool) bool {
	if b.Delay > 0 {
		ctx, stop := context.WithCancel(r.Context())
		defer stop()
		defer context.AfterFunc(s.Context, stop)()
		if !Sleep(ctx, b.Delay) {
			panic(http.ErrAbortHandler) // the client has gone, or the emulator is closing
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
	case b.Message != "" || b.Status != 0 && !accepted:
		writeFailure(w, &Failure{status: b.Status, Errors: []WireError{{Code: b.Code, Message: b.message()}}})
	default:
		return false
	}
	return true
}

// alter changes the endpoint's own answer in the way that the behavior asks for.
func (b *Behavior) alter(status int, body []byte) (int, []byte) {
	if len(b.Edit) > 0 || len(b.Drop) > 0 {
		body = b.edited(body)
	}
	if b.Garble {
		body = bytes.ReplaceAll(body, []byte(`"`), []byte{0xff})
	}
	if b.Truncate > 0 {
		body = body[:min(b.Truncate, len(body))]
	}
	if b.Accept && b.Status != 0 {
		status = b.Status
	}
	return status, body
}

// edited applies Edit and Drop to an answer.
func (b *Behavior) edited(body []byte) []byte {
	var answer any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&answer); err != nil { // never: the emulator wrote it
		panic(err)
	}
	for path, value := range b.Edit {
		editJSON(answer, strings.Split(path, "."), func(object map[string]any, name string) { object[name] = value })
	}
	for _, path := range b.Drop {
		editJSON(answer, strings.Split(path, "."), func(object map[string]any, name string) { delete(object, name) })
	}
	return append(Encode(answer), '\n')
}

// editJSON calls edit for every object and member that a path leads to.
func editJSON(value any, path []string, edit func(object map[string]any, name string)) {
	switch v := value.(type) {
	case map[string]any:
		names := []string{path[0]}
		if path[0] == "*" {
			names = slices.Collect(maps.Keys(v))
		}
		for _, name := range names {
			if len(path) == 1 {
				edit(v, name)
			} else {
				editJSON(v[name], path[1:], edit)
			}
		}
	case []any:
		for i, item := range v {
			if len(path) > 1 && (path[0] == "*" || path[0] == strconv.Itoa(i)) {
				editJSON(item, path[1:], edit)
			}
		}
	}
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
