package install

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	newline := "\n"
	if bytes.Contains(doc, []byte("\r\n")) {
		newline = "\r\n"
	}
	lines := yamlLines(path[1], value, place.indent, max(place.indent, 1))
	if !place.parent {
		lines = append([]string{path[0] + ":"}, lines...)
	}
	block := strings.Join(lines, newline) + newline
	before := doc[:place.begin]
	if len(before) > 0 && !bytes.HasSuffix(before, []byte("\n")) {
		block = newline + block
	}
	return slices.Concat(before, []byte(block), doc[place.end:]), nil
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

// get returns the value at a path as JSON; nil where there is none.
func (yamlFile) get(doc []byte, path []string) ([]byte, error) {
	var all map[string]map[string]any
	if err := yaml.Unmarshal(doc, &all); err != nil {
		return nil, nil //nolint:nilerr // another shape at the top: not ours
	}
	value, ok := all[path[0]][path[1]]
	if !ok {
		return nil, nil
	}
	return json.Marshal(value)
}

// yamlPlace is where an entry is, or where it goes.
type yamlPlace struct {
	begin, end  int // bytes to replace
	indent      int // of the entry's name
	parent      bool
	found       bool
	alone       bool // nothing else is in the mapping
	parentBegin int
}

func (yamlFile) find(doc []byte, path []string) (yamlPlace, error) {
	file, err := parser.ParseBytes(doc, parser.ParseComments)
	if err != nil {
		return yamlPlace{}, fmt.Errorf("is not valid YAML: %s", strings.SplitN(err.Error(), "\n", 2)[0])
	}
	place := yamlPlace{begin: len(doc), end: len(doc), indent: 2}
	if len(file.Docs) > 1 {
		return yamlPlace{}, fmt.Errorf("holds several YAML documents")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return place, nil
	}
	if _, comment := file.Docs[0].Body.(*ast.CommentGroupNode); comment {
		return place, nil
	}
	top, err := mappingOf(file.Docs[0].Body)
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
	lines := []string{pad + name + ":"}
	pad += strings.Repeat(" ", unit)
	for _, m := range value {
		switch v := m.Value.(type) {
		case object:
			lines = append(lines, yamlLines(m.Key, v, indent+unit, unit)...)
		case []string:
			if len(v) == 0 {
				lines = append(lines, pad+m.Key+": []")
				continue
			}
			lines = append(lines, pad+m.Key+":")
			for _, item := range v {
				lines = append(lines, fmt.Sprintf("%s%s- %s", pad, strings.Repeat(" ", unit), yamlScalar(item)))
			}
		case string:
			lines = append(lines, fmt.Sprintf("%s%s: %s", pad, m.Key, yamlScalar(v)))
		default:
			lines = append(lines, fmt.Sprintf("%s%s: %v", pad, m.Key, v))
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
	err = yaml.Unmarshal(doc, &all)
	return all, err
}
