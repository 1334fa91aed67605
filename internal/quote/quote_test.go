package quote

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/money"
	"github.com/wiroai/wiro-mcp-go/internal/params"
)

// rows parses a price list that can be read.
func rows(tb testing.TB, text string) []Row {
	tb.Helper()
	list, ok := ParseRows([]byte(text))
	require.True(tb, ok)
	return list
}

func options(values ...string) []params.Option {
	list := make([]params.Option, len(values))
	for i, v := range values {
		list[i] = params.Option{Value: v, Label: v}
	}
	return list
}

func selects(id string, standard any, values ...string) params.Param {
	return params.Param{ID: id, Type: "select", Default: standard, Options: options(values...)}
}

func numbers(id string, standard any, low, high string) params.Param {
	return params.Param{ID: id, Type: "range", Default: standard, Min: low, Max: high}
}

const (
	// videoRows is the documentation's table of a video model.
	videoRows = `[
		{"inputs":{"resolution":"480p","duration":"5"},"price":0.06,"priceMethod":"cpr"},
		{"inputs":{"resolution":"720p","duration":"5"},"price":0.13,"priceMethod":"cpr"},
		{"inputs":{"resolution":"1080p","duration":"5"},"price":0.29,"priceMethod":"cpr"},
		{"inputs":{"resolution":"480p","duration":"10"},"price":0.12,"priceMethod":"cpr"},
		{"inputs":{"resolution":"720p","duration":"10"},"price":0.26,"priceMethod":"cpr"},
		{"inputs":{"resolution":"1080p","duration":"10"},"price":0.58,"priceMethod":"cpr"}]`
	quantityRows = `[
		{"inputs":{"inputDocumentMultiple":"QUANTITY:1"},"price":0.02,"priceMethod":"cpr"},
		{"inputs":{"inputDocumentMultiple":"QUANTITY:3"},"price":0.05,"priceMethod":"cpr"}]`
	pixelRows = `[{"inputs":{},"price":0.03,"priceMethod":"cp-pixel","priceExtra":0.015,"priceInput":0.015}]`
)

func videoParams() []params.Param {
	return []params.Param{
		{ID: "prompt", Type: "textarea", Required: true},
		selects("resolution", "720p", "480p", "720p", "1080p"),
		selects("duration", "5", "5", "10"),
	}
}

func pixelParams() []params.Param {
	return []params.Param{
		{ID: "prompt", Type: "textarea", Required: true},
		{ID: "inputImage", Type: "combinefileinput", Max: "8"},
		numbers("width", json.Number("1024"), "256", "4096"), numbers("height", json.Number("1024"), "256", "4096"),
	}
}

