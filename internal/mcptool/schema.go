package mcptool

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// schema is the JSON Schema of a struct, and fills one from a call's arguments.
//
// The schemas are plain: an object of properties with one type each, items always given, no
// references, no unions. Some clients drop all tools of a server that has anything more. Only a
// result's member may be null too.
type schema struct {
	fields []property
	closed bool // names no other properties: inputs
}

// property is a field of a struct. Its tags:
//
//	json:"name,omitempty"   the name; without omitempty or omitzero it is required (of inputs)
//	doc:"..."               the description
//	enum:"a,b"              the allowed values
//	default:"x"             shown as the default; the handler applies it
//	min:"0" max:"100"       bounds of a number
//	nullable:"true"         of results: required, and null where it is unknown
//	alias:"a,b"             other names, in lower case, that callers may give it by mistake; not listed
type property struct {
	name     string
	required bool
	nullable bool
	kind     reflect.Type
	index    []int // of the field; nil if the struct has none
	doc      string
	enum     []string
	def      string
	min, max *float64
	aliases  []string
}

// schemaOf returns the schema of a tool's arguments.
func schemaOf(t reflect.Type) (*schema, error) {
	s, err := structSchema(t)
	if s != nil {
		s.closed = true
	}
	return s, err
}

func structSchema(t reflect.Type) (*schema, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s is not a struct", t)
	}
	fields := reflect.VisibleFields(t)
	s := &schema{fields: make([]property, 0, len(fields))}
	for _, f := range fields {
		if !f.IsExported() || f.Anonymous || len(f.Index) > 1 && !promoted(t, f) {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			return nil, fmt.Errorf("field %s has no json name", f.Name)
		}
		p := property{
			name: name, kind: f.Type, index: f.Index, doc: f.Tag.Get("doc"), def: f.Tag.Get("default"),
			required: !strings.Contains(options, "omit"), nullable: f.Tag.Get("nullable") == "true",
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			p.enum = strings.Split(enum, ",")
		}
		if alias := f.Tag.Get("alias"); alias != "" {
			p.aliases = strings.Split(alias, ",")
		}
		var err error
		if p.min, err = bound(f, "min"); err != nil {
			return nil, err
		}
		if p.max, err = bound(f, "max"); err != nil {
			return nil, err
		}
		s.fields = append(s.fields, p)
	}
	return s, nil
}

// bound is the number in a tag, nil where there is none.
func bound(f reflect.StructField, tag string) (*float64, error) {
	text, ok := f.Tag.Lookup(tag)
	if !ok {
		return nil, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("field %s: %s: %w", f.Name, tag, err)
	}
	return &n, nil
}

// addConfirmation adds the arguments of a tool that asks before it charges, unless the input
// has them.
func (s *schema) addConfirmation() {
	own, err := structSchema(reflect.TypeFor[confirmArguments]())
	if err != nil {
		panic(err) // a struct of this package
	}
	for _, p := range own.fields {
		if !slices.Contains(s.names(), p.name) {
			p.index = nil // it is no field of the tool's struct
			s.fields = append(s.fields, p)
		}
	}
}

// promoted reports whether every step to a field leads through embedded structs.
func promoted(t reflect.Type, f reflect.StructField) bool {
	for _, i := range f.Index[:len(f.Index)-1] {
		step := t.Field(i)
		if !step.Anonymous {
			return false
		}
		if t = step.Type; t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
	}
	return true
}

// node is a JSON Schema as it is written: its members in the order of their names.
type node struct {
	Additional  *bool           `json:"additionalProperties,omitempty"`
	AnyOf       []node          `json:"anyOf,omitempty"`
	Default     any             `json:"default,omitempty"`
	Description string          `json:"description,omitempty"`
	Enum        []string        `json:"enum,omitempty"`
	Items       *node           `json:"items,omitempty"`
	Maximum     *float64        `json:"maximum,omitempty"`
	Minimum     *float64        `json:"minimum,omitempty"`
	Properties  map[string]node `json:"properties,omitzero"`
	Required    []string        `json:"required,omitempty"`
	Type        string          `json:"type,omitempty"`
}

func (n node) encode() json.RawMessage {
	data, err := json.Marshal(n)
	if err != nil {
		panic(err) // texts and numbers
	}
	return data
}

// encode returns the schema as JSON.
func (s *schema) encode() json.RawMessage { return s.object(0).encode() }

func (s *schema) object(depth int) node {
	object := node{Type: "object", Properties: make(map[string]node, len(s.fields))}
	s.addTo(object.Properties, depth)
	if s.closed {
		object.Additional = new(bool)
		for _, p := range s.fields {
			if p.required {
				object.Required = append(object.Required, p.name)
			}
		}
	}
	return object
}

// addTo adds the fields to properties, unless one of that name is there.
func (s *schema) addTo(properties map[string]node, depth int) {
	for _, p := range s.fields {
		if _, taken := properties[p.name]; taken {
			continue
		}
		member, err := typeSchema(p.kind, depth)
		if err != nil {
			panic(fmt.Sprintf("%s: %v", p.name, err))
		}
		if p.nullable { // Inspector warns of a list of types: converters to one type drop it
			member = node{AnyOf: []node{member, {Type: "null"}}}
		}
		member.Description, member.Minimum, member.Maximum = p.doc, p.min, p.max
		if member.Items != nil {
			member.Items.Enum = p.enum
		} else {
			member.Enum = p.enum
		}
		if p.def != "" {
			member.Default = literal(p.def, p.kind)
		}
		properties[p.name] = member
	}
}

func literal(text string, t reflect.Type) any {
	if deref(t).Kind() == reflect.String {
		return text
	}
	return json.RawMessage(text)
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func typeSchema(t reflect.Type, depth int) (node, error) {
	if depth > 16 {
		return node{}, fmt.Errorf("%s is nested too deep", t)
	}
	t = deref(t)
	switch t.Kind() {
	case reflect.String:
		return node{Type: "string"}, nil
	case reflect.Bool:
		return node{Type: "boolean"}, nil
	case reflect.Int, reflect.Int64:
		return node{Type: "integer"}, nil
	case reflect.Float64:
		return node{Type: "number"}, nil
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			break
		}
		// Said outright: converters for strict models narrow an object that does not to {}.
		anything := true
		return node{Type: "object", Additional: &anything}, nil
	case reflect.Slice:
		items, err := typeSchema(t.Elem(), depth+1)
		return node{Type: "array", Items: &items}, err
	case reflect.Struct:
		s, err := structSchema(t)
		if err != nil {
			return node{}, err
		}
		return s.object(depth + 1), nil
	case reflect.Interface:
		return node{}, nil
	}
	return node{}, fmt.Errorf("%s has no plain schema", t)
}

// outputSchema is a result's schema. Nothing in it is required: the same tool also answers
// with an error or, where it charges, with the price to be confirmed.
func outputSchema(result reflect.Type, confirmed bool) json.RawMessage {
	answers := []reflect.Type{deref(result), reflect.TypeFor[failure]()}
	if confirmed {
		answers = append(answers, reflect.TypeFor[confirmation]())
	}
	object := node{Type: "object", Properties: map[string]node{}}
	for _, t := range answers {
		s, err := structSchema(t)
		if err != nil {
			panic(fmt.Sprintf("result %s: %v", t, err))
		}
		s.addTo(object.Properties, 0)
	}
	return object.encode()
}
