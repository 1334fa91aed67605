package oauth

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Each client registers and asks in its own way. They talk over the network here, with nothing
// but the address of the MCP endpoint, as they do in a user's hands.
func TestClientsSignInWithNothingButTheEndpoint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, registration, redirect string
		metadata                     string // path under which the client looks first
		resource                     bool
	}{
		{
			"Claude Code", `{"client_name":"Claude Code (wiro)","redirect_uris":["http://localhost/callback"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none","application_type":"native"}`,
			"http://localhost:51312/callback", "/.well-known/oauth-protected-resource/mcp", true,
		},
		{
			"Codex", `{"client_name":"Codex","redirect_uris":["http://127.0.0.1:40001/callback"],"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"none","response_types":["code"]}`,
			"http://127.0.0.1:40123/callback", "/.well-known/oauth-protected-resource/mcp", true,
		},
		{
			"OpenCode", `{"redirect_uris":["http://127.0.0.1:19876/mcp/oauth/callback"],"client_name":"OpenCode","client_uri":"https://opencode.ai","token_endpoint_auth_method":"none"}`,
			"http://127.0.0.1:19876/mcp/oauth/callback", "/.well-known/oauth-protected-resource/mcp", true,
		},
		{
			"mcp-remote", `{"redirect_uris":["http://localhost:45454/oauth/callback"],"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"],"client_name":"MCP CLI Proxy","software_id":"x","software_version":"1"}`,
			"http://localhost:45454/oauth/callback", "/.well-known/oauth-protected-resource/mcp", true,
		},
		{
			"Inspector", `{"redirect_uris":["http://127.0.0.1:6276/oauth/callback"],"client_name":"MCP Inspector","client_uri":"https://github.com/modelcontextprotocol/inspector","scope":"wiro"}`,
			"http://127.0.0.1:6276/oauth/callback", "/.well-known/oauth-protected-resource/mcp", true,
		},
		{
			"claude.ai", `{"client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback","https://claude.com/api/mcp/auth_callback"],"token_endpoint_auth_method":"client_secret_post","grant_types":["authorization_code","refresh_token"]}`,
			"https://claude.com/api/mcp/auth_callback", "/.well-known/oauth-protected-resource/mcp", true,
		},
		{
			"ChatGPT", `{"client_name":"ChatGPT","redirect_uris":["https://chatgpt.com/connector_platform_oauth_redirect"],"response_types":["code"]}`,
			"https://chatgpt.com/connector_platform_oauth_redirect", "/.well-known/oauth-protected-resource", true,
		},
		{
			"Cursor", `{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:8787/callback"]}`,
			"cursor://anysphere.cursor-mcp/oauth/callback", "/.well-known/oauth-protected-resource/mcp", false,
		},
		{
			"VS Code", `{"client_name":"Visual Studio Code","redirect_uris":["https://insiders.vscode.dev/redirect","https://vscode.dev/redirect","http://127.0.0.1/","http://127.0.0.1:33418/"],"application_type":"native"}`,
			"http://127.0.0.1:55555/", "/.well-known/oauth-protected-resource/mcp", true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(o *Options) { o.Issuer = "" })
			server := httptest.NewServer(r.mux)
			t.Cleanup(server.Close)
			browser := server.Client()
			browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			get := func(address string) *http.Response {
				answer, err := browser.Get(address)
				require.NoError(t, err)
				t.Cleanup(func() { _ = answer.Body.Close() })
				return answer
			}
			post := func(address, kind, body string) *http.Response {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
				require.NoError(t, err)
				request.Header.Set("Content-Type", kind)
				answer, err := browser.Do(request)
				require.NoError(t, err)
				t.Cleanup(func() { _ = answer.Body.Close() })
				return answer
			}
			read := func(answer *http.Response, v any) {
				require.NoError(t, json.NewDecoder(answer.Body).Decode(v))
			}

			var resource struct {
				Resource string   `json:"resource"`
				Servers  []string `json:"authorization_servers"`
			}
			read(get(server.URL+c.metadata), &resource)
			require.Equal(t, server.URL+strings.TrimPrefix(c.metadata, "/.well-known/oauth-protected-resource"), resource.Resource)
			var metadata struct {
				Issuer    string `json:"issuer"`
				Authorize string `json:"authorization_endpoint"`
				Token     string `json:"token_endpoint"`
				Register  string `json:"registration_endpoint"`
			}
			read(get(resource.Servers[0]+"/.well-known/oauth-authorization-server"), &metadata)
			require.Equal(t, resource.Servers[0], metadata.Issuer)

			var registered struct {
				ID        string   `json:"client_id"`
				Secret    string   `json:"client_secret"`
				Auth      string   `json:"token_endpoint_auth_method"`
				Redirects []string `json:"redirect_uris"`
			}
			answer := post(metadata.Register, "application/json", c.registration)
			require.Equal(t, http.StatusCreated, answer.StatusCode)
			read(answer, &registered)
			require.Equal(t, "none", registered.Auth)
			require.Empty(t, registered.Secret)
			require.NotEmpty(t, registered.Redirects)

			q := query(registered.ID, c.redirect, "resource", resource.Resource, "state", "x y&z=é")
			if !c.resource {
				q.Del("resource")
			}
			page := get(metadata.Authorize + "?" + q.Encode())
			require.Equal(t, http.StatusOK, page.StatusCode)
			body, err := io.ReadAll(page.Body)
			require.NoError(t, err)
			request := hidden.FindSubmatch(body)
			require.NotNil(t, request, string(body))
			answer = post(metadata.Authorize, "application/x-www-form-urlencoded", filled(string(request[1])).Encode())
			require.Equal(t, http.StatusSeeOther, answer.StatusCode)
			back, err := url.Parse(answer.Header.Get("Location"))
			require.NoError(t, err)
			require.Equal(t, "x y&z=é", back.Query().Get("state"))
			require.Equal(t, metadata.Issuer, back.Query().Get("iss"))
			require.True(t, strings.HasPrefix(back.String(), c.redirect+"?"), back)

			form := exchange(registered.ID, c.redirect, back.Query().Get("code"), "resource", q.Get("resource"))
			var got tokens
			answer = post(metadata.Token, "application/x-www-form-urlencoded", form.Encode())
			require.Equal(t, http.StatusOK, answer.StatusCode)
			read(answer, &got)
			require.Equal(t, "Bearer", got.Type)
			require.Equal(t, 24*60*60, got.ExpiresIn)

			// The endpoint is on the same server, so that what it verifies came over the same connection.
			var connection Connection
			mcp := http.NewServeMux()
			mcp.HandleFunc("/mcp", func(_ http.ResponseWriter, request *http.Request) {
				connection, err = r.Verify(request, strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer "))
			})
			r.mux.Handle("/mcp", mcp)
			call, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/mcp", nil)
			call.Header.Set("Authorization", "Bearer "+got.Access)
			answer, callErr := browser.Do(call)
			require.NoError(t, callErr)
			require.NoError(t, answer.Body.Close())
			require.NoError(t, err)
			require.Equal(t, Credentials{Key: testKey}, connection.Credentials)
			require.NotEmpty(t, connection.ID)
			require.Zero(t, connection.Limits)
		})
	}
}

