package quote

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wiroai/wiro-mcp-go/internal/money"
)

// The names under which models take what their price depends on.
var (
	durationNames = []string{"duration", "seconds", "videoDuration", "video_duration", "videoLength", "video_length", "length", "durationSeconds", "duration_seconds"}
	outputNames   = []string{"samples", "numImages", "num_images", "numOutputs", "num_outputs", "numberOfImages", "number_of_images", "maxImages", "max_images", "batchSize", "batch_size", "n"}
	promptNames   = []string{"prompt", "text", "input", "script"}
	tokenNames    = []string{"max_tokens", "maxTokens", "max_output_tokens", "maxOutputTokens", "max_completion_tokens", "max_new_tokens", "maxNewTokens"}
	sizeNames     = []string{"size", "imageSize", "image_size", "resolution", "outputResolution", "output_resolution"}
)

// price is what a row comes to for a run.
//
// Wiro docs: Pricing, Billing Methods.
func (m *Model) price(r *Row, v values, in Input) Quote {
	usd, ok := amount(r.Price)
	if !ok && (r.method() != "cp-readoutput" || r.Price != "") {
		return unknown("a price that cannot be read")
	}
	switch r.method() {
	case "cpr":
		return fixed(usd, Exact, r.priced("$"+perUnit(usd, "run")))
	case "cps":
		if s, ok := m.seconds(usd); ok {
			return m.estimate(s*usd, r.priced(fmt.Sprintf("usually %s of processing x $%s", secondsText(s), money.USD(usd))))
		}
	case "cpo":
		return r.perOutput(usd, v)
	case "cpt":
		return r.perToken(usd, v)
	case "cp-pixel":
		return r.perPixel(usd, v)
	case "cp-audiosecondslength":
		if in.AudioSeconds > 0 {
			return fixed(in.AudioSeconds*usd, About, r.priced(fmt.Sprintf("%s of audio x $%s", secondsText(in.AudioSeconds), money.USD(usd))))
		}
	case "cp-promptlength":
		return r.perCharacter(usd, v)
	case "cp-outputVideoLength":
		if s, ok := v.number(v.find(durationNames)); ok && s > 0 {
			return fixed(s*usd, About, r.priced(fmt.Sprintf("%s x $%s", secondsText(s), money.USD(usd))))
		}
	case "cp-realtimeturn":
		if in.Turns > 0 {
			return fixed(float64(in.Turns)*usd, About, r.priced(fmt.Sprintf("%s x $%s", countOf(in.Turns, "turn"), money.USD(usd))))
		}
	case "cp-readoutput":
		return unknown(reported)
	default:
		return unknown(fmt.Sprintf("$%s by a billing method that is not known, %s", money.USD(usd), r.Method))
	}
	return unknown(r.priced("$" + perUnit(usd, r.Per())))
}

// priced adds to a basis for which inputs the row holds.
func (r *Row) priced(basis string) string {
	if when := r.When(); when != "" {
		return basis + " at " + when
	}
	return basis
}

// perOutput counts what the run is asked to make; what it makes is known afterwards.
func (r *Row) perOutput(usd float64, v values) Quote {
	n, named := 1.0, v.find(outputNames)
	if named != "" {
		count, ok := v.number(named)
		if !ok || count < 1 {
			return atLeast(usd, r.priced("$"+perUnit(usd, "output")))
		}
		n = math.Ceil(count)
	}
	q := fixed(n*usd, About, r.priced(fmt.Sprintf("%s x $%s", countOf(int(min(n, 1e9)), "output"), money.USD(usd))))
	q.open = named == ""
	return q
}

// perToken gives a range where the length of the answer is limited. A token is one byte or
// more; in prose it is about four.
func (r *Row) perToken(usd float64, v values) Quote {
	limit, ok := v.number(v.find(tokenNames))
	prompt, known := v.text(v.find(promptNames))
	if !ok || limit < 1 || !known {
		return unknown(r.priced("$" + perUnit(usd, "token")))
	}
	least, most := math.Ceil(float64(len(prompt))/4), float64(len(prompt))+limit
	q := between(least*usd, most*usd, most*usd, r.priced(fmt.Sprintf("up to %s tokens at $%s", whole(most), perUnit(usd, "token"))))
	if q.MinUSD != nil {
		q.USD = nil // the length of the answer is not known
	}
	q.open = true // instructions, documents and the conversation so far count too
	return q
}

func (r *Row) perCharacter(usd float64, v values) Quote {
	name := v.find(promptNames)
	prompt, known := v.text(name)
	if _, given := v.given[name]; !known || !given || prompt == "" {
		return unknown(r.priced("$" + perUnit(usd, r.Per())))
	}
	runes := utf8.RuneCountInString(prompt)
	basis := r.priced(fmt.Sprintf("%s x $%s", countOf(runes, "character"), money.USD(usd)))
	switch {
	case runes != len(prompt): // how other scripts count is not documented
		return between(float64(runes)*usd, float64(runes)*usd, float64(len(prompt))*usd, basis+", if each letter counts once")
	case name != "prompt":
		return fixed(float64(runes)*usd, About, basis)
	}
	return fixed(float64(runes)*usd, Exact, basis)
}

