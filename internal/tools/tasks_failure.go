package tools

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// failureText is why a task failed: the last lines of the model's own error.
func failureText(t wiro.Task) string {
	for _, said := range []string{t.DebugError, t.DebugOutput} {
		if text := mcptool.Tail(redactTokens(said), 12, 1500); text != "" {
			return text
		}
	}
	if t.Status == wiro.TaskError {
		return "The task failed before its model ran."
	}
	return fmt.Sprintf("The model ended with exit code %q and said nothing.", t.ExitCode)
}

// failureLine is the line of a failure that says why: one of a well-known failure, else the
// last one.
func failureLine(t wiro.Task) string {
	lines := strings.Split(failureText(t), "\n")
	for _, f := range knownFailures {
		for _, line := range lines {
			if f.says().MatchString(line) {
				return strings.TrimSpace(line)
			}
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}

// knownFailures are what models say when they fail in a well-known way, and what helps; the
// first that occurs counts.
var knownFailures = []struct {
	says   func() *regexp.Regexp
	advice string
}{
	{pattern(`(?i)out of memory|outofmemory|\boom\b|cannot allocate|not enough memory|memoryerror`),
		"The model ran out of memory. Ask for less: a smaller size or resolution, fewer outputs, a shorter duration, or smaller input files."},
	{pattern(`(?i)nsfw|safety|content[ _-]?(policy|filter)|moderat|flagged|prohibited|violat|sensitive`),
		"A content filter stopped it: the same call would be stopped again. Word the prompt differently or take another picture, or another model."},
	{pattern(`(?i)(unsupported|invalid|not supported|must be (divisible|a multiple)|too (large|small|big)|exceeds?).{0,60}(size|resolution|dimension|aspect|width|height|pixels)|(size|resolution|dimensions?|aspect ?ratio|width|height).{0,60}(unsupported|invalid|not supported|must be|not allowed|too (large|small|big)|exceeds?)`),
		"The model does not make this size. Take one that get_model_schema lists; a width and a height often have to be multiples of 8, 16 or 64."},
	{pattern(`(?i)cannot identify image|could not (decode|open|read|load)|invalid (image|audio|video|file)|corrupt|unsupported (file|format|codec|image|audio|video)|no such file|failed to (download|fetch|load|open)|unable to (download|fetch|open)|invalid data found|empty (file|audio)`),
		"The model could not read an input file. Look whether its address opens without signing in and the file has a type that the model takes; upload_file checks a file and gives it an address of Wiro's own."},
	{pattern(`(?i)(prompt|input|context|text|tokens?).{0,40}(too long|exceeds?|maximum|limit)|maximum context`),
		"The input is too long for the model. Shorten it, or take a model with more room."},
	{pattern(`(?i)timed? ?out|deadline exceeded`),
		"It took too long. Ask for less: a shorter duration, a smaller size or fewer outputs."},
	{pattern(`(?i)rate.?limit|too many requests|\b(429|502|503|504|529)\b|overload|at capacity|temporarily unavailable|try again later|connection (reset|refused)`),
		"The model's provider was busy. The same call may work in a few minutes."},
	{pattern(`(?i)missing|required|must be (one of|provided|between|greater|less)|invalid (value|argument|parameter|input)|unexpected keyword`),
		"A parameter is missing or has a value that the model does not take: compare with get_model_schema."},
}

// adviceOn is what helps against a failure that is well known, else "".
func adviceOn(text string) string {
	for _, f := range knownFailures {
		if f.says().MatchString(text) {
			return f.advice
		}
	}
	return ""
}

// addRepair says what helps against a failure, with the same call to be changed as the next
// step. It is a new run, which is paid for.
func (c *Call) addRepair(r *TaskResult, t wiro.Task) {
	r.Advice = adviceOn(r.Error)
	if r.Advice == "" && t.ExitCode == "137" { // killed: most often for its memory
		r.Advice = knownFailures[0].advice
	}
	model := t.Model()
	if model.Owner == "" || model.Model == "" || len(t.Parameters) == 0 {
		return
	}
	r.NextAction = c.repeatedRun(model, sentParams(t))
}

func (c *Call) repeatedRun(model wiro.Slug, given map[string]any) *mcptool.NextAction {
	return c.Next("run_model", "the same call, once what failed is changed; it is a new run, with a cost of its own",
		map[string]any{"model": model.String(), "params": given})
}

// sentParams are the params of a task as they were sent, without empty ones and without the
// content of files.
func sentParams(t wiro.Task) map[string]any {
	given := shown(t.Parameters)
	for name, value := range given {
		if empty(value) {
			delete(given, name)
		}
	}
	return given
}
