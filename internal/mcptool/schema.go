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
	s := &schema{}
	for _, f := range reflect.VisibleFields(t) {
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
			name: name, kind: f.Type, doc: f.Tag.Get("doc"), def: f.Tag.Get("default"),
			required: !strings.Contains(options, "omit"), nullable: f.Tag.Get("nullable") == "true",
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			p.enum = strings.Split(enum, ",")
		}
		if alias := f.Tag.Get("alias"); alias != "" {
			p.aliases = strings.Split(alias, ",")
		}
		for tag, bound := range map[string]**float64{"min": &p.min, "max": &p.max} {
			text, ok := f.Tag.Lookup(tag)
			if !ok {
				continue
			}
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("field %s: %s: %w", f.Name, tag, err)
			}
			*bound = &n
		}
		s.fields = append(s.fields, p)
	}
	return s, nil
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
		t = step.Type
	}
	return true
}

// encode returns the schema as JSON.
func (s *schema) encode() json.RawMessage {
	data, err := json.Marshal(s.object(0))
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return data
}

func (s *schema) object(depth int) map[string]any {
	properties := map[string]any{}
	var required []string
	for _, p := range s.fields {
		member, err := typeSchema(p.kind, depth)
		if err != nil {
			panic(fmt.Sprintf("%s: %v", p.name, err))
		}
		if p.nullable { // Inspector warns of a list of types: converters to one type drop it
			member = map[string]any{"anyOf": []any{member, map[string]any{"type": "null"}}}
		}
		if p.doc != "" {
			member["description"] = p.doc
		}
		if p.enum != nil {
			target := member
			if items, ok := member["items"].(map[string]any); ok {
				target = items
			}
			target["enum"] = p.enum
		}
		if p.def != "" {
			member["default"] = literal(p.def, p.kind)
		}
		if p.min != nil {
			member["minimum"] = *p.min
		}
		if p.max != nil {
			member["maximum"] = *p.max
		}
		properties[p.name] = member
		if p.required && s.closed {
			required = append(required, p.name)
		}
	}
	object := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		object["required"] = required
	}
	if s.closed {
		object["additionalProperties"] = false
	}
	return object
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

func typeSchema(t reflect.Type, depth int) (map[string]any, error) {
	if depth > 16 {
		return nil, fmt.Errorf("%s is nested too deep", t)
	}
	t = deref(t)
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}, nil
	case reflect.Bool:
		return map[string]any{"type": "boolean"}, nil
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}, nil
	case reflect.Float64:
		return map[string]any{"type": "number"}, nil
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			break
		}
		// Said outright: converters for strict models narrow an object that does not to {}.
		return map[string]any{"type": "object", "additionalProperties": true}, nil
	case reflect.Slice:
		items, err := typeSchema(t.Elem(), depth+1)
		if err != nil {
			return nil, err
		}
		return map[string]any{"type": "array", "items": items}, nil
	case reflect.Struct:
		s, err := structSchema(t)
		if err != nil {
			return nil, err
		}
		return s.object(depth + 1), nil
	case reflect.Interface:
		return map[string]any{}, nil
	}
	return nil, fmt.Errorf("%s has no plain schema", t)
}

// outputSchema is a result's schema. Nothing in it is required: the same tool also answers
// with an error or, where it charges, with the price to be confirmed.
func outputSchema(result reflect.Type, confirmed bool) json.RawMessage {
	answers := []reflect.Type{deref(result), reflect.TypeFor[failure]()}
	if confirmed {
		answers = append(answers, reflect.TypeFor[confirmation]())
	}
	properties := map[string]any{}
	for _, t := range answers {
		s, err := structSchema(t)
		if err != nil {
			panic(fmt.Sprintf("result %s: %v", t, err))
		}
		own, _ := s.object(0)["properties"].(map[string]any)
		for name, member := range own {
			if _, taken := properties[name]; !taken {
				properties[name] = member
			}
		}
	}
	data, err := json.Marshal(map[string]any{"type": "object", "properties": properties})
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return data
}
