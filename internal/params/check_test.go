package params

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// imageModel has a parameter of most kinds, in the words of the documentation's examples.
func imageModel() Schema {
	return Schema{Params: []Param{
		{ID: "prompt", Type: "textarea", Label: "Prompt", Required: true},
		{ID: "negativePrompt", Type: "textarea", Label: "Negative Prompt"},
		{ID: "inputImage", Type: "combinefileinput", Label: "Input Images", Max: "4"},
		{ID: "inputMask", Type: "fileinput", Label: "Mask"},
		{ID: "inputDocumentMultiple", Type: "multifileinput", Label: "Documents", Max: "3"},
		{ID: "aspectRatio", Type: "select", Label: "Aspect Ratio", Required: true, Default: "1:1",
			Options: []Option{{"1:1", "Square"}, {"16:9", "Landscape"}, {"9:16", "Portrait"}}},
		{ID: "resolution", Type: "select", Options: []Option{{"720p", "720p"}, {"1080p", "1080p"}}},
		{ID: "duration", Type: "select", Label: "Duration", Default: "5", Options: []Option{{"5", "5"}, {"10", "10"}}},
		{ID: "watermark", Type: "select", Options: []Option{{"false", "No"}, {"true", "Yes"}}},
		{ID: "genre", Type: "multiselect", Options: []Option{{"pop", "Pop"}, {"hip-hop", "Hip Hop"}, {"jazz", "Jazz"}}},
		{ID: "samples", Type: "range", Label: "Samples", Default: json.Number("1"), Min: "1", Max: "4"},
		{ID: "seed", Type: "range", Min: "0", Max: "18446744073709551615"},
		{ID: "loop", Type: "boolean", Default: false},
		{ID: "extra", Type: "jsoneditor"},
	}}
}

func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	params, err := Parse(text)
	require.NoError(t, err)
	return params
}

