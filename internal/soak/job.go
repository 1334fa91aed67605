package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// job is a run that a user wants the result of, once, however many calls that takes.
type job struct {
	work
	params  map[string]any
	twin    bool // equal ones run at the same time
	held    bool // its task waits until the soak lets it go
	detach  bool // its first call asks for the token alone
	stop    bool // its task is canceled or killed
	patient bool // its client never gives up

	mu        sync.Mutex
	calls     int
	again     int // calls with again:true
	unsure    int // answers that did not know whether the run was started, one after another
	everLost  bool
	givenUp   []gaveUp
	token     string         // of the last answer with one
	delivered string         // token of the final result
	got       time.Time      // when that came
	agreed    map[string]any // arguments of the next call, once its cost was asked about
	open      bool           // nothing can be said of it: the soak ended too soon
	refused   bool           // it ended without a result, and rightly so
	history   []string
}

// gaveUp is when a client gave up, on a call that was to bring the token alone, or the result.
type gaveUp struct {
	at    time.Time
	token bool
}

// mostTasks is how many tasks the job may have: one, and one more for each again:true.
func (j *job) mostTasks() int { return 1 + j.again }

func (j *job) note(format string, args ...any) {
	if len(j.history) < 40 {
		j.history = append(j.history, time.Now().Format("04:05.000 ")+fmt.Sprintf(format, args...))
	}
}

// user works through jobs, one after another.
type user struct {
	*soak
	caller
	*rand.Rand
	key  string
	name string
	next int // number of the next job
}

// mostCalls is how often a user tries. A job needs many calls only if its client gives up, and
// near the end nothing does.
const mostCalls = 80

// finish calls until the job's result is there.
func (u *user) finish(ctx context.Context, j *job) {
	u.world.begin(j)
	aborts := 1 + u.IntN(3)
	if j.patient {
		aborts = 0
	}
	for range mostCalls {
		if ctx.Err() != nil {
			j.leaveOpen()
			return
		}
		last := aborts == 0 || u.drains()
		if u.attempt(ctx, j, !last) {
			u.askPrice(ctx, j)
			return
		}
		if !last {
			aborts--
		}
		if !pause(ctx, time.Duration(20+u.IntN(150))*time.Millisecond) {
			j.leaveOpen()
			return
		}
	}
}

// askPrice asks at times what a finished job was charged.
func (u *user) askPrice(ctx context.Context, j *job) {
	if j.delivered == "" || u.IntN(6) > 0 {
		return
	}
	task, _ := u.world.Task(j.delivered)
	if a, ok := u.ask(ctx, "get_task_price", map[string]any{"tasktoken": j.delivered}); ok && !a.isError {
		u.judgeWords(j.work, a, &task)
	}
}

func (j *job) leaveOpen() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.open = true
}

