package tools_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	fourCents = "reve/edit"           // $0.04 a run
	byTurn    = "openai/gpt-realtime" // $0.02 a turn
	bySecond  = "openai/sora-2"       // $0.10 a second of video
	unread    = "sandbox/price-nan"   // "NaN", which may be anything
	gratis    = "sandbox/echo"        // $0
)

func limited(perRun, perDay float64) func(*tools.Options) {
	return func(o *tools.Options) {
		if perRun >= 0 {
			o.Limits.PerRun = &perRun
		}
		if perDay >= 0 {
			o.Limits.PerDay = &perDay
		}
	}
}

const none = -1

// pays is a call of run_model.
func pays(model, prompt, more string) string {
	params := `{"prompt":"` + prompt + `"}`
	if model == fourCents {
		params = `{"prompt":"` + prompt + `","inputImage":"https://a.test/fox.png"}`
	}
	return `{"model":"` + model + `","params":` + params + more + `}`
}

func TestARunOverALimitIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		perRun, perDay float64
		model, more    string
		says           []string
	}{
		"per run":                       {0.3, none, bySecond, "", []string{"would cost $0.40 (4 s x $0.10), over the limit of $0.30 per run"}},
		"the caller's own":              {5, none, bySecond, `,"max_cost_usd":0.1`, []string{"over max_cost_usd ($0.10)", "search_models"}},
		"the caller's is higher":        {0.3, none, bySecond, `,"max_cost_usd":5`, []string{"over the limit of $0.30 per run"}},
		"a day":                         {none, 0.3, bySecond, "", []string{"over the limit per day: $0.30 is left", "$0 of $0.30 spent today", "00:00 UTC"}},
		"0":                             {0, none, fourCents, "", []string{"over the limit of $0 per run"}},
		"0 a day":                       {none, 0, fourCents, "", []string{"over the limit per day"}},
		"0, price unknown":              {0, none, unread, "", []string{"not known before the run", "over the limit of $0 per run"}},
		"a confirmation lifts no limit": {0.3, none, bySecond, `,"confirm":true`, []string{"over the limit of $0.30 per run"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, limited(test.perRun, test.perDay))
			s.call("run_model", pays(test.model, "fox", test.more)).refused(append(test.says, "Nothing was started or charged")...)
			require.Zero(t, s.sandbox.RequestCount("Run/"))
		})
	}
}

func TestARefusalSaysWhatWouldFit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	a := s.call("run_model", `{"model":"`+bySecond+`","params":{"prompt":"fox","seconds":"12"},"max_cost_usd":"$0.9"}`)
	a.refused("max_cost_usd must be a number")
	a = s.call("run_model", `{"model":"`+bySecond+`","params":{"prompt":"fox","seconds":"12"},"max_cost_usd":0.9}`).
		refused("would cost $1.20 (12 s x $0.10)", "Cheaper:\n- seconds 8: $0.80 (8 s x $0.10)")
	require.Equal(t, "run_model", a.at("nextAction.tool"))
	require.Equal(t, map[string]any{"prompt": "fox", "seconds": "8"}, a.at("nextAction.arguments.params"))
	next, err := json.Marshal(a.at("nextAction.arguments"))
	require.NoError(t, err)
	s.call("run_model", string(next)).ok("Completed")
}

func TestFreeRunsPassALimitOf0(t *testing.T) {
	t.Parallel()
	s := newStage(t, limited(0, 0))
	s.call("run_model", pays(gratis, "hello", "")).ok("Completed")
}

func TestAnUnknownPriceUnderALimitIsConfirmed(t *testing.T) {
	t.Parallel()
	s := newStage(t, limited(5, 10))
	a := s.call("run_model", pays(unread, "fox", "")).ok("Running "+unread+": what it costs cannot be known before it ends", "the limit is $5.00 per run", "Nothing has been charged")
	require.Equal(t, "confirmation_required", a.at("state"))
	require.Nil(t, a.at("costUsd"))
	require.Zero(t, s.sandbox.RequestCount("Run/"))
	next, err := json.Marshal(a.at("nextAction.arguments"))
	require.NoError(t, err)
	s.call("run_model", string(next)).ok("Completed", "of $10.00 spent today")
	require.Equal(t, 1, s.sandbox.RequestCount("Run/"))

	open := newStage(t) // no limit: nothing to confirm
	open.call("run_model", pays(unread, "fox", "")).ok("Completed")
}

func TestADayIsSpentByTheRecordsOfTasks(t *testing.T) {
	t.Parallel()
	s := newStage(t, limited(none, 0.1))
	s.call("run_model", pays(fourCents, "one", "")).ok("Charged $0.04", "$0.04 of $0.10 spent today.")
	submitted := s.call("run_model", pays(fourCents, "two", `,"wait":false`)).ok("Submitted", "$0.04 of $0.10 spent today, $0.04 reserved")
	s.call("run_model", pays(fourCents, "three", "")).refused("$0.02 is left")
	dry := s.call("run_model", pays(fourCents, "three", `,"dry_run":true`)).ok("would be refused: over the limit per day")
	require.InDelta(t, 0.1, dry.at("today.limitUsd"), 1e-9)

	// It failed in the end, at no cost: any tool that reads its record gives the rest back.
	token := submitted.at("task.token").(string)
	s.call("wait_for_task", `{"tasktoken":"`+token+`"}`).ok("Completed")
	s.sandbox.SetTaskCost(token, 0)
	s.call("run_model", pays(fourCents, "three", "")).refused("$0.02 is left", "$0.08 of $0.10 spent")
}

