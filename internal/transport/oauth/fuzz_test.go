package oauth

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/loopback"
)

// Nothing opens but what was sealed, in its one spelling.
func FuzzOpen(f *testing.F) {
	s, err := newSealer(testSecrets, time.Now)
	require.NoError(f, err)
	sealed := s.seal(kindAccess, grant{Key: testKey, Audience: testIssuer}, time.Now().Add(time.Hour))
	for _, seed := range []string{sealed, sealed[:40], sealed + "\n", string(kindAccess), string(kindRefresh) + strings.TrimPrefix(sealed, string(kindAccess)), "", "key:secret"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range kinds {
			var g grant
			if s.open(k, text, &g) != nil {
				continue
			}
			data, err := encoding.DecodeString(strings.TrimPrefix(text, string(k)))
			if err != nil || string(k)+encoding.EncodeToString(data) != text || k != kindAccess || g.Key != testKey {
				t.Fatalf("%q opens as %s", text, k)
			}
		}
	})
}

// Whatever the request, a person is sent nowhere but to the registered address.
func FuzzAuthorize(f *testing.F) {
	s, err := New(Options{
		Issuer: testIssuer, Endpoints: []string{"/mcp"}, Secrets: testSecrets,
		CheckKey: func(context.Context, Credentials) error { return nil },
	})
	require.NoError(f, err)
	mux := http.NewServeMux()
	s.Register(mux)
	registered := []string{claudeWeb, "http://127.0.0.1/cb", "cursor://anysphere.cursor-mcp/oauth/callback"}
	id := s.sealer.seal(kindClient, client{Name: "Claude", Redirects: registered}, time.Time{})
	for _, redirect := range append(registered, "http://127.0.0.1:80@evil.example/cb", "https://evil.example") {
		f.Add(query(id, redirect).Encode())
		f.Add(query(id, redirect, "response_type", "token").Encode())
		f.Add(query(id, redirect, "resource", "x", "state", "\r\n").Encode())
	}
	f.Fuzz(func(t *testing.T, raw string) {
		r := httptest.NewRequest(http.MethodGet, "/authorize", nil)
		r.URL.RawQuery = raw
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		to := w.Header().Get("Location")
		if (to != "") != (w.Code == http.StatusSeeOther) || w.Code >= http.StatusInternalServerError {
			t.Fatal(w.Code, to)
		}
		if to == "" {
			return
		}
		u, err := url.Parse(to)
		require.NoError(t, err)
		switch {
		case u.Scheme == "https" && u.Host == "claude.ai", u.Scheme == "http" && u.Hostname() == "127.0.0.1" && u.Path == "/cb", u.Scheme == "cursor" && u.Host == "anysphere.cursor-mcp":
		default:
			t.Fatal(to)
		}
		if u.User != nil || strings.ContainsAny(to, "\r\n\\") || u.Query().Get("iss") != testIssuer || u.Query().Has("code") {
			t.Fatal(to)
		}
	})
}

// What is accepted as a redirect is what a browser would read it as.
func FuzzRedirect(f *testing.F) {
	for _, seed := range []string{claudeWeb, "http://localhost:1/cb", "cursor://x/y", "http://127.0.0.1:80@evil.example/cb", "https://[::1", "https://a\\@b", "javascript:alert(1)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := parseRedirect(text)
		if err != nil {
			return
		}
		if u.User != nil || u.Host == "" && u.Scheme == "https" || u.Scheme == "http" && !loopback.Is(u.Hostname()) || u.Scheme == "javascript" || strings.ContainsAny(text, "\\# \r\n\t") {
			t.Fatal(text)
		}
		back, err := url.Parse(withParameters(u, url.Values{"code": {"c"}, "state": {"\r\n"}}))
		if err != nil || back.Host != u.Host || back.Scheme != u.Scheme || back.Query().Get("code") == "" {
			t.Fatal(text, back, err)
		}
	})
}

func FuzzRegistration(f *testing.F) {
	f.Add(`{"client_name":"x","redirect_uris":["https://a.example/"]}`)
	f.Add(`{"redirect_uris":null,"grant_types":[]}`)
	s, err := New(Options{Issuer: testIssuer, Endpoints: []string{"/mcp"}, Secrets: testSecrets, CheckKey: func(context.Context, Credentials) error { return nil }})
	require.NoError(f, err)
	mux := http.NewServeMux()
	s.Register(mux)
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/register", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		var answer struct {
			ID    string `json:"client_id"`
			Error string `json:"error"`
		}
		if json.Unmarshal(w.Body.Bytes(), &answer) != nil || (w.Code == http.StatusCreated) != (answer.ID != "") || (answer.ID == "") == (answer.Error == "") || len(answer.ID) > 6<<10 {
			t.Fatal(w.Code, w.Body)
		}
	})
}
