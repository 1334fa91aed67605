package tools

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	painting    = `{"model":"acme/painter","params":{"prompt":"x"}}`
	paintedNow  = `{"result":true,"tasklist":[{"id":"1","socketaccesstoken":"t1","status":"task_start","modelslugowner":"acme","modelslugproject":"painter"}]}`
	paintedOver = `{"result":true,"tasklist":[{"id":"1","socketaccesstoken":"t1","status":"task_cancel","modelslugowner":"acme","modelslugproject":"painter"}]}`
)

func TestARefusedRunLeadsToWhatTheModelTakes(t *testing.T) {
	t.Parallel()
	for words, test := range map[string]struct{ says, next string }{
		"Request parameter [prompt] required":               {"Request parameter [prompt] required. Nothing was started", "get_model_schema"},
		"Request parameter [steps] must be between 1 and 9": {"between 1 and 9", "get_model_schema"},
		"Request files [inputImage] required":               {"[inputImage]", "get_model_schema"},
		"Request parameters are invalid.":                   {"are invalid. Nothing", "get_model_schema"},
		"tool-not-accessible":                               {"acme/painter is not open to this project", "search_models"},
		"Your account has been suspended.":                  {"suspended", ""},
	} {
		f := faking(t, map[string]string{"Run/acme/painter": saysNo(words)})
		next, arguments := f.refused("run_model", painting, test.says).next()
		require.Equal(t, test.next, next, words)
		if next == "get_model_schema" {
			require.Equal(t, map[string]any{"model": "acme/painter"}, arguments)
		}
		require.Equal(t, 1, times(f.paths(), "Run/acme/painter"))
	}
}

// A stop whose first answer was lost is repeated, and refused: it has taken effect.
func TestAStopThatTookEffectIsNoError(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"cancel_task", "kill_task"} {
		f := faking(t, nil)
		f.say("Task/Detail", paintedNow, paintedOver)
		f.say("Task/Kill", "", saysNo("Task is not in a cancellable state."))
		require.Contains(t, f.ok(tool, `{"tasktoken":"t1"}`).text, "Killed. Wiro's record does not say what it cost", tool)
		require.Equal(t, 2, times(f.paths(), "Task/Kill"))
	}
}

// What a run that was accepted answers with, whatever happens afterwards.
func TestAnAcceptedRunNeverLosesItsToken(t *testing.T) {
	t.Parallel()
	for name, detail := range map[string]string{
		"Wiro does not know it":  `{"result":false,"errors":[{"code":1,"message":"There is no task yet."}]}`,
		"the key is refused":     `{"result":false,"errors":[{"code":99,"message":"Authorization bearer token expired."}]}`,
		"nonsense":               `<html>`,
		"another shape":          `{"result":true,"tasklist":{"odd":true}}`,
		"no status and no token": `{"result":true,"tasklist":[{"id":"1"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := faking(t, map[string]string{"Run/acme/painter": `{"result":true,"taskid":"1","socketaccesstoken":"t1"}`, "Task/Detail": detail})
			r := f.ok("run_model", `{"model":"acme/painter","params":{},"timeout_seconds":1}`)
			require.Equal(t, "running", r.data["state"])
			require.Contains(t, r.text, "Token t1")
			require.Contains(t, r.text, "do not run the model again")
			next, arguments := r.next()
			require.Equal(t, "wait_for_task", next)
			require.Equal(t, map[string]any{"tasktoken": "t1"}, arguments)
			require.Equal(t, 1, times(f.paths(), "Run/acme/painter"))
		})
	}
}

func TestAFailedRunKeepsKeysToItself(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{
		"Run/acme/painter": `{"result":true,"taskid":"1","socketaccesstoken":"t1"}`,
		"Task/Detail":      `{"result":true,"tasklist":[{"id":"1","status":"task_postprocess_end","pexit":"1","debugerror":"401 for sk-abcdefghijklmnopqrstuvwxyz"}]}`,
	})
	r := f.ok("run_model", painting)
	require.Contains(t, r.text, "401 for [set]")
	require.NotContains(t, r.everything(t), "sk-abc")
}

// shelf is a site that serves one file, and knows whether its reader closed it.
type shelf struct {
	io.Reader
	closed atomic.Bool
}

func (s *shelf) Close() error { s.closed.Store(true); return nil }

func (s *shelf) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Body: s, ContentLength: -1,
		Header: http.Header{"Content-Type": {"image/png"}},
	}, nil
}

func TestAFileThatIsNotSentAfterAllIsClosed(t *testing.T) {
	t.Parallel()
	site := &shelf{Reader: strings.NewReader("pixels")}
	f := faking(t, nil, func(o *Options) { o.Fetch = &http.Client{Transport: site} })
	gone, leave := context.WithCancel(soon(t))
	leave()
	r, err := f.Call(gone, "upload_file", map[string]any{"url": "https://files.test/cat.png"}, nil)
	require.NoError(t, err)
	require.True(t, r.IsError)
	require.True(t, site.closed.Load())
	require.Empty(t, f.paths())
}