// quoted is a quote in one line: amounts, certainty, basis.
func quoted(q Quote) string {
	text := func(p *float64) string {
		if p == nil {
			return "-"
		}
		return money.USD(*p)
	}
	return strings.Join([]string{text(q.USD), text(q.MinUSD), text(q.MaxUSD), string(q.Certainty), q.Basis}, " | ")
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	document := params.Param{ID: "inputDocumentMultiple", Type: "multifileinput", Max: "5"}
	for name, c := range map[string]struct {
		prices string
		model  Model
		params string
		input  Input
		want   string
	}{
		"cpr, flat":         {prices: `[{"inputs": {}, "price": 0.03, "priceMethod": "cpr"}]`, want: "0.03 | - | - | exact | $0.03 per run"},
		"cpr, no method":    {prices: `[{"inputs":{},"price":0.09}]`, want: "0.09 | - | - | exact | $0.09 per run"},
		"cpr, free":         {prices: `[{"inputs":{},"price":0,"priceMethod":"cpr"}]`, want: "0 | - | - | exact | $0 per run"},
		"cpr, by inputs":    {prices: videoRows, model: Model{Schema: params.Schema{Params: videoParams()}}, params: `{"resolution":"1080p","duration":"10"}`, want: "0.58 | - | - | exact | $0.58 per run at duration 10, resolution 1080p"},
		"cpr, defaults":     {prices: videoRows, model: Model{Schema: params.Schema{Params: videoParams()}}, want: "0.13 | - | - | exact | $0.13 per run at duration 5, resolution 720p"},
		"cpr, half default": {prices: videoRows, model: Model{Schema: params.Schema{Params: videoParams()}}, params: `{"duration":10}`, want: "0.26 | - | - | exact | $0.26 per run at duration 10, resolution 720p"},
		"cpr, in a string":  {prices: `"[{\"inputs\":{},\"price\":0.09,\"priceMethod\":\"cpr\"}]"`, want: "0.09 | - | - | exact | $0.09 per run"},
		"cpr, price text":   {prices: `[{"inputs":{},"price":"0.090","priceMethod":"cpr"}]`, want: "0.09 | - | - | exact | $0.09 per run"},
		"cpr, other case":   {prices: `[{"inputs":{"quality":"High"},"price":0.5,"priceMethod":"cpr"}]`, params: `{"quality":"high"}`, want: "0.50 | - | - | exact | $0.50 per run at quality High"},
		"cpr, boolean":      {prices: `[{"inputs":{"audio":true},"price":0.5,"priceMethod":"cpr"},{"inputs":{"audio":false},"price":0.2,"priceMethod":"cpr"}]`, params: `{"audio":"false"}`, want: "0.20 | - | - | exact | $0.20 per run at audio false"},
		"cpr, list of one":  {prices: `[{"inputs":{"style":"a"},"price":0.5,"priceMethod":"cpr"}]`, params: `{"style":["a"]}`, want: "0.50 | - | - | exact | $0.50 per run at style a"},

		"most specific row wins": {prices: `[{"inputs":{},"price":0.05},{"inputs":{"hd":"true","fast":"true"},"price":0.2},{"inputs":{"hd":"true"},"price":0.1}]`, params: `{"hd":true,"fast":true}`, want: "0.20 | - | - | exact | $0.20 per run at fast true, hd true"},
		"two rows fit equally":   {prices: `[{"inputs":{"a":"1"},"price":0.1},{"inputs":{"b":"1"},"price":0.3}]`, params: `{"a":1,"b":1}`, want: "- | 0.10 | 0.30 | about | 2 price rows fit equally: $0.10 per run at a 1 up to $0.30 per run at b 1"},
		"two rows, one price":    {prices: `[{"inputs":{"a":"1"},"price":0.1},{"inputs":{"b":"1"},"price":0.1}]`, params: `{"a":1,"b":1}`, want: "0.10 | - | - | exact | $0.10 per run at a 1"},
		"no row matches":         {prices: videoRows, model: Model{Schema: params.Schema{Params: videoParams()}}, params: `{"duration":"7"}`, want: "- | - | - | unknown | no price row fits these inputs"},
		"no row matches, cps":    {prices: videoRows, model: Model{CPS: "0.001", RunTime: "20 seconds", Schema: params.Schema{Params: videoParams()}}, params: `{"duration":"7"}`, want: "0.02 | - | - | about | no price row fits these inputs; usually 20 s of processing x $0.001"},
		"defaults missing": {prices: `[{"inputs":{"q":"low"},"price":0.1},{"inputs":{"q":"high"},"price":0.3}]`, model: Model{Schema: params.Schema{Params: []params.Param{selects("q", nil, "low", "high")}}},
			want: "- | 0.10 | 0.30 | about | depends on inputs that are not known: $0.10 per run at q low up to $0.30 per run at q high"},
		"default missing, flat too": {prices: `[{"inputs":{},"price":0.1},{"inputs":{"q":"high"},"price":0.3}]`, model: Model{Schema: params.Schema{Params: []params.Param{selects("q", "", "low", "high")}}},
			want: "- | 0.10 | 0.30 | about | depends on inputs that are not known: $0.10 per run up to $0.30 per run at q high"},
		"optional text left out": {prices: `[{"inputs":{},"price":0.1},{"inputs":{"logo":"x"},"price":0.3}]`, model: Model{Schema: params.Schema{Params: []params.Param{{ID: "logo", Type: "text"}}}}, want: "0.10 | - | - | exact | $0.10 per run"},

		"QUANTITY, one":             {prices: quantityRows, model: Model{Schema: params.Schema{Params: []params.Param{document}}}, params: `{"inputDocumentMultiple":"https://a.b/1,2.pdf"}`, want: "0.02 | - | - | exact | $0.02 per run at 1 document"},
		"QUANTITY, three":           {prices: quantityRows, model: Model{Schema: params.Schema{Params: []params.Param{document}}}, params: `{"inputDocumentMultiple":["a","b"],"inputDocumentMultipleUrl":"https://a.b/c"}`, want: "0.05 | - | - | exact | $0.05 per run at 3 documents"},
		"QUANTITY, none of them":    {prices: quantityRows, model: Model{Schema: params.Schema{Params: []params.Param{document}}}, params: `{"inputDocumentMultiple":["a","b"]}`, want: "- | - | - | unknown | no price row fits these inputs"},
		"QUANTITY without files":    {prices: quantityRows, model: Model{Schema: params.Schema{Params: []params.Param{document}}}, want: "- | - | - | unknown | no price row fits these inputs"},
		"QUANTITY, required":        {prices: quantityRows, model: Model{Schema: params.Schema{Params: []params.Param{{ID: document.ID, Type: document.Type, Required: true}}}}, want: "- | 0.02 | 0.05 | about | depends on inputs that are not known: $0.02 per run at 1 document up to $0.05 per run at 3 documents"},
		"QUANTITY and a flat price": {prices: `[{"inputs":{"inputDocumentMultiple":"QUANTITY:1"},"price":0.02},{"inputs":{},"price":0.05}]`, model: Model{Schema: params.Schema{Params: []params.Param{document}}}, params: `{"inputDocumentMultiple":["a","b"]}`, want: "0.05 | - | - | exact | $0.05 per run"},

		"cps":                   {prices: `[{"inputs":{},"price":0.0012,"priceMethod":"cps"}]`, model: Model{RunTime: "10 seconds"}, want: "0.012 | - | - | about | usually 10 s of processing x $0.0012"},
		"cps, minutes":          {prices: `[{"inputs":{},"price":0.001,"priceMethod":"cps"}]`, model: Model{RunTime: "2 minutes"}, want: "0.12 | - | - | about | usually 120 s of processing x $0.001"},
		"cps, run time unknown": {prices: `[{"inputs":{},"price":0.0012,"priceMethod":"cps"}]`, want: "- | - | - | unknown | $0.0012 per second of processing"},
		"cps, not a number":     {prices: `[{"inputs":{},"price":0.0012,"priceMethod":"cps"}]`, model: Model{RunTime: "NaN seconds"}, want: "- | - | - | unknown | $0.0012 per second of processing"},
		"cps, without end":      {prices: `[{"inputs":{},"price":0.0012,"priceMethod":"cps"}]`, model: Model{RunTime: "Infinity seconds"}, want: "- | - | - | unknown | $0.0012 per second of processing"},
		"cps, zero seconds":     {prices: `[{"inputs":{},"price":0.0012,"priceMethod":"cps"}]`, model: Model{RunTime: "0 seconds"}, want: "- | - | - | unknown | $0.0012 per second of processing"},
		"cps, from the average": {prices: `[{"inputs":{},"price":0.002,"priceMethod":"cps"}]`, model: Model{CPS: "0.001", ApproximateCost: "0.006"}, want: "0.012 | - | - | about | usually 6 s of processing x $0.002"},
		"fallback":              {prices: `null`, model: Model{CPS: "0.000585", ApproximateCost: "0.00351"}, want: "0.00351 | - | - | about | average run at $0.000585 per second of processing"},
		"fallback, seconds":     {prices: `""`, model: Model{CPS: "0.0012", RunTime: "5 seconds"}, want: "0.006 | - | - | about | usually 5 s of processing x $0.0012"},
		"fallback, average":     {prices: `[]`, model: Model{ApproximateCost: "0.5"}, want: "0.50 | - | - | about | average run"},
		"fallback, rate alone":  {prices: `[]`, model: Model{CPS: "0.0012"}, want: "- | - | - | unknown | $0.0012 per second of processing"},
		"fallback, nothing":     {prices: `[]`, want: "- | - | - | unknown | no price is listed"},
		"fallback, zeros":       {prices: `[]`, model: Model{CPS: "0", ApproximateCost: "0"}, want: "- | - | - | unknown | no price is listed"},
		"fallback, negative":    {prices: `[]`, model: Model{CPS: "-1", ApproximateCost: "0.1"}, want: "- | - | - | unknown | a price that cannot be read"},

		"cpo":              {prices: `[{"inputs":{},"price":0.04,"priceMethod":"cpo"}]`, params: `{"prompt":"x"}`, want: "0.04 | - | - | about | 1 output x $0.04"},
		"cpo, samples":     {prices: `[{"inputs":{},"price":0.04,"priceMethod":"cpo"}]`, model: Model{Schema: params.Schema{Params: []params.Param{numbers("samples", json.Number("2"), "1", "4")}}}, want: "0.08 | - | - | about | 2 outputs x $0.04"},
		"cpt":              {prices: `[{"inputs":{},"price":0.00001,"priceMethod":"cpt"}]`, params: `{"prompt":"Hello there"}`, want: "- | - | - | unknown | $10 per million tokens"},
		"cpt, limited":     {prices: `[{"inputs":{},"price":0.00001,"priceMethod":"cpt"}]`, params: `{"prompt":"Hello there!","max_tokens":1000}`, want: "- | 0.00003 | 0.01012 | about | up to 1012 tokens at $10 per million tokens"},
		"audio":            {prices: `[{"inputs":{},"price":0.0001,"priceMethod":"cp-audiosecondslength"}]`, input: Input{AudioSeconds: 90}, want: "0.009 | - | - | about | 90 s of audio x $0.0001"},
		"audio, unknown":   {prices: `[{"inputs":{},"price":0.0001,"priceMethod":"cp-audiosecondslength"}]`, params: `{"inputAudio":"https://a.b/c.mp3"}`, want: "- | - | - | unknown | $0.0001 per second of input audio"},
		"characters":       {prices: `[{"inputs":{},"price":0.00015,"priceMethod":"cp-promptlength"}]`, params: `{"prompt":"Hello there!"}`, want: "0.0018 | - | - | exact | 12 characters x $0.00015"},
		"characters, text": {prices: `[{"inputs":{},"price":0.00015,"priceMethod":"cp-promptlength"}]`, params: `{"text":"Hello there!"}`, want: "0.0018 | - | - | about | 12 characters x $0.00015"},
		"characters, more": {prices: `[{"inputs":{},"price":0.0001,"priceMethod":"cp-promptlength"}]`, params: `{"prompt":"Grüße"}`, want: "0.0005 | 0.0005 | 0.0007 | about | 5 characters x $0.0001, if each letter counts once"},
		"characters, none": {prices: `[{"inputs":{},"price":0.00015,"priceMethod":"cp-promptlength"}]`, want: "- | - | - | unknown | $0.15 per thousand characters of the prompt"},
		"video":            {prices: `[{"inputs":{},"price":0.4,"priceMethod":"cp-outputVideoLength"}]`, model: Model{Schema: params.Schema{Params: []params.Param{selects("duration", "8", "4", "8")}}}, want: "3.20 | - | - | about | 8 s x $0.40"},
		"video, unit":      {prices: `[{"inputs":{},"price":0.1,"priceMethod":"cp-outputVideoLength"}]`, params: `{"seconds":"12s"}`, want: "1.20 | - | - | about | 12 s x $0.10"},
		"video, 0 seconds": {prices: `[{"inputs":{},"price":0.1,"priceMethod":"cp-outputVideoLength"}]`, params: `{"seconds":0}`, want: "- | - | - | unknown | $0.10 per second of video"},
		"video, auto":      {prices: `[{"inputs":{},"price":0.1,"priceMethod":"cp-outputVideoLength"}]`, params: `{"duration":"auto"}`, want: "- | - | - | unknown | $0.10 per second of video"},
		"turns":            {prices: `[{"inputs":{},"price":0.02,"priceMethod":"cp-realtimeturn"}]`, want: "- | - | - | unknown | $0.02 per turn of conversation"},
		"turns, known":     {prices: `[{"inputs":{},"price":0.02,"priceMethod":"cp-realtimeturn"}]`, input: Input{Turns: 1}, want: "0.02 | - | - | about | 1 turn x $0.02"},
		"reported":         {prices: `[{"inputs":{},"price":0,"priceMethod":"cp-readoutput"}]`, want: "- | - | - | unknown | the model reports its own cost"},
		"another method":   {prices: `[{"inputs":{},"price":0.02,"priceMethod":"cp-moon"}]`, want: "- | - | - | unknown | $0.02 by a billing method that is not known, cp-moon"},

		"pixels, 1 tier":           {prices: pixelRows, model: Model{Schema: params.Schema{Params: pixelParams()}}, want: "0.03 | - | - | exact | 1 MP counted as 1 x $0.03"},
		"pixels, below a tier":     {prices: pixelRows, model: Model{Schema: params.Schema{Params: pixelParams()}}, params: `{"width":512,"height":512}`, want: "0.03 | - | - | about | 0.25 MP counted as 1 x $0.03"},
		"pixels, whole tiers":      {prices: pixelRows, model: Model{Schema: params.Schema{Params: pixelParams()}}, params: `{"width":"2048"}`, want: "0.045 | - | - | exact | 2 MP counted as 2: $0.03 + 1 x $0.015"},
		"pixels, part of a tier":   {prices: pixelRows, model: Model{Schema: params.Schema{Params: pixelParams()}}, params: `{"width":1536}`, want: "0.045 | 0.03 | 0.045 | about | 1.5 MP counted as 2: $0.03 + 1 x $0.015"},
		"pixels, 2 MP, two images": {prices: pixelRows, model: Model{Schema: params.Schema{Params: pixelParams()}}, params: `{"width":2048,"inputImage":["a","b"]}`, want: "0.105 | 0.075 | 0.105 | about | 2 MP counted as 2: $0.03 + 1 x $0.015 + 2 input images x 2 x $0.015"},
		"pixels, no priceExtra":    {prices: `[{"inputs":{},"price":0.03,"priceMethod":"cp-pixel"}]`, model: Model{Schema: params.Schema{Params: pixelParams()}}, params: `{"width":2048}`, want: "0.06 | 0.03 | 0.06 | about | 2 MP counted as 2 x $0.03"},
		"pixels, a size":           {prices: `[{"inputs":{},"price":0.03,"priceMethod":"cp-pixel"}]`, params: `{"size":"1024x1024"}`, want: "0.03 | - | - | exact | 1 MP counted as 1 x $0.03"},
		"pixels, a word":           {prices: pixelRows, params: `{"resolution":"2K"}`, want: "0.075 | - | - | about | 4 MP counted as 4: $0.03 + 3 x $0.015"},
		"pixels, unknown":          {prices: `[{"inputs":{},"price":0.01,"priceMethod":"cp-pixel","priceExtra":"0.004"}]`, params: `{"scale":4}`, want: "- | 0.01 | - | unknown | $0.01 for the first megapixel of output, $0.004 for each further one; the size is not known"},
		"pixels, bad priceExtra":   {prices: `[{"inputs":{},"price":0.03,"priceMethod":"cp-pixel","priceExtra":"lots"}]`, params: `{"size":"1024x1024"}`, want: "- | - | - | unknown | a price that cannot be read"},

		"negative":                {prices: `[{"inputs":{},"price":-0.5,"priceMethod":"cpr"}]`, want: "- | - | - | unknown | a price that cannot be read"},
		"no number":               {prices: `[{"inputs":{},"price":"ask us","priceMethod":"cpr"}]`, want: "- | - | - | unknown | a price that cannot be read"},
		"price missing":           {prices: `[{"inputs":{},"priceMethod":"cpr"}]`, want: "- | - | - | unknown | a price that cannot be read"},
		"price null":              {prices: `[{"inputs":{},"price":null,"priceMethod":"cpo"}]`, want: "- | - | - | unknown | a price that cannot be read"},
		"price blank":             {prices: `[{"inputs":{},"price":"","priceMethod":"cpr"}]`, want: "- | - | - | unknown | a price that cannot be read"},
		"infinite":                {prices: `[{"inputs":{},"price":"1e999","priceMethod":"cpr"}]`, want: "- | - | - | unknown | a price that cannot be read"},
		"NaN":                     {prices: `[{"inputs":{},"price":"NaN","priceMethod":"cpr"}]`, want: "- | - | - | unknown | a price that cannot be read"},
		"an odd row spoils it":    {prices: `[{"inputs":{},"price":0.1},7]`, want: "- | - | - | unknown | depends on inputs that are not known: a price that cannot be read"},
		"an odd row does not fit": {prices: `[{"inputs":{},"price":0.1},{"inputs":{"q":"high"},"price":-1}]`, params: `{"q":"low"}`, want: "0.10 | - | - | exact | $0.10 per run"},
		"broken":                  {model: Model{Broken: true, CPS: "0.1", ApproximateCost: "1"}, want: "- | - | - | unknown | the model's price list cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := c.model
			if c.prices != "" {
				m.Rows = rows(t, c.prices)
			}
			in := c.input
			if c.params != "" {
				var err error
				in.Params, err = params.Parse(c.params)
				require.NoError(t, err)
			}
			require.Equal(t, c.want, quoted(m.Quote(in)))
		})
	}
}