func TestMetadataIsAtEveryAddressThatClientsTry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for path, resource := range map[string]string{"": testIssuer, "/mcp": testIssuer + "/mcp", "/v1": testIssuer + "/v1"} {
		w := r.send(http.MethodGet, "/.well-known/oauth-protected-resource"+path, "")
		require.Equal(t, http.StatusOK, w.Code)
		require.JSONEq(t, `{"resource":"`+resource+`","authorization_servers":["`+testIssuer+`"],"bearer_methods_supported":["header"],"scopes_supported":["wiro"],"resource_name":"Wiro"}`, w.Body.String())
	}
	for _, path := range []string{
		"/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/mcp", "/.well-known/openid-configuration",
		"/.well-known/openid-configuration/mcp", "/mcp/.well-known/openid-configuration", "/token/.well-known/openid-configuration",
	} {
		w := r.send(http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, w.Code, path)
		m := decode[map[string]any](t, w)
		require.Equal(t, testIssuer, m["issuer"])
		require.Equal(t, testIssuer+"/authorize", m["authorization_endpoint"])
		require.Equal(t, testIssuer+"/token", m["token_endpoint"])
		require.Equal(t, testIssuer+"/register", m["registration_endpoint"])
		require.Equal(t, []any{"S256"}, m["code_challenge_methods_supported"])
		require.Equal(t, []any{"none"}, m["token_endpoint_auth_methods_supported"])
		require.Equal(t, true, m["authorization_response_iss_parameter_supported"])
		require.Equal(t, false, m["client_id_metadata_document_supported"], "nothing can fetch them here")
	}
	require.Equal(t, http.StatusMethodNotAllowed, r.send(http.MethodGet, "/token", "").Code)
	require.Equal(t, "POST", r.send(http.MethodGet, "/register", "").Header().Get("Allow"))
}

