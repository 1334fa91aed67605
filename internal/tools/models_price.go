package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// units say what a billing method charges for, by its code.
//
// Wiro docs: Pricing (Billing Methods).
var units = map[string]string{
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

func unit(method string) string {
	if name, known := units[method]; known {
		return name
	}
	if method == "" {
		return "run"
	}
	return method
}

func perRun(method string) bool { return method == "cpr" || method == "" }

const noPrice = "price not listed"

// pricing says in a few words what a model costs.
func pricing(m wiro.Model) string {
	if len(m.DynamicPrice) == 0 {
		switch second, run := valueOf(m.CostPerSecond), valueOf(m.ApproximateCost); {
		case second > 0 && run > 0:
			return fmt.Sprintf("about $%s a run ($%s per second of processing)", mcptool.Money(run), mcptool.Money(second))
		case second > 0:
			return fmt.Sprintf("$%s per second of processing", mcptool.Money(second))
		case run > 0:
			return fmt.Sprintf("about $%s a run", mcptool.Money(run))
		}
		return noPrice
	}
	low, high := m.DynamicPrice[0], m.DynamicPrice[0]
	for _, p := range m.DynamicPrice {
		if valueOf(p.Price) < valueOf(low.Price) {
			low = p
		}
		if valueOf(p.Price) > valueOf(high.Price) {
			high = p
		}
	}
	least, most := valueOf(low.Price), valueOf(high.Price)
	switch {
	case low.Method == "cp-readoutput" && least == 0:
		return "what the model reports"
	case least < 0:
		return noPrice
	case least == most:
		return fmt.Sprintf("$%s per %s", mcptool.Money(least), unit(low.Method))
	}
	return fmt.Sprintf("$%s to $%s per %s", mcptool.Money(least), mcptool.Money(most), unit(low.Method))
}

func priceRows(m wiro.Model) []PriceRow {
	rows := make([]PriceRow, 0, len(m.DynamicPrice))
	for _, p := range m.DynamicPrice {
		row := PriceRow{Inputs: p.Inputs, USD: p.Price, Per: unit(p.Method)}
		var extra []string
		if p.PriceExtra != nil {
			extra = append(extra, fmt.Sprintf("+$%s per further megapixel", mcptool.Money(*p.PriceExtra)))
		}
		if p.PriceInput != nil {
			extra = append(extra, fmt.Sprintf("+$%s per input image and megapixel", mcptool.Money(*p.PriceInput)))
		}
		row.Extra = strings.Join(extra, ", ")
		rows = append(rows, row)
	}
	if len(rows) == 0 && valueOf(m.CostPerSecond) > 0 {
		rows = append(rows, PriceRow{USD: m.CostPerSecond, Per: unit("cps"), Extra: approximately(m)})
	}
	return rows
}

func approximately(m wiro.Model) string {
	if valueOf(m.ApproximateCost) <= 0 {
		return ""
	}
	return fmt.Sprintf("about $%s for an average run", mcptool.Money(*m.ApproximateCost))
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
	text := fmt.Sprintf("%s per %s", mcptool.USD(r.USD), r.Per)
	if valueOf(r.USD) == 0 && r.Per == units["cp-readoutput"] {
		text = "what the model reports"
	}
	if r.Extra != "" {
		text += ", " + r.Extra
	}
	return text
}
