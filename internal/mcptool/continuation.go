package mcptool

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
)

// Continuation is the rest of a call that may wait for long. A transport that puts one into the
// Scope runs it once the MCP server has returned, so that the frames of the server, 15 KB of
// stack, are not kept as long as the call waits. Each request has one of its own.
type Continuation struct {
	run func(context.Context) *mcp.CallToolResult
	ctx context.Context //nolint:containedctx // for its values: it ends when the server returns
}

// leave leaves the rest of a call to the transport, and returns what the server passes on.
func (c *Continuation) leave(ctx context.Context, run func(context.Context) *mcp.CallToolResult) *mcp.CallToolResult {
	c.ctx, c.run = ctx, run
	return &mcp.CallToolResult{}
}

// Waits reports whether the call has not come to its end.
func (c *Continuation) Waits() bool { return c.run != nil }

// Run brings a call to its end, if the server's answer is not its end already, and returns the
// answer. Ctx is that of the request.
func (c *Continuation) Run(ctx context.Context, answer mcp.JSONRPCMessage) mcp.JSONRPCMessage {
	run := c.run
	if run == nil {
		return answer
	}
	c.run = nil
	result := run(unwound{ctx, c.ctx})
	if response, ok := answer.(mcp.JSONRPCResponse); ok {
		response.Result = dressed(result, response.Result)
		return response
	}
	return answer
}

// dressed is a result with what the server added to the one that stood for it.
func dressed(result *mcp.CallToolResult, stand any) any {
	var added mcp.Result
	switch s := stand.(type) {
	case *mcp.CallToolResult:
		added = s.Result
	case mcp.CallToolResult:
		added = s.Result
	}
	if result.Meta == nil {
		result.Meta = added.Meta
	}
	if result.ResultType == "" {
		result.ResultType = added.ResultType
	}
	return result
}

// unwound is a request's context with the values that the MCP server added to it.
type unwound struct {
	context.Context
	values context.Context //nolint:containedctx // that of a call
}

func (c unwound) Value(key any) any {
	if value := c.Context.Value(key); value != nil {
		return value
	}
	return c.values.Value(key)
}
