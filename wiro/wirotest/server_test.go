package wirotest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type obj = map[string]any

// start runs a server until the test ends.
func start(t *testing.T, opts ...wirotest.Option) *wirotest.Server {
	t.Helper()
	srv := wirotest.NewServer(opts...)
	t.Cleanup(srv.Close)
	return srv
}

// post calls an endpoint with the server's key.
func post(t *testing.T, srv *wirotest.Server, path string, body any) (int, obj) {
	t.Helper()
	data, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/"+path, bytes.NewReader(data))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Api-Key", srv.Key)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var answer obj
	_ = json.Unmarshal(text, &answer)
	return resp.StatusCode, answer
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestServerRunsModelsAndTellsWhatWasAsked(t *testing.T) {
	t.Parallel()
	srv := start(t)
	require.Equal(t, wirotest.DemoKey, srv.Key)
	require.Equal(t, wirotest.DemoSignedKey, srv.SignedKey)
	require.Equal(t, wirotest.DemoSignedSecret, srv.SignedSecret)

	_, run := post(t, srv, "Run/black-forest-labs/flux-2-pro", obj{"prompt": "a lighthouse"})
	token := run["socketaccesstoken"].(string)
	require.NoError(t, srv.AwaitStage(within(t), token, wirotest.TaskPostprocessEnd))
	task, found := srv.Task(token)
	require.True(t, found)
	require.Equal(t, "black-forest-labs/flux-2-pro", task.Model)
	require.Equal(t, "0", task.ExitCode)
	require.Equal(t, 1, task.Outputs)
	require.Equal(t, srv.Key, task.Key)
	require.Equal(t, "a lighthouse", task.Params["prompt"])
	require.InDelta(t, 1000-task.Cost, srv.Balance(srv.Key), 1e-9)
	require.Len(t, srv.Tasks(), 1)

	first, err := srv.AwaitTask(within(t), 1)
	require.NoError(t, err)
	require.Equal(t, token, first)
	require.NoError(t, srv.AwaitRequests(within(t), "Run/", 1))
	asked := srv.RequestsTo("Run/black-forest-labs/flux-2-pro")
	require.Len(t, asked, 1)
	require.Equal(t, "a lighthouse", asked[0].Body["prompt"])

	srv.SetTaskCost(token, 7)
	_, detail := post(t, srv, "Task/Detail", obj{"tasktoken": token})
	require.Equal(t, "7.000000000000", detail["tasklist"].([]any)[0].(obj)["totalcost"])
	srv.SetBalance(srv.Key, 0)
	_, refused := post(t, srv, "Run/black-forest-labs/flux-2-pro", obj{"prompt": "x"})
	require.Equal(t, 97.0, refused["errors"].([]any)[0].(obj)["code"])
}

func TestOptions(t *testing.T) {
	t.Parallel()
	keys := wirotest.WithKeys(
		wirotest.Key{Key: "k", Secret: "s", Balance: 1},
		wirotest.Key{Key: "only", Balance: 2, BlockedModels: []string{"openai/sora-2"}})
	srv := start(t, keys, wirotest.WithSeed(1), wirotest.WithRecording(1), wirotest.WithPublicURL("https://example.com"))
	require.Equal(t, "only", srv.Key)
	require.Equal(t, "k", srv.SignedKey)
	require.InDelta(t, 2, srv.Balance("only"), 0)
	_, refused := post(t, srv, "Run/openai/sora-2", obj{"prompt": "x"})
	require.Equal(t, "tool-not-accessible", refused["errors"].([]any)[0].(obj)["message"])
	_, model := post(t, srv, "Tool/Detail", obj{"slugowner": "openai", "slugproject": "sora-2"})
	require.Regexp(t, "^https://example.com/", model["tool"].([]any)[0].(obj)["image"])
	require.Len(t, srv.Requests(), 1, "the oldest is forgotten")
	require.Equal(t, 1, srv.RequestCount("Run/"))

	quiet := start(t, keys, wirotest.WithSeed(1), wirotest.WithRecording(0))
	post(t, quiet, "Tool/Explore", obj{})
	require.Empty(t, quiet.Requests())
	_, one := post(t, srv, "Run/sandbox/echo", obj{"prompt": "x"})
	_, other := post(t, quiet, "Run/sandbox/echo", obj{"prompt": "x"})
	require.Equal(t, one["socketaccesstoken"], other["socketaccesstoken"], "the seed")
	require.Panics(t, func() { wirotest.NewServer(wirotest.WithKeys(wirotest.Key{})) })
}

