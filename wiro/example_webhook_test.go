package wiro_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// Have Wiro tell the program when a run is over, instead of waiting for it. The handler asks Wiro
// about every webhook, since anyone could have sent it.
func ExampleWebhookHandler() {
	srv := wirotest.NewServer()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	done := make(chan wiro.Task)
	webhooks := &wiro.WebhookHandler{
		Client:  client,
		OnTask:  func(_ context.Context, event wiro.TaskEvent) { done <- event.Task },
		OnError: func(err error) { log.Print(err) },
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks/wiro", webhooks)
	server := httptest.NewServer(mux) // in a program http.Server, at an https address
	defer server.Close()

	_, err := client.Runs.Submit(ctx, "black-forest-labs/flux-2-pro", wiro.Params{"prompt": "a lighthouse at dawn"},
		wiro.CallbackURL(server.URL+"/webhooks/wiro"))
	if err != nil {
		log.Fatal(err)
	}
	task := <-done
	fmt.Println(task.Succeeded(), len(task.Outputs))

	// At the end: after http.Server.Shutdown, so that no webhook that was taken is lost.
	if err := webhooks.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// true 1
}

// A handler of one's own reads a webhook with ParseMessageWebhook, and asks Wiro what is true of
// it.
func ExampleParseMessageWebhook() {
	body := []byte(`{"messageguid": "c3d4e5f6-a7b8-9012-cdef-345678901234", "status": "agent_end",
		"content": "What are today's trending topics?", "response": "Here are today's trending topics…",
		"metadata": {"answer": ["Here are today's trending topics…"]}, "endedat": 1712050004}`)
	posted, err := wiro.ParseMessageWebhook(body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(posted.GUID, posted.Status, posted.Output().Answer[0])
	// Then: client.Messages.Get(ctx, wiro.MessageRef{GUID: posted.GUID})

	// Output:
	// c3d4e5f6-a7b8-9012-cdef-345678901234 agent_end Here are today's trending topics…
}
