// Package redact removes secrets from texts that came from elsewhere.
package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Placeholder stands where a secret stood.
const Placeholder = "[set]"

// Shingle is how many bytes of a secret in a row are recognized: long enough to be told from
// chance.
const Shingle = 8

// Redactor removes a set of values from texts: each value whole, and every piece of it of
// Shingle bytes, as it is, encoded (URL, HTML, JSON, hexadecimal, Base64 in both alphabets, at
// any place of a longer text), or cut short. It reads a text once. A nil Redactor removes
// nothing.
type Redactor struct {
	short    []string // shorter than a shingle: removed if they stand alone
	shingles shingles // every run of Shingle bytes of the others
}

// New returns a redactor of these values. Empty values are ignored.
func New(values ...string) *Redactor {
	r := &Redactor{}
	var long []string
	for _, value := range values {
		for _, form := range forms(value) {
			switch {
			case len(form) >= Shingle:
				long = append(long, form)
			case form != "":
				r.short = append(r.short, form)
			}
		}
		if len(value) >= Shingle { // the encodings of a shorter one occur by chance
			long = append(long, encodings(value)...)
		}
	}
	r.shingles = newShingles(long)
	return r
}

// forms are the ways in which a text may quote a value.
func forms(value string) []string {
	escaped, err := json.Marshal(value)
	if err != nil {
		escaped = nil // a string always encodes
	}
	all := []string{strings.TrimSpace(value)}
	for _, form := range []string{html.EscapeString(value), url.QueryEscape(value), url.PathEscape(value), strings.Trim(string(escaped), `"`)} {
		if form != all[0] {
			all = append(all, form)
		}
	}
	return all
}

// encodings are the value in hexadecimal and in Base64.
func encodings(value string) []string {
	all := []string{hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value)))}
	for before := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), value...))
		// The characters at both ends also depend on what surrounds the value.
		encoded = encoded[(before*8+5)/6 : (before+len(value))*8/6]
		all = append(all, encoded)
		if forURL := strings.NewReplacer("+", "-", "/", "_").Replace(encoded); forURL != encoded {
			all = append(all, forURL)
		}
	}
	return all
}

// Redact returns the text with Placeholder in the place of each value.
func (r *Redactor) Redact(text string) string {
	if r == nil || len(text) == 0 {
		return text
	}
	found := r.shingles.find(text)
	if len(r.short) > 0 {
		found = r.findShort(text, found)
	}
	if len(found) == 0 {
		return text
	}
	var b strings.Builder
	end := 0
	for _, s := range found {
		b.WriteString(text[end:s.from])
		b.WriteString(Placeholder)
		end = s.to
	}
	b.WriteString(text[end:])
	return strings.ToValidUTF8(b.String(), "") // a shingle may begin inside a character
}

// span is a part of a text.
type span struct{ from, to int }

// findShort merges the places where short values stand alone with those that were found.
func (r *Redactor) findShort(text string, found []span) []span {
	secret := make([]bool, len(text))
	for _, s := range found {
		mark(secret[s.from:s.to])
	}
	for _, value := range r.short {
		markWords(text, value, secret)
	}
	var all []span
	for i := range secret {
		switch {
		case !secret[i]:
		case i > 0 && secret[i-1]:
			all[len(all)-1].to = i + 1
		default:
			all = append(all, span{i, i + 1})
		}
	}
	return all
}

// markWords marks a value where it is not part of a longer word.
func markWords(text, value string, secret []bool) {
	for from := 0; ; {
		i := strings.Index(text[from:], value)
		if i < 0 {
			return
		}
		i += from
		from = i + len(value)
		if standsAlone(text, i, from) {
			mark(secret[i:from])
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

// shingles is a set of shingles. Every text that leaves the program is searched for them, so
// the search looks at one byte in five: each place where a shingle may begin is covered by one
// quarter, and few texts have a quarter of a shingle.
type shingles struct {
	whole    []uint64 // a hash table with open addressing: a power of two, half of it empty (0)
	quarters []uint64 // a bit for the hash of each run of quarter bytes
}

const (
	quarter      = 4
	stride       = Shingle - quarter + 1
	quarterBits  = 15
	fibonacci32  = 0x9E3779B1
	fibonacci64  = 0x9E3779B97F4A7C15
	bitsPerWord  = 64
	quarterWords = 1 << quarterBits / bitsPerWord
)

func newShingles(texts []string) shingles {
	n := 0
	for _, text := range texts {
		n += max(0, len(text)-Shingle+1)
	}
	if n == 0 {
		return shingles{}
	}
	size := 2
	for size < 2*n {
		size *= 2
	}
	s := shingles{whole: make([]uint64, size), quarters: make([]uint64, quarterWords)}
	for _, text := range texts {
		for i := range max(0, len(text)-Shingle+1) {
			s.add(text[i : i+Shingle])
		}
	}
	return s
}

func (s shingles) add(text string) {
	shingle := eight(text)
	slot := s.slot(shingle)
	for s.whole[slot] != 0 && s.whole[slot] != shingle {
		slot = (slot + 1) & (len(s.whole) - 1)
	}
	s.whole[slot] = shingle
	for i := range stride {
		word, bit := place(text[i:])
		s.quarters[word] |= bit
	}
}

func (s shingles) has(text string) bool {
	shingle := eight(text)
	slot := s.slot(shingle)
	for s.whole[slot] != 0 && s.whole[slot] != shingle {
		slot = (slot + 1) & (len(s.whole) - 1)
	}
	return s.whole[slot] == shingle
}

// slot is where the search for a shingle begins.
func (s shingles) slot(shingle uint64) int {
	return int((shingle*fibonacci64)>>32) & (len(s.whole) - 1) //nolint:gosec // 32 bits
}

// place is where the bit of a quarter is.
func place(text string) (word int, bit uint64) {
	_ = text[quarter-1]
	hash := (uint32(text[0]) | uint32(text[1])<<8 | uint32(text[2])<<16 | uint32(text[3])<<24) * fibonacci32 >> (32 - quarterBits)
	return int(hash / bitsPerWord), 1 << (hash % bitsPerWord)
}

func eight(text string) uint64 {
	_ = text[Shingle-1]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// find returns the parts of a text that are made of shingles.
func (s shingles) find(text string) []span {
	var found []span
	if len(s.whole) == 0 {
		return nil
	}
	for at := 0; at+quarter <= len(text); at += stride {
		if word, bit := place(text[at:]); s.quarters[word]&bit == 0 {
			continue
		}
		for from := max(0, at-Shingle+quarter); from <= at && from+Shingle <= len(text); from++ {
			if !s.has(text[from:]) {
				continue
			}
			if last := len(found) - 1; last >= 0 && from <= found[last].to {
				found[last].to = from + Shingle
			} else {
				found = append(found, span{from, from + Shingle})
			}
		}
	}
	return found
}
