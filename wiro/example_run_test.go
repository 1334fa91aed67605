package wiro_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// paint runs a model and writes the picture that it makes to w.
func paint(ctx context.Context, client *wiro.Client, prompt string, w io.Writer) (wiro.Task, error) {
	task, err := client.Run(ctx, "black-forest-labs/flux-2-pro", wiro.Params{"prompt": prompt})
	if err == nil {
		err = task.Err() // the model failed
	}
	if err == nil {
		_, err = task.Outputs[0].Download(ctx, w)
	}
	return task, err
}

// Run a model, wait for it, and download what it made.
func Example() {
	srv := wirotest.NewServer() // stands in for Wiro
	defer srv.Close()
	client := srv.Client() // in a program: wiro.NewClient(wiro.Options{})

	var picture bytes.Buffer
	task, err := paint(context.Background(), client, "a lighthouse at dawn", &picture)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Status, task.Outputs[0].ContentType)
	fmt.Println("a picture:", bytes.HasPrefix(picture.Bytes(), []byte("\x89PNG")))
	if task.Cost != nil {
		fmt.Printf("charged: $%.2f\n", *task.Cost)
	}
	// Output:
	// task_postprocess_end image/png
	// a picture: true
	// charged: $0.03
}
