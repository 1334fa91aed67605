package mcptool

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/fold"
)

const maxUnknown = 5 // arguments that a tool does not have, of which its answer speaks

// bind checks a call's arguments against the schema and decodes them into a struct. Models
// pass "42" for 42, "true" for true, "x" for ["x"] and JSON text for an object: all are
// accepted. An argument that the tool does not have is an error that lists the valid ones. It
// returns the arguments, changed to how they were understood, and whether their time to wait is 0.
func (s *schema) bind(tool string, arguments map[string]json.RawMessage, into reflect.Value) (understood map[string]json.RawMessage, looksOnce bool, err error) {
	s.rename(arguments)
	names := make([]string, 0, 16)
	for name := range arguments {
		names = append(names, name)
	}
	slices.Sort(names)
	var faults []string
	unknown := 0
	for _, name := range names {
		p := s.field(name)
		if p == nil {
			if unknown++; unknown <= maxUnknown {
				faults = append(faults, fmt.Sprintf("%s has no argument %.*q: it takes %s", tool, MaxName, name, s.nameList()))
			}
			continue
		}
		value, err := coerce(arguments[name], p.kind)
		if err == nil && value != nil {
			err = p.check(value)
		}
		if err != nil {
			faults = append(faults, name+" "+err.Error())
		}
		if err != nil || value == nil {
			delete(arguments, name)
			continue
		}
		arguments[name] = value
	}
	for i := range s.fields {
		p := &s.fields[i]
		if !p.required {
			continue
		}
		value, ok := arguments[p.name]
		if !ok && (faults == nil || !slices.Contains(names, p.name)) || ok && p.kind.Kind() == reflect.String && blank(value) {
			fault := tool + " needs " + p.name
			if p.doc != "" {
				fault += ": " + p.doc
			}
			faults = append(faults, fault)
		}
	}
	if faults != nil {
		return nil, false, &Problem{Text: strings.Join(faults, "\n")}
	}
	if err := s.decode(arguments, into); err != nil {
		return nil, false, &Problem{Text: fmt.Sprintf("the arguments of %s do not fit: %v", tool, err)}
	}
	return arguments, s.looksOnce(arguments), nil
}

// decode decodes arguments into a struct: field by field, unless the struct decodes itself.
func (s *schema) decode(given map[string]json.RawMessage, into reflect.Value) error {
	if own, ok := reflect.TypeAssert[json.Unmarshaler](into.Addr()); ok {
		data, err := json.Marshal(given)
		if err != nil {
			return err
		}
		return own.UnmarshalJSON(data)
	}
	for i := range s.fields {
		p := &s.fields[i]
		value, ok := given[p.name]
		if !ok || p.index == nil { // the framework's own, such as confirm
			continue
		}
		if err := p.decode(value, fieldOf(into, p.index)); err != nil {
			return err
		}
	}
	return nil
}

// fieldOf is a field of a struct, or of one that it embeds, also by a pointer.
func fieldOf(of reflect.Value, index []int) reflect.Value {
	for _, i := range index {
		if of.Kind() == reflect.Pointer {
			if of.IsNil() {
				of.Set(reflect.New(of.Type().Elem()))
			}
			of = of.Elem()
		}
		of = of.Field(i)
	}
	return of
}

// decode decodes a value into the property's field.
func (p property) decode(value json.RawMessage, field reflect.Value) error {
	switch p.kind.Kind() {
	case reflect.String:
		if text, ok := TextOf(value); ok && p.kind == reflect.TypeFor[string]() {
			field.SetString(text)
			return nil
		}
		return json.Unmarshal(value, field.Addr().Interface())
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64: // has no any, for which numbers matter
		return json.Unmarshal(value, field.Addr().Interface())
	}
	return decode(value, field.Addr().Interface())
}

// looksOnce reports whether a time to wait is 0, as given or by default.
func (s *schema) looksOnce(given map[string]json.RawMessage) bool {
	for i := range s.fields {
		p := &s.fields[i]
		if !p.isWait() {
			continue
		}
		seconds, err := strconv.ParseFloat(cmp.Or(string(given[p.name]), p.def), 64)
		return err == nil && LooksOnce(&seconds)
	}
	return false
}

// isWait reports whether a property is a time to wait.
func (p property) isWait() bool { return strings.HasSuffix(p.name, "_seconds") }

