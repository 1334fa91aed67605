package transport

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// misbehaviors are the models of the emulator that go wrong, each in a way of its own.
var misbehaviors = strings.Fields(`fail fail-early queue-forever run-forever stderr-noise no-outputs limit-96
	no-balance-97 sign-in-98 token-expired-99 not-accessible suspended rate-limit-429 error-500 bad-gateway-502
	broken-json oversize cut-connection slow-answer socket-drop socket-refuse lost-final-event silent-socket duplicate-events
	garbage-events detail-502 detail-502-once detail-429 detail-garbled detail-cut detail-bare detail-lag
	huge-parameters accepted-502 accepted-429 accepted-late accepted-bare charged-fail charged-run-forever charged-queue-forever`)

// requireTruth holds what a run's result says against what happened to its task.
func requireTruth(t *testing.T, wiro *emulator.Server, model string, told map[string]any, body string) {
	t.Helper()
	tasks := wiro.Tasks.Snapshots()
	require.LessOrEqual(t, len(tasks), 1, "one submit")
	if !strings.Contains(model, "429") { // which says that nothing was done: it may be repeated
		require.Equal(t, 1, wiro.RequestCount("Run/"+model), "one submit")
	}
	task, _ := told["task"].(map[string]any)
	state, _ := told["state"].(string)
	if state == "" {
		require.NotEmpty(t, told["error"])
		if len(tasks) > 0 {
			require.Contains(t, body, "may have reached Wiro", "a task was started")
		}
		return
	}
	require.NotEmpty(t, tasks, "no task was started")
	truth := tasks[0]
	require.Equal(t, truth.Token, task["token"])
	over := !truth.Ended.IsZero()
	switch state {
	case "completed":
		require.True(t, over && truth.ExitCode == "0", "%s", body)
	case "failed":
		require.True(t, over && truth.ExitCode != "0", "%s", body)
	case "cancelled":
		require.Equal(t, emulator.TaskCancel, truth.Status)
	case "running":
		require.NotContains(t, body, "ot charged")
		require.NotContains(t, body, "Charged $")
		require.Contains(t, body, "wait_for_task")
		return
	}
	if cost, known := task["costUsd"].(float64); known {
		require.InDelta(t, truth.Cost, cost, 1e-9)
	} else {
		require.NotContains(t, body, "ot charged")
	}
}

func TestEveryMisbehaviorIsToldAsItIs(t *testing.T) {
	t.Parallel()
	for _, name := range misbehaviors {
		model := "sandbox/" + name
		run := call(1, "run_model", map[string]any{"model": model, "params": map[string]any{"prompt": "x"}, "timeout_seconds": 1})
		t.Run("stdio/"+name, func(t *testing.T) {
			t.Parallel()
			l := startLocal(t)
			l.send(run)
			told := l.answer("1").Result.StructuredContent
			requireTruth(t, l.wiro, model, told, l.find("the answer", func(line string) bool { return idOf(line) == "1" }))
		})
		t.Run("http/"+name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			a := r.post(run)
			require.Equal(t, http.StatusOK, a.status)
			requireTruth(t, r.wiro, model, a.rpc(t).Result.StructuredContent, a.body)
		})
	}
}
