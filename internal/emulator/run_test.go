package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestRunChecksParameters(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	tests := []struct {
		model  string
		params any
		want   string
	}{
		{"openai/sora-2", obj{}, "Request parameter [prompt] required"},
		{"openai/sora-2", obj{"prompt": ""}, "Request parameter [prompt] required"},
		{"openai/sora-2", obj{"prompt": nil}, "Request parameter [prompt] required"},
		{"stability-ai/sdxl", obj{"prompt": "x", "width": "wide"}, "Request parameter [width] must be integer or float"},
		{"stability-ai/sdxl", obj{"prompt": "x", "width": 100}, "Request parameter [width] must be between 256 and 2048"},
		{"stability-ai/sdxl", obj{"prompt": "x", "steps": "61"}, "Request parameter [steps] must be between 1 and 60"},
		{"wiro/inpainting", obj{"prompt": "x", "inputImage": "https://example.com/a.png", "inputImageMask": "https://example.com/m.png", "strength": 1.5}, "Request parameter [strength] must be between 0 and 1"},
		{"wiro/image-upscaler", obj{"inputImage": "", "inputImageUrl": ""}, "Request files [inputImage] required"},
		{"wiro/virtual-try-on", obj{"inputImageHuman": "https://example.com/a.png"}, "Request files [inputImageClothes] required"},
		{"openai/sora-2", []string{"prompt"}, "Request parameters are invalid."},
		{"openai/sora-2", "prompt", "Request parameters are invalid."},
		{"openai/sora-2", nil, "Request parameters are invalid."},
		{"qwen/qwen-image-edit", obj{"prompt": "x", "inputImageMultipleUrl": "https://a.example/1,https://a.example/2,https://a.example/3,https://a.example/4"}, "Request parameters are invalid."},
	}
	for _, test := range tests {
		code, message := a.refused("Run/"+test.model, test.params)
		require.Equal(t, 0.0, code)
		require.Equal(t, test.want, message)
	}
	require.Equal(t, 200, a.post("Run/openai/sora-2", obj{}).status, "errors are HTTP 200")

	all := a.post("Run/wiro/inpainting", obj{"strength": "x"}).body["errors"].([]any)
	require.Len(t, all, 4, "every error is told at once")
	require.Equal(t, "0", a.ok("Task/List", obj{})["total"], "no refused run has started a task")
}

func TestBrokenBodiesAreRefused(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for _, body := range []string{`{"prompt":`, `{"prompt":"x"} trailing {}`, "prompt=x"} {
		out, err := a.do(http.MethodPost, a.s.APIURL()+"/Run/openai/sora-2", "application/json", nil, strings.NewReader(body))
		require.NoError(t, err)
		_, message := out.failure(t)
		require.Equal(t, "Request parameters are invalid.", message, body)
	}
	out, err := a.do(http.MethodPost, a.s.APIURL()+"/Run/openai/sora-2", "multipart/form-data; boundary=x", nil, strings.NewReader("--x\r\nnonsense"))
	require.NoError(t, err)
	_, message := out.failure(t)
	require.Equal(t, "Request parameters are invalid.", message)
}

func TestRunIsRefusedForWhoMayNot(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{
		{Key: "poor", Balance: 0.49},
		{Key: "modest", Balance: 9.99},
		{Key: "suspended", Balance: 100, Suspended: true},
		{Key: "guest", Balance: 100, Guest: true},
		{Key: "blocked", Balance: 100, BlockedModels: []string{"openai/sora-2"}},
	}})
	tests := []struct {
		key, model string
		code       float64
		message    string
	}{
		{"poor", "openai/sora-2", 97, "Insufficient balance"},
		{"modest", "wiro/flux-lora-trainer", 97, "Insufficient balance"},
		{"suspended", "openai/sora-2", 0, "Your account has been suspended. Please contact support if you believe this is a mistake."},
		{"guest", "openai/sora-2-pro", 98, "sign in to run this model"},
		{"blocked", "openai/sora-2", 1, "tool-not-accessible"},
		{"modest", "openai/sora-9", 1, "slug-owner-project-not-exist"},
		{"modest", "openai/sora-2/more", 1, "slug-owner-project-not-exist"},
	}
	for _, test := range tests {
		code, message := a.as(test.key).refused("Run/"+test.model, obj{"prompt": "x"})
		require.Equal(t, test.code, code, test.key)
		require.Equal(t, test.message, message)
	}
	a.as("modest").ok("Run/openai/sora-2", obj{"prompt": "x"})
	a.as("guest").ok("Run/openai/sora-2", obj{"prompt": "x"})
}

