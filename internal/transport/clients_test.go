package transport

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/install"
)

func TestAClientThatTakesNoEventsGetsWhiteSpaceMeanwhile(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.timeouts.heartbeat = 20 * time.Millisecond })
	for _, accept := range []string{"application/json", "*/*", "", "application/json, text/event-stream;q=0", "text/event-stream; q=0.0, */*"} {
		count := r.wiro.RequestCount("Run/")
		response, err := clientOf(t).Do(r.request(call("x", "run_model", forever), header("Accept", accept)))
		require.NoError(t, err)
		require.Equal(t, "application/json", response.Header.Get("Content-Type"), accept)
		require.Equal(t, "no", response.Header.Get("X-Accel-Buffering"))
		sign := make([]byte, 2)
		_, err = io.ReadFull(response.Body, sign)
		require.NoError(t, err)
		require.Equal(t, "  ", string(sign))
		token, err := r.wiro.Launched(within(t), count+1)
		require.NoError(t, err)
		r.wiro.Release(token)
		a := read(t, response)
		require.Equal(t, "completed", a.rpc(t).Result.StructuredContent["state"], a.body)
	}
}

// nginx speaks HTTP/1.0 with a server unless it is told otherwise.
func TestAProxyOfHTTP10GetsWhiteSpaceToo(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.timeouts.heartbeat = 20 * time.Millisecond })
	connection, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	require.NoError(t, err)
	defer connection.Close() //nolint:errcheck // the test is over
	request := r.request(call("x", "run_model", forever), header("Accept", "application/json"), header("Connection", "close"))
	var raw bytes.Buffer
	require.NoError(t, request.Write(&raw))
	_, err = io.WriteString(connection, strings.Replace(raw.String(), " HTTP/1.1\r\n", " HTTP/1.0\r\n", 1))
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), request)
	require.NoError(t, err)
	sign := make([]byte, 2)
	_, err = io.ReadFull(response.Body, sign)
	require.NoError(t, err)
	require.Equal(t, "  ", string(sign))
	token, err := r.wiro.Launched(within(t), 1)
	require.NoError(t, err)
	r.wiro.Release(token)
	require.Equal(t, "completed", read(t, response).rpc(t).Result.StructuredContent["state"])
}

func TestBatchesAndErrorsKeepTheirWhiteSpaceToo(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.timeouts.heartbeat = 20 * time.Millisecond })
	response, err := clientOf(t).Do(r.request("["+call("x", "run_model", forever)+"]", header("Accept", "application/json")))
	require.NoError(t, err)
	_, err = io.ReadFull(response.Body, make([]byte, 1))
	require.NoError(t, err)
	token, err := r.wiro.Launched(within(t), 1)
	require.NoError(t, err)
	r.wiro.Release(token)
	var answers []rpc
	require.NoError(t, json.Unmarshal([]byte(read(t, response).body), &answers))
	require.Len(t, answers, 1)
}

func TestAcceptIsReadWithItsWeights(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"text/event-stream": true, "application/json, TEXT/Event-Stream": true, "text/event-stream;q=0.1": true, "text/event-stream;q=1": true,
		"": false, "*/*": false, "text/*": false, "text/event-stream;q=0": false, "text/event-stream; q=0.000": false, "text/event-streams": false,
	} {
		require.Equal(t, want, acceptsEvents(http.Header{"Accept": {accept}}), accept)
	}
}

func TestRegistrationIsAnsweredWithWhatToDo(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, path := range []string{"/register", "/token", "/v1/register", "/mcp/register", "/oauth/register", "/register/", "/authorize", "/v1/authorize", "/oauth2/revoke", "/introspect", "/device_authorization", "/par"} {
		a := r.post(`{"redirect_uris":["http://localhost:1/callback"]}`, at(path), header("Authorization", ""))
		require.Equal(t, http.StatusBadRequest, a.status, path)
		require.Equal(t, "application/json", a.header.Get("Content-Type"))
		var said struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		require.NoError(t, json.Unmarshal([]byte(a.body), &said), a.body)
		require.NotEmpty(t, said.Error)
		require.Contains(t, said.Description, "https://wiro.ai/panel/project")
		require.Contains(t, said.Description, "x-api-key")
		require.NotContains(t, said.Description, "Bearer ", "clients black out the word after it")
	}
	for _, path := range []string{"/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server", "/register"} {
		require.Equal(t, http.StatusNotFound, r.get(path).status, path)
	}
	require.Contains(t, r.get("/authorize").body, "x-api-key", "a person's browser comes there")
}