func TestPriceListsAreReadInEveryForm(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, `null`, `""`, `"null"`, `[]`, `"[]"`, ` "" `} {
		list, ok := ParseRows([]byte(text))
		require.True(t, ok, text)
		require.Empty(t, list, text)
	}
	for _, text := range []string{`[{"inputs":{},"price":0.0`, `"[{"`, `"soon"`, `true`, `12`, `"\u00"`} {
		_, ok := ParseRows([]byte(text))
		require.False(t, ok, text)
	}
	want := []Row{{Inputs: map[string]any{"q": json.Number("2")}, Method: "cpo", Price: "0.10"}}
	for _, text := range []string{
		`[{"inputs":{"q":2},"price":"0.10","priceMethod":"cpo"}]`,
		`{"inputs":{"q":2},"price":0.10,"priceMethod":"cpo","priceExtra":null,"priceInput":""}`,
		`[{"inputs":"{\"q\":2}","price":0.10,"priceMethod":"cpo"}]`,
		`"[{\"inputs\":{\"q\":2},\"price\":0.10,\"priceMethod\":\"cpo\"}]"`,
	} {
		require.Equal(t, want, rows(t, text))
	}
}

func TestListingsGiveEachUnitItsOwnPrice(t *testing.T) {
	t.Parallel()
	for prices, want := range map[string]string{
		videoRows: "$0.06 to $0.58 per run",
		`[{"price":0.05},{"inputs":{"a":1},"price":0.4,"priceMethod":"cp-outputVideoLength"}]`:               "$0.05 per run or $0.40 per second of video",
		`[{"price":0.05},{"inputs":{"a":1},"price":0.4,"priceMethod":"cps"},{"inputs":{"b":1},"price":0.5}]`: "$0.05 to $0.50 per run or $0.40 per second of processing",
		`[{"price":0.00001,"priceMethod":"cpt"}]`:                                                            "$10 per million tokens",
		`[{"price":0.00001,"priceMethod":"cpt"},{"inputs":{"a":1},"price":0.00003,"priceMethod":"cpt"}]`:     "$10 to $30 per million tokens",
		`[{"price":0.00015,"priceMethod":"cp-promptlength"}]`:                                                "$0.15 per thousand characters of the prompt",
		`[{"price":0,"priceMethod":"cp-readoutput"}]`:                                                        "the model reports its own cost",
		`[{"price":0}]`: "free",
		pixelRows:       "$0.03 for the first megapixel of output, $0.015 for each further one, $0.015 per input image and megapixel",
		`[{"price":"?"},{"inputs":{"a":1},"price":0.1}]`: "a price that cannot be read, per run or $0.10 per run",
		`[]`: NoPrice,
	} {
		m := Model{Rows: rows(t, prices)}
		require.Equal(t, want, m.Describe(), prices)
	}
	require.Equal(t, "about $0.006 per run ($0.0012 per second of processing)", (&Model{CPS: "0.0012", RunTime: "5 seconds"}).Describe())
	require.Equal(t, "$0.0012 per second of processing", (&Model{CPS: "0.0012"}).Describe())
	require.Equal(t, "about $0.50 per run", (&Model{ApproximateCost: "0.5"}).Describe())
	require.Equal(t, "price list cannot be read", (&Model{Broken: true}).Describe())
}

