package emulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func body(text string) io.Reader { return strings.NewReader(text) }

func TestRequestsAreRecordedInOrder(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Record: true})
	a.post("Tool/List", obj{"start": 5, "search": "x"})
	a.form("Run/sandbox/echo", []formFile{{"extra", "a.txt", "12345"}}, "prompt", "hi", "tag", "1", "tag", "2")
	a.as("nobody").post("Nothing/Here", obj{})

	got := a.s.Requests()
	require.Len(t, got, 3)
	require.Equal(t, "Tool/List", got[0].Path)
	require.Equal(t, obj{"start": json.Number("5"), "search": "x"}, got[0].Body)
	require.Equal(t, emulator.DemoKey, got[0].Header.Get("x-api-key"))
	require.Equal(t, obj{"prompt": "hi", "tag": []any{"1", "2"}}, got[1].Body)
	require.Equal(t, []emulator.RequestFile{{Field: "extra", Name: "a.txt", ContentType: "application/octet-stream", Size: 5}}, got[1].Files)
	require.Equal(t, "Nothing/Here", got[2].Path)
	require.Equal(t, http.MethodPost, got[2].Method)
	require.False(t, got[1].Time.Before(got[0].Time))

	require.Equal(t, 1, a.s.RequestCount("Run/sandbox/echo"))
	require.Equal(t, 1, a.s.RequestCount("Run/"))
	require.Zero(t, a.s.RequestCount("Nothing/Here"))
	require.Len(t, a.s.RequestsTo("Tool/List"), 1)
	require.NoError(t, a.s.Requested(a.ctx(), "Tool/List", 1))
}

func TestRecordIsBoundedAndOffByDefault(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Record: true, MaxRequests: 3})
	for i := range 5 {
		a.post("Tool/List", obj{"search": fmt.Sprint(i)})
	}
	var kept []any
	for _, r := range a.s.Requests() {
		kept = append(kept, r.Body["search"])
	}
	require.Equal(t, []any{"2", "3", "4"}, kept)
	require.Equal(t, 5, a.s.RequestCount("Tool/List"))

	quiet := start(t, emulator.Options{})
	quiet.post("Tool/List", obj{})
	require.Empty(t, quiet.s.Requests())
	require.Equal(t, 1, quiet.s.RequestCount("Tool/List"))
}

func TestCallbackIsPostedWhenTheTaskEnds(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	posted := make(chan obj, 10)
	var once sync.Once
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { w.WriteHeader(http.StatusInternalServerError) }) // it is tried again
		var task obj
		if json.NewDecoder(r.Body).Decode(&task) == nil {
			posted <- task
		}
	}))
	t.Cleanup(receiver.Close)
	token := a.run("sandbox/echo", obj{"prompt": "hi", "callbackUrl": receiver.URL + "/hook"})
	for range 2 {
		task := <-posted
		require.Equal(t, token, task["socketaccesstoken"])
		require.Equal(t, "task_postprocess_end", task["status"])
		require.Equal(t, "0", task["pexit"])
	}
	require.Equal(t, obj{"prompt": "hi"}, a.detail(token)["parameters"], "the callback is no parameter of the model")
}

func TestHandlerServesWithoutStart(t *testing.T) {
	t.Parallel()
	s := emulator.New(emulator.Options{})
	server := httptest.NewServer(s.Handler())
	t.Cleanup(s.Close)
	t.Cleanup(server.Close)
	require.Empty(t, s.APIURL())
	require.Empty(t, s.SocketURL())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/v1/Tool/Detail", body(`{"slugowner":"openai","slugproject":"sora-2"}`))
	require.NoError(t, err)
	req.Header.Set("x-api-key", emulator.DemoKey)
	resp, err := server.Client().Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(data), `"image":"`+server.URL+`/cdn/m/openai/sora-2.png"`)
}

func TestStartNeedsAFreeAddressAndIsDoneOnce(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	require.Error(t, a.s.Start(""))
	other := emulator.New(emulator.Options{})
	defer other.Close()
	require.Error(t, other.Start(strings.TrimPrefix(strings.TrimSuffix(a.s.APIURL(), "/api/v1"), "http://")))
	require.Panics(t, func() { emulator.New(emulator.Options{Keys: []emulator.Key{{Key: "a"}, {Key: "a"}}}) })
	require.Panics(t, func() { emulator.New(emulator.Options{Keys: []emulator.Key{{Key: "a", AllowedIPs: []string{"home"}}}}) })
}

func TestCloseEndsTasksAndSockets(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Pace: 1000})
	for range 20 {
		a.run("openai/sora-2", obj{"prompt": "x"})
	}
	l := a.dial()
	a.s.Close()
	a.s.Close()
	require.Empty(t, l.closed())
	require.Zero(t, a.s.Sockets())
}

func TestBannerTellsHowToUseIt(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	require.Equal(t, []string{
		"WIRO_API_KEY=" + emulator.DemoKey,
		"WIRO_API_BASE_URL=" + a.s.APIURL(),
		"WIRO_SOCKET_URL=" + a.s.SocketURL(),
		"WIRO_ALLOW_PRIVATE_URLS=true",
	}, a.s.Settings())
	for _, setting := range a.s.Settings() {
		require.Contains(t, a.s.Banner(), "export "+setting+"\n")
	}
	require.Contains(t, a.s.Banner(), emulator.DemoSignedSecret)

	signedOnly := start(t, emulator.Options{Keys: []emulator.Key{{Key: "k", Secret: "s"}}})
	require.Contains(t, signedOnly.s.Settings(), "WIRO_API_SECRET=s")
}
