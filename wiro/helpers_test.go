package wiro_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is a context for what takes no time unless it hangs: a hang then is a failure that
// says where.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// emulator returns an emulated Wiro, and a client of it that signs and polls fast.
func emulator(t *testing.T) (*wirotest.Server, *wiro.Client) {
	t.Helper()
	s := wirotest.NewServer()
	t.Cleanup(s.Close)
	c := wiro.NewClient(wiro.Options{
		BaseURL: s.URL, SocketURL: s.SocketURL, MinBackoff: time.Millisecond,
		Credentials:   wiro.Credentials{Key: wirotest.DemoSignedKey, Secret: wirotest.DemoSignedSecret},
		PollIntervals: []time.Duration{20 * time.Millisecond}, SafetyPollInterval: 100 * time.Millisecond,
	})
	t.Cleanup(c.Close)
	return s, c
}

const (
	testKey    = "key-of-a-test-project"
	testSecret = "secret-of-a-test-project"
)

// fake serves handler on a path that is not the root, and returns a client of it.
func fake(t *testing.T, handler http.HandlerFunc) *wiro.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/base/v1/", http.StripPrefix("/base/v1/", handler))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return clientOf(t, server.URL+"/base/v1/")
}

func clientOf(t *testing.T, base string) *wiro.Client {
	t.Helper()
	c := wiro.NewClient(wiro.Options{
		BaseURL: base, SocketURL: wiro.NoSocket, MinBackoff: time.Millisecond,
		Credentials: wiro.Credentials{Key: testKey, Secret: testSecret},
		HTTPClient:  &http.Client{Transport: &http.Transport{}},
	})
	t.Cleanup(c.Close)
	return c
}

func fakeWith(t *testing.T, transport http.RoundTripper, handler http.HandlerFunc) *wiro.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := wiro.NewClient(wiro.Options{
		BaseURL: server.URL, SocketURL: wiro.NoSocket, MinBackoff: time.Millisecond,
		Credentials: wiro.Credentials{Key: testKey}, HTTPClient: &http.Client{Transport: transport},
	})
	t.Cleanup(c.Close)
	return c
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// oneAnswer is a Wiro that gives every request the same answer and remembers them.
type oneAnswer struct {
	*wiro.Client
	mu       sync.Mutex
	paths    []string
	bodies   []map[string]any
	teams    []string
	answer   string
	status   int
	failures int // requests whose connection is dropped first
}

func answering(t *testing.T, answer string) *oneAnswer {
	t.Helper()
	o := &oneAnswer{answer: answer, status: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		var body map[string]any
		_ = json.Unmarshal(data, &body)
		o.mu.Lock()
		o.paths = append(o.paths, strings.TrimPrefix(r.URL.Path, "/base/v1/"))
		o.bodies = append(o.bodies, body)
		o.teams = append(o.teams, r.Header.Get("teamGUID"))
		drop, status, answer := len(o.paths) <= o.failures, o.status, o.answer
		o.mu.Unlock()
		if drop {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	o.Client = wiro.NewClient(wiro.Options{
		BaseURL: server.URL + "/base/v1", MinBackoff: time.Millisecond,
		Credentials: wiro.Credentials{Key: "test-key"},
	})
	t.Cleanup(func() { o.Close(); server.Close() })
	return o
}

// only returns the one request that was made.
func (o *oneAnswer) only(t *testing.T) (path string, body map[string]any) {
	t.Helper()
	paths, bodies := o.seen()
	require.Len(t, paths, 1)
	return paths[0], bodies[0]
}

// seen returns the paths and bodies of the requests so far.
func (o *oneAnswer) seen() (paths []string, bodies []map[string]any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.paths), slices.Clone(o.bodies)
}

// set changes how the next requests go.
func (o *oneAnswer) set(answer string, failures int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer, o.failures = answer, failures
}

// lost lists what of a JSON text the decoded value no longer has. Nothing, an empty text and
// zero are the same, and so are the forms of a number or a moment.
func lost(t *testing.T, text string, value any) []string {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	var had, has any
	require.NoError(t, decodeExact([]byte(text), &had))
	require.NoError(t, decodeExact(encoded, &has))
	var missing []string
	compare("", had, has, &missing)
	return missing
}

func decodeExact(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}

func compare(path string, had, has any, missing *[]string) {
	switch v := had.(type) {
	case map[string]any:
		object, _ := has.(map[string]any)
		for name, member := range v {
			compare(path+"."+name, member, object[name], missing)
		}
	case []any:
		list, _ := has.([]any)
		for i, item := range v {
			var other any
			if i < len(list) {
				other = list[i]
			}
			compare(fmt.Sprintf("%s[%d]", path, i), item, other, missing)
		}
	case nil: // nothing to lose
	default:
		var inner any
		if text, ok := had.(string); ok && strings.HasPrefix(text, "[") && decodeExact([]byte(text), &inner) == nil {
			compare(path, inner, has, missing) // JSON inside a string
			return
		}
		if plain(had) != plain(has) {
			*missing = append(*missing, fmt.Sprintf("%s: %v became %v", path, had, has))
		}
	}
}

func plain(value any) string {
	switch text := fmt.Sprint(value); text {
	case "<nil>", "", "0", "false", "[]", "map[]", "0001-01-01T00:00:00Z": // of them a time that is not set
		return ""
	case "true":
		return "1"
	default:
		if n, err := strconv.ParseFloat(text, 64); err == nil && n < 1e9 { // larger ones are moments
			return strconv.FormatFloat(n, 'g', -1, 64)
		}
		if at, ok := wire.ParseTime(text); ok && at.Year() > 2000 {
			return at.Format(time.RFC3339)
		}
		return text
	}
}

// errorsOf returns everything that a call's error says, however it is printed.
func errorsOf(err error) string {
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	if answer, ok := errors.AsType[*wiro.APIError](err); ok {
		text += fmt.Sprintf("%#v", *answer)
	}
	if answer, ok := errors.AsType[*wiro.ResponseError](err); ok {
		text += fmt.Sprintf("%#v", *answer)
	}
	return text
}
