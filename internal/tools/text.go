package tools

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

const (
	maxResult = 100_000 // characters of a result, in either form
	maxTokens = 25_000  // worth of text, as models count it
)

// money writes USD: cents where they suffice, more digits where they carry the amount.
func money(usd float64) string {
	if usd == 0 {
		return "0"
	}
	cents := strconv.FormatFloat(usd, 'f', 2, 64)
	if exact, err := strconv.ParseFloat(cents, 64); err == nil && exact == usd {
		return cents
	}
	digits := strconv.FormatFloat(usd, 'f', 8, 64)
	return strings.TrimRight(strings.TrimRight(digits, "0"), ".")
}

// size writes bytes as people read them; "" where unknown.
func size(bytes int64) string {
	if bytes <= 0 {
		return ""
	}
	return humanize.Bytes(uint64(bytes))
}

// seconds writes a duration given in seconds.
func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(100 * time.Millisecond).String()
}

// clip cuts a text to n characters on one line, with an ellipsis.
func clip(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)
	return strings.TrimRight(string(runes[:n-1]), " ,.;") + "…"
}

// tail returns the last n lines of a text, at most max characters.
func tail(text string, n, limit int) string {
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

// pageLine is "3 models:" or, of a part of them, "12 models, 4 to 6 shown:".
func pageLine(total, start, shown int, thing string) string {
	text := count(total, thing)
	if start > 0 || shown < total {
		text += fmt.Sprintf(", %d to %d shown", start+1, start+shown)
	}
	return text + ":\n"
}

// nextStart is where the next page begins; 0 where this one is the last.
func nextStart(total, start, shown int) int {
	if next := start + shown; shown > 0 && next < total {
		return next
	}
	return 0
}

// count writes "1 model" or "3 models".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// capText holds a text under the size caps and says how to get what is cut.
func capText(text, more string) string {
	limit, tokens, characters := len(text), 0.0, 0
	for i, r := range text {
		characters++
		if r < utf8.RuneSelf {
			tokens += 0.25
		} else {
			tokens += 0.75
		}
		if characters > maxResult-400 || tokens > maxTokens-100 {
			limit = i
			break
		}
	}
	if limit == len(text) {
		return text
	}
	if line := strings.LastIndexByte(text[:limit], '\n'); line > limit*9/10 {
		limit = line
	}
	return text[:limit] + "\n" + cutNote(len(text)-limit, more)
}

func cutNote(bytes int, more string) string {
	if more == "" {
		more = "Narrow the call (limit, start, search) to see the rest."
	}
	return fmt.Sprintf("[cut: %s more. %s]", humanize.Bytes(uint64(bytes)), more) //nolint:gosec // a length
}

// capValue shortens the longest texts and lists of a structured result until it fits.
func capValue(value any, excess int, more string) any {
	switch v := value.(type) {
	case map[string]any:
		longest, most := "", 0
		for name, member := range v {
			if n := weight(member); n > most {
				longest, most = name, n
			}
		}
		if most > 0 {
			v[longest] = capValue(v[longest], excess, more)
		}
		return v
	case []any:
		heaviest, most := 0, 0
		for i, member := range v {
			if n := weight(member); n > most {
				heaviest, most = i, n
			}
		}
		if most > excess && len(v) > 0 {
			v[heaviest] = capValue(v[heaviest], excess, more)
			return v
		}
		for dropped := 0; len(v) > 0 && dropped < excess; v = v[:len(v)-1] {
			dropped += weight(v[len(v)-1])
		}
		return v
	case string:
		runes := []rune(v)
		keep := max(0, len(runes)-excess-200)
		return string(runes[:keep]) + "\n" + cutNote(len(v)-len(string(runes[:keep])), more)
	}
	return value
}

func weight(value any) int {
	switch v := value.(type) {
	case map[string]any:
		n := 2
		for name, member := range v {
			n += len(name) + 4 + weight(member)
		}
		return n
	case []any:
		n := 2
		for _, member := range v {
			n += 1 + weight(member)
		}
		return n
	case string:
		return utf8.RuneCountInString(v) + 2
	}
	return 8
}
