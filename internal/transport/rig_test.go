package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/wiroai/wiro-mcp-go/docsindex"
	"github.com/wiroai/wiro-mcp-go/internal/docs"
	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// library is shared by all rigs: to load it takes a while.
var library = docs.Open(docsindex.Pages())

// setup is what a test may change about its rig.
type setup struct {
	sandbox  emulator.Options
	tools    tools.Options
	settings HTTPOptions
	timeouts timeouts
	wiroURL  string // in place of the sandbox's
	before   func(*HTTP)
	checkKey func(context.Context, wiro.Credentials) error
	tracer   trace.TracerProvider // nil: no traces
	store    *store.Store         // nil: none
}

// rig is a server on a free port, with an emulator of Wiro behind it.
type rig struct {
	*HTTP
	t       *testing.T
	wiro    *emulator.Server
	client  *wiro.Client
	url     string
	logs    *logs
	stop    context.CancelFunc // begins the shutdown
	stopped <-chan error       // gets what Serve returned
}

func start(t *testing.T, adjust ...func(*setup)) *rig {
	t.Helper()
	s := setup{timeouts: defaultTimeouts}
	s.timeouts.hijack = time.Millisecond // the waits of tests are short
	for _, f := range adjust {
		f(&s)
	}
	upstream := emulator.New(s.sandbox)
	require.NoError(t, upstream.Start(""))
	t.Cleanup(upstream.Close)
	return startOn(t, upstream, s)
}

// startOn is start on an emulator that several servers share.
func startOn(t *testing.T, upstream *emulator.Server, s setup) *rig {
	t.Helper()
	r := &rig{t: t, wiro: upstream, logs: &logs{}}
	telemetry := NewTelemetry("1.2.3", s.tracer)
	apiURL := upstream.APIURL()
	if s.wiroURL != "" {
		apiURL = s.wiroURL
	}
	telemetry.SetUpstream(apiURL)
	client := wiro.NewClient(wiro.Options{
		BaseURL: apiURL, SocketURL: upstream.SocketURL(), Observer: telemetry,
		MinBackoff: time.Millisecond, SafetyPollInterval: time.Minute,
	})
	t.Cleanup(client.Close)
	r.client = client
	s.tools.Wiro, s.tools.Docs, s.tools.Version = client, library, "1.2.3"
	logger := zerolog.New(r.logs)
	h, err := NewHTTP(Backend{
		Tools: tools.New(s.tools), Docs: library, WiroURL: apiURL,
		Telemetry: telemetry, Version: "1.2.3", Log: logger, CheckKey: s.checkKey, Store: s.store,
	}, s.settings)
	require.NoError(t, err)
	h.timeouts = s.timeouts
	if s.before != nil {
		s.before(h)
	}
	r.HTTP = h

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r.url = "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	r.stop, r.stopped = stop, done
	go func() {
		defer close(done)
		done <- h.ServeOn(ctx, listener)
	}()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done) // nil where the test took it
	})
	return r
}

// logs takes the log's lines.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// requests waits for n lines of the access log, which are written when the answer is out.
func (l *logs) requests(t *testing.T, n int) []map[string]any {
	t.Helper()
	var all []map[string]any
	eventually(t, "lines in the access log", func() bool {
		all = nil
		for line := range strings.Lines(l.String()) {
			var fields map[string]any
			if json.Unmarshal([]byte(line), &fields) == nil && fields["message"] == "request" {
				all = append(all, fields)
			}
		}
		return len(all) >= n
	})
	return all
}

// answer is an HTTP answer that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// rpc is the JSON-RPC answer of a body, or of the last event of a stream.
type rpc struct {
	ID     json.RawMessage `json:"id"`
	Result struct {
		IsError           bool           `json:"isError"`
		StructuredContent map[string]any `json:"structuredContent"`
		Tools             []struct {
			Name string `json:"name"`
		} `json:"tools"`
		ProtocolVersion string `json:"protocolVersion"`
	} `json:"result"`
	Error *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func (a answer) rpc(t *testing.T) rpc {
	t.Helper()
	text := a.body
	const start = "\ndata: " // a description may say "data: " too
	if i := strings.LastIndex("\n"+text, start); i >= 0 && strings.HasPrefix(a.header.Get("Content-Type"), eventStream) {
		text, _, _ = strings.Cut(("\n" + text)[i+len(start):], "\n")
	}
	var parsed rpc
	require.NoError(t, json.Unmarshal([]byte(text), &parsed), "%d %s", a.status, a.body)
	return parsed
}

// request is a request for MCP with a key; edits change it before it is sent.
func (r *rig) request(body string, edits ...func(*http.Request)) *http.Request {
	q, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/v1", strings.NewReader(body))
	require.NoError(r.t, err)
	q.Header.Set("Authorization", "Bearer "+emulator.DemoKey)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Accept", "application/json, text/event-stream")
	for _, edit := range edits {
		edit(q)
	}
	return q
}

func header(name, value string) func(*http.Request) {
	return func(q *http.Request) {
		q.Header.Del(name)
		if value != "" {
			q.Header.Set(name, value)
		}
	}
}

func at(path string) func(*http.Request) {
	return func(q *http.Request) { q.URL.Path = path }
}

func (r *rig) send(q *http.Request) answer {
	r.t.Helper()
	response, err := clientOf(r.t).Do(q)
	require.NoError(r.t, err)
	return read(r.t, response)
}

func (r *rig) post(body string, edits ...func(*http.Request)) answer {
	r.t.Helper()
	return r.send(r.request(body, edits...))
}

func (r *rig) get(path string, edits ...func(*http.Request)) answer {
	r.t.Helper()
	return r.send(r.request("", append([]func(*http.Request){at(path), func(q *http.Request) {
		q.Method, q.Body, q.ContentLength = http.MethodGet, nil, 0
		q.Header = http.Header{}
	}}, edits...)...))
}

func read(t *testing.T, response *http.Response) answer {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(body)}
}

var clients sync.Map // by test

// clientOf is the test's HTTP client, whose connections end with it.
func clientOf(t *testing.T) *http.Client {
	if c, ok := clients.Load(t); ok {
		return c.(*http.Client)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 1000, MaxConnsPerHost: 1000}
	c := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if earlier, loaded := clients.LoadOrStore(t, c); loaded {
		return earlier.(*http.Client)
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		clients.Delete(t)
	})
	return c
}

// call is the message that calls a tool.
func call(id any, tool string, arguments any) string {
	return rpcMessage("tools/call", id, map[string]any{"name": tool, "arguments": arguments})
}

func rpcMessage(method string, id any, params any) string {
	m := map[string]any{"jsonrpc": "2.0", "method": method, "params": params}
	if id != nil {
		m["id"] = id
	}
	data, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(data)
}

const listTools = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`

// within is a context for waiting on something that has to happen.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, time.Minute, 2*time.Millisecond, what)
}

func keys(n int) []emulator.Key {
	all := make([]emulator.Key, n)
	for i := range all {
		all[i] = emulator.Key{Key: fmt.Sprintf("key-%04d", i), Balance: emulator.DemoBalance}
	}
	return all
}
