package wirotest

import (
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// A Behavior is a way to misbehave. Fields combine; the zero value does nothing special.
// The first groups concern requests, the last the task that a run starts, or the message
// that UserAgent/Message/Send sends to an agent.
type Behavior struct {
	// Times limits the behavior to the first N requests of its target. 0: always.
	Times int
	// Every starts Times again after every N requests: Times 1, Every 2 hits each other one.
	Every int

	// Delay is how long the answer takes (real time, independent of the pace).
	Delay time.Duration
	// Status answers with this HTTP status and Body instead of asking the endpoint.
	Status int
	// Body is sent as it stands. Empty with a Status: an error envelope with Message.
	Body string
	// ContentType of Body. Empty: application/json.
	ContentType string
	// RetryAfter is the header of that name, in seconds. 0 leaves it out.
	RetryAfter int
	// Header adds headers to the answer: Location, a date for Retry-After.
	Header map[string]string
	// Code and Message answer with an error envelope, at Status or 200.
	Code    int
	Message string
	// CutConnection handles the request in full, then closes the connection instead of
	// answering: a run that is cut has started its task.
	CutConnection bool
	// Oversize sends a valid success envelope with a field of this many bytes.
	Oversize int64

	// Accept lets the endpoint handle the request in full before Delay, Status, Body and the
	// rest come to bear: a run that is answered so has started its task. A Status without a
	// Body or Message then sends the endpoint's own answer at that status.
	Accept bool
	// Edit sets fields of the answer, by path: "tool.0.dynamicprice", "tasklist.*.totalcost".
	// An asterisk stands for every element or member.
	Edit map[string]any
	// Drop removes fields of the answer, by path.
	Drop []string
	// Truncate cuts the answer to this many bytes.
	Truncate int
	// Garble makes the answer unreadable: bytes that are no UTF-8 in place of its quotes.
	Garble bool

	// Detail is how Task/Detail answers about the task from its final event on: each
	// behavior for its Times, then the next, then normally. Those of requests work here.
	Detail []Behavior
	// Lag is how long Task/Detail and Task/List lag behind the final event (real time): until
	// then they show the task as it was before it.
	Lag time.Duration
	// Inflate adds a parameter "padding" of this many bytes to the parameters that Task/Detail
	// and Task/List show.
	Inflate int
	// Charge is what the task costs in USD however it ends: failed, killed or canceled too.
	// 0: its price, and nothing if it fails.
	Charge float64
	// FailWith makes the model exit with an error: nothing is charged, no outputs.
	FailWith *Exit
	// FailEarly ends the task with status task_error before its model runs. Its text is what
	// the preprocessing complains about.
	FailEarly string
	// HoldAt keeps the task at this stage until Release.
	HoldAt Stage
	// AwaitSubscriber keeps the task in the queue until a socket has registered for it, which
	// then sees every event, task_queue included.
	AwaitSubscriber bool
	// Seconds overrides how long the model runs, at pace 1.
	Seconds float64
	// Stderr lines are written while the model runs; it succeeds all the same.
	Stderr []string
	// NoOutputs lets the model succeed and leave nothing behind.
	NoOutputs bool
	// DropSocketAt closes the sockets that follow the task, abruptly, in place of this
	// stage's event.
	DropSocketAt Stage
	// RefuseSocket closes each socket that registers for the task.
	RefuseSocket bool
	// LoseFinalEvent ends the task without the event that says so.
	LoseFinalEvent bool
	// Silent sends no event at all.
	Silent bool
	// Duplicate sends every event twice, and posts the callback twice.
	Duplicate bool
	// Garbage sends nonsense before every event: broken JSON, unknown types, events of
	// unknown tokens.
	Garbage bool

	// OddFrames cuts the sound of a realtime model in the middle of samples, and leaves half a
	// sample at its end.
	OddFrames bool
	// SplitFrames sends each message of sound in several frames of WebSocket.
	SplitFrames bool
	// FrameDelay comes before each message of sound (real time).
	FrameDelay time.Duration
	// DropAfterFrames closes the sockets of a realtime model, abruptly, once it has sent this
	// many messages of sound.
	DropAfterFrames int
	// SessionGrace is how long a realtime model waits for its client to come back after the
	// connection was lost (real time). 0: the session ends at once.
	SessionGrace time.Duration
}

// An Exit is how a model fails.
type Exit struct {
	// Code is the exit code, pexit. Empty: "1".
	Code string
	// Stderr lines come before it.
	Stderr []string
}

// script is a list of behaviors as the emulator takes it.
func script(behaviors []Behavior) []emulator.Behavior {
	var converted []emulator.Behavior
	for _, b := range behaviors {
		out := emulator.Behavior{
			Times:           b.Times,
			Every:           b.Every,
			Delay:           b.Delay,
			Status:          b.Status,
			Body:            b.Body,
			ContentType:     b.ContentType,
			RetryAfter:      b.RetryAfter,
			Header:          b.Header,
			Code:            b.Code,
			Message:         b.Message,
			CutConnection:   b.CutConnection,
			Oversize:        b.Oversize,
			Accept:          b.Accept,
			Edit:            b.Edit,
			Drop:            b.Drop,
			Truncate:        b.Truncate,
			Garble:          b.Garble,
			Detail:          script(b.Detail),
			Lag:             b.Lag,
			Inflate:         b.Inflate,
			Charge:          b.Charge,
			FailEarly:       b.FailEarly,
			HoldAt:          emulator.Stage(b.HoldAt),
			AwaitSubscriber: b.AwaitSubscriber,
			Seconds:         b.Seconds,
			Stderr:          b.Stderr,
			NoOutputs:       b.NoOutputs,
			DropSocketAt:    emulator.Stage(b.DropSocketAt),
			RefuseSocket:    b.RefuseSocket,
			LoseFinalEvent:  b.LoseFinalEvent,
			Silent:          b.Silent,
			Duplicate:       b.Duplicate,
			Garbage:         b.Garbage,
			OddFrames:       b.OddFrames,
			SplitFrames:     b.SplitFrames,
			FrameDelay:      b.FrameDelay,
			DropAfterFrames: b.DropAfterFrames,
			SessionGrace:    b.SessionGrace,
		}
		if b.FailWith != nil {
			out.FailWith = &emulator.Exit{Code: b.FailWith.Code, Stderr: b.FailWith.Stderr}
		}
		converted = append(converted, out)
	}
	return converted
}
