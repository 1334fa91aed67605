package wiro_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestReadsAreRepeated(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(http.ResponseWriter){
		"429":        func(w http.ResponseWriter) { answer(w, 429, `{}`) },
		"500":        func(w http.ResponseWriter) { answer(w, 500, `{"result":false,"errors":[]}`) },
		"502 page":   func(w http.ResponseWriter) { answer(w, 502, `<html>`) },
		"connection": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var arrived atomic.Int32
			c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
				if arrived.Add(1) == 1 {
					fail(w)
					return
				}
				answer(w, 200, `{"result":true,"errors":[],"total":"0","tool":[]}`)
			})
			_, err := c.Models.List(t.Context(), wiro.ModelQuery{})
			require.NoError(t, err)
			require.EqualValues(t, 2, arrived.Load())
		})
	}
}

func TestRefusalsAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 401, 403, 404} {
		var arrived atomic.Int32
		c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
			arrived.Add(1)
			answer(w, status, `{"result":false,"errors":[{"code":"1","message":"There is no task yet."}]}`)
		})
		_, err := c.Tasks.Get(t.Context(), wiro.TaskRef{Token: "x"})
		require.Error(t, err)
		require.EqualValues(t, 1, arrived.Load(), status)
	}
}

func TestALongRetryAfterIsLeftToTheCaller(t *testing.T) {
	t.Parallel()
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		answer(w, 429, `{"result":false,"errors":[{"message":"slow down"}]}`)
	})
	_, err := c.Models.List(t.Context(), wiro.ModelQuery{})
	require.ErrorIs(t, err, wiro.ErrRateLimited)
	failure, ok := errors.AsType[*wiro.APIError](err)
	require.True(t, ok)
	require.Equal(t, time.Hour, failure.RetryAfter)
}

func TestErrorsCarryWirosMeaning(t *testing.T) {
	t.Parallel()
	for body, sentinel := range map[string]error{
		`{"result":false,"errors":[{"code":96,"message":"You have reached your limit"}]}`:                   wiro.ErrConcurrencyLimit,
		`{"result":false,"errors":[{"code":"97","message":"Insufficient balance"}]}`:                        wiro.ErrInsufficientBalance,
		`{"result":false,"errors":[{"code":98,"message":"sign in to run this model"}]}`:                     wiro.ErrSignInRequired,
		`{"result":false,"errors":[{"code":99,"message":"Authorization bearer token expired."}]}`:           wiro.ErrTokenInvalid,
		`{"result":false,"errors":[{"code":1,"message":"slug-owner-project-not-exist"}]}`:                   wiro.ErrNotFound,
		`{"result":"false","errors":[{"message":"You don't have any permission for this action."}]}`:        wiro.ErrForbidden,
		`{"result":0,"errors":"[{\"code\":1,\"message\":\"Task is not in a cancellable state.\"}]"}`:        wiro.ErrNotCancellable,
		`{"result":false,"errors":[{"code":0,"message":"x"},{"code":97,"message":"Insufficient balance"}]}`: wiro.ErrInsufficientBalance,
		`{"result":false,"errors":[{"code":0,"message":"Project authorization is not founded."}]}`:          wiro.ErrUnauthorized,
		`{"result":false,"errors":[{"message":"slug-owner-project-not-exist"}]}`:                            wiro.ErrNotFound,
		`{"result":false,"errors":["User agent not found"]}`:                                                wiro.ErrNotFound,
	} {
		c := fake(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) })
		_, err := c.Runs.Submit(t.Context(), anyModel, anyParams)
		require.ErrorIs(t, err, sentinel, body)
		require.NotErrorIs(t, err, wiro.ErrUnknownOutcome, body)
		if errors.Is(sentinel, wiro.ErrUnauthorized) {
			require.NotErrorIs(t, err, wiro.ErrNotFound, "not founded is not unfound")
		}
	}
}

