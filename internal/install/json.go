package install

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// jsonFile edits JSON with comments and trailing commas.
type jsonFile struct{}

// set puts a value at a path of object members, which are made where they are missing.
func (jsonFile) set(doc []byte, path []string, value object) ([]byte, error) {
	return editJSON(doc, func(root *hujson.Value, style jsonStyle) error {
		current := root
		for depth, key := range path {
			parent, ok := current.Value.(*hujson.Object)
			if !ok {
				return fmt.Errorf("%s is not an object", strings.Join(path[:depth], "."))
			}
			last := depth == len(path)-1
			if i := indexOf(parent, key); i >= 0 {
				current = &parent.Members[i].Value
			} else {
				current = style.add(parent, key, depth)
				current.Value = &hujson.Object{}
			}
			if last {
				replacement, err := hujson.Parse(style.lines(value.indented(style.indent(depth+1), style.unit)))
				if err != nil {
					return err
				}
				current.Value = replacement.Value
			}
		}
		return nil
	})
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

// get returns the raw value at a path; nil where there is none.
func (jsonFile) get(doc []byte, path []string) ([]byte, error) {
	var found []byte
	_, err := editJSON(doc, func(root *hujson.Value, _ jsonStyle) error {
		current := *root
		for _, key := range path {
			parent, ok := current.Value.(*hujson.Object)
			if !ok {
				return nil
			}
			i := indexOf(parent, key)
			if i < 0 {
				return nil
			}
			current = parent.Members[i].Value
		}
		value := current.Clone()
		value.Standardize()
		found = bytes.TrimSpace(value.Pack())
		return nil
	})
	return found, err
}

var utf8BOM = []byte("\xef\xbb\xbf")

// editJSON parses a document, an empty one as {}, and writes it back.
func editJSON(doc []byte, edit func(*hujson.Value, jsonStyle) error) ([]byte, error) {
	text, marked := bytes.CutPrefix(doc, utf8BOM)
	if len(bytes.TrimSpace(text)) == 0 {
		text = append([]byte("{}"), text...)
	}
	style := styleOf(text)
	root, err := hujson.Parse(bytes.Clone(text))
	if err != nil {
		return nil, fmt.Errorf("is not valid JSON: %w", err)
	}
	if _, ok := root.Value.(*hujson.Object); !ok {
		return nil, fmt.Errorf("holds no JSON object")
	}
	if err := edit(&root, style); err != nil {
		return nil, err
	}
	out := root.Pack()
	if !bytes.HasSuffix(out, []byte("\n")) && len(bytes.TrimSpace(doc)) == 0 {
		out = append(out, style.newline...)
	}
	if marked {
		out = append(bytes.Clone(utf8BOM), out...)
	}
	return out, nil
}

// jsonStyle is how a document is laid out.
type jsonStyle struct{ newline, unit string }

func styleOf(doc []byte) jsonStyle {
	style := jsonStyle{newline: "\n", unit: "  "}
	switch {
	case bytes.Contains(doc, []byte("\r\n")):
		style.newline = "\r\n"
	case !bytes.Contains(doc, []byte("\n")) && len(bytes.Trim(doc, "{} \t")) > 0: // all on one line
		return jsonStyle{}
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

func (s jsonStyle) lines(text []byte) []byte {
	return bytes.ReplaceAll(text, []byte("\n"), []byte(s.newline))
}

// add appends a member on a line of its own and returns its value. Depth is the parent's.
// Comments behind the last member stay where they are, and so does a trailing comma.
func (s jsonStyle) add(parent *hujson.Object, key string, depth int) *hujson.Value {
	added := hujson.ObjectMember{
		Name:  hujson.Value{BeforeExtra: s.line(parent.AfterExtra, depth+1), Value: hujson.String(key)},
		Value: hujson.Value{BeforeExtra: hujson.Extra(" ")},
	}
	if n := len(parent.Members); n > 0 && parent.Members[n-1].Value.AfterExtra != nil { // a trailing comma
		added.Value.AfterExtra = hujson.Extra{}
	}
	parent.AfterExtra = hujson.Extra(s.newline + s.indent(depth))
	parent.Members = append(parent.Members, added)
	return &parent.Members[len(parent.Members)-1].Value
}

// line ends a line after the comments that stand there and begins an indented one.
func (s jsonStyle) line(before hujson.Extra, depth int) hujson.Extra {
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
		if n > 0 && gone.Value.AfterExtra == nil { // no trailing comma before, none after
			parent.Members[n-1].Value.AfterExtra = nil
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
	doc = bytes.TrimPrefix(bytes.Clone(doc), utf8BOM)
	if len(bytes.TrimSpace(doc)) == 0 {
		return map[string]any{}, nil
	}
	plain, err := hujson.Standardize(doc)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	err = json.Unmarshal(plain, &all)
	return all, err
}
