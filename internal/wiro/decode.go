package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"time"
)

// Decoded values take at most maxGrowth times the bytes of their JSON, and something on top.
const (
	maxGrowth  = 12
	minDecoded = 256 << 10
	maxDecoded = 32 << 20
)

// Decode fills the value that v points to with what the JSON text holds, whichever of its
// forms Wiro chose:
//
//   - a string may be a number or a boolean, and either of them a string ("1", "true", "yes");
//   - a time is Unix seconds, Unix milliseconds or ISO 8601;
//   - a list may be a lone element, and a list, an object or a map JSON inside a string;
//   - null and "" are the empty value.
//
// What cannot be understood leaves its field as it is (a pointer nil, which tells unknown from
// zero), its list without the element and its map without the member: one odd value does not
// lose the rest. Numbers in an any are json.Number, digit by digit. Names of members match
// fields as in encoding/json, the case of letters ignored if need be.
//
// Field tags, beside json: `wire:"text"` marks the fields that take a bare value in the
// object's place, `wire:"text,json"` does so unless the value is a string that holds the
// object as JSON; `wire:"rest"` takes the members that no other field takes, in a map;
// `wire:"raw=a,b"` takes members that other fields take too as they are written, in a
// map[string]json.RawMessage;
// `wire:"alias=name"` is another name that counts if the first is absent; `wire:"default=true"`
// is for a boolean that is true if it is left out; `wire:"key"` marks the field by which a map
// is made of a list of objects. AfterDecode adds what tags cannot say.
//
// An error is text that is not JSON, a value that v cannot hold at all, or one whose values would
// take many times the memory of the text.
func Decode(data []byte, v any) error {
	target := reflect.ValueOf(v).Elem()
	room := min(maxGrowth*len(data)+minDecoded, maxDecoded)
	s := scanner{data: data, room: &room}
	null := s.peek() == 'n'
	understood := planOf(target.Type())(&s, target)
	s.end()
	switch {
	case s.err != nil:
		return s.err
	case !understood && !null:
		return fmt.Errorf("cannot be a %s", target.Type())
	}
	return nil
}

// plan decodes the next value into a target of one type. It consumes exactly that value, and
// reports whether the target could hold it; else the target is as it was.
type plan func(s *scanner, target reflect.Value) (understood bool)

var plans sync.Map // reflect.Type to plan

// planOf returns the plan of a type, which is made once.
func planOf(t reflect.Type) plan {
	if p, ok := plans.Load(t); ok {
		return p.(plan) //nolint:forcetypeassert // nothing else is stored
	}
	// A type that contains itself finds this placeholder while its plan is made.
	var (
		ready sync.WaitGroup
		made  plan
	)
	ready.Add(1)
	placeholder := plan(func(s *scanner, target reflect.Value) bool {
		ready.Wait()
		return made(s, target)
	})
	if p, loaded := plans.LoadOrStore(t, placeholder); loaded {
		return p.(plan) //nolint:forcetypeassert // nothing else is stored
	}
	made = newPlan(t)
	if hook, ok := hooks.Load(t); ok {
		made = withHook(made, hook.(func(reflect.Value))) //nolint:forcetypeassert // nothing else is stored
	}
	ready.Done()
	plans.Store(t, made)
	return made
}

var hooks sync.Map // reflect.Type to func(reflect.Value)

// AfterDecode registers a function that completes each decoded T. Call it from a variable's
// declaration, before the first Decode.
func AfterDecode[T any](complete func(*T)) bool {
	hooks.Store(reflect.TypeFor[T](), func(v reflect.Value) {
		complete(v.Addr().Interface().(*T)) //nolint:forcetypeassert // by construction
	})
	return true
}

func withHook(inner plan, complete func(reflect.Value)) plan {
	return func(s *scanner, target reflect.Value) bool {
		understood := inner(s, target)
		if understood {
			complete(target)
		}
		return understood
	}
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

func newPlan(t reflect.Type) plan {
	switch t {
	case reflect.TypeFor[time.Time]():
		return decodeTime
	case reflect.TypeFor[json.RawMessage]():
		return func(s *scanner, target reflect.Value) bool {
			target.SetBytes(bytes.Clone(s.skip()))
			return true
		}
	case reflect.TypeFor[json.Number]():
		return decodeString
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		return decodeUnmarshaler
	}
	switch t.Kind() { //nolint:exhaustive // the others hold no JSON
	case reflect.String:
		return decodeString
	case reflect.Bool:
		return decodeBool
	case reflect.Float32, reflect.Float64:
		return decodeFloat
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return decodeInt
	case reflect.Pointer:
		return decodePointer(t)
	case reflect.Slice:
		return decodeSlice(t)
	case reflect.Map:
		return decodeMap(t)
	case reflect.Struct:
		return newStructPlan(t).decode
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return decodeAny
		}
	}
	return func(s *scanner, _ reflect.Value) bool { s.skip(); return false }
}

