package oauth

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/fetch"
)

// web answers requests for documents without a network.
type web struct {
	answer func(*http.Request) (*http.Response, error)
	count  atomic.Int64
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	w.count.Add(1)
	return w.answer(r)
}

func document200(body string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func documentOf(id string, redirects ...string) string {
	data, _ := json.Marshal(map[string]any{
		"client_id": id, "client_name": "Claude Code", "redirect_uris": redirects,
		"token_endpoint_auth_method": "none", "grant_types": []string{"authorization_code", "refresh_token"},
	})
	return string(data)
}

const claudeCode = "https://claude.ai/oauth/claude-code-client-metadata"

func withWeb(w *web) func(*Options) {
	return func(o *Options) { o.Fetch = &http.Client{Transport: w} }
}

func TestAClientMayBeADocument(t *testing.T) {
	t.Parallel()
	w := &web{answer: func(*http.Request) (*http.Response, error) {
		return document200(documentOf(claudeCode, "http://localhost/callback", "http://127.0.0.1/callback")), nil
	}}
	r := newRig(t, withWeb(w))
	m := decode[map[string]any](t, r.send(http.MethodGet, "/.well-known/oauth-authorization-server", ""))
	require.Equal(t, true, m["client_id_metadata_document_supported"])

	const redirect = "http://localhost:51312/callback"
	page := r.send(http.MethodGet, "/authorize?"+query(claudeCode, redirect).Encode(), "")
	require.Contains(t, page.Body.String(), "published by claude.ai")
	got := r.tokens(exchange(claudeCode, redirect, r.code(claudeCode, redirect)))
	_, err := r.verify(got.Access, "/mcp")
	require.NoError(t, err)
	r.tokens(refreshing(claudeCode, got.Refresh))
	require.EqualValues(t, 1, w.count.Load(), "cached")
	r.advance(documentLifetime)
	r.code(claudeCode, redirect)
	require.EqualValues(t, 2, w.count.Load())

	for _, wrong := range []string{"http://localhost:1/other", "https://evil.example/callback"} {
		require.Equal(t, http.StatusBadRequest, r.send(http.MethodGet, "/authorize?"+query(claudeCode, wrong).Encode(), "").Code)
	}
	off := newRig(t)
	require.Equal(t, http.StatusUnauthorized, off.send(http.MethodGet, "/authorize?"+query(claudeCode, redirect).Encode(), "").Code)
	refused(t, off.post("/token", refreshing(claudeCode, got.Refresh)), http.StatusUnauthorized, "invalid_client")
}

func TestDocumentsThatAreWrongIdentifyNobody(t *testing.T) {
	t.Parallel()
	const redirect = "http://localhost:1/callback"
	for name, c := range map[string]struct {
		id     string
		answer func(*http.Request) (*http.Response, error)
		text   string
	}{
		"another client_id": {claudeCode, func(*http.Request) (*http.Response, error) {
			return document200(documentOf(claudeCode+"/", redirect)), nil
		}, "another client_id"},
		"no redirects": {claudeCode, func(*http.Request) (*http.Response, error) { return document200(documentOf(claudeCode)), nil }, "redirect_uris"},
		"wrong redirects": {claudeCode, func(*http.Request) (*http.Response, error) {
			return document200(documentOf(claudeCode, "http://evil.example/")), nil
		}, "redirect_uris"},
		"not JSON": {claudeCode, func(*http.Request) (*http.Response, error) { return document200("<html>"), nil }, "not JSON"},
		"large": {claudeCode, func(*http.Request) (*http.Response, error) {
			return document200(documentOf(claudeCode, redirect) + strings.Repeat(" ", maxDocument)), nil
		}, "larger than 5 KB"},
		"endless": {claudeCode, func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(endless{})}, nil
		}, "larger than 5 KB"},
		"an error": {claudeCode, func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody}, nil
		}, "status 200"},
		"a redirect": {claudeCode, func(r *http.Request) (*http.Response, error) {
			if r.URL.String() != claudeCode {
				return document200(documentOf(claudeCode, redirect)), nil
			}
			return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {"https://claude.ai/elsewhere"}}, Body: http.NoBody}, nil
		}, "without a redirect"},
		"no network":     {claudeCode, func(*http.Request) (*http.Response, error) { return nil, fetch.ErrPrivate }, "cannot be fetched"},
		"no path":        {"https://claude.ai", nil, "has a path"},
		"root":           {"https://claude.ai/", nil, "has a path"},
		"dots":           {"https://claude.ai/a/../b", nil, "has a path"},
		"user":           {"https://user@claude.ai/b", nil, "no user name"},
		"fragment":       {"https://claude.ai/b#c", nil, "no user name and no fragment"},
		"backslash":      {`https://claude.ai\@evil.example/b`, nil, "not a valid address"},
		"line break":     {"https://claude.ai/b\r\nHost: x", nil, "not a valid address"},
		"long":           {"https://claude.ai/" + strings.Repeat("a", maxDocumentURL), nil, "not a valid address"},
		"not an host":    {"https:///b", nil, "https://"},
		"another letter": {"https://cl%D0%B0ude.ai/b", nil, "plain host name"},
		"half escaped":   {"https://claude.ai/%zz", nil, "not a valid address"},
	} {
		w := &web{answer: c.answer}
		r := newRig(t, withWeb(w))
		page := r.send(http.MethodGet, "/authorize?"+query(c.id, redirect).Encode(), "")
		require.Equal(t, http.StatusBadRequest, page.Code, name)
		require.Contains(t, page.Body.String(), c.text, name)
		require.NotContains(t, page.Body.String(), "private", "nothing about the network")
		require.LessOrEqual(t, w.count.Load(), int64(1), name)
		if c.answer == nil {
			require.Zero(t, w.count.Load(), name)
			continue
		}
		r.send(http.MethodGet, "/authorize?"+query(c.id, redirect).Encode(), "")
		require.EqualValues(t, 1, w.count.Load(), "a failure is remembered for a while")
		r.advance(documentRetry)
		r.send(http.MethodGet, "/authorize?"+query(c.id, redirect).Encode(), "")
		require.EqualValues(t, 2, w.count.Load(), "and not for long")
	}
}

