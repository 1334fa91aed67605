package quote

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/money"
	"github.com/wiroai/wiro-mcp-go/internal/params"
)

// Row is one row of a model's prices: what a run with these inputs costs.
//
// Wiro docs: Pricing, How Dynamic Pricing Works.
type Row struct {
	Inputs     map[string]any // values by parameter, or "QUANTITY:n"; empty: any
	Method     string         // code of the billing method; "" is "cpr"
	Price      string         // USD, a decimal number as Wiro wrote it; what is no price is kept
	PriceExtra string         // cp-pixel: USD per further megapixel, "" without
	PriceInput string         // cp-pixel: USD per input image and megapixel, "" without
	Unreadable bool           // the row is not an object
}

// ParseRows reads dynamicprice: an array, an array in a string, a lone row, null or "". It
// reports whether there was a price list that could be read: without one, Model.Broken is to
// be set. Rows that cannot be read stay in the list, so that a quote knows of them.
func ParseRows(data []byte) (rows []Row, ok bool) {
	data = bytes.TrimSpace(data)
	for range 3 { // layers of strings
		if len(data) == 0 || string(data) == "null" {
			return nil, true
		}
		if data[0] != '"' {
			break
		}
		var inner string
		if json.Unmarshal(data, &inner) != nil {
			return nil, false
		}
		data = bytes.TrimSpace([]byte(inner))
	}
	if len(data) == 0 {
		return nil, true
	}
	if data[0] == '{' {
		data = slices.Concat([]byte("["), data, []byte("]"))
	}
	var items []json.RawMessage
	if json.Unmarshal(data, &items) != nil {
		return nil, false
	}
	for _, item := range items {
		rows = append(rows, parseRow(item))
	}
	return rows, true
}

func parseRow(data []byte) Row {
	var wire struct {
		Inputs     json.RawMessage `json:"inputs"`
		Price      json.RawMessage `json:"price"`
		Method     string          `json:"priceMethod"`
		PriceExtra json.RawMessage `json:"priceExtra"`
		PriceInput json.RawMessage `json:"priceInput"`
	}
	if data[0] != '{' || json.Unmarshal(data, &wire) != nil {
		return Row{Unreadable: true}
	}
	row := Row{
		Method: wire.Method, Price: literal(wire.Price),
		PriceExtra: optional(wire.PriceExtra), PriceInput: optional(wire.PriceInput),
	}
	inputs := bytes.TrimSpace(wire.Inputs)
	if len(inputs) > 0 && inputs[0] == '"' {
		var inner string
		if json.Unmarshal(inputs, &inner) == nil {
			inputs = bytes.TrimSpace([]byte(inner))
		}
	}
	switch string(inputs) {
	case "", "null", "[]": // an empty PHP array
		return row
	}
	decoder := json.NewDecoder(bytes.NewReader(inputs))
	decoder.UseNumber()
	if decoder.Decode(&row.Inputs) != nil {
		return Row{Unreadable: true}
	}
	return row
}

// literal is a number or a string as it is written, "" for null or nothing.
func literal(data json.RawMessage) string {
	var s string
	switch {
	case len(data) == 0 || string(data) == "null":
		return ""
	case data[0] == '"' && json.Unmarshal(data, &s) == nil:
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
		return blankText
	}
	return string(data)
}

// blankText is what stands for a price that is there and empty: it cannot be read.
const blankText = `""`

// optional is a literal that may be left out by writing "".
func optional(data json.RawMessage) string {
	if s := literal(data); s != blankText {
		return s
	}
	return ""
}

// amount reads a price. Anything but a decimal number from 0 up is none.
func amount(s string) (float64, bool) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "$")
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || n < 0 || math.Signbit(n) || strings.ContainsAny(s, "xX_pP") {
		return 0, false
	}
	return n, true
}

// method is the row's billing method.
func (r *Row) method() string {
	if r.Method == "" {
		return "cpr"
	}
	return r.Method
}

