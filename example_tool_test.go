package wiromcp_test

import (
	"context"
	"fmt"
	"log"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

type stockQuery struct {
	Item  string `json:"item" doc:"what to look for"`
	Limit int    `json:"limit,omitempty" min:"1" max:"9" default:"3" doc:"how many to list"`
}

type stock struct {
	Item  string `json:"item"`
	Count int    `json:"count"`
}

// Text is the result for models that read text.
func (s stock) Text() string { return fmt.Sprintf("%d of %s", s.Count, s.Item) }

func checkStock(_ context.Context, call *wiromcp.ToolCall, in stockQuery) (stock, error) {
	call.Progress(0.5, 1, "counting")
	if in.Item == "unicorn" {
		return stock{}, &wiromcp.ToolError{
			Text: "There are no unicorns.",
			Next: &wiromcp.NextAction{Tool: "check_stock", Arguments: map[string]any{"item": "bread"}, Reason: "there is bread"},
		}
	}
	return stock{Item: in.Item, Count: 7}, nil
}

func stockTool() wiromcp.Tool {
	return wiromcp.NewTool(wiromcp.ToolMeta{
		Name: "check_stock", Title: "Check the stock", Description: "How many of an item there are.",
	}, checkStock)
}

// A tool of the program's own stands beside those of Wiro.
func ExampleNewTool() {
	srv := wirotest.NewServer()
	defer srv.Close()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client(), Tools: []wiromcp.Tool{stockTool()}})

	result, err := server.Call(context.Background(), "check_stock", map[string]any{"item": "bread"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Text, string(result.Structured))

	result, err = server.Call(context.Background(), "check_stock", map[string]any{"item": "unicorn"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Text)
	// Output:
	// 7 of bread {"item":"bread","count":7}
	// There are no unicorns.
	// Next: check_stock {"item":"bread"} (there is bread)
}
