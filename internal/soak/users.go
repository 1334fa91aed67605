package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	usersPerKey  = 6
	usersOfStdio = 5
)

// users starts the users: several of each key, over HTTP and over stdio.
func (s *soak) users(ctx context.Context, group *sync.WaitGroup) {
	part := uint64(100)
	add := func(key, name string, c func(*user) caller) {
		part++
		u := &user{soak: s, Rand: s.source(part), key: key, name: name}
		u.caller = c(u)
		group.Go(func() { u.work(ctx) })
	}
	for i := range webKeys {
		for n := range usersPerKey {
			add(s.world.keys[i], fmt.Sprintf("web %d/%d", i, n), func(u *user) caller {
				return &webCaller{
					soak: s, key: u.key, agent: fmt.Sprintf("soak/%d", n), pick: u.IntN,
					client: &http.Client{Transport: &http.Transport{IdleConnTimeout: 5 * time.Second}},
				}
			})
		}
	}
	for i := range stdioKeys {
		for n := range usersOfStdio {
			add(s.world.keys[webKeys+i], fmt.Sprintf("stdio %d/%d", i, n), func(*user) caller {
				return &stdioCaller{soak: s, service: s.services.stdio[i]}
			})
		}
	}
}

// work does one thing after another.
func (u *user) work(ctx context.Context) {
	models := slices.Sorted(maps.Keys(misbehaviors))
	for !u.drains() && ctx.Err() == nil {
		switch n := u.IntN(20); {
		case n < 5:
			u.finish(ctx, u.newJob(wellModels[u.IntN(len(wellModels))]))
		case n < 12:
			u.finish(ctx, u.newJob(models[u.IntN(len(models))]))
		case n < 14:
			j := u.newJob(heldModel)
			j.held, j.patient = true, false
			u.finish(ctx, j)
		case n < 15:
			j := u.newJob([]string{stoppedModel, heldModel}[u.IntN(2)])
			j.detach, j.stop, j.patient = true, true, true
			u.finish(ctx, j)
		case n < 16:
			u.twins(ctx)
		case n < 18:
			u.read(ctx)
		default:
			u.mistake(ctx)
		}
		if !pause(ctx, time.Duration(u.IntN(60))*time.Millisecond) {
			return
		}
	}
}

// prompt numbers the prompts of each user alike, so that other callers use the same ones.
// Users of the same key are told apart.
func (u *user) prompt(kind string) string {
	u.next++
	_, n, _ := strings.Cut(u.name, "/")
	text := fmt.Sprintf("%s %s-%d", kind, n, u.next)
	if u.IntN(8) == 0 {
		text += " " + strings.Repeat("tree ", u.IntN(8000))
	}
	return strings.TrimSpace(text)
}

func (u *user) newJob(model string) *job {
	prompt := u.prompt("fox")
	if strings.Contains(model, "translate") { // what they read out, word by word, would take longer than the soak
		prompt = prompt[:min(len(prompt), 500)]
	}
	return &job{
		work: work{u.key, model, prompt}, params: map[string]any{"prompt": prompt},
		patient: u.IntN(3) > 0, detach: u.IntN(8) == 0,
	}
}

// twins makes equal calls at once, which are separate runs.
func (u *user) twins(ctx context.Context) {
	prompt := u.prompt("twin")
	model := wellModels[u.IntN(len(wellModels))]
	var group sync.WaitGroup
	for range 2 + u.IntN(2) {
		twin := *u
		twin.Rand = u.source(u.Uint64())
		if web, ok := u.caller.(*webCaller); ok {
			own := *web
			own.agent = fmt.Sprintf("soak/twin-%d", u.Uint64()) // another client of the same key
			own.pick = twin.IntN
			twin.caller = &own
		}
		j := &job{work: work{u.key, model, prompt}, params: map[string]any{"prompt": prompt}, twin: true, patient: true}
		group.Go(func() { twin.finish(ctx, j) })
	}
	group.Wait()
}

