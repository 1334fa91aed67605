package wiro

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A veil takes values that a caller handed over out of texts that came from elsewhere: whole,
// and every piece that is long enough to be told from chance, so that an answer which quotes
// one cut short or escaped says nothing either.
type veil struct {
	short  []string            // shorter than a piece: hidden where they stand alone
	pieces map[string]struct{} // every run of pieceSize bytes of the others
}

const pieceSize = 8

var hiddenValue = Secret("x").String() // as secrets print

func newVeil(values []string) *veil {
	v := &veil{pieces: map[string]struct{}{}}
	for _, value := range values {
		escaped, err := json.Marshal(value)
		if err != nil {
			escaped = nil // a string always encodes
		}
		for _, form := range []string{
			strings.TrimSpace(value), html.EscapeString(value), url.QueryEscape(value), strings.Trim(string(escaped), `"`),
		} {
			if form != "" && len(form) < pieceSize {
				v.short = append(v.short, form)
			}
			for i := range max(0, len(form)-pieceSize+1) {
				v.pieces[form[i:i+pieceSize]] = struct{}{}
			}
		}
	}
	return v
}

// hide returns the text with "[set]" where a value stood.
func (v *veil) hide(text string) string {
	hidden := make([]bool, len(text))
	mark := func(from, to int) {
		for i := from; i < to; i++ {
			hidden[i] = true
		}
	}
	for i := range max(0, len(text)-pieceSize+1) {
		if _, found := v.pieces[text[i:i+pieceSize]]; found {
			mark(i, i+pieceSize)
		}
	}
	for _, value := range v.short {
		for from := 0; ; {
			i := strings.Index(text[from:], value)
			if i < 0 {
				break
			}
			i += from
			from = i + len(value)
			if alone(text, i, from) {
				mark(i, from)
			}
		}
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString(hiddenValue)
		}
	}
	return strings.ToValidUTF8(b.String(), "") // a piece may have begun inside a character
}

// alone reports whether text[from:to] is not part of a longer word.
func alone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return !word(before) && !word(after)
}

// hiding returns a client whose errors never repeat these values.
func (c *Client) hiding(values ...string) *Client {
	other := *c
	other.veil = newVeil(values)
	return &other
}

// redact takes the credentials, and what hiding was given, out of a text from elsewhere.
func (c *Client) redact(text string) string {
	text = c.credentials.redact(text)
	if c.veil != nil {
		text = c.veil.hide(text)
	}
	return text
}
