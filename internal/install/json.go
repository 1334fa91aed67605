package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// jsonFile edits JSON with comments and trailing commas.
type jsonFile struct{}

// set puts an object at a path of members, which are made where they are missing. Of an object
// that is there, only the members that differ are touched.
func (f jsonFile) set(doc []byte, path []string, value object) ([]byte, error) {
	return f.at(doc, path, func(current *hujson.Value, style jsonStyle) error {
		return style.patch(current, value, len(path))
	})
}

// put puts a value at a path, as it is written.
func (f jsonFile) put(doc []byte, path []string, raw []byte) ([]byte, error) {
	return f.at(doc, path, func(current *hujson.Value, _ jsonStyle) error {
		value, err := hujson.Parse(bytes.Clone(raw))
		if err == nil {
			current.Value = value.Value
		}
		return err
	})
}

// at edits the value at a path of members, which are made where they are missing.
func (jsonFile) at(doc []byte, path []string, change func(*hujson.Value, jsonStyle) error) ([]byte, error) {
	return editJSON(doc, func(root *hujson.Value, style jsonStyle) error {
		current := root
		for depth, key := range path {
			parent, ok := current.Value.(*hujson.Object)
			if !ok {
				return fmt.Errorf("has %s that is not an object", strings.Join(path[:depth], "."))
			}
			if i := indexOf(parent, key); i >= 0 {
				current = &parent.Members[i].Value
			} else {
				style = style.within(parent)
				current = style.add(parent, key, depth)
				current.Value = &hujson.Object{}
			}
		}
		return change(current, style)
	})
}

// patch makes a value an object with these members. Depth is that of the value.
func (s jsonStyle) patch(current *hujson.Value, value object, depth int) error {
	parent, ok := current.Value.(*hujson.Object)
	if !ok || len(parent.Members) == 0 {
		return s.replace(current, value, depth)
	}
	s = s.within(parent)
	for _, m := range value {
		i := indexOf(parent, m.Key)
		if i < 0 {
			if err := s.replace(s.add(parent, m.Key, depth), m.Value, depth+1); err != nil {
				return err
			}
			continue
		}
		there := &parent.Members[i].Value
		below, isObject := m.Value.(object)
		var err error
		switch {
		case equal(orderedJSON(there.Value), m.Value):
		case isObject:
			err = s.patch(there, below, depth+1)
		default:
			err = s.replace(there, m.Value, depth+1)
		}
		if err != nil {
			return err
		}
	}
	for i := len(parent.Members) - 1; i >= 0; i-- {
		if name, _ := parent.Members[i].Name.Value.(hujson.Literal); value.index(name.String()) < 0 {
			cut(parent, i)
		}
	}
	return nil
}

// replace writes a value anew, and keeps the comments around it.
func (s jsonStyle) replace(current *hujson.Value, value any, depth int) error {
	text, err := json.Marshal(value)
	if o, ok := value.(object); ok {
		text, err = o.MarshalJSON()
	}
	if err != nil {
		return err
	}
	replacement, err := hujson.Parse(s.layOut(text, depth))
	if err == nil {
		current.Value = replacement.Value
	}
	return err
}

// layOut formats plain JSON.
func (s jsonStyle) layOut(text []byte, depth int) []byte {
	if s.newline == "" && s.space == "" {
		return text
	}
	var b bytes.Buffer
	if s.newline != "" {
		_ = json.Indent(&b, text, s.indent(depth), s.unit) // it is valid
		return bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte(s.newline))
	}
	_ = json.Indent(&b, text, "", "")
	return []byte(strings.NewReplacer("{\n", "{", "\n}", "}", "[\n", "[", "\n]", "]", ",\n", ", ").Replace(b.String()))
}

// within is the style of what an object holds: one line if that is how it is written.
func (s jsonStyle) within(o *hujson.Object) jsonStyle {
	if len(o.Members) == 0 || s.newline == "" {
		return s
	}
	for _, m := range o.Members {
		if bytes.Contains(m.Name.BeforeExtra, []byte("\n")) {
			return s
		}
	}
	whole := hujson.Value{Value: o}
	return jsonStyle{space: spaceOf(whole.Pack())}
}

