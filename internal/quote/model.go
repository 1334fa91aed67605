package quote

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/params"
)

// Model is what a quote needs to know of a model. Amounts are decimal text as Wiro wrote it,
// "" where it wrote none.
type Model struct {
	Rows            []Row  // dynamicprice
	Broken          bool   // there is a dynamicprice, and it cannot be read
	CPS             string // USD per second of processing, where there are no rows
	ApproximateCost string // USD of an average run by the second
	RunTime         string // usual run time, "10 seconds"; "" unknown
	Schema          params.Schema
}

// Input is a run to be quoted: its params, as params.Check returned them, and what the
// caller knows about its input. The zero value is a run with the model's defaults.
type Input struct {
	Params       map[string]any
	AudioSeconds float64 // length of all input audio together, 0 unknown
	Turns        int     // turns of a realtime conversation, 0 unknown
}

// values are the inputs of a run with the model's defaults filled in.
type values struct {
	schema *params.Schema
	given  map[string]any
}

// text is the value of a parameter. It is unknown where nothing was given and the model
// chooses: a select without a default, or a parameter that the schema does not list.
func (v values) text(name string) (value string, known bool) {
	if given, ok := v.given[name]; ok {
		if list, isList := given.([]any); isList && len(list) == 1 {
			given = list[0]
		}
		if s, scalar := params.Text(given); !scalar || s != "" {
			return valueText(given), true
		}
	}
	p := v.schema.Find(name)
	switch {
	case p == nil:
		return "", false
	case p.HasDefault():
		return valueText(p.Default), true
	case p.Required:
		return "", false
	}
	switch p.Type {
	case "text", "textarea", "fileinput", "multifileinput", "combinefileinput":
		return "", true
	}
	return "", false
}

// files counts the files of a parameter. A required one that is missing is unknown.
func (v values) files(name string) (n int, known bool) {
	id := name
	p := v.schema.FileParam(name)
	if p != nil {
		id = p.ID
	}
	if n = params.CountFiles(id, v.given); n > 0 {
		return n, true
	}
	if p == nil {
		_, given := v.given[name]
		return 0, given || v.schema.Find(name) != nil && !v.schema.Find(name).Required
	}
	return 0, !p.Required
}

// number is the number that a parameter is set to: 8 for 8, "8" and "8s".
func (v values) number(name string) (float64, bool) {
	s, known := v.text(name)
	if !known {
		return 0, false
	}
	s = strings.ToLower(strings.TrimSpace(s))
	for _, unit := range []string{"seconds", "second", "secs", "sec", "s"} {
		if digits, found := strings.CutSuffix(s, unit); found {
			s = strings.TrimSpace(digits)
			break
		}
	}
	return amount(s)
}

// find returns the first parameter of the model, or of the run, that has one of these names.
func (v values) find(names []string) string {
	for _, name := range names {
		if v.schema.Find(name) != nil {
			return name
		}
		if _, ok := v.given[name]; ok {
			return name
		}
	}
	return ""
}

// UsualTime is how long a run of the model usually takes; ok is false if nothing says.
func (m *Model) UsualTime() (usual time.Duration, ok bool) {
	seconds, ok := m.seconds(0)
	return time.Duration(seconds * float64(time.Second)), ok
}

// RunSeconds is RunTime in seconds; ok is false if it says none.
func (m *Model) RunSeconds() (seconds float64, ok bool) {
	fields := strings.Fields(strings.ToLower(m.RunTime))
	if len(fields) == 0 {
		return 0, false
	}
	number, unit := fields[0], "s"
	if len(fields) > 1 {
		unit = fields[1]
	} else if i := strings.IndexFunc(number, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i > 0 {
		number, unit = number[:i], number[i:]
	}
	factor := map[byte]float64{'s': 1, 'm': 60, 'h': 3600}[unit[0]]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n > 0) || math.IsInf(n, 0) || factor == 0 || unit == "ms" { // NaN is not above 0

		return 0, false
	}
	return n * factor, true
}

// seconds is the usual run time in seconds: from RunTime, or from the average cost.
func (m *Model) seconds(cps float64) (float64, bool) {
	if seconds, ok := m.RunSeconds(); ok {
		return seconds, true
	}
	if average, ok := amount(m.ApproximateCost); ok && average > 0 {
		if own, ok := amount(m.CPS); ok && own > 0 {
			return average / own, true
		}
		if cps > 0 {
			return average / cps, true
		}
	}
	return 0, false
}

// match compares a row with a run's inputs.
type match int

const (
	no match = iota
	maybe
	yes
)

func (v values) match(r *Row) match {
	if r.Unreadable {
		return maybe
	}
	result := yes
	for name, want := range r.Inputs {
		one := v.matchOne(name, want)
		if one == no {
			return no
		}
		result = min(result, one)
	}
	return result
}

func (v values) matchOne(name string, want any) match {
	if n, ok := quantity(want); ok {
		files, known := v.files(name)
		switch {
		case !known:
			return maybe
		case files == n:
			return yes
		}
		return no
	}
	has, known := v.text(name)
	switch {
	case !known:
		return maybe
	case sameValue(has, valueText(want)):
		return yes
	}
	return no
}

// sameValue compares values as text in any case, and numbers as numbers.
func sameValue(a, b string) bool {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	if strings.EqualFold(a, b) {
		return true
	}
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	return errA == nil && errB == nil && x == y
}

// candidates are the rows that may hold for a run, and whether that is beyond doubt. The row
// that names most inputs wins; a row whose inputs are not all known may win.
func (m *Model) candidates(v values) (rows []*Row, sure bool) {
	matches := make([]match, len(m.Rows))
	best := -1
	for i := range m.Rows {
		if matches[i] = v.match(&m.Rows[i]); matches[i] == yes {
			best = max(best, len(m.Rows[i].Inputs))
		}
	}
	sure = true
	for i := range m.Rows {
		r := &m.Rows[i]
		switch {
		case matches[i] == yes && len(r.Inputs) == best:
			rows = append(rows, r)
		case matches[i] == maybe && (r.Unreadable || len(r.Inputs) >= best):
			rows = append(rows, r)
			sure = false
		}
	}
	return slices.Clip(rows), sure
}
