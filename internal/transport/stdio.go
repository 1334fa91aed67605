// Package transport carries MCP between clients and the tools: over stdio for one, over
// Streamable HTTP for many.
package transport

import (
	"context"
	"errors"
	"io"
	"log"
	"time"

	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

const (
	workers   = 100    // calls at once: as many as mcp-go allows
	queue     = 10_000 // calls that wait for a worker; the reader never does
	lastWords = 700 * time.Millisecond
)

// Stdio serves one client, with the server's own credentials, until its input ends or ctx
// does, and returns at most a second after that: calls in flight are canceled then, and a
// submit that Wiro is just taking is left to itself.
func Stdio(ctx context.Context, s *server.MCPServer, in io.Reader, out io.Writer, logger zerolog.Logger) error {
	stdio := server.NewStdioServer(s)
	stdio.SetErrorLogger(log.New(logger, "", 0))
	server.WithWorkerPoolSize(workers)(stdio)
	server.WithQueueSize(queue)(stdio)

	ctx = mcptool.WithScope(ctx, mcptool.Scope{Caller: mcptool.ServerCredentials{}})
	ended := make(chan struct{})
	done := make(chan error, 1)
	go func() { done <- stdio.Listen(ctx, &endOfInput{Reader: in, ended: ended}, out) }()
	select {
	case err := <-done:
		return clean(err)
	case <-ctx.Done():
	case <-ended:
	}
	select {
	case err := <-done:
		return clean(err)
	case <-time.After(lastWords):
		return nil
	}
}

func clean(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// endOfInput tells when there is no more to read.
type endOfInput struct {
	io.Reader
	ended chan struct{}
	told  bool
}

func (r *endOfInput) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !r.told {
		r.told = true
		close(r.ended)
	}
	return n, err
}
