package wiro_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// advice says what to do about the outcome of a run.
func advice(task wiro.Task, err error) string {
	switch {
	case errors.Is(err, wiro.ErrUnknownOutcome):
		return "look at Tasks.List before running again"
	case errors.Is(err, wiro.ErrInsufficientBalance):
		return "top up the wallet"
	case wiro.ReasonOf(err) == wiro.ReasonModelNotFound:
		return "look for the model with Models.List"
	case errors.Is(err, context.DeadlineExceeded):
		return "the task goes on: wait for it with Tasks.Wait"
	case err != nil:
		return err.Error()
	case task.Err() != nil:
		return "the model failed: " + task.Err().Error()
	}
	return "done"
}

// Tell errors apart.
func ExampleReasonOf() {
	srv := wirotest.NewServer()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	prompt := wiro.Params{"prompt": "a cat"}

	fmt.Println(advice(client.Run(ctx, "black-forest-labs/flux-2-pro", prompt)))
	fmt.Println(advice(client.Run(ctx, "no/such-model", prompt)))

	srv.Behave("black-forest-labs/flux-2-pro", wirotest.Behavior{CutConnection: true, Times: 1})
	fmt.Println(advice(client.Run(ctx, "black-forest-labs/flux-2-pro", prompt)))

	srv.SetBalance(srv.Key, 0)
	fmt.Println(advice(client.Run(ctx, "black-forest-labs/flux-2-pro", prompt)))
	// Output:
	// done
	// look for the model with Models.List
	// look at Tasks.List before running again
	// top up the wallet
}