func TestCheckTakesWhatCanOnlyBeMeantInOneWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ given, want string }{
		"value":                    {`{"aspectRatio":"16:9"}`, `{"aspectRatio":"16:9"}`},
		"label":                    {`{"aspectRatio":"Landscape"}`, `{"aspectRatio":"16:9"}`},
		"label in another case":    {`{"aspectRatio":"landscape "}`, `{"aspectRatio":"16:9"}`},
		"ratio with x":             {`{"aspectRatio":"16x9"}`, `{"aspectRatio":"16:9"}`},
		"ratio with spaces":        {`{"aspectRatio":"16 : 9"}`, `{"aspectRatio":"16:9"}`},
		"number with a unit":       {`{"duration":"10s"}`, `{"duration":"10"}`},
		"number in words":          {`{"duration":"10 seconds"}`, `{"duration":"10"}`},
		"number for text":          {`{"duration":10}`, `{"duration":"10"}`},
		"decimal for whole":        {`{"duration":10.0}`, `{"duration":"10"}`},
		"default as a number":      {`{"duration":5}`, `{"duration":"5"}`},
		"unit left out":            {`{"resolution":1080}`, `{"resolution":"1080p"}`},
		"boolean for text":         {`{"watermark":true}`, `{"watermark":"true"}`},
		"label of a boolean":       {`{"watermark":"Yes"}`, `{"watermark":"true"}`},
		"list of one":              {`{"aspectRatio":["9:16"]}`, `{"aspectRatio":"9:16"}`},
		"one for a list":           {`{"genre":"Jazz"}`, `{"genre":["jazz"]}`},
		"text for a list":          {`{"genre":"pop, Hip Hop"}`, `{"genre":["pop","hip-hop"]}`},
		"JSON text for a list":     {`{"genre":"[\"pop\"]"}`, `{"genre":["pop"]}`},
		"labels in a list":         {`{"genre":["Pop","hip_hop"]}`, `{"genre":["pop","hip-hop"]}`},
		"text for a number":        {`{"samples":"2"}`, `{"samples":2}`},
		"sloppy number":            {`{"samples":"+03."}`, `{"samples":3}`},
		"64 bits":                  {`{"seed":18446744073709551615}`, `{"seed":18446744073709551615}`},
		"64 bits as text":          {`{"seed":"18446744073709551615"}`, `{"seed":18446744073709551615}`},
		"blank number":             {`{"samples":""}`, `{}`},
		"null":                     {`{"samples":null,"negativePrompt":null}`, `{}`},
		"text for a boolean":       {`{"loop":"yes"}`, `{"loop":true}`},
		"number for a boolean":     {`{"loop":1}`, `{"loop":true}`},
		"object for text":          {`{"negativePrompt":{"a":[1,"<b>"],"n":18446744073709551615}}`, `{"negativePrompt":"{\"a\":[1,\"<b>\"],\"n\":18446744073709551615}"}`},
		"list for text":            {`{"negativePrompt":["a","b"]}`, `{"negativePrompt":"[\"a\",\"b\"]"}`},
		"number for a text":        {`{"negativePrompt":18446744073709551615}`, `{"negativePrompt":18446744073709551615}`},
		"unknown type":             {`{"extra":{"a":1}}`, `{"extra":{"a":1}}`},
		"everywhere":               {`{"callbackUrl":"https://a.b/c","projectid":"1","session_id":"s","user_id":"u"}`, `{"callbackUrl":"https://a.b/c","projectid":"1","session_id":"s","user_id":"u"}`},
		"URL companion":            {`{"inputMaskUrl":"https://a.b/c.png","inputMask":""}`, `{"inputMaskUrl":"https://a.b/c.png","inputMask":""}`},
		"file object":              {`{"inputMask":{"url":"https://a.b/c.png"}}`, `{"inputMask":"https://a.b/c.png"}`},
		"list of one file":         {`{"inputMask":["https://a.b/c.png"]}`, `{"inputMask":"https://a.b/c.png"}`},
		"four files":               {`{"inputImage":["a.png","b.png","c.png","d.png"]}`, `{"inputImage":["a.png","b.png","c.png","d.png"]}`},
		"one URL with commas":      {`{"inputMask":"https://res.cloudinary.com/x/w_1,h_2,c_fill/a.png"}`, `{"inputMask":"https://res.cloudinary.com/x/w_1,h_2,c_fill/a.png"}`},
		"URLs with and without it": {`{"inputDocumentMultipleUrl":"https://a.b/1,2.pdf,https://a.b/3.pdf"}`, `{"inputDocumentMultipleUrl":"https://a.b/1,2.pdf,https://a.b/3.pdf"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := decoded(t, c.given)
			before := jsonText(given)
			given["prompt"] = "fox"
			result := Check(imageModel(), given)
			require.Empty(t, result.Faults)
			require.True(t, result.Fixed())
			delete(result.Params, "prompt")
			require.Equal(t, jsonText(decoded(t, c.want)), jsonText(result.Params))
			delete(given, "prompt")
			require.Equal(t, before, jsonText(given), "what was given is not changed")
		})
	}
}

func TestCheckNamesEveryFaultAndCorrectsTheCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given, want string
		faults      []string
	}{
		"another spelling": {`{"prompt":"fox","aspect_ratio":"16:9"}`, `{"prompt":"fox","aspectRatio":"16:9"}`,
			[]string{"aspect_ratio: the model has no such parameter; closest: aspectRatio"}},
		"another spelling, and a value to read": {`{"prompt":"fox","Aspect Ratio":"16x9"}`, `{"prompt":"fox","aspectRatio":"16:9"}`,
			[]string{"Aspect Ratio: the model has no such parameter; closest: aspectRatio"}},
		"misspelled": {`{"promt":"fox"}`, `{"prompt":"fox"}`,
			[]string{"promt: the model has no such parameter; closest: prompt"}},
		"names of another platform": {`{"prompt":"fox","negative_prompt":"blur","num_images":2}`, `{"prompt":"fox","negativePrompt":"blur","samples":2}`,
			[]string{"negative_prompt: the model has no such parameter; closest: negativePrompt", "num_images: the model has no such parameter; closest: samples, inputImage"}},
		"the right name is there too": {`{"prompt":"fox","aspectRatio":"1:1","aspect_ratio":"16:9"}`, `{"prompt":"fox","aspectRatio":"1:1"}`,
			[]string{"aspect_ratio: the model has no such parameter; closest: aspectRatio"}},
		"unlike anything": {`{"prompt":"fox","zzzzzzz":1}`, `{"prompt":"fox"}`,
			[]string{"zzzzzzz: the model has no such parameter"}},
		"a common one in another case": {`{"prompt":"fox","callbackURL":"https://a.b/c"}`, `{"prompt":"fox","callbackUrl":"https://a.b/c"}`,
			[]string{"callbackURL: the model has no such parameter; closest: callbackUrl"}},
		"no such option": {`{"prompt":"fox","aspectRatio":"21:9"}`, `{"prompt":"fox","aspectRatio":"1:1"}`,
			[]string{`aspectRatio: "21:9" is not an option; options: 1:1 (Square), 16:9 (Landscape), 9:16 (Portrait)`}},
		"another unit": {`{"prompt":"fox","duration":"10m"}`, `{"prompt":"fox","duration":"10"}`,
			[]string{`duration: "10m" is not an option; closest: 10; options: 5, 10`}},
		"one of the list": {`{"prompt":"fox","genre":["pop","jaz"]}`, `{"prompt":"fox","genre":["pop","jazz"]}`,
			[]string{`genre: ["pop","jaz"] is not an option; closest: jazz; options: pop, hip-hop (Hip Hop), jazz`}},
		"out of range": {`{"prompt":"fox","samples":9}`, `{"prompt":"fox","samples":4}`,
			[]string{"samples: 9 is out of range: 1 to 4"}},
		"64 bits and one more": {`{"prompt":"fox","seed":18446744073709551616}`, `{"prompt":"fox","seed":18446744073709551615}`,
			[]string{"seed: 18446744073709551616 is out of range: 0 to 18446744073709551615"}},
		"no number": {`{"prompt":"fox","samples":"many"}`, `{"prompt":"fox","samples":1}`,
			[]string{`samples: "many" is not a number`}},
		"boolean for a number": {`{"prompt":"fox","samples":true}`, `{"prompt":"fox","samples":1}`,
			[]string{`samples: true is not a number`}},
		"not a boolean": {`{"prompt":"fox","loop":"maybe"}`, `{"prompt":"fox"}`,
			[]string{`loop: "maybe" is not true or false`}},
		"too many files": {`{"prompt":"fox","inputImage":["1","2","3","4","5"]}`, `{"prompt":"fox","inputImage":["1","2","3","4"]}`,
			[]string{"inputImage: 5 files given, at most 4 are allowed"}},
		"two for one": {`{"prompt":"fox","inputMask":["https://a/1","https://a/2"]}`, `{"prompt":"fox","inputMask":"https://a/1"}`,
			[]string{"inputMask: 2 files given, only 1 is allowed"}},
		"files and URLs together": {`{"prompt":"fox","inputDocumentMultiple":["a","b"],"inputDocumentMultipleUrl":"https://a/1,https://a/2"}`,
			`{"prompt":"fox","inputDocumentMultiple":["a","b"],"inputDocumentMultipleUrl":"https://a/1"}`,
			[]string{"inputDocumentMultiple: 4 files given, at most 3 are allowed"}},
		"a companion that is none": {`{"prompt":"fox","inputImageUrl":"https://a/1"}`, `{"prompt":"fox","inputImage":"https://a/1"}`,
			[]string{"inputImageUrl: the model has no such parameter; closest: inputImage"}},
		"no file": {`{"prompt":"fox","inputMask":7}`, `{"prompt":"fox"}`,
			[]string{"inputMask: 7 is not a file or URL"}},
		"missing":       {`{"samples":2}`, `{"samples":2}`, []string{"prompt: required"}},
		"blank is none": {`{"prompt":"  "}`, `{"prompt":"  "}`, []string{"prompt: required"}},
		"all at once": {`{"promt":"fox","aspectRatio":"2:1","samples":"9","inputImage":["1","2","3","4","5"],"duration":[1,2]}`,
			`{"prompt":"fox","aspectRatio":"1:1","samples":4,"inputImage":["1","2","3","4"]}`,
			[]string{`aspectRatio: "2:1" is not an option; options: 1:1 (Square), 16:9 (Landscape), 9:16 (Portrait)`, "duration: [1,2] is not one of the options", `samples: "9" is out of range: 1 to 4`,
				"promt: the model has no such parameter; closest: prompt", "inputImage: 5 files given, at most 4 are allowed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := Check(imageModel(), decoded(t, c.given))
			var lines []string
			for _, f := range result.Faults {
				lines = append(lines, f.String())
			}
			require.Equal(t, c.faults, lines)
			require.Equal(t, jsonText(decoded(t, c.want)), jsonText(result.Params))
			if result.Fixed() {
				require.Empty(t, Check(imageModel(), result.Params).Faults, "the corrected call passes")
			}
		})
	}
}

func TestARequiredParameterWithADefaultNeedNotBeGiven(t *testing.T) {
	t.Parallel()
	require.Empty(t, Check(imageModel(), map[string]any{"prompt": "fox"}).Faults)
}

func TestAWrapperOfOtherPlatformsIsTakenOff(t *testing.T) {
	t.Parallel()
	result := Check(imageModel(), decoded(t, `{"input":{"prompt":"fox","samples":2}}`))
	require.Empty(t, result.Faults)
	require.Equal(t, `{"prompt":"fox","samples":2}`, jsonText(result.Params))
}

func TestAnExampleStandsInForAnEmptySchema(t *testing.T) {
	t.Parallel()
	schema := Schema{Example: map[string]any{"inputImageHuman": "https://a/1", "inputImageClothes": []any{"https://a/2"}}}

	result := Check(schema, decoded(t, `{"inputImageHumanUrl":"https://a/1","inputImageClothes":["https://a/2"],"callbackUrl":"x"}`))
	require.Empty(t, result.Faults)
	require.Empty(t, result.Warnings)

	result = Check(schema, decoded(t, `{"input_image_human":"https://a/1","style":"casual"}`))
	require.Len(t, result.Faults, 1)
	require.Equal(t, "input_image_human: the model has no such parameter; closest: inputImageHuman", result.Faults[0].String())
	require.Equal(t, `{"inputImageHuman":"https://a/1","style":"casual"}`, jsonText(result.Params))
	require.Len(t, result.Warnings, 1)
	require.Contains(t, result.Warnings[0], "style could not be checked")

	result = Check(Schema{}, decoded(t, `{"anything":{"a":1}}`))
	require.Empty(t, result.Faults)
	require.Equal(t, `{"anything":{"a":1}}`, jsonText(result.Params))
}

func TestParseTakesParamsAsText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"seed":18446744073709551615}`, ` {"seed":18446744073709551615} `,
		`"{\"seed\":18446744073709551615}"`, "```json\n{\"seed\":18446744073709551615}\n```",
	} {
		params, err := Parse(text)
		require.NoError(t, err)
		require.Equal(t, json.Number("18446744073709551615"), params["seed"])
	}
	for _, value := range []any{"", nil, "  "} {
		params, err := Parse(value)
		require.NoError(t, err)
		require.Empty(t, params)
	}
	for _, value := range []any{"prompt=fox", "[1]", "7", `{"a":1} {"b":2}`, `{"a":`, 7, []any{1}} {
		_, err := Parse(value)
		require.ErrorIs(t, err, ErrNotAnObject)
	}
}

