package emulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// watched starts a model that waits in the queue until its socket listens, and returns all
// events up to the final one.
func (a *api) watched(model string, params any, b emulator.Behavior) (token string, events []obj) {
	a.t.Helper()
	b.AwaitSubscriber = true
	a.s.Behave(model, b)
	token = a.run(model, params)
	l := a.dial()
	a.follow(l, token)
	return token, l.until(emulator.TaskPostprocessEnd)
}

func TestTaskPassesThroughTheDocumentedStagesInOrder(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, events := a.watched("black-forest-labs/flux-kontext-pro", obj{"prompt": "a hat", "inputImage": "https://example.com/a.png"}, emulator.Behavior{})
	require.Equal(t, []string{
		"task_queue", "task_accept", "task_preprocess_start", "task_preprocess_end", "task_assign", "task_start",
		"task_output", "task_output_full", "task_end", "task_postprocess_start", "task_postprocess_end",
	}, types(events))
	id := a.detail(token)["id"]
	for _, e := range events {
		require.Equal(t, token, e["tasktoken"])
		require.Equal(t, id, e["id"])
		require.Equal(t, true, e["result"])
		message, present := e["message"]
		require.True(t, present)
		switch e["type"] {
		case "task_output", "task_output_full", "task_postprocess_end":
			require.NotNil(t, message)
		default:
			require.Nil(t, message, e["type"])
		}
	}
	for _, stage := range []emulator.Stage{emulator.TaskQueue, emulator.TaskAccept, emulator.TaskOutput, emulator.TaskPostprocessEnd} {
		require.NoError(t, a.s.Reached(a.ctx(), token, stage))
	}
	require.ErrorContains(t, a.s.Reached(a.ctx(), token, emulator.TaskCancel), "never reached")
}

func TestModelsWithoutFilesAreNotPreprocessed(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	_, events := a.watched("google/imagen-v4", obj{"prompt": "a hat"}, emulator.Behavior{})
	require.Equal(t, []string{"task_queue", "task_accept", "task_assign"}, types(events)[:3])
}

func TestProgressGrowsToTheEnd(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, events := a.watched("google/imagen-v4", obj{"prompt": "a hat"}, emulator.Behavior{})
	var lines []string
	last := 0.0
	for _, e := range events {
		if e["type"] != "task_output" {
			continue
		}
		if text, plain := e["message"].(string); plain {
			lines = append(lines, text)
			continue
		}
		p := e["message"].(obj)
		require.Equal(t, "progressGenerate", p["type"])
		require.Equal(t, "Generate", p["task"])
		for _, field := range []string{"percentage", "stepCurrent", "stepTotal", "speed", "speedType", "elapsedTime", "remainingTime"} {
			require.IsType(t, "", p[field], field)
		}
		percentage := number(t, p["percentage"])
		require.Greater(t, percentage, last)
		last = percentage
	}
	require.Equal(t, 100.0, last)
	require.Equal(t, []string{"Loading pipeline components...", "Done."}, lines)

	task := a.detail(token)
	full := events[len(events)-4]
	require.Equal(t, "task_output_full", full["type"])
	require.Equal(t, task["debugoutput"], full["message"].(obj)["raw"])
	require.Equal(t, task["outputs"], events[len(events)-1]["message"], "event and detail agree")
}

func TestLLMStreamsGrowingArrays(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	prompt := "Could you explain what quantum computing is and why so many people are excited about it?"
	token, events := a.watched("qwen/qwen3-5-27b", obj{"prompt": prompt}, emulator.Behavior{})
	var raw string
	var thinking, both bool
	for _, e := range events {
		if e["type"] != "task_output" {
			continue
		}
		m := e["message"].(obj)
		require.Equal(t, "progressGenerate", m["type"])
		require.Equal(t, "words/s", m["speedType"])
		require.GreaterOrEqual(t, len(m["raw"].(string)), len(raw))
		raw = m["raw"].(string)
		if m["isThinking"] == true {
			thinking = true
			require.Greater(t, len(m["thinking"].([]any)), len(m["answer"].([]any)))
		}
		both = both || len(m["thinking"].([]any)) == 2 && len(m["answer"].([]any)) == 2
	}
	require.True(t, thinking)
	require.True(t, both, "thinking[1] comes with answer[1]")

	task := a.detail(token)
	content := outputs(task)[0]["content"].(obj)
	require.Equal(t, "raw", outputs(task)[0]["contenttype"])
	require.Equal(t, prompt, content["prompt"])
	require.Equal(t, raw, content["raw"])
	require.Regexp(t, "^<think>.*</think>About quantum computing.*</think>", content["raw"])
	require.Contains(t, task["debugoutput"], content["answer"].([]any)[0])
	require.Contains(t, task["debugoutput"], content["thinking"].([]any)[0])
}

