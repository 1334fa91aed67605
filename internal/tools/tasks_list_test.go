package tools

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// taskRecord is a task as Wiro's lists hold it.
func taskRecord(id int, started time.Time, members string) string {
	return fmt.Sprintf(`{"id":"%d","socketaccesstoken":"tok-%d","modelslugowner":"acme","modelslugproject":"painter","starttime":"%d",%s}`, id, id, started.Unix(), members)
}

const (
	paintedT = `"status":"task_postprocess_end","pexit":"0","totalcost":"0.04","elapsedseconds":"8","parameters":{"prompt":"a boat"},"outputs":[{"name":"0.png","contenttype":"image/png","size":"900","url":"https://cdn1.wiro.ai/x/0.png"}]`
	crashedT = `"status":"task_postprocess_end","pexit":"1","totalcost":"0.01","debugerror":"loading\nRuntimeError: CUDA out of memory. Tried to allocate 2 GiB\ncleaning up","parameters":{"prompt":"a boat","width":4096,"empty":""}`
	stoppedT = `"status":"task_cancel","totalcost":"0"`
	runningT = `"status":"task_start","totalcost":"0","elapsedseconds":"0"`
	silentT  = `"status":"task_postprocess_end","pexit":"0","outputs":[]`
)

func tasksAnswer(total int, tasks ...string) string {
	return fmt.Sprintf(`{"result":true,"total":"%d","tasklist":[%s]}`, total, strings.Join(tasks, ","))
}

func TestTheListOfTasksSaysWhatWasSpentAndWhatFailed(t *testing.T) {
	t.Parallel()
	now := time.Now()
	f := faking(t, map[string]string{"Task/List": tasksAnswer(9,
		taskRecord(5, now, runningT), taskRecord(4, now, paintedT), taskRecord(3, now, crashedT), taskRecord(2, now, stoppedT), taskRecord(1, now, silentT))})
	r := f.ok("list_tasks", `{"limit":5}`)
	require.Contains(t, r.text, "5 tasks: 2 completed, 1 failed, 1 canceled, 1 running. Charged $0.05 in all. What 1 task cost, Wiro's record does not say. 1 to 5 of 9 shown.")
	require.Contains(t, r.text, "Why: RuntimeError: CUDA out of memory.")
	require.Contains(t, r.text, "https://cdn1.wiro.ai/x/0.png")
	require.Equal(t, map[string]any{"tasks": 5.0, "completed": 2.0, "failed": 1.0, "cancelled": 1.0, "running": 1.0, "costUsd": 0.05, "costUnknown": 1.0}, r.data["totals"])

	rows := r.data["tasks"].([]any)
	done := rows[1].(map[string]any)
	require.Equal(t, "completed", done["state"])
	require.Equal(t, "tok-4", done["task"].(map[string]any)["token"])
	require.Equal(t, "image", done["outputs"].([]any)[0].(map[string]any)["kind"])
	require.LessOrEqual(t, len(rows[2].(map[string]any)["reason"].(string)), 123)
	for _, i := range []int{0, 4} { // unknown is null
		require.Contains(t, rows[i].(map[string]any)["task"], "costUsd")
		require.Nil(t, rows[i].(map[string]any)["task"].(map[string]any)["costUsd"])
	}
	require.NotContains(t, rows[0].(map[string]any)["task"], "durationSeconds")
	next, arguments := r.next()
	require.Equal(t, "list_tasks", next)
	require.Equal(t, map[string]any{"limit": 5.0, "start": 5.0}, arguments)
}

func TestTasksAreFilteredAndSummedOverAllPages(t *testing.T) {
	t.Parallel()
	now := time.Now()
	page := func(from int, at time.Time) string {
		var tasks []string
		for i := range 100 {
			record := paintedT
			if i%10 == 0 {
				record = crashedT
			}
			tasks = append(tasks, taskRecord(from-i, at, record))
		}
		return tasksAnswer(250, tasks...)
	}
	old := now.Add(-72 * time.Hour)
	pages := []string{page(250, now), page(150, old), tasksAnswer(250, taskRecord(50, old, paintedT))}

	f := faking(t, nil)
	f.say("Task/List", pages...)
	r := f.ok("list_tasks", `{"since":"24h","limit":2}`)
	require.Regexp(t, `^100 tasks: 90 completed, 10 failed\. Charged \$3\.70? in all\. 1 to 2 of 100 shown\.`, r.text)
	require.Len(t, f.requests(), 2, "a page without recent tasks ends it")

	f.say("Task/List", pages...)
	r = f.ok("list_tasks", `{"since":"all","state":"failed","limit":"15","start":10}`)
	require.Regexp(t, `^20 tasks: 20 failed\. Charged \$0\.20? in all\. 11 to 20 of 20 shown\.`, r.text)
	require.Len(t, r.data["tasks"], 10)
	require.Nil(t, r.data["nextStart"])

	f.say("Task/List", tasksAnswer(1, taskRecord(1, now, paintedT)))
	r = f.ok("list_tasks", `{"state":"cancelled"}`)
	require.Contains(t, r.text, "No task")
	require.Empty(t, r.data["tasks"])
	f.refused("list_tasks", `{"since":"last Tuesday"}`)
}

