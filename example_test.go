package wiromcp_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// Call a tool as an assistant would, inside the program.
func ExampleServer_Call() {
	srv := wirotest.NewServer() // stands in for Wiro; a program makes its client with wiro.NewClient
	defer srv.Close()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client()})

	result, err := server.Call(context.Background(), "get_task", map[string]any{"tasktoken": "unknown"}, nil)
	if err != nil {
		log.Fatal(err) // no such tool
	}
	fmt.Println(result.IsError, strings.SplitN(result.Text, ".", 2)[0])
	// Output: true There is no such task under this API key
}

// Serve many people over HTTP, each with their own key, from a server of the program's own.
func ExampleServer_Handler() {
	srv := wirotest.NewServer()
	defer srv.Close()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client()})
	defer server.Shutdown(context.Background()) //nolint:errcheck // nothing is in flight

	handler, err := server.Handler(wiromcp.HTTPOptions{})
	if err != nil {
		log.Fatal(err)
	}
	web := httptest.NewServer(handler)
	defer web.Close()

	request, err := http.NewRequest(http.MethodPost, web.URL+"/v1", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+srv.Key)
	request.Header.Set("Content-Type", "application/json")
	response, err := web.Client().Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Println(response.StatusCode)
	// Output: 200
}

// Serve one client on stdin and stdout.
func ExampleServer_ServeStdio() {
	srv := wirotest.NewServer()
	defer srv.Close()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client(), ReadOnly: true})

	var out strings.Builder // os.Stdout
	in := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n")
	if err := server.ServeStdio(context.Background(), in, &out); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(out.String(), `"id":1`))
	// Output: true
}

// Offer one toolset alone.
func ExampleServer_Tools() {
	srv := wirotest.NewServer()
	defer srv.Close()
	server := wiromcp.NewServer(wiromcp.ServerOptions{
		Client: srv.Client(), Toolsets: []wiromcp.Toolset{wiromcp.ToolsetDocs},
	})
	for _, tool := range server.Tools() {
		fmt.Println(tool.Toolset, tool.Name)
	}
	// Output:
	// docs search_docs
	// docs read_doc
}
