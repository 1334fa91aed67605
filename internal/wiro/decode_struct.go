package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// structPlan decodes objects into one type of struct.
type structPlan struct {
	fields   []structField
	names    map[string]int // index in fields, by the exact name
	folded   map[string]int // the same, by the name in lower case
	text     []int          // fields that take a bare value
	textJSON bool           // a string that holds an object is the object, not a bare value
	defaults []int          // booleans that are true if left out
	rest     int            // field for all other members; -1 if there is none
	raw      int            // field for what members are written as; -1 if there is none
	written  []string       // the members that raw takes
}

// structField is a field, under one of its names.
type structField struct {
	name   string // "" if no member has it
	index  []int
	decode plan
	alias  int // the field under its first name; -1 if this is it
}

func newStructPlan(t reflect.Type) *structPlan {
	p := &structPlan{names: map[string]int{}, folded: map[string]int{}, rest: -1, raw: -1}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || field.Anonymous && name == "" {
			continue
		}
		tag, value, _ := strings.Cut(field.Tag.Get("wire"), "=")
		if name == "-" && tag != "rest" && tag != "raw" {
			continue
		}
		if name == "" {
			name = field.Name
		}
		i := len(p.fields)
		p.fields = append(p.fields, structField{index: field.Index, decode: planOf(field.Type), alias: -1})
		if tag == "rest" {
			p.rest = i
			continue
		}
		if tag == "raw" {
			p.raw, p.written = i, strings.Split(value, ",")
			continue
		}
		p.name(name, i)
		switch tag {
		case "text":
			p.text = append(p.text, i)
		case "text,json":
			p.text, p.textJSON = append(p.text, i), true
		case "default":
			p.defaults = append(p.defaults, i)
		case "alias":
			p.fields = append(p.fields, structField{index: field.Index, decode: planOf(field.Type), alias: i})
			p.name(value, i+1)
		}
	}
	for name, i := range p.names {
		p.fields[i].name = name
	}
	return p
}

func (p *structPlan) name(name string, i int) {
	p.names[name] = i
	if folded := strings.ToLower(name); p.folded[folded] == 0 {
		p.folded[folded] = i
	}
}

// find returns the index of the field that a member belongs to; -1 if there is none. Members
// mostly come in the order of the fields: next is looked at first.
func (p *structPlan) find(name []byte, next int) int {
	if next < len(p.fields) && len(name) > 0 && p.fields[next].name == string(name) {
		return next
	}
	if i, ok := p.names[string(name)]; ok {
		return i
	}
	var folded [64]byte
	if len(name) > len(folded) {
		return -1
	}
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		folded[i] = c
	}
	if i, ok := p.folded[string(folded[:len(name)])]; ok {
		return i
	}
	return -1
}

// decode takes an object, JSON inside a string, or a bare value if fields are marked for it.
func (p *structPlan) decode(s *scanner, target reflect.Value) bool {
	switch s.peek() {
	case '{':
		p.object(s, target)
		return true
	case '"':
		return p.string(s, target)
	case '[', 'n':
		s.skip()
		return false
	}
	return p.bare(s.literal(), target)
}

func (p *structPlan) string(s *scanner, target reflect.Value) bool {
	text := s.stringBytes()
	if s.err != nil {
		return false
	}
	if p.text == nil || p.textJSON {
		if inner := s.nested(text); inner != nil && inner.data[0] == '{' {
			p.object(inner, target)
			return true
		}
	}
	return p.bare(text, target)
}

func (p *structPlan) bare(text []byte, target reflect.Value) bool {
	if p.text == nil {
		return false
	}
	p.setDefaults(target)
	for _, i := range p.text {
		target.FieldByIndex(p.fields[i].index).SetString(string(text))
	}
	return true
}

func (p *structPlan) setDefaults(target reflect.Value) {
	for _, i := range p.defaults {
		target.FieldByIndex(p.fields[i].index).SetBool(true)
	}
}

func (p *structPlan) object(s *scanner, target reflect.Value) {
	p.setDefaults(target)
	var (
		seen uint64 // fields that came under their first name
		rest map[string]any
		next int
	)
	for ok := s.enter('{', '}'); ok; ok = s.more('}') {
		name := s.name()
		i, start := p.find(name, next), s.pos
		switch {
		case i >= 0:
			next = i + 1
			f := &p.fields[i]
			if f.alias >= 0 && seen&(1<<f.alias) != 0 {
				s.skip()
			} else if f.decode(s, p.field(target, f)) && f.alias < 0 {
				seen |= 1 << i
			}
		case p.rest >= 0:
			if rest == nil {
				rest = map[string]any{}
			}
			s.reserve(mapEntry + len(name))
			rest[string(name)] = s.value()
		default:
			s.skip()
		}
		if p.raw >= 0 && slices.Contains(p.written, string(name)) {
			p.keepRaw(s, start, string(name), target)
		}
	}
	if rest != nil {
		p.field(target, &p.fields[p.rest]).Set(reflect.ValueOf(rest))
	}
}

// keepRaw keeps the value between start and the scanner's position as it is written.
func (p *structPlan) keepRaw(s *scanner, start int, name string, target reflect.Value) {
	if s.err != nil {
		return
	}
	raw := p.field(target, &p.fields[p.raw])
	if raw.IsNil() {
		raw.Set(reflect.ValueOf(make(map[string]json.RawMessage, len(p.written))))
	}
	value := json.RawMessage(bytes.Clone(bytes.TrimSpace(s.data[start:s.pos])))
	raw.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(value))
}

// field returns the field of a struct; most are the struct's own, not an embedded one's.
func (p *structPlan) field(target reflect.Value, f *structField) reflect.Value {
	if len(f.index) == 1 {
		return target.Field(f.index[0])
	}
	return target.FieldByIndex(f.index)
}