// rename gives arguments under other names that a field is known by the field's own. The other
// names are its aliases, and its own name as other conventions write it: task_token, taskToken.
func (s *schema) rename(arguments map[string]json.RawMessage) {
	var others []string
	for name := range arguments {
		if s.field(name) == nil {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	for _, name := range others {
		i := slices.IndexFunc(s.fields, func(p property) bool {
			return fold.Name(p.name) == fold.Name(name) || slices.Contains(p.aliases, fold.Name(name))
		})
		if i < 0 {
			continue
		}
		if _, own := arguments[s.fields[i].name]; !own {
			arguments[s.fields[i].name] = arguments[name]
		}
		delete(arguments, name)
	}
}

// decode decodes JSON and keeps every digit of its numbers.
func decode(data json.RawMessage, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func blank(value json.RawMessage) bool {
	text, ok := TextOf(value)
	return ok && strings.TrimSpace(text) == ""
}

// field is the property of a name; nil if there is none.
func (s *schema) field(name string) *property {
	for i := range s.fields {
		if s.fields[i].name == name {
			return &s.fields[i]
		}
	}
	return nil
}

func (s *schema) names() []string {
	names := make([]string, len(s.fields))
	for i, p := range s.fields {
		names[i] = p.name
	}
	return names
}

func (s *schema) nameList() string {
	if len(s.fields) == 0 {
		return "none"
	}
	return strings.Join(s.names(), ", ")
}

// check holds a coerced value against enum and bounds.
func (p property) check(value json.RawMessage) error {
	if p.enum != nil {
		var many []string
		if value[0] != '[' || json.Unmarshal(value, &many) != nil {
			many = []string{scalarText(value)}
		}
		for _, one := range many {
			if !slices.Contains(p.enum, one) {
				return fmt.Errorf("must be one of %s, not %.*q", strings.Join(p.enum, ", "), MaxName, one)
			}
		}
	}
	if p.min == nil && p.max == nil {
		return nil
	}
	n, err := strconv.ParseFloat(scalarText(value), 64)
	if err != nil {
		return nil //nolint:nilerr // not a number: bounds do not apply
	}
	if p.min != nil && n < *p.min || p.max != nil && n > *p.max {
		switch {
		case p.max == nil:
			return fmt.Errorf("must be at least %v, not %v", *p.min, n)
		case p.min == nil:
			return fmt.Errorf("must be at most %v, not %v", *p.max, n)
		}
		return fmt.Errorf("must be between %v and %v, not %v", *p.min, *p.max, n)
	}
	return nil
}

// JSONText is an argument that is a text. A list or an object is taken as its JSON.
type JSONText string

// coerce turns a value into the form that the type wants where the meaning is plain. Null
// is no value: it returns nil.
func coerce(value json.RawMessage, t reflect.Type) (json.RawMessage, error) {
	value = bytes.TrimSpace(value)
	if len(value) == 0 || string(value) == "null" {
		return nil, nil
	}
	t = deref(t)
	isText := value[0] == '"'
	nested := value[0] == '{' || value[0] == '['
	if isText && t.Kind() == reflect.String {
		return value, nil
	}
	var text string
	if !nested {
		text = scalarText(value)
	}
	switch t.Kind() {
	case reflect.String:
		if nested && t == reflect.TypeFor[JSONText]() {
			var compact bytes.Buffer
			if err := json.Compact(&compact, value); err != nil {
				return nil, fmt.Errorf("is no JSON: %w", err)
			}
			return json.Marshal(compact.String())
		}
		if nested {
			return nil, fmt.Errorf("must be text, not %s", describe(value))
		}
		return json.Marshal(text)
	case reflect.Bool:
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "true", "1", "yes":
			return json.RawMessage("true"), nil
		case "false", "0", "no":
			return json.RawMessage("false"), nil
		}
		return nil, fmt.Errorf("must be true or false, not %s", describe(value))
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if nested || err != nil || n != float64(int64(n)) {
			return nil, fmt.Errorf("must be a whole number, not %s", describe(value))
		}
		return json.RawMessage(strconv.FormatInt(int64(n), 10)), nil
	case reflect.Float64:
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if nested || err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, fmt.Errorf("must be a number, not %s", describe(value))
		}
		return json.Marshal(n)
	case reflect.Slice:
		return coerceList(value, text, isText, t)
	case reflect.Map, reflect.Struct:
		object := value
		if isText {
			object = bytes.TrimSpace([]byte(text))
			if _, err := CountValues(object); err != nil {
				return nil, err
			}
		}
		if isText && !json.Valid(object) || object[0] != '{' {
			return nil, fmt.Errorf("must be an object, not %s", describe(value))
		}
		if t.Kind() == reflect.Map {
			return object, nil
		}
		return coerceStruct(object, t)
	}
	return value, nil
}

func coerceList(value json.RawMessage, text string, isText bool, t reflect.Type) (json.RawMessage, error) {
	if inner := bytes.TrimSpace([]byte(text)); isText && len(inner) > 0 && inner[0] == '[' && json.Valid(inner) {
		if _, err := CountValues(inner); err != nil {
			return nil, err
		}
		value = inner
	}
	items := []json.RawMessage{value}
	if value[0] == '[' {
		items = nil
		if err := json.Unmarshal(value, &items); err != nil {
			return nil, fmt.Errorf("must be a list, not %s", describe(value))
		}
	}
	list := make([]json.RawMessage, 0, len(items))
	for i, item := range items {
		element, err := coerce(item, t.Elem())
		if err != nil {
			return nil, fmt.Errorf("item %d %w", i+1, err)
		}
		if element != nil {
			list = append(list, element)
		}
	}
	return json.Marshal(list)
}

func coerceStruct(value json.RawMessage, t reflect.Type) (json.RawMessage, error) {
	s, err := structSchema(t)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(value, &members); err != nil {
		return nil, fmt.Errorf("must be an object, not %s", describe(value))
	}
	for name, member := range members {
		p := s.field(name)
		if p == nil {
			return nil, fmt.Errorf("has no %.*q: it takes %s", MaxName, name, s.nameList())
		}
		fixed, err := coerce(member, p.kind)
		if err == nil && fixed != nil {
			err = p.check(fixed)
		}
		if err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
		if fixed == nil {
			delete(members, name)
			continue
		}
		members[name] = fixed
	}
	for _, p := range s.fields {
		if p.required && members[p.name] == nil {
			return nil, fmt.Errorf("needs %s", p.name)
		}
	}
	return json.Marshal(members)
}

// scalarText is a string's text, or another value's literal.
func scalarText(value json.RawMessage) string {
	if text, ok := TextOf(value); ok {
		return text
	}
	return string(value)
}

// describe names a value's type. The value itself stays out: it may be a secret.
func describe(value json.RawMessage) string {
	if len(value) == 0 {
		return "nothing"
	}
	switch value[0] {
	case '"':
		return "this text"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "true or false"
	}
	return "this number"
}
