package oauth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.register("Claude", claudeWeb)
	code := r.code(id, claudeWeb)
	r.tokens(exchange(id, claudeWeb, code))
	refused(t, r.post("/token", exchange(id, claudeWeb, code)), http.StatusBadRequest, "invalid_grant")
}

func TestACodeWorksOnceOnAllReplicas(t *testing.T) {
	t.Parallel()
	shared := &Memory{}
	with := func(o *Options) { o.Once = shared }
	one, two := newRig(t, with), newRig(t, with)
	id := one.register("Claude", claudeWeb)
	code := one.code(id, claudeWeb)

	var issued sync.Map
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			r := one
			if i%2 == 1 {
				r = two
			}
			if w := r.post("/token", exchange(id, claudeWeb, code)); w.Code == http.StatusOK {
				issued.Store(i, true)
			}
		})
	}
	group.Wait()
	count := 0
	issued.Range(func(any, any) bool { count++; return true })
	require.Equal(t, 1, count)
}

type brokenStore struct{}

func (brokenStore) UseOnce(context.Context, string, time.Duration) (bool, error) {
	return true, errors.New("no connection")
}

func TestNothingIsIssuedWithoutTheStore(t *testing.T) {
	t.Parallel()
	fine := newRig(t)
	id, got := fine.signIn()
	r := newRig(t, func(o *Options) { o.Once = brokenStore{} })
	refused(t, r.post("/token", exchange(id, claudeWeb, r.code(id, claudeWeb))), http.StatusServiceUnavailable, "temporarily_unavailable")
	refused(t, r.post("/token", refreshing(id, got.Refresh)), http.StatusServiceUnavailable, "temporarily_unavailable")
	_, err := r.verify(got.Access, "/mcp")
	require.NoError(t, err, "tokens need no store")
}

func TestAFormSentTwiceMakesOneConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.register("Claude", claudeWeb)
	page := r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")
	form := filled(formOf(t, page))
	first := location(t, r.post("/authorize", form)).Query().Get("code")
	second := location(t, r.post("/authorize", form)).Query().Get("code")
	require.NotEqual(t, first, second)
	r.tokens(exchange(id, claudeWeb, second))
	refused(t, r.post("/token", exchange(id, claudeWeb, first)), http.StatusBadRequest, "invalid_grant")
	r.advance(formLifetime - time.Second)
	third := location(t, r.post("/authorize", form)).Query().Get("code")
	refused(t, r.post("/token", exchange(id, claudeWeb, third)), http.StatusBadRequest, "invalid_grant")
}

