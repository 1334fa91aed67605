package transport

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (s *hijackedSet) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// longWait sends a call that waits on a bare connection, and returns the token of its task once the
// wait has the connection to itself. replace is what is put in place of what in the header.
func (r *rig) longWait(c net.Conn, replace ...string) (token string) {
	r.t.Helper()
	before := r.hijacked.count()
	body := call(1, "run_model", forever)
	_, err := io.WriteString(c, strings.NewReplacer(replace...).Replace(r.rawHeader(len(body)))+body)
	require.NoError(r.t, err)
	token, err = r.wiro.Launched(within(r.t), 1+before)
	require.NoError(r.t, err)
	require.NoError(r.t, r.wiro.Subscribed(within(r.t), token))
	eventually(r.t, "the wait has the connection", func() bool { return r.hijacked.count() == 1+before })
	return token
}

// headOf reads the header of a response.
func headOf(t *testing.T, lines *bufio.Reader) (head string) {
	t.Helper()
	for !strings.HasSuffix(head, "\r\n\r\n") {
		line, err := lines.ReadString('\n')
		require.NoError(t, err, head)
		head += line
	}
	return head
}

const anyAnswer = "application/json, text/event-stream" // what rawHeader accepts

func TestALongWaitHasTheConnectionToItself(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]struct {
		replace []string
		chunked bool
		start   string
	}{
		"events":               {nil, true, "event: message\ndata: {"},
		"JSON":                 {[]string{anyAnswer, "application/json"}, true, `{"jsonrpc"`},
		"events over HTTP/1.0": {[]string{"HTTP/1.1", "HTTP/1.0"}, false, "event: message\ndata: {"},
		"JSON over HTTP/1.0":   {[]string{"HTTP/1.1", "HTTP/1.0", anyAnswer, "application/json"}, false, `{"jsonrpc"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			c := r.dial()
			r.wiro.Release(r.longWait(c, kind.replace...))
			lines := bufio.NewReader(c)
			head := headOf(t, lines)
			require.Contains(t, head, " 200 OK\r\n")
			require.Contains(t, head, "\r\nConnection: close\r\n")
			require.Contains(t, head, "\r\n"+headerRequestID+": ")
			require.Equal(t, kind.chunked, strings.Contains(head, "\r\nTransfer-Encoding: chunked\r\n"), head)
			body := io.Reader(lines)
			if kind.chunked {
				body = httputil.NewChunkedReader(lines)
			}
			said, err := io.ReadAll(body)
			require.NoError(t, err, "the answer is complete")
			require.True(t, strings.HasPrefix(string(said), kind.start), "%s", said)
			require.Contains(t, string(said), `"state":"completed"`)
			_, err = io.ReadAll(lines)
			require.NoError(t, err, "the server hangs up")
			line := r.logs.requests(t, 1)[0]
			require.Equal(t, "ok", line["outcome"])
			require.InDelta(t, 200, line["status"], 0)
			require.Equal(t, "run_model", line["tool"])
			require.Zero(t, r.hijacked.count())
		})
	}
}

func TestALongWaitShowsThatItGoesOn(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]struct {
		replace []string
		sign    string
	}{
		"events": {nil, ": still at it\n\n"},
		"JSON":   {[]string{anyAnswer, "application/json"}, " "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(s *setup) { s.timeouts.heartbeat = 20 * time.Millisecond })
			c := r.dial()
			token := r.longWait(c, kind.replace...)
			lines := bufio.NewReader(c)
			headOf(t, lines)
			body := httputil.NewChunkedReader(lines)
			sign := make([]byte, len(kind.sign))
			for range 5 {
				_, err := io.ReadFull(body, sign)
				require.NoError(t, err)
				require.Equal(t, kind.sign, string(sign))
			}
			r.wiro.Release(token)
			said, err := io.ReadAll(body)
			require.NoError(t, err)
			require.Contains(t, string(said), `"state":"completed"`)
		})
	}
}

// left waits until a call whose client is gone has ended, and nothing of it is left.
func (r *rig) left() {
	r.t.Helper()
	r.logs.requests(r.t, 1)
	eventually(r.t, "its place is free", func() bool {
		r.limits.mu.Lock()
		defer r.limits.mu.Unlock()
		return r.limits.open == 0
	})
	require.NoError(r.t, r.inFlight.wait(within(r.t)))
	require.Zero(r.t, r.hijacked.count())
}

func TestAClientThatLeavesALongWaitEndsIt(t *testing.T) {
	t.Parallel()
	r := start(t)
	c := r.dial()
	r.longWait(c)
	require.NoError(t, c.Close())
	r.left()
	// What it started is found by the same call.
	token, err := r.wiro.Launched(within(t), 1)
	require.NoError(t, err)
	r.wiro.Release(token)
	a := r.post(call(2, "run_model", forever))
	require.Equal(t, true, a.rpc(t).Result.StructuredContent["attached"], a.body)
}

// A client that sends something more is not listened to until it has its answer, and that it is gone
// shows when a heartbeat cannot be sent.
func TestAClientThatSendsMoreGetsItsAnswer(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.timeouts.heartbeat = 20 * time.Millisecond })
	c, leaves := r.dial(), r.dial()
	token := r.longWait(c)
	_, err := io.WriteString(c, r.rawHeader(len(listTools))+listTools)
	require.NoError(t, err)
	lines := bufio.NewReader(c)
	headOf(t, lines)
	body := httputil.NewChunkedReader(lines)
	_, err = io.ReadFull(body, make([]byte, 5*len(": still at it\n\n")))
	require.NoError(t, err)
	r.wiro.Release(token)
	said, err := io.ReadAll(body)
	require.NoError(t, err)
	require.Contains(t, string(said), `"state":"completed"`)

	eventually(t, "the server hangs up", func() bool { return r.hijacked.count() == 0 })
	r.longWait(leaves)
	_, err = io.WriteString(leaves, "more")
	require.NoError(t, err)
	require.NoError(t, leaves.Close())
	r.logs.requests(t, 2)
}

// A connection that is closed with unread bytes is reset, which can cost the client its answer.
func TestWhatAClientSendsInALongWaitDoesNotResetItsConnection(t *testing.T) {
	t.Parallel()
	for range 3 {
		r := start(t)
		c := r.dial()
		token := r.longWait(c)
		_, err := io.WriteString(c, strings.Repeat("more", 1000))
		require.NoError(t, err)
		r.wiro.Release(token)
		said, err := io.ReadAll(c)
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(string(said), "\r\n0\r\n\r\n"), "the answer is complete")
	}
}

func TestAClientThatDoesNotReadLosesItsLongWait(t *testing.T) {
	t.Parallel()
	c, client := net.Pipe()
	defer client.Close() //nolint:errcheck // it was only open
	gone := make(chan struct{})
	s := &stream{
		conn:   &hijacked{Conn: c, chunked: true, gone: sync.OnceFunc(func() { close(gone) }), all: &hijackedSet{}},
		events: true, begun: true, timeouts: timeouts{write: 10 * time.Millisecond, heartbeat: time.Hour},
	}
	s.w, s.http = s.conn, http.NewResponseController(s.conn)
	s.mu.Lock()
	s.timer = time.AfterFunc(0, s.beat)
	s.mu.Unlock()
	<-gone
	s.abandon()
	_, err := client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF, "the server hangs up")
}

func TestLongWaitsReturnTheirTokenWhenTheServerStops(t *testing.T) {
	t.Parallel()
	r := start(t)
	c := r.dial()
	token := r.longWait(c)
	r.stop()
	said := cut(t, c)
	require.Contains(t, said, `"state":"running"`)
	require.Contains(t, said, token)
	require.True(t, strings.HasSuffix(said, "0\r\n\r\n"), "the answer is complete")
	require.NoError(t, <-r.stopped)
	require.NotContains(t, r.logs.String(), "cut off")
}

// A call that does not end when it should is cut off with the grace, whose ever the connection is.
func TestTheGraceEndsForLongWaits(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, "x")
		_ = http.NewResponseController(w).Flush()
		close(began)
		<-q.Context().Done()
	}))
	t.Cleanup(source.Close)
	r := start(t, func(s *setup) {
		s.tools.Fetch = source.Client()
		s.settings.ShutdownGrace = time.Millisecond
	})
	c := r.dial()
	body := call(1, "upload_file", map[string]any{"url": source.URL + "/x.png"})
	_, err := io.WriteString(c, r.rawHeader(len(body))+body)
	require.NoError(t, err)
	<-began
	eventually(t, "it has the connection", func() bool { return r.hijacked.count() == 1 })
	r.stop()
	require.NoError(t, <-r.stopped)
	require.NotContains(t, cut(t, c), "data:")
	require.Contains(t, r.logs.String(), "cut off")
	require.NoError(t, r.inFlight.wait(within(t)), "its call has ended")
}

// What has no connection of its own waits in the handler: a stream of HTTP/2, and a call to a
// handler that a program serves, which may have put anything around it.
func TestOnlyAConnectionOfItsOwnIsTakenOver(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cert, key := certificate(t, "localhost")
	certFile, keyFile := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	writeAll(t, map[string][]byte{certFile: cert, keyFile: key}, time.Now())
	encrypted := func(s *setup) { s.settings.TLSCert, s.settings.TLSKey = certFile, keyFile }
	//nolint:gosec // the certificate is the test's
	dial := func(t *testing.T, r *rig, protocols ...string) *tls.Conn {
		c := tls.Client(r.dial(), &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
		require.NoError(t, c.HandshakeContext(within(t)))
		return c
	}
	t.Run("TLS", func(t *testing.T) {
		t.Parallel()
		r := start(t, encrypted)
		c := dial(t, r)
		r.wiro.Release(r.longWait(c))
		require.Contains(t, cut(t, c), `"state":"completed"`)
	})
	t.Run("TLS that ends", func(t *testing.T) {
		t.Parallel()
		r := start(t, encrypted)
		c := dial(t, r)
		r.longWait(c)
		require.NoError(t, c.Close())
		r.left()
	})
	t.Run("HTTP/2", func(t *testing.T) {
		t.Parallel()
		r := start(t, encrypted, func(s *setup) { s.timeouts.heartbeat = 20 * time.Millisecond })
		//nolint:gosec // the certificate is the test's
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
		t.Cleanup(transport.CloseIdleConnections)
		q := r.request(call(1, "run_model", forever))
		q.URL.Scheme = "https"
		r.waitsInTheHandler(func() (*http.Response, error) { return (&http.Client{Transport: transport}).Do(q) })
	})
	t.Run("a program's server", func(t *testing.T) {
		t.Parallel()
		r := start(t, func(s *setup) { s.timeouts.heartbeat = 20 * time.Millisecond })
		url := listen(t, r.Handler())
		q := r.request(call(1, "run_model", forever))
		q.URL.Host = strings.TrimPrefix(url, "http://")
		r.waitsInTheHandler(func() (*http.Response, error) { return clientOf(t).Do(q) })
	})
}

func (r *rig) waitsInTheHandler(send func() (*http.Response, error)) {
	r.t.Helper()
	response, err := send() // its header comes with the first heartbeat
	require.NoError(r.t, err)
	_, err = io.ReadFull(response.Body, make([]byte, 5*len(": still at it\n\n")))
	require.NoError(r.t, err)
	require.Zero(r.t, r.hijacked.count())
	token, err := r.wiro.Launched(within(r.t), 1)
	require.NoError(r.t, err)
	r.wiro.Release(token)
	a := read(r.t, response)
	require.Equal(r.t, "completed", a.rpc(r.t).Result.StructuredContent["state"], a.body)
}
