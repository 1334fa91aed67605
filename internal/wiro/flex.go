package wiro

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The types here take what Wiro sends, whichever of its forms it chose: numbers as strings,
// strings as numbers, JSON inside a string, null anywhere. What cannot be understood becomes
// the zero value: one odd field must not lose the rest of an answer.

// Text is a string that may arrive as a number or a boolean.
type Text string

// UnmarshalJSON takes a string, a number, a boolean or null.
func (t *Text) UnmarshalJSON(data []byte) error {
	*t = Text(scalar(data))
	return nil
}

// Float is a decimal number that may arrive as a string.
type Float float64

// UnmarshalJSON takes a number or a numeric string; anything else is 0.
func (f *Float) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseFloat(scalar(data), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		n = 0
	}
	*f = Float(n)
	return nil
}

// Int is a whole number that may arrive as a string or with decimals.
type Int int64

// UnmarshalJSON takes a number or a numeric string; anything else is 0.
func (i *Int) UnmarshalJSON(data []byte) error {
	text := scalar(data)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		*i = Int(n)
		return nil
	}
	var f Float
	_ = f.UnmarshalJSON(data)
	*i = Int(f)
	return nil
}

// Bool is a boolean that may arrive as 1, "1", "true" or "yes".
type Bool bool

// UnmarshalJSON takes a boolean, a number or a string; anything else is false.
func (b *Bool) UnmarshalJSON(data []byte) error {
	switch strings.ToLower(scalar(data)) {
	case "true", "1", "yes":
		*b = true
	default:
		*b = false
	}
	return nil
}

// Time is a moment that may arrive as Unix seconds (a number or a string) or as ISO 8601.
type Time struct{ time.Time }

// UnmarshalJSON takes Unix seconds, Unix milliseconds, ISO 8601 or null; 0, "" and what
// cannot be read are the zero time.
func (t *Time) UnmarshalJSON(data []byte) error {
	*t = Time{}
	text := scalar(data)
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		const laterThanAnySecond = 1e11 // the year 5138: larger numbers are milliseconds
		if seconds > laterThanAnySecond {
			seconds /= 1000
		}
		if seconds > 0 && seconds < laterThanAnySecond {
			whole, part := math.Modf(seconds)
			t.Time = time.Unix(int64(whole), int64(part*1e9)).UTC()
		}
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			t.Time = at.UTC()
			return nil
		}
	}
	return nil
}

// MarshalJSON writes RFC 3339, or null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.UTC().MarshalJSON()
}

// List is an array that may arrive as JSON inside a string, as a lone element, empty or null.
type List[T any] []T

// UnmarshalJSON takes an array, a string that holds one, or one element.
func (l *List[T]) UnmarshalJSON(data []byte) error {
	*l = nil
	data = bytes.TrimSpace(data)
	if len(data) == 0 || bytes.Equal(data, []byte("null")) {
		return nil
	}
	if data[0] == '"' {
		var inner string
		if err := json.Unmarshal(data, &inner); err != nil {
			return err
		}
		if trimmed := strings.TrimSpace(inner); strings.HasPrefix(trimmed, "[") || strings.HasPrefix(trimmed, "{") {
			return l.UnmarshalJSON([]byte(trimmed))
		} else if trimmed == "" {
			return nil
		}
	}
	if data[0] == '[' {
		if json.Unmarshal(data, (*[]T)(l)) == nil {
			return nil
		}
		*l = nil // one odd element must not lose the others
		var items []json.RawMessage
		if err := json.Unmarshal(data, &items); err != nil {
			return nil //nolint:nilerr // text that only looks like a list
		}
		for _, item := range items {
			var element T
			if decode(item, &element) == nil {
				*l = append(*l, element)
			}
		}
		return nil
	}
	var element T
	if decode(data, &element) == nil {
		*l = List[T]{element}
	}
	return nil
}

// Object is a JSON object that may arrive inside a string, as an empty array or as null.
type Object map[string]any

// UnmarshalJSON takes an object or a string that holds one; anything else is nil.
func (o *Object) UnmarshalJSON(data []byte) error {
	*o = nil
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '"' {
		var inner string
		if err := json.Unmarshal(data, &inner); err != nil {
			return err
		}
		data = []byte(strings.TrimSpace(inner))
	}
	if len(data) == 0 || data[0] != '{' {
		return nil
	}
	var fields map[string]any
	if err := decodeNumbers(data, &fields); err != nil {
		return nil //nolint:nilerr // text that only looks like an object
	}
	*o = fields
	return nil
}

// scalar returns a JSON string's text, a number's or a boolean's literal, and "" for the rest.
func scalar(data []byte) string {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return ""
	}
	switch data[0] {
	case '"':
		if inner := data[1:max(1, len(data)-1)]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
			return string(inner)
		}
		var text string
		if json.Unmarshal(data, &text) != nil {
			return ""
		}
		return text
	case '{', '[', 'n':
		return ""
	}
	return string(data)
}

// decode fills value with what data holds. A member of another kind than was foreseen stays
// zero, and the rest is there; only what is no value of that kind at all is an error.
func decode(data []byte, value any) error {
	err := json.Unmarshal(data, value) // it goes on past members that do not fit
	if odd, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && odd.Field != "" {
		return nil
	}
	return err
}

// decodeNumbers decodes JSON and keeps numbers as they were written, large ids included.
func decodeNumbers(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("decoding JSON: %w", err)
	}
	return nil
}

// unmarshalOr decodes an object into value, or hands a scalar's text to text; null is nothing.
func unmarshalOr(data []byte, value any, text func(string)) error {
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '{' {
		return decode(data, value)
	}
	if s := scalar(data); s != "" {
		text(s)
	}
	return nil
}
