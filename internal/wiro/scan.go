package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may nest, JSON inside strings included.
const maxDepth = 1000

// What values take in memory beside their text.
const (
	mapEntry   = 96
	listEntry  = 32
	emptyValue = 64 // an object or an array
)

// scanner reads JSON text once, from its start to its end. The first error sticks: from then
// on it stands at the end and finds nothing.
type scanner struct {
	data  []byte
	pos   int
	depth int
	room  *int // bytes that decoded values may still take
	err   error
}

// reserve keeps memory for a decoded value. Empty values take some hundred times the bytes
// that they have in JSON.
func (s *scanner) reserve(bytes int) {
	if *s.room -= bytes; *s.room < 0 {
		s.fail("more values than are decoded")
	}
}

func (s *scanner) fail(problem string) {
	if s.err == nil {
		s.err = fmt.Errorf("%s at byte %d", problem, s.pos)
	}
	s.pos = len(s.data)
}

var errUnexpectedEnd = errors.New("unexpected end of JSON")

// peek skips white space and returns the byte that follows; 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// take consumes c, if it is next after white space.
func (s *scanner) take(c byte) bool {
	if s.peek() != c || s.pos >= len(s.data) {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) expect(c byte) {
	switch {
	case s.take(c):
	case s.pos >= len(s.data) && s.err == nil:
		s.err = errUnexpectedEnd
	default:
		s.fail(fmt.Sprintf("expected %q", c))
	}
}

// enter begins an object or array. It reports false if it is empty.
func (s *scanner) enter(open, end byte) bool {
	s.expect(open)
	s.depth++
	if s.depth > maxDepth {
		s.fail("nested too deep")
		return false
	}
	if s.take(end) {
		s.depth--
		return false
	}
	return s.err == nil
}

// more goes on behind an element. It reports false behind the last one.
func (s *scanner) more(end byte) bool {
	if s.take(',') {
		return s.err == nil
	}
	s.expect(end)
	s.depth--
	return false
}

// name consumes the name of a member, up to its value.
func (s *scanner) name() []byte {
	name := s.stringBytes()
	s.expect(':')
	return name
}

// end expects nothing but white space.
func (s *scanner) end() {
	if s.peek(); s.pos < len(s.data) {
		s.fail("unexpected text behind the value")
	}
}

// skip consumes a value and returns its text.
func (s *scanner) skip() []byte {
	c := s.peek()
	start := s.pos
	switch c {
	case '{':
		for ok := s.enter('{', '}'); ok; ok = s.more('}') {
			s.skipString()
			s.expect(':')
			s.skip()
		}
	case '[':
		for ok := s.enter('[', ']'); ok; ok = s.more(']') {
			s.skip()
		}
	case '"':
		s.skipString()
	default:
		return s.literal()
	}
	return s.data[start:s.pos]
}

// literal consumes a number, true, false or null and returns it.
func (s *scanner) literal() []byte {
	c := s.peek()
	start := s.pos
	switch {
	case c == 't':
		s.word("true")
	case c == 'f':
		s.word("false")
	case c == 'n':
		s.word("null")
	case c == '-' || c >= '0' && c <= '9':
		s.number()
	case s.pos >= len(s.data):
		if s.err == nil {
			s.err = errUnexpectedEnd
		}
	default:
		s.fail("expected a value")
	}
	if s.err != nil {
		return nil
	}
	return s.data[start:s.pos]
}

func (s *scanner) word(w string) {
	if len(s.data)-s.pos < len(w) || string(s.data[s.pos:s.pos+len(w)]) != w {
		s.fail("expected a value")
		return
	}
	s.pos += len(w)
}

func (s *scanner) number() {
	if s.data[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.data) && s.data[s.pos] == '0' {
		s.pos++
	} else {
		s.digits()
	}
	if s.pos < len(s.data) && s.data[s.pos] == '.' {
		s.pos++
		s.digits()
	}
	if s.pos < len(s.data) && (s.data[s.pos] == 'e' || s.data[s.pos] == 'E') {
		s.pos++
		if s.pos < len(s.data) && (s.data[s.pos] == '+' || s.data[s.pos] == '-') {
			s.pos++
		}
		s.digits()
	}
}

func (s *scanner) digits() {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	if s.pos == start {
		s.fail("expected a digit")
	}
}

// skipString consumes a string. It returns the text between the quotation marks as it stands,
// and whether it is the string's text already: without escapes, and valid UTF-8.
func (s *scanner) skipString() (raw []byte, plain bool) {
	if s.peek() != '"' {
		s.expect('"')
		return nil, false
	}
	s.pos++
	start := s.pos
	plain, all := true, byte(0) // all bits that are set in some byte
	for {
		n := s.pos
		for n < len(s.data) && ordinary[s.data[n]] {
			all |= s.data[n]
			n++
		}
		s.pos = n
		switch {
		case n == len(s.data):
			if s.err == nil {
				s.err = errUnexpectedEnd
			}
			return nil, false
		case s.data[n] == '"':
			raw = s.data[start:n]
			s.pos++
			return raw, plain && (all < utf8.RuneSelf || utf8.Valid(raw))
		case s.data[n] == '\\':
			plain = false
			s.escape()
		default:
			s.fail("control character in a string")
		}
	}
}

// ordinary are the bytes that stand for themselves in a string.
var ordinary = func() (ordinary [256]bool) {
	for c := range ordinary {
		ordinary[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return ordinary
}()

// escape consumes an escape sequence.
func (s *scanner) escape() {
	s.pos++
	if s.pos >= len(s.data) {
		return
	}
	switch s.data[s.pos] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
	case 'u':
		if _, ok := hex4(s.data[s.pos+1:]); !ok {
			s.fail("bad escape in a string")
			return
		}
		s.pos += 5
	default:
		s.fail("bad escape in a string")
	}
}

func hex4(p []byte) (rune, bool) {
	if len(p) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p[:4]), 16, 16)
	return rune(n), err == nil //nolint:gosec // 16 bits
}

