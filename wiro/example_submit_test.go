package wiro_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// resume waits for a task whose token was kept, at most for the given time.
func resume(client *wiro.Client, token string, most time.Duration) (wiro.Task, error) {
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	return client.Tasks.Wait(ctx, wiro.TaskRef{Token: token})
}

// Submit a run, keep its token, and wait for the result later: in another process, or again if
// the time was too short. Waiting costs nothing.
func ExampleRunsService_Submit() {
	srv := wirotest.NewServer()
	defer srv.Close()
	srv.Behave("openai/sora-2", wirotest.Behavior{HoldAt: wirotest.TaskStart}) // until Release

	submission, err := srv.Client().Runs.Submit(context.Background(), "openai/sora-2", wiro.Params{"prompt": "waves"})
	if errors.Is(err, wiro.ErrUnknownOutcome) {
		log.Fatal("the run may have been accepted: look at Tasks.List before running it again")
	}
	if err != nil {
		log.Fatal(err)
	}

	_, err = resume(srv.Client(), submission.Token, 50*time.Millisecond)
	fmt.Println("still running:", errors.Is(err, context.DeadlineExceeded))

	srv.Release(submission.Token)
	task, err := resume(srv.Client(), submission.Token, time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("succeeded:", task.Succeeded())
	// Output:
	// still running: true
	// succeeded: true
}
