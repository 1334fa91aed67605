package params

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrNotAnObject is the error for params that are neither an object nor its JSON text.
var ErrNotAnObject = errors.New(`params must be an object, such as {"prompt": "a lighthouse at dawn"}`)

// Parse returns a run's params from an object, or from an object as JSON text: plain, quoted
// again, or in a Markdown code block. Numbers keep every digit. Nil and "" are no params.
func Parse(value any) (map[string]any, error) {
	switch v := value.(type) {
	case nil:
		return map[string]any{}, nil
	case map[string]any:
		return v, nil
	case string:
		return parseText(v, 3)
	}
	return nil, ErrNotAnObject
}

func parseText(s string, layers int) (map[string]any, error) {
	s = strings.TrimSpace(s)
	if fenced, ok := strings.CutPrefix(s, "```"); ok {
		fenced = strings.TrimSuffix(strings.TrimSpace(fenced), "```")
		s = strings.TrimSpace(strings.TrimPrefix(fenced, "json"))
	}
	if s == "" {
		return map[string]any{}, nil
	}
	var value any
	if err := decodeJSON(s, &value); err != nil {
		return nil, fmt.Errorf("%w; as JSON text it cannot be read: %w", ErrNotAnObject, err)
	}
	switch v := value.(type) {
	case map[string]any:
		return v, nil
	case string:
		if layers > 1 {
			return parseText(v, layers-1)
		}
	}
	return nil, ErrNotAnObject
}

// decodeJSON decodes one JSON value and keeps numbers as they are written.
func decodeJSON(s string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text follows the JSON")
	}
	return nil
}

// jsonText writes a value as compact JSON, without escaping "<", ">" and "&".
func jsonText(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
