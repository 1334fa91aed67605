package core

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"time"
)

// Unix is a time as the API writes it: seconds, in a string.
func Unix(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// Raw is a value that is already JSON.
func Raw(data []byte) json.RawMessage { return data }

// EscapeName is a file name as it stands in a URL.
func EscapeName(name string) string { return url.PathEscape(name) }

// ErrForgotten is the answer to a token that names no remembered task.
var ErrForgotten = errors.New("emulator: no such task")

// Shorten cuts a text that goes into a message.
func Shorten(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return text
}