func TestCredentialsNeverFollowARedirect(t *testing.T) {
	t.Parallel()
	var leaked atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leaked.Store(true)
		_ = r
	}))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 307, 308} {
		c := fake(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
		_, err := c.Models.List(t.Context(), wiro.ModelQuery{})
		require.ErrorContains(t, err, "redirects")
	}
	require.False(t, leaked.Load())
}

func TestErrorsNeverShowCredentials(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 502} {
		for _, body := range []string{
			"<html>" + testKey + " " + testSecret,
			`{"result":false,"errors":[{"message":"key ` + testKey + ` and ` + testSecret + ` are wrong"}]}`,
		} {
			c := fake(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, status, body) })
			_, err := c.Runs.Submit(t.Context(), anyModel, anyParams)
			require.Error(t, err)
			require.NotContains(t, err.Error(), testKey)
			require.NotContains(t, err.Error(), testSecret)
		}
	}
}

func TestAStrangeAnswerIsShownInPart(t *testing.T) {
	t.Parallel()
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, "<html><title>Hello</title>"+strings.Repeat("x", 10_000))
	})
	_, err := c.Models.List(t.Context(), wiro.ModelQuery{})
	strange, ok := errors.AsType[*wiro.ResponseError](err)
	require.True(t, ok)
	require.Contains(t, strange.Error(), "web page")
	require.Less(t, len(strange.Error()), 400)
}

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	t.Parallel()
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat("x", 1<<20))
		_, _ = io.WriteString(w, `{"result":true,"tool":"`)
		for range 300 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Models.List(t.Context(), wiro.ModelQuery{})
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, wiro.ErrTooLarge)
	require.ErrorContains(t, err, "larger than 16 MB")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(200<<20))
}

func TestSlugsCannotLeaveTheirPath(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int32
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived.Add(1)
		answer(w, 200, accepted)
	})
	for _, slug := range []wiro.Slug{
		{}, {Owner: "a"}, {Model: "b"}, {Owner: "..", Model: "x"}, {Owner: "a", Model: ".."}, {Owner: "a", Model: "../../Task/Kill"},
		{Owner: "a", Model: "b?c"}, {Owner: "a", Model: "b#c"}, {Owner: "a/b", Model: "c"}, {Owner: "a", Model: "%2e%2e"},
		{Owner: "a", Model: "b\\c"}, {Owner: "a", Model: "b c"}, {Owner: "a", Model: "b\nc"}, {Owner: "a;", Model: "b"}, {Owner: "a", Model: strings.Repeat("b", 500)},
	} {
		_, err := c.Runs.Submit(t.Context(), slug.String(), nil)
		_, isInput := errors.AsType[*wiro.InputError](err)
		require.True(t, isInput, "%q: %v", slug, err)
	}
	require.Zero(t, arrived.Load())
}

func TestParseSlugForgives(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"openai/sora-2", " OpenAI/Sora-2 ", "/openai/sora-2/", "https://wiro.ai/models/openai/sora-2"} {
		slug, err := wiro.ParseSlug(text)
		require.NoError(t, err)
		require.Equal(t, "openai/sora-2", slug.String())
	}
}

func TestSignedRequestsNeverShareANonce(t *testing.T) {
	t.Parallel()
	var nonces sync.Map
	c := fake(t, func(w http.ResponseWriter, r *http.Request) {
		nonce := r.Header.Get("x-nonce")
		if _, taken := nonces.LoadOrStore(nonce, true); taken || len(r.Header.Get("x-signature")) != 64 {
			answer(w, 401, `{"result":false,"errors":[{"message":"Project authorization is not valid."}]}`)
			return
		}
		answer(w, 200, `{"result":true,"errors":[],"tool":[]}`)
	})
	var wg sync.WaitGroup
	failures := make(chan error, 200)
	for range 200 {
		wg.Go(func() {
			if _, err := c.Models.List(t.Context(), wiro.ModelQuery{}); err != nil {
				failures <- err
			}
		})
	}
	wg.Wait()
	close(failures)
	require.NoError(t, <-failures)
}

