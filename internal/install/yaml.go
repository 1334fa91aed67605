package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// yamlFile edits YAML as text, line by line, where its syntax tree says that our lines are.
// Paths have two parts: a mapping at the top, and a name in it.
type yamlFile struct{}

// set puts a value under a name of a top-level mapping, which is made where it is missing.
func (f yamlFile) set(doc []byte, path []string, value object) ([]byte, error) {
	place, err := f.find(doc, path)
	if err != nil {
		return nil, err
	}
	lines := append(yamlLines(path[1], value, place.indent, max(place.indent, 1)), "")
	return f.put(doc, path, []byte(strings.Join(lines, newlineOf(doc))))
}

// put writes the lines of an entry.
func (f yamlFile) put(doc []byte, path []string, raw []byte) ([]byte, error) {
	place, err := f.find(doc, path)
	if err != nil {
		return nil, err
	}
	newline := newlineOf(doc)
	before := slices.Concat(doc[:place.emptyBegin], doc[place.emptyEnd:place.begin])
	if len(before) > 0 && !bytes.HasSuffix(before, []byte("\n")) {
		before = append(before, newline...)
	}
	if !place.parent {
		before = append(before, path[0]+":"+newline...)
	}
	return slices.Concat(before, raw, doc[place.end:]), nil
}

// remove takes a name out, and the mapping around it if nothing else is in it.
func (f yamlFile) remove(doc []byte, path []string) ([]byte, error) {
	place, err := f.find(doc, path)
	if err != nil || !place.found {
		return doc, err
	}
	if place.alone {
		place.begin = place.parentBegin
	}
	return slices.Concat(doc[:place.begin], doc[place.end:]), nil
}

// get returns the lines of an entry; nil where there is none.
func (f yamlFile) get(doc []byte, path []string) ([]byte, error) {
	place, err := f.find(doc, path)
	if err != nil || !place.found {
		return nil, err
	}
	return doc[place.begin:place.end], nil
}

func (yamlFile) entry(doc []byte, path []string) (object, error) {
	var all yaml.MapSlice
	err := decodeYAML(doc, &all, yaml.UseOrderedMap())
	top, _ := ordered(all).(object)
	return top.object(path[0]).object(path[1]), err
}

// yamlPlace is where an entry is, or where it goes.
type yamlPlace struct {
	begin, end  int // bytes to replace
	indent      int // of the entry's name
	parent      bool
	found       bool
	alone       bool // nothing else is in the mapping
	parentBegin int

	emptyBegin, emptyEnd int // bytes of an empty value behind the mapping's name, such as {}
}

func (yamlFile) find(doc []byte, path []string) (yamlPlace, error) {
	file, err := parser.ParseBytes(doc, parser.ParseComments)
	if err != nil {
		return yamlPlace{}, fmt.Errorf("is not valid YAML: %w", err)
	}
	place := yamlPlace{begin: len(doc), end: len(doc), indent: 2}
	docs := slices.DeleteFunc(file.Docs, func(doc *ast.DocumentNode) bool {
		switch doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.DirectiveNode: // in front of ---
			return true
		}
		return false
	})
	if len(docs) > 1 {
		return yamlPlace{}, errors.New("holds several YAML documents")
	}
	if len(docs) == 0 {
		return place, nil
	}
	top, err := mappingOf(docs[0].Body)
	if err != nil {
		return yamlPlace{}, fmt.Errorf("holds no YAML mapping")
	}
	starts := lineStarts(doc)
	section := pairOf(top, path[0])
	if section == nil {
		return place, nil
	}
	line := section.Key.GetToken().Position.Line
	place.parent, place.parentBegin = true, starts[line-1]
	sectionEnd := blockEnd(doc, starts, line, 0)
	place.begin, place.end = sectionEnd, sectionEnd
	if begin, end, empty := emptyValue(doc[starts[line-1]:lineEnd(doc, starts[line-1])]); empty {
		place.emptyBegin, place.emptyEnd = starts[line-1]+begin, starts[line-1]+end
		return place, nil
	}
	entries, err := mappingOf(section.Value)
	if err != nil {
		if _, null := section.Value.(*ast.NullNode); null {
			return place, nil
		}
		return yamlPlace{}, fmt.Errorf("has %s in a form that is not edited by machine", path[0])
	}
	if len(entries) == 0 || entries[0].Key.GetToken().Position.Line == line {
		return yamlPlace{}, fmt.Errorf("has %s in a form that is not edited by machine", path[0])
	}
	place.indent = entries[0].Key.GetToken().Position.Column - 1
	if entry := pairOf(entries, path[1]); entry != nil {
		line := entry.Key.GetToken().Position.Line
		place.found, place.alone = true, len(entries) == 1
		place.begin, place.end = starts[line-1], blockEnd(doc, starts, line, place.indent)
	}
	return place, nil
}

