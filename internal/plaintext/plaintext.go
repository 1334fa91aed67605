// Package plaintext takes characters out of foreign texts that a reader does not see and that
// steer a terminal, a model or the order in which text is shown.
package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A form says which characters stay.
type form int

const (
	forResult   form = iota // what models and programs read
	forTerminal             // also without bidirectional controls
)

// Result returns a text for models and programs: without control characters (C0 but tab and
// newline, DEL, C1), tag characters and invalid UTF-8. Line breaks of any kind are newlines.
func Result(text string) string { return clean(text, forResult) }

// Terminal returns a text that cannot steer a terminal: Result without the characters that
// change the direction of writing.
func Terminal(text string) string { return clean(text, forTerminal) }

// Line returns Result on one line: line breaks and tabs, with the spaces around them, become
// one space, and none at either end. Other spaces stay: names may have them.
func Line(text string) string {
	if isPrintable(text) {
		return text
	}
	text = Result(strings.Map(func(r rune) rune {
		if isBreak(r) {
			return '\n'
		}
		return r
	}, text))
	if !strings.Contains(text, "\n") {
		return text
	}
	var b strings.Builder
	for part := range strings.SplitSeq(text, "\n") {
		if b.Len() > 0 {
			part = strings.TrimLeft(part, " ")
		}
		if part = strings.TrimRight(part, " "); part == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(part)
	}
	return b.String()
}

// isPrintable reports whether a text has nothing but the printable characters of ASCII.
func isPrintable(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// isBreak reports whether a character ends a line or moves the cursor, for some reader.
func isBreak(r rune) bool {
	switch r {
	case '\n', '\r', '\t', '\v', '\f', 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// CollapseSpace returns the words of a text with one space between them.
func CollapseSpace(text string) string {
	if isPrintable(text) && !strings.HasPrefix(text, " ") && !strings.HasSuffix(text, " ") && !strings.Contains(text, "  ") {
		return text
	}
	return strings.Join(strings.Fields(text), " ")
}

// Quote returns a foreign text as part of a sentence that a user decides on: in quotes, on one
// line, at most limit characters long, without controls of direction. Quotes inside become
// single quotes, so that the text cannot end its own quotation.
func Quote(text string, limit int) string {
	text = CollapseSpace(Line(Terminal(text)))
	text = strings.Map(func(r rune) rune {
		switch r {
		case '"', '“', '”', '„', '‟', '″', '＂':
			return '\''
		}
		return r
	}, text)
	if utf8.RuneCountInString(text) > limit {
		text = strings.TrimRight(string([]rune(text)[:max(0, limit-1)]), " ") + "…"
	}
	return `"` + text + `"`
}

// Cut returns at most n characters of a text, and an ellipsis if that is not all of it.
func Cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n]) + "…"
}

func clean(text string, f form) string {
	i := dirty(text, f)
	if i < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	b.WriteString(text[:i])
	text = text[i:]
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteRune(utf8.RuneError)
		case r == '\r':
			if len(text) == 1 || text[1] != '\n' {
				b.WriteByte('\n')
			}
		case !hidden(r, f):
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

// dirty is the index of the first character that does not stay; below 0 if all do.
func dirty(text string, f form) int {
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c < 0x7f || c == '\n' || c == '\t' {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			return i
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 || hidden(r, f) {
			return i
		}
		i += size
	}
	return -1
}

// hidden reports whether a character is taken out.
func hidden(r rune, f form) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r < ' ', r >= 0x7f && r <= 0x9f, r >= 0xE0000 && r <= 0xE007F:
		return true
	case f == forTerminal:
		return unicode.Is(unicode.Bidi_Control, r)
	}
	return false
}
