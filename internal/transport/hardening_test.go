package transport

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

func TestManySmallValuesAreRefusedBeforeTheyAreDecoded(t *testing.T) {
	t.Parallel()
	r := start(t)
	objects := strings.Repeat(",{}", mcptool.MaxValues)[1:]
	for name, body := range map[string]string{
		"a list":        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_docs","arguments":{"query":[` + objects + `]}}}`,
		"an own member": `{"jsonrpc":"2.0","id":1,"method":"ping","x":[` + objects + `]}`,
		"a batch":       "[" + objects + "]",
		"very deep":     strings.Repeat("[", 5000),
	} {
		require.Equal(t, http.StatusBadRequest, r.post(body).status, name)
	}
	text, err := json.Marshal("[" + objects + "]")
	require.NoError(t, err)
	a := r.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_models","arguments":{"categories":` + string(text) + `}}}`)
	require.True(t, a.rpc(t).Result.IsError, "inside a text")
	require.Contains(t, a.body, "values")
	require.Less(t, len(a.body), 2000)
}

func TestBodiesThatNeverEndLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	r := start(t)
	address := strings.TrimPrefix(r.url, "http://")
	refused := make(chan struct{}, 1)
	for i := range 300 {
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		_, err = fmt.Fprintf(c, "POST /v1 HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer made-up-%d\r\nContent-Type: application/json\r\nContent-Length: 500000\r\n\r\n", address, i)
		require.NoError(t, err)
		_, _ = c.Write([]byte(strings.Repeat(" ", 400_000))) // it may be cut off meanwhile
		go func() {
			response, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err == nil && response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != "" {
				select {
				case refused <- struct{}{}:
				default:
				}
			}
		}()
	}
	<-refused
	r.bodies.mu.Lock()
	held, total := r.bodies.held, r.bodies.total
	r.bodies.mu.Unlock()
	require.LessOrEqual(t, held, total/2, "no address takes all of it")
	require.Equal(t, 200, r.post(listTools).status, "small calls go on")
}

func TestTheBudgetIsFreeAgainOnceRequestsEnd(t *testing.T) {
	t.Parallel()
	r := start(t)
	for range 100 {
		require.Equal(t, 200, r.post(call(1, "search_docs", map[string]any{"query": strings.Repeat("x", 200_000)})).status)
	}
	eventually(t, "nothing is held", func() bool {
		r.bodies.mu.Lock()
		defer r.bodies.mu.Unlock()
		return r.bodies.held == 0 && r.bodies.strange == 0 && len(r.bodies.by) == 0
	})
}

func TestNothingLongComesBack(t *testing.T) {
	t.Parallel()
	r := start(t)
	long := strings.Repeat("n", 100_000)
	for name, body := range map[string]string{
		"id":             `{"jsonrpc":"2.0","id":"` + long + `","method":"ping"}`,
		"method":         `{"jsonrpc":"2.0","id":1,"method":"` + long + `"}`,
		"tool":           call(1, long, nil),
		"prompt":         `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"` + long + `"}}`,
		"resource":       `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"wiro://docs/` + long + `"}}`,
		"completion":     `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"` + long + `"},"argument":{"name":"x","value":""}}}`,
		"page":           call(1, "read_doc", map[string]any{"page": long}),
		"section":        call(1, "read_doc", map[string]any{"page": "Tasks", "section": long}),
		"argument":       call(1, "search_docs", map[string]any{long: 1}),
		"value":          call(1, "list_agents", map[string]any{"sort": long}),
		"progress token": `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_docs","arguments":{"query":"x"},"_meta":{"progressToken":"` + long + `"}}}`,
		"version":        `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"` + long + `","capabilities":{},"clientInfo":{"name":"` + long + `"}}}`,
		"model":          call(1, "get_model", map[string]any{"model": long}),
	} {
		began := time.Now()
		a := r.post(body)
		require.Less(t, len(a.body), 16_000, name)
		require.NotContains(t, a.body, long[:1500], name)
		require.Less(t, time.Since(began), 5*time.Second, name)
	}
}

func TestMadeUpKeysLeaveRoomForKnownOnes(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) {
		s.settings.Rate, s.settings.Burst = 0.001, 40
		s.settings.RatePerKey, s.settings.BurstPerKey = 0.001, 30
	})
	require.Equal(t, 200, r.post(call(1, "search_models", nil)).status, "the key is known from now on")
	refused := 0
	for i := range 60 {
		if r.post(listTools, header("Authorization", fmt.Sprintf("Bearer made-up-%d", i))).status == http.StatusTooManyRequests {
			refused++
		}
	}
	require.Equal(t, 31, refused, "three quarters of the burst are theirs, of which the first call took one")
	for range 9 {
		require.Equal(t, 200, r.post(listTools).status)
	}
}