func TestACodeIsBoundToAllThatItWasIssuedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, other := r.register("Claude", claudeWeb), r.register("Claude", claudeWeb)
	code := r.code(id, claudeWeb)
	_, got := r.signIn()
	for name, c := range map[string]struct {
		form url.Values
		code string
	}{
		"no verifier":            {exchange(id, claudeWeb, code, "code_verifier", ""), "invalid_grant"},
		"wrong verifier":         {exchange(id, claudeWeb, code, "code_verifier", strings.ToUpper(testVerifier)), "invalid_grant"},
		"challenge as verifier":  {exchange(id, claudeWeb, code, "code_verifier", query(id, claudeWeb).Get("code_challenge")), "invalid_grant"},
		"short verifier":         {exchange(id, claudeWeb, code, "code_verifier", testVerifier[:42]), "invalid_grant"},
		"long verifier":          {exchange(id, claudeWeb, code, "code_verifier", strings.Repeat("a", 129)), "invalid_grant"},
		"another client":         {exchange(other, claudeWeb, code), "invalid_grant"},
		"another redirect":       {exchange(id, claudeWeb+"/", code), "invalid_grant"},
		"another endpoint":       {exchange(id, claudeWeb, code, "resource", testIssuer+"/v1"), "invalid_target"},
		"another server":         {exchange(id, claudeWeb, code, "resource", "https://evil.example/mcp"), "invalid_target"},
		"no code":                {exchange(id, claudeWeb, ""), "invalid_grant"},
		"an access token":        {exchange(id, claudeWeb, got.Access), "invalid_grant"},
		"the client_id as code":  {exchange(id, claudeWeb, id), "invalid_grant"},
		"no client":              {exchange(id, claudeWeb, code, "client_id", ""), "invalid_request"},
		"no grant":               {exchange(id, claudeWeb, code, "grant_type", ""), "invalid_request"},
		"an unsealed client":     {exchange(id, claudeWeb, code, "client_id", "claude"), "invalid_client"},
		"another grant":          {exchange(id, claudeWeb, code, "grant_type", "password"), "unsupported_grant_type"},
		"client credentials":     {exchange(id, claudeWeb, code, "grant_type", "client_credentials"), "unsupported_grant_type"},
		"code as a refresh":      {refreshing(id, code), "invalid_grant"},
		"access as a refresh":    {refreshing(id, got.Access), "invalid_grant"},
		"refresh of another one": {refreshing(id, got.Refresh), "invalid_grant"},
	} {
		status := http.StatusBadRequest
		if c.code == "invalid_client" {
			status = http.StatusUnauthorized
		}
		w := r.post("/token", c.form)
		require.Equal(t, status, w.Code, name)
		refused(t, w, status, c.code)
	}
	doubled := exchange(id, claudeWeb, code)
	doubled.Add("code", code)
	refused(t, r.post("/token", doubled), http.StatusBadRequest, "invalid_request")
	refused(t, r.send(http.MethodPost, "/token?"+exchange(id, claudeWeb, code).Encode(), "", "Content-Type", "application/x-www-form-urlencoded"), http.StatusBadRequest, "invalid_request")
	refused(t, r.send(http.MethodPost, "/token", exchange(id, claudeWeb, code).Encode(), "Content-Type", "text/plain"), http.StatusBadRequest, "invalid_request")
	r.tokens(exchange(id, claudeWeb, code)) // none of these used it up
}

func TestPKCEWithS256IsRequired(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.register("Claude", claudeWeb)
	sum := sha256.Sum256([]byte(testVerifier))
	challenge := encoding.EncodeToString(sum[:])
	for _, changes := range [][]string{
		{"code_challenge", ""},
		{"code_challenge_method", ""},
		{"code_challenge_method", "plain"},
		{"code_challenge_method", "s256"},
		{"code_challenge_method", "", "code_challenge", ""},
		{"code_challenge", challenge + "="},
		{"code_challenge", challenge[:42]},
		{"code_challenge", challenge[:42] + "\n"},
		{"code_challenge", testVerifier},
	} {
		back := location(t, r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb, changes...).Encode(), ""))
		require.Equal(t, "invalid_request", back.Query().Get("error"), changes)
		require.Equal(t, "st4te", back.Query().Get("state"))
		require.Equal(t, testIssuer, back.Query().Get("iss"))
		require.Empty(t, back.Query().Get("code"))
	}
}

func TestNoRedirectButTheRegisteredOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for registered, wrong := range map[string][]string{
		"https://app.example/cb": {
			"https://app.example/cb/", "https://app.example/cb?x=1", "https://app.example:443/cb", "https://app.example:8443/cb", "https://APP.example/cb",
			"http://app.example/cb", "https://app.example.evil.example/cb", "https://evil.example/cb", "https://app.example/cb/../evil", "https://app.example/%63b",
			"https://user@app.example/cb", "https://app.example@evil.example/cb", "https://app.example/cb#x", "https://app.example/cb\\", "https://app.example\\@evil.example/cb",
			"//app.example/cb", "/cb", "", "javascript:alert(1)", "https://app.example/cb\r\nX: y", "https://app.example/cb\t", " https://app.example/cb", "https://app.example/cb\x00", "https://аpp.example/cb",
		},
		"http://127.0.0.1:1000/cb": {
			"http://127.0.0.1:2000/other", "http://127.0.0.1/cb?x=1", "http://localhost:1000/cb", "http://[::1]:1000/cb", "http://127.0.0.2:1000/cb", "https://127.0.0.1:1000/cb",
			"http://127.0.0.1:99999/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:x/cb", "http://127.0.0.1:80@evil.example/cb", "http://user:pw@127.0.0.1:1000/cb", "http://127.0.0.1:1000/cb#f",
			"http://127.0.0.1.evil.example/cb", "http://evil.example/cb", "http://127.0.0.1:1000/%63b", "http://127.0.0.1:1000/cb/", "http://127.0.0.1:1000\\evil/cb", "http://2130706433/cb", "http://0.0.0.0/cb",
		},
		"cursor://anysphere.cursor-mcp/oauth/callback": {
			"cursor://anysphere.cursor-mcp/oauth/callback/", "cursor://evil/oauth/callback", "vscode://anysphere.cursor-mcp/oauth/callback", "cursor:oauth/callback", "CURSOR://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp:80/oauth/callback",
		},
	} {
		id := r.register("App", registered)
		require.Equal(t, http.StatusOK, r.send(http.MethodGet, "/authorize?"+query(id, registered).Encode(), "").Code)
		for _, redirect := range wrong {
			w := r.send(http.MethodGet, "/authorize?"+query(id, registered, "redirect_uri", redirect).Encode(), "")
			require.Equal(t, http.StatusBadRequest, w.Code, redirect)
			require.Empty(t, w.Header().Get("Location"), redirect)
			require.NotContains(t, w.Body.String(), "evil")
			require.NotContains(t, w.Body.String(), "<a ")
		}
	}
	two := query(r.register("App", "https://app.example/cb"), "https://app.example/cb")
	two.Add("redirect_uri", "https://evil.example/cb")
	require.Equal(t, http.StatusBadRequest, r.send(http.MethodGet, "/authorize?"+two.Encode(), "").Code)
	for _, registered := range []string{"http://127.0.0.1:1000/cb", "http://127.0.0.1/cb"} {
		for _, used := range []string{"http://127.0.0.1:2000/cb", "http://127.0.0.1/cb"} {
			require.Equal(t, http.StatusOK, r.send(http.MethodGet, "/authorize?"+query(r.register("App", registered), used).Encode(), "").Code)
		}
	}
}

func TestWhatCannotBeARedirectCannotBeRegistered(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, redirect := range []string{
		"", "x", "/cb", "//app.example/cb", "http://app.example/cb", "http://127.0.0.1.evil.example/cb", "http://0.0.0.0/cb", "http://10.0.0.1/cb", "https://", "https:///cb", "https:app.example", "http:127.0.0.1",
		"javascript:alert(1)", "javascript://app.example/%0aalert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "about:blank", "blob:https://x/y", "ftp://app.example", "unknown-editor://x/cb", "com.example.app:/cb",
		"https://u@app.example/cb", "https://app.example/cb#x", "https://app.example/cb#", "https://app.example:99999/", "https://app.example/" + strings.Repeat("a", maxRedirect), "https://app.example/\r\nSet-Cookie: x", "vscode:cb",
		"https://%E2%80%AEia.edualc/cb", "https://cl%D0%B0ude.ai/cb", "https://evil.example%EF%BC%8Fclaude.ai/cb", "https://[fe80::1%25eth0]/cb", "cursor://%E2%80%AEx/cb",
	} {
		body, err := json.Marshal(map[string]any{"redirect_uris": []string{redirect}})
		require.NoError(t, err)
		w := r.send(http.MethodPost, "/register", string(body), "Content-Type", "application/json")
		require.Equal(t, http.StatusBadRequest, w.Code, redirect)
		refused(t, w, http.StatusBadRequest, "invalid_redirect_uri")
	}
	for name, body := range map[string]string{
		"not JSON": "{", "a list": "[]", "no object": `"x"`, "numbers": `{"redirect_uris":[1]}`, "none": `{}`, "empty": `{"redirect_uris":[]}`,
		"other grants": `{"redirect_uris":["https://a.example/"],"grant_types":["implicit"]}`, "other responses": `{"redirect_uris":["https://a.example/"],"response_types":["token"]}`,
		"too many":  `{"redirect_uris":["https://a.example/"` + strings.Repeat(`,"https://a.example/"`, maxRedirects) + `]}`,
		"too large": `{"redirect_uris":["https://a.example/"],"x":"` + strings.Repeat("x", maxRegistration) + `"}`,
	} {
		w := r.send(http.MethodPost, "/register", body, "Content-Type", "application/json")
		require.Equal(t, http.StatusBadRequest, w.Code, name)
	}
	require.Equal(t, http.StatusBadRequest, r.send(http.MethodPost, "/register", `{"redirect_uris":["https://a.example/"]}`, "Content-Type", "text/plain").Code, "a form of another site cannot send JSON")
}