func TestAKeyAloneIsNotSigned(t *testing.T) {
	t.Parallel()
	c := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("x-signature") != "" || r.Header.Get("x-api-key") != "other" || r.Header.Get("teamGUID") != "team-1" {
			answer(w, 401, `{}`)
			return
		}
		answer(w, 200, `{"result":true,"tool":[]}`)
	})
	_, err := c.WithCredentials(wiro.Credentials{Key: "other"}).WithTeam("team-1").Models.List(t.Context(), wiro.ModelQuery{})
	require.NoError(t, err)
}

func TestSecretsPrintAsSet(t *testing.T) {
	t.Parallel()
	credentials := wiro.Credentials{Key: "abc"}
	encoded, err := json.Marshal(credentials)
	require.NoError(t, err)
	for _, text := range []string{fmt.Sprint(credentials), fmt.Sprintf("%+v %#v %s %q", credentials, credentials, credentials.Key, credentials.Key), string(encoded)} {
		require.NotContains(t, text, "abc")
		require.Contains(t, text, "[set]")
	}
}

func TestAFormIsStreamedWithItsLength(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	c := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength <= size {
			answer(w, 400, `{"result":false,"errors":[{"message":"no length"}]}`)
			return
		}
		file, header, err := r.FormFile("file")
		if err != nil || r.FormValue("folderid") != "f1" {
			answer(w, 400, `{"result":false,"errors":[{"message":"no file"}]}`)
			return
		}
		n, _ := io.Copy(io.Discard, file)
		answer(w, 200, fmt.Sprintf(`{"result":true,"list":[{"id":"1","name":%q,"size":"%d","addedtime":"1716276727"}]}`, header.Filename, n))
	})
	stored, err := c.Files.Upload(t.Context(), wiro.File{
		Name: `dir/na"me.png`, ContentType: "image/png", Size: size,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeros{}, size)), nil },
	}, "f1")
	require.NoError(t, err)
	require.EqualValues(t, size, stored.Size)
	require.Equal(t, 2024, stored.AddedAt.Year())
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{accepted, `{"result":false,"errors":[{"code":"96","message":"x"}]}`, `null`, `[]`, `{"errors":"x"}`, `{"result":1e999}`} {
		f.Add(200, seed)
	}
	var status int
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, status, body) }))
	f.Cleanup(server.Close)
	c := wiro.NewClient(wiro.Options{BaseURL: server.URL, SocketURL: wiro.NoSocket, MinBackoff: time.Nanosecond})
	f.Cleanup(c.Close)
	f.Fuzz(func(t *testing.T, s int, b string) {
		status, body = 200+(s&0xff)%300, b
		task, err := c.Tasks.Get(t.Context(), wiro.TaskRef{Token: "x"})
		if err == nil && task.Status != "" {
			_ = task.Over()
		}
	})
}

// A caller who gives up between two attempts gets its own error, not one about Wiro.
func TestACallThatIsGivenUpDuringAPauseSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 503, `{"result":false,"errors":[{"message":"busy"}]}`)
		cancel()
	}))
	t.Cleanup(server.Close)
	c := wiro.NewClient(wiro.Options{BaseURL: server.URL, SocketURL: wiro.NoSocket, MinBackoff: time.Hour, Credentials: wiro.Credentials{Key: testKey}})
	t.Cleanup(c.Close)
	_, err := c.Models.Explore(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, wiro.ErrUnreachable)
	_, err = c.Models.Explore(ctx)
	require.EqualError(t, err, "Tool/Explore: context canceled", "nothing is sent for a caller who has gone")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A program's own transport, as tests have one, may leave out of its responses what net/http fills in.
func TestATransportOfTheProgramMayAnswerInShort(t *testing.T) {
	t.Parallel()
	client := wiro.NewClient(wiro.Options{Credentials: wiro.Credentials{Key: testKey}, HTTPClient: &http.Client{
		Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"result":true,"tasklist":[{"id":"7"}]}`))}, nil
		}),
	}})
	task, err := client.Tasks.Get(t.Context(), wiro.TaskRef{ID: "7"})
	require.NoError(t, err)
	require.Equal(t, "7", task.ID)
}
