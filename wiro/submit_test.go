package wiro_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

const accepted = `{"result":true,"errors":[],"taskid":"7","socketaccesstoken":"tok7"}`

const anyModel = "openai/sora-2"

var anyParams = wiro.Params{"prompt": "a cat"}

func TestRunIsNeverSubmittedTwice(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(http.ResponseWriter, *http.Request){
		"500 with an envelope": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 500, `{"result":false,"errors":[{"code":0,"message":"server error"}]}`)
		},
		"502 with a web page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(502)
			_, _ = io.WriteString(w, "<html>Bad gateway</html>")
		},
		"503 with Retry-After": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(503)
		},
		"connection cut after the request was read": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		},
		"answer cut in the middle": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"result":true,`)
		},
		"broken JSON":            func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"result":tru`) },
		"an answer without task": func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"result":true,"errors":[]}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var arrived atomic.Int32
			c := fake(t, func(w http.ResponseWriter, r *http.Request) {
				arrived.Add(1)
				fail(w, r)
			})
			_, err := c.Runs.Submit(t.Context(), anyModel, anyParams)
			require.ErrorIs(t, err, wiro.ErrUnknownOutcome)
			require.EqualValues(t, 1, arrived.Load())
		})
	}
}

func TestRunThatTimesOutIsNotRepeated(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	c := fakeWith(t, &http.Transport{ResponseHeaderTimeout: 20 * time.Millisecond}, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	t.Cleanup(func() { close(release) })
	_, err := c.Runs.Submit(t.Context(), anyModel, anyParams)
	require.ErrorIs(t, err, wiro.ErrUnknownOutcome)
	<-arrived // late, perhaps: the client does not wait for it
	require.Empty(t, arrived)
}

// takes is a transport of somebody's own, which tells nobody about its connections.
type takes struct {
	read     bool // the request's content, before it fails
	attempts atomic.Int32
}

func (r *takes) RoundTrip(request *http.Request) (*http.Response, error) {
	defer request.Body.Close() //nolint:errcheck // nothing to lose
	r.attempts.Add(1)
	if r.read {
		_, _ = io.Copy(io.Discard, request.Body)
	}
	return nil, errors.New("the line went dead")
}

func TestRunIsNeverSubmittedTwiceThroughATransportOfOnesOwn(t *testing.T) {
	t.Parallel()
	for read, want := range map[bool]struct {
		err      error
		attempts int32
	}{true: {wiro.ErrUnknownOutcome, 1}, false: {wiro.ErrUnreachable, 4}} {
		own := &takes{read: read}
		_, err := fakeWith(t, own, func(http.ResponseWriter, *http.Request) {}).Runs.Submit(t.Context(), anyModel, anyParams)
		require.ErrorIs(t, err, want.err)
		require.Equal(t, want.attempts, own.attempts.Load())
	}
}

// A field of a shape that nobody foresaw must not cost the token that is paid for.
func TestAnOddFieldDoesNotLoseWhatWasPaidFor(t *testing.T) {
	t.Parallel()
	submission, err := answering(t, `{"result":true,"taskid":7,"socketaccesstoken":"tok7","errors":{"odd":[]}}`).Runs.Submit(t.Context(), anyModel, anyParams)
	require.NoError(t, err)
	require.EqualValues(t, "tok7", submission.Token)
}

func TestRunIsRepeatedOn429(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int32
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		if arrived.Add(1) < 3 {
			answer(w, 429, `{"result":false,"errors":[{"code":0,"message":"slow down"}]}`)
			return
		}
		answer(w, 200, accepted)
	})
	submission, err := c.Runs.Submit(t.Context(), anyModel, anyParams)
	require.NoError(t, err)
	require.EqualValues(t, "tok7", submission.Token)
	require.EqualValues(t, 3, arrived.Load())
}

// refusing fails the first dials before any byte is sent.
type refusing struct {
	left atomic.Int32
	net.Dialer
}

func (d *refusing) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if d.left.Add(-1) >= 0 {
		return nil, errors.New("connection refused")
	}
	return d.DialContext(ctx, network, address)
}

func TestRunIsRepeatedWhereTheConnectionWasRefused(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int32
	dialer := &refusing{}
	dialer.left.Store(2)
	c := fakeWith(t, &http.Transport{DialContext: dialer.dial}, func(w http.ResponseWriter, _ *http.Request) {
		arrived.Add(1)
		answer(w, 200, accepted)
	})
	_, err := c.Runs.Submit(t.Context(), anyModel, anyParams)
	require.NoError(t, err)
	require.EqualValues(t, 1, arrived.Load())
}

func TestUnreachableSaysThatNothingWasSent(t *testing.T) {
	t.Parallel()
	dialer := &refusing{}
	dialer.left.Store(1000)
	c := fakeWith(t, &http.Transport{DialContext: dialer.dial}, func(http.ResponseWriter, *http.Request) {})
	_, err := c.Runs.Submit(t.Context(), anyModel, anyParams)
	require.ErrorIs(t, err, wiro.ErrUnreachable)
	require.NotErrorIs(t, err, wiro.ErrUnknownOutcome)
}

// A submit whose caller has gone is still brought to its end: its token is paid for.
func TestSubmitOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		answer(w, 200, accepted)
	})
	submission, err := c.Runs.Submit(ctx, anyModel, anyParams)
	require.NoError(t, err)
	require.EqualValues(t, "tok7", submission.Token)
}
