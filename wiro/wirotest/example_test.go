package wirotest_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// A program under test is pointed at the server's addresses and key. Here a request of
// net/http stands in for it.
func Example() {
	srv := wirotest.NewServer()
	defer srv.Close()

	// The first request that asks for a run is answered with 503.
	srv.Behave("openai/sora-2", wirotest.Behavior{Times: 1, Status: http.StatusServiceUnavailable})

	for range 2 {
		req, err := http.NewRequest(http.MethodPost, srv.URL+"/Run/openai/sora-2", strings.NewReader(`{"prompt":"waves"}`))
		if err != nil {
			panic(err)
		}
		req.Close = true
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Api-Key", srv.Key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			panic(err)
		}
		_ = resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}

	fmt.Println(srv.RequestCount("Run/"), "requests,", len(srv.Tasks()), "task")
	fmt.Println(srv.Requests()[1].Body["prompt"])
	// Output:
	// 503
	// 200
	// 2 requests, 1 task
	// waves
}
