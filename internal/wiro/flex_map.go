package wiro

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Map is a JSON object whose members are all of one kind. It may arrive inside a string, as
// an empty array or as null; a member that cannot be understood is left out.
type Map[T any] map[string]T

// UnmarshalJSON takes an object or a string that holds one; anything else is nil.
func (m *Map[T]) UnmarshalJSON(data []byte) error {
	*m = nil
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '"' {
		data = []byte(strings.TrimSpace(scalar(data)))
	}
	if len(data) == 0 || data[0] != '{' {
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil //nolint:nilerr // text that only looks like an object
	}
	*m = make(Map[T], len(members))
	for name, member := range members {
		var value T
		if decode(member, &value) == nil {
			(*m)[name] = value
		}
	}
	return nil
}
