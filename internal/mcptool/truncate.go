package mcptool

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

const (
	maxCharacters = 100_000 // of a result, in either form
	maxTokens     = 25_000  // of text, as models count it
)

// truncateJSON shortens a structured result until it is within the size cap.
func truncateJSON(data json.RawMessage, hint string) any {
	var plain any
	if json.Unmarshal(data, &plain) != nil {
		return data
	}
	for range 8 {
		excess := jsonSize(plain) - maxCharacters
		if excess <= 0 {
			break
		}
		plain = truncateValue(plain, excess, hint)
	}
	return plain
}

// FitBefore shortens the part of a text before end, never the rest, where both are longer than the
// size caps allow. The hint says how to get what is cut.
func FitBefore(text string, end int, hint string) string {
	if fits(len(text), 1, 0) {
		return text
	}
	characters, tokens := weigh(text[end:])
	if body := cutText(text[:end], hint, characters+1, tokens); body != text[:end] {
		return body + text[end:]
	}
	return text
}

// fits reports whether a text of so many bytes, as nearly all have, surely is within the size caps
// where so many characters and tokens are taken already.
func fits(bytes, characters int, tokens float64) bool {
	return characters+bytes <= maxCharacters-400 && tokens+0.75*float64(bytes) <= maxTokens-100
}

// weigh counts the characters of a text, and about how many tokens it takes.
func weigh(text string) (characters int, tokens float64) {
	for _, r := range text {
		characters++
		if r < utf8.RuneSelf {
			tokens += 0.25
		} else {
			tokens += 0.75
		}
	}
	return characters, tokens
}

// truncateText shortens a text to the size caps and says how to get what is cut.
func truncateText(text, hint string) string { return cutText(text, hint, 0, 0) }

// cutText is truncateText where so many characters and tokens are taken already.
func cutText(text, hint string, characters int, tokens float64) string {
	limit := len(text)
	if fits(limit, characters, tokens) {
		return text
	}
	for i, r := range text {
		characters++
		if r < utf8.RuneSelf {
			tokens += 0.25
		} else {
			tokens += 0.75
		}
		if characters > maxCharacters-400 || tokens > maxTokens-100 {
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
	return text[:limit] + "\n" + cutNote(len(text)-limit, hint)
}

func cutNote(bytes int, hint string) string {
	if hint == "" {
		hint = "Narrow the call (limit, start, search) to see the rest."
	}
	return fmt.Sprintf("[cut: %s more. %s]", humanize.Bytes(uint64(bytes)), hint) //nolint:gosec // a length
}

// truncateValue shortens the longest texts and lists of a structured result until it fits.
func truncateValue(value any, excess int, hint string) any {
	switch v := value.(type) {
	case map[string]any:
		longest, most := "", 0
		for name, member := range v {
			if n := jsonSize(member); n > most {
				longest, most = name, n
			}
		}
		if most > 0 {
			v[longest] = truncateValue(v[longest], excess, hint)
		}
		return v
	case []any:
		heaviest, most := 0, 0
		for i, member := range v {
			if n := jsonSize(member); n > most {
				heaviest, most = i, n
			}
		}
		if most > excess && len(v) > 0 {
			v[heaviest] = truncateValue(v[heaviest], excess, hint)
			return v
		}
		for dropped := 0; len(v) > 0 && dropped < excess; v = v[:len(v)-1] {
			dropped += jsonSize(v[len(v)-1])
		}
		return v
	case string:
		runes := []rune(v)
		keep := max(0, len(runes)-excess-200)
		return string(runes[:keep]) + "\n" + cutNote(len(v)-len(string(runes[:keep])), hint)
	}
	return value
}

// jsonSize is about how many characters a value takes as JSON.
func jsonSize(value any) int {
	switch v := value.(type) {
	case map[string]any:
		n := 2
		for name, member := range v {
			n += len(name) + 4 + jsonSize(member)
		}
		return n
	case []any:
		n := 2
		for _, member := range v {
			n += 1 + jsonSize(member)
		}
		return n
	case string:
		return utf8.RuneCountInString(v) + 2
	}
	return 8
}
