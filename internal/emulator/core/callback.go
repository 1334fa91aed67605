package core

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"
)

var errNotLoopback = errors.New("callbacks go to loopback addresses only")

// newCallbackClient is the client that posts callbacks. Unless anywhere is set, it connects
// to nothing but this machine, also if a name resolves elsewhere.
func newCallbackClient(anywhere bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !anywhere {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return err
			}
			if !net.ParseIP(host).IsLoopback() {
				return errNotLoopback
			}
			return nil
		}
	}
	return &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{DialContext: dialer.DialContext},
	}
}

// callbackTries is how often a callback is posted, with callbackGap between: what the
// documentation says of agents' callbacks holds here for all.
const (
	callbackTries = 3
	callbackGap   = 2 * time.Second
)

// Notify posts a JSON body to a callback URL, without waiting for it; with Behavior.Duplicate
// twice.
func (s *Server) Notify(url string, body []byte, b Behavior) {
	s.Work.GoDo(func() {
		s.deliver(url, body)
		if b.Duplicate {
			s.deliver(url, body)
		}
	})
}

// deliver posts a callback until it is taken, at most callbackTries times.
func (s *Server) deliver(url string, body []byte) {
	for try := range callbackTries {
		if try > 0 && !s.Pause(s.Context, callbackGap) {
			return
		}
		err := s.post(s.Context, url, body)
		if err == nil {
			return
		}
		s.Options.Log.Warn().Err(err).Str("url", url).Int("try", try+1).Msg("sandbox callback")
		if errors.Is(err, errNotLoopback) {
			return
		}
	}
}

// post sends one callback; anything but 200 is an error.
func (s *Server) post(ctx context.Context, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New("callback answered " + resp.Status)
	}
	return nil
}
