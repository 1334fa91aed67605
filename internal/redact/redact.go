// Package redact removes secrets from texts that came from elsewhere.
package redact

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Placeholder stands where a secret stood.
const Placeholder = "[set]"

// shingleSize is how many bytes of a secret in a row are recognized: long enough to be told
// from chance.
const shingleSize = 8

// Redactor removes a set of values from texts: each value whole, and every piece of it of
// shingleSize bytes, so that a text which quotes a value cut short or escaped shows nothing of
// it. A nil Redactor removes nothing.
type Redactor struct {
	short    []string            // shorter than a shingle: removed if they stand alone
	shingles map[string]struct{} // every run of shingleSize bytes of the others
}

// New returns a redactor of these values. Empty values are ignored.
func New(values ...string) *Redactor {
	r := &Redactor{shingles: map[string]struct{}{}}
	for _, value := range values {
		for _, form := range forms(value) {
			r.add(form)
		}
	}
	return r
}

// forms are the ways in which a text may quote a value.
func forms(value string) []string {
	escaped, err := json.Marshal(value)
	if err != nil {
		escaped = nil // a string always encodes
	}
	return []string{strings.TrimSpace(value), html.EscapeString(value), url.QueryEscape(value), strings.Trim(string(escaped), `"`)}
}

func (r *Redactor) add(form string) {
	if form != "" && len(form) < shingleSize {
		r.short = append(r.short, form)
	}
	for i := range max(0, len(form)-shingleSize+1) {
		r.shingles[form[i:i+shingleSize]] = struct{}{}
	}
}

// Redact returns the text with Placeholder in the place of each value.
func (r *Redactor) Redact(text string) string {
	if r == nil || len(r.short) == 0 && len(r.shingles) == 0 {
		return text
	}
	secret := make([]bool, len(text))
	found := r.markShingles(text, secret)
	for _, value := range r.short {
		found = markWords(text, value, secret) || found
	}
	if !found {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !secret[i]:
			b.WriteByte(text[i])
		case i == 0 || !secret[i-1]:
			b.WriteString(Placeholder)
		}
	}
	return strings.ToValidUTF8(b.String(), "") // a shingle may begin inside a character
}

func (r *Redactor) markShingles(text string, secret []bool) (found bool) {
	for i := range max(0, len(text)-shingleSize+1) {
		if _, ok := r.shingles[text[i:i+shingleSize]]; ok {
			mark(secret[i : i+shingleSize])
			found = true
		}
	}
	return found
}

// markWords marks a value where it is not part of a longer word.
func markWords(text, value string, secret []bool) (found bool) {
	for from := 0; ; {
		i := strings.Index(text[from:], value)
		if i < 0 {
			return found
		}
		i += from
		from = i + len(value)
		if standsAlone(text, i, from) {
			mark(secret[i:from])
			found = true
		}
	}
}

func mark(secret []bool) {
	for i := range secret {
		secret[i] = true
	}
}

func standsAlone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return !word(before) && !word(after)
}
