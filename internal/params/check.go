package params

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
)

// Result is what Check found.
type Result struct {
	Params   map[string]any // to submit; with faults: corrected as far as they can be
	Faults   []Fault        // none: the run may be submitted
	Warnings []string       // what was changed or cannot be checked, a sentence each
}

// Fixed reports whether the corrected params have no fault left.
func (r Result) Fixed() bool {
	return !slices.ContainsFunc(r.Faults, func(f Fault) bool { return !f.Fixed })
}

// Check compares the params of a run with a schema. It does not change given. Numbers should
// be decoded as json.Number, which keeps every digit. A schema without parameters and
// without an example passes everything.
func Check(schema Schema, given map[string]any) Result {
	c := check{schema: &schema, Result: Result{Params: make(map[string]any, len(given))}}
	if len(schema.Params) == 0 {
		c.compareWithExample(given)
		return c.Result
	}
	given = unwrap(&schema, given)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if schema.knows(name) {
			c.take(name, given[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !schema.knows(name) {
			c.unknown(name, given[name], given)
		}
	}
	for i := range schema.Params {
		p := &schema.Params[i]
		if p.IsFile() {
			c.limitFiles(p)
		}
		if p.Required && !p.HasDefault() && !c.given(p, c.Params) && !c.faulted(p.ID) {
			c.fault(Fault{Kind: Missing, Param: p.ID, Options: realOptions(p.Options)})
		}
	}
	return c.Result
}

// unwrap takes params out of a wrapper that other platforms use, {"input": {…}}.
func unwrap(schema *Schema, given map[string]any) map[string]any {
	if len(given) == 1 {
		for _, name := range []string{"input", "params", "parameters"} {
			if inner, ok := given[name].(map[string]any); ok && !schema.knows(name) {
				return inner
			}
		}
	}
	return given
}

type check struct {
	schema *Schema
	Result
}

func (c *check) fault(f Fault) { c.Faults = append(c.Faults, f) }

func (c *check) faulted(id string) bool {
	return slices.ContainsFunc(c.Faults, func(f Fault) bool { return f.Param == id && f.Kind != Unknown })
}

// given reports whether params have a value for a parameter.
func (c *check) given(p *Param, params map[string]any) bool {
	if p.IsFile() {
		return CountFiles(p.ID, params) > 0
	}
	return !blank(params[p.ID])
}

func blank(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	}
	return false
}

// take checks the value of a known parameter and keeps it in its right form.
func (c *check) take(name string, value any) {
	p := c.schema.Find(name)
	if p == nil {
		if p = c.schema.FileParam(name); p == nil { // one that every model has
			if value != nil {
				c.Params[name] = value
			}
			return
		}
	}
	if value == nil {
		return
	}
	if equal(value, p.Default) {
		c.Params[name] = p.Default
		if option, ok := matchOption(p.Options, fmt.Sprint(value)); ok && p.kind() == choice {
			c.Params[name] = option
		}
		return
	}
	fixed, note, fault := coerce(p, value)
	if note != "" {
		c.Warnings = append(c.Warnings, name+": "+note)
	}
	if fault != nil {
		fault.Param = name
		fault.Value = shown(value)
		fault.Fixed = fixed != nil || !p.Required || p.HasDefault()
		c.fault(*fault)
	}
	if fixed != nil {
		c.Params[name] = fixed
	}
}

// limitFiles checks how many files a parameter got. The corrected params keep the first.
func (c *check) limitFiles(p *Param) {
	limit := 1
	if p.kind() != file {
		n, err := strconv.ParseFloat(p.Max, 64)
		if err != nil || n < 1 {
			return
		}
		limit = int(min(n, 1e6))
	}
	n := CountFiles(p.ID, c.Params)
	if n <= limit {
		return
	}
	room := limit
	for _, name := range []string{p.ID, p.ID + urlSuffix} {
		value, ok := c.Params[name]
		if !ok {
			continue
		}
		kept := firstFiles(value, room)
		room -= countFiles(kept)
		if kept == nil {
			delete(c.Params, name)
		} else {
			c.Params[name] = kept
		}
	}
	c.fault(Fault{Kind: TooManyFiles, Param: p.ID, Given: n, Limit: limit, Fixed: true})
}

// firstFiles returns the first n files of a value, nil where none is left.
func firstFiles(value any, n int) any {
	switch v := value.(type) {
	case []any:
		v = slices.DeleteFunc(slices.Clone(v), blank)
		if n = min(n, len(v)); n > 1 {
			return v[:n]
		} else if n == 1 {
			return v[0]
		}
		return nil
	case []string:
		if n = min(n, len(v)); n > 0 {
			return v[:n]
		}
		return nil
	case string:
		urls := SplitURLs(v)
		if n = min(n, len(urls)); n > 0 && !blank(v) {
			return strings.Join(urls[:n], ",")
		}
		return nil
	}
	if n < 1 {
		return nil
	}
	return value
}

// unknown reports a parameter that the model does not have. The corrected params give its
// value to the parameter that must be meant, unless that has one.
func (c *check) unknown(name string, value any, given map[string]any) {
	names := c.closest(name, given)
	c.fault(Fault{Kind: Unknown, Param: plaintext.Cut(name, maxShown), Value: shown(value), Closest: names, Fixed: true})
	if len(names) == 0 {
		return
	}
	if everywhere[names[0]] && c.schema.Find(names[0]) == nil && blank(given[names[0]]) {
		c.Params[names[0]] = value
		return
	}
	p := c.schema.Find(names[0])
	if p == nil || !blank(given[p.ID]) || !blank(c.Params[p.ID]) || c.faulted(p.ID) {
		return
	}
	if p.kind() == mixed || blank(given[p.ID+urlSuffix]) {
		c.take(p.ID, value)
	}
}

// closest returns the names that an unknown one may stand for. Those that the run already
// uses come last.
func (c *check) closest(name string, given map[string]any) []string {
	var candidates []candidate
	for i := range c.schema.Params {
		p := &c.schema.Params[i]
		candidates = append(candidates, candidate{p.ID, []string{p.ID, p.Label}})
	}
	for _, common := range slices.Sorted(maps.Keys(everywhere)) {
		candidates = append(candidates, candidate{common, []string{common}})
	}
	names := nearest(name, candidates, 3)
	slices.SortStableFunc(names, func(a, b string) int {
		_, usedA := given[a]
		_, usedB := given[b]
		return boolInt(usedA) - boolInt(usedB)
	})
	return names
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareWithExample stands in for a schema that is empty. An example does not list
// everything that a model takes: only a name that is almost one of the example's is a fault.
func (c *check) compareWithExample(given map[string]any) {
	maps.Copy(c.Params, given)
	if len(c.schema.Example) == 0 {
		return
	}
	example := slices.Sorted(maps.Keys(c.schema.Example))
	var others []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if everywhere[name] || slices.Contains(example, name) || slices.Contains(example, strings.TrimSuffix(name, urlSuffix)) {
			continue
		}
		var candidates []candidate
		for _, id := range example {
			if _, used := given[id]; !used {
				candidates = append(candidates, candidate{id, []string{id}})
			}
		}
		names := nearest(name, candidates, 1)
		if len(names) == 0 {
			others = append(others, plaintext.Cut(name, maxShown))
			continue
		}
		c.fault(Fault{Kind: Unknown, Param: plaintext.Cut(name, maxShown), Value: shown(given[name]), Closest: names, Fixed: true})
		delete(c.Params, name)
		if _, taken := c.Params[names[0]]; !taken {
			c.Params[names[0]] = given[name]
		}
	}
	if len(others) > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("The model lists no parameters. Its example has %s; %s could not be checked.",
			strings.Join(example, ", "), strings.Join(others, ", ")))
	}
}
