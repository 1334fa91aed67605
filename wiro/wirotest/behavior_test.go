package wirotest

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Behavior is copied field by field: none may be left behind.
func TestEveryFieldOfABehaviorArrives(t *testing.T) {
	t.Parallel()
	var full Behavior
	fill(t, reflect.ValueOf(&full).Elem(), 2)
	arrived := reflect.ValueOf(script([]Behavior{full})[0])
	require.Equal(t, reflect.TypeFor[Behavior]().NumField(), arrived.NumField())
	same(t, "Behavior", reflect.ValueOf(full), arrived)
}

// fill sets everything in a value; lists of the type itself only to a depth.
func fill(t *testing.T, v reflect.Value, depth int) {
	t.Helper()
	switch v.Kind() { //nolint:exhaustive // others fail
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.String:
		v.SetString("x")
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), depth)
	case reflect.Slice:
		if depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(t, v.Index(0), depth-1)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, depth)
		fill(t, value, depth)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), depth)
		}
	default:
		t.Fatalf("no value for a %s", v.Type())
	}
}

// same holds two values together whose types differ in name alone.
func same(t *testing.T, path string, want, got reflect.Value) {
	t.Helper()
	switch want.Kind() { //nolint:exhaustive // others have no parts
	case reflect.Struct:
		for i := range want.NumField() {
			name := want.Type().Field(i).Name
			same(t, path+"."+name, want.Field(i), got.FieldByName(name))
		}
	case reflect.Slice:
		require.Equal(t, want.Len(), got.Len(), path)
		for i := range want.Len() {
			same(t, path, want.Index(i), got.Index(i))
		}
	case reflect.Pointer:
		require.Equal(t, want.IsNil(), got.IsNil(), path)
		if !want.IsNil() {
			same(t, path, want.Elem(), got.Elem())
		}
	default:
		require.Equal(t, want.Interface(), got.Convert(want.Type()).Interface(), path)
	}
}
