package tools_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/fetch"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	picture = "black-forest-labs/flux-2-pro"
	chat    = "openai/gpt-5-2"
)

func TestAPictureFromTheFirstSearchToItsPrice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	found := s.call("search_models", `{"search":"flux","categories":["text-to-image"],"limit":2}`).ok(picture, "$")
	require.NotEmpty(t, found.at("models.0.pricing"))
	require.NotContains(t, found.at("models.0.categories"), "tool")

	s.call("get_model_schema", `{"model":"`+picture+`"}`).ok("prompt (textarea, required", "Price", "$")

	done := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"a lighthouse"}}`).ok("Completed", "image/png")
	url := done.at("outputs.0.url").(string)
	require.True(t, strings.HasPrefix(done.text, "![a lighthouse]("+url+")"), "outputs come first: %s", done.text)
	require.Equal(t, "completed", done.at("state"))
	require.Equal(t, "image", done.at("outputs.0.kind"))
	require.Positive(t, done.at("outputs.0.sizeBytes"))
	require.Positive(t, done.at("task.costUsd"))
	require.Equal(t, "0", done.at("task.exitCode"))
	token := done.at("task.token").(string)

	s.call("get_task", `{"tasktoken":"`+token+`"}`).ok("Completed", url)
	s.call("get_task", `{"taskid":"`+done.at("task.id").(string)+`"}`).ok("Completed", url)
	price := s.call("get_task_price", `{"tasktoken":"`+token+`"}`).ok("$", "succeeded")
	require.Equal(t, true, price.at("billed"))
	s.call("list_tasks", `{}`).ok(token, "completed", "a lighthouse")
	s.call("wait_for_task", `{"tasktoken":"`+token+`"}`).ok("Completed")
	s.call("delete_task_files", `{"tasktoken":"`+token+`"}`).ok("deleted")
	s.call("delete_task_files", `{"tasktoken":"`+token+`"}`).ok("deleted")
	require.Equal(t, 1, s.sandbox.RequestCount("Run/"+picture))
}

func TestALanguageModelAnswersWithItsThinkingApart(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	done := s.call("run_model", `{"model":"`+chat+`","params":{"prompt":"Say hello"}}`).ok("Completed", "Thinking, before the answer")
	require.Equal(t, "text", done.at("outputs.0.kind"))
	require.Equal(t, "text/plain", done.at("outputs.0.mimeType"))
	require.Equal(t, done.at("response"), done.at("outputs.0.text"))
	require.NotEmpty(t, done.at("thinking"))
	require.NotContains(t, done.at("response"), "<think>")
}

func TestARunWithoutWaitingIsPickedUpLater(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	run := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"x"},"wait":false}`).ok("Submitted")
	token := run.at("task.token").(string)
	require.Equal(t, "submitted", run.at("state"))
	require.NoError(t, s.sandbox.Reached(soon(t), token, emulator.TaskStart))

	price := s.call("get_task_price", `{"tasktoken":"`+token+`"}`).ok("not done yet")
	require.Nil(t, price.at("billed"), "unknown until the task is over")
	s.call("delete_task_files", `{"tasktoken":"`+token+`"}`).refused("still runs", "wait_for_task")

	running := s.call("wait_for_task", `{"tasktoken":"`+token+`","timeout_seconds":0.05}`).ok("Still running", "do not run the model again")
	require.Equal(t, "running", running.at("state"))
	require.Equal(t, "wait_for_task", running.at("nextAction.tool"))
	require.Equal(t, token, running.at("nextAction.arguments.tasktoken"))

	s.sandbox.Release(token)
	s.call("wait_for_task", `{"tasktoken":"`+token+`"}`).ok("Completed")
	require.Equal(t, 1, s.sandbox.RequestCount("Run/"+picture))
}