func TestGETOnTheEndpointAsksForCredentialsFirst(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		edit := func(q *http.Request) { q.Method, q.Body, q.ContentLength = method, nil, 0 }
		without := r.post("", edit, header("Authorization", ""))
		require.Equal(t, http.StatusUnauthorized, without.status)
		require.Contains(t, without.header.Get("WWW-Authenticate"), "Bearer realm")
		with := r.post("", edit)
		require.Equal(t, http.StatusMethodNotAllowed, with.status)
		require.Contains(t, with.header.Get("Allow"), "POST")
	}
}

func TestAPreflightMayNameAnyHeader(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.settings.AllowedOrigins = []string{"https://app.example.com"} })
	preflight := func(origin string) answer {
		return r.get("/v1", header("Origin", origin), header("Access-Control-Request-Method", "POST"),
			header("Access-Control-Request-Headers", "authorization,x-my-gateway"), func(q *http.Request) { q.Method = http.MethodOptions })
	}
	a := preflight("https://app.example.com")
	require.Equal(t, http.StatusNoContent, a.status)
	require.Contains(t, a.header.Get("Access-Control-Allow-Headers"), "x-my-gateway")
	require.Contains(t, a.header.Get("Access-Control-Allow-Headers"), "authorization")
	require.Empty(t, preflight("https://evil.example.com").header.Get("Access-Control-Allow-Headers"))
}

func TestBodiesMayBeCompressedWithGzip(t *testing.T) {
	t.Parallel()
	r := start(t)
	pack := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return b.String()
	}
	a := r.post(pack(listTools), header("Content-Encoding", "gzip"))
	require.Equal(t, 200, a.status, a.body)
	require.NotEmpty(t, a.rpc(t).Result.Tools)
	require.Equal(t, 200, r.post(listTools, header("Content-Encoding", "identity")).status)
	for _, codings := range [][]string{{"identity, gzip"}, {"X-GZIP"}, {"", "gzip"}, {" gzip ,"}} {
		require.Equal(t, 200, r.post(pack(listTools), func(q *http.Request) { q.Header["Content-Encoding"] = codings }).status, codings)
	}
	for _, codings := range [][]string{{"gzip", "gzip"}, {"gzip, gzip"}, {"gzip, br"}, {"deflate"}, {"zstd"}} {
		refused := r.post(pack(listTools), func(q *http.Request) { q.Header["Content-Encoding"] = codings })
		require.Equal(t, http.StatusUnsupportedMediaType, refused.status, codings)
		require.Contains(t, refused.rpc(t).Error.Message, strings.Join(codings, ", "))
	}
	require.Contains(t, r.post("", header("Content-Encoding", "gzip")).rpc(t).Error.Message, "not gzip")
	bomb := r.post(pack(`{"x":"`+strings.Repeat("x", 5*DefaultHTTPOptions().MaxBody)), header("Content-Encoding", "gzip"))
	require.Equal(t, http.StatusRequestEntityTooLarge, bomb.status)
	for _, broken := range []string{listTools, pack(listTools)[:20], ""} {
		require.Equal(t, http.StatusBadRequest, r.post(broken, header("Content-Encoding", "gzip")).status)
	}
	other := r.post(listTools, header("Content-Encoding", "br"))
	require.Equal(t, http.StatusUnsupportedMediaType, other.status)
	require.Contains(t, other.rpc(t).Error.Message, `"br"`)
	require.Equal(t, "gzip", other.header.Get("Accept-Encoding"))
}

func TestThePageKnowsThePathPrefixOfATrustedProxy(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.settings.TrustedProxies = proxies{loopback4} })
	for prefix, want := range map[string]string{"/wiro/": "/wiro/v1<", "/a/b": "/a/b/v1<", "//evil.example": r.url + "/v1<", "/x\"><script>": r.url + "/v1<"} {
		require.Contains(t, r.get("/", header("X-Forwarded-Prefix", prefix)).body, want, prefix)
	}
	wary := start(t)
	require.Contains(t, wary.get("/", header("X-Forwarded-Prefix", "/wiro")).body, wary.url+"/v1<")
	require.Contains(t, pageJS, "location.pathname", "the script knows it in any case")
	require.NotContains(t, pageJS, "YOUR-SERVER", "what is replaced in the page would change the script's hash")
}