// tier is one pricing tier of cp-pixel.
const tier = 1 << 20

// perPixel prices the output's megapixels, and the input images. The documentation leaves
// open whether a part of a megapixel counts as a whole one, what further ones cost without
// priceExtra, and whether an input image counts by its own size or the output's: such quotes
// are ranges over the readings.
func (r *Row) perPixel(usd float64, v values) Quote {
	extra, hasExtra := amount(r.PriceExtra)
	perInput, hasInput := amount(r.PriceInput)
	if r.PriceExtra != "" && !hasExtra || r.PriceInput != "" && !hasInput {
		return unknown("a price that cannot be read")
	}
	images := 0
	if perInput > 0 {
		images = v.images()
	}
	pixels, nominal, ok := v.pixels()
	if !ok {
		return atLeast(usd+float64(images)*perInput, r.priced(r.pixelText(usd)+"; the size is not known"))
	}
	tiers := math.Max(1, math.Ceil(pixels/tier))
	low, high := math.Max(1, math.Floor(pixels/tier)), tiers
	further := func(n float64) float64 { return (n - 1) * extra }
	least, likely, most := usd+further(low), usd+further(tiers), usd+further(high)
	basis := fmt.Sprintf("%s MP counted as %s x $%s", megapixels(pixels), whole(tiers), money.USD(usd))
	switch {
	case tiers > 1 && hasExtra:
		basis = fmt.Sprintf("%s MP counted as %s: $%s + %s x $%s", megapixels(pixels), whole(tiers), money.USD(usd), whole(tiers-1), money.USD(extra))
	case tiers > 1:
		least, likely, most = usd, usd*tiers, usd*tiers
	}
	if images > 0 {
		n := float64(images)
		least, likely, most = least+n*perInput, likely+n*tiers*perInput, most+n*tiers*perInput
		basis += fmt.Sprintf(" + %s x %s x $%s", countOf(images, "input image"), whole(tiers), money.USD(perInput))
	}
	if pixels == tiers*tier && (tiers == 1 || hasExtra) && images == 0 && !nominal {
		return fixed(likely, Exact, r.priced(basis))
	}
	q := between(least, likely, most, r.priced(basis))
	q.open = images > 0 || nominal
	return q
}

// images counts the input images of a run: all files that are not of another kind by name.
func (v values) images() int {
	n := 0
	for i := range v.schema.Params {
		p := &v.schema.Params[i]
		if noun := fileNoun(p.ID); p.IsFile() && (noun == "image" || noun == "file") {
			files, known := v.files(p.ID)
			if !known { // required: one at least
				files = 1
			}
			n += files
		}
	}
	if len(v.schema.Params) > 0 {
		return n
	}
	for name, value := range v.given { // a model that lists no parameters
		if fileNoun(name) == "image" && value != nil && value != "" {
			if list, ok := value.([]any); ok {
				n += len(list)
			} else {
				n++
			}
		}
	}
	return n
}

// pixels is the size of one output: from width and height, or from a size such as
// "1024x1024". It is nominal where a word such as "2K" or "1 MP" stands for it.
func (v values) pixels() (pixels float64, nominal, ok bool) {
	width, okW := v.number(v.find([]string{"width", "outputWidth", "output_width"}))
	height, okH := v.number(v.find([]string{"height", "outputHeight", "output_height"}))
	if okW && okH && width > 0 && height > 0 {
		return width * height, false, true
	}
	for _, name := range append(sizeNames, "megapixels", "megapixel") {
		value, known := v.text(name)
		if !known || value == "" {
			continue
		}
		value = strings.ToLower(strings.NewReplacer("×", "x", "*", "x", " ", "").Replace(value))
		if w, h, found := strings.Cut(value, "x"); found {
			width, errW := strconv.ParseUint(w, 10, 16)
			height, errH := strconv.ParseUint(h, 10, 16)
			if errW == nil && errH == nil && width > 0 && height > 0 {
				return float64(width * height), false, true
			}
		}
		if n, found := strings.CutSuffix(value, "mp"); found || strings.HasPrefix(name, "megapixel") {
			if mp, ok := amount(n); ok && mp > 0 {
				return mp * tier, true, true
			}
		}
		if pixels, known := nominalSizes[value]; known {
			return pixels, true, true
		}
	}
	return 0, false, false
}

// nominalSizes are about what these words stand for; the exact size depends on the shape.
var nominalSizes = map[string]float64{
	"512": 512 * 512, "0.5k": 512 * 512, "1k": tier, "2k": 4 * tier, "4k": 16 * tier,
	"480p": 854 * 480, "720p": 1280 * 720, "1080p": 1920 * 1080, "1440p": 2560 * 1440, "2160p": 3840 * 2160,
}

func megapixels(pixels float64) string {
	return strconv.FormatFloat(math.Round(pixels/tier*100)/100, 'f', -1, 64)
}

func whole(n float64) string { return strconv.FormatFloat(math.Ceil(n), 'f', 0, 64) }

func secondsText(s float64) string {
	return strconv.FormatFloat(math.Round(s*100)/100, 'f', -1, 64) + " s"
}
