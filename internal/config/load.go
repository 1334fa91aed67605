package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/pflag"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/apikey"
	"github.com/wiroai/wiro-mcp-go/internal/closest"
)

// Load is Sources.Load.
func Load(environ []string, set *pflag.FlagSet, settings any) error {
	return Sources{environ, set}.Load(settings)
}

// Sources say where settings come from: the environment, and a command line's flags.
type Sources struct {
	Environ []string
	Flags   *pflag.FlagSet // nil for none
}

// Flags adds a flag for every setting of a struct that has one, with its type and default. Keys
// and secrets have none, because a command line is not private.
func Flags(set *pflag.FlagSet, settings any) {
	setDefaults(settings)
	values := reflect.ValueOf(settings).Elem()
	for f := range fields(settings) {
		name := f.Tag.Get("flag")
		if name == "" {
			continue
		}
		value := &flagValue{kind: kindOf(f.Type), text: f.Tag.Get("envDefault")}
		if v := values.FieldByIndex(f.Index); value.text == "" && !v.IsZero() && v.Kind() != reflect.Slice {
			value.text = fmt.Sprint(v.Interface())
		}
		flag := set.VarPF(value, name, "", f.Tag.Get("about")+" ("+f.Tag.Get("env")+")")
		if value.kind == "bool" {
			flag.NoOptDefVal = "true"
		}
	}
}

// flagValue holds what was typed: Load checks it together with everything else.
type flagValue struct{ kind, text string }

func (v *flagValue) String() string        { return v.text }
func (v *flagValue) Set(text string) error { v.text = text; return nil }
func (v *flagValue) Type() string          { return v.kind }

// kindOf is the name of a type on the command line.
func kindOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration](), t == reflect.TypeFor[Wait]():
		return "duration"
	case t == reflect.TypeFor[Cost]():
		return "float"
	case t == reflect.TypeFor[Level](), t == reflect.TypeFor[Format](), t == reflect.TypeFor[Size]():
		return "string"
	case t.Kind() == reflect.Slice:
		return "list"
	case t.Kind() == reflect.Float64:
		return "float"
	}
	return t.Kind().String()
}

// Load fills settings, a pointer to Config or HTTP, from the environment and from the flags
// that were given. White space and quotes around a value are taken off, and an empty variable
// is an unset one. The error names every setting that is wrong, as the user typed it, with the
// allowed values.
func (s Sources) Load(settings any) error {
	setDefaults(settings)
	values, names := s.read(settings)
	var faults []error
	if err := env.ParseWithOptions(settings, env.Options{Environment: values}); err != nil {
		faults = parseFaults(err)
		useDefaults(settings, err)
	}
	if checked, ok := settings.(interface{ check() error }); ok {
		faults = append(faults, checked.check())
	}
	return names.rename(errors.Join(faults...))
}

// setDefaults sets the defaults that are not in tags.
func setDefaults(settings any) {
	if s, ok := settings.(interface{ setDefaults() }); ok {
		s.setDefaults()
	}
}

// Explain gives an error of the library the names that the user typed.
func (s Sources) Explain(settings any, err error) error {
	_, names := s.read(settings)
	return names.rename(err)
}

// read returns the values of the settings by variable, and their names by field.
func (s Sources) read(settings any) (values map[string]string, names names) {
	values, names = map[string]string{}, map[string]string{}
	environment := env.ToMap(s.Environ)
	for f := range fields(settings) {
		variable := f.Tag.Get("env")
		names[f.Name] = variable
		text := environment[variable]
		if s.Flags != nil && f.Tag.Get("flag") != "" {
			if flag := s.Flags.Lookup(f.Tag.Get("flag")); flag != nil && flag.Changed {
				text, names[f.Name] = flag.Value.String(), "--"+flag.Name
			}
		}
		if text = apikey.Unquote(text); text == "" {
			continue
		}
		if f.Type.Kind() == reflect.Bool {
			text = strings.ToLower(text)
		}
		values[variable] = text
	}
	return values, names
}

