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

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

const accepted = `{"result":true,"errors":[],"taskid":"7","socketaccesstoken":"tok7"}`

var anyRun = wiro.RunRequest{Model: wiro.Slug{Owner: "openai", Model: "sora-2"}, Params: map[string]any{"prompt": "a cat"}}

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
			_, err := c.Run(t.Context(), anyRun)
			require.ErrorIs(t, err, wiro.ErrUncertain)
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
	_, err := c.Run(t.Context(), anyRun)
	require.ErrorIs(t, err, wiro.ErrUncertain)
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
	}{true: {wiro.ErrUncertain, 1}, false: {wiro.ErrUnreachable, 4}} {
		own := &takes{read: read}
		_, err := fakeWith(t, own, func(http.ResponseWriter, *http.Request) {}).Run(t.Context(), anyRun)
		require.ErrorIs(t, err, want.err)
		require.Equal(t, want.attempts, own.attempts.Load())
	}
}

// What buys answers with a yes alone: no yes, no certainty.
func TestAPurchaseWithoutAYesIsUncertain(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`null`, `{}`, `[]`, `{"message":"Service unavailable"}`, `"ok"`} {
		c := fake(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) })
		require.ErrorIs(t, c.BuyCredits(t.Context(), "ua-1", "small"), wiro.ErrUncertain, body)
	}
}

// A field of a shape that nobody foresaw must not cost the token that is paid for.
func TestAnOddFieldDoesNotLoseWhatWasPaidFor(t *testing.T) {
	t.Parallel()
	submission, err := answering(t, `{"result":true,"taskid":7,"socketaccesstoken":"tok7","errors":{"odd":[]}}`).Run(t.Context(), anyRun)
	require.NoError(t, err)
	require.EqualValues(t, "tok7", submission.Token)
	sent, err := answering(t, `{"result":true,"status":{"odd":1},"messageguid":"m1","agenttoken":"t1"}`).
		SendMessage(t.Context(), wiro.NewMessage{UserAgentGUID: "ua", Message: "hi"})
	require.NoError(t, err)
	require.EqualValues(t, "t1", sent.AgentToken)
	agent, err := answering(t, `{"result":true,"useragents":[{"agent":[],"subscription":"none","peractioncosts":[],"skillsmeta":7,"guid":"ua-1","title":"x"}]}`).
		Deploy(t.Context(), wiro.Deployment{AgentGUID: "tpl", Title: "x"})
	require.NoError(t, err)
	require.EqualValues(t, "ua-1", agent.GUID)
	require.EqualValues(t, "x", agent.Title)
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
	submission, err := c.Run(t.Context(), anyRun)
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
	_, err := c.Run(t.Context(), anyRun)
	require.NoError(t, err)
	require.EqualValues(t, 1, arrived.Load())
}

func TestUnreachableSaysThatNothingWasSent(t *testing.T) {
	t.Parallel()
	dialer := &refusing{}
	dialer.left.Store(1000)
	c := fakeWith(t, &http.Transport{DialContext: dialer.dial}, func(http.ResponseWriter, *http.Request) {})
	_, err := c.Run(t.Context(), anyRun)
	require.ErrorIs(t, err, wiro.ErrUnreachable)
	require.NotErrorIs(t, err, wiro.ErrUncertain)
}

// A submit whose caller has gone is still brought to its end: its token is paid for.
func TestSubmitOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		answer(w, 200, accepted)
	})
	submission, err := c.Run(ctx, anyRun)
	require.NoError(t, err)
	require.EqualValues(t, "tok7", submission.Token)
}
