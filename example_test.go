package wiromcp_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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

// Have a realtime model speak a text: the sound is saved as a WAV file in the output folder. Models
// that listen take what is said to them as input_audio.
func ExampleServer_Call_realtime() {
	srv := wirotest.NewServer()
	defer srv.Close()
	folder, err := os.MkdirTemp("", "wiro")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client(), OutputDir: folder})
	defer server.Shutdown(context.Background()) //nolint:errcheck // ends sessions that go on

	result, err := server.Call(context.Background(), "run_model", map[string]any{
		"model": "wiro/moss-tts", "params": map[string]any{"text": "Good morning"},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	saved, err := filepath.Glob(filepath.Join(folder, "*.wav"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.IsError, len(saved))
	// Output: false 1
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