// A server that starts anew, with a store that knows nothing, reads what the day has cost.
func TestADayIsRecalledFromTheRecordsOfTasks(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, prompt := range []string{"one", "two"} {
		s.call("run_model", pays(fourCents, prompt, "")).ok("Completed")
	}
	last := s.call("run_model", pays(fourCents, "three", "")).ok("Completed").at("task.token")
	anew := s.again(limited(none, 0.14))
	anew.call("get_task", fmt.Sprintf(`{"tasktoken":%q}`, last)).ok("Charged $0.04") // counts one of them
	anew.call("run_model", pays(fourCents, "four", "")).refused("$0.02 is left", "$0.12 of $0.14 spent today")
	require.Equal(t, 1, s.sandbox.RequestCount("Task/List"))
	anew.call("run_model", pays(gratis, "hello", "")).ok("Completed")
	require.Equal(t, 1, s.sandbox.RequestCount("Task/List"), "once")

	s.sandbox.Behave("Task/List", emulator.Behavior{Status: 502})
	s.again(limited(none, 0.1)).call("run_model", pays(fourCents, "four", "")).refused("today's tasks could not be read", "Nothing was started or charged")
	require.Equal(t, 3, s.sandbox.RequestCount("Run/"+fourCents))
}

func TestATaskThatIsStoppedGivesItsReservationBack(t *testing.T) {
	t.Parallel()
	s := newStage(t, limited(none, 0.05))
	s.sandbox.Behave(fourCents, emulator.Behavior{HoldAt: emulator.TaskQueue})
	token := s.call("run_model", pays(fourCents, "fox", `,"wait":false`)).ok("").at("task.token")
	s.call("run_model", pays(fourCents, "cat", "")).refused("$0.01 is left")
	s.call("cancel_task", fmt.Sprintf(`{"tasktoken":%q}`, token)).ok("Not charged")
	s.sandbox.Behave(fourCents)
	s.call("run_model", pays(fourCents, "cat", "")).ok("Completed")
}

func TestARefusedSubmitGivesItsReservationBack(t *testing.T) {
	t.Parallel()
	s := newStage(t, limited(none, 0.05))
	s.sandbox.Behave(fourCents, emulator.Behavior{Code: 97, Message: "Insufficient balance"})
	for range 3 {
		s.call("run_model", pays(fourCents, "fox", "")).refused("Insufficient balance")
	}
	s.sandbox.Behave(fourCents)
	s.call("run_model", pays(fourCents, "fox", "")).ok("Completed", "$0.04 of $0.05 spent today.")
}

// Calls at the same time must not all pass a limit that only some of them fit under.
func TestALimitPerDayHoldsForCallsAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := newStage(t, limited(none, 0.13))
	var (
		calls sync.WaitGroup
		mu    sync.Mutex
		ran   int
	)
	for i := range 9 {
		calls.Go(func() {
			var arguments map[string]any
			_ = json.Unmarshal([]byte(pays(fourCents, fmt.Sprintf("fox %d", i), "")), &arguments)
			result, err := s.Call(soon(t), "run_model", arguments, nil)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && !result.IsError {
				ran++
			} else if !strings.Contains(result.Text, "over the limit per day") {
				t.Errorf("%s %v", result.Text, err)
			}
		})
	}
	calls.Wait()
	require.Equal(t, 3, ran)
	require.Equal(t, 3, s.sandbox.RequestCount("Run/"))
}

func TestARequestNarrowsTheServersLimitsAndNeverWidensThem(t *testing.T) {
	t.Parallel()
	usd := func(n float64) *float64 { return &n }
	s := newStage(t, limited(0.3, none))
	for limit, says := range map[float64]string{0.01: "over the limit of $0.01 per run", 50: "over the limit of $0.30 per run"} {
		ctx := mcptool.WithScope(soon(t), mcptool.Scope{Caller: mcptool.ServerCredentials{}, Limits: mcptool.SpendingLimits{PerRun: usd(limit)}})
		result, err := s.Call(ctx, "run_model", map[string]any{"model": bySecond, "params": map[string]any{"prompt": "fox"}}, nil)
		require.NoError(t, err)
		require.True(t, result.IsError)
		require.Contains(t, result.Text, says)
	}
}

func TestOneCallerDoesNotSpendAnothersDay(t *testing.T) {
	t.Parallel()
	s := newStage(t, limited(none, 0.05))
	as := func(c wiro.Credentials) bool {
		ctx := mcptool.WithScope(soon(t), mcptool.Scope{Caller: c})
		result, err := s.Call(ctx, "run_model", map[string]any{"model": fourCents, "params": map[string]any{"prompt": "fox", "inputImage": "https://a.test/fox.png"}}, nil)
		require.NoError(t, err)
		return !result.IsError
	}
	signed := wiro.Credentials{Key: emulator.DemoSignedKey, Secret: emulator.DemoSignedSecret}
	require.True(t, as(signed))
	require.False(t, as(signed))
	require.True(t, as(wiro.Credentials{Key: emulator.DemoKey}))
	require.False(t, as(wiro.Credentials{Key: emulator.DemoKey, Secret: "a secret that changes nothing"}))
}
