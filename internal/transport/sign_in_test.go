package transport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const signInKey = "a-key-that-signs-in-0123456789"

const redirect, verifier = "http://127.0.0.1:1/callback", "a-verifier-of-at-least-43-characters-0123456789"

// send posts to a server of this issuer, as its own page does.
func send(t *testing.T, r *rig, issuer, path, kind, body string) (*http.Response, []byte) {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(browser.CloseIdleConnections)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Origin", issuer)
	answer, err := browser.Do(request)
	require.NoError(t, err)
	data, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer, data
}

const formType = "application/x-www-form-urlencoded"

// openPage registers a client, and returns its client_id and what the page's form carries.
func openPage(t *testing.T, r *rig, issuer string) (clientID, form string) {
	t.Helper()
	_, data := send(t, r, issuer, "/register", "application/json", `{"client_name":"Test","redirect_uris":["`+redirect+`"]}`)
	var registered struct {
		ID string `json:"client_id"`
	}
	require.NoError(t, json.Unmarshal(data, &registered), string(data))
	sum := sha256.Sum256([]byte(verifier))
	page, err := http.Get(r.url + "/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {registered.ID}, "redirect_uri": {redirect}, "resource": {issuer + "/mcp"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode())
	require.NoError(t, err)
	data, err = io.ReadAll(page.Body)
	require.NoError(t, err)
	require.NoError(t, page.Body.Close())
	found := regexp.MustCompile(`name="request" value="([^"]*)"`).FindSubmatch(data)
	require.NotNil(t, found, string(data))
	return registered.ID, html.UnescapeString(string(found[1]))
}

// tokenRequest goes through the page, and returns the request for tokens that is due then.
func tokenRequest(t *testing.T, r *rig, issuer string, fields url.Values) url.Values {
	t.Helper()
	clientID, form := openPage(t, r, issuer)
	fields.Set("request", form)
	fields.Set("key", signInKey)
	answer, data := send(t, r, issuer, "/authorize", formType, fields.Encode())
	require.Equal(t, http.StatusSeeOther, answer.StatusCode, string(data))
	back, err := url.Parse(answer.Header.Get("Location"))
	require.NoError(t, err)
	return url.Values{
		"grant_type": {"authorization_code"}, "client_id": {clientID}, "redirect_uri": {redirect}, "resource": {issuer + "/mcp"},
		"code": {back.Query().Get("code")}, "code_verifier": {verifier},
	}
}

// signIn goes through the whole sign-in over the network and returns an access token.
func signIn(t *testing.T, r *rig, fields url.Values) (access string) {
	t.Helper()
	answer, data := send(t, r, r.url, "/token", formType, tokenRequest(t, r, r.url, fields).Encode())
	require.Equal(t, http.StatusOK, answer.StatusCode, string(data))
	var tokens struct {
		Access string `json:"access_token"`
	}
	require.NoError(t, json.Unmarshal(data, &tokens))
	return tokens.Access
}

// callWith sends a message with a bearer token.
func callWith(t *testing.T, r *rig, bearer, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/mcp", bytes.NewBufferString(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	data, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer, string(data)
}

// withOAuth turns OAuth on; revoked says what Wiro thinks of the key.
func withOAuth(revoked *atomic.Bool) func(*setup) {
	return func(s *setup) {
		s.settings.OAuthSecrets = []string{strings.Repeat("secret ", 8)}
		s.checkKey = func(_ context.Context, c wiro.Credentials) error {
			if revoked.Load() || c.Key != signInKey {
				return wiro.ErrUnauthorized
			}
			return nil
		}
	}
}

func TestOneEndpointTakesTokensAndKeys(t *testing.T) {
	t.Parallel()
	r := start(t, withOAuth(&atomic.Bool{}))
	answer, _ := callWith(t, r, "", listTools)
	require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
	challenge := answer.Header.Get("WWW-Authenticate")
	require.Contains(t, challenge, `resource_metadata="`+r.url+`/.well-known/oauth-protected-resource/mcp"`)
	require.NotContains(t, challenge, "invalid_token")

	all := url.Values{"toolset": {"models", "tasks", "files", "docs", "agents", "messages"}}
	token := signIn(t, r, all)
	answer, body := callWith(t, r, token, listTools)
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
	require.Contains(t, body, `"run_model"`)
	_, byKey := callWith(t, r, "any-api-key", listTools)
	require.Equal(t, byKey, body)

	answer, _ = callWith(t, r, token[:len(token)-1], listTools)
	require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
	require.Contains(t, answer.Header.Get("WWW-Authenticate"), `error="invalid_token"`)

	limited := signIn(t, r, url.Values{"toolset": {"models", "docs"}, "readonly": {"1"}})
	_, body = callWith(t, r, limited, listTools)
	require.NotContains(t, body, `"run_model"`)
	require.NotContains(t, body, `"get_task"`)
	require.Contains(t, body, `"search_docs"`)
	_, body = callWith(t, r, limited, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_model","arguments":{}}}`)
	require.NotContains(t, body, `"result":{"content"`)

	require.NotContains(t, r.logs.String(), signInKey)
	require.Contains(t, r.logs.String(), `"sign-in"`)
}

func TestAConnectionEndsWhenItsKeyIsRevoked(t *testing.T) {
	t.Parallel()
	var revoked atomic.Bool
	r := start(t, withOAuth(&revoked)) // the emulator does not know the key
	token := signIn(t, r, url.Values{"toolset": {"models", "tasks", "files", "docs", "agents", "messages"}})
	const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_tasks","arguments":{}}}`
	answer, body := callWith(t, r, token, call)
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
	require.Contains(t, body, `"isError":true`)
	answer, _ = callWith(t, r, token, listTools)
	require.Equal(t, http.StatusOK, answer.StatusCode, "Wiro refused one call, and still takes the key")

	revoked.Store(true)
	callWith(t, r, token, call)
	answer, _ = callWith(t, r, token, listTools)
	require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
	require.Contains(t, answer.Header.Get("WWW-Authenticate"), `error="invalid_token"`)
}

// A wait that ends because the key was revoked says so in its result, and ends the connection, too.
func TestAConnectionEndsWhenItsKeyIsRevokedInAWait(t *testing.T) {
	t.Parallel()
	var revoked atomic.Bool
	r := start(t, withOAuth(&revoked), func(s *setup) { s.sandbox.Keys = []emulator.Key{{Key: signInKey, Balance: 10}} })
	token := signIn(t, r, url.Values{"toolset": {"models", "tasks"}})
	revoked.Store(true)
	r.wiro.Behave("Task/Detail", emulator.Behavior{Status: http.StatusUnauthorized, Message: "Project authorization is not founded."})
	_, body := callWith(t, r, token, paidRun)
	require.Contains(t, body, "The wait failed: Wiro refused the credentials")
	require.Contains(t, body, "Check the key that you send")
	require.NotContains(t, body, "WIRO_API_KEY")
	require.Equal(t, 1, r.wiro.RequestCount("Run/"))
	answer, _ := callWith(t, r, token, listTools)
	require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
}

func TestWithoutASecretThereIsNoSignIn(t *testing.T) {
	t.Parallel()
	r := start(t)
	answer, err := http.Get(r.url + "/authorize")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusNotFound, answer.StatusCode)
	refused, _ := callWith(t, r, "", listTools)
	require.NotContains(t, refused.Header.Get("WWW-Authenticate"), "resource_metadata")
}

// A token that is sent in the place of a key never reaches Wiro, with or without sign-in.
func TestATokenIsNeverSentToWiroAsAKey(t *testing.T) {
	t.Parallel()
	with := start(t, withOAuth(&atomic.Bool{}))
	token := signIn(t, with, url.Values{"toolset": {"models", "tasks"}})
	for _, r := range []*rig{with, start(t)} {
		for _, edit := range []func(*http.Request){
			header("X-Api-Key", token), header("X-Api-Key", strings.ToUpper(token)), header("Authorization", `Bearer "`+token+`"`),
			header("Authorization", "Bearer "+strings.ToUpper(token)), header("Authorization", "Bearer "+token+"x"), header("Authorization", "Bearer wmcp_other"),
		} {
			answer := r.post(call(1, "list_tasks", map[string]any{}), header("Authorization", ""), edit)
			require.Equal(t, http.StatusUnauthorized, answer.status, answer.body)
			require.NotContains(t, answer.body, token)
			require.NotEmpty(t, answer.header.Get("WWW-Authenticate"))
		}
		require.Zero(t, r.wiro.RequestCount(""))
	}
}

func TestThePageOffersWhatTheToolsListHas(t *testing.T) {
	t.Parallel()
	r := start(t)
	offered := ""
	for _, set := range toolsetsOf(r.Tools) {
		require.NotEmpty(t, set.Description)
		offered += ", " + set.Description
	}
	for _, tool := range r.Tools.Tools() {
		require.Equal(t, !tool.Local && !tool.ForViews, strings.Contains(offered+",", ", "+tool.Name+","), tool.Name)
	}
}

// Used codes and refresh tokens are forgotten only once they have expired, however many there are.
func TestAStoreOfOneProcessForgetsNoUsedToken(t *testing.T) {
	t.Parallel()
	memory, err := store.Open("memory", store.Options{})
	require.NoError(t, err)
	r := start(t, withOAuth(&atomic.Bool{}), func(s *setup) { s.store = memory })
	request := tokenRequest(t, r, r.url, url.Values{"toolset": {"models"}}).Encode()
	answer, data := send(t, r, r.url, "/token", formType, request)
	require.Equal(t, http.StatusOK, answer.StatusCode, string(data))
	for i := range 11_000 { // more than such a store keeps
		_, err = memory.Use(t.Context(), "oauth", strconv.Itoa(i), time.Now().Add(time.Hour))
		require.NoError(t, err)
	}
	answer, data = send(t, r, r.url, "/token", formType, request)
	require.Equal(t, http.StatusBadRequest, answer.StatusCode, string(data))
}

func TestAPublicAddressIsTakenAsBrowsersSendIt(t *testing.T) {
	t.Parallel()
	r := start(t, withOAuth(&atomic.Bool{}), func(s *setup) { s.settings.PublicURL = "HTTPS://MCP.Example.com:443/" })
	const origin = "https://mcp.example.com"
	_, form := openPage(t, r, origin)
	answer, data := send(t, r, origin, "/authorize", formType, url.Values{"request": {form}, "key": {signInKey}, "toolset": {"models"}}.Encode())
	require.Equal(t, http.StatusSeeOther, answer.StatusCode, string(data))
	require.True(t, strings.HasSuffix(answer.Header.Get("Location"), "&iss="+url.QueryEscape(origin)))
}

func TestThePublicAddressIsTheServersOwn(t *testing.T) {
	t.Parallel()
	g, err := newGuard(HTTPOptions{PublicURL: "https://mcp.example.com", AllowedHosts: []string{"internal.example.com"}})
	require.NoError(t, err)
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://mcp.example.com/authorize", nil)
	request.Header.Set("Origin", "https://mcp.example.com")
	_, reason := g.check(request, peer{scheme: "http", host: "mcp.example.com"})
	require.Empty(t, reason)
	request.Header.Set("Origin", "https://evil.example.com")
	status, _ := g.check(request, peer{scheme: "http", host: "mcp.example.com"})
	require.Equal(t, http.StatusForbidden, status)
}

func TestAConnectionsLimitsOfCostHold(t *testing.T) {
	t.Parallel()
	r := start(t, withOAuth(&atomic.Bool{}), func(s *setup) { s.sandbox.Keys = []emulator.Key{{Key: signInKey, Balance: 10}} })
	connect := func(limits url.Values) string {
		limits["toolset"] = []string{"models", "tasks", "files", "docs", "agents", "messages"}
		return signIn(t, r, limits)
	}
	for says, token := range map[string]string{
		"over the limit of $0.10 per run":       connect(url.Values{"cost_run": {"0.1"}}),
		"over the limit per day: $0.30 is left": connect(url.Values{"cost_day": {"0.3"}}),
	} {
		_, body := callWith(t, r, token, paidRun)
		require.Contains(t, body, says)
		require.Zero(t, r.wiro.RequestCount("Run/"))
	}
	_, body := callWith(t, r, connect(url.Values{"cost_run": {"1"}, "cost_day": {"1"}}), paidRun)
	require.NotContains(t, body, `"isError":true`)
	require.Equal(t, 1, r.wiro.RequestCount("Run/"))
}

// What a person allows is a bound beside the operator's and that of the headers: the lowest holds.
func TestAConnectionRaisesNoLimit(t *testing.T) {
	t.Parallel()
	withKey := func(s *setup) { s.sandbox.Keys = []emulator.Key{{Key: signInKey, Balance: 10}} }
	for name, test := range map[string]struct {
		operator     func(*setup)
		connection   url.Values
		perRun, says string
	}{
		"the operator's":       {costs(0.2, 0), url.Values{"cost_run": {"100"}}, "", "over the limit of $0.20 per run"},
		"the operator's a day": {costs(0, 0.2), url.Values{"cost_day": {"100"}}, "", "over the limit per day: $0.20 is left"},
		"that of the header":   {costs(5, 0), url.Values{"cost_run": {"1"}}, "0.1", "over the limit of $0.10 per run"},
		"its own":              {costs(5, 0), url.Values{"cost_run": {"0.3"}}, "100", "over the limit of $0.30 per run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, test.operator, withOAuth(&atomic.Bool{}), withKey)
			test.connection["toolset"] = []string{"models", "tasks"}
			token := signIn(t, r, test.connection)
			a := r.post(paidRun, at("/mcp"), header("Authorization", "Bearer "+token), header(headerMaxCostPerRun, test.perRun))
			require.Contains(t, a.body, test.says)
			require.Zero(t, r.wiro.RequestCount("Run/"))
		})
	}
	r := start(t, withOAuth(&atomic.Bool{}), withKey)
	token := signIn(t, r, url.Values{"toolset": {"docs", "nonsense"}, "readonly": {"1"}})
	a := r.post(listTools, at("/mcp"), header("Authorization", "Bearer "+token), header(headerToolsets, "all"), header(headerReadOnly, "false"))
	require.Contains(t, a.body, `"search_docs"`)
	require.NotContains(t, a.body, `"search_models"`)
	require.NotContains(t, r.post(paidRun, at("/mcp"), header("Authorization", "Bearer "+token), header(headerToolsets, "all")).body, `"content"`)
	require.Zero(t, r.wiro.RequestCount("Run/"))
}

