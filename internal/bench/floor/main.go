// Command floor is the least that an mcp-go server can be: the bench measures it beside
// wiro-mcp, in the same run. With an address it serves HTTP, and one tool that answers at once.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func main() {
	s := server.NewMCPServer("floor", "1")
	if len(os.Args) < 2 {
		if err := server.NewStdioServer(s).Listen(context.Background(), os.Stdin, os.Stdout); err != nil {
			log.Fatal(err)
		}
		return
	}
	s.AddTool(mcp.NewTool("get_task"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("done"), nil
	})
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, "listening on", listener.Addr())
	h := &http.Server{
		Handler:           server.NewStreamableHTTPServer(s, server.WithStateLess(true), server.WithDisableStreaming(true)),
		ReadHeaderTimeout: time.Second,
	}
	log.Fatal(h.Serve(listener))
}