func TestRowsSayForWhatTheyHold(t *testing.T) {
	t.Parallel()
	list := rows(t, `[{"inputs":{"inputDocumentMultiple":"QUANTITY:1"},"price":1},{"inputs":{"inputImages":"QUANTITY:3","resolution":"720p"},"price":1},{"inputs":{"things":"QUANTITY:2"},"price":1},{"price":1}]`)
	for i, want := range []string{"1 document", "3 images, resolution 720p", "2 files", ""} {
		require.Equal(t, want, list[i].When())
	}
}

func TestQuotesAreShownWithTheirBasis(t *testing.T) {
	t.Parallel()
	video := Model{Rows: rows(t, `[{"price":0.4,"priceMethod":"cp-outputVideoLength"}]`), Schema: params.Schema{Params: []params.Param{selects("duration", "8", "4", "8")}}}
	require.Equal(t, "$3.20 (8 s x $0.40)", video.Defaults().String())
	require.Equal(t, "$0.05 ($0.05 per run)", (&Model{Rows: rows(t, `[{"price":0.05}]`)}).Defaults().String())
	require.Equal(t, "about $0.00351 (average run at $0.000585 per second of processing)", (&Model{CPS: "0.000585", ApproximateCost: "0.00351"}).Defaults().String())
	two := Model{Rows: rows(t, `[{"inputs":{"q":"low"},"price":0.1},{"inputs":{"q":"high"},"price":0.3}]`), Schema: params.Schema{Params: []params.Param{selects("q", nil, "low", "high")}}}
	require.Equal(t, "$0.10 to $0.30 (depends on inputs that are not known: $0.10 per run at q low up to $0.30 per run at q high)", two.Defaults().String())
	require.Equal(t, "free", (&Model{Rows: rows(t, `[{"price":0}]`)}).Defaults().String())
	require.Equal(t, "not known before the run ($0.02 per turn of conversation)", (&Model{Rows: rows(t, `[{"price":0.02,"priceMethod":"cp-realtimeturn"}]`)}).Defaults().String())
	data, err := json.Marshal((&Model{}).Defaults())
	require.NoError(t, err)
	require.JSONEq(t, `{"usd":null,"certainty":"unknown","basis":"no price is listed"}`, string(data))
}

