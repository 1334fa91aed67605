package wiromcp_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/sandbox"
)

// emulator stands in for Wiro. A program of yours leaves BaseURL and SocketURL out.
func emulator() (client *wiromcp.Client, done func()) {
	s := sandbox.New(sandbox.Options{})
	if err := s.Start(""); err != nil {
		log.Fatal(err)
	}
	client = wiromcp.NewClient(wiromcp.ClientOptions{
		BaseURL: s.APIURL(), SocketURL: s.SocketURL(),
		Credentials: wiromcp.Credentials{Key: sandbox.DemoKey},
	})
	return client, func() { client.Close(); s.Close() }
}

// Run a model, wait for it, and read what it made and cost.
func ExampleNewClient() {
	client, done := emulator()
	defer done()
	ctx := context.Background()

	submission, err := client.Run(ctx, wiromcp.RunRequest{
		Model:  wiromcp.Slug{Owner: "black-forest-labs", Model: "flux-2-pro"},
		Params: map[string]any{"prompt": "a lighthouse at dawn"},
	})
	if err != nil {
		log.Fatal(err) // nothing was charged, unless errors.Is(err, wiromcp.ErrUncertain)
	}
	task, err := client.WaitSubmitted(ctx, submission, nil)
	if err != nil {
		log.Fatal(err) // the task goes on: Wait picks it up by its token
	}
	fmt.Println(task.Succeeded(), task.Outputs[0].ContentType)
	fmt.Printf("$%.2f\n", float64(task.Cost))
	// Output:
	// true image/png
	// $0.03
}

// Find the models that fit, with their prices.
func ExampleClient_Models() {
	client, done := emulator()
	defer done()

	page, err := client.Models(context.Background(), wiromcp.ModelQuery{Search: "flux-2-pro", Limit: 1})
	if err != nil {
		log.Fatal(err)
	}
	for _, model := range page.Models {
		fmt.Println(model.Slug(), model.DynamicPrice[0].Price)
	}
	// Output: black-forest-labs/flux-2-pro 0.03
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
