package install

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

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
	for i := range slices.Backward(parent.Members) {
		if name, _ := parent.Members[i].Name.Value.(hujson.Literal); value.index(name.String()) < 0 {
			cut(parent, i)
		}
	}
	return nil
}

// replace writes a value anew, and keeps the comments around it.
func (s jsonStyle) replace(current *hujson.Value, value any, depth int) error {
	var text bytes.Buffer
	s.render(&text, value, depth)
	replacement, err := hujson.Parse(text.Bytes())
	if err == nil {
		current.Value = replacement.Value
	}
	return err
}

// render writes a value as people do: members on lines of their own, short lists on one.
func (s jsonStyle) render(b *bytes.Buffer, value any, depth int) {
	block := func(open, end byte, n int, item func(int)) {
		b.WriteByte(open)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			switch {
			case s.newline != "":
				b.WriteString(s.newline + s.indent(depth+1))
			case i > 0:
				b.WriteString(s.space)
			}
			item(i)
		}
		if n > 0 && s.newline != "" {
			b.WriteString(s.newline + s.indent(depth))
		}
		b.WriteByte(end)
	}
	switch v := value.(type) {
	case object:
		block('{', '}', len(v), func(i int) {
			b.Write(scalarJSON(v[i].Key))
			b.WriteString(":" + s.space)
			s.render(b, v[i].Value, depth+1)
		})
	case []string:
		jsonStyle{space: s.space}.renderList(b, v)
	case []any:
		if !slices.ContainsFunc(v, func(item any) bool { _, isObject := item.(object); return isObject }) {
			s = jsonStyle{space: s.space}
		}
		block('[', ']', len(v), func(i int) { s.render(b, v[i], depth+1) })
	default:
		b.Write(scalarJSON(v))
	}
}

func (s jsonStyle) renderList(b *bytes.Buffer, list []string) {
	items := make([]any, len(list))
	for i, item := range list {
		items[i] = item
	}
	s.render(b, items, 0)
}

// scalarJSON is a value as JSON, with < and & as they are.
func scalarJSON(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // decoded values and texts always can be
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
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
