// Package transport carries MCP between clients and the tools: over stdio for one client, over
// Streamable HTTP for many. Over HTTP it authenticates each request, limits what a key may do,
// keeps calls of different callers apart, and serves the page at /, health checks and metrics.
//
// Both transports pass requests to mcp-go's MCPServer one at a time, each in a session of its
// own; framing, batches, streams and cancellation are done here.
package transport