// emptyValue is where on a line the mapping of a name is written out as an empty one, such as
// extensions: {} # none.
func emptyValue(line []byte) (begin, end int, found bool) {
	_, rest, found := bytes.Cut(line, []byte(":"))
	begin = len(line) - len(rest)
	rest, _, _ = bytes.Cut(rest, []byte("#"))
	rest = bytes.TrimRight(rest, " \t\r\n")
	switch string(bytes.ReplaceAll(bytes.TrimLeft(rest, " \t"), []byte(" "), nil)) {
	case "{}", "~", "null":
		return begin, begin + len(rest), found
	}
	return 0, 0, false
}

func mappingOf(node ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, fmt.Errorf("no mapping")
}

func pairOf(pairs []*ast.MappingValueNode, key string) *ast.MappingValueNode {
	for _, pair := range pairs {
		if pair.Key.GetToken().Value == key {
			return pair
		}
	}
	return nil
}

// lineStarts are the offsets of a document's lines.
func lineStarts(doc []byte) []int {
	starts := []int{0}
	for i, c := range doc {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// blockEnd is the offset behind the last line that belongs to the key on a line: what follows
// with more indentation, without blank lines and comments at its end.
func blockEnd(doc []byte, starts []int, line, indent int) int {
	end := line
	for n := line; n < len(starts); n++ {
		next := len(doc)
		if n+1 < len(starts) {
			next = starts[n+1]
		}
		text := string(doc[starts[n]:next])
		trimmed := strings.TrimLeft(text, " ")
		if strings.TrimSpace(trimmed) == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if len(text)-len(trimmed) <= indent {
			break
		}
		end = n + 1
	}
	if end < len(starts) {
		return starts[end]
	}
	return len(doc)
}

// yamlLines renders an entry in block style, each level a unit further in.
func yamlLines(name string, value object, indent, unit int) []string {
	pad := strings.Repeat(" ", indent)
	lines := []string{pad + yamlScalar(name) + ":"}
	pad += strings.Repeat(" ", unit)
	for _, m := range value {
		switch v := m.Value.(type) {
		case object:
			if len(v) == 0 {
				lines = append(lines, pad+yamlScalar(m.Key)+": {}")
				continue
			}
			lines = append(lines, yamlLines(m.Key, v, indent+unit, unit)...)
		case []string:
			if len(v) == 0 {
				lines = append(lines, pad+yamlScalar(m.Key)+": []")
				continue
			}
			lines = append(lines, pad+yamlScalar(m.Key)+":")
			for _, item := range v {
				lines = append(lines, fmt.Sprintf("%s%s- %s", pad, strings.Repeat(" ", unit), yamlScalar(item)))
			}
		case string:
			lines = append(lines, fmt.Sprintf("%s%s: %s", pad, yamlScalar(m.Key), yamlScalar(v)))
		case []any, nil:
			text, _ := json.Marshal(v) // it was YAML
			lines = append(lines, fmt.Sprintf("%s%s: %s", pad, yamlScalar(m.Key), text))
		default:
			lines = append(lines, fmt.Sprintf("%s%s: %v", pad, yamlScalar(m.Key), v))
		}
	}
	return lines
}

// yamlScalar quotes a text where YAML would read something else.
func yamlScalar(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-./") == "" &&
		!slices.Contains([]string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}, strings.ToLower(text)) &&
		!strings.HasPrefix(text, "-") && !strings.HasPrefix(text, ".") {
		return text
	}
	return string(jsonString(text))
}

func (yamlFile) decode(doc []byte) (all map[string]any, err error) {
	err = decodeYAML(doc, &all)
	return all, err
}

// decodeYAML decodes the document of a file, which comments and directives may precede.
func decodeYAML[T any](doc []byte, all *T, options ...yaml.DecodeOption) error {
	decoder := yaml.NewDecoder(bytes.NewReader(doc), options...)
	for {
		var found T
		err := decoder.Decode(&found)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if reflect.ValueOf(found).Len() > 0 {
			*all = found
		}
	}
}
