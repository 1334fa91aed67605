package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testIssuer   = "https://mcp.example.com"
	testKey      = "the-wiro-key-0123456789"
	testVerifier = "a-verifier-of-at-least-43-characters-0123456789"
	claudeWeb    = "https://claude.ai/api/mcp/auth_callback"
)

var testSecrets = []string{"a secret of the test, of 32 or more characters"}

// rig is a server, a Wiro that knows some keys, and a clock.
type rig struct {
	*Server
	t   *testing.T
	mux *http.ServeMux

	mu      sync.Mutex
	at      time.Time
	keys    map[Credentials]bool
	down    bool
	checked int
	events  []string
}

func newRig(t *testing.T, adjust ...func(*Options)) *rig {
	t.Helper()
	r := &rig{t: t, mux: http.NewServeMux(), at: time.Unix(1_800_000_000, 0), keys: map[Credentials]bool{{Key: testKey}: true}}
	o := Options{
		Issuer: testIssuer, Endpoints: []string{"/v1", "/mcp"}, Secrets: testSecrets, Now: r.now, CheckKey: r.check, CostLimits: true,
		Toolsets: []Toolset{{"models", "find and run models"}, {"tasks", "see results"}, {"agents", "run agents"}},
		Observe: func(endpoint, outcome string, status int) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.events = append(r.events, fmt.Sprint(endpoint, " ", outcome, " ", status))
		},
	}
	for _, f := range adjust {
		f(&o)
	}
	var err error
	r.Server, err = New(o)
	require.NoError(t, err)
	r.Register(r.mux)
	return r
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

func (r *rig) advance(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = r.at.Add(d)
}

func (r *rig) check(_ context.Context, c Credentials) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checked++
	switch {
	case r.down:
		return errors.New("connection refused")
	case !r.keys[c]:
		return fmt.Errorf("code 401: %w", ErrKeyRejected)
	}
	return nil
}

func (r *rig) revoke(c Credentials) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.keys, c)
}

// send sends a request; the header is a list of names and values.
func (r *rig) send(method, target, body string, header ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, testIssuer+target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.mux.ServeHTTP(w, request)
	return w
}

func (r *rig) post(target string, form url.Values, header ...string) *httptest.ResponseRecorder {
	return r.send(http.MethodPost, target, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

// register registers a client and returns its client_id.
func (r *rig) register(name string, redirects ...string) string {
	r.t.Helper()
	body, err := json.Marshal(map[string]any{"client_name": name, "redirect_uris": redirects})
	require.NoError(r.t, err)
	w := r.send(http.MethodPost, "/register", string(body), "Content-Type", "application/json")
	require.Equal(r.t, http.StatusCreated, w.Code, w.Body)
	return decode[struct {
		ID string `json:"client_id"`
	}](r.t, w).ID
}

// query is a right authorization request; changes are names and values, where "" removes one.
func query(clientID, redirect string, changes ...string) url.Values {
	sum := sha256.Sum256([]byte(testVerifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {redirect}, "state": {"st4te"},
		"code_challenge": {encoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
		"resource": {testIssuer + "/mcp"}, "scope": {"wiro"},
	}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
	return q
}

var hidden = regexp.MustCompile(`name="request" value="([^"]*)"`)

// formOf returns the sealed request that a page carries.
func formOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	found := hidden.FindStringSubmatch(w.Body.String())
	require.NotNil(t, found, "%d %s", w.Code, w.Body)
	return html.UnescapeString(found[1])
}

// filled is the form as a person sends it.
func filled(request string, changes ...string) url.Values {
	f := url.Values{"request": {request}, "key": {testKey}, "action": {"connect"}, "toolset": {"models", "tasks", "agents"}}
	for i := 0; i < len(changes); i += 2 {
		f.Set(changes[i], changes[i+1])
	}
	return f
}

// authorize goes through the page and returns the address that the person is sent to.
func (r *rig) authorize(q url.Values, changes ...string) *url.URL {
	r.t.Helper()
	page := r.send(http.MethodGet, "/authorize?"+q.Encode(), "", "Sec-Fetch-Site", "cross-site")
	require.Equal(r.t, http.StatusOK, page.Code, page.Body)
	w := r.post("/authorize", filled(formOf(r.t, page), changes...), "Sec-Fetch-Site", "same-origin", "Origin", testIssuer)
	return location(r.t, w)
}

func location(t *testing.T, w *httptest.ResponseRecorder) *url.URL {
	t.Helper()
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	u, err := url.Parse(w.Header().Get("Location"))
	require.NoError(t, err)
	return u
}

// code signs in and returns the code.
func (r *rig) code(clientID, redirect string) string {
	r.t.Helper()
	code := r.authorize(query(clientID, redirect)).Query().Get("code")
	require.NotEmpty(r.t, code)
	return code
}

// exchange is a right request for tokens; changes are as in query.
func exchange(clientID, redirect, code string, changes ...string) url.Values {
	f := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {clientID}, "code": {code}, "redirect_uri": {redirect},
		"code_verifier": {testVerifier}, "resource": {testIssuer + "/mcp"},
	}
	for i := 0; i < len(changes); i += 2 {
		f.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			f.Del(changes[i])
		}
	}
	return f
}

func refreshing(clientID, token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "client_id": {clientID}, "refresh_token": {token}, "resource": {testIssuer + "/mcp"}}
}

type tokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
	Refresh   string `json:"refresh_token"`
	Scope     string `json:"scope"`
}

func (r *rig) tokens(form url.Values) tokens {
	r.t.Helper()
	w := r.post("/token", form)
	require.Equal(r.t, http.StatusOK, w.Code, w.Body)
	require.Equal(r.t, "no-store", w.Header().Get("Cache-Control"))
	return decode[tokens](r.t, w)
}

// refused checks that a request got an OAuth error.
func refused(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	answer := decode[struct {
		Code string `json:"error"`
		Text string `json:"error_description"`
	}](t, w)
	require.Equal(t, status, w.Code, w.Body)
	require.Equal(t, code, answer.Code, answer.Text)
	require.NotEmpty(t, answer.Text)
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v), w.Body)
	return v
}

// verify asks what a bearer is on a path.
func (r *rig) verify(bearer, path string) (Connection, error) {
	return r.Verify(httptest.NewRequest(http.MethodPost, testIssuer+path, nil), bearer)
}

// signIn returns a client's tokens.
func (r *rig) signIn() (clientID string, t tokens) {
	r.t.Helper()
	clientID = r.register("Claude", claudeWeb)
	return clientID, r.tokens(exchange(clientID, claudeWeb, r.code(clientID, claudeWeb)))
}