func TestTimesToListFrom(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 14, 30, 0, 0, time.FixedZone("", 3600))
	for text, want := range map[string]string{
		"": "0001-01-01T00:00:00Z", "all": "0001-01-01T00:00:00Z", "2026-11-20": "2026-11-20T00:00:00Z", "today": "2026-11-25T00:00:00Z",
		"Yesterday": "2026-11-24T00:00:00Z", "24h": "2026-11-24T13:30:00Z", "90m": "2026-11-25T12:00:00Z", "7d": "2026-11-18T13:30:00Z", "2w": "2026-11-11T13:30:00Z",
		"2026-11-20T10:00:00+02:00": "2026-11-20T08:00:00Z", "2026-11-20 10:00": "2026-11-20T10:00:00Z",
	} {
		at, err := parseSince(text, now)
		require.NoError(t, err, text)
		require.Equal(t, want, at.UTC().Format(time.RFC3339), text)
	}
	for _, text := range []string{"soon", "-3h", "d", "1.5d", "99999999999d", "2026-13-01"} {
		_, err := parseSince(text, now)
		require.ErrorContains(t, err, "must be a date", text)
	}
}

func TestAFailureComesWithAdviceAndTheCallToMend(t *testing.T) {
	t.Parallel()
	for said, advice := range map[string]string{
		"torch.cuda.OutOfMemoryError: CUDA out of memory":        "ran out of memory",
		"ValueError: width must be divisible by 16":              "does not make this size",
		"unsupported resolution 4096x4096":                       "does not make this size",
		"The prompt was flagged as sensitive (NSFW)":             "content filter",
		"PIL.UnidentifiedImageError: cannot identify image file": "could not read an input file",
		"Error: 429 Too Many Requests":                           "provider was busy",
		"prompt is too long: 9000 tokens":                        "too long for the model",
		"Traceback: KeyError 'x'":                                "",
	} {
		t.Run(said, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal("loading\n" + said)
			require.NoError(t, err)
			record := taskRecord(1, time.Now(), `"status":"task_postprocess_end","pexit":"1","totalcost":"0","debugerror":`+string(text)+`,"parameters":{"prompt":"a boat","steps":4,"empty":""}`)
			f := faking(t, map[string]string{"Task/Detail": tasksAnswer(1, record)})
			r := f.ok("get_task", `{"tasktoken":"tok-1"}`)
			require.Contains(t, r.text, said)
			if advice == "" {
				require.NotContains(t, r.data, "advice")
			} else {
				require.Contains(t, r.text, advice)
				require.Contains(t, r.data["advice"], advice)
			}
			next, arguments := r.next()
			require.Equal(t, "run_model", next)
			require.Equal(t, map[string]any{"model": "acme/painter", "params": map[string]any{"prompt": "a boat", "steps": 4.0}}, arguments)
			require.Equal(t, arguments["params"], r.data["params"])
		})
	}
}

func TestATaskShowsWithWhatItWasRun(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{"Task/Detail": tasksAnswer(1, taskRecord(1, time.Now(), paintedT))})
	r := f.ok("get_task", `{"tasktoken":"tok-1"}`)
	require.Contains(t, r.text, `Params: {"prompt":"a boat"}`)
	require.Contains(t, r.text, "Token tok-1.")
	require.Equal(t, map[string]any{"prompt": "a boat"}, r.data["params"])
	next, arguments := f.ok("get_task_price", `{"tasktoken":"tok-1"}`).next()
	require.Equal(t, "get_task", next)
	require.Equal(t, map[string]any{"tasktoken": "tok-1"}, arguments)
	f.say("Task/Detail", tasksAnswer(1, taskRecord(1, time.Now(), runningT)))
	next, _ = f.ok("get_task_price", `{"tasktoken":"tok-1"}`).next()
	require.Equal(t, "wait_for_task", next)
}

