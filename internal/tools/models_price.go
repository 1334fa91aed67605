package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// units say what a billing method charges for, by its code.
//
// Wiro docs: Pricing (Billing Methods).
var units = map[wiro.Text]string{
	"cpr":                   "run",
	"cps":                   "second of processing",
	"cpo":                   "output",
	"cpt":                   "token",
	"cp-pixel":              "megapixel of output",
	"cp-audiosecondslength": "second of input audio",
	"cp-promptlength":       "character of the prompt",
	"cp-outputVideoLength":  "second of output video",
	"cp-realtimeturn":       "turn of conversation",
	"cp-readoutput":         "what the model reports",
}

func unit(method wiro.Text) string {
	if name, known := units[method]; known {
		return name
	}
	if method == "" {
		return "run"
	}
	return string(method)
}

func perRun(method wiro.Text) bool { return method == "cpr" || method == "" }

const noPrice = "price not listed"

// pricing says in a few words what a model costs.
func pricing(m wiro.Model) string {
	if len(m.DynamicPrice) == 0 {
		switch {
		case m.CostPerSecond > 0 && m.ApproximateCost > 0:
			return fmt.Sprintf("about $%s a run ($%s per second of processing)", mcptool.Money(float64(m.ApproximateCost)), mcptool.Money(float64(m.CostPerSecond)))
		case m.CostPerSecond > 0:
			return fmt.Sprintf("$%s per second of processing", mcptool.Money(float64(m.CostPerSecond)))
		case m.ApproximateCost > 0:
			return fmt.Sprintf("about $%s a run", mcptool.Money(float64(m.ApproximateCost)))
		}
		return noPrice
	}
	low, high := m.DynamicPrice[0], m.DynamicPrice[0]
	for _, p := range m.DynamicPrice {
		if p.Price < low.Price {
			low = p
		}
		if p.Price > high.Price {
			high = p
		}
	}
	if low.Method == "cp-readoutput" && low.Price == 0 {
		return "what the model reports"
	}
	if low.Price == high.Price {
		return fmt.Sprintf("$%s per %s", mcptool.Money(float64(low.Price)), unit(low.Method))
	}
	return fmt.Sprintf("$%s to $%s per %s", mcptool.Money(float64(low.Price)), mcptool.Money(float64(high.Price)), unit(low.Method))
}

func priceRows(m wiro.Model) []PriceRow {
	rows := make([]PriceRow, 0, len(m.DynamicPrice))
	for _, p := range m.DynamicPrice {
		row := PriceRow{Inputs: p.Inputs, USD: float64(p.Price), Per: unit(p.Method)}
		var extra []string
		if p.PriceExtra != nil {
			extra = append(extra, fmt.Sprintf("+$%s per further megapixel", mcptool.Money(float64(*p.PriceExtra))))
		}
		if p.PriceInput != nil {
			extra = append(extra, fmt.Sprintf("+$%s per input image and megapixel", mcptool.Money(float64(*p.PriceInput))))
		}
		row.Extra = strings.Join(extra, ", ")
		rows = append(rows, row)
	}
	if len(rows) == 0 && m.CostPerSecond > 0 {
		rows = append(rows, PriceRow{USD: float64(m.CostPerSecond), Per: unit("cps"), Extra: approximately(m)})
	}
	return rows
}

func approximately(m wiro.Model) string {
	if m.ApproximateCost == 0 {
		return ""
	}
	return fmt.Sprintf("about $%s for an average run", mcptool.Money(float64(m.ApproximateCost)))
}

// priceTable shows the rows; with inputs as a table of theirs.
func priceTable(rows []PriceRow) string {
	if len(rows) == 0 {
		return "Price: not listed; get_task_price tells what a run did cost. Failed and canceled runs are free.\n"
	}
	var names []string
	for _, row := range rows {
		for name := range row.Inputs {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("Prices (only runs that succeed are billed):\n")
	if len(names) == 0 {
		for _, row := range rows {
			b.WriteString("- " + row.price() + "\n")
		}
		return b.String()
	}
	fmt.Fprintf(&b, "| %s | price |\n|%s\n", strings.Join(names, " | "), strings.Repeat("---|", len(names)+1))
	for _, row := range rows {
		for _, name := range names {
			value, given := row.Inputs[name]
			if !given {
				value = "any"
			}
			fmt.Fprintf(&b, "| %v ", value)
		}
		fmt.Fprintf(&b, "| %s |\n", row.price())
	}
	return b.String()
}

func (r PriceRow) price() string {
	text := fmt.Sprintf("$%s per %s", mcptool.Money(r.USD), r.Per)
	if r.USD == 0 && r.Per == units["cp-readoutput"] {
		text = "what the model reports"
	}
	if r.Extra != "" {
		text += ", " + r.Extra
	}
	return text
}
