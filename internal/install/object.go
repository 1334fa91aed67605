package install

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// object is a JSON object that keeps the order of its members.
type object []member

type member struct {
	Key   string
	Value any // string, bool, int, []string, object or []object
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{m.Key, m.Value} {
			encoder := json.NewEncoder(&b)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(part); err != nil {
				return nil, fmt.Errorf("encoding %s: %w", m.Key, err)
			}
			b.Truncate(b.Len() - 1) // the encoder's line break
			if j == 0 {
				b.WriteByte(':')
			}
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (o object) indented(prefix, unit string) []byte {
	data, err := o.MarshalJSON()
	if err != nil {
		panic(err) // the table holds a value that is not JSON
	}
	var b bytes.Buffer
	_ = json.Indent(&b, data, prefix, unit) // it is valid
	return b.Bytes()
}

// with returns the object with a member added, unless the value is empty.
func (o object) with(key string, value any) object {
	switch v := value.(type) {
	case string:
		if v == "" {
			return o
		}
	case object:
		if len(v) == 0 {
			return o
		}
	case []string:
		if v == nil {
			v = []string{}
			value = v
		}
	}
	return append(o, member{key, value})
}

func jsonString(text string) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always can be
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
