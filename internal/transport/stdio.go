package transport

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

const (
	maxCalls        = 1000                    // that run at once; more wait for their turn
	maxQueued       = 5000                    // that run or wait for their turn; more are refused
	maxQueuedBytes  = 64 << 20                // of the messages of these
	finishTimeout   = 1500 * time.Millisecond // for calls in flight, once the input or the context has ended
	shutdownTimeout = 200 * time.Millisecond  // for them to return after that, canceled
)

// Stdio serves one client, with the server's own credentials, until its input or ctx ends. Then waits return what they know at
// once, other calls in flight have finishTimeout, and what is left is canceled: Stdio returns
// within two seconds, even if the client reads nothing any more. Telemetry may be nil.
func Stdio(ctx context.Context, s *server.MCPServer, in io.Reader, out io.Writer, log zerolog.Logger, telemetry *Telemetry) error {
	c := newConnection(s, out, log)
	if telemetry != nil {
		c.record = telemetry.recorders
	}
	ended := make(chan error, 1)
	go func() { ended <- c.read(newLineReader(in)) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	c.drain()
	if c.inFlight.waitFor(finishTimeout) != nil {
		c.cancel()
		_ = c.inFlight.waitFor(shutdownTimeout) // what has not ended by then never will
	}
	c.cancel()
	return err
}

// connection is one client over stdio.
type connection struct {
	dispatcher
	out      *lineWriter
	ctx      context.Context //nolint:containedctx // of all calls
	cancel   context.CancelFunc
	draining context.Context //nolint:containedctx // a state, done for good
	drain    context.CancelFunc
	inFlight tracker
	slots    chan struct{}
	record   recorders // may be empty

	// What follows belongs to the reader.
	protocol     string // that initialize settled on; "" before
	client       mcp.Implementation
	capabilities mcp.ClientCapabilities
	ready        []func() // calls that start once nothing more is to be read at the moment

	mu        sync.Mutex
	calls     map[string]*stdioCall          // in flight, by idKey
	queued    int                            // calls that run or wait
	bytes     int                            // of their messages
	questions map[string]chan<- clientAnswer // to the client, by idKey
	lastID    int64                          // of a question
	cannotAsk bool                           // the client declared elicitation and did not answer
}

func newConnection(s *server.MCPServer, out io.Writer, log zerolog.Logger) *connection {
	c := &connection{
		dispatcher: dispatcher{mcp: s, log: log}, out: &lineWriter{w: out, log: log}, slots: make(chan struct{}, maxCalls),
		calls: map[string]*stdioCall{}, questions: map[string]chan<- clientAnswer{},
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.draining, c.drain = context.WithCancel(context.Background())
	return c
}

// read takes lines until the input ends. Calls start only when no complete line is left that
// was read already: a cancel right behind its call then comes before the call.
func (c *connection) read(lines *lineReader) error {
	for {
		c.out.ready(c.ctx) // a client that reads nothing is not asked for more
		line, err := lines.next()
		switch {
		case err == nil:
			c.receive(line)
		case errors.Is(err, errLineTooLong):
			c.send(rpcError(nil, mcp.INVALID_REQUEST, fmt.Sprintf("The message is larger than %d MB and was not read. Give files as URLs or paths.", maxLine>>20)))
		}
		if err != nil || !lines.buffered() {
			for _, start := range c.ready {
				start()
			}
			c.ready = nil
		}
		if err != nil && !errors.Is(err, errLineTooLong) {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// receive takes a line: a message, or a batch of them.
func (c *connection) receive(line []byte) {
	if _, err := decodedSize(line); err != nil {
		c.send(rpcError(nil, mcp.INVALID_REQUEST, "The message "+err.Error()+"."))
		return
	}
	messages, batch, err := readMessages(line)
	switch {
	case err != nil && json.Valid(line):
		c.send(rpcError(nil, mcp.INVALID_REQUEST, "This is not a JSON-RPC message."))
	case err != nil:
		c.send(rpcError(nil, mcp.PARSE_ERROR, "This line is not JSON."))
	case !batch:
		c.accept(messages[0], c.send)
	case c.protocol == "" || c.protocol > mcp.ProtocolVersion20250326:
		c.send(rpcError(nil, mcp.INVALID_REQUEST, "Batches exist only in protocol "+mcp.ProtocolVersion20250326+": send one message a line."))
	case len(messages) == 0 || len(messages) > maxBatch:
		c.send(rpcError(nil, mcp.INVALID_REQUEST, fmt.Sprintf("A batch has 1 to %d messages.", maxBatch)))
	default:
		answers := &batchAnswers{open: 1, write: c.send}
		for _, m := range messages {
			if m.Method == string(mcp.MethodInitialize) {
				answers.add(rpcError(m.ID, mcp.INVALID_REQUEST, "initialize must not be part of a batch."))
				continue
			}
			c.accept(m, answers.expect())
		}
		answers.done(nil)
	}
}

// accept takes one message. answer is called once with its answer, or with nil if there is none.
func (c *connection) accept(m message, answer func([]byte)) {
	switch fault := m.fault(); {
	case m.isReply(): // never answered: the id is one of ours, or looks like one of the client's calls
		c.reply(m)
		answer(nil)
	case fault != "":
		answer(rpcError(m.ID, mcp.INVALID_REQUEST, fault))
	case m.Method == string(mcp.MethodNotificationCancelled):
		c.cancelCall(m)
		answer(nil)
	case !m.expectsAnswer():
		answer(nil)
	case m.Method == string(mcp.MethodInitialize):
		c.initialize(m, answer)
	default:
		c.start(m, answer)
	}
}

// initialize is answered before anything else is read: what follows depends on it.
func (c *connection) initialize(m message, answer func([]byte)) {
	s := newSession(newRequestID(), c.protocol, &m, c.client, c.capabilities)
	a := &activity{id: s.id, method: m.label(), transport: "pipe", rpcID: m.ID}
	ctx := c.record.begin(withRemoteSpan(c.ctx, nil, m.params.Meta), a)
	result := c.handle(ctx, &m, s, &mcptool.Scope{RequestID: s.id})
	c.protocol = cmp.Or(settledVersion(result), c.protocol)
	a.protocol = c.protocol
	c.recordEnd(ctx, a, result)
	c.client, c.capabilities = s.client, s.capabilities
	c.mu.Lock()
	c.cannotAsk = false
	c.mu.Unlock()
	answer(c.encode(result, m))
}

// stdioCall is a request in flight.
type stdioCall struct {
	cancel   context.CancelCauseFunc
	canceled bool
}

// start registers a request, and leaves it to read to run it.
func (c *connection) start(m message, answer func([]byte)) {
	leave, ok := c.enqueue(m)
	if !ok {
		answer(rpcError(m.ID, codeRefused, "Too many calls at once. Let some end, or start runs with wait:false."))
		return
	}
	ctx, cancel := context.WithCancelCause(c.ctx)
	call, key := &stdioCall{cancel: cancel}, idKey(m.ID)
	s := &stdioSession{session: newSession(newRequestID(), c.protocol, &m, c.client, c.capabilities), connection: c}
	c.mu.Lock()
	c.calls[key] = call
	cannotAsk := c.cannotAsk
	c.mu.Unlock()
	end := c.inFlight.begin()
	c.ready = append(c.ready, func() {
		go func() {
			defer end()
			defer cancel(nil)
			defer leave()
			answer(c.run(ctx, m, s, key, call, cannotAsk))
		}()
	})
}

// enqueue counts a request until leave, unless too many run or wait already. Only calls of tools
// can take long: all else is always answered.
func (c *connection) enqueue(m message) (leave func(), ok bool) {
	if m.Method != string(mcp.MethodToolsCall) {
		return func() {}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(m.Params) + len(m.arguments)
	if c.queued >= maxQueued || c.queued > 0 && c.bytes+size > maxQueuedBytes {
		return nil, false
	}
	c.queued, c.bytes = c.queued+1, c.bytes+size
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.queued, c.bytes = c.queued-1, c.bytes-size
	}, true
}

// run answers a request; nil if the client canceled it.
func (c *connection) run(ctx context.Context, m message, s *stdioSession, key string, call *stdioCall, cannotAsk bool) []byte {
	progress := &heldProgress{write: c.out.notify, keep: func(data []byte) { c.out.send(data, nil) }}
	if m.Method == string(mcp.MethodToolsCall) {
		select {
		case c.slots <- struct{}{}:
			defer func() { <-c.slots }()
		case <-ctx.Done():
		}
		c.out.ready(ctx)
	}
	var result mcp.JSONRPCMessage
	if ctx.Err() == nil {
		a := &activity{id: s.id, method: m.label(), transport: "pipe", protocol: knownVersion(s.protocol), prompt: promptOf(c.mcp, &m), rpcID: m.ID}
		observe := func(e mcptool.Event) { a.call, a.tool, a.outcome = e, e.Tool, outcome(e.Status) }
		ctx = c.record.begin(withRemoteSpan(ctx, nil, m.params.Meta), a)
		defer func() { c.recordEnd(ctx, a, result) }()
		scope := &mcptool.Scope{RequestID: s.id, Observe: observe, Caller: mcptool.ServerCredentials{}, Notify: m.withToken(progress.notify), Drain: c.draining, Hold: c.inFlight.begin, CannotAsk: cannotAsk}
		if result = c.handle(ctx, &m, s, scope); s.notAsked.Load() && ctx.Err() == nil {
			// Nothing was done before the question, so the call starts anew, as one of a
			// client that cannot ask.
			c.mu.Lock()
			c.cannotAsk = true
			c.mu.Unlock()
			scope.CannotAsk = true
			result = c.handle(ctx, &m, s, scope)
		}
	}
	if progress.end() {
		// A client that has not read the progress cannot read the result either: it loses nothing by
		// the wait, and does not get both in one piece.
		hold, cancel := context.WithTimeout(ctx, unreadHold)
		c.out.awaitRead(hold)
		cancel()
	}
	c.mu.Lock()
	canceled := call.canceled
	if c.calls[key] == call {
		delete(c.calls, key)
	}
	c.mu.Unlock()
	if canceled || result == nil {
		return nil
	}
	return c.encode(result, m)
}

// recordEnd records the end of a request.
func (c *connection) recordEnd(ctx context.Context, a *activity, result mcp.JSONRPCMessage) {
	a.rpcCode = errorCode(result)
	a.settle(ctx)
	c.record.end(ctx, a)
}

// cancelCall cancels a request in flight, which is not answered then.
func (c *connection) cancelCall(m message) {
	id, byUser := m.cancels()
	if id == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if call, ok := c.calls[idKey(id)]; ok {
		call.canceled = true
		if byUser {
			call.cancel(mcptool.ErrCanceledByClient)
		} else {
			call.cancel(mcptool.ErrTimedOutByClient)
		}
	}
}

func (c *connection) encode(answer mcp.JSONRPCMessage, m message) []byte {
	data, err := encodeAnswer(answer, m.ID)
	if err != nil {
		c.log.Error().Err(err).Msg("an answer could not be encoded")
		return rpcError(m.ID, mcp.INTERNAL_ERROR, "internal error")
	}
	return data
}

// send writes an answer without making the reader wait for a client that does not read.
func (c *connection) send(data []byte) {
	if data == nil {
		return
	}
	c.out.send(data, c.inFlight.begin())
}

// batchAnswers collects the answers to a batch, and writes them once all are there.
type batchAnswers struct {
	write func([]byte)

	mu   sync.Mutex
	open int
	all  [][]byte
}

// expect returns where one more answer goes.
func (b *batchAnswers) expect() func([]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open++
	return b.done
}

func (b *batchAnswers) add(answer []byte) { b.expect()(answer) }

func (b *batchAnswers) done(answer []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if answer != nil {
		b.all = append(b.all, answer)
	}
	if b.open--; b.open > 0 || len(b.all) == 0 {
		return
	}
	b.write(encodeBatch(b.all))
}
