package install

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml"
)

// object is a JSON object that keeps the order of its members.
type object []member

type member struct {
	Key   string
	Value any // string, bool, a number, nil, []string, []any, object or []object
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

// index is where a member is; -1 if there is none of this name.
func (o object) index(key string) int {
	return slices.IndexFunc(o, func(m member) bool { return m.Key == key })
}

// object is the object that a member holds; nil if it holds none.
func (o object) object(key string) object {
	if i := o.index(key); i >= 0 {
		below, _ := o[i].Value.(object)
		return below
	}
	return nil
}

// put is with for any value, and replaces a member that is there.
func (o object) put(key string, value any) object {
	if i := o.index(key); i >= 0 {
		o = slices.Clone(o)
		o[i].Value = value
		return o
	}
	return o.with(key, value)
}

// ordered makes objects of decoded mappings: in their order, or, if that is lost, by name.
func ordered(value any) any {
	switch v := value.(type) {
	case map[string]any:
		o := object{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			o = append(o, member{key, ordered(v[key])})
		}
		return o
	case yaml.MapSlice:
		o := object{}
		for _, item := range v {
			o = append(o, member{fmt.Sprint(item.Key), ordered(item.Value)})
		}
		return o
	case []any:
		texts := make([]string, 0, len(v))
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = ordered(item)
			if text, ok := item.(string); ok {
				texts = append(texts, text)
			}
		}
		if len(texts) == len(items) {
			return texts
		}
		return items
	}
	return value
}

// equal reports whether two values are the same as JSON, whatever the order of their members.
func equal(a, b any) bool {
	var decoded [2]any
	for i, value := range []any{a, b} {
		text, err := json.Marshal(value)
		if err != nil || json.Unmarshal(text, &decoded[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(decoded[0], decoded[1])
}