// Models mix a task's two names up: either is taken in the other's place.
func TestATaskIsFoundByEitherNameInEitherPlace(t *testing.T) {
	t.Parallel()
	token, id := map[string]any{"tasktoken": "tok-7"}, map[string]any{"taskid": "7"}
	for arguments, want := range map[string]map[string]any{
		`{"tasktoken":"tok-7"}`: token, `{"taskid":"tok-7"}`: token, `{"taskid":7}`: id, `{"tasktoken":"7"}`: id,
		`{"tasktoken":"7","taskid":"tok-7"}`: token, `{"tasktoken":"tok-7","taskid":"tok-7"}`: token, `{"tasktoken":"7","taskid":7}`: id,
		`{"task_token":"tok-7"}`: token, `{"taskToken":" tok-7\n"}`: token, `{"Task-ID":"7"}`: id,
		`{"id":7}`: id, `{"task":"7"}`: id, `{"socketaccesstoken":"tok-7"}`: token, `{"tasktoken":"tok-7","task_token":"other"}`: token,
	} {
		for _, tool := range []string{"get_task", "wait_for_task", "get_task_price", "cancel_task", "kill_task", "read_output", "save_output"} {
			f := faking(t, map[string]string{"Task/Detail": tasksAnswer(1, taskRecord(7, time.Now(), paintedT))}, func(o *Options) { o.Local.OutputDir = t.TempDir() })
			f.call(tool, arguments)
			require.Subset(t, f.sentTo("Task/Detail"), want, "%s %s", tool, arguments)
		}
		f := faking(t, map[string]string{"Task/Detail": tasksAnswer(1, taskRecord(7, time.Now(), paintedT))})
		f.ok("delete_task_files", arguments)
		require.Equal(t, token, f.sentTo("Task/InputOutputDelete"), arguments)
	}
}

func TestTheBalanceWithWhatFollowsFromIt(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{"Wallet/List": `{"result":true,"wallets":[{"balance":"55.00","cardtoken":"secret"}]}`})
	r := f.ok("get_balance", `{"teamguid":"t1"}`)
	require.Contains(t, r.text, "Balance: $55.00. At most 5 tasks may run at once")
	require.InDelta(t, 55, r.data["balanceUsd"], 0)
	require.InDelta(t, 5, r.data["maxConcurrentTasks"], 0)
	require.Equal(t, "t1", f.requests()[0].team)
	require.NotContains(t, fmt.Sprint(r.data), "secret")
	require.NotContains(t, r.data, "wallet", "nothing is said twice")

	f.say("Wallet/List", `{"result":true,"wallet":{"gifted":"10.00","amount":"25.50"}}`)
	require.Contains(t, f.ok("get_balance", `{}`).text, "Balance: $35.50. At most 3 tasks")
	f.say("Wallet/List", `{"result":true,"list":[],"cardtoken":"secret"}`)
	r = f.ok("get_balance", `{}`)
	require.Contains(t, r.text, "states no single balance")
	require.NotContains(t, r.text, "At most")
	require.NotContains(t, fmt.Sprint(r.data, r.text), "secret")
	f.say("Wallet/List", yes)
	require.Contains(t, f.ok("get_balance", `{}`).text, "states no balance. It is at https://wiro.ai/panel/billing")

	f.say("Wallet/List", `{"result":true,"balance":300}`)
	r = f.ok("get_balance", `{}`)
	require.Contains(t, r.text, "Any number of tasks")
	f.say("Wallet/List", `{"result":true,"wallets":[{"balance":1},{"balance":2}]}`)
	r = f.ok("get_balance", `{}`)
	require.Contains(t, r.text, `"balance":1`)
	require.Nil(t, r.data["balanceUsd"])
	f.say("Wallet/List", `{"result":false,"errors":[{"code":0,"message":"Not for projects"}]}`)
	require.Contains(t, f.refused("get_balance", `{}`).text, "refuses to show the wallet to this API key: Not for projects")
}

// sentTo is the first request to an endpoint.
func (f *fakeWiro) sentTo(path string) map[string]any {
	f.t.Helper()
	for _, request := range f.requests() {
		if request.path == path {
			return request.body
		}
	}
	require.Fail(f.t, "nothing was sent to "+path)
	return nil
}
