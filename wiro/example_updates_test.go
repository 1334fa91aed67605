package wiro_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// stream follows a run of a language model to its end, and calls show with the answer so far.
func stream(ctx context.Context, submission wiro.Submission, show func(answer string)) error {
	for update, err := range submission.Updates(ctx) {
		switch {
		case err != nil:
			return err
		case update.Task == nil:
			show(strings.Join(update.Answer, "\n\n"))
		case update.Task.Succeeded(): // the last update
			show(update.Task.Outputs[0].Content.Text())
		default:
			return update.Task.Err()
		}
	}
	return nil
}

// Show the answer of a language model while it is being written.
func ExampleSubmission_Updates() {
	srv := wirotest.NewServer()
	defer srv.Close()
	ctx := context.Background()

	submission, err := srv.Client().Runs.Submit(ctx, "openai/gpt-5-2", wiro.Params{"prompt": "Why is the sky blue?"})
	if err != nil {
		log.Fatal(err)
	}
	var answer string
	updates := 0
	err = stream(ctx, submission, func(soFar string) { answer, updates = soFar, updates+1 })
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("several updates:", updates > 1)
	fmt.Println("an answer:", strings.Contains(answer, "Why is the sky blue?"))
	// Output:
	// several updates: true
	// an answer: true
}