func TestOneWrongRedirectDoesNotKeepAClientOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	body := `{"redirect_uris":["unknown-editor://x/cb","http://127.0.0.1/cb"]}`
	w := r.send(http.MethodPost, "/register", body, "Content-Type", "application/json")
	require.Equal(t, http.StatusCreated, w.Code)
	require.Equal(t, []any{"http://127.0.0.1/cb"}, decode[map[string]any](t, w)["redirect_uris"])
}

func TestTheServerIsNoOpenRedirect(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const redirect = "https://evil.example/landing"
	id := r.register("Free money", redirect)
	for _, changes := range [][]string{{"response_type", "token"}, {"code_challenge", ""}, {"resource", "https://other.example"}, {"response_mode", "fragment"}, {"state", strings.Repeat("x", maxState+1)}} {
		w := r.send(http.MethodGet, "/authorize?"+query(id, redirect, changes...).Encode(), "")
		require.Equal(t, http.StatusBadRequest, w.Code, changes)
		require.Empty(t, w.Header().Get("Location"), changes)
		require.Contains(t, w.Body.String(), `<a href="https://evil.example/landing?error=`, "a person may follow, and sees where to")
		require.Contains(t, w.Body.String(), "go back to evil.example")
	}
}

func TestTheAnswerNamesItsIssuer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.register("Claude", claudeWeb)
	require.Equal(t, []string{testIssuer}, r.authorize(query(id, claudeWeb)).Query()["iss"], "against mix-up")
	page := r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")
	back := location(t, r.post("/authorize", filled(formOf(t, page), "action", "cancel", "key", "")))
	require.Equal(t, url.Values{"error": {"access_denied"}, "error_description": back.Query()["error_description"], "iss": {testIssuer}, "state": {"st4te"}}, back.Query())
}

func TestTokensAreForOneServerAndEndpoint(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, got := r.signIn()
	_, err := r.verify(got.Access, "/mcp/")
	require.NoError(t, err)
	_, err = r.verify(got.Access, "/v1")
	require.ErrorIs(t, err, ErrToken)

	// The same secret, on another server.
	other := newRig(t, func(o *Options) { o.Issuer = "https://mcp.example.com.evil.example" })
	_, err = other.verify(got.Access, "/mcp")
	require.ErrorIs(t, err, ErrToken)
	id := r.register("Claude", claudeWeb)
	refused(t, other.post("/token", exchange(id, claudeWeb, r.code(id, claudeWeb))), http.StatusBadRequest, "invalid_target")
	page := r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")
	require.Equal(t, http.StatusBadRequest, other.post("/authorize", filled(formOf(t, page))).Code)

	// Clients that leave out the path, or the resource, get tokens for all endpoints.
	for _, resource := range []string{"", testIssuer, testIssuer + "/"} {
		back := r.authorize(query(id, claudeWeb, "resource", resource))
		got := r.tokens(exchange(id, claudeWeb, back.Query().Get("code"), "resource", resource))
		for _, path := range []string{"/mcp", "/v1"} {
			_, err = r.verify(got.Access, path)
			require.NoError(t, err)
		}
	}
	for _, resource := range []string{"https://other.example/mcp", testIssuer + "/mcp/x", testIssuer + "/mcp?x", testIssuer + "//mcp", "mcp", testIssuer + ".evil.example"} {
		back := location(t, r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb, "resource", resource).Encode(), ""))
		require.Equal(t, "invalid_target", back.Query().Get("error"), resource)
	}
}