// catalog is every model of the marketplace with its parameters.
func catalog(tb testing.TB) map[string]Schema {
	tb.Helper()
	file, err := os.Open("testdata/models.json.gz")
	require.NoError(tb, err)
	defer file.Close()
	reader, err := gzip.NewReader(file)
	require.NoError(tb, err)
	var models []struct {
		Slug   string `json:"slug"`
		Params []struct {
			ID       string            `json:"id"`
			Type     string            `json:"type"`
			Required bool              `json:"required"`
			Default  any               `json:"default"`
			Options  []json.RawMessage `json:"options"`
		} `json:"params"`
	}
	decoder := json.NewDecoder(reader)
	decoder.UseNumber()
	require.NoError(tb, decoder.Decode(&models))
	schemas := map[string]Schema{}
	for _, m := range models {
		var s Schema
		for _, p := range m.Params {
			param := Param{ID: p.ID, Type: p.Type, Required: p.Required, Default: p.Default}
			for _, raw := range p.Options {
				pair := make([]string, 2)
				if json.Unmarshal(raw, &pair) != nil {
					require.NoError(tb, json.Unmarshal(raw, &pair[0]))
					pair[1] = pair[0]
				}
				param.Options = append(param.Options, Option{pair[0], pair[1]})
			}
			s.Params = append(s.Params, param)
		}
		schemas[m.Slug] = s
	}
	return schemas
}

