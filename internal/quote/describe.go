package quote

import (
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/money"
)

// NoPrice is what Describe says of a model without a price.
const NoPrice = "price not listed"

// Describe says what a model costs, for a list: one price or range for each unit, "$0.05 per
// run or $0.40 per second of video".
func (m *Model) Describe() string {
	if m.Broken {
		return "price list cannot be read"
	}
	if len(m.Rows) == 0 {
		return m.describeFallback()
	}
	var parts []string
	for _, group := range m.byUnit() {
		parts = append(parts, group.text())
	}
	return strings.Join(parts, " or ")
}

func (m *Model) describeFallback() string {
	cps, _ := amount(m.CPS)
	q := m.byProcessingTime("")
	switch {
	case cps > 0 && q.USD != nil:
		return fmt.Sprintf("about $%s per run ($%s per second of processing)", money.USD(*q.USD), money.USD(cps))
	case cps > 0:
		return fmt.Sprintf("$%s per second of processing", money.USD(cps))
	case q.USD != nil:
		return fmt.Sprintf("about $%s per run", money.USD(*q.USD))
	}
	return NoPrice
}

// unitPrices are the rows of one unit.
type unitPrices struct {
	unit      string
	row       *Row // the first
	one       bool // all have the same words
	low, high float64
}

func (m *Model) byUnit() []*unitPrices {
	var groups []*unitPrices
rows:
	for i := range m.Rows {
		r := &m.Rows[i]
		usd, readable := amount(r.Price)
		unit := r.Per()
		if r.Unreadable || !readable || unit == "" {
			unit = r.String()
		}
		for _, g := range groups {
			if g.unit == unit {
				g.low, g.high = min(g.low, usd), max(g.high, usd)
				g.one = g.one && g.row.String() == r.String()
				continue rows
			}
		}
		groups = append(groups, &unitPrices{unit, r, true, usd, usd})
	}
	return groups
}

func (g *unitPrices) text() string {
	if g.one {
		return g.row.String()
	}
	if g.low == g.high { // pixel rows that differ in what further megapixels cost
		return fmt.Sprintf("from $%s", perUnit(g.low, g.unit))
	}
	factor, _ := scale(g.low, g.unit)
	if other, _ := scale(g.high, g.unit); other != factor {
		return fmt.Sprintf("$%s to $%s per %s", money.USD(g.low), money.USD(g.high), g.unit)
	}
	return fmt.Sprintf("$%s to $%s", scaled(g.low, factor), perUnit(g.high, g.unit))
}

// Defaults is the quote of a run with the model's defaults.
func (m *Model) Defaults() Quote { return m.Quote(Input{}) }
