package params

import (
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
)

// FaultKind says what is wrong with one parameter of a run.
type FaultKind string

// The kinds of faults.
const (
	Unknown      FaultKind = "unknown"        // the model has no such parameter
	NotAnOption  FaultKind = "not_an_option"  // the value is not among the options
	OutOfRange   FaultKind = "out_of_range"   // below Min or above Max
	Missing      FaultKind = "missing"        // required, without a default, and not given
	TooManyFiles FaultKind = "too_many_files" // more than Limit
	WrongKind    FaultKind = "wrong_kind"     // not the kind of value that the parameter takes
)

// Fault is one thing that is wrong with a run's params.
type Fault struct {
	Kind    FaultKind
	Param   string
	Value   string   // what was given, shortened; "" where nothing was
	Closest []string // names of parameters, or values of options, closest first
	Options []Option // of NotAnOption
	Min     string   // of OutOfRange
	Max     string
	Given   int    // of TooManyFiles: how many files
	Limit   int    // of TooManyFiles: how many are allowed
	Want    string // of WrongKind: what the parameter takes, "a number"
	Fixed   bool   // the corrected params no longer have this fault
}

// String says what is wrong and what is right, in one line.
func (f Fault) String() string {
	switch f.Kind {
	case Unknown:
		if len(f.Closest) > 0 {
			return fmt.Sprintf("%s: the model has no such parameter; closest: %s", f.Param, strings.Join(f.Closest, ", "))
		}
		return f.Param + ": the model has no such parameter"
	case NotAnOption:
		line := fmt.Sprintf("%s: %s is not an option", f.Param, f.Value)
		if len(f.Closest) > 0 {
			line += "; closest: " + strings.Join(f.Closest, ", ")
		}
		return line + "; options: " + optionList(f.Options)
	case OutOfRange:
		return fmt.Sprintf("%s: %s is out of range: %s", f.Param, f.Value, rangeText(f.Min, f.Max))
	case Missing:
		if len(f.Options) > 0 {
			return f.Param + ": required; options: " + optionList(f.Options)
		}
		return f.Param + ": required"
	case TooManyFiles:
		if f.Limit == 1 {
			return fmt.Sprintf("%s: %d files given, only 1 is allowed", f.Param, f.Given)
		}
		return fmt.Sprintf("%s: %d files given, at most %d are allowed", f.Param, f.Given, f.Limit)
	default:
		return fmt.Sprintf("%s: %s is not %s", f.Param, f.Value, f.Want)
	}
}

func rangeText(low, high string) string {
	switch {
	case low == "":
		return "at most " + high
	case high == "":
		return "at least " + low
	}
	return low + " to " + high
}

func optionList(options []Option) string {
	const most = 20
	var b strings.Builder
	for i, o := range options {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(options)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(o.Value)
		if o.Label != "" && !strings.EqualFold(o.Label, o.Value) {
			b.WriteString(" (" + o.Label + ")")
		}
	}
	return b.String()
}

// shown is a value as a fault quotes it.
func shown(value any) string {
	if s, ok := value.(string); ok {
		return `"` + plaintext.Cut(s, maxShown) + `"`
	}
	return plaintext.Cut(jsonText(value), maxShown)
}

const maxShown = 60 // characters of a name or value that a fault quotes
