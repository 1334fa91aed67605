package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	wiromcp "github.com/wiroai/wiro-mcp-go"
)

// answer prints a language model's words as they come.
type answer struct {
	out    io.Writer
	before func() // called before the first word

	mu   sync.Mutex
	told string
}

// tell prints what has come since the last call. What does not go on with that is left to the
// result.
func (a *answer) tell(sofar string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	more, goesOn := strings.CutPrefix(sofar, a.told)
	if !goesOn || more == "" {
		return
	}
	if a.told == "" {
		a.before()
	}
	a.told = sofar
	_, _ = io.WriteString(a.out, more) // the result's own write reports a terminal that is gone
}

// rest is what remains to be printed of a result's text.
func (a *answer) rest(text string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told == "" {
		return text
	}
	before, after, found := strings.Cut(text, a.told)
	switch {
	case !found:
		return "\n\n" + text
	case strings.TrimSpace(before) == "":
		return after
	}
	return strings.TrimRight(after, "\n") + "\n" + strings.TrimSpace(before)
}

// withCommand is a result's text with its next step as a command that can be pasted.
func (a *app) withCommand(result wiromcp.Result) string {
	var seen struct {
		Next *struct {
			Tool      string         `json:"tool"`
			Arguments map[string]any `json:"arguments"`
			Reason    string         `json:"reason"`
		} `json:"nextAction"`
	}
	decoder := json.NewDecoder(strings.NewReader(string(result.Structured)))
	decoder.UseNumber()
	at := strings.LastIndex(result.Text, "Next: ")
	if decoder.Decode(&seen) != nil || seen.Next == nil || at < 0 || at > 0 && result.Text[at-1] != '\n' {
		return result.Text
	}
	text := strings.TrimRight(result.Text[:at], "\n")
	_, hasToken := seen.Next.Arguments["tasktoken"]
	_, hasID := seen.Next.Arguments["taskid"]
	if a.useSandbox && (hasToken || hasID) {
		return text // the task ends with the emulator
	}
	command := "wiro-mcp call " + seen.Next.Tool
	if a.useSandbox {
		command = "wiro-mcp call --sandbox " + seen.Next.Tool
	}
	if words := commandWords(seen.Next.Arguments); words != "" {
		command += " " + words
	}
	return fmt.Sprintf("%s\nNext: %s\n  # %s", text, command, seen.Next.Reason)
}

// commandWords are arguments as key=value words, with members of params by their path, or as one
// JSON object where a value has no such form.
func commandWords(arguments map[string]any) string {
	var words []string
	var add func(prefix string, members map[string]any) bool
	add = func(prefix string, members map[string]any) bool {
		for _, name := range slices.Sorted(maps.Keys(members)) {
			switch value := members[name].(type) {
			case map[string]any:
				if prefix != "" || len(value) == 0 || !add(name+".", value) {
					return false
				}
			case []any, nil:
				return false
			default:
				words = append(words, shellWord(fmt.Sprintf("%s%s=%v", prefix, name, value)))
			}
		}
		return true
	}
	if add("", arguments) {
		return strings.Join(words, " ")
	}
	data, err := json.Marshal(arguments)
	if err != nil {
		return ""
	}
	return shellWord(string(data))
}

// shellWord is a text as one word of a shell.
func shellWord(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@%+", r)
	}
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
