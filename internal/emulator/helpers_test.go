package emulator_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should happen at once.
const patience = 20 * time.Second

// obj is a JSON object.
type obj = map[string]any

// api is a client of a sandbox, with one project's key.
type api struct {
	t      *testing.T
	s      *emulator.Server
	key    string
	client *http.Client
}

// start runs a sandbox until the test ends, and returns a client with its demo key.
func start(t *testing.T, opts emulator.Options) *api {
	t.Helper()
	s := emulator.New(opts)
	require.NoError(t, s.Start(""))
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.Close()
	})
	return &api{t: t, s: s, key: emulator.DemoKey, client: &http.Client{Transport: transport}}
}

// as is the same client with another key.
func (a *api) as(key string) *api {
	b := *a
	b.key = key
	return &b
}

func (a *api) ctx() context.Context {
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	a.t.Cleanup(cancel)
	return ctx
}

// answer is an HTTP response, read.
type answer struct {
	status int
	header http.Header
	text   string
	body   obj
}

// do sends a request. A connection that was cut is an error.
func (a *api) do(method, url, contentType string, header http.Header, body io.Reader) (answer, error) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.ctx(), method, url, body)
	require.NoError(a.t, err)
	maps.Copy(req.Header, header)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if a.key != "" {
		req.Header.Set("X-Api-Key", a.key)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	out := answer{status: resp.StatusCode, header: resp.Header, text: string(data)}
	_ = json.Unmarshal(data, &out.body)
	return out, nil
}

// post sends a JSON body to an endpoint.
func (a *api) post(path string, body any) answer {
	a.t.Helper()
	data, err := json.Marshal(body)
	require.NoError(a.t, err)
	out, err := a.do(http.MethodPost, a.s.APIURL()+"/"+path, "application/json", nil, bytes.NewReader(data))
	require.NoError(a.t, err)
	return out
}

// ok is post for a call that must succeed.
func (a *api) ok(path string, body any) obj {
	a.t.Helper()
	out := a.post(path, body)
	require.Equal(a.t, http.StatusOK, out.status, out.text)
	require.Equal(a.t, true, out.body["result"], out.text)
	require.Equal(a.t, []any{}, out.body["errors"])
	return out.body
}

// refused is post for a call that must fail: it returns code and message of the first error.
func (a *api) refused(path string, body any) (code any, message string) {
	a.t.Helper()
	return a.post(path, body).failure(a.t)
}

func (out answer) failure(t *testing.T) (code any, message string) {
	t.Helper()
	require.Equal(t, false, out.body["result"], out.text)
	first := out.body["errors"].([]any)[0].(obj)
	return first["code"], first["message"].(string)
}

// formFile is a file of a multipart form.
type formFile struct{ field, name, content string }

// form sends a multipart form to an endpoint. Fields are pairs of name and value.
func (a *api) form(path string, files []formFile, fields ...string) answer {
	a.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		require.NoError(a.t, w.WriteField(fields[i], fields[i+1]))
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f.field, f.name)
		require.NoError(a.t, err)
		_, err = io.WriteString(part, f.content)
		require.NoError(a.t, err)
	}
	require.NoError(a.t, w.Close())
	out, err := a.do(http.MethodPost, a.s.APIURL()+"/"+path, w.FormDataContentType(), nil, &body)
	require.NoError(a.t, err)
	return out
}

// signed are the headers of a signed request.
func signed(key, secret, nonce string) http.Header {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(secret + nonce))
	return http.Header{"X-Nonce": {nonce}, "X-Signature": {hex.EncodeToString(mac.Sum(nil))}}
}

// run starts a model and returns the task's token.
func (a *api) run(model string, params any) string {
	a.t.Helper()
	return a.ok("Run/"+model, params)["socketaccesstoken"].(string)
}

// detail is the task as Task/Detail shows it.
func (a *api) detail(token string) obj {
	a.t.Helper()
	return a.ok("Task/Detail", obj{"tasktoken": token})["tasklist"].([]any)[0].(obj)
}

// finish waits until the task is over, successfully or not, and returns its detail.
func (a *api) finish(token string) obj {
	a.t.Helper()
	require.NoError(a.t, a.s.Reached(a.ctx(), token, emulator.TaskPostprocessEnd))
	return a.detail(token)
}

// result runs a model to its end.
func (a *api) result(model string, params any) obj {
	a.t.Helper()
	return a.finish(a.run(model, params))
}

// outputs of a task's detail.
func outputs(task obj) []obj {
	var list []obj
	for _, o := range task["outputs"].([]any) {
		list = append(list, o.(obj))
	}
	return list
}

// fetch gets a file by its URL.
func (a *api) fetch(url string) answer {
	a.t.Helper()
	out, err := a.do(http.MethodGet, url, "", nil, http.NoBody)
	require.NoError(a.t, err)
	return out
}

// line is a WebSocket to the sandbox.
type line struct {
	t    *testing.T
	conn *websocket.Conn
}

// dial opens a socket and reads its welcome.
func (a *api) dial() *line {
	a.t.Helper()
	l := a.dialQuietly()
	require.Equal(a.t, obj{"type": "connected", "version": "1.0"}, l.event())
	return l
}

func (a *api) dialQuietly() *line {
	a.t.Helper()
	conn, resp, err := websocket.DefaultDialer.DialContext(a.ctx(), a.s.SocketURL(), nil)
	require.NoError(a.t, err)
	_ = resp.Body.Close()
	a.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(a.t, conn.SetReadDeadline(time.Now().Add(patience)))
	return &line{a.t, conn}
}

func (l *line) send(v any) {
	l.t.Helper()
	require.NoError(l.t, l.conn.WriteJSON(v))
}

// follow registers for a task and waits until that is done.
func (a *api) follow(l *line, token string) {
	a.t.Helper()
	l.send(obj{"type": "task_info", "tasktoken": token})
	require.NoError(a.t, a.s.Subscribed(a.ctx(), token))
}

// event reads the next JSON message.
func (l *line) event() obj {
	l.t.Helper()
	var e obj
	require.NoError(l.t, l.conn.ReadJSON(&e))
	return e
}

// until reads events up to one of a type, that one included.
func (l *line) until(kind emulator.Stage) []obj {
	l.t.Helper()
	var events []obj
	for {
		e := l.event()
		events = append(events, e)
		if e["type"] == string(kind) {
			return events
		}
	}
}

// closed reads until the connection is gone, and returns what came before.
func (l *line) closed() [][]byte {
	l.t.Helper()
	var frames [][]byte
	for {
		_, data, err := l.conn.ReadMessage()
		if err != nil {
			require.NotContains(l.t, err.Error(), "i/o timeout")
			return frames
		}
		frames = append(frames, data)
	}
}

// types lists the types of events, repeats in a row once.
func types(events []obj) []string {
	var list []string
	for _, e := range events {
		kind := fmt.Sprint(e["type"])
		if len(list) == 0 || list[len(list)-1] != kind {
			list = append(list, kind)
		}
	}
	return list
}