// fault is what is wrong with the setting of a field.
func fault(field, format string, args ...any) error {
	return &wiromcp.OptionError{Options: []string{field}, Err: fmt.Errorf(format, args...)}
}

// names are what users call the settings, by field.
type names map[string]string

// rename puts the users' names into errors, and takes doubles out.
func (n names) rename(err error) error {
	var texts []string
	for _, one := range flatten(err) {
		text := one.Error()
		if option, ok := errors.AsType[*wiromcp.OptionError](one); ok {
			typed := make([]string, len(option.Options))
			for i, field := range option.Options {
				typed[i] = n[field]
			}
			text = strings.Join(typed, ", ") + ": " + option.Err.Error()
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return nil
	}
	slices.Sort(texts)
	return errors.New(strings.Join(slices.Compact(texts), "\n"))
}

// flatten returns the errors that were joined; none for nil.
func flatten(err error) (all []error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only what errors.Join made
		for _, one := range joined.Unwrap() {
			all = append(all, flatten(one)...)
		}
		return all
	}
	if err != nil {
		all = append(all, err)
	}
	return all
}

// parseFaults names the fields that could not be read, and repeats no value that may be secret.
func parseFaults(err error) []error {
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return []error{err}
	}
	var faults []error
	for _, one := range all.Errors {
		parse, ok := errors.AsType[env.ParseError](one)
		if !ok {
			faults = append(faults, one)
			continue
		}
		what := parse.Err.Error()
		switch kind := parse.Type.Kind(); {
		case parse.Type == reflect.TypeFor[time.Duration]():
			what = "must be a duration, such as 30s"
		case kind == reflect.Bool:
			what = "must be true or false"
		case kind == reflect.Int && parse.Type != reflect.TypeFor[Size]():
			what = "must be a number without a fraction"
		case kind == reflect.Float64:
			what = "must be a number"
		}
		faults = append(faults, fault(parse.Name, "%s", what))
	}
	return faults
}

// useDefaults gives the fields that could not be read their defaults, so that no check reports
// them a second time.
func useDefaults(settings any, err error) {
	all, _ := errors.AsType[env.AggregateError](err)
	target := reflect.ValueOf(settings).Elem()
	defaults := reflect.New(target.Type())
	setDefaults(defaults.Interface())
	if env.ParseWithOptions(defaults.Interface(), env.Options{Environment: map[string]string{}}) != nil {
		return // a default in a tag is wrong, which every test shows
	}
	for _, one := range all.Errors {
		if parse, ok := errors.AsType[env.ParseError](one); ok {
			target.FieldByName(parse.Name).Set(defaults.Elem().FieldByName(parse.Name))
		}
	}
}

// fields goes through the fields of a struct that a pointer points to.
func fields(settings any) func(func(reflect.StructField) bool) {
	t := reflect.TypeOf(settings).Elem()
	return func(yield func(reflect.StructField) bool) {
		for f := range t.Fields() {
			if !yield(f) {
				return
			}
		}
	}
}

// Unknown returns a warning for every WIRO_* variable that is no setting, with the closest one.
func Unknown(environ []string) (warnings []string) {
	const prefix = "WIRO_"
	var known []string // without the prefix
	for _, settings := range []any{&Config{}, &HTTP{}} {
		for f := range fields(settings) {
			known = append(known, strings.TrimPrefix(f.Tag.Get("env"), prefix))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(env.ToMap(environ))) {
		rest, ours := strings.CutPrefix(strings.ToUpper(name), prefix)
		if !ours || slices.Contains(known, rest) && name == prefix+rest {
			continue
		}
		warning := name + " is not a setting."
		if near := closest.Name(rest, known); near != "" {
			warning += " Did you mean " + prefix + near + "?"
		}
		warnings = append(warnings, warning)
	}
	return warnings
}
