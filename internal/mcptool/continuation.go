package mcptool

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
)

// Continuation is the rest of a call that may wait for long. A transport that puts one into the
// Scope runs it once the MCP server has returned, so that the frames of the server, 15 KB of
// stack, are not kept as long as the call waits.
type Continuation struct {
	ctx context.Context //nolint:containedctx // of the request
	run func(finish func(*mcp.CallToolResult))
}

// NewContinuation returns a continuation for one request, whose context this is. The server's
// own ends when the server returns.
func NewContinuation(ctx context.Context) *Continuation { return &Continuation{ctx: ctx} }

// outlasting returns a context that ends with the request, in the scope. It keeps none of what the
// server has put into its own.
func (c *Continuation) outlasting(ctx context.Context, s *Scope) context.Context {
	if c == nil {
		return ctx
	}
	return context.WithValue(c.ctx, scopeKey{}, s)
}

// leave leaves the rest of a call to the transport, and returns what the server passes on.
func (c *Continuation) leave(run func(finish func(*mcp.CallToolResult))) *mcp.CallToolResult {
	c.run = run
	return &mcp.CallToolResult{}
}

// Waits reports whether the call has not come to its end. A nil continuation has.
func (c *Continuation) Waits() bool { return c != nil && c.run != nil }

// Run brings a call to its end, if the server's answer is not its end already, and returns the
// answer.
func (c *Continuation) Run(answer mcp.JSONRPCMessage) mcp.JSONRPCMessage {
	ended := make(chan mcp.JSONRPCMessage, 1)
	c.Start(answer, func(answer mcp.JSONRPCMessage) { ended <- answer })
	return <-ended
}

// Start is Run that gives the answer to finish. A call whose result is still to come needs no
// goroutine for that long: Start returns, and finish is called in another one.
func (c *Continuation) Start(answer mcp.JSONRPCMessage, finish func(mcp.JSONRPCMessage)) {
	run := c.run
	if run == nil {
		finish(answer)
		return
	}
	c.run = nil
	run(func(result *mcp.CallToolResult) { finish(dressed(result, answer)) })
}

// dressed is the answer with a result in the place of the one that stood for it. What the server
// added to that one stays.
func dressed(result *mcp.CallToolResult, answer mcp.JSONRPCMessage) mcp.JSONRPCMessage {
	response, ok := answer.(mcp.JSONRPCResponse)
	if !ok {
		return answer
	}
	var added mcp.Result
	switch stand := response.Result.(type) {
	case *mcp.CallToolResult:
		added = stand.Result
	case mcp.CallToolResult:
		added = stand.Result
	}
	if result.Meta == nil {
		result.Meta = added.Meta
	}
	if result.ResultType == "" {
		result.ResultType = added.ResultType
	}
	response.Result = result
	return response
}
