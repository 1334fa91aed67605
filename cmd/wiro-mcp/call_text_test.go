package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wiromcp "github.com/wiroai/wiro-mcp-go"
)

func TestANextStepIsACommandThatCanBePasted(t *testing.T) {
	t.Parallel()
	for structured, want := range map[string]string{
		`{"nextAction":{"tool":"wait_for_task","arguments":{"tasktoken":"tok1"},"reason":"go on"}}`:                      "wiro-mcp call wait_for_task tasktoken=tok1\n  # go on",
		`{"nextAction":{"tool":"list_tasks","arguments":{"start":20,"limit":5},"reason":"more"}}`:                        "wiro-mcp call list_tasks limit=5 start=20\n  # more",
		`{"nextAction":{"tool":"run_model","arguments":{"model":"a/b","params":{"prompt":"it's $5; rm"}},"reason":"r"}}`: `wiro-mcp call run_model model=a/b 'params.prompt=it'\''s $5; rm'` + "\n  # r",
		`{"nextAction":{"tool":"search_models","arguments":{"categories":["llm"]},"reason":"r"}}`:                        `wiro-mcp call search_models '{"categories":["llm"]}'` + "\n  # r",
		`{"nextAction":{"tool":"explore","arguments":{},"reason":"r"}}`:                                                  "wiro-mcp call explore\n  # r",
	} {
		text := (&app{}).withCommand(wiromcp.Result{Text: "Done.\nNext: whatever {}", Structured: []byte(structured)})
		require.Equal(t, "Done.\nNext: "+want, text)
	}
	const running = `{"nextAction":{"tool":"wait_for_task","arguments":{"tasktoken":"tok1"},"reason":"go on"}}`
	require.Equal(t, "Done.", (&app{useSandbox: true}).withCommand(wiromcp.Result{Text: "Done.\nNext: x", Structured: []byte(running)}))
	require.Equal(t, "No Next: here", (&app{}).withCommand(wiromcp.Result{Text: "No Next: here", Structured: []byte(running)}))
	require.Equal(t, "Done.", (&app{}).withCommand(wiromcp.Result{Text: "Done.", Structured: []byte(`{}`)}))
}

// Words are printed once: as they come, and then what the result has beside them.
func TestWordsArePrintedAsTheyCome(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	bar := true
	a := &answer{out: &out, before: func() { bar = false }}
	for _, sofar := range []string{"", "The sky", "The sky is", "The sky is", "Other", "The sky is blue."} {
		a.tell(sofar)
	}
	require.False(t, bar)
	require.Equal(t, "The sky is blue.", out.String())
	require.Equal(t, "\n\nCompleted.", a.rest("The sky is blue.\n\nCompleted."))
	require.Equal(t, "\n\nCompleted.\n[response](https://x)", a.rest("[response](https://x)\nThe sky is blue.\n\nCompleted.\n"))
	require.Equal(t, "\n\nSomething else", a.rest("Something else"))
	require.Equal(t, "All", (&answer{}).rest("All"))
}