// units say what a billing method charges for.
//
// Wiro docs: Pricing, Billing Methods.
var units = map[string]string{
	"cpr":                   "run",
	"cps":                   "second of processing",
	"cpo":                   "output",
	"cpt":                   "token",
	"cp-pixel":              "megapixel of output",
	"cp-audiosecondslength": "second of input audio",
	"cp-promptlength":       "character of the prompt",
	"cp-outputVideoLength":  "second of video",
	"cp-realtimeturn":       "turn of conversation",
	"cp-readoutput":         "",
}

const reported = "the model reports its own cost"

// Per is what the row's price is charged for, "run" or "second of video"; "" where the model
// reports its own cost, and the code itself for a method that is not known.
func (r *Row) Per() string {
	if unit, known := units[r.method()]; known {
		return unit
	}
	return r.Method
}

// USD is the row's price per unit, and whether it can be read.
func (r *Row) USD() (float64, bool) {
	usd, ok := amount(r.Price)
	if r.Unreadable || r.method() == "cp-readoutput" && usd == 0 {
		return 0, false
	}
	return usd, ok
}

// String is the price with its unit: "$0.05 per run", "$10 per million tokens".
func (r *Row) String() string {
	usd, ok := amount(r.Price)
	switch {
	case r.Unreadable:
		return "a price that cannot be read"
	case r.method() == "cp-readoutput":
		return reported
	case !ok:
		return "a price that cannot be read, per " + r.Per()
	case r.method() == "cp-pixel":
		return r.pixelText(usd)
	case usd == 0:
		return "free"
	}
	return "$" + perUnit(usd, r.Per())
}

func (r *Row) pixelText(usd float64) string {
	text := "$" + perUnit(usd, r.Per())
	if extra, ok := amount(r.PriceExtra); ok {
		text = fmt.Sprintf("$%s for the first megapixel of output, $%s for each further one", money.USD(usd), money.USD(extra))
	}
	if input, ok := amount(r.PriceInput); ok && input > 0 {
		text += fmt.Sprintf(", $%s per input image and megapixel", money.USD(input))
	}
	return text
}

// perUnit writes an amount per unit, small ones per thousand or million: "10 per million
// tokens".
func perUnit(usd float64, unit string) string {
	factor, word := scale(usd, unit)
	if word == "" {
		return money.USD(usd) + " per " + unit
	}
	noun, rest, more := strings.Cut(unit, " ")
	if more {
		rest = " " + rest
	}
	return scaled(usd, factor) + " per " + word + " " + noun + "s" + rest
}

// scaled writes an amount for many units. Such prices are round.
func scaled(usd, factor float64) string {
	return strings.TrimSuffix(money.USD(round(usd*factor)), ".00")
}

// scale says by how much prices per unit are multiplied to be read easily.
func scale(usd float64, unit string) (float64, string) {
	switch {
	case unit == "token":
		return 1e6, "million"
	case unit == "character of the prompt" && usd < 0.001:
		return 1e3, "thousand"
	}
	return 1, ""
}

// When says for which inputs the row holds, in words: "resolution 720p, 1 document"; "" for
// any.
func (r *Row) When() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.Inputs)) {
		if n, ok := quantity(r.Inputs[name]); ok {
			parts = append(parts, countOf(n, fileNoun(name)))
			continue
		}
		parts = append(parts, name+" "+valueText(r.Inputs[name]))
	}
	return strings.Join(parts, ", ")
}

// quantity reads "QUANTITY:3".
func quantity(value any) (int, bool) {
	s, ok := value.(string)
	if !ok {
		return 0, false
	}
	name, digits, found := strings.Cut(s, ":")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "QUANTITY") {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(digits))
	return n, err == nil && n >= 0
}

// fileNoun is what a file parameter takes, by its name.
func fileNoun(name string) string {
	lower := strings.ToLower(name)
	for _, noun := range []string{"image", "video", "audio", "document"} {
		if strings.Contains(lower, noun) {
			if noun == "audio" {
				return "audio file"
			}
			return noun
		}
	}
	return "file"
}

func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func valueText(value any) string {
	if s, ok := params.Text(value); ok {
		return s
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(data)
}

// round removes what binary fractions add: Wiro's amounts have twelve decimals.
func round(usd float64) float64 {
	if usd > 1e3 {
		return math.Round(usd*1e6) / 1e6
	}
	return math.Round(usd*1e12) / 1e12
}
