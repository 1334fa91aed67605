package main

import (
	"context"
	"time"

	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

const html = "text/html"

// Models that are well, and those whose tasks wait for the soak.
const (
	echoModel    = "sandbox/echo"
	heldModel    = "google/nano-banana"
	stoppedModel = "qwen/qwen-image"
	cappedModel  = "black-forest-labs/flux-kontext-max"
)

var wellModels = []string{"wiro/z-image-turbo", "pruna/p-image", "openai/gpt-5-mini", echoModel}

// misbehaviors are what models do to some of their runs. A model is wanted once for each of
// them, so that a fault names its cause.
var misbehaviors = map[string]wirotest.Behavior{
	"black-forest-labs/flux-2-pro":         {Status: 429, RetryAfter: 1, Times: 2, Every: 5},
	"black-forest-labs/flux-pro-1-1":       {Accept: true, Status: 429, Times: 1, Every: 3},
	"black-forest-labs/flux-pro-1-1-ultra": {Status: 502, ContentType: html, Body: "<html>Bad gateway", Times: 1, Every: 4},
	"google/imagen-v4":                     {Accept: true, Status: 502, ContentType: html, Body: "<html>Bad gateway", Times: 1, Every: 3},
	"google/imagen-v4-fast":                {CutConnection: true, Times: 1, Every: 3},
	"google/imagen-v4-ultra":               {Accept: true, Delay: 4 * time.Second, Times: 1, Every: 3},
	"ideogram/ideogram-v3":                 {Delay: 1500 * time.Millisecond, Times: 1, Every: 2},
	"recraft/recraft-v3":                   {Accept: true, Drop: []string{"*"}, Times: 1, Every: 4},
	"reve/generate":                        {Accept: true, Truncate: 20, Times: 1, Every: 4},
	"bytedance/seedream-v4-5":              {Accept: true, Garble: true, Times: 1, Every: 4},
	"pruna/wan-image-small":                {Detail: []wirotest.Behavior{{Status: 502, ContentType: html, Body: "<html>", Times: 3}}, Times: 1, Every: 2},
	"google/nano-banana-2":                 {Detail: []wirotest.Behavior{{Status: 429, RetryAfter: 1, Times: 2}}, Times: 1, Every: 2},
	"openai/gpt-5-nano":                    {Detail: []wirotest.Behavior{{Garble: true, Times: 1}, {Truncate: 60, Times: 1}, {Drop: []string{"*"}, Times: 1}}, Times: 1, Every: 2},
	"openai/gpt-5-2":                       {Lag: 1500 * time.Millisecond, Times: 1, Every: 2},
	"deepseek/deepseek-v3-2":               {LoseFinalEvent: true, Times: 1, Every: 2},
	"google/gemini-3-flash":                {Silent: true, Times: 1, Every: 2},
	"bytedance/seed-v2-mini":               {DropSocketAt: wirotest.TaskStart, Times: 1, Every: 2},
	"bytedance/seed-v2-lite":               {RefuseSocket: true, Times: 1, Every: 3},
	"google/translategemma-4b":             {Duplicate: true, Garbage: true},
	"google/translategemma-12b":            {FailWith: &wirotest.Exit{Code: "1", Stderr: []string{"ValueError: no"}}},
	"wiro/flux-2-dev-turbo":                {FailWith: &wirotest.Exit{Code: "1", Stderr: []string{"ValueError: no"}}, Charge: 0.42},
	"stability-ai/sdxl":                    {FailEarly: "an input cannot be read"},
	"zai-org/glm-image":                    {NoOutputs: true, Stderr: []string{"warning: low memory"}},
	"wiro/kolors-txt2img":                  {Inflate: 1 << 20, Times: 1, Every: 2},
	"wiro/pixart-sigma":                    {Code: 96, Message: "You have reached your concurrent task limit.", Times: 1, Every: 3},
}

// endpoints misbehave in turns.
var endpoints = []map[string]wirotest.Behavior{
	{"Task/Detail": {Status: 502, ContentType: html, Body: "<html>", Times: 1, Every: 9}},
	{"Task/List": {Status: 503, Times: 1, Every: 3}, "Tool/Detail": {CutConnection: true, Times: 1, Every: 3}},
	{"Task/Detail": {CutConnection: true, Times: 1, Every: 7}},
	{"Tool/List": {Truncate: 300, Times: 1, Every: 3}, "Task/List": {Delay: time.Second, Times: 1, Every: 3}},
	{"Task/Detail": {Delay: 700 * time.Millisecond, Times: 1, Every: 5}},
	{"Task/Detail": {Status: 429, RetryAfter: 1, Times: 1, Every: 9}, "Task/Cancel": {Accept: true, Status: 502, Times: 1, Every: 3}},
	{},
}

// behave makes the models misbehave, or all of them well again where there is nothing to say.
func (w *world) behave(endpoint ...map[string]wirotest.Behavior) {
	for _, each := range endpoints {
		for path := range each {
			w.Behave(path)
		}
	}
	if len(endpoint) == 0 {
		for model := range misbehaviors {
			w.Behave(model)
		}
		w.SetSocketMode(wirotest.SocketNormal)
		return
	}
	for path, b := range endpoint[0] {
		w.Behave(path, b)
	}
}

// misbehave is Wiro on a bad day.
func (s *soak) misbehave(ctx context.Context) {
	choose := s.source(1)
	for model, b := range misbehaviors {
		s.world.Behave(model, b)
	}
	s.world.Behave(heldModel, wirotest.Behavior{HoldAt: wirotest.TaskStart})
	s.world.Behave(stoppedModel, wirotest.Behavior{HoldAt: wirotest.TaskQueue, Charge: 0.42, Times: 1, Every: 2})
	modes := []wirotest.SocketMode{wirotest.SocketRefuse, wirotest.SocketSilent, wirotest.SocketGarbage}
	for step := 0; pause(ctx, 500*time.Millisecond); step++ {
		switch {
		case step%4 == 0:
			s.world.behave(endpoints[choose.IntN(len(endpoints))])
		case choose.IntN(3) == 0:
			s.world.DropSockets()
			s.report.count("socket drops")
		}
		mode := wirotest.SocketNormal
		if choose.IntN(4) == 0 {
			mode = modes[choose.IntN(len(modes))]
		}
		s.world.SetSocketMode(mode)
		if step%24 == 20 && s.services.socket != "" {
			moment, began := time.Duration(choose.IntN(2000))*time.Millisecond, time.Now()
			if err := s.services.restartRedis(ctx, step%48 < 24, moment); err != nil {
				s.report.fault("died", "Redis does not start again: %v", err)
				return
			}
			s.world.storeAway(began, time.Now())
			s.report.count("restarts of Redis")
		}
		if step%24 == 12 && s.services.socket != "" {
			length := time.Duration(500+choose.IntN(4000)) * time.Millisecond
			if err := s.services.pauseRedis(ctx, length); err == nil {
				s.world.storeAway(time.Now(), time.Now().Add(length))
				s.report.count("pauses of Redis")
			}
		}
	}
}

// restart stops and kills processes under load, in the first half of it: the second shows
// whether they grow. Each process is stopped once and killed once, then chance decides.
func (s *soak) restart(ctx context.Context, load time.Duration) {
	defer close(s.restarted)
	choose := s.source(2)
	targets := s.services.restartable()
	if len(targets) == 0 {
		return
	}
	churn := time.Now().Add(load / 2)
	least := 2 * len(targets)
	gap := max(500*time.Millisecond, load/2/time.Duration(least+4))
	for step := 0; pause(ctx, min(gap, 10*time.Second)) && (step < least || time.Now().Before(churn)); step++ {
		target, kill := targets[step%len(targets)], step/len(targets)%2 == 1
		if step >= least {
			target, kill = targets[choose.IntN(len(targets))], choose.IntN(2) == 0
		}
		if err := target.restart(ctx, kill); err != nil {
			if ctx.Err() == nil {
				s.report.fault("died", "%s does not start again: %v", target.name, err)
			}
			return
		}
		s.report.count("restarts")
	}
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