func decodeAny(s *scanner, target reflect.Value) bool {
	if v := s.value(); v != nil {
		target.Set(reflect.ValueOf(v))
	}
	return true
}

func decodeUnmarshaler(s *scanner, target reflect.Value) bool {
	data := s.skip()
	if s.err != nil {
		return false
	}
	return target.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(data) == nil //nolint:forcetypeassert // by its type
}

func decodePointer(t reflect.Type) plan {
	elem := planOf(t.Elem())
	return func(s *scanner, target reflect.Value) bool {
		if s.peek() == 'n' {
			s.literal()
			return true
		}
		v := reflect.New(t.Elem())
		understood := elem(s, v.Elem())
		if understood {
			target.Set(v)
		}
		return understood
	}
}

// decodeSlice decodes an array, an array inside a string, or a lone element.
func decodeSlice(t reflect.Type) plan {
	elem := planOf(t.Elem())
	scalars, size := isScalar(t.Elem()), int(t.Elem().Size()) //nolint:gosec // small
	empty := reflect.MakeSlice(t, 0, 0)
	array := func(s *scanner, list reflect.Value) {
		list.Set(empty)
		for ok := s.enter('[', ']'); ok; ok = s.more(']') {
			s.reserve(size)
			null := s.peek() == 'n'
			n := list.Len()
			list.Grow(1)
			list.SetLen(n + 1)
			v := list.Index(n)
			if !elem(s, v) && !(null && scalars) { // the place of a scalar may mean something
				v.SetZero()
				list.SetLen(n)
			}
		}
	}
	return func(s *scanner, target reflect.Value) bool {
		switch s.peek() {
		case '[':
			array(s, target)
			return true
		case 'n':
			s.literal()
			return true
		case '"':
			start := *s
			text := bytes.TrimSpace(s.stringBytes())
			if len(text) == 0 {
				return true
			}
			if inner := s.nested(text); inner != nil && inner.data[0] == '[' {
				array(inner, target)
				return true
			}
			*s = start
		}
		v := reflect.New(t.Elem()).Elem()
		if !elem(s, v) {
			return false
		}
		target.Set(reflect.Append(reflect.MakeSlice(t, 0, 1), v))
		return true
	}
}

// nested returns a scanner of JSON that stood inside a string; nil if it is not an object or
// an array.
func (s *scanner) nested(text []byte) *scanner {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return nil
	}
	check := scanner{data: text, depth: s.depth, room: s.room}
	check.skip()
	check.end()
	if check.err != nil {
		return nil
	}
	return &scanner{data: text, depth: s.depth, room: s.room}
}

var anyMap = reflect.TypeFor[map[string]any]()

// decodeMap decodes an object, one inside a string, or, if the elements have a key, a list.
func decodeMap(t reflect.Type) plan {
	elem := planOf(t.Elem())
	key := keyField(t.Elem())
	size := mapEntry + int(t.Elem().Size()) //nolint:gosec // small
	set := func(m reflect.Value, name string, v reflect.Value) {
		m.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), v)
	}
	object := func(s *scanner, target reflect.Value) {
		if t == anyMap {
			target.Set(reflect.ValueOf(s.object()))
			return
		}
		m, v := reflect.MakeMap(t), reflect.New(t.Elem()).Elem()
		for ok := s.enter('{', '}'); ok; ok = s.more('}') {
			name := string(s.name())
			s.reserve(size + len(name))
			null := s.peek() == 'n'
			v.SetZero()
			if elem(s, v) || null {
				set(m, name, v)
			}
		}
		target.Set(m)
	}
	list := func(s *scanner, target reflect.Value) {
		m, v := reflect.MakeMap(t), reflect.New(t.Elem()).Elem()
		for ok := s.enter('[', ']'); ok; ok = s.more(']') {
			s.reserve(size)
			v.SetZero()
			if elem(s, v) {
				set(m, v.FieldByIndex(key).String(), v)
			}
		}
		target.Set(m)
	}
	return func(s *scanner, target reflect.Value) bool {
		from := s
		if s.peek() == '"' {
			if from = s.nested(s.stringBytes()); from == nil {
				return false
			}
		}
		switch c := from.peek(); {
		case c == '{':
			object(from, target)
		case c == '[' && key != nil:
			list(from, target)
		default:
			from.skip()
			return false
		}
		return true
	}
}

// keyField returns the index of the field that names an element in a map; nil if it has none.
func keyField(t reflect.Type) []int {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, field := range reflect.VisibleFields(t) {
		if field.Tag.Get("wire") == "key" {
			return field.Index
		}
	}
	return nil
}