func TestADocumentsPortIsShown(t *testing.T) {
	t.Parallel()
	const id = "https://claude.ai:8443/client"
	w := &web{answer: func(*http.Request) (*http.Response, error) {
		return document200(documentOf(id, "http://localhost/callback")), nil
	}}
	r := newRig(t, withWeb(w))
	page := r.send(http.MethodGet, "/authorize?"+query(id, "http://localhost/callback").Encode(), "")
	require.Contains(t, page.Body.String(), "published by claude.ai:8443)")
}

// Anybody can name an address that is fetched then, and the slow ones keep others waiting.
func TestOneAddressCannotHaveDocumentsFetchedForEver(t *testing.T) {
	t.Parallel()
	var asked []string
	retry := time.Duration(0)
	w := &web{answer: func(r *http.Request) (*http.Response, error) {
		return document200(documentOf(r.URL.String(), "http://localhost/callback")), nil
	}}
	r := newRig(t, withWeb(w), func(o *Options) {
		o.Allow = func(_ *http.Request, endpoint string) time.Duration {
			asked = append(asked, endpoint)
			return retry
		}
	})
	show := func(id string) *httptest.ResponseRecorder {
		return r.send(http.MethodGet, "/authorize?"+query(id, "http://localhost/callback").Encode(), "")
	}
	require.Equal(t, http.StatusOK, show(claudeCode).Code)
	retry = 1500 * time.Millisecond
	page := show("https://app.example/client")
	require.Equal(t, http.StatusTooManyRequests, page.Code)
	require.Contains(t, page.Body.String(), "Try again in 2 s")
	require.Equal(t, "2", page.Header().Get("Retry-After"))
	require.Contains(t, r.events, "authorize limited 429")
	require.EqualValues(t, 1, w.count.Load())
	require.Equal(t, http.StatusOK, show(claudeCode).Code, "what is known is not fetched")
	require.Equal(t, []string{"document", "document"}, asked)
	r.advance(documentLifetime)
	require.Equal(t, http.StatusTooManyRequests, show(claudeCode).Code)
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestDocumentsOnPrivateAddressesAreNotFetched(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	private := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	t.Cleanup(private.Close)
	guarded := fetch.CallerClient(fetch.Options{})
	t.Cleanup(guarded.CloseIdleConnections)
	r := newRig(t, func(o *Options) { o.Fetch = guarded })
	for _, id := range []string{
		private.URL + "/client", "https://localhost/client", "https://10.0.0.1/client", "https://192.168.1.1/client", "https://[::1]/client", "https://169.254.169.254/latest/meta-data", "https://0.0.0.0/client", "https://[::ffff:127.0.0.1]/client",
	} {
		page := r.send(http.MethodGet, "/authorize?"+query(id, "http://localhost/cb").Encode(), "")
		require.Equal(t, http.StatusBadRequest, page.Code, id)
		require.Contains(t, page.Body.String(), "cannot be fetched", id)
	}
	require.False(t, reached.Load())
}

func TestSlowDocumentsAreGivenUp(t *testing.T) {
	t.Parallel()
	w := &web{answer: func(r *http.Request) (*http.Response, error) {
		deadline, ok := r.Context().Deadline()
		require.True(t, ok)
		require.LessOrEqual(t, time.Until(deadline), documentTimeout)
		return nil, context.DeadlineExceeded
	}}
	r := newRig(t, withWeb(w))
	require.Equal(t, http.StatusBadRequest, r.send(http.MethodGet, "/authorize?"+query(claudeCode, "http://localhost/cb").Encode(), "").Code)
	require.EqualValues(t, 1, w.count.Load())
}

func TestFetchesOfDocumentsAreBounded(t *testing.T) {
	t.Parallel()
	release, started := make(chan struct{}), make(chan struct{}, 4*maxFetches)
	w := &web{answer: func(r *http.Request) (*http.Response, error) {
		select {
		case started <- struct{}{}:
		default:
		}
		<-release
		return document200(documentOf(r.URL.String(), "http://localhost/cb")), nil
	}}
	d := newDocuments(&http.Client{Transport: w}, time.Now)
	var group sync.WaitGroup
	for i := range maxFetches {
		address := "https://app.example/" + strings.Repeat("x", i+1)
		for range 2 { // both get the one that is fetched
			group.Go(func() {
				_, err := d.get(context.Background(), address)
				require.NoError(t, err)
			})
		}
	}
	for range maxFetches {
		<-started
	}
	_, err := d.get(context.Background(), "https://app.example/one-more")
	require.ErrorContains(t, err, "too many")
	close(release)
	group.Wait()
	_, err = d.get(context.Background(), "https://app.example/one-more")
	require.NoError(t, err)
	require.LessOrEqual(t, w.count.Load(), int64(2*maxFetches+1))

	for i := range 2 * documentsKept {
		_, err = d.get(context.Background(), "https://app.example/many/"+strings.Repeat("y", i%400)+string(rune('a'+i/400)))
		require.NoError(t, err)
	}
	require.LessOrEqual(t, d.cache.Len(), documentsKept)
}
