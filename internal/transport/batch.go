package transport

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"golang.org/x/sync/errgroup"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

const (
	maxBatch     = 100 // messages
	batchWorkers = 16  // that are answered at once
)

// serveBatch answers an array of messages, which the protocol had until 2025-03-26.
func (q *request) serveBatch(ctx context.Context, messages []message) {
	if version := q.entry.caller.header.Get(headerProtocol); version > mcp.ProtocolVersion20250326 {
		q.refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, nil, "Protocol "+mcp.ProtocolVersion20250618+" and later have no batches: send one message a request.")
		return
	}
	if len(messages) == 0 || len(messages) > maxBatch {
		q.refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, nil, fmt.Sprintf("A batch has 1 to %d messages.", maxBatch))
		return
	}
	if limit, retry := q.overRate(ctx, len(messages)-1); limit != "" { // one is counted already
		q.tooManyRequests(limit, retry, nil)
		return
	}
	s := newStream(q.w, q.r, q.http.timeouts)
	defer s.abandon()
	var (
		mu      sync.Mutex
		answers [][]byte
		group   errgroup.Group
	)
	group.SetLimit(batchWorkers)
	for _, m := range messages {
		if m.isReply() || m.fault() == "" && !m.expectsAnswer() {
			q.giveUp(ctx, &m)
			continue
		}
		group.Go(func() error {
			answer := q.answerOf(ctx, &m, s.notify)
			mu.Lock()
			defer mu.Unlock()
			answers = append(answers, answer)
			return nil
		})
	}
	_ = group.Wait() // no answer is an error
	q.decoded()      // the client may read slowly
	if answers == nil {
		s.answer(http.StatusAccepted, nil)
		return
	}
	s.answer(http.StatusOK, encodeBatch(answers))
}

// answerOf answers a message of a batch.
func (q *request) answerOf(ctx context.Context, m *message, notify mcptool.Notifier) []byte {
	if fault := m.fault(); fault != "" {
		return rpcError(m.ID, mcp.INVALID_REQUEST, fault)
	}
	if m.Method == string(mcp.MethodInitialize) {
		return rpcError(m.ID, mcp.INVALID_REQUEST, "initialize must not be part of a batch.")
	}
	c := q.newCall(ctx, newRequestID(), m, notify)
	if limit := c.begin(); limit != "" {
		c.entry.outcome, c.entry.limit = outcomeLimited, limit
		c.end(http.StatusTooManyRequests)
		return rpcError(m.ID, codeRefused, limitText(limit, retryWait))
	}
	_, data := c.answer()
	return data
}
