package wire

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type quiet struct{}

func (quiet) Request(ctx context.Context, _ string) (context.Context, func(int)) {
	return ctx, func(int) {}
}
func (quiet) Wait(ctx context.Context, _ string) (context.Context, func(error)) {
	return ctx, func(error) {}
}
func (quiet) Sockets(int) {}
func (quiet) Waits(int)   {}

// hurried is a transport whose safe requests have little time.
func hurried(t *testing.T, handler http.HandlerFunc, limit, pause time.Duration) *Transport {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := New(Options{
		BaseURL: server.URL, HTTPClient: server.Client(), MinBackoff: pause, ReadTimeout: limit,
		Observer: quiet{}, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(transport.Close)
	return transport
}

// A read has one deadline over all its attempts: a server that is slow each time takes no
// longer than one that never answers.
func TestAReadHasOneDeadlineOverAllItsAttempts(t *testing.T) {
	t.Parallel()
	const limit = 150 * time.Millisecond
	for name, handler := range map[string]http.HandlerFunc{
		"it never answers": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"it refuses for ever": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"it asks to wait": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "10")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := hurried(t, handler, limit, time.Minute)
			start := time.Now()
			_, err := transport.Exec(t.Context(), Caller{}, Operation{Path: "Task/Detail", Effect: Safe, Timeout: time.Minute}, JSON([]byte(`{}`)))
			require.Less(t, time.Since(start), 5*time.Second)
			var failure *Error
			require.ErrorAs(t, err, &failure)
			require.NotEqual(t, Stopped, failure.Kind, "the caller did not stop it")
			require.False(t, strings.Contains(err.Error(), "context"), "%v", err)
		})
	}
}

// What may have been paid has no such deadline: its answer matters.
func TestAPaymentHasTheTimeOfItsOperation(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int32
	transport := hurried(t, func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		<-time.After(20 * time.Millisecond) // longer than a read may take here
		_, _ = io.WriteString(w, `{"result":true}`)
	}, time.Millisecond, time.Millisecond)
	_, err := transport.Exec(t.Context(), Caller{}, Operation{Path: "Run", Effect: NonIdempotent, Timeout: time.Minute}, JSON([]byte(`{}`)))
	require.NoError(t, err)
	require.EqualValues(t, 1, arrived.Load())
}

// What a program's own client does beside sending stays: it keeps cookies, and has a timeout.
func TestAClientWithCookiesAndATimeout(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if _, err := r.Cookie("seen"); err == nil {
			<-r.Context().Done()
		}
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		_, _ = io.WriteString(w, `{"result":true}`)
	}))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	for _, timeout := range []time.Duration{0, 50 * time.Millisecond} {
		transport := New(Options{
			BaseURL: server.URL, HTTPClient: &http.Client{Transport: server.Client().Transport, Jar: jar, Timeout: timeout},
			MinBackoff: time.Millisecond, Observer: quiet{}, Logger: slog.New(slog.DiscardHandler),
		})
		_, err := transport.Exec(t.Context(), Caller{}, Operation{Path: "Run", Effect: NonIdempotent, Timeout: time.Minute}, JSON([]byte(`{}`)))
		if timeout == 0 {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, "Client.Timeout")
	}
}

func TestAnAnswerOfAServerWithoutTLSIsExplained(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	transport := New(Options{
		BaseURL: "https" + strings.TrimPrefix(server.URL, "http"), HTTPClient: &http.Client{Transport: DefaultTransport()},
		MinBackoff: time.Millisecond, Observer: quiet{}, Logger: slog.New(slog.DiscardHandler),
	})
	_, err := transport.Exec(t.Context(), Caller{}, Operation{Path: "Task/Detail", Timeout: time.Minute}, JSON([]byte(`{}`)))
	require.ErrorIs(t, err, http.ErrSchemeMismatch)
}