func TestNothingThatWasTamperedWithOpens(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, got := r.signIn()
	code := r.code(id, claudeWeb)
	for i := range len(got.Access) {
		changed := []byte(got.Access)
		if changed[i]++; changed[i] == '{' || changed[i] == '[' || changed[i] == ':' {
			changed[i] = 'A'
		}
		_, err := r.verify(string(changed), "/mcp")
		require.Error(t, err, i)
		_, err = r.verify(got.Access[:i], "/mcp")
		require.Error(t, err, i)
	}
	for _, changed := range []string{got.Access + "A", got.Access + "=", got.Access + "\n", got.Access + " ", got.Access + got.Access, string(kindAccess), string(kindAccess) + strings.Repeat("A", maxSealed)} {
		_, err := r.verify(changed, "/mcp")
		require.ErrorIs(t, err, ErrToken)
	}
	// A kind does not pass for another, even with the prefix of that other.
	body := func(sealed string, k kind) string { return strings.TrimPrefix(sealed, string(k)) }
	for _, other := range []string{body(got.Refresh, kindRefresh), body(code, kindCode), body(id, kindClient)} {
		_, err := r.verify(string(kindAccess)+other, "/mcp")
		require.ErrorIs(t, err, ErrToken)
	}
	for i := range len(code) - len(kindCode) {
		refused(t, r.post("/token", exchange(id, claudeWeb, code[:len(code)-1-i])), http.StatusBadRequest, "invalid_grant")
	}
}

// What an unknown bearer gets depends on nothing that is inside of it.
func TestUnknownTokensAreRefusedAlike(t *testing.T) {
	t.Parallel()
	r, other := newRig(t), newRig(t, func(o *Options) { o.Secrets = []string{strings.Repeat("other", 8)} })
	_, got := r.signIn()
	_, foreign := other.signIn()
	r.advance(accessLifetime)
	answers := map[string]bool{}
	for _, bearer := range []string{got.Access, foreign.Access, got.Refresh, string(kindAccess) + "x", got.Access[:len(got.Access)-4] + "AAAA"} {
		_, err := r.verify(bearer, "/mcp")
		answers[err.Error()] = true
	}
	require.Len(t, answers, 1)
}

func TestAFloodOfRegistrationsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.observe = func(string, string, int) {}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ids := map[string]bool{}
	for i := range 5000 {
		id := r.register(fmt.Sprint("client ", i), "https://app.example/"+fmt.Sprint(i))
		require.Less(t, len(id), 300)
		if i < 10 {
			ids[id] = true
		}
	}
	require.Len(t, ids, 10)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(4<<20), "other tests run at the same time")
}

func TestPagesCannotBeFramed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.register("Claude", claudeWeb)
	for _, target := range []string{"/authorize?" + query(id, claudeWeb).Encode(), "/authorize", "/authorize?client_id=x&redirect_uri=y"} {
		w := r.send(http.MethodGet, target, "")
		policy := w.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "frame-ancestors 'none'")
		require.Contains(t, policy, "default-src 'none'")
		require.NotContains(t, policy, "unsafe")
		require.NotContains(t, policy, "script-src")
		require.Equal(t, "DENY", w.Header().Get("X-Frame-Options"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		require.Empty(t, w.Header().Get("Set-Cookie"))
	}
}