// spaceOf is what stands behind the colons of a line.
func spaceOf(line []byte) string {
	if bytes.Contains(line, []byte(`":`)) && !bytes.Contains(line, []byte(`": `)) {
		return ""
	}
	return " "
}

// orderedJSON is a value with its members in their order.
func orderedJSON(value hujson.ValueTrimmed) any {
	switch v := value.(type) {
	case *hujson.Object:
		o := object{}
		for _, m := range v.Members {
			name, _ := m.Name.Value.(hujson.Literal)
			o = append(o, member{name.String(), orderedJSON(m.Value.Value)})
		}
		return o
	case *hujson.Array:
		items := make([]any, len(v.Elements))
		for i, element := range v.Elements {
			items[i] = orderedJSON(element.Value)
		}
		return ordered(items)
	case hujson.Literal:
		var decoded any
		decoder := json.NewDecoder(bytes.NewReader(v))
		decoder.UseNumber()
		_ = decoder.Decode(&decoded) // it was parsed
		return decoded
	}
	return nil
}

// remove takes the member at a path out, and the objects around it that are empty then.
func (jsonFile) remove(doc []byte, path []string) ([]byte, error) {
	return editJSON(doc, func(root *hujson.Value, _ jsonStyle) error {
		chain := []*hujson.Object{}
		current := root
		for _, key := range path {
			parent, ok := current.Value.(*hujson.Object)
			if !ok {
				return nil
			}
			i := indexOf(parent, key)
			if i < 0 {
				return nil
			}
			chain = append(chain, parent)
			current = &parent.Members[i].Value
		}
		for depth, parent := range slices.Backward(chain) {
			cut(parent, indexOf(parent, path[depth]))
			if len(parent.Members) > 0 || depth == 0 {
				break
			}
		}
		return nil
	})
}

// get returns a value at a path as it is written; nil where there is none.
func (jsonFile) get(doc []byte, path []string) ([]byte, error) {
	found, err := valueAt(doc, path)
	if err != nil || found == nil {
		return nil, err
	}
	value := hujson.Value{Value: found}
	return value.Pack(), nil
}

func (jsonFile) entry(doc []byte, path []string) (object, error) {
	found, err := valueAt(doc, path)
	if err != nil {
		return nil, err
	}
	o, _ := orderedJSON(found).(object)
	return o, nil
}

// valueAt is the value at a path of members; nil where there is none.
func valueAt(doc []byte, path []string) (hujson.ValueTrimmed, error) {
	root, err := parseJSON(doc)
	if err != nil {
		return nil, err
	}
	current := root.Value
	for _, key := range path {
		parent, ok := current.(*hujson.Object)
		if !ok {
			return nil, nil
		}
		i := indexOf(parent, key)
		if i < 0 {
			return nil, nil
		}
		current = parent.Members[i].Value.Value
	}
	return current, nil
}

// parseJSON parses a document; one of white space and comments alone is {}. A comment may end it.
func parseJSON(doc []byte) (hujson.Value, error) {
	root, err := hujson.Parse(bytes.Clone(doc))
	if err == nil {
		return root, nil
	}
	if ended, again := hujson.Parse(append(bytes.Clone(doc), '\n')); again == nil {
		ended.AfterExtra = bytes.TrimSuffix(ended.AfterExtra, []byte("\n"))
		return ended, nil
	}
	empty, suffix := bytes.TrimLeft(doc, " \t\r\n"), "{}"
	if len(empty) == 0 { // the white space stays behind
		return hujson.Parse(append([]byte(suffix), doc...))
	}
	if !bytes.HasSuffix(doc, []byte("\n")) {
		suffix = "\n{}"
	}
	if commented, again := hujson.Parse(append(bytes.Clone(doc), suffix...)); again == nil {
		return commented, nil
	}
	return root, err
}

// editJSON parses a document and writes it back.
func editJSON(doc []byte, change func(*hujson.Value, jsonStyle) error) ([]byte, error) {
	root, err := parseJSON(doc)
	if err != nil {
		return nil, fmt.Errorf("is not valid JSON: %w", err)
	}
	top, ok := root.Value.(*hujson.Object)
	if !ok {
		return nil, errors.New("holds no JSON object")
	}
	written := len(top.Members) > 0
	if err := change(&root, styleOf(doc)); err != nil {
		return nil, err
	}
	out := root.Pack()
	if !written && !bytes.HasSuffix(out, []byte("\n")) && !bytes.HasSuffix(bytes.TrimSpace(doc), []byte("}")) {
		out = append(out, styleOf(doc).newline...)
	}
	return out, nil
}

