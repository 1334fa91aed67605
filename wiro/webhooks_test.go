package wiro_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

const taskPosted = `{"id": 534574, "socketaccesstoken": "tok-1", "status": "task_postprocess_end", "pexit": "0", "totalcost": "0.0035",
	"outputs": [{"name": "0.png", "contenttype": "image/png", "size": "202472", "url": "https://cdn1.wiro.ai/0.png"}]}`

func TestAWebhookOfATaskIsReadInEveryShape(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"alone":               taskPosted,
		"as Task/Detail":      `{"result": true, "errors": [], "total": "1", "tasklist": [` + taskPosted + `]}`,
		"under task":          `{"task": ` + taskPosted + `}`,
		"under data":          `{"result": true, "data": ` + taskPosted + `}`,
		"under data, as list": `{"data": [` + taskPosted + `]}`,
	} {
		task, err := wiro.ParseTaskWebhook([]byte(body))
		require.NoError(t, err, name)
		require.Equal(t, "534574", task.ID, name)
		require.Equal(t, "tok-1", task.Token, name)
		require.True(t, task.Succeeded(), name)
		require.InDelta(t, 0.0035, *task.Cost, 0, name)
		require.Equal(t, int64(202472), task.Outputs[0].Size, name)
	}
}

func TestAWebhookOfAMessageIsRead(t *testing.T) {
	t.Parallel()
	message, err := wiro.ParseMessageWebhook([]byte(`{"messageguid": "m-1", "status": "agent_end", "content": "Hello?", "response": "<think>Hm.</think>Hi.",
		"debugoutput": "<think>Hm.</think>Hi.", "endedat": 1712050004,
		"metadata": {"type": "progressGenerate", "elapsedTime": "8.1s", "wordCount": 1, "thinking": ["Hm."], "answer": ["Hi."]}}`))
	require.NoError(t, err)
	require.Equal(t, "m-1", message.GUID)
	require.True(t, message.Status.Over())
	require.Equal(t, "Hello?", message.Content)
	require.Equal(t, []string{"Hi."}, message.Output().Answer)
	require.Equal(t, time.Unix(1712050004, 0).UTC(), message.EndedAt.UTC())

	message, err = wiro.ParseMessageWebhook([]byte(`{"messageguid": "m-1", "status": "agent_error", "response": "Could not resolve agent endpoint", "metadata": {}}`))
	require.NoError(t, err)
	require.Equal(t, wiro.MessageFailed, message.Status)
	require.Equal(t, "Could not resolve agent endpoint", message.Response)
}

var notWebhooks = map[string]string{
	"nothing": "", "no JSON": "<html>", "cut off": `{"messageguid": "m-1`, "a list": "[]", "empty": "{}", "null": "null",
	"another's": `{"event": "push"}`, "a blank id": `{"id": "", "socketaccesstoken": " ", "messageguid": ""}`,
	"a long guid": `{"messageguid": "` + strings.Repeat("x", 1000) + `"}`, "an odd guid": `{"messageguid": "a\nb"}`,
}

