package mcptool

import (
	"encoding"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"unsafe"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
)

// plain makes every text that leaves a call plain: without control and tag characters, and
// without the caller's secrets. A text of a result is one line unless its field has the tag
// text:"lines", so that no title can pose as a line of the server's own.
type plain struct {
	redact    func(string) string // may be nil
	multiline bool                // texts without a tag may have lines, too
	quoteNext bool                // marks foreign lines that look like a next step: for the text form
}

// text makes one text plain. Characters go first: one inside a secret would hide it.
func (p plain) text(text string, lines bool) string {
	if lines {
		text = plaintext.Result(text)
		if p.quoteNext && strings.Contains(text, "Next:") {
			text = nextLine().ReplaceAllString(text, "> $0")
		}
	} else {
		text = plaintext.Line(text)
	}
	if p.redact != nil {
		text = p.redact(text)
	}
	return text
}

// nextLine is the start of a line that reads like a next step.
var nextLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[^\S\n]*Next:[^\S\n]*[a-zA-Z]\w*[^\S\n]*[{(]`)
})

// value returns a value with every text in it made plain, and whether there was anything to do.
// The value itself is left alone: it may be shared. It must be one that JSON can encode: no
// cycles.
func (p plain) value(value any) (_ any, changed bool) {
	if value == nil {
		return nil, false
	}
	v := reflect.ValueOf(value)
	if !p.dirty(v, p.multiline) {
		return value, false
	}
	return p.fixed(v, p.multiline).Interface(), true
}

// dirty reports whether there is a text in a value that is not plain.
func (p plain) dirty(v reflect.Value, lines bool) bool {
	switch v.Kind() {
	case reflect.String:
		text := v.String()
		return text != "" && v.Type() != numberType && p.text(text, lines) != text
	case reflect.Interface, reflect.Pointer:
		return !v.IsNil() && p.dirty(v.Elem(), lines)
	case reflect.Slice, reflect.Array:
		if v.Type() == rawType {
			return p.dirtyJSON(v.Bytes(), lines)
		}
		if !holdsText(v.Type().Elem()) {
			return false
		}
		for i := range v.Len() {
			if p.dirty(v.Index(i), lines) {
				return true
			}
		}
	case reflect.Map:
		for members := v.MapRange(); members.Next(); {
			if p.dirty(members.Key(), false) || p.dirty(members.Value(), lines || free(v.Type())) {
				return true
			}
		}
	case reflect.Struct:
		for _, f := range textFields(v.Type()) {
			if p.dirty(v.Field(f.index), lines || f.lines) {
				return true
			}
		}
	}
	return false
}

// fixed returns a copy of a dirty value that is plain.
func (p plain) fixed(v reflect.Value, lines bool) reflect.Value {
	if !p.dirty(v, lines) {
		return v
	}
	fixed := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		fixed.SetString(p.text(v.String(), lines))
	case reflect.Interface:
		fixed.Set(p.fixed(v.Elem(), lines))
	case reflect.Pointer:
		fixed.Set(reflect.New(v.Type().Elem()))
		fixed.Elem().Set(p.fixed(v.Elem(), lines))
	case reflect.Slice:
		if v.Type() == rawType {
			fixed.SetBytes(p.fixedJSON(v.Bytes(), lines))
			return fixed
		}
		fixed.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			fixed.Index(i).Set(p.fixed(v.Index(i), lines))
		}
	case reflect.Array:
		for i := range v.Len() {
			fixed.Index(i).Set(p.fixed(v.Index(i), lines))
		}
	case reflect.Map:
		fixed.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for members := v.MapRange(); members.Next(); {
			fixed.SetMapIndex(p.fixed(members.Key(), false), p.fixed(members.Value(), lines || free(v.Type())))
		}
	case reflect.Struct:
		fixed.Set(v)
		for i := range v.NumField() {
			field := fixed.Field(i)
			if !field.CanSet() { // unexported: what Text shows of it must be plain, too
				field = reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem() //nolint:gosec // of our own copy
			}
			field.Set(p.fixed(field, lines || hasLines(v.Type().Field(i))))
		}
	}
	return fixed
}

// hasLines reports whether the texts of a field may have lines.
func hasLines(f reflect.StructField) bool { return f.Tag.Get("text") == "lines" }

// textField is a field of a struct that can hold a text.
type textField struct {
	index int
	lines bool // its texts may have some
}

var knownFields sync.Map // of textFields, by type

// textFields are the fields of a struct that are searched for texts.
func textFields(t reflect.Type) []textField {
	if known, ok := knownFields.Load(t); ok {
		return known.([]textField) //nolint:forcetypeassert // nothing else is stored
	}
	var fields []textField
	if !opaque(t) {
		for i := range t.NumField() {
			if f := t.Field(i); holdsText(f.Type) && f.Type != numberType {
				fields = append(fields, textField{i, hasLines(f)})
			}
		}
	}
	knownFields.Store(t, fields)
	return fields
}

var (
	rawType       = reflect.TypeFor[json.RawMessage]()
	numberType    = reflect.TypeFor[json.Number]()
	questionType  = reflect.TypeFor[Question]()
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// opaque reports whether a type writes itself, such as a time, or is no part of a result.
func opaque(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	pointer := reflect.PointerTo(t)
	return t == questionType || pointer.Implements(jsonMarshaler) || pointer.Implements(textMarshaler)
}

// free reports whether a map takes any value: its texts are data and keep their lines.
func free(t reflect.Type) bool { return t.Elem().Kind() == reflect.Interface }

// holdsText reports whether a type can hold a text: lists of numbers are not searched.
func holdsText(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Interface, reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
		return true
	}
	return false
}

func (p plain) dirtyJSON(data []byte, lines bool) bool {
	return string(p.fixedJSON(data, lines)) != string(data)
}

// fixedJSON is JSON with its texts made plain.
func (p plain) fixedJSON(data []byte, lines bool) []byte {
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil || !p.dirty(reflect.ValueOf(&value), lines) {
		return data
	}
	fixed, err := Marshal(p.fixed(reflect.ValueOf(&value), lines).Interface())
	if err != nil {
		return data
	}
	return fixed
}

// question makes plain what the user of a client is asked.
func (p plain) question(asked *mcp.CallToolResult) *mcp.CallToolResult {
	for _, request := range asked.InputRequests {
		if request.Elicitation != nil {
			request.Elicitation.Message = p.text(plaintext.Terminal(request.Elicitation.Message), true)
		}
	}
	return asked
}