func TestDefaultsAndOptionsOfEveryModelPassUnchanged(t *testing.T) {
	t.Parallel()
	models := catalog(t)
	require.Len(t, models, 289)
	for slug, schema := range models {
		given := map[string]any{}
		for _, p := range schema.Params {
			switch {
			case p.Default != nil:
				given[p.ID] = p.Default
			case p.Required && len(realOptions(p.Options)) > 0:
				given[p.ID] = p.Options[slices.IndexFunc(p.Options, func(o Option) bool { return o.Value != "" })].Value
			case p.Required:
				given[p.ID] = "x"
			}
		}
		result := Check(schema, given)
		require.Empty(t, result.Faults, slug)
		require.Empty(t, result.Warnings, slug)
		require.Equal(t, jsonText(given), jsonText(result.Params), slug)
		for _, p := range schema.Params {
			for _, o := range p.Options {
				if p.kind() != choice || o.Value == "" {
					continue
				}
				one, _, fault := coerce(&p, o.Value)
				require.Nil(t, fault, slug)
				require.Equal(t, o.Value, one, slug)
				if byLabel, _, fault := coerce(&p, o.Label); fault == nil && o.Label != "" {
					require.Contains(t, strings.ToLower(labelsOf(p.Options, byLabel)), strings.ToLower(o.Label), "%s %s: a label never stands for another option", slug, p.ID)
				}
			}
		}
	}
}