func TestCapsFailClosed(t *testing.T) {
	t.Parallel()
	usd := func(n float64) *float64 { return &n }
	for name, c := range map[string]struct {
		quote Quote
		limit float64
		want  Verdict
	}{
		"exact, fits":            {fixed(0.5, Exact, ""), 0.5, Within},
		"exact, over":            {fixed(0.51, Exact, ""), 0.5, Over},
		"free under 0":           {fixed(0, Exact, ""), 0, Within},
		"paid under 0":           {fixed(0.01, Exact, ""), 0, Over},
		"range, fits":            {between(0.1, 0.2, 0.3, ""), 0.3, Within},
		"range, partly":          {Quote{MinUSD: usd(0.1), MaxUSD: usd(0.3), Certainty: About}, 0.2, Unclear},
		"range, likely over":     {between(0.1, 0.3, 0.3, ""), 0.2, Over},
		"range, over":            {Quote{MinUSD: usd(0.1), MaxUSD: usd(0.3), Certainty: About}, 0.05, Over},
		"average, far below":     {(&Model{}).estimate(0.1, ""), 0.2, Within},
		"average, just below":    {(&Model{}).estimate(0.1, ""), 0.15, Unclear},
		"average, over":          {(&Model{}).estimate(0.1, ""), 0.05, Over},
		"unknown":                {unknown(""), 100, Unclear},
		"unknown, at least":      {atLeast(0.1, ""), 0.2, Unclear},
		"unknown, at least over": {atLeast(0.1, ""), 0.05, Over},
	} {
		require.Equal(t, c.want, c.quote.Against(c.limit), name)
	}
	for _, q := range []Quote{unknown(""), fixed(math.Inf(1), Exact, "")} {
		_, known := q.Reserve()
		require.False(t, known)
	}
	most, known := between(0.1, 0.2, 0.3, "").Reserve()
	require.True(t, known)
	require.InDelta(t, 0.3, most, 0)
}