func TestThePageHasEveryClientAndTheDemoKeyAlone(t *testing.T) {
	t.Parallel()
	data := func(r *rig) (page struct {
		DemoKey string
		Clients []pageClient
	}) {
		a := r.get("/")
		require.Equal(t, 200, a.status)
		require.Contains(t, a.header.Get("Content-Security-Policy"), "connect-src 'self'")
		_, rest, _ := strings.Cut(a.body, `<script type="application/json" id="data">`)
		text, _, _ := strings.Cut(rest, "</script>")
		require.NoError(t, json.Unmarshal([]byte(text), &page))
		return page
	}
	r := start(t)
	page := data(r)
	require.Empty(t, page.DemoKey)
	require.Len(t, page.Clients, len(install.Clients))
	for i, c := range page.Clients {
		require.Equal(t, install.Clients[i].ID, c.ID)
		require.Contains(t, c.File, r.url+"/v1")
		require.Len(t, c.Links, len(install.Clients[i].Links))
		require.Equal(t, c.ID == "claude-desktop", c.Bridge)
	}
	require.Equal(t, "demo", data(start(t, func(s *setup) { s.settings.DemoKey = "demo" })).DemoKey)
}

func TestWhatNobodyKnowsIsSilence(t *testing.T) {
	t.Parallel()
	r := start(t)
	odd := []string{
		`{"jsonrpc":"2.0","method":"notifications/nobody/knows","params":{"a":1}}`, `{"jsonrpc":"2.0","method":"notifications/nobody/knows","params":7}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}`, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled"}`, `{"jsonrpc":"2.0","method":"nothing"}`,
	}
	for _, body := range odd {
		a := r.post(body)
		require.Equal(t, http.StatusAccepted, a.status, body)
		require.Empty(t, a.body, body)
	}
	require.Len(t, once(t, strings.NewReader(strings.Join(append(odd, pingMessage), "\n"))), 1)
}

func TestACharsetInTheContentTypeIsTaken(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, kind := range []string{"application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON", "application/json;"} {
		require.Equal(t, http.StatusOK, r.post(listTools, header("Content-Type", kind)).status, kind)
	}
}

// A client throws a whole result away over a block that its protocol does not have, or that it is
// known not to take: the address stands in the text in any case.
func TestLinksOverHTTPGoByProtocolAndClient(t *testing.T) {
	t.Parallel()
	r := start(t)
	run := call(1, "run_model", map[string]any{"model": "black-forest-labs/flux-2-pro", "params": map[string]any{"prompt": "a fox"}})
	for name, test := range map[string]struct {
		version, agent string
		links          bool
	}{
		"no version is 2025-03-26": {"", "claude-code/2.1.332", false},
		"2024-11-05":               {"2024-11-05", "claude-code/2.1.332", false},
		"2025-03-26":               {"2025-03-26", "claude-code/2.1.332", false},
		"a known client":           {"2025-06-18", "claude-code/2.1.332", true},
		"a client nobody knows":    {"2025-06-18", "python-httpx/0.28", false},
		"no client":                {"2025-11-25", "", false},
	} {
		a := r.post(run, header("MCP-Protocol-Version", test.version), header("User-Agent", test.agent))
		require.Equal(t, test.links, strings.Contains(a.body, `"resource_link"`), "%s: %s", name, a.body)
		require.Regexp(t, `"text":"[^"]*/cdn/`, a.body, name)
		require.Regexp(t, `"url":"[^"]*/cdn/`, a.body, name)
	}
}

// The result says that the task was canceled: progress that says so, too, comes too close to it.
func TestNoProgressRepeatsWhatTheResultSays(t *testing.T) {
	t.Parallel()
	r := start(t)
	l := startLocal(t)
	with := strings.Replace(call(1, "run_model", forever), `"params":{`, `"params":{"_meta":{"progressToken":1},`, 1)
	answered := make(chan answer, 1)
	go func() { answered <- r.post(with) }()
	l.send(with)
	for _, wiro := range []*emulator.Server{r.wiro, l.wiro} {
		token, err := wiro.Launched(within(t), 1)
		require.NoError(t, err)
		stop := call(2, "kill_task", map[string]any{"tasktoken": token})
		if wiro == r.wiro {
			r.post(stop)
		} else {
			l.send(stop)
		}
	}
	a := <-answered
	require.Equal(t, "cancelled", a.rpc(t).Result.StructuredContent["state"], a.body)
	require.Equal(t, "cancelled", l.answer("1").Result.StructuredContent["state"])
	for _, line := range append(strings.Split(a.body, "\n"), l.all()...) {
		if strings.Contains(line, "notifications/progress") {
			require.NotRegexp(t, `(?i)cancel|kill|completed`, line)
		}
	}
}