// labelsOf are the value itself and the labels of the options that have it.
func labelsOf(options []Option, value any) string {
	labels := value.(string)
	for _, o := range options {
		if o.Value == value {
			labels += "\n" + o.Label
		}
	}
	return labels
}

func BenchmarkCheck(b *testing.B) {
	schema := imageModel()
	given, err := Parse(`{"prompt":"fox","aspectRatio":"16x9","samples":"2","duration":"10s","inputImage":["a","b"],"seed":42}`)
	require.NoError(b, err)
	for b.Loop() {
		if len(Check(schema, given).Faults) > 0 {
			b.Fatal("a fault")
		}
	}
}

func TestURLsAreSplitAtCommasBetweenThemAlone(t *testing.T) {
	t.Parallel()
	for list, want := range map[string][]string{
		"":                               {""},
		"https://a/1":                    {"https://a/1"},
		"https://a/1,2,https://a/3":      {"https://a/1,2", "https://a/3"},
		" HTTPS://a/1 , \n http://a/3 ,": {"HTTPS://a/1", "http://a/3 ,"},
		"data:image/png;base64,AAAA":     {"data:image/png;base64,AAAA"},
	} {
		require.Equal(t, want, SplitURLs(list))
	}
}

func TestLargeValuesAreCheckedQuickly(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("1x1 ", 1<<20)
	result := Check(imageModel(), map[string]any{"prompt": large, "aspectRatio": large, "samples": large, "genre": large, "inputMask": "data:," + large, large: 1})
	require.Len(t, result.Faults, 4)
	for _, f := range result.Faults {
		require.Less(t, len(f.String()), 1000, f.Kind)
	}
}

func BenchmarkCheckWithFaults(b *testing.B) {
	schema := catalog(b)["wiro/text-to-image-flux"]
	given := map[string]any{"promt": "fox", "num_images": 9, "aspect_ratio": "16:9"}
	for b.Loop() {
		Check(schema, given)
	}
}