func TestCheaperRunsAreFoundInThePriceRows(t *testing.T) {
	t.Parallel()
	m := Model{Rows: rows(t, videoRows), Schema: params.Schema{Params: videoParams()}}
	in := Input{Params: map[string]any{"prompt": "fox", "resolution": "1080p", "duration": "10"}}
	var lines []string
	for _, a := range m.Cheaper(in, 0.3) {
		lines = append(lines, a.String())
	}
	require.Equal(t, []string{
		"duration 5: $0.29 ($0.29 per run at duration 5, resolution 1080p)",
		"resolution 720p: $0.26 ($0.26 per run at duration 10, resolution 720p)",
		"resolution 480p: $0.12 ($0.12 per run at duration 10, resolution 480p)",
	}, lines)
	require.Empty(t, m.Cheaper(in, 0.01))
	require.Equal(t, map[string]any{"prompt": "fox", "resolution": "1080p", "duration": "10"}, in.Params)

	video := Model{Rows: rows(t, `[{"price":0.4,"priceMethod":"cp-outputVideoLength"}]`), Schema: params.Schema{Params: []params.Param{selects("duration", "12", "4", "8", "12")}}}
	cheaper := video.Cheaper(Input{}, 2)
	require.Len(t, cheaper, 1)
	require.Equal(t, map[string]any{"duration": "4"}, cheaper[0].Changes)

	images := Model{Rows: rows(t, `[{"price":0.04,"priceMethod":"cpo"}]`), Schema: params.Schema{Params: []params.Param{numbers("samples", json.Number("4"), "1", "4")}}}
	cheaper = images.Cheaper(Input{}, 0.1)
	require.Len(t, cheaper, 2)
	require.Equal(t, map[string]any{"samples": json.Number("2")}, cheaper[0].Changes)
}

