package wiro_test

import (
	"context"
	"fmt"
	"log"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// spent adds up what the tasks of a project cost by Wiro's record. Unknown costs are counted.
func spent(ctx context.Context, client *wiro.Client) (usd float64, unknown int, err error) {
	for task, err := range client.Tasks.All(ctx, wiro.TaskQuery{Limit: 2}) {
		switch {
		case err != nil:
			return 0, 0, err
		case task.Cost == nil:
			unknown++
		default:
			usd += *task.Cost
		}
	}
	return usd, unknown, nil
}

// Go through all tasks, page by page.
func ExampleTasksService_All() {
	srv := wirotest.NewServer()
	defer srv.Close()
	ctx := context.Background()
	for range 3 {
		if _, err := srv.Client().Run(ctx, "black-forest-labs/flux-2-pro", wiro.Params{"prompt": "a cat"}); err != nil {
			log.Fatal(err)
		}
	}

	usd, unknown, err := spent(ctx, srv.Client())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("$%.2f, %d unknown, %d requests\n", usd, unknown, srv.RequestCount("Task/List"))
	// Output: $0.09, 0 unknown, 2 requests
}