func TestWhatIsNoWebhookIsRefused(t *testing.T) {
	t.Parallel()
	var failures []error
	h := &wiro.WebhookHandler{Client: answering(t, `{}`).Client, OnError: func(err error) { failures = append(failures, err) }}
	for name, body := range notWebhooks {
		_, err := wiro.ParseTaskWebhook([]byte(body))
		require.ErrorIs(t, err, wiro.ErrNotWebhook, name)
		_, err = wiro.ParseMessageWebhook([]byte(body))
		require.ErrorIs(t, err, wiro.ErrNotWebhook, name)
		require.Equal(t, http.StatusBadRequest, post(h, body).Code, name)
		require.ErrorIs(t, failures[len(failures)-1], wiro.ErrNotWebhook, name)
	}
	require.Len(t, failures, len(notWebhooks))

	got := httptest.NewRecorder()
	h.ServeHTTP(got, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Equal(t, http.StatusMethodNotAllowed, got.Code)
	require.Equal(t, http.MethodPost, got.Header().Get("Allow"))
	require.NoError(t, h.Shutdown(soon(t)))
}

func post(h http.Handler, body string) *httptest.ResponseRecorder {
	got := httptest.NewRecorder()
	h.ServeHTTP(got, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
	return got
}

// Without a function for an event, Wiro is not asked about it.
func TestAWebhookThatNobodyWantsIsTakenAndDropped(t *testing.T) {
	t.Parallel()
	o := answering(t, `{"result": true}`)
	h := &wiro.WebhookHandler{Client: o.Client}
	require.Equal(t, http.StatusOK, post(h, taskPosted).Code)
	require.Equal(t, http.StatusOK, post(h, `{"messageguid": "m-1", "status": "agent_end"}`).Code)
	require.NoError(t, h.Shutdown(soon(t)))
	require.Empty(t, o.paths)
}

// A flood of webhooks neither fills the memory nor sends Wiro everything at once: what is too
// much is posted again.
func TestTooManyWebhooksAreToBePostedAgain(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	client := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		<-hold
		answer(w, http.StatusOK, `{"result": false, "errors": [{"code": 1, "message": "Message not found"}]}`)
	})
	unknown := make(chan error, 1000)
	h := &wiro.WebhookHandler{
		Client: client, OnError: func(err error) { unknown <- err },
		OnMessage: func(_ context.Context, e wiro.MessageEvent) { t.Errorf("an event of %s", e.Message.GUID) },
	}
	taken := 0
	for i := range 1000 {
		got := post(h, `{"messageguid": "m-`+strings.Repeat("x", i%150)+string(rune('a'+i/150))+`"}`)
		if got.Code == http.StatusOK {
			taken++
			continue
		}
		require.Equal(t, http.StatusServiceUnavailable, got.Code)
		require.NotEmpty(t, got.Header().Get("Retry-After"))
	}
	close(hold)
	require.NoError(t, h.Shutdown(soon(t)))
	require.Less(t, taken, 1000)
	require.Len(t, unknown, taken)
	require.ErrorIs(t, <-unknown, wiro.ErrNotFound)
}

// While Wiro is out of reach a webhook waits, and Shutdown ends that.
func TestShutdownEndsWhatIsStillBeingChecked(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1000)
	client := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		answer(w, http.StatusOK, `{"result": true, "tasklist": [{"id": "1", "socketaccesstoken": "tok-1", "status": "task_start"}]}`)
	})
	ended := make(chan error, 1)
	h := &wiro.WebhookHandler{
		Client: client, OnError: func(err error) { ended <- err },
		OnTask: func(_ context.Context, e wiro.TaskEvent) { t.Errorf("an event of %s, which runs", e.Task.ID) },
	}
	require.Equal(t, http.StatusOK, post(h, taskPosted).Code)
	<-asked
	ctx, leave := context.WithCancel(t.Context())
	leave()
	require.ErrorIs(t, h.Shutdown(ctx), context.Canceled)
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Equal(t, http.StatusServiceUnavailable, post(h, strings.ReplaceAll(taskPosted, "tok-1", "tok-2")).Code, "Wiro posts it to the process that comes next")
}

func FuzzWebhooks(f *testing.F) {
	f.Add([]byte(taskPosted))
	f.Add([]byte(`{"messageguid": "m-1", "status": "agent_end", "metadata": {"raw": "<think>"}}`))
	f.Add([]byte(`{"tasklist": [` + taskPosted + `], "parameters": {"a": "b"}}`))
	for _, body := range notWebhooks {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if task, err := wiro.ParseTaskWebhook(body); err == nil && task.ID == "" && task.Token == "" {
			t.Error("a task without a name")
		}
		message, err := wiro.ParseMessageWebhook(body)
		if err != nil && !errors.Is(err, wiro.ErrNotWebhook) || err == nil && message.GUID == "" {
			t.Errorf("%+v, %v", message, err)
		}
	})
}
