package install

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlFile edits TOML as text, table by table: what is not ours is not touched.
type tomlFile struct{}

// set writes the table at a path, and one below it for every object that the value holds.
func (f tomlFile) set(doc []byte, path []string, value object) ([]byte, error) {
	return f.put(doc, path, []byte(strings.ReplaceAll(tomlTable(path, value), "\n", newlineOf(doc))))
}

// put writes the lines of the table at a path.
func (f tomlFile) put(doc []byte, path []string, raw []byte) ([]byte, error) {
	begin, end, err := f.find(doc, path)
	if err != nil {
		return nil, err
	}
	if begin < 0 {
		newline := newlineOf(doc)
		gap := ""
		if trimmed := bytes.TrimRight(doc, " \t"); len(trimmed) > 0 {
			gap = newline
			if !bytes.HasSuffix(trimmed, []byte("\n")) {
				gap = newline + newline
			}
		}
		return slices.Concat(doc, []byte(gap), raw), nil
	}
	return slices.Concat(doc[:begin], raw, doc[end:]), nil
}

// newlineOf is how the lines of a document end.
func newlineOf(doc []byte) string {
	if bytes.Contains(doc, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

func (f tomlFile) entry(doc []byte, path []string) (object, error) {
	all, err := f.decode(doc)
	return entryOf(all, path), err
}

// remove takes the table at a path out, with those below it and the blank line in front.
func (f tomlFile) remove(doc []byte, path []string) ([]byte, error) {
	begin, end, err := f.find(doc, path)
	if err != nil || begin < 0 {
		return doc, err
	}
	before := doc[:begin]
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if bytes.HasSuffix(before, []byte(blank)) {
			before = before[:len(before)-len(blank)/2]
			break
		}
	}
	return slices.Concat(before, doc[end:]), nil
}

// get returns the text of the table at a path; nil where there is none.
func (f tomlFile) get(doc []byte, path []string) ([]byte, error) {
	begin, end, err := f.find(doc, path)
	if err != nil || begin < 0 {
		return nil, err
	}
	return doc[begin:end], nil
}

// find returns the bytes from the first to the last line of the table at a path and the tables
// below it; begin is -1 where there is none. Tables that do not stand together are refused.
func (tomlFile) find(doc []byte, path []string) (begin, end int, err error) {
	var all map[string]any
	if err := toml.Unmarshal(doc, &all); err != nil {
		return 0, 0, fmt.Errorf("is not valid TOML: %w", err)
	}
	begin, inside, left := -1, false, false
	var parser unstable.Parser
	parser.Reset(doc)
	for parser.NextExpression() {
		expression := parser.Expression()
		var last unstable.Range
		var keys []string
		for it := expression.Key(); it.Next(); {
			keys = append(keys, string(it.Node().Data))
			last = it.Node().Raw
		}
		at := int(last.Offset)
		switch expression.Kind {
		case unstable.Table, unstable.ArrayTable:
			ours := len(keys) >= len(path) && slices.Equal(keys[:len(path)], path)
			if ours && left {
				return 0, 0, fmt.Errorf("has parts of %s in several places", strings.Join(path, "."))
			}
			if ours && begin < 0 {
				begin = lineStart(doc, at)
			}
			left, inside = left || inside && !ours, ours
		case unstable.KeyValue:
			if value := expression.Value(); value != nil && value.Raw.Length > 0 {
				at = int(value.Raw.Offset + value.Raw.Length - 1)
			} else if !inside {
				continue
			}
		default:
			continue
		}
		if inside {
			end = lineEnd(doc, at)
		}
	}
	if err := parser.Error(); err != nil {
		return 0, 0, fmt.Errorf("is not valid TOML: %w", err)
	}
	if begin < 0 && holds(all, path) {
		return 0, 0, fmt.Errorf("has %s in a form that is not edited by machine", strings.Join(path, "."))
	}
	return begin, end, nil
}

func lineStart(doc []byte, at int) int { return bytes.LastIndexByte(doc[:at], '\n') + 1 }

func lineEnd(doc []byte, at int) int {
	if i := bytes.IndexByte(doc[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(doc)
}

// holds reports whether a decoded document has something at a path.
func holds(doc map[string]any, path []string) bool {
	for i, key := range path {
		value, ok := doc[key]
		if !ok {
			return false
		}
		if i == len(path)-1 {
			return true
		}
		if doc, ok = value.(map[string]any); !ok {
			return false
		}
	}
	return false
}

// tomlTable renders a table, its scalars first, then the tables below it.
func tomlTable(path []string, value object) string {
	var head, tables strings.Builder
	fmt.Fprintf(&head, "[%s]\n", tomlKey(path...))
	for _, m := range value {
		if below, ok := m.Value.(object); ok {
			tables.WriteString("\n" + tomlTable(append(slices.Clone(path), m.Key), below))
			continue
		}
		fmt.Fprintf(&head, "%s = %s\n", tomlKey(m.Key), tomlValue(m.Value))
	}
	return head.String() + tables.String()
}

func tomlKey(parts ...string) string {
	quoted := make([]string, len(parts))
	for i, part := range parts {
		quoted[i] = part
		if strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" || part == "" {
			quoted[i] = tomlValue(part)
		}
	}
	return strings.Join(quoted, ".")
}

// tomlValue renders a scalar or a list. Windows paths become literal strings.
func tomlValue(value any) string {
	switch v := value.(type) {
	case string:
		if strings.Contains(v, `\`) && !strings.ContainsAny(v, "'\n\r\t") {
			return "'" + v + "'"
		}
		return string(jsonString(v)) // basic strings of TOML escape as JSON does
	case []string:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = tomlValue(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = tomlValue(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case object:
		items := make([]string, len(v))
		for i, m := range v {
			items[i] = tomlKey(m.Key) + " = " + tomlValue(m.Value)
		}
		return "{ " + strings.Join(items, ", ") + " }"
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(value)
}

func (tomlFile) decode(doc []byte) (all map[string]any, err error) {
	err = toml.Unmarshal(doc, &all)
	return all, err
}
