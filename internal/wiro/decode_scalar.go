package wire

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// scalar consumes a value and returns a string's text, or a number's or boolean's literal. It
// reports false for null, objects and arrays.
func (s *scanner) scalar() ([]byte, bool) {
	switch s.peek() {
	case '"':
		return s.stringBytes(), true
	case '{', '[':
		s.skip()
		return nil, false
	case 'n':
		s.literal()
		return nil, false
	}
	text := s.literal()
	return text, len(text) > 0
}

func decodeString(s *scanner, target reflect.Value) bool {
	if s.peek() == '"' {
		target.SetString(s.string())
		return true
	}
	text, ok := s.scalar()
	if ok {
		target.SetString(string(text))
	}
	return ok
}

func decodeBool(s *scanner, target reflect.Value) bool {
	text, ok := s.scalar()
	if !ok || len(text) == 0 {
		return false
	}
	switch text[0] {
	case 't', 'T', 'y', 'Y', '1':
		target.SetBool(bytes.EqualFold(text, []byte("true")) || bytes.EqualFold(text, []byte("yes")) || len(text) == 1 && text[0] == '1')
	default:
		target.SetBool(false)
	}
	return true
}

func decodeFloat(s *scanner, target reflect.Value) bool {
	text, _ := s.scalar()
	n, ok := parseFloat(text)
	if ok {
		target.SetFloat(n)
	}
	return ok
}

// parseFloat reads a finite number.
func parseFloat(text []byte) (float64, bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '-' && text[0] != '+' && text[0] != '.' && (text[0] < '0' || text[0] > '9') {
		return 0, false // Inf and NaN among them
	}
	n, err := strconv.ParseFloat(string(text), 64)
	return n, err == nil && n-n == 0
}

func decodeInt(s *scanner, target reflect.Value) bool {
	text, _ := s.scalar()
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		f, ok := parseFloat(text)
		if n = int64(f); !ok || f < -1<<63 || f >= 1<<63 {
			return false
		}
	}
	if target.OverflowInt(n) {
		return false
	}
	target.SetInt(n)
	return true
}

func decodeTime(s *scanner, target reflect.Value) bool {
	text, _ := s.scalar()
	at, ok := ParseTime(string(text))
	if ok {
		*target.Addr().Interface().(*time.Time) = at //nolint:forcetypeassert // by its type
	}
	return ok
}

// ParseTime reads Unix seconds, Unix milliseconds or ISO 8601, in UTC. It reports false for
// what is neither, and for 0.
func ParseTime(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		const maxSeconds = 1e11 // the year 5138: larger numbers are milliseconds
		switch {
		case seconds > maxSeconds && seconds < 1000*maxSeconds:
			return time.UnixMilli(seconds).UTC(), true
		case seconds > 0 && seconds <= maxSeconds:
			return time.Unix(seconds, 0).UTC(), true
		}
		return time.Time{}, false
	}
	if seconds, ok := parseFloat([]byte(text)); ok {
		if seconds > 1e11 {
			seconds /= 1000
		}
		return time.UnixMicro(int64(seconds * 1e6)).UTC(), seconds > 0 && seconds < 1e11
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

func isScalar(t reflect.Type) bool {
	switch t.Kind() { //nolint:exhaustive // the others are none
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		return true
	}
	return false
}