func TestATaskIsStoppedInTheWayThatFitsIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	held := func(stage emulator.Stage) string {
		s.sandbox.Behave(picture, emulator.Behavior{HoldAt: stage})
		token := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"x"},"wait":false}`).ok().at("task.token").(string)
		require.NoError(t, s.sandbox.Reached(soon(t), token, stage))
		return token
	}
	running := held(emulator.TaskStart)
	require.Equal(t, "kill", s.call("cancel_task", `{"tasktoken":"`+running+`"}`).ok("Killed", "Not charged").at("action"))
	s.call("kill_task", `{"tasktoken":"`+running+`"}`).ok("already")
	require.Equal(t, "cancelled", s.call("get_task", `{"tasktoken":"`+running+`"}`).ok("Canceled").at("state"))

	queued := held(emulator.TaskQueue)
	require.Equal(t, "cancel", s.call("kill_task", `{"tasktoken":"`+queued+`"}`).ok("Canceled", "Not charged").at("action"))
	s.call("get_task_price", `{"tasktoken":"`+queued+`"}`).ok("$0", "nothing was charged")

	s.call("cancel_task", `{"tasktoken":"nobodys"}`).refused("no such task", "list_tasks")
}

func TestAFailedRunShowsTheModelsWordsAndCostsNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{FailWith: &emulator.Exit{Code: "137", Stderr: []string{"loading", "CUDA out of memory"}}})
	failed := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"x"}}`).ok("Failed", "exit code 137", "Not charged", "CUDA out of memory")
	require.Equal(t, "failed", failed.at("state"))
	require.Contains(t, failed.at("error"), "CUDA out of memory")
	s.call("get_task_price", `{"tasktoken":"`+failed.at("task.token").(string)+`"}`).ok("$0", "The task failed", "nothing was charged")
}