func TestTheFormIsTakenFromItsOwnPageOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.register("Claude", claudeWeb)
	form := filled(formOf(t, r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")))
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "same-site", "Origin", "https://evil.example.com"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Origin", "http://mcp.example.com.evil.example"},
	} {
		w := r.post("/authorize", form, header...)
		require.Equal(t, http.StatusForbidden, w.Code, header)
		require.Empty(t, w.Header().Get("Location"))
	}
	require.Zero(t, r.checked, "no key of a stranger's form is tried")
	for _, request := range []string{"", "x", id, form.Get("request")[:40], form.Get("request") + "x"} {
		require.Equal(t, http.StatusBadRequest, r.post("/authorize", filled(request)).Code)
	}
	onlyInURL := r.send(http.MethodPost, "/authorize?"+form.Encode(), "", "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, http.StatusBadRequest, onlyInURL.Code)
	large := filled(form.Get("request"), "key", strings.Repeat("k", maxFormBody))
	require.Equal(t, http.StatusBadRequest, r.post("/authorize", large).Code)
	location(t, r.post("/authorize", form, "Origin", testIssuer))
}

func TestNamesAndStatesCannotInject(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const nasty = "<script>alert(1)</script>\"'>\r\nSet-Cookie: a=b\u202e{{request}}\x00"
	id := r.register(nasty, "https://app.example/cb?x=%0d%0a\"><script>")
	redirect := "https://app.example/cb?x=%0d%0a\"><script>"
	page := r.send(http.MethodGet, "/authorize?"+query(id, redirect, "state", nasty).Encode(), "")
	require.Equal(t, http.StatusOK, page.Code)
	body := page.Body.String()
	require.NotContains(t, body, "<script")
	require.NotContains(t, body, "\u202e")
	require.Contains(t, body, "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&gt; Set-Cookie: a=b{{request}}")
	w := r.post("/authorize", filled(formOf(t, page)))
	require.NotContains(t, w.Header().Get("Location"), "\n")
	require.Len(t, w.Header().Values("Location"), 1)
	require.Empty(t, w.Header().Get("Set-Cookie"))
	require.Equal(t, nasty, location(t, w).Query().Get("state"))

	failed := r.send(http.MethodGet, "/authorize?"+query(id, redirect, "state", nasty, "response_type", "token").Encode(), "")
	require.NotContains(t, failed.Body.String(), "<script")
	require.Equal(t, "a b", cleanName(" a\u200b\n\tb\u2066 "))
	require.Len(t, []rune(cleanName(strings.Repeat("é", 500))), maxName)
}

// The key is in nothing that is answered or observed, except sealed.
func TestTheKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var seen bytes.Buffer
	keep := func(w *httptest.ResponseRecorder) *httptest.ResponseRecorder {
		_ = w.Header().Write(&seen)
		seen.Write(w.Body.Bytes())
		return w
	}
	const secret = "the-wiro-secret-0123456789"
	r.keys[Credentials{testKey, secret}] = true
	id := r.register("Claude", claudeWeb)
	page := keep(r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), ""))
	keep(r.post("/authorize", filled(formOf(t, page), "secret", secret, "cost_run", "x")))
	keep(r.post("/authorize", filled(formOf(t, page), "secret", "wrong"+secret)))
	keep(r.post("/authorize", filled(formOf(t, page), "key", testKey+":"+secret, "secret", secret)))
	back := location(t, keep(r.post("/authorize", filled(formOf(t, page), "secret", secret))))
	got := keep(r.post("/token", exchange(id, claudeWeb, back.Query().Get("code"))))
	keep(r.post("/token", refreshing(id, decode[tokens](t, got).Refresh)))
	connection, err := r.verify(decode[tokens](t, got).Access, "/mcp")
	require.NoError(t, err)
	encoded, err := json.Marshal(connection)
	require.NoError(t, err)
	fmt.Fprintf(&seen, "%v %+v %#v %s %q %x %s %v", connection, connection, connection, connection.Credentials.Key, connection.Credentials.Secret, connection.Credentials.Key, encoded, r.events)
	require.NotContains(t, seen.String(), testKey)
	require.NotContains(t, seen.String(), secret)
	require.NotContains(t, seen.String(), fmt.Sprintf("%x", testKey))
	_, err = New(Options{Endpoints: []string{"/mcp"}, CheckKey: r.check, Secrets: []string{"too short a secret"}})
	require.ErrorContains(t, err, "Options.Secrets: secret 1 has 18 characters")
	require.NotContains(t, err.Error(), "too short a secret")
}