// jsonStyle is how a document is laid out. Without a newline it is all on one line.
type jsonStyle struct{ newline, unit, space string }

func styleOf(doc []byte) jsonStyle {
	style := jsonStyle{newline: "\n", unit: "  ", space: " "}
	switch {
	case bytes.Contains(doc, []byte("\r\n")):
		style.newline = "\r\n"
	case !bytes.Contains(bytes.TrimSpace(doc), []byte("\n")) && bytes.ContainsAny(doc, `"`): // all on one line
		return jsonStyle{space: spaceOf(doc)}
	}
	for line := range bytes.Lines(doc) {
		if indent := len(line) - len(bytes.TrimLeft(line, " \t")); indent > 0 && len(bytes.TrimSpace(line)) > 0 {
			style.unit = string(line[:indent])
			break
		}
	}
	return style
}

func (s jsonStyle) indent(depth int) string { return strings.Repeat(s.unit, depth) }

// add appends a member on a line of its own and returns its value. Depth is the parent's.
// Comments behind the last member stay where they are, and so does a trailing comma.
func (s jsonStyle) add(parent *hujson.Object, key string, depth int) *hujson.Value {
	added := hujson.ObjectMember{
		Name:  hujson.Value{BeforeExtra: s.line(parent.AfterExtra, depth+1), Value: hujson.String(key)},
		Value: hujson.Value{BeforeExtra: hujson.Extra(s.space)},
	}
	if s.newline == "" && len(parent.Members) > 0 && len(parent.AfterExtra) == 0 {
		added.Name.BeforeExtra = hujson.Extra(s.space)
	}
	if n := len(parent.Members); n > 0 && parent.Members[n-1].Value.AfterExtra != nil { // a trailing comma
		added.Value.AfterExtra = hujson.Extra{}
	}
	if s.newline != "" {
		parent.AfterExtra = hujson.Extra(s.newline + s.indent(depth))
	}
	parent.Members = append(parent.Members, added)
	return &parent.Members[len(parent.Members)-1].Value
}

// line ends a line after the comments that stand there and begins an indented one.
func (s jsonStyle) line(before hujson.Extra, depth int) hujson.Extra {
	if s.newline == "" {
		return before // the white space before the closing brace
	}
	return hujson.Extra(comments(before) + s.newline + s.indent(depth))
}

func comments(extra hujson.Extra) string { return strings.TrimRight(string(extra), " \t\r\n") }

// cut removes a member and keeps the comments in front of it.
func cut(parent *hujson.Object, i int) {
	gone := parent.Members[i]
	kept := comments(gone.Name.BeforeExtra)
	parent.Members = slices.Delete(parent.Members, i, i+1)
	switch n := len(parent.Members); {
	case i < n:
		next := &parent.Members[i].Name
		next.BeforeExtra = hujson.Extra(kept + string(next.BeforeExtra))
	case n == 0 && kept == "":
		parent.AfterExtra = nil
	default:
		parent.AfterExtra = hujson.Extra(kept + string(parent.AfterExtra))
		if n > 0 { // a trailing comma stays one, and none comes
			last := &parent.Members[n-1].Value
			if gone.Value.AfterExtra == nil {
				last.AfterExtra = nil
			} else if last.AfterExtra == nil {
				last.AfterExtra = hujson.Extra{}
			}
		}
	}
}

func indexOf(o *hujson.Object, key string) int {
	return slices.IndexFunc(o.Members, func(m hujson.ObjectMember) bool {
		name, ok := m.Name.Value.(hujson.Literal)
		return ok && name.String() == key
	})
}

func (jsonFile) decode(doc []byte) (map[string]any, error) {
	root, err := parseJSON(doc)
	if err != nil {
		return nil, err
	}
	root.Standardize()
	var all map[string]any
	err = json.Unmarshal(root.Pack(), &all)
	return all, err
}
