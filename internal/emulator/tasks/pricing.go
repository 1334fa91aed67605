package tasks

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// A tier is one entry of dynamicprice: a price, and the inputs it holds for.
//
// Wiro docs: Pricing, Dynamic Pricing.
type tier struct {
	Inputs     map[string]string `json:"inputs"`
	Price      float64           `json:"price"` // USD
	Method     string            `json:"priceMethod"`
	PriceExtra float64           `json:"priceExtra,omitempty"` // each further megapixel
	PriceInput float64           `json:"priceInput,omitempty"` // each input image, by megapixel
}

// usage is what a run used, as far as any billing method asks.
type usage struct {
	values  map[string]string // inputs, defaults included
	files   map[string]int    // how many files each file input got
	elapsed time.Duration

	outputs      int     // files made
	pixels       int     // of one output
	inputImages  int     // files given
	tokens       int     // input and output
	promptLength int     // characters
	audioSeconds float64 // of input audio
	videoSeconds float64 // of output video
	turns        int     // of a realtime session
	reported     float64 // USD, by the model itself
}

// megapixel is one pricing tier of cp-pixel.
const megapixel = 1 << 20

// cost is what a successful run costs, in USD.
//
// Wiro docs: Pricing, Billing Methods and Fallback Pricing.
func (m *model) cost(u usage) float64 {
	t := m.tier(u)
	if t == nil {
		return u.elapsed.Seconds() * m.CPS
	}
	switch t.Method {
	case "cps":
		return t.Price * u.elapsed.Seconds()
	case "cpo":
		return t.Price * float64(max(u.outputs, 1))
	case "cpt":
		return t.Price * float64(u.tokens)
	case "cp-pixel":
		tiers := math.Max(1, math.Ceil(float64(u.pixels)/megapixel))
		return t.Price + (tiers-1)*t.PriceExtra + float64(u.inputImages)*tiers*t.PriceInput
	case "cp-audiosecondslength":
		return t.Price * u.audioSeconds
	case "cp-promptlength":
		return t.Price * float64(u.promptLength)
	case "cp-outputVideoLength":
		return t.Price * u.videoSeconds
	case "cp-realtimeturn":
		return t.Price * float64(u.turns)
	case "cp-readoutput":
		return u.reported
	default: // cpr
		return t.Price
	}
}

// tier is the price that matches the inputs best: the one that names most of them. Nil
// where none does, and the fallback by the second applies.
func (m *model) tier(u usage) *tier {
	var best *tier
	for i := range m.Price {
		t := &m.Price[i]
		if t.matches(u) && (best == nil || len(t.Inputs) > len(best.Inputs)) {
			best = t
		}
	}
	return best
}

func (t *tier) matches(u usage) bool {
	for name, want := range t.Inputs {
		if quantity, found := strings.CutPrefix(want, "QUANTITY:"); found {
			if strconv.Itoa(u.files[name]) != quantity {
				return false
			}
			continue
		}
		if !strings.EqualFold(u.values[name], want) {
			return false
		}
	}
	return true
}

// approximately is the price before a run of a model that is billed by the second.
func (m *model) approximately() float64 { return m.Seconds * m.CPS }

// usd writes an amount as the API does: "0.003510000000", or "0" where nothing was charged.
func usd(amount float64) string {
	if amount == 0 {
		return "0"
	}
	return strconv.FormatFloat(amount, 'f', 12, 64)
}
