package core

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
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

// CleanSlug is one half of a model's slug as URLs have it: lower case, with hyphens for
// everything else, as in "gpt-5-2" for "GPT-5.2".
func CleanSlug(written string) string {
	words := strings.FieldsFunc(strings.ToLower(written), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}