func TestModelsAndEndpointsMisbehave(t *testing.T) {
	t.Parallel()
	srv := start(t)
	srv.Behave("openai/sora-2",
		wirotest.Behavior{Times: 1, Status: http.StatusServiceUnavailable},
		wirotest.Behavior{
			FailWith: &wirotest.Exit{Code: "3"}, Charge: 0.5,
			Detail: []wirotest.Behavior{{Times: 1, Status: http.StatusBadGateway}},
		})
	status, _ := post(t, srv, "Run/openai/sora-2", obj{"prompt": "x"})
	require.Equal(t, http.StatusServiceUnavailable, status)
	_, run := post(t, srv, "Run/openai/sora-2", obj{"prompt": "x"})
	token := run["socketaccesstoken"].(string)
	require.NoError(t, srv.AwaitStage(within(t), token, wirotest.TaskPostprocessEnd))
	_, ended := srv.FinishedAt(token)
	require.True(t, ended)
	status, _ = post(t, srv, "Task/Detail", obj{"tasktoken": token})
	require.Equal(t, http.StatusBadGateway, status)
	_, detail := post(t, srv, "Task/Detail", obj{"tasktoken": token})
	task := detail["tasklist"].([]any)[0].(obj)
	require.Equal(t, "3", task["pexit"])
	require.Equal(t, "0.500000000000", task["totalcost"])

	srv.Behave("openai/sora-2", wirotest.Behavior{HoldAt: wirotest.TaskStart})
	_, run = post(t, srv, "Run/openai/sora-2", obj{"prompt": "x"})
	held := run["socketaccesstoken"].(string)
	require.NoError(t, srv.AwaitStage(within(t), held, wirotest.TaskStart))
	srv.Release(held)
	require.NoError(t, srv.AwaitStage(within(t), held, wirotest.TaskPostprocessEnd))
}

// fill sets every exported field of a struct to something.
func fill(v reflect.Value, depth int) {
	for _, f := range v.Fields() {
		switch f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int, reflect.Int64:
			f.SetInt(1)
		case reflect.Float64:
			f.SetFloat(1)
		case reflect.Map:
			f.Set(reflect.MakeMap(f.Type()))
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		case reflect.Slice:
			if f.Type().Elem().Kind() != reflect.Struct {
				f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			} else if depth > 0 {
				f.Set(reflect.MakeSlice(f.Type(), 1, 1))
				fill(f.Index(0), depth-1)
			}
		default:
			panic(f.Kind())
		}
	}
}

func TestEveryFieldOfABehaviorReachesTheEmulator(t *testing.T) {
	t.Parallel()
	var b wirotest.Behavior
	fill(reflect.ValueOf(&b).Elem(), 1)
	converted := reflect.ValueOf(wirotest.Script([]wirotest.Behavior{b})[0])
	require.Equal(t, reflect.TypeOf(b).NumField(), converted.NumField())
	for i := range converted.NumField() {
		require.False(t, converted.Field(i).IsZero(), converted.Type().Field(i).Name)
	}
}

func TestEveryTypeCanBeNamedOutside(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{}
	var check func(where string, typ reflect.Type)
	check = func(where string, typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		require.NotContains(t, typ.PkgPath()+"/", "/internal/", "%s: %s", where, typ)
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
			check(where, typ.Elem())
		case reflect.Map:
			check(where, typ.Key())
			check(where, typ.Elem())
		case reflect.Func:
			for in := range typ.Ins() {
				check(where, in)
			}
			for out := range typ.Outs() {
				check(where, out)
			}
		case reflect.Struct:
			for f := range typ.Fields() {
				if f.IsExported() && strings.Contains(typ.PkgPath(), "wirotest") {
					check(where+"."+f.Name, f.Type)
				}
			}
		}
		for m := range typ.Methods() {
			if m.IsExported() && strings.Contains(typ.String(), "wirotest.") {
				check(where+"."+m.Name, m.Type)
			}
		}
	}
	check("NewServer", reflect.TypeOf(wirotest.NewServer))
	check("Server", reflect.TypeFor[*wirotest.Server]())
	check("WithKeys", reflect.TypeOf(wirotest.WithKeys))
	check("Behavior", reflect.TypeFor[wirotest.Behavior]())
	require.Greater(t, len(seen), 20)
}