// ask makes a call that starts nothing, and is not repeated.
func (u *user) ask(ctx context.Context, tool string, arguments map[string]any) (a answer, answered bool) {
	u.report.count("calls")
	a, err := u.call(ctx, tool, arguments, abort{})
	if err != nil {
		u.report.fault("unanswered", "%s %s: %v", u.name, tool, err)
		return a, false
	}
	if a.isError && brokenWords.MatchString(a.text) {
		u.report.fault("unanswered", "%s %s: %.300s", u.name, tool, a.text)
	}
	return a, a.gone == "" && !a.busy
}

// reads are calls that need nothing.
var reads = []struct {
	tool      string
	arguments map[string]any
}{
	{"search_models", map[string]any{"search": "image"}},
	{"search_models", map[string]any{"categories": []string{"text-to-video"}, "limit": 20}},
	{"get_model_schema", map[string]any{"model": echoModel}},
	{"get_model_schema", map[string]any{"model": "wiro/z-image-turbo"}},
	{"recommend_model", map[string]any{"task": "upscale an image to 4K"}},
	{"explore", nil},
	{"search_docs", map[string]any{"query": "how do I cancel a task"}},
	{"read_doc", map[string]any{"page": "Tasks"}},
	{"list_agents", map[string]any{"search": "instagram"}},
	{"get_agent", map[string]any{"slug": "instagram-manager", "full": true}},
	{"list_my_agents", map[string]any{"limit": 10}},
	{"set_agent_credentials", map[string]any{"useragentguid": "none"}},
}

// read looks at what is there: models, documentation, and tasks, others' among them.
func (u *user) read(ctx context.Context) {
	u.report.count("reads")
	switch u.IntN(6) {
	case 0, 1:
		one := reads[u.IntN(len(reads))]
		u.ask(ctx, one.tool, one.arguments)
	case 2:
		u.ask(ctx, "upload_file", map[string]any{"url": fmt.Sprintf("%s/%d.txt", u.files, 1<<u.IntN(21))})
	case 3:
		a, ok := u.ask(ctx, "list_tasks", map[string]any{"limit": 20})
		if !ok || a.isError {
			return
		}
		for _, row := range a.told.Tasks {
			listed := row.Task
			if owner, known := u.world.ownerOf(listed.Token); known && owner.key != u.key {
				u.report.fault("crossed", "%s lists task %.12s of %s", u.name, listed.Token, owner)
			}
			task, _ := u.world.Task(listed.Token)
			over := row.State == "completed" || row.State == "failed" || row.State == "cancelled"
			if over && listed.Cost != nil && abs(*listed.Cost-task.Cost) > 1e-9 {
				u.report.fault("misreported", "%s lists task %.12s with $%v, the record says $%v", u.name, listed.Token, *listed.Cost, task.Cost)
			}
		}
	default:
		token := u.world.foreign(u.key, u.IntN(1<<20))
		if token == "" {
			return
		}
		tool := []string{"get_task", "wait_for_task", "cancel_task", "kill_task"}[u.IntN(4)]
		arguments := map[string]any{"tasktoken": token}
		if tool == "wait_for_task" {
			arguments["timeout_seconds"] = 0.2
		}
		a, ok := u.ask(ctx, tool, arguments)
		if owner, _ := u.world.ownerOf(token); ok && (a.told.Task.Status != "" || a.told.Response != "" || a.told.Task.Cost != nil) {
			u.report.fault("crossed", "%s %s of a foreign task of %s: %.200s", u.name, tool, owner, a.text)
		}
	}
}

// mistake makes calls of run_model that must not submit anything. What they start all the same
// has no job, which the audit finds.
func (u *user) mistake(ctx context.Context) {
	u.report.count("mistakes")
	prompt := u.prompt("never")
	arguments := map[string]any{"model": cappedModel, "params": map[string]any{"prompt": prompt}}
	refused := true
	switch u.IntN(3) {
	case 0:
		arguments["dry_run"], refused = true, false
	case 1:
		arguments["max_cost_usd"] = 0.0001
	default:
		arguments["params"] = map[string]any{"prompt": prompt, "promt": "x"}
	}
	a, ok := u.ask(ctx, "run_model", arguments)
	if ok && refused && !a.isError {
		u.report.fault("misreported", "%s: a call that must be refused was answered %.200s", u.name, a.text)
	}
}
