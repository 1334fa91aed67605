package tools

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/params"
	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// quoteModel is what a quote needs to know of a model. Of a model from a list the schema is
// empty.
func quoteModel(m wiro.Model, schema params.Schema) *quote.Model {
	rows, ok := quote.ParseRows(m.PriceJSON["dynamicprice"])
	return &quote.Model{
		Rows: rows, Broken: !ok,
		CPS: amountText(m.PriceJSON["cps"]), ApproximateCost: amountText(m.PriceJSON["approximatelycost"]),
		RunTime: m.ComputingTime, Schema: schema,
	}
}

// amountText is an amount as Wiro wrote it, "" where it wrote none.
func amountText(data json.RawMessage) string {
	var text string
	if json.Unmarshal(data, &text) == nil { // null too
		return strings.TrimSpace(text)
	}
	return string(data)
}

// PriceRow is what a run costs with these inputs.
type PriceRow struct {
	Inputs map[string]any `json:"inputs,omitempty"`
	USD    *float64       `json:"usd,omitempty"` // left out where it is not known
	Per    string         `json:"per"`           // "run", "second of video", …
	Extra  string         `json:"extra,omitempty"`

	when, price string
}

// priceRows are the prices that depend on the inputs: one alone is told by the model's pricing.
func priceRows(m *quote.Model) []PriceRow {
	if len(m.Rows) == 1 && m.Rows[0].When() == "" {
		return nil
	}
	rows := make([]PriceRow, 0, len(m.Rows))
	for i := range m.Rows {
		r := &m.Rows[i]
		row := PriceRow{Inputs: r.Inputs, Per: r.Per(), when: r.When(), price: r.String()}
		usd, known := r.USD()
		if known {
			row.USD = &usd
		}
		// What the unit and the amount do not say: a second price, or why there is none.
		if !known || r.PriceExtra != "" || r.PriceInput != "" {
			row.Extra = row.price
		}
		rows = append(rows, row)
	}
	return rows
}

func (r PriceRow) line() string {
	if r.when == "" {
		return r.price
	}
	return r.when + ": " + r.price
}

// typicalRun stands for a run of a model of which only the prices are known, so that lists can
// be sorted and filtered by price.
var typicalRun = quote.Input{
	Params: map[string]any{
		"duration": json.Number("5"), "width": json.Number("1024"), "height": json.Number("1024"),
		"max_tokens": json.Number("1000"), "prompt": strings.Repeat("x", 300),
	},
	AudioSeconds: 60, Turns: 1,
}

// maxPrice is above all prices: what costs more has no price that is known.
const maxPrice = 1e9

const typicalRunText = "5 s of video, 1 MP, 1 minute of audio, 1,000 tokens or one turn"

// typicalPrice is what a run of a model costs at least, as far as its prices say; infinite where
// they do not.
func typicalPrice(m *quote.Model) float64 {
	for _, q := range []quote.Quote{m.Defaults(), m.Quote(typicalRun)} {
		for _, usd := range []*float64{q.MinUSD, q.USD} {
			if usd != nil {
				return *usd
			}
		}
	}
	return math.Inf(1)
}