func TestRefusalsSayWhatHelps(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	runs := 0
	run := func(behavior emulator.Behavior) answer {
		s.sandbox.Behave(picture, behavior)
		runs++ // each is a run of its own: one that may have started is not submitted again
		return s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"x`+strconv.Itoa(runs)+`"}}`)
	}
	run(emulator.Behavior{Code: 96, Message: "You have reached your concurrent task limit."}).refused("concurrent task limit", "frees up", "list_tasks")
	run(emulator.Behavior{Code: 97, Message: "Insufficient balance"}).refused("Add funds", "https://wiro.ai/panel")
	run(emulator.Behavior{Code: 98, Message: "sign in to run this model"}).refused("registered accounts")
	run(emulator.Behavior{Code: 99, Status: 401, Message: "Authorization bearer token is invalid."}).refused("WIRO_API_KEY")
	run(emulator.Behavior{Status: 429, RetryAfter: 60, Message: "slow down"}).refused("limiting the rate", "1m0s")
	run(emulator.Behavior{Status: 502, ContentType: "text/html", Body: "<html>Bad gateway"}).refused("may have reached Wiro", "list_tasks")
	run(emulator.Behavior{Oversize: 40 << 20}).refused("may have reached Wiro", "larger than 16 MB")
	run(emulator.Behavior{CutConnection: true}).ok("Completed", "its task was found")
	s.sandbox.Behave(picture)
	s.call("run_model", `{"model":"`+picture+`","params":{}}`).refused("- prompt: required")
	s.call("run_model", `{"model":"openai/sora-9","params":{}}`).refused("openai/sora-9 does not exist. Closest: openai/sora-2", "search_models")
	s.call("get_model_schema", `{"model":"nobody/nothing-at-all"}`).refused("does not exist", "search_models")
	s.call("get_task", `{"tasktoken":"nobodys"}`).refused("no such task under this API key")
}

func TestUnreachableWiroIsSaidClearly(t *testing.T) {
	t.Parallel()
	s := fuzzServer()
	result, err := s.Call(soon(t), "run_model", map[string]any{"model": picture, "params": map[string]any{}}, nil)
	require.NoError(t, err)
	require.True(t, result.IsError)
	require.Contains(t, result.Text, "cannot be reached (no network)")
	require.Contains(t, result.Text, "Nothing was sent or charged")
}

func TestEveryModelOfTheCatalogShowsItsParametersAndPrice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	all := s.call("search_models", `{"limit":100}`).ok()
	for _, model := range all.at("models").([]any) {
		slug := model.(map[string]any)["slug"].(string)
		detail := s.call("get_model_schema", `{"model":"`+slug+`"}`)
		if !detail.isError {
			require.Contains(t, detail.text, "Price", slug)
		}
	}
	s.call("explore", `{}`).ok("## ")
	s.call("recommend_model", `{"task":"upscale an image to 4K"}`).ok("image")
	s.call("search_models", `{"search":"zzzzzz"}`).ok("No model matches")
}

// reports gathers progress.
type reports struct {
	mu   sync.Mutex
	seen []report
}

type report struct {
	value, total float64
	message      string
}

func (r *reports) take(value, total float64, message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, report{value, total, message})
}

func TestProgressRisesWithNews(t *testing.T) {
	t.Parallel()
	for _, model := range []string{picture, chat} {
		s := newStage(t)
		s.sandbox.Behave(model, emulator.Behavior{AwaitSubscriber: true, HoldAt: emulator.TaskStart})
		var r reports
		released := make(chan struct{})
		go func() {
			defer close(released)
			token, err := s.sandbox.Launched(soon(t), 1)
			if err == nil && s.sandbox.Reached(soon(t), token, emulator.TaskStart) == nil {
				s.sandbox.Release(token)
			}
		}()
		_, err := s.Call(soon(t), "run_model", map[string]any{"model": model, "params": map[string]any{"prompt": "hello there"}}, r.take)
		<-released
		require.NoError(t, err)
		require.NotEmpty(t, r.seen)
		for i, one := range r.seen[1:] {
			require.Greater(t, one.value, r.seen[i].value)
			require.NotEqual(t, one.message, r.seen[i].message)
			if one.total > 0 {
				require.LessOrEqual(t, one.value, one.total)
			}
		}
	}
}

func TestAFileIsCopiedFromItsAddress(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	files := http.NewServeMux()
	files.HandleFunc("/cat.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(make([]byte, 5000))
	})
	files.HandleFunc("/plain", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		_, _ = w.Write([]byte("a,b"))
	})
	files.HandleFunc("/huge.zip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(200<<20))
		w.WriteHeader(200)
	})
	files.HandleFunc("/tool.exe", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(files)
	t.Cleanup(server.Close)

	stored := s.call("upload_file", `{"url":"`+server.URL+`/cat.png"}`).ok("cat.png", "image/png", "http")
	require.InDelta(t, 5000, stored.at("file.sizeBytes"), 0)
	folder := s.call("create_folder", `{"name":"training-data"}`).ok("training-data").at("file.id").(string)
	s.call("upload_file", `{"url":"`+server.URL+`/plain","file_name":"table.csv","folderid":"`+folder+`"}`).ok("table.csv")
	s.call("upload_file", `{"url":"`+server.URL+`/plain"}`).ok("plain.csv")
	s.call("upload_file", `{"url":"`+server.URL+`/huge.zip"}`).refused("100 MB")
	s.call("upload_file", `{"url":"`+server.URL+`/tool.exe"}`).refused("does not take .exe")
	s.call("upload_file", `{"url":"`+server.URL+`/gone.png"}`).refused("404")
}

func TestUploadsReachNoPrivateAddress(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(o *tools.Options) { o.Fetch = fetch.CallerClient(fetch.Options{}) })
	private := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(private.Close)
	redirect := httptest.NewServer(http.RedirectHandler(private.URL, http.StatusFound))
	t.Cleanup(redirect.Close)
	for _, address := range []string{
		private.URL + "/x.png", redirect.URL, "http://169.254.169.254/latest/meta-data", "http://[::1]/x.png",
		"http://10.0.0.1/x.png", "http://100.64.0.1/x.png", "http://[fd00::1]/x.png", "http://0.0.0.0/x.png", "http://localhost/x.png",
	} {
		s.call("upload_file", `{"url":"`+address+`"}`).refused("not on the public internet")
	}
	require.Zero(t, s.sandbox.RequestCount("File/Upload"))
}

func TestOneCallerNeverSeesAnothersTask(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	token := s.call("run_model", `{"model":"`+picture+`","params":{"prompt":"x"}}`).ok().at("task.token").(string)
	other := mcptool.WithScope(soon(t), mcptool.Scope{Caller: wiro.Credentials{Key: emulator.DemoKey}})
	result, err := s.Call(other, "get_task", map[string]any{"tasktoken": token}, nil)
	require.NoError(t, err)
	require.True(t, result.IsError)
	require.Contains(t, result.Text, "no such task under this API key")
}

func TestCallersCredentialsReplaceTheServersOwn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	other := mcptool.WithScope(soon(t), mcptool.Scope{Caller: wiro.Credentials{Key: emulator.DemoKey}})
	_, err := s.Call(other, "search_models", nil, nil)
	require.NoError(t, err)
	require.Equal(t, emulator.DemoKey, s.sandbox.Requests()[0].Header.Get("x-api-key"))
}

func TestACanceledCallKeepsItsTask(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sandbox.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	ctx, cancel := context.WithCancel(soon(t))
	result, err := s.Call(ctx, "run_model", map[string]any{"model": picture, "params": map[string]any{"prompt": "x"}},
		func(float64, float64, string) { cancel() })
	require.NoError(t, err)
	require.False(t, result.IsError)
	require.Contains(t, result.Text, "Still running")
	require.Contains(t, result.Text, "do not run the model again")
}

func TestADrainedServerHandsItsWaitsBack(t *testing.T) {
	t.Parallel()
	draining, drain := context.WithCancel(soon(t))
	s := newStage(t, func(o *tools.Options) { o.Drain = draining })
	s.sandbox.Behave(picture, emulator.Behavior{HoldAt: emulator.TaskStart})
	var once sync.Once
	result, err := s.Call(soon(t), "run_model", map[string]any{"model": picture, "params": map[string]any{"prompt": "x"}},
		func(float64, float64, string) { once.Do(drain) })
	require.NoError(t, err)
	require.Contains(t, result.Text, "The server is restarting")
	require.Contains(t, result.Text, "wait_for_task")
}

func TestReadOnlyAndToolsetsLeaveToolsOut(t *testing.T) {
	t.Parallel()
	readers := newStage(t, func(o *tools.Options) { o.ReadOnly = true })
	for _, d := range readers.Tools() {
		require.Equal(t, mcptool.Reads, d.Effect, d.Name)
	}
	_, err := readers.Call(soon(t), "run_model", nil, nil)
	require.ErrorContains(t, err, "read-only")
	some := newStage(t, func(o *tools.Options) { o.Toolsets = []tools.Toolset{tools.Docs} })
	require.Len(t, some.Tools(), 2)
	_, err = some.Call(soon(t), "run_model", nil, nil)
	require.ErrorContains(t, err, "toolset models")
}

func TestEveryCallIsObservedWithItsOutcome(t *testing.T) {
	t.Parallel()
	var events []mcptool.Event
	s := newStage(t)
	ctx := mcptool.WithScope(soon(t), mcptool.Scope{
		Caller:  wiro.Credentials{Key: emulator.DemoKey},
		Observe: func(e mcptool.Event) { events = append(events, e) },
	})
	_, err := s.Call(ctx, "search_models", nil, nil)
	require.NoError(t, err)
	_, err = s.Call(ctx, "get_task", map[string]any{"tasktoken": "x"}, nil)
	require.NoError(t, err)
	require.Equal(t, []mcptool.Status{mcptool.OK, mcptool.Refused}, []mcptool.Status{events[0].Status, events[1].Status})
	require.Len(t, events[1].RequestID, 10)
	require.Positive(t, events[0].Took, time.Duration(0))
}

func TestDocumentationIsSearchedAndRead(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	found := s.call("search_docs", `{"query":"how do I stop a running task"}`).ok("Kill")
	require.NotEmpty(t, found.at("matches.0.title"))
	require.LessOrEqual(t, len(found.text), 8000)
	page := found.at("matches.0.title").(string)
	s.call("read_doc", `{"page":"`+page+`"}`).ok("#")
	s.call("read_doc", `{"page":"no such page at all"}`).refused("search_docs")

	s.call("search_docs", `{"query":"YouTube Integration","limit":1}`).ok("https://wiro.ai/docs (the page has no address of its own")
	read := s.call("read_doc", `{"page":"YouTube Integration"}`).ok("no address of its own")
	require.NotEmpty(t, read.at("urlNote"))
}

// A request that carries no credentials is never made with the server's own.
func TestARequestWithoutCredentialsIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for name, scope := range map[string]mcptool.Scope{
		"none": {}, "empty ones": {Caller: wiro.Credentials{}}, "a secret alone": {Caller: wiro.Credentials{Secret: "s"}}, "something else": {Caller: "ada"},
	} {
		for _, tool := range []string{"list_tasks", "search_models", "run_model"} {
			result, err := s.Call(mcptool.WithScope(soon(t), scope), tool, map[string]any{}, nil)
			require.NoError(t, err)
			require.True(t, result.IsError, name)
			require.Contains(t, result.Text, "carries no Wiro credentials", name)
		}
		result, err := s.Call(mcptool.WithScope(soon(t), scope), "search_docs", map[string]any{"query": "tasks"}, nil)
		require.NoError(t, err)
		require.False(t, result.IsError, "the documentation needs none")
	}
	require.Empty(t, s.sandbox.Requests())

	result, err := s.Call(mcptool.WithScope(soon(t), mcptool.Scope{}), "list_agents", map[string]any{}, nil)
	require.NoError(t, err)
	require.False(t, result.IsError, result.Text)
	require.Empty(t, s.sandbox.Requests()[0].Header.Get("x-api-key"), "what is public is asked for without")
}