// attempt makes one call for the job, and reports whether there is nothing left to do.
func (u *user) attempt(ctx context.Context, j *job, aborted bool) (done bool) {
	tool, arguments := u.nextCall(j)
	if tool == "" {
		return true
	}
	var give abort
	if aborted {
		give = abort{after: time.Duration(10+u.IntN(900)) * time.Millisecond, cancel: u.IntN(2) == 0}
	}
	if j.held && !aborted {
		answered, cancel := context.WithCancel(ctx)
		defer cancel()
		go u.letGo(answered, j.work)
	}
	before := len(u.world.of(j.work))
	began := time.Now()
	a, err := u.call(ctx, tool, arguments, give)
	u.report.count("calls")
	u.report.took(time.Since(began), fmt.Sprintf("%s %s, asked to wait %s", tool, j.model, timeoutOf(arguments)))
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls++
	if err != nil {
		j.note("%s: %v", tool, err)
		u.report.fault("unanswered", "%s, %s %s: %v", u.name, j.work, tool, err)
		return ctx.Err() != nil
	}
	u.judgeNotes(j.work, a.notes)
	switch {
	case a.gone != "":
		j.note("%s gone (%s) at %s", tool, a.gone, a.gaveUp.Format("04:05.000"))
		j.givenUp = append(j.givenUp, gaveUp{a.gaveUp, arguments["wait"] == false})
		u.report.count("given up")
		return false
	case a.busy:
		j.note("%s busy", tool)
		u.report.count("busy")
		return false
	case a.isError:
		if strings.Contains(a.text, "over") || strings.Contains(a.text, "ended") {
			j.stop = false // there is nothing to stop
		}
		return u.refusedJob(j, tool, a, began, before)
	}
	if a.told.State == "confirmation_required" {
		u.report.count("confirmations")
		j.note("asked")
		if u.judgeWords(j.work, a, nil); a.told.Next == nil || a.told.Next.Arguments["confirm"] != true {
			u.report.fault("unanswered", "%s: a question without a way to agree: %.200s", j.work, a.text)
			return false
		}
		j.agreed = a.told.Next.Arguments
		return false
	}
	j.unsure = 0
	if tool == "cancel_task" || tool == "kill_task" {
		j.stop = false
	}
	u.judge(j.work, a, tool)
	j.note("%s %s %.8s attached=%v", tool, a.told.State, a.told.Task.Token, a.told.Attached)
	if a.told.Attached {
		u.report.count("attached")
	}
	if a.told.Task.Token != "" {
		j.token = a.told.Task.Token
	}
	switch a.told.State {
	case "completed", "failed", "cancelled":
		j.delivered, j.got = j.token, time.Now()
		u.report.count("results")
		return true
	}
	return false
}

// letGo lets a task go on that is held. Clients that gave up on it have certainly done so then.
func (u *user) letGo(ctx context.Context, what work) {
	if u.world.await(ctx, what) && pause(ctx, deliveryMoment+100*time.Millisecond) {
		u.world.release(what)
	}
}

// nextCall is how the user goes on with the job.
func (u *user) nextCall(j *job) (tool string, arguments map[string]any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if arguments = j.agreed; arguments != nil {
		j.agreed = nil
		return "run_model", arguments
	}
	arguments = map[string]any{}
	if j.token != "" && !j.twin && (j.detach || u.IntN(5) < 2) {
		arguments["tasktoken"] = j.token
		if j.stop {
			return []string{"cancel_task", "kill_task"}[u.IntN(2)], arguments
		}
		if u.IntN(4) == 0 {
			return "get_task", arguments
		}
		u.chooseTimeout(arguments)
		return "wait_for_task", arguments
	}
	arguments["model"], arguments["params"] = j.model, j.params
	switch {
	case j.detach:
		arguments["wait"] = false
	default:
		u.chooseTimeout(arguments)
	}
	switch {
	case j.unsure < 4:
	case j.twin && u.world.leaveOut(j.work): // which of them was started cannot be told
		j.refused = true
		return "", nil
	case !j.twin && len(u.world.of(j.work)) == 0: // the list of tasks shows none: what was sent did not arrive
		j.again++
		j.unsure = 0
		arguments["again"] = true
		u.report.count("again:true")
	}
	return "run_model", arguments
}

func (u *user) chooseTimeout(arguments map[string]any) {
	timeout := []float64{-1, 0, 0.3, 1, 3, 8}[u.IntN(6)]
	if u.drains() {
		timeout = 3
	}
	if timeout >= 0 {
		arguments["timeout_seconds"] = timeout
	}
}

var (
	unsureWords = regexp.MustCompile(`may have (started|reached)`)
	quietWords  = regexp.MustCompile(`Nothing was (submitted|started|done|charged)`)
	brokenWords = regexp.MustCompile(`(?i)internal error|fault of wiro-mcp|panic`)
)

