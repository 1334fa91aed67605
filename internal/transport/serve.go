package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
)

const maxHeaderBytes = 32 << 10

// timeouts cut slow clients off. None of them ends a long call.
type timeouts struct {
	header  time.Duration // for a request's header to arrive
	body    time.Duration // for its body
	write   time.Duration // for a client to take a piece of an answer
	idle    time.Duration // between requests; longer than the balancers' in front
	silence time.Duration // within an answer: a client that accepts events gets a sign of life
}

var defaultTimeouts = timeouts{
	header: 10 * time.Second, body: 30 * time.Second, write: 30 * time.Second,
	idle: 2 * time.Minute, silence: 15 * time.Second,
}

// Serve listens and serves until ctx ends. Then it drains: no new connections, calls in
// flight get the time of ShutdownGrace, and waits among them end at once with what they know.
func (h *HTTP) Serve(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", h.settings.Listen)
	if err != nil {
		return fmt.Errorf("WIRO_LISTEN: %w", err)
	}
	return h.ServeOn(ctx, listener)
}

// ServeOn is Serve on a listener, which it closes.
func (h *HTTP) ServeOn(ctx context.Context, listener net.Listener) error {
	encryption, challenge, err := tlsConfig(h.settings, h.logger)
	if err != nil {
		_ = listener.Close()
		return err
	}
	main := h.server(h.Handler())
	servers := []*http.Server{main}
	serve := map[*http.Server]func() error{main: func() error { return main.Serve(listener) }}
	if encryption != nil {
		main.TLSConfig = encryption
		serve[main] = func() error { return main.ServeTLS(listener, "", "") }
	}
	if challenge != nil {
		challenges, err := new(net.ListenConfig).Listen(ctx, "tcp", h.settings.TLSChallenge)
		if err != nil {
			_ = listener.Close()
			return fmt.Errorf("WIRO_TLS_CHALLENGE: %w", err)
		}
		other := h.server(challenge)
		servers = append(servers, other)
		serve[other] = func() error { return other.Serve(challenges) }
	}
	h.announce(listener.Addr(), encryption)

	group, ctx := errgroup.WithContext(ctx)
	for _, s := range servers {
		group.Go(func() error {
			if err := serve[s](); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	group.Go(func() error {
		newMemory().keep(ctx)
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		h.shutdown(servers)
		return nil
	})
	return group.Wait()
}

// shutdown lets calls in flight finish, within the grace.
func (h *HTTP) shutdown(servers []*http.Server) {
	h.Drain()
	h.logger.Info().Dur("grace", h.settings.ShutdownGrace).Msg("shutting down")
	ctx, cancel := context.WithTimeout(context.Background(), h.settings.ShutdownGrace)
	defer cancel()
	var group errgroup.Group
	for _, s := range servers {
		group.Go(func() error {
			err := s.Shutdown(ctx)
			if err != nil {
				_ = s.Close() // that what is left ends is all there is to do
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		h.logger.Warn().Msg("calls were cut off: they did not finish within the grace")
	}
}

// announce says where the server is, and what its operator may have missed.
func (h *HTTP) announce(at net.Addr, encryption *tls.Config) {
	h.logger.Info().Str("address", at.String()).Bool("tls", encryption != nil).Strs("paths", endpoints).Msg("listening")
	if tcp, ok := at.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && h.guard.hosts == nil {
		h.logger.Warn().Msg("WIRO_ALLOWED_HOSTS is not set: requests to any host name are answered. Set it to the names that people use")
	}
}

// server returns a server that has no limit on how long an answer takes, only on each piece
// of it (see stream).
func (h *HTTP) server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: h.timeouts.header,
		IdleTimeout:       h.timeouts.idle,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(serverLog{h.logger}, "", 0),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 256,
			SendPingTimeout:      30 * time.Second, // so that a client that is gone shows
			PingTimeout:          15 * time.Second,
			WriteByteTimeout:     h.timeouts.write,
		},
	}
}

// serverLog takes net/http's own log: handshakes that failed and the like, which anybody on
// the network can cause.
type serverLog struct{ logger zerolog.Logger }

func (l serverLog) Write(p []byte) (int, error) {
	l.logger.Debug().Bytes("what", p).Msg("http")
	return len(p), nil
}
