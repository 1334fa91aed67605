package quote

import (
	"fmt"
	"math"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/money"
)

// Certainty says how far an amount can be relied on.
type Certainty string

// The degrees of certainty. About is an estimate, or the likely reading of a price.
const (
	Exact   Certainty = "exact"
	About   Certainty = "about"
	Unknown Certainty = "unknown"
)

// Quote is what a run will cost. Amounts that are not known are nil.
type Quote struct {
	USD       *float64  `json:"usd" nullable:"true"` // the likely amount
	MinUSD    *float64  `json:"minUsd,omitempty"`    // with MaxUSD: the range within which it lies
	MaxUSD    *float64  `json:"maxUsd,omitempty"`
	Certainty Certainty `json:"certainty"`
	Basis     string    `json:"basis"` // how it was worked out, "8 s x $0.40"

	open bool // it may cost more than MaxUSD or USD
}

// String is the amount with its basis: "$3.20 (8 s x $0.40)".
func (q Quote) String() string {
	switch {
	case q.MinUSD != nil && q.MaxUSD != nil && *q.MinUSD != *q.MaxUSD:
		return fmt.Sprintf("$%s to $%s (%s)", money.USD(*q.MinUSD), money.USD(*q.MaxUSD), q.Basis)
	case q.USD == nil:
		return "not known before the run (" + q.Basis + ")"
	case *q.USD == 0 && q.Certainty == Exact:
		return "free"
	case q.open: // an average
		return fmt.Sprintf("about $%s (%s)", money.USD(*q.USD), q.Basis)
	}
	return fmt.Sprintf("$%s (%s)", money.USD(*q.USD), q.Basis)
}

// Includes reports whether the quote expects an amount, or says of none what it will be.
func (q Quote) Includes(usd float64) bool {
	const rounding = 5e-7 // of a record with six decimals
	switch {
	case q.MinUSD == nil && q.MaxUSD == nil:
		return q.USD == nil || math.Abs(usd-*q.USD) <= rounding
	case q.MinUSD != nil && usd < *q.MinUSD-rounding:
		return false
	}
	return q.MaxUSD == nil || usd <= *q.MaxUSD+rounding
}

// Verdict is how a quote stands to a cap.
type Verdict int

// The verdicts. Unclear needs a confirmation: the run may cost more than the cap.
const (
	Within Verdict = iota
	Over
	Unclear
)

// margin is by how much an estimate without an upper limit must fit into a cap: an average
// run is shorter than many.
const margin = 2

// bounds are the least and the most that a run costs, as far as the quote says so.
func (q Quote) bounds() (low, high float64, ok bool) {
	from, to := q.USD, q.USD
	if q.MinUSD != nil {
		from = q.MinUSD
	}
	if q.MaxUSD != nil {
		to = q.MaxUSD
	}
	if from == nil || to == nil {
		return 0, 0, false
	}
	return *from, *to, true
}

// Against compares a quote with a cap in USD.
func (q Quote) Against(limit float64) Verdict {
	low, high, known := q.bounds()
	switch {
	case q.MinUSD != nil && *q.MinUSD > limit, q.USD != nil && *q.USD > limit, known && low > limit:
		return Over
	case !known, q.Certainty == Unknown, high > limit, q.open && high*margin > limit:
		return Unclear
	}
	return Within
}

// Reserve is the amount that a run in flight counts for under a cap, and whether one is
// known: the upper end of a range.
func (q Quote) Reserve() (usd float64, known bool) {
	for _, p := range []*float64{q.MaxUSD, q.USD, q.MinUSD} {
		if p != nil {
			return *p, true
		}
	}
	return 0, false
}

// The makers of quotes.

func unknown(basis string) Quote { return Quote{Certainty: Unknown, Basis: basis} }

func fixed(usd float64, certainty Certainty, basis string) Quote {
	usd = round(usd)
	if math.IsInf(usd, 0) || math.IsNaN(usd) {
		return unknown(basis)
	}
	return Quote{USD: &usd, Certainty: certainty, Basis: basis}
}

// between is a range whose likely amount is usd.
func between(low, usd, high float64, basis string) Quote {
	q := fixed(usd, About, basis)
	if low, high = round(low), round(high); q.USD != nil && low != high {
		q.MinUSD, q.MaxUSD = &low, &high
	}
	return q
}

// atLeast is an amount that is known to be the least.
func atLeast(low float64, basis string) Quote {
	q := unknown(basis)
	low = round(low)
	q.MinUSD = &low
	return q
}

// Quote returns what a run costs.
//
// Wiro docs: Pricing.
func (m *Model) Quote(in Input) Quote {
	if m.Broken {
		return unknown("the model's price list cannot be read")
	}
	if len(m.Rows) == 0 {
		return m.byProcessingTime("")
	}
	v := values{&m.Schema, in.Params}
	rows, sure := m.candidates(v)
	switch {
	case len(rows) == 0:
		return m.byProcessingTime("no price row fits these inputs; ")
	case len(rows) == 1 && sure:
		return m.price(rows[0], v, in)
	}
	return m.combine(rows, sure, v, in)
}

// combine is the quote where more than one row may hold: the range over them.
func (m *Model) combine(rows []*Row, sure bool, v values, in Input) Quote {
	var low, high Quote
	lowest, highest := math.Inf(1), math.Inf(-1)
	open, exact := false, true
	for _, r := range rows {
		q := m.price(r, v, in)
		from, to, ok := q.bounds()
		if !ok {
			return unknown(doubt(rows, sure) + q.Basis)
		}
		if from < lowest {
			lowest, low = from, q
		}
		if to > highest {
			highest, high = to, q
		}
		open, exact = open || q.open, exact && q.Certainty == Exact
	}
	if sure && exact && lowest == highest {
		return low
	}
	basis := doubt(rows, sure) + low.Basis
	if low.Basis != high.Basis {
		basis += " up to " + high.Basis
	}
	q := between(lowest, highest, highest, basis)
	if q.MinUSD != nil {
		q.USD = nil // none of them is the likely one
	}
	q.open = open
	return q
}

func doubt(rows []*Row, sure bool) string {
	if sure {
		return fmt.Sprintf("%d price rows fit equally: ", len(rows))
	}
	return "depends on inputs that are not known: "
}

// byProcessingTime is the fallback: an average run by the second.
//
// Wiro docs: Pricing, Fallback Pricing.
func (m *Model) byProcessingTime(why string) Quote {
	cps, priced := amount(m.CPS)
	average, averaged := amount(m.ApproximateCost)
	if m.CPS != "" && !priced || m.ApproximateCost != "" && !averaged {
		return unknown(why + "a price that cannot be read")
	}
	rate := fmt.Sprintf("$%s per second of processing", money.USD(cps))
	switch {
	case average > 0 && cps > 0:
		return m.estimate(average, why+"average run at "+rate)
	case average > 0:
		return m.estimate(average, why+"average run")
	case cps > 0:
		if s, ok := m.seconds(cps); ok {
			return m.estimate(s*cps, fmt.Sprintf("%susually %s of processing x $%s", why, secondsText(s), money.USD(cps)))
		}
		return unknown(why + rate)
	}
	if why != "" {
		return unknown(strings.TrimSuffix(why, "; "))
	}
	return unknown("no price is listed")
}

// estimate is an average that a run may exceed.
func (m *Model) estimate(usd float64, basis string) Quote {
	q := fixed(usd, About, basis)
	q.open = true
	return q
}