// refusedJob deals with an error.
func (u *user) refusedJob(j *job, tool string, a answer, began time.Time, before int) (done bool) {
	j.note("%s error %.120q", tool, a.text)
	switch {
	case brokenWords.MatchString(a.text):
		u.report.fault("unanswered", "%s %s: %.300s", j.work, tool, a.text)
	case unsureWords.MatchString(a.text):
		u.report.count("unsure")
		j.unsure++
		j.everLost = true
		return false
	case quietWords.MatchString(a.text) && !j.twin && !j.everLost && len(j.givenUp) == 0 && before == 0 && tool == "run_model": // no earlier call submits
		u.world.quietly(claim{j.work, began, time.Now(), a.text})
	}
	u.report.count("refused")
	var task *wirotest.Task
	if named, found := u.world.Task(j.token); found && tool != "run_model" { // it is over already, for instance
		task = &named
	}
	u.judgeWords(j.work, a, task)
	return false
}

// judge compares what an answer says of a task with the truth.
func (u *user) judge(of work, a answer, tool string) {
	t := a.told.Task
	if t.Token == "" && t.ID == "" {
		u.report.fault("unanswered", "%s %s: a result without a task: %.200s", of, tool, a.text)
		return
	}
	owner, known := u.world.ownerOf(t.Token)
	if !known { // it may be too young
		if task, found := u.world.Task(t.Token); found {
			owner, known = workOf(task), true
		}
	}
	if !known || owner != of {
		u.report.fault("crossed", "%s %s was given task %.12s of %s", of, tool, t.Token, owner)
		return
	}
	task, _ := u.world.Task(t.Token)
	_, over := u.world.FinishedAt(t.Token)
	truth := ""
	switch {
	case !over && task.Ended.IsZero():
	case task.Status == "task_cancel":
		truth = "cancelled"
	case task.Status == "task_postprocess_end" && task.ExitCode == "0":
		truth = "completed"
	default:
		truth = "failed"
	}
	switch told := a.told.State; told {
	case "completed", "failed", "cancelled":
		if told != truth {
			u.report.fault("misreported", "%s %s: %s, but it is %q (%s, exit code %q)", of, tool, told, truth, task.Status, task.ExitCode)
			return
		}
		if t.Cost != nil && abs(*t.Cost-task.Cost) > 1e-9 {
			u.report.fault("misreported", "%s %s: costUsd %v, the record says %v", of, tool, *t.Cost, task.Cost)
		}
		u.judgeWords(of, a, &task)
		if of.model == echoModel && told == "completed" && strings.TrimSpace(a.told.Response) != strings.TrimSpace(of.prompt) {
			u.report.fault("crossed", "%s %s was answered %.60q", of, tool, a.told.Response)
		}
	case "running", "submitted":
		u.judgeWords(of, a, nil)
	case "": // cancel_task and kill_task
		u.judgeWords(of, a, &task)
	default:
		u.report.fault("unanswered", "%s %s: state %q", of, tool, told)
	}
}

var charges = regexp.MustCompile(`Charged \$([0-9.]+)|(Not charged|not charged|charged nothing)`)

// judgeWords checks what the text says of a charge: task is what it may speak of, nil if it is
// not over by what the caller was told.
func (u *user) judgeWords(of work, a answer, task *wirotest.Task) {
	for _, said := range charges.FindAllStringSubmatch(a.text, -1) {
		u.report.count("statements of charges")
		if task == nil || task.Ended.IsZero() {
			u.report.fault("misreported", "%s: %q, though no charge is known: %.200s", of, said[0], a.text)
			continue
		}
		var usd float64
		_, _ = fmt.Sscan(strings.TrimRight(said[1], "."), &usd)
		if (usd == 0) != (task.Cost == 0) || abs(usd-task.Cost) > 0.01*task.Cost+1e-6 { // it is rounded
			u.report.fault("misreported", "%s: %q, but the record says $%v", of, said[0], task.Cost)
		}
	}
}

var tokenWord = regexp.MustCompile(`[Tt]oken (\w{8,})`)

// judgeNotes checks that progress is that of the caller's own task.
func (u *user) judgeNotes(of work, notes []string) {
	for _, note := range notes {
		if m := tokenWord.FindStringSubmatch(note); m != nil {
			if owner, known := u.world.ownerOf(m[1]); known && owner != of {
				u.report.fault("crossed", "%s was told of the progress of %s", of, owner)
			}
		}
	}
}
