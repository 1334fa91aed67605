package mcptool

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/wiroai/wiro-mcp-go/internal/money"
	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
)

// Size writes bytes as people read them; "" where unknown.
func Size(bytes int64) string {
	if bytes <= 0 {
		return ""
	}
	return humanize.Bytes(uint64(bytes))
}

// Seconds writes a duration given in seconds.
func Seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(100 * time.Millisecond).String()
}

// Clip cuts a text to n characters on one line, with an ellipsis.
func Clip(text string, n int) string {
	text = plaintext.CollapseSpace(text)
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)
	return strings.TrimRight(string(runes[:n-1]), " ,.;") + "…"
}

// Tail returns the last n lines of a text, at most max characters.
func Tail(text string, n, limit int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	text = strings.Join(lines, "\n")
	if runes := []rune(text); len(runes) > limit {
		text = "…" + string(runes[len(runes)-limit:])
	}
	return text
}

// Row joins what a row of a list says, without what is empty: "a · b".
func Row(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " · ")
}

// Labeled is a value behind its label; "" where there is none.
func Labeled(label, value string) string {
	if value == "" {
		return ""
	}
	return label + " " + value
}

// Range is "4 to 6", of what is shown from start on.
func Range(start, shown int) string { return fmt.Sprintf("%d to %d", start+1, start+shown) }

// Count writes "1 model" or "3 models".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// USD writes an amount with its sign, "$0.04"; "an unknown amount" for nil.
func USD(usd *float64) string {
	if usd == nil {
		return "an unknown amount"
	}
	return "$" + money.USD(*usd)
}

// Amount writes a number with its thousands apart; "unknown" for nil.
func Amount(n *float64) string {
	if n == nil {
		return "unknown"
	}
	return humanize.Commaf(*n)
}