func TestConversationIsRememberedBySession(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	ask := func(who *api, session, prompt string) string {
		task := who.result("openai/gpt-5-mini", obj{"prompt": prompt, "session_id": session})
		return task["debugoutput"].(string)
	}
	require.NotContains(t, ask(a, "s1", "What is quantum computing?"), "remember")
	require.Contains(t, ask(a, "s1", "And qubits?"), `"What is quantum computing?"`)
	require.NotContains(t, ask(a, "s2", "And qubits?"), "remember")
	require.NotContains(t, a.result("openai/gpt-5-mini", obj{"prompt": "And qubits?"})["debugoutput"], "remember")
}

func TestNoiseOnStderrIsNoFailure(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token, events := a.watched("sandbox/echo", obj{"prompt": "hi"}, emulator.Behavior{Stderr: []string{"UserWarning: odd", "Error: odder"}})
	require.Equal(t, []string{
		"task_queue", "task_accept", "task_assign", "task_start", "task_error", "task_output",
		"task_output_full", "task_error_full", "task_end", "task_postprocess_start", "task_postprocess_end",
	}, types(events))
	require.Equal(t, "UserWarning: odd", events[4]["message"])
	require.Equal(t, obj{"raw": "UserWarning: odd\nError: odder"}, events[8]["message"])
	task := a.detail(token)
	require.Equal(t, "0", task["pexit"])
	require.Equal(t, "UserWarning: odd\nError: odder", task["debugerror"])
}

func TestFailedTaskCostsNothing(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	before := a.s.Balance(emulator.DemoKey)
	token, events := a.watched("google/imagen-v4", obj{"prompt": "x"}, emulator.Behavior{FailWith: &emulator.Exit{Code: "137", Stderr: []string{"Killed"}}})
	require.Equal(t, []any{}, events[len(events)-1]["message"])
	task := a.detail(token)
	require.Equal(t, "task_postprocess_end", task["status"])
	require.Equal(t, "137", task["pexit"])
	require.Equal(t, "0", task["totalcost"])
	require.Empty(t, outputs(task))
	require.Equal(t, "Killed", task["debugerror"])
	require.InDelta(t, before, a.s.Balance(emulator.DemoKey), 1e-12)

	failed := a.result("sandbox/fail", obj{})
	require.Equal(t, "1", failed["pexit"])
	require.Contains(t, failed["debugerror"], "CUDA out of memory")
}

func TestQueuedTaskIsCanceledAndRunningTaskIsKilled(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	l := a.dial()

	queued := a.run("sandbox/queue-forever", obj{})
	require.NoError(t, a.s.Reached(a.ctx(), queued, emulator.TaskQueue))
	a.follow(l, queued)
	code, message := a.refused("Task/Kill", obj{"tasktoken": queued})
	require.Equal(t, 1.0, code)
	require.Equal(t, "Task could not be killed: task is not running yet", message)
	a.ok("Task/Cancel", obj{"tasktoken": queued})
	e := l.event()
	require.Equal(t, "task_cancel", e["type"])
	require.Nil(t, e["message"])
	require.Equal(t, "task_cancel", a.detail(queued)["status"])
	require.Equal(t, "0", a.detail(queued)["totalcost"])
	_, message = a.refused("Task/Cancel", obj{"tasktoken": queued})
	require.Equal(t, "Task is not in a cancellable state.", message)

	running := a.run("sandbox/run-forever", obj{})
	require.NoError(t, a.s.Reached(a.ctx(), running, emulator.TaskStart))
	a.follow(l, running)
	_, message = a.refused("Task/Cancel", obj{"taskid": a.detail(running)["id"]})
	require.Equal(t, "Task is not in a cancellable state.", message)
	a.ok("Task/Kill", obj{"socketaccesstoken": running})
	require.Equal(t, "task_cancel", l.event()["type"])
	_, message = a.refused("Task/Kill", obj{"tasktoken": running})
	require.Equal(t, "Task could not be killed: task has already ended", message)
	_, over := a.s.FinishedAt(running)
	require.True(t, over)
}

