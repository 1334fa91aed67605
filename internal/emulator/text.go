package emulator

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"time"
)

// unix is a time as the API writes it: seconds, in a string.
func unix(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// raw is a value that is already JSON.
func raw(data []byte) json.RawMessage { return data }

// escapeName is a file name as it stands in a URL.
func escapeName(name string) string { return url.PathEscape(name) }

// errForgotten is the answer to a token that names no remembered task.
var errForgotten = errors.New("emulator: no such task")

// shorten cuts a text that goes into a message.
func shorten(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return text
}
