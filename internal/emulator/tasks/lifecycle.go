package tasks

import (
	"errors"
	"slices"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// errEnded stops the goroutine of a task that was canceled, killed, or closed with the
// emulator.
var errEnded = errors.New("task has ended")

// run takes the task through its stages. It is the task's only goroutine.
func (t *task) run() {
	defer t.cancel()
	err := t.prepare()
	if err == nil {
		err = t.execute()
	}
	if err != nil && !errors.Is(err, errEnded) {
		t.service.Options.Log.Error().Err(err).Int64("task", t.id).Msg("sandbox task")
	}
}

// prepare goes from the queue to the start of the model. How long each stage takes is
// what a mid-sized model on a warm machine needs.
func (t *task) prepare() error {
	if t.behavior.AwaitSubscriber {
		if err := t.topic.AwaitFollower(t.ctx); err != nil {
			return errEnded
		}
	}
	if err := t.enter(core.TaskQueue, 0); err != nil {
		return err
	}
	if err := t.enter(core.TaskAccept, t.vary(600*time.Millisecond)); err != nil {
		return err
	}
	if err := t.preprocess(); err != nil {
		return err
	}
	if err := t.enter(core.TaskAssign, 200*time.Millisecond); err != nil {
		return err
	}
	return t.enter(core.TaskStart, t.vary(700*time.Millisecond))
}

// preprocess fetches the input files. Models that take none have no such stage.
func (t *task) preprocess() error {
	sources := t.in.sources(t.model)
	trouble := t.behavior.FailEarly
	for _, s := range sources {
		if s.trouble != "" {
			trouble = s.trouble
		}
	}
	if len(sources) == 0 && trouble == "" {
		return nil
	}
	if err := t.enter(core.TaskPreprocessStart, 50*time.Millisecond); err != nil {
		return err
	}
	took := t.vary(time.Duration(300+150*len(sources)) * time.Millisecond)
	if trouble == "" {
		return t.enter(core.TaskPreprocessEnd, took)
	}
	if !t.service.Pause(t.ctx, took) {
		return errEnded
	}
	t.failEarly(trouble)
	return errEnded
}

// execute runs the model and what follows it.
func (t *task) execute() error {
	if t.model.Makes.realtime() {
		return t.converse()
	}
	exec := t.newExecution()
	if err := t.play(exec); err != nil {
		return err
	}
	return t.conclude(exec)
}

// play prints what the model prints, at its pace.
func (t *task) play(exec *execution) error {
	for i, line := range t.noise() {
		if err := t.printError(line, t.vary(100*time.Millisecond), i); err != nil {
			return err
		}
	}
	for _, c := range exec.chunks {
		if !t.service.Pause(t.ctx, c.after) {
			return errEnded
		}
		if err := t.print(exec.stdout[:c.end], c.message); err != nil {
			return err
		}
	}
	last := exec.stderr
	if exit := t.behavior.FailWith; exit != nil {
		last = exit.Stderr
	}
	for i, line := range last {
		if err := t.printError(line, 0, i); err != nil {
			return err
		}
	}
	return nil
}

// noise is what the model writes to stderr although all is well.
func (t *task) noise() []string {
	return slices.Concat(t.model.Stderr, t.behavior.Stderr)
}

// conclude goes from the exit of the model to the final event.
func (t *task) conclude(exec *execution) error {
	t.mu.Lock()
	t.elapsed = exec.elapsed
	t.exit = "0"
	if exit := t.behavior.FailWith; exit != nil {
		t.exit = exit.Code
		if t.exit == "" {
			t.exit = "1"
		}
	}
	stderr := t.stderr
	t.mu.Unlock()

	if exec.full != nil {
		if err := t.enterWith(core.TaskOutputFull, 0, exec.full); err != nil {
			return err
		}
	}
	if stderr != "" {
		if err := t.enterWith(core.TaskErrorFull, 0, func() any { return logText{Raw: stderr} }); err != nil {
			return err
		}
	}
	if err := t.enter(core.TaskEnd, 0); err != nil {
		return err
	}
	if err := t.enter(core.TaskPostprocessStart, 50*time.Millisecond); err != nil {
		return err
	}
	if !t.service.Pause(t.ctx, t.vary(400*time.Millisecond)) {
		return errEnded
	}
	return t.finish(exec)
}

// logText is the message of the _full events.
type logText struct {
	Raw string `json:"raw"`
}

// enter brings the task to its next stage after a believable time, announces it, and
// stays there if it is to be held.
func (t *task) enter(stage core.Stage, after time.Duration) error {
	return t.enterWith(stage, after, nil)
}

// enterWith is enter for an event with a message.
func (t *task) enterWith(stage core.Stage, after time.Duration, message func() any) error {
	if !t.service.Pause(t.ctx, after) {
		return errEnded
	}
	t.mu.Lock()
	if t.over() {
		t.mu.Unlock()
		return errEnded
	}
	t.status = stage
	if stage == core.TaskStart {
		t.started = time.Now()
	}
	t.announce(stage, message)
	t.mu.Unlock()
	return t.hold(stage)
}

// hold waits for Release where the behavior says so.
func (t *task) hold(stage core.Stage) error {
	if t.behavior.HoldAt == stage && !t.held.Wait(t.ctx) {
		return errEnded
	}
	return nil
}

// over reports whether the task has ended. The caller holds the lock.
func (t *task) over() bool { return !t.ended.IsZero() }

// print is one write to stdout: all of it so far, and the message of its event.
func (t *task) print(stdout string, message func() any) error {
	t.mu.Lock()
	if t.over() {
		t.mu.Unlock()
		return errEnded
	}
	first := t.status != core.TaskOutput
	t.status = core.TaskOutput
	t.stdout = stdout
	t.announce(core.TaskOutput, message)
	t.mu.Unlock()
	if first {
		return t.hold(core.TaskOutput)
	}
	return nil
}

// printError is one line on stderr. It leaves the status alone.
func (t *task) printError(line string, after time.Duration, i int) error {
	if !t.service.Pause(t.ctx, after) {
		return errEnded
	}
	t.mu.Lock()
	if t.over() {
		t.mu.Unlock()
		return errEnded
	}
	if t.stderr != "" {
		t.stderr += "\n"
	}
	t.stderr += line
	t.announce(core.TaskError, func() any { return line })
	t.mu.Unlock()
	if i == 0 {
		return t.hold(core.TaskError)
	}
	return nil
}

// finish is the last stage: outputs, exit code and cost stand, the wallet pays.
func (t *task) finish(exec *execution) error {
	outputs, cost := exec.outputs, 0.0
	if t.behavior.NoOutputs {
		outputs, exec.used.outputs = nil, 0
	}
	t.mu.Lock()
	if t.over() {
		t.mu.Unlock()
		return errEnded
	}
	if t.exit != "0" {
		outputs = nil
	} else {
		exec.used.elapsed = t.elapsed
		cost = t.model.cost(exec.used)
		if exec.done != nil {
			exec.done()
		}
	}
	t.outputs, t.cost = outputs, cost
	t.payer.Wallet().Charge(cost - exec.paid)
	t.end(core.TaskPostprocessEnd, func() any { return t.outputsJSON() })
	t.mu.Unlock()
	t.closed()
	return nil
}

// failEarly ends a task whose model never ran.
func (t *task) failEarly(reason string) {
	t.mu.Lock()
	if t.over() {
		t.mu.Unlock()
		return
	}
	t.stderr = reason
	t.end(core.TaskError, func() any { return reason })
	t.mu.Unlock()
	t.closed()
}

// interrupt ends the task from outside, if its status is one that may be.
func (t *task) interrupt(may func(core.Stage) bool) (was core.Stage, done bool) {
	t.mu.Lock()
	was = t.status
	if t.over() || !may(was) {
		t.mu.Unlock()
		return was, false
	}
	if !t.started.IsZero() {
		t.elapsed = time.Since(t.started)
	}
	t.end(core.TaskCancel, nil)
	t.mu.Unlock()
	t.cancel()
	t.closed()
	return was, true
}

// end sets the terminal status and announces it. The caller holds the lock, and calls
// closed after it.
func (t *task) end(stage core.Stage, message func() any) {
	t.before, t.status = t.status, stage
	if charge := t.behavior.Charge; charge > 0 {
		t.payer.Wallet().Charge(charge - t.cost)
		t.cost = charge
	}
	t.payer.EndTask() // first, a client that hears of the end may run the next
	t.ended = time.Now()
	if t.behavior.LoseFinalEvent {
		t.note(stage)
		return
	}
	t.announce(stage, message)
}

// closed does what comes after the final event.
func (t *task) closed() {
	t.service.store.end(t)
	if t.callback != "" {
		t.service.Notify(t.callback, core.Encode(t.detail()), t.behavior)
	}
}

// vary makes a duration a little longer or shorter, always the same for one task.
func (t *task) vary(d time.Duration) time.Duration {
	return d * time.Duration(80+(t.id*37)%41) / 100
}

// seconds is how long the model runs.
func (t *task) seconds() time.Duration {
	s := t.model.Seconds
	if t.behavior.Seconds > 0 {
		s = t.behavior.Seconds
	}
	return t.vary(time.Duration(s * float64(time.Second)))
}