// stringBytes consumes a string and returns its text, which may share memory with the data.
func (s *scanner) stringBytes() []byte {
	raw, plain := s.skipString()
	if plain || s.err != nil {
		return raw
	}
	return []byte(unescape(raw))
}

// string is stringBytes that copies the text.
func (s *scanner) string() string {
	raw, plain := s.skipString()
	if plain || s.err != nil {
		return string(raw)
	}
	return unescape(raw)
}

// unescape resolves the escapes of a string that was scanned, and replaces invalid UTF-8.
func unescape(raw []byte) string {
	var text strings.Builder
	text.Grow(len(raw))
	for len(raw) > 0 {
		end := bytes.IndexByte(raw, '\\')
		if end < 0 {
			end = len(raw)
		}
		writeValid(&text, raw[:end])
		if raw = raw[end:]; len(raw) == 0 {
			break
		}
		if raw[1] != 'u' {
			text.WriteByte(unescaped(raw[1]))
			raw = raw[2:]
			continue
		}
		r, _ := hex4(raw[2:])
		raw = raw[6:]
		if utf16.IsSurrogate(r) {
			low := rune(-1)
			if len(raw) > 1 && raw[0] == '\\' && raw[1] == 'u' {
				low, _ = hex4(raw[2:])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				raw = raw[6:]
			}
		}
		text.WriteRune(r)
	}
	return text.String()
}

// writeValid writes each byte that is not UTF-8 as U+FFFD.
func writeValid(text *strings.Builder, p []byte) {
	if utf8.Valid(p) {
		text.Write(p)
		return
	}
	for len(p) > 0 {
		r, size := utf8.DecodeRune(p)
		text.WriteRune(r)
		p = p[size:]
	}
}

func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // a quotation mark, a backslash or a slash
}

// value consumes any value. Numbers are kept digit by digit.
func (s *scanner) value() any {
	switch s.peek() {
	case '{':
		return s.object()
	case '[':
		s.reserve(emptyValue)
		list := []any{}
		for ok := s.enter('[', ']'); ok; ok = s.more(']') {
			s.reserve(listEntry)
			list = append(list, s.value())
		}
		return list
	case '"':
		return s.string()
	}
	switch word := s.literal(); {
	case len(word) == 0 || word[0] == 'n':
		return nil
	case word[0] == 't' || word[0] == 'f':
		return word[0] == 't'
	default:
		return json.Number(word)
	}
}

// object consumes an object, with any values.
func (s *scanner) object() map[string]any {
	s.reserve(emptyValue)
	object := map[string]any{}
	for ok := s.enter('{', '}'); ok; ok = s.more('}') {
		name := string(s.name())
		s.reserve(mapEntry + len(name))
		object[name] = s.value()
	}
	return object
}