func FuzzQuote(f *testing.F) {
	for _, seed := range []string{videoRows, quantityRows, pixelRows, `"[{\"price\":\"1e300\",\"priceMethod\":\"cpo\"}]"`, `[{"inputs":[],"price":-1}]`, `[7,{"inputs":{"width":{}},"price":1,"priceMethod":"cp-pixel"}]`} {
		f.Add(seed, `{"prompt":"fox","width":1e300,"height":"2","duration":"8s","samples":1e18,"max_tokens":5}`)
	}
	f.Fuzz(func(t *testing.T, prices, given string) {
		in := Input{AudioSeconds: 3, Turns: 2}
		in.Params, _ = params.Parse(given)
		list, ok := ParseRows([]byte(prices))
		m := Model{Rows: list, Broken: !ok, CPS: "0.1", RunTime: given, Schema: params.Schema{Params: append(pixelParams(), videoParams()[1:]...)}}
		q := m.Quote(in)
		require.NotEmpty(t, q.Basis)
		require.NotEmpty(t, q.String())
		require.NotEmpty(t, m.Describe())
		for _, p := range []*float64{q.USD, q.MinUSD, q.MaxUSD} {
			require.False(t, p != nil && (*p < 0 || math.IsInf(*p, 0) || math.IsNaN(*p)), "%s", quoted(q))
		}
		if q.MinUSD != nil && q.MaxUSD != nil {
			require.LessOrEqual(t, *q.MinUSD, *q.MaxUSD)
		}
		require.False(t, q.Certainty == Exact && q.USD == nil)
		for _, a := range m.Cheaper(in, 0.1) {
			require.Equal(t, Within, a.Quote.Against(0.1))
		}
	})
}

func BenchmarkCheckAndQuote(b *testing.B) {
	m := Model{Rows: rows(b, videoRows), Schema: params.Schema{Params: videoParams()}}
	given := map[string]any{"prompt": "fox", "resolution": "1080P", "duration": "10s"}
	for b.Loop() {
		result := params.Check(m.Schema, given)
		if q := m.Quote(Input{Params: result.Params}); q.USD == nil {
			b.Fatal("no quote")
		}
	}
}
