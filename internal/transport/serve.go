package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"slices"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
)

const maxHeaderBytes = 32 << 10

// timeouts cut slow clients off. None of them ends a long call.
type timeouts struct {
	header    time.Duration // for a request's header to arrive
	body      time.Duration // for its body
	write     time.Duration // for a client to take a piece of an answer
	idle      time.Duration // between requests; longer than the balancers' in front
	heartbeat time.Duration // within an answer: a sign of life for the client and for proxies
	hijack    time.Duration // of a wait, after which it has the connection to itself
}

var defaultTimeouts = timeouts{
	header: 10 * time.Second, body: 30 * time.Second, write: 30 * time.Second,
	idle: 2 * time.Minute, heartbeat: 15 * time.Second, hijack: time.Second,
}

// Serve listens and serves until ctx ends. Then it shuts down: it takes no new connections, and
// calls in flight have ShutdownGrace to finish.
func (h *HTTP) Serve(ctx context.Context) error {
	listener, err := listenOn(ctx, "Listen", h.options.Listen)
	if err != nil {
		return err
	}
	return h.ServeOn(ctx, listener)
}

// addressTaken are the errors of a port that somebody listens on: on Windows it has another number.
var addressTaken = []error{syscall.EADDRINUSE, syscall.Errno(10048)}

// listenOn listens on the address of an option.
func listenOn(ctx context.Context, option, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return listener, nil
	case slices.ContainsFunc(addressTaken, func(taken error) bool { return errors.Is(err, taken) }):
		return nil, optionError(option, "%w: another program, or another wiro-mcp, listens there. End it, or choose another port (0 takes a free one)", err)
	}
	return nil, optionError(option, "%w", err)
}

// ServeOn is Serve on a listener, which it closes.
func (h *HTTP) ServeOn(ctx context.Context, listener net.Listener) error {
	encryption, challenge, err := tlsConfig(h.options, h.Log)
	if err != nil {
		_ = listener.Close()
		return err
	}
	main, operators := h.server(h.Handler()), (*http.Server)(nil)
	servers := []*http.Server{main}
	serve := map[*http.Server]func() error{main: func() error { return main.Serve(listener) }}
	if encryption != nil {
		main.TLSConfig = encryption
		serve[main] = func() error { return main.ServeTLS(listener, "", "") }
	}
	if challenge != nil {
		challenges, err := listenOn(ctx, "TLSChallenge", h.options.TLSChallenge)
		if err != nil {
			_ = listener.Close()
			return err
		}
		other := h.server(challenge)
		servers = append(servers, other)
		serve[other] = func() error { return other.Serve(challenges) }
	}
	if h.options.AdminListen != "" {
		admin, err := listenOn(ctx, "AdminListen", h.options.AdminListen)
		if err != nil {
			_ = listener.Close()
			return err
		}
		operators = h.server(h.adminHandler())
		serve[operators] = func() error { return operators.Serve(admin) }
		h.Log.Info().Str("address", admin.Addr().String()).Msg("listening for operators")
	}
	h.mu.Lock()
	h.servers = append(h.servers, servers...)
	h.admin = operators
	h.mu.Unlock()
	h.Start()
	h.ready.start()
	h.announce(listener.Addr(), encryption)

	group, ctx := errgroup.WithContext(ctx)
	for _, run := range serve {
		group.Go(func() error {
			if err := run(); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	group.Go(func() error {
		select {
		case <-ctx.Done():
			h.shutdown()
		case <-h.closed: // by Shutdown, which waits for the requests
		}
		return nil
	})
	return group.Wait()
}

// shutdown lets calls in flight finish, within the grace.
func (h *HTTP) shutdown() {
	h.Log.Info().Dur("grace", h.options.ShutdownGrace).Msg("shutting down")
	ctx, cancel := context.WithTimeout(context.Background(), h.options.ShutdownGrace)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		h.Log.Warn().Msg("calls were cut off: they did not finish within the grace")
	}
}

// announce logs the address, and warns the operator about an open set of hosts.
func (h *HTTP) announce(at net.Addr, encryption *tls.Config) {
	h.Log.Info().Str("address", at.String()).Bool("tls", encryption != nil).Strs("paths", endpoints).Msg("listening")
	if tcp, ok := at.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && h.guard.hosts == nil {
		h.Log.Warn().Msg("the allowed hosts are not set, so requests to any host name are answered; set them to the names that people use")
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
		ErrorLog:          log.New(serverLog{h.Log}, "", 0),
		ConnContext:       func(ctx context.Context, _ net.Conn) context.Context { return context.WithValue(ctx, ownKey{}, true) },
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 256,
			SendPingTimeout:      30 * time.Second, // so that a client that is gone shows
			PingTimeout:          15 * time.Second,
			WriteByteTimeout:     h.timeouts.write,
		},
	}
}

type ownKey struct{}

// isOwn reports whether a request came to a server of this package: nothing has been put around
// the handler.
func isOwn(r *http.Request) bool {
	own, _ := r.Context().Value(ownKey{}).(bool)
	return own
}

// serverLog takes net/http's own log: handshakes that failed and the like, which anyone on
// the network can cause.
type serverLog struct{ logger zerolog.Logger }

func (l serverLog) Write(p []byte) (int, error) {
	l.logger.Debug().Bytes("what", p).Msg("http")
	return len(p), nil
}