func TestACodeWorksOnceOnAllReplicasOfAStore(t *testing.T) {
	t.Parallel()
	const issuer = "http://127.0.0.1:1"
	folder := t.TempDir()
	var replicas []*rig
	for range 2 {
		shared, err := store.Open("file:"+folder, store.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, shared.Close()) })
		replicas = append(replicas, start(t, withOAuth(&atomic.Bool{}), func(s *setup) { s.settings.PublicURL, s.store = issuer, shared }))
	}
	request := tokenRequest(t, replicas[0], issuer, url.Values{"toolset": {"models", "docs"}}).Encode()
	var issued atomic.Int64
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			answer, _ := send(t, replicas[i%2], issuer, "/token", formType, request)
			if answer.StatusCode == http.StatusOK {
				issued.Add(1)
			} else {
				assert.Equal(t, http.StatusBadRequest, answer.StatusCode)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 1, issued.Load())
}

func TestOneAddressCannotTryKeysForEver(t *testing.T) {
	t.Parallel()
	var checked atomic.Int64
	r := start(t, withOAuth(&atomic.Bool{}), func(s *setup) {
		s.settings.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		s.checkKey = func(context.Context, wiro.Credentials) error {
			checked.Add(1)
			return wiro.ErrUnauthorized
		}
	})
	_, form := openPage(t, r, r.url)
	try := func(from string) int {
		body := url.Values{"request": {form}, "key": {"a-made-up-key"}, "toolset": {"models"}}.Encode()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/authorize", strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", formType)
		request.Header.Set("X-Forwarded-For", from)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	statuses := map[int]int{}
	for range 2 * keysAtOnce {
		statuses[try("2001:db8::1")]++
	}
	require.Positive(t, statuses[http.StatusTooManyRequests], statuses)
	require.Equal(t, int64(statuses[http.StatusBadRequest]), checked.Load(), "Wiro is asked no more often")
	require.Equal(t, http.StatusTooManyRequests, try("2001:db8::2"), "nor from the next address of the same network")
	for i := range maxCallers + 1 { // made-up keys, each of which is remembered for a while
		r.limits.take(caller{hash: strconv.Itoa(i), id: "from 2001:db8::"}, 1)
	}
	require.Equal(t, http.StatusTooManyRequests, try("2001:db8::2"))
	require.Equal(t, http.StatusBadRequest, try("203.0.113.7"), "others are not held back")
	require.Contains(t, r.get("/metrics").body, `wiro_mcp_sign_ins_total{endpoint="authorize",outcome="limited"}`)
}
