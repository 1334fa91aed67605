package transport

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/apikey"
	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestCredentialsComeFromTheHeaders(t *testing.T) {
	t.Parallel()
	both := wiro.Credentials{Key: "k3y", Secret: "s3cret"}
	for name, test := range map[string]struct {
		header http.Header
		want   wiro.Credentials
	}{
		"a key":                          {http.Header{"Authorization": {"Bearer k3y"}}, wiro.Credentials{Key: "k3y"}},
		"a key and a secret":             {http.Header{"Authorization": {"Bearer k3y:s3cret"}}, both},
		"a secret with a colon":          {http.Header{"Authorization": {"Bearer k3y:s3:cret"}}, wiro.Credentials{Key: "k3y", Secret: "s3:cret"}},
		"any case and more spaces":       {http.Header{"Authorization": {"  bEARER   k3y "}}, wiro.Credentials{Key: "k3y"}},
		"x-api-key":                      {http.Header{"X-Api-Key": {"k3y"}}, wiro.Credentials{Key: "k3y"}},
		"x-api-key and x-api-secret":     {http.Header{"X-Api-Key": {"k3y"}, "X-Api-Secret": {"s3cret"}}, both},
		"the same twice":                 {http.Header{"Authorization": {"Bearer k3y:s3cret"}, "X-Api-Key": {"k3y"}, "X-Api-Secret": {"s3cret"}}, both},
		"x-api-key behind a proxy's own": {http.Header{"Authorization": {"Basic cHJveHk6cHJveHk="}, "X-Api-Key": {"k3y"}}, wiro.Credentials{Key: "k3y"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := credentialsOf(test.header)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestBadCredentialsAreRefusedWithWhatToSend(t *testing.T) {
	t.Parallel()
	r := start(t)
	for name, test := range map[string]struct {
		header http.Header
		says   string
	}{
		"none":                     {http.Header{}, "needs your Wiro API key"},
		"an empty header":          {http.Header{"Authorization": {""}}, "needs your Wiro API key"},
		"no scheme":                {http.Header{"Authorization": {"k3y"}}, "must start with"},
		"the scheme alone":         {http.Header{"Authorization": {"Bearer "}}, "empty"},
		"an empty secret":          {http.Header{"Authorization": {"Bearer k3y:"}}, "secret after the colon is empty"},
		"an empty key":             {http.Header{"Authorization": {"Bearer :s3cret"}}, "key is empty"},
		"user and password":        {http.Header{"Authorization": {"Basic azN5OnMzY3JldA=="}}, "Basic"},
		"a space within":           {http.Header{"Authorization": {"Bearer k3 y"}}, "spaces"},
		"letters beyond ASCII":     {http.Header{"Authorization": {"Bearer k3\u00fd"}}, "ASCII"},
		"a novel":                  {http.Header{"Authorization": {"Bearer " + strings.Repeat("k", 600)}}, "too long"},
		"an unfilled variable":     {http.Header{"Authorization": {"Bearer ${WIRO_API_KEY}"}}, "placeholder"},
		"an unfilled secret":       {http.Header{"Authorization": {"Bearer k3y:undefined"}}, "secret after the colon is a placeholder"},
		"a key for each in quotes": {http.Header{"X-Api-Key": {`"${input:key}"`}}, "placeholder that was not filled in: ${input:key}"},
		"the README's placeholder": {http.Header{"Authorization": {"Bearer YOUR_API_KEY"}}, "placeholder"},
		"two different headers":    {http.Header{"Authorization": {"Bearer k3y", "Bearer 0ther"}}, "more than once"},
		"two different keys":       {http.Header{"Authorization": {"Bearer k3y"}, "X-Api-Key": {"0ther"}}, "different credentials"},
		"both in x-api-key":        {http.Header{"X-Api-Key": {"k3y:s3cret"}}, "x-api-secret"},
		"a secret on its own":      {http.Header{"X-Api-Secret": {"s3cret"}}, "x-api-key, which is missing"},
		"a secret beside a bearer": {http.Header{"Authorization": {"Bearer k3y"}, "X-Api-Secret": {"s3cret"}}, "x-api-key, which is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := r.request(listTools)
			q = q.WithContext(t.Context())
			q.Header.Del("Authorization")
			maps.Copy(q.Header, test.header)
			response, err := clientOf(t).Do(q)
			require.NoError(t, err)
			a := read(t, response)
			require.Equal(t, http.StatusUnauthorized, a.status)
			require.Contains(t, a.header.Get("WWW-Authenticate"), `Bearer realm="wiro-mcp"`)
			said := a.rpc(t)
			require.Contains(t, said.Error.Message, test.says)
			require.Contains(t, said.Error.Message, "Authorization: Bearer YOUR_API_KEY")
			require.JSONEq(t, "null", string(said.ID))
			for _, part := range []string{"k3y", "0ther", "s3cret", "azN5"} {
				require.NotContains(t, a.body, part)
			}
		})
	}
}

// The server's own environment holds a key on many machines: it must never serve callers.
func TestTheServersOwnCredentialsServeNobody(t *testing.T) {
	t.Setenv("WIRO_API_KEY", emulator.DemoKey)
	r := start(t)
	require.Equal(t, http.StatusUnauthorized, r.post(listTools, header("Authorization", "")).status)
	require.Zero(t, r.wiro.RequestCount("Tool/List"))
}

func TestSignedProjectsAreServed(t *testing.T) {
	t.Parallel()
	r := start(t)
	search := call(1, "search_models", map[string]any{"search": "flux"})
	for name, edit := range map[string]func(*http.Request){
		"bearer": header("Authorization", "Bearer "+emulator.DemoSignedKey+":"+emulator.DemoSignedSecret),
		"x-api-key": func(q *http.Request) {
			q.Header.Del("Authorization")
			q.Header.Set("x-api-key", emulator.DemoSignedKey)
			q.Header.Set("x-api-secret", emulator.DemoSignedSecret)
		},
	} {
		a := r.post(search, edit)
		require.False(t, a.rpc(t).Result.IsError, "%s: %s", name, a.body)
	}
	require.True(t, r.post(search, header("Authorization", "Bearer "+emulator.DemoSignedKey)).rpc(t).Result.IsError)
}

func TestPagesForProbesAndPeopleNeedNoKey(t *testing.T) {
	t.Parallel()
	r := start(t)
	<-r.ready.docs
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics"} {
		require.Equal(t, http.StatusOK, r.get(path).status, path)
	}
}

func FuzzCredentials(f *testing.F) {
	for _, seed := range []string{"Bearer k3y", "bearer k:s", "Bearer k:s:t", "Basic eDp5", "Bearer", "", " ", "Bearer ${X}", "Bearer \x00", "Bearer a\tb"} {
		f.Add(seed, "", "")
		f.Add(seed, "k3y", "s")
	}
	f.Add("", "key", "")
	f.Fuzz(func(t *testing.T, authorization, key, secret string) {
		h := http.Header{"Authorization": {authorization}, "X-Api-Key": {key}, "X-Api-Secret": {secret}}
		got, err := credentialsOf(h)
		if err != nil {
			if got.Set() || !strings.Contains(err.Error(), "Authorization: Bearer YOUR_API_KEY") {
				t.Fatalf("%v, %q", got.Set(), err)
			}
			return
		}
		for _, part := range []string{got.Key.Reveal(), got.Secret.Reveal()} {
			if strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r > '~' }) || len(part) > apikey.MaxLength {
				t.Fatalf("accepted %q", part)
			}
		}
		// What was understood, said again plainly, is understood in the same way.
		again := "Bearer " + got.Key.Reveal()
		if got.Secret != "" {
			again += ":" + got.Secret.Reveal()
		}
		same, err := credentialsOf(http.Header{"Authorization": {again}})
		if err != nil || same != got {
			t.Fatalf("%q: %v", again, err)
		}
	})
}