func TestTaskIsFoundByTokenOrID(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	token := a.run("sandbox/echo", obj{"prompt": "hi"})
	task := a.finish(token)
	for _, ref := range []obj{
		{"taskid": task["id"]}, {"socketaccesstoken": token}, {"tasktoken": token, "taskid": "1"},
	} {
		require.Equal(t, task, a.ok("Task/Detail", ref)["tasklist"].([]any)[0])
	}
	_, message := a.refused("Task/Detail", obj{})
	require.Equal(t, "taskid or socketaccesstoken is required", message)
	_, message = a.refused("Task/Detail", obj{"taskid": "one"})
	require.Equal(t, "There is no task yet.", message)
}

func TestTasksAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	var ids []any
	for i := range 5 {
		ids = append(ids, a.result("sandbox/echo", obj{"prompt": fmt.Sprint(i)})["id"])
	}
	a.result("qwen/qwen-image", obj{"prompt": "x"})
	list := a.ok("Task/List", obj{"type": "model", "sort": "id", "order": "DESC", "start": "1", "limit": "2"})
	require.Equal(t, "6", list["total"])
	require.Len(t, list["tasklist"], 2)
	require.Equal(t, ids[4], list["tasklist"].([]any)[0].(obj)["id"])
	require.Equal(t, ids[0], a.ok("Task/List", obj{"order": "ASC"})["tasklist"].([]any)[0].(obj)["id"])
	named := a.ok("Task/List", obj{"modelName": "qwen-image"})
	require.Equal(t, "1", named["total"])
}

func TestDetailFollowsTheTask(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("google/imagen-v4", emulator.Behavior{HoldAt: emulator.TaskOutput})
	token := a.run("google/imagen-v4", obj{"prompt": "x"})
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.TaskOutput))
	task := a.detail(token)
	require.Equal(t, "task_output", task["status"])
	require.Nil(t, task["pexit"])
	require.Equal(t, "Loading pipeline components...", task["debugoutput"])
	require.Equal(t, "0", task["endtime"])
	require.Equal(t, obj{"prompt": "x"}, task["parameters"])
	require.Empty(t, outputs(task))
	_, over := a.s.FinishedAt(token)
	require.False(t, over)

	a.s.Release(token)
	task = a.finish(token)
	require.Equal(t, "0", task["pexit"])
	require.NotEqual(t, "0", task["endtime"])
	require.Equal(t, "google", task["modelslugowner"])
	require.Equal(t, "imagen-v4", task["modelslugproject"])
}

func TestPaceStretchesTimeButNotElapsedSeconds(t *testing.T) {
	t.Parallel()
	quick, slow := start(t, emulator.Options{}), start(t, emulator.Options{Pace: 0.02})
	took := func(a *api) (time.Duration, float64) {
		began := time.Now()
		token := a.run("google/imagen-v4", obj{"prompt": "x"})
		task := a.finish(token)
		ended, over := a.s.FinishedAt(token)
		require.True(t, over)
		return ended.Sub(began), number(t, task["elapsedseconds"])
	}
	_, elapsed := took(quick)
	require.InDelta(t, 9, elapsed, 3)
	wall, sameElapsed := took(slow)
	require.InDelta(t, elapsed, sameElapsed, 1e-9, "the first task of either sandbox")
	require.Greater(t, wall, time.Duration(0.02*elapsed*float64(time.Second)))
}

func TestOldTasksAreForgottenAndRunningOnesAreNot(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{MaxTasks: 3})
	running := a.run("sandbox/run-forever", obj{})
	first := a.run("sandbox/echo", obj{"prompt": "x"})
	a.finish(first)
	l := a.dial()
	a.follow(l, first)
	for range 200 {
		a.finish(a.run("sandbox/echo", obj{"prompt": "x"}))
	}
	_, message := a.refused("Task/Detail", obj{"tasktoken": first})
	require.Equal(t, "There is no task yet.", message)
	require.Error(t, a.s.Subscribed(a.ctx(), first))
	require.LessOrEqual(t, number(t, a.ok("Task/List", obj{})["total"]), 5.0, "three, the newest and the running one")
	a.detail(running)
}

func TestSeedRepeatsTokens(t *testing.T) {
	t.Parallel()
	token := func(seed uint64) string {
		return start(t, emulator.Options{Seed: seed}).run("sandbox/echo", obj{"prompt": "x"})
	}
	require.Equal(t, token(7), token(7))
	require.NotEqual(t, token(0), token(0))
}
