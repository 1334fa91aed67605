package mcptool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

const (
	// MaxValues is how many values one message, or JSON inside a text of it, may hold. Each
	// costs some hundred bytes once it is decoded, however few it has in JSON.
	MaxValues = 20_000
	maxDepth  = 500

	// MaxName is the length of the longest name that is looked up, in bytes: of a tool, a
	// prompt, a page. To compare a longer one costs time, and no name is so long.
	MaxName = 200
)

// CountValues returns how many values a JSON text holds, counted without decoding it. The text
// need not be valid. The error says that it holds more than MaxValues, or nests too deep.
func CountValues(data []byte) (int, error) {
	count, depth := 1, 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case ',':
			count++
		case '{', '[':
			count++
			if depth++; depth > maxDepth {
				return count, fmt.Errorf("nests deeper than %d levels", maxDepth)
			}
		case '}', ']':
			depth--
		}
		if count > MaxValues {
			return count, fmt.Errorf("holds more than %d values", MaxValues)
		}
	}
	return count, nil
}

// Members calls yield for each member of an object, in its order, with the text of its value. The
// text must be valid JSON, and an object.
func Members(object []byte, yield func(name []byte, value json.RawMessage)) {
	s := object[skipSpace(object, 0)+1:]
	for i := skipSpace(s, 0); s[i] != '}'; i = skipSpace(s, i) {
		end := valueEnd(s, i)
		name := s[i+1 : end-1]
		if !isPlain(name) {
			name = []byte(unescaped(s[i:end]))
		}
		i = skipSpace(s, end) // to the colon
		i = skipSpace(s, i+1) // to the value
		end = valueEnd(s, i)
		yield(name, s[i:end:end])
		if i = skipSpace(s, end); s[i] == ',' {
			i = skipSpace(s, i+1)
		}
	}
}

// TextOf is the text of a JSON string; ok is false for a value of another kind. The value must be
// valid JSON without white space around it.
func TextOf(value json.RawMessage) (text string, ok bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	inside := value[1 : len(value)-1]
	if isPlain(inside) {
		return string(inside), true
	}
	return unescaped(value), true
}

// isPlain reports whether the inside of a JSON string is its text, as nearly all are.
func isPlain(inside []byte) bool { return bytes.IndexByte(inside, '\\') < 0 && utf8.Valid(inside) }

func unescaped(value json.RawMessage) (text string) {
	_ = json.Unmarshal(value, &text) // it is a string
	return text
}

func skipSpace(text []byte, i int) int {
	for text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n' {
		i++
	}
	return i
}

// valueEnd returns where the value ends that begins at i, within an object.
func valueEnd(text []byte, i int) int {
	switch text[i] {
	case '"':
		return stringEnd(text, i)
	case '{', '[':
		for depth := 0; ; i++ {
			switch text[i] {
			case '"':
				i = stringEnd(text, i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	return i + bytes.IndexAny(text[i:], ",} \t\r\n")
}

// stringEnd returns where the string ends that begins at i.
func stringEnd(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}