func TestKeysAreCheckedAFewAtATime(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	started := make(chan struct{}, 2*maxChecks)
	r := newRig(t, func(o *Options) {
		o.CheckKey = func(ctx context.Context, _ Credentials) error {
			started <- struct{}{}
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	var group sync.WaitGroup
	for range maxChecks {
		group.Go(func() { _ = r.check2(context.Background()) })
	}
	for range maxChecks {
		<-started
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, r.check2(ctx), errBusy)
	require.Empty(t, started)
	close(release)
	group.Wait()
	require.NoError(t, r.check2(context.Background()))
}

func (r *rig) check2(ctx context.Context) error {
	return r.Server.check(ctx, Credentials{Key: testKey})
}

func TestWhoSendsTooMuchIsHeldBack(t *testing.T) {
	t.Parallel()
	var asked []string
	retry := time.Duration(0)
	r := newRig(t, func(o *Options) {
		o.Allow = func(_ *http.Request, endpoint string) time.Duration {
			asked = append(asked, endpoint)
			return retry
		}
	})
	id, got := r.signIn()
	require.Equal(t, []string{"register", "authorize", "token"}, asked)
	page := r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")
	retry, r.checked = 1500*time.Millisecond, 0
	for _, w := range []*httptest.ResponseRecorder{
		r.post("/token", refreshing(id, got.Refresh)), r.send(http.MethodPost, "/register", "{}", "Content-Type", "application/json"),
	} {
		refused(t, w, http.StatusTooManyRequests, "temporarily_unavailable")
		require.Equal(t, "2", w.Header().Get("Retry-After"))
	}
	w := r.post("/authorize", filled(formOf(t, page)))
	require.Equal(t, http.StatusTooManyRequests, w.Code)
	require.Contains(t, w.Body.String(), "Try again in 2 s")
	require.Zero(t, r.checked, "Wiro is not asked")
	retry = 0
	location(t, r.post("/authorize", filled(formOf(t, page))))
}

// What a wrong token costs to refuse depends on nothing that is inside of it, so that no time
// tells anything. Not parallel: allocations are counted.
func TestEveryUnknownBearerCostsTheSame(t *testing.T) {
	r := newRig(t, func(o *Options) {
		o.Secrets = append([]string{"a newer secret of 32 or more characters"}, testSecrets...)
	})
	foreign := newRig(t, func(o *Options) { o.Secrets = []string{strings.Repeat("foreign ", 5)} })
	_, got := r.signIn()
	_, other := foreign.signIn()
	body := got.Access[len(kindAccess):]
	end := "AAA"
	if strings.HasSuffix(body, end) {
		end = "QQQ"
	}
	shaped := func(body string) string { return string(kindAccess) + body[:len(body)-3] + end } // base64 still
	refresh := strings.TrimPrefix(got.Refresh, string(kindRefresh))[:len(body)]
	checked := r.checked
	work := map[float64][]string{}
	for name, bearer := range map[string]string{
		"the nonce is wrong": shaped("AAAA" + body[4:]), "the last is wrong": shaped(body), "of another server": other.Access,
		"made up": shaped(strings.Repeat("A", len(body))), "another kind": shaped(refresh),
	} {
		request := httptest.NewRequest(http.MethodPost, testIssuer+"/mcp", nil)
		allocations := testing.AllocsPerRun(200, func() {
			if _, err := r.Verify(request, bearer); err == nil {
				panic(name)
			}
		})
		work[allocations] = append(work[allocations], name)
	}
	require.Len(t, work, 1, work)
	require.Equal(t, checked, r.checked, "Wiro is never asked about one")
}