func TestBalanceLimitsConcurrentTasks(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{{Key: "k", Balance: 25}}}).as("k")
	first := a.run("sandbox/queue-forever", obj{})
	a.run("sandbox/queue-forever", obj{})
	code, message := a.refused("Run/sandbox/queue-forever", obj{})
	require.Equal(t, 96.0, code)
	require.Equal(t, "You have reached your concurrent task limit. With your current balance of $25.00, you can run up to 2 tasks at the same time. Add funds to increase your limit.", message)

	require.NoError(t, a.s.Reached(a.ctx(), first, emulator.TaskQueue))
	a.ok("Task/Cancel", obj{"tasktoken": first})
	a.run("sandbox/queue-forever", obj{})

	a.s.SetBalance("k", 250.01)
	for range 30 {
		a.run("sandbox/queue-forever", obj{})
	}
	a.s.SetBalance("k", 5)
	code, _ = a.refused("Run/sandbox/queue-forever", obj{})
	require.Equal(t, 96.0, code)
}

func TestRunMayBillAnotherProjectOfTheAccount(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{
		{Key: "one", ID: "1", Account: "ada", Balance: 10},
		{Key: "two", ID: "2", Account: "ada", Balance: 10},
		{Key: "three", ID: "3", Account: "bob", Balance: 10},
	}}).as("one")
	a.result("wiro/virtual-try-on", obj{"projectid": "2", "inputImageHuman": "https://example.com/a.png", "inputImageClothes": []string{"https://example.com/b.png"}})
	require.InDelta(t, 10, a.s.Balance("one"), 1e-9)
	require.InDelta(t, 9.91, a.s.Balance("two"), 1e-9)
	code, message := a.refused("Run/openai/sora-2", obj{"prompt": "x", "projectid": "3"})
	require.Equal(t, 0.0, code)
	require.Equal(t, "You don't have any permission for this action.", message)
}

func TestRunTakesFilesInEveryDocumentedWay(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	image := formFile{content: "not really a picture", name: "photo.jpg"}
	at := func(field string) formFile { f := image; f.field = field; return f }

	started := []answer{
		a.form("Run/wiro/image-upscaler", []formFile{at("inputImage")}, "inputImageUrl", "", "scale", "4"),
		a.form("Run/wiro/image-upscaler", nil, "inputImage", "", "inputImageUrl", "https://example.com/photo.jpg"),
		a.form("Run/wiro/image-upscaler", nil, "inputImage", "https://example.com/photo.jpg"),
		a.form("Run/qwen/qwen-image-edit", []formFile{at("inputImageMultiple"), at("inputImageMultiple")}, "prompt", "x", "inputImageMultipleUrl", "https://example.com/3.jpg"),
		a.form("Run/qwen/qwen-image-edit", nil, "prompt", "x", "inputImageMultiple", "", "inputImageMultipleUrl", "https://example.com/1.jpg,https://example.com/2.jpg"),
		a.form("Run/wiro/virtual-try-on", []formFile{at("inputImageHuman"), at("inputImageClothes")}, "inputImageClothes", "https://example.com/a,b.jpg"),
		a.post("Run/wiro/image-upscaler", obj{"inputImageUrl": "https://example.com/photo.jpg"}),
	}
	for _, out := range started {
		require.Equal(t, true, out.body["result"], out.text)
		require.Equal(t, "0", a.finish(out.body["socketaccesstoken"].(string))["pexit"])
	}
	params := a.detail(started[0].body["socketaccesstoken"].(string))["parameters"].(obj)
	require.Equal(t, "4", params["scale"])
	stored := a.fetch(params["inputImage"].(string))
	require.Equal(t, image.content, stored.text, "an uploaded input has a URL")
	require.Equal(t, "image/jpeg", stored.header.Get("Content-Type"))

	uploaded := a.form("File/Upload", []formFile{{"file", "mine.png", "x"}}).body["list"].([]any)[0].(obj)
	for _, ref := range []any{uploaded["url"], uploaded["id"]} {
		require.Equal(t, "0", a.result("wiro/image-upscaler", obj{"inputImage": ref})["pexit"])
	}
}

func TestInputThatCannotBeFetchedEndsTheTaskEarly(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for _, ref := range []string{"photo.jpg", "ftp://example.com/x", strings.TrimSuffix(a.s.APIURL(), "/api/v1") + "/cdn/u/nokey/x.png"} {
		token := a.run("wiro/image-upscaler", obj{"inputImage": ref})
		require.NoError(t, a.s.Reached(a.ctx(), token, emulator.TaskError))
		task := a.detail(token)
		require.Equal(t, "task_error", task["status"])
		require.Contains(t, task["debugerror"], "Input file could not be downloaded")
		require.Equal(t, "0", task["totalcost"])
	}
}

func TestChoiceThatTheModelDoesNotHaveFailsTheTask(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	task := a.result("bytedance/seedance-v1-5", obj{"prompt": "x", "resolution": "8K"})
	require.Equal(t, "1", task["pexit"])
	require.Equal(t, "0", task["totalcost"])
	require.Contains(t, task["debugerror"], "resolution must be one of 480p, 720p, 1080p")
}
