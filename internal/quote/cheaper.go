package quote

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/params"
)

// Alternative is a run that costs less: the parameters to change, and what it costs then.
type Alternative struct {
	Changes map[string]any // values by parameter
	Quote   Quote
}

// String is what to change, and the quote: "resolution 480p: $0.06 ($0.06 per run at
// resolution 480p)".
func (a Alternative) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(a.Changes)) {
		parts = append(parts, name+" "+valueText(a.Changes[name]))
	}
	return strings.Join(parts, ", ") + ": " + a.Quote.String()
}

func (a Alternative) most() float64 {
	_, high, _ := a.Quote.bounds()
	return high
}

// Cheaper returns at most three runs that fit into a cap, by other values of the parameters
// that the price rows name and of those that the price is multiplied by (the length of a
// video, the number of outputs). Those with the fewest changes come first, and of these the
// one that costs most: it is closest to what was asked for.
func (m *Model) Cheaper(in Input, limit float64) []Alternative {
	const most, mostTried = 3, 500
	v := values{&m.Schema, in.Params}
	var found []Alternative
	seen := map[string]bool{}
	tried := 0
	for _, rowChanges := range m.rowChanges(v) {
		for _, more := range m.multiplierChanges(v) {
			changes := maps.Clone(rowChanges)
			maps.Copy(changes, more)
			if tried++; len(changes) == 0 || tried > mostTried {
				continue
			}
			changed := in
			changed.Params = maps.Clone(in.Params)
			if changed.Params == nil {
				changed.Params = map[string]any{}
			}
			maps.Copy(changed.Params, changes)
			q := m.Quote(changed)
			key := Alternative{Changes: changes}.String()
			if q.Against(limit) != Within || seen[key] {
				continue
			}
			seen[key] = true
			found = append(found, Alternative{changes, q})
		}
	}
	slices.SortStableFunc(found, func(a, b Alternative) int {
		return cmp.Or(cmp.Compare(len(a.Changes), len(b.Changes)), cmp.Compare(b.most(), a.most()))
	})
	return found[:min(most, len(found))]
}

// rowChanges are what each price row would have the run change, as far as the model takes
// it; the first is no change.
func (m *Model) rowChanges(v values) []map[string]any {
	list := []map[string]any{{}}
rows:
	for i := range m.Rows {
		changes := map[string]any{}
		for name, want := range m.Rows[i].Inputs {
			if v.matchOne(name, want) == yes {
				continue
			}
			p := m.Schema.Find(name)
			if _, isQuantity := quantity(want); isQuantity || p == nil || p.IsFile() {
				continue rows // the number of files is the caller's
			}
			value, ok := accepted(p, want)
			if !ok {
				continue rows
			}
			changes[name] = value
		}
		list = append(list, changes)
	}
	return list
}

// accepted is a value in the model's own form, if the model takes it.
func accepted(p *params.Param, value any) (any, bool) {
	result := params.Check(params.Schema{Params: []params.Param{*p}}, map[string]any{p.ID: value})
	fixed, kept := result.Params[p.ID]
	return fixed, kept && len(result.Faults) == 0
}

// multiplierChanges are smaller values of what the price is multiplied by; the first is no
// change.
func (m *Model) multiplierChanges(v values) []map[string]any {
	list := []map[string]any{{}}
	for _, names := range [][]string{durationNames, outputNames, tokenNames} {
		name := v.find(names)
		p := m.Schema.Find(name)
		if p == nil {
			continue
		}
		now, known := v.number(name)
		for _, value := range smaller(p) {
			if n, ok := (values{&m.Schema, map[string]any{name: value}}).number(name); ok && n > 0 && (!known || n < now) {
				list = append(list, map[string]any{name: value})
			}
		}
	}
	return list
}

// smaller are values to try: all options, or the halves of a range down to its least.
func smaller(p *params.Param) []any {
	var list []any
	for _, o := range p.Options {
		list = append(list, o.Value)
	}
	low, okLow := amount(p.Min)
	high, okHigh := amount(p.Max)
	if len(list) > 0 || !okHigh {
		return list
	}
	if !okLow {
		low = 1
	}
	for n := float64(int(high)); n > low && n >= 1 && len(list) < 20; {
		if high-low <= 20 {
			n--
		} else {
			n = float64(int(n / 2))
		}
		if n >= low && n >= 1 {
			list = append(list, json.Number(strconv.FormatFloat(n, 'f', -1, 64)))
		}
	}
	if low >= 1 && len(list) > 0 && list[len(list)-1] != json.Number(strconv.FormatFloat(low, 'f', -1, 64)) {
		list = append(list, json.Number(strconv.FormatFloat(low, 'f', -1, 64)))
	}
	return list
}