func TestAMadeUpKeyMakesNobodyFetchAnything(t *testing.T) {
	t.Parallel()
	fetched := make(chan struct{}, 1)
	source := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched <- struct{}{} }))
	t.Cleanup(source.Close)
	r := start(t, func(s *setup) { s.tools.Fetch, s.tools.Toolsets = source.Client(), tools.AllToolsets })
	upload := call(1, "upload_file", map[string]any{"url": source.URL + "/x.png"})
	for _, body := range []string{
		upload,
		call(1, "update_my_agent", map[string]any{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "cover_file_url": source.URL + "/x.png"}),
		call(1, "run_model", map[string]any{"model": "wiro/rag-chat", "params": map[string]any{
			"prompt": "x", "inputDocumentMultiple": []string{"data:text/plain;base64,eA==", source.URL + "/a,b.pdf"},
		}}),
	} {
		a := r.post(body, header("Authorization", "Bearer made-up"))
		require.True(t, a.rpc(t).Result.IsError)
		require.Contains(t, a.body, "refused the credentials")
		require.Empty(t, fetched)
	}
	require.Equal(t, 0, r.wiro.RequestCount("File/Upload"))
	_ = r.post(upload, header("Authorization", "Bearer "+emulator.DemoKey))
	require.Len(t, fetched, 1)
}

func TestAnUploadEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	began, gone := make(chan struct{}), make(chan struct{})
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, "x")
		_ = http.NewResponseController(w).Flush()
		close(began)
		<-r.Context().Done()
		close(gone)
	}))
	t.Cleanup(source.Close)
	r := start(t, func(s *setup) {
		s.tools.Fetch = source.Client()
		s.timeouts.heartbeat = 20 * time.Millisecond
	})
	response, err := clientOf(t).Do(r.request(call(1, "upload_file", map[string]any{"url": source.URL + "/x.png"})))
	require.NoError(t, err)
	<-began
	require.NoError(t, response.Body.Close())
	<-gone
	eventually(t, "its place is free", func() bool {
		r.limits.mu.Lock()
		defer r.limits.mu.Unlock()
		return r.limits.open == 0
	})
}

func TestOperatorsPagesCanBeApart(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.settings.AdminListen = "127.0.0.1:0" })
	admin := r.adminAddress(t)
	require.Equal(t, http.StatusNotFound, r.get("/metrics").status)
	require.Equal(t, http.StatusNotFound, r.get("/debug/pprof/").status)
	require.NotContains(t, r.get("/readyz").body, "faults")
	for path, text := range map[string]string{"/metrics": "wiro_mcp_", "/readyz": "faults", "/debug/pprof/cmdline": "test"} {
		var body []byte
		eventually(t, "the operators' listener answers", func() bool {
			response, err := clientOf(t).Get("http://" + admin + path)
			if err != nil {
				return false
			}
			defer response.Body.Close()
			body, err = io.ReadAll(response.Body)
			return err == nil
		})
		require.Contains(t, string(body), text)
	}
}

func TestKeysAreRefusedInEverySpellingOfAQuery(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, query := range []string{"api_key=x", "a=1;api_key=x", "a=1&api_key=x", "a=%zz&api_key=x", "a=1?api_key=x", ";token=x", "%61pi_key=x"} {
		response, err := clientOf(t).Get(r.url + "/v1?" + query)
		require.NoError(t, err)
		require.Equal(t, http.StatusBadRequest, read(t, response).status, query)
	}
}

func TestOpenKeysAreWarnedOf(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(key, nil, 0o600))
	l := &logs{}
	warnIfOpen(zerolog.New(l), key)
	require.Empty(t, l.String())
	require.NoError(t, os.Chmod(key, 0o644))
	warnIfOpen(zerolog.New(l), key)
	require.Contains(t, l.String(), "private key")
}

func TestOnlyTLSOfOurOwnIsPinned(t *testing.T) {
	t.Parallel()
	r := start(t)
	require.Empty(t, r.get("/healthz").header.Get("Strict-Transport-Security"))
	w, q := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "https://localhost/healthz", nil)
	q.TLS = &tls.ConnectionState{}
	r.Handler().ServeHTTP(w, q)
	require.Equal(t, "max-age=31536000", w.Header().Get("Strict-Transport-Security"))
}
