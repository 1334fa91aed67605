package params

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// coerce puts a value into the form that a parameter takes. It returns the value (with a
// fault: a corrected one, or nil where there is none), a note about a change of meaning, and
// the fault.
func coerce(p *Param, value any) (fixed any, note string, fault *Fault) {
	switch p.kind() {
	case text:
		return coerceText(value)
	case choice:
		return coerceChoice(p, value)
	case choices:
		return coerceChoices(p, value)
	case number:
		return coerceNumber(p, value)
	case boolean:
		return coerceBool(value)
	case file, files, mixed:
		return coerceFile(p, value)
	}
	return value, "", nil
}

// coerceText writes objects and lists as JSON text. Other values stay as they are: a number
// keeps its digits.
func coerceText(value any) (any, string, *Fault) {
	switch value.(type) {
	case map[string]any, []any:
		return jsonText(value), "", nil
	}
	return value, "", nil
}

// realOptions leaves out the blank entry with which some models fill a list that is unknown.
func realOptions(options []Option) []Option {
	if slices.ContainsFunc(options, func(o Option) bool { return o.Value != "" }) {
		return options
	}
	return nil
}

func coerceChoice(p *Param, value any) (any, string, *Fault) {
	options := realOptions(p.Options)
	if list, ok := value.([]any); ok && len(list) == 1 {
		value = list[0]
	}
	given, scalar := Text(value)
	switch {
	case !scalar:
		return nil, "", &Fault{Kind: WrongKind, Want: "one of the options", Options: options}
	case len(options) == 0:
		return value, "", nil
	}
	if matched, ok := matchOption(options, given); ok {
		if matched == given {
			return given, "", nil
		}
		return matched, given + " was read as " + matched, nil
	}
	if given == "" { // not given
		return nil, "", nil
	}
	f := &Fault{Kind: NotAnOption, Options: options, Closest: nearest(given, optionCandidates(options), 3)}
	return correctedOption(p, f), "", f
}

// correctedOption is the closest option, or the default. The first of the list would be
// arbitrary.
func correctedOption(p *Param, f *Fault) any {
	if len(f.Closest) > 0 {
		return f.Closest[0]
	}
	if p.HasDefault() {
		return p.Default
	}
	return nil
}

func optionCandidates(options []Option) []candidate {
	list := make([]candidate, len(options))
	for i, o := range options {
		list[i] = candidate{o.Value, []string{o.Value, o.Label}}
	}
	return list
}

func coerceChoices(p *Param, value any) (any, string, *Fault) {
	options := realOptions(p.Options)
	var list []any
	switch v := value.(type) {
	case []any:
		list = v
	case []string:
		for _, item := range v {
			list = append(list, item)
		}
	case string:
		list = splitChoices(options, v)
	default:
		list = []any{value}
	}
	result, faulty := make([]any, 0, len(list)), (*Fault)(nil)
	var notes []string
	for _, item := range list {
		given, scalar := Text(item)
		if !scalar {
			return nil, "", &Fault{Kind: WrongKind, Want: "a list of options", Options: options}
		}
		if len(options) == 0 {
			result = append(result, item)
			continue
		}
		matched, ok := matchOption(options, given)
		if ok {
			if matched != given {
				notes = append(notes, given+" was read as "+matched)
			}
			result = append(result, matched)
			continue
		}
		if given == "" {
			continue
		}
		closest := nearest(given, optionCandidates(options), 3)
		if faulty == nil {
			faulty = &Fault{Kind: NotAnOption, Options: options, Closest: closest}
		}
		if len(closest) > 0 {
			result = append(result, closest[0])
		}
	}
	if faulty != nil && len(result) == 0 {
		return correctedOption(p, faulty), "", faulty
	}
	return result, strings.Join(notes, "; "), faulty
}

// splitChoices reads a list that came as text: JSON, comma-separated, or one option.
func splitChoices(options []Option, list string) []any {
	if strings.HasPrefix(strings.TrimSpace(list), "[") {
		var items []any
		if decodeJSON(list, &items) == nil {
			return items
		}
	}
	if strings.TrimSpace(list) == "" {
		return nil
	}
	if _, whole := matchOption(options, list); whole || !strings.Contains(list, ",") {
		return []any{list}
	}
	var items []any
	for item := range strings.SplitSeq(list, ",") {
		items = append(items, strings.TrimSpace(item))
	}
	return items
}

func coerceNumber(p *Param, value any) (any, string, *Fault) {
	given, scalar := Text(value)
	if _, isBool := value.(bool); isBool {
		scalar = false
	}
	if scalar && given == "" {
		return nil, "", nil // not given
	}
	digits, unit, ok := splitNumber(given)
	if !scalar || !ok || (unit != "" && !units[unit]) {
		f := &Fault{Kind: WrongKind, Want: "a number"}
		if p.HasDefault() {
			return p.Default, "", f
		}
		return nil, "", f
	}
	var fixed, note = value, ""
	if _, isText := value.(string); isText {
		fixed = json.Number(digits)
		if unit != "" {
			note = given + " was read as " + digits
		}
	}
	low, high := p.Min, p.Max
	if !isNumber(low) {
		low = ""
	}
	if !isNumber(high) {
		high = ""
	}
	switch {
	case low != "" && compareNumbers(digits, low) < 0:
		return json.Number(canonical(low)), "", &Fault{Kind: OutOfRange, Min: low, Max: high}
	case high != "" && compareNumbers(digits, high) > 0:
		return json.Number(canonical(high)), "", &Fault{Kind: OutOfRange, Min: low, Max: high}
	}
	return fixed, note, nil
}

func coerceBool(value any) (any, string, *Fault) {
	given, scalar := Text(value)
	if scalar {
		switch strings.ToLower(given) {
		case "true", "1", "yes", "on":
			return true, "", nil
		case "false", "0", "no", "off":
			return false, "", nil
		case "":
			return nil, "", nil
		}
	}
	return nil, "", &Fault{Kind: WrongKind, Want: "true or false"}
}

// coerceFile takes a URL, a path, a data: URI, or a list of them.
func coerceFile(p *Param, value any) (any, string, *Fault) {
	switch v := value.(type) {
	case string, []string:
		return v, "", nil
	case map[string]any:
		if url, ok := v["url"].(string); ok {
			return url, "", nil
		}
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			one, _, fault := coerceFile(p, item)
			if _, nested := item.([]any); fault != nil || nested {
				return nil, "", &Fault{Kind: WrongKind, Want: "a list of files or URLs"}
			}
			if !blank(one) {
				list = append(list, one)
			}
		}
		if p.kind() == file && len(list) == 1 {
			return list[0], "", nil
		}
		return list, "", nil
	case nil:
		return "", "", nil
	case bool, json.Number, float64, int, int64:
	default:
		return value, "", nil // a file that is open already
	}
	want := "a file or URL"
	if p.kind() != file {
		want = "a list of files or URLs"
	}
	return nil, "", &Fault{Kind: WrongKind, Want: want}
}

// Text is a scalar as text, digit by digit, and whether the value is a scalar. Nil is "".
func Text(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return strings.TrimSpace(v), true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	}
	return "", false
}

// equal reports whether a value is the default as the schema has it.
func equal(value, standard any) bool {
	a, scalar := Text(value)
	b, scalarToo := Text(standard)
	if scalar != scalarToo || standard == nil {
		return false
	}
	if scalar {
		return a == b
	}
	return jsonText(value) == jsonText(standard)
}