func TestAnIssuerIsNeverGuessed(t *testing.T) {
	t.Parallel()
	fixed := newRig(t)
	w := fixed.send(http.MethodGet, "/.well-known/oauth-authorization-server", "", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "Forwarded", "host=evil.example")
	require.NotContains(t, w.Body.String(), "evil")

	local := newRig(t, func(o *Options) { o.Issuer = "" })
	require.Equal(t, http.StatusNotFound, local.send(http.MethodGet, "/.well-known/oauth-authorization-server", "").Code, "the connection is not a loopback one")
	server := httptest.NewServer(local.mux)
	t.Cleanup(server.Close)
	for host, status := range map[string]int{"": 200, "localhost:1234": 200, "[::1]": 200, "evil.example": 404, "localhost.evil.example": 404, "user@localhost": 404} {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/.well-known/oauth-authorization-server", nil)
		request.Host = host
		request.Header.Set("X-Forwarded-Host", "evil.example")
		answer, err := server.Client().Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		if answer.StatusCode != http.StatusBadRequest { // net/http's own word
			require.Equal(t, status, answer.StatusCode, host)
		}
	}
	for _, wrong := range []string{
		"mcp.example.com", "http://mcp.example.com", "https://mcp.example.com/wiro", "https://u:p@mcp.example.com", "ftp://mcp.example.com",
		"https://mcp.example.com?x", "https://mcp.example.com#x", "https://", "://",
	} {
		_, err := New(Options{Issuer: wrong, Endpoints: []string{"/mcp"}, Secrets: testSecrets, CheckKey: local.check})
		require.ErrorContains(t, err, "Options.Issuer", wrong)
		_, err = ParseIssuer(wrong)
		require.Error(t, err)
	}
}

func TestAStateComesBackByteForByte(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.register("Claude", claudeWeb)
	for _, part := range []string{"x", "<", "&", "\x01", "\u2028", "é", "\xff"} {
		state := strings.Repeat(part, maxState/len(part))
		require.Equal(t, state, r.authorize(query(id, claudeWeb, "state", state)).Query().Get("state"), "%q", part)
	}
}

func TestAClientMayRegisterLongAddresses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var redirects []string
	for i := range maxRedirectsSum / maxRedirect {
		redirect := "https://app.example/" + strconv.Itoa(i) + "?"
		redirects = append(redirects, redirect+strings.Repeat("&", maxRedirect-len(redirect)))
	}
	require.NotEmpty(t, r.code(r.register("App", redirects...), redirects[0]))
}

