package tools

import (
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A task that was submitted elsewhere is told of with its model's usual run time, since it began.
func TestAWaitTellsHowFarARunUsuallyIs(t *testing.T) {
	t.Parallel()
	usually := regexp.MustCompile(`^running, (\d+%, about \d+s left|\d+s so far), usually 8s$`)
	record := func(status, more string) string {
		return fmt.Sprintf(`{"result":true,"tasklist":[{"id":"1","socketaccesstoken":"t1","status":%q,"starttime":"%d","modelslugowner":"acme","modelslugproject":"painter"%s}]}`,
			status, time.Now().Add(-2*time.Second).Unix(), more)
	}
	for _, status := range []string{"task_start", "task_output"} {
		for tool, arguments := range map[string]string{
			"wait_for_task": `{"tasktoken":"t1","timeout_seconds":600}`, "get_task": `{"taskid":"1","wait_seconds":45}`,
		} {
			t.Run(tool+" "+status, func(t *testing.T) {
				t.Parallel()
				f := painted(t, byOutput)
				over := record("task_postprocess_end", `,"pexit":"0","totalcost":"0.05"`)
				f.say("Task/Detail", record(status, ""))
				var (
					mu   sync.Mutex
					told []string
				)
				r := f.callAs(circumstances{progress: func(_, _ float64, message string) {
					mu.Lock()
					defer mu.Unlock()
					if told = append(told, message); usually.MatchString(message) {
						f.say("Task/Detail", over)
					}
				}}, tool, arguments)
				require.Equal(t, "completed", r.data["state"])
				require.Equal(t, 1, times(f.paths(), "Tool/Detail"), "it is looked up once")
			})
		}
	}
}

// Nobody listens, or the model cannot be looked up: the wait is as it was.
func TestAWaitNeedsNoUsualTime(t *testing.T) {
	t.Parallel()
	f := painted(t, byOutput)
	require.Equal(t, "completed", f.ok("wait_for_task", `{"tasktoken":"t1"}`).data["state"])
	require.Zero(t, times(f.paths(), "Tool/Detail"))
	f.say("Tool/Detail", "")
	r := f.callAs(circumstances{progress: func(float64, float64, string) {}}, "wait_for_task", `{"tasktoken":"t1"}`)
	require.Equal(t, "completed", r.data["state"])
}
