package wiromcp_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	sandbox "github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// emulator stands in for Wiro. A program of yours leaves BaseURL and SocketURL out.
func emulator() (client *wiro.Client, done func()) {
	s := sandbox.New(sandbox.Options{})
	if err := s.Start(""); err != nil {
		log.Fatal(err)
	}
	client = wiro.NewClient(wiro.Options{
		BaseURL: s.APIURL(), SocketURL: s.SocketURL(),
		Credentials: wiro.Credentials{Key: sandbox.DemoKey},
	})
	return client, func() { client.Close(); s.Close() }
}

// Call a tool as an assistant would, inside the program.
func ExampleServer_Call() {
	client, done := emulator()
	defer done()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: client})

	result, err := server.Call(context.Background(), "get_task", map[string]any{"tasktoken": "nobody's"}, nil)
	if err != nil {
		log.Fatal(err) // no such tool
	}
	fmt.Println(result.IsError, strings.SplitN(result.Text, ".", 2)[0])
	// Output: true There is no such task under this API key
}

// Serve many people over HTTP, each with their own key, from a server of one's own.
func ExampleServer_Handler() {
	client, done := emulator()
	defer done()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: client})

	handler, err := server.Handler(wiromcp.HTTPOptions{})
	if err != nil {
		log.Fatal(err)
	}
	web := httptest.NewServer(handler)
	defer web.Close()
	response, err := web.Client().Get(web.URL + "/healthz")
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Println(response.StatusCode)
	// Output: 200
}

// Serve one client on stdin and stdout.
func ExampleServer_ServeStdio() {
	client, done := emulator()
	defer done()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: client, ReadOnly: true})

	var out strings.Builder
	in := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n")
	if err := server.ServeStdio(context.Background(), in, &out); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(out.String(), `"id":1`))
	// Output: true
}