func TestRefreshTokensRotateAndThePreviousOneHasAGrace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, first := r.signIn()
	r.advance(accessLifetime)
	_, err := r.verify(first.Access, "/mcp")
	require.ErrorIs(t, err, ErrToken)

	second := r.tokens(refreshing(id, first.Refresh))
	require.NotEqual(t, first.Refresh, second.Refresh)
	connection, err := r.verify(second.Access, "/mcp")
	require.NoError(t, err)
	require.Equal(t, Credentials{Key: testKey}, connection.Credentials)

	// The answer was lost: the one before still works, until the new one is used.
	again := r.tokens(refreshing(id, first.Refresh))
	third := r.tokens(refreshing(id, again.Refresh))
	refused(t, r.post("/token", refreshing(id, first.Refresh)), http.StatusBadRequest, "invalid_grant")
	require.NotEmpty(t, r.tokens(refreshing(id, third.Refresh)).Access)

	// A token does not work for ever, however it is used.
	for range refreshUses - 1 {
		r.tokens(refreshing(id, second.Refresh))
	}
	r.tokens(refreshing(id, second.Refresh))
	refused(t, r.post("/token", refreshing(id, second.Refresh)), http.StatusBadRequest, "invalid_grant")

	r.advance(refreshLifetime)
	refused(t, r.post("/token", refreshing(id, third.Refresh)), http.StatusBadRequest, "invalid_grant")
}

func TestTheConnectionIsTheSameThroughRefreshes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, first := r.signIn()
	before, err := r.verify(first.Access, "/mcp")
	require.NoError(t, err)
	after, err := r.verify(r.tokens(refreshing(id, first.Refresh)).Access, "/mcp")
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestSecretsRotateWithoutSigningAnybodyOut(t *testing.T) {
	t.Parallel()
	before := newRig(t)
	id, old := before.signIn()
	code := before.code(id, claudeWeb)
	const newer = "another secret that the operator put in front"
	with := func(secrets ...string) *rig { return newRig(t, func(o *Options) { o.Secrets = secrets }) }

	during := with(newer, testSecrets[0])
	_, err := during.verify(old.Access, "/mcp")
	require.NoError(t, err)
	require.NotEmpty(t, during.tokens(exchange(id, claudeWeb, code)).Access)
	renewed := during.tokens(refreshing(id, old.Refresh))

	after := with(newer)
	_, err = after.verify(renewed.Access, "/mcp")
	require.NoError(t, err, "the newest secret seals")
	_, err = after.verify(old.Access, "/mcp")
	require.ErrorIs(t, err, ErrToken)
	again := after.tokens(refreshing(id, renewed.Refresh))
	require.NotEmpty(t, after.tokens(refreshing(id, again.Refresh)).Access, "although the client registered under the old secret")
	refused(t, after.post("/token", refreshing(id, old.Refresh)), http.StatusUnauthorized, "invalid_client")
	connection, err := after.verify(again.Access, "/mcp")
	require.NoError(t, err)
	after.revoke(connection.Credentials)
	after.Recheck(t.Context(), connection.Credentials)
	refused(t, after.post("/token", refreshing(id, again.Refresh)), http.StatusUnauthorized, "invalid_client") // registers anew, and signs in
	page := after.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")
	require.Equal(t, http.StatusUnauthorized, page.Code)
	require.Contains(t, page.Body.String(), "invalid_client")
}

func TestARevokedKeyEndsTheConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, got := r.signIn()
	connection, err := r.verify(got.Access, "/mcp")
	require.NoError(t, err)

	r.Recheck(t.Context(), connection.Credentials) // a call was refused for another reason
	_, err = r.verify(got.Access, "/mcp")
	require.NoError(t, err)
	r.revoke(connection.Credentials)
	r.Recheck(t.Context(), connection.Credentials)
	_, err = r.verify(got.Access, "/mcp")
	require.ErrorIs(t, err, ErrRevoked)
	require.Contains(t, r.Challenge(httptest.NewRequest(http.MethodPost, testIssuer+"/mcp", nil), err), `error="invalid_token"`)
	refused(t, r.post("/token", refreshing(id, got.Refresh)), http.StatusBadRequest, "invalid_grant")

	// The person signs in again with another key, and then with the old one, which works again.
	r.mu.Lock()
	r.keys[Credentials{Key: "key-2", Secret: "secret-2"}], r.keys[connection.Credentials] = true, true
	r.mu.Unlock()
	back := r.authorize(query(id, claudeWeb), "key", "key-2:secret-2")
	other, err := r.verify(r.tokens(exchange(id, claudeWeb, back.Query().Get("code"))).Access, "/mcp")
	require.NoError(t, err)
	require.Equal(t, Credentials{Key: "key-2", Secret: "secret-2"}, other.Credentials)
	r.code(id, claudeWeb)
	_, err = r.verify(got.Access, "/mcp")
	require.NoError(t, err)
}

func TestAnOutageOfWiroEndsNoConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, got := r.signIn()
	r.down = true
	require.NotEmpty(t, r.tokens(refreshing(id, got.Refresh)).Access)
	page := r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")
	w := r.post("/authorize", filled(formOf(t, page)))
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "Wiro could not be asked")
	require.Empty(t, w.Header().Get("Location"))
}

func TestLimitsOfAConnectionAreInItsTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.register("Claude", claudeWeb)
	page := r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")
	form := filled(formOf(t, page), "readonly", "1", "cost_run", "$0,50", "cost_day", "12.5")
	form["toolset"] = []string{"tasks", "models", "tasks", "unknown"}
	back := location(t, r.post("/authorize", form))
	want := Limits{ReadOnly: true, Toolsets: []string{"models", "tasks"}, MaxCostPerRun: 0.5, MaxCostPerDay: 12.5}
	got := r.tokens(exchange(id, claudeWeb, back.Query().Get("code")))
	for range 2 {
		connection, err := r.verify(got.Access, "/mcp")
		require.NoError(t, err)
		require.Equal(t, want, connection.Limits)
		got = r.tokens(refreshing(id, got.Refresh))
	}
}

func TestABearerThatIsNotOursIsAnAPIKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, bearer := range []string{"", testKey, "key:secret", strings.Repeat("A", 400), "wmcp", "eyJhbGciOiJub25lIn0.e30."} {
		_, err := r.verify(bearer, "/mcp")
		require.ErrorIs(t, err, ErrNotOurs, bearer)
	}
}

func TestTheChallengeTellsWhereToSignIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ask := func(path string, err error) string {
		return r.Challenge(httptest.NewRequest(http.MethodPost, testIssuer+path, nil), err)
	}
	const metadata = testIssuer + "/.well-known/oauth-protected-resource"
	require.Equal(t, `Bearer realm="wiro-mcp", resource_metadata="`+metadata+`/mcp", scope="wiro"`, ask("/mcp", nil))
	require.Contains(t, ask("/v1/", ErrToken), metadata+`/v1", scope="wiro", error="invalid_token"`)
	require.Contains(t, ask("/%22x", nil), metadata+`",`)
	local := newRig(t, func(o *Options) { o.Issuer = "" })
	require.Empty(t, local.Challenge(httptest.NewRequest(http.MethodPost, testIssuer+"/mcp", nil), nil))
}

func TestFormsStayOpenForAWhileAndCodesForAMinute(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.register("Claude", claudeWeb)
	page := r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")
	r.advance(formLifetime - time.Second)
	code := location(t, r.post("/authorize", filled(formOf(t, page)))).Query().Get("code")
	r.advance(codeLifetime)
	refused(t, r.post("/token", exchange(id, claudeWeb, code)), http.StatusBadRequest, "invalid_grant")
	require.Equal(t, http.StatusBadRequest, r.post("/authorize", filled(formOf(t, page))).Code)
}

func TestTheChallengeOfPKCEIsThatOfTheSpecification(t *testing.T) {
	t.Parallel()
	// RFC 7636, appendix B.
	require.True(t, verify("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
	sum := sha256.Sum256([]byte("short"))
	require.False(t, verify(encoding.EncodeToString(sum[:]), "short"))
}
