package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type named string

type inner struct {
	Name string `json:"name" wire:"text"`
	On   bool   `json:"on" wire:"default=true"`
}

type keyed struct {
	Name  string  `json:"name" wire:"key"`
	Price float64 `json:"priceUsd" wire:"alias=price"`
}

type embedded struct {
	Deep string `json:"deep"`
}

type sample struct {
	embedded
	Text    string             `json:"text"`
	Named   named              `json:"named"`
	Float   float64            `json:"float"`
	Int     int64              `json:"int"`
	Bool    bool               `json:"bool"`
	Maybe   *float64           `json:"maybe"`
	Flag    *bool              `json:"flag"`
	At      time.Time          `json:"at"`
	Texts   []string           `json:"texts"`
	Inners  []inner            `json:"inners"`
	Inner   *inner             `json:"inner"`
	Object  map[string]any     `json:"object"`
	Objects []map[string]any   `json:"objects"`
	Keyed   map[string]keyed   `json:"keyed"`
	Numbers map[string]float64 `json:"numbers"`
	Any     any                `json:"any"`
	Raw     json.RawMessage    `json:"raw"`
	Rest    map[string]any     `json:"-" wire:"rest"`
}

func decoded(t *testing.T, text string) sample {
	t.Helper()
	var s sample
	require.NoError(t, Decode([]byte(text), &s), text)
	return s
}

func TestMembersAreKeptAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	var s struct {
		Price *float64                   `json:"price"`
		Rows  []map[string]any           `json:"rows"`
		Raw   map[string]json.RawMessage `json:"-" wire:"raw=price,rows"`
	}
	require.NoError(t, Decode([]byte(`{"price": "$49" ,"other":1,"rows":"[{\"name\":\"a\"}"}`), &s))
	require.Nil(t, s.Price)
	require.Empty(t, s.Rows)
	require.Equal(t, map[string]json.RawMessage{"price": json.RawMessage(`"$49"`), "rows": json.RawMessage(`"[{\"name\":\"a\"}"`)}, s.Raw)
}

func TestDecodeTakesEveryFormOfAValue(t *testing.T) {
	t.Parallel()
	number := func(f float64) *float64 { return &f }
	at := time.Unix(1774007585, 0).UTC()
	for text, want := range map[string]sample{
		`{"text":"a"}`:                            {Text: "a"},
		`{"text":12.50}`:                          {Text: "12.50"},
		`{"text":true,"named":7}`:                 {Text: "true", Named: "7"},
		`{"text":null,"named":{"odd":1}}`:         {},
		`{"TEXT":"a","Float":1}`:                  {Text: "a", Float: 1},
		`{"deep":"x"}`:                            {embedded: embedded{Deep: "x"}},
		`{"text":"\u0041\n\"\ud83d\ude00\ud83d"}`: {Text: "A\n\"😀�"},
		"{\"text\":\"a\xffb\"}":                   {Text: "a�b"},

		`{"float":"4.50","int":"7"}`:                       {Float: 4.5, Int: 7},
		`{"float":1e3,"int":7.9}`:                          {Float: 1000, Int: 7},
		`{"float":"NaN","int":"1e300"}`:                    {},
		`{"float":"Infinity","int":"a while"}`:             {},
		`{"int":9007199254740993}`:                         {Int: 9007199254740993},
		`{"int":"9007199254740993"}`:                       {Int: 9007199254740993},
		`{"bool":1}`:                                       {Bool: true},
		`{"bool":"Yes"}`:                                   {Bool: true},
		`{"bool":"true"}`:                                  {Bool: true},
		`{"bool":"0"}`:                                     {},
		`{"bool":"trust"}`:                                 {},
		`{"maybe":"0.42","flag":"0"}`:                      {Maybe: number(0.42), Flag: new(bool)},
		`{"maybe":0}`:                                      {Maybe: number(0)},
		`{"maybe":null,"flag":null}`:                       {},
		`{"maybe":"","flag":""}`:                           {},
		`{"maybe":"unknown","flag":[]}`:                    {},
		`{"at":1774007585}`:                                {At: at},
		`{"at":"1774007585"}`:                              {At: at},
		`{"at":1774007585000}`:                             {At: at},
		`{"at":"2026-03-20T11:53:05Z"}`:                    {At: at},
		`{"at":"2026-03-20T12:53:05.000+01:00"}`:           {At: at},
		`{"at":"2026-03-20 11:53:05"}`:                     {At: at},
		`{"at":0}`:                                         {},
		`{"at":"soon"}`:                                    {},
		`{"at":1e300}`:                                     {},
		`{"texts":["a",1,null]}`:                           {Texts: []string{"a", "1", ""}},
		`{"texts":"[\"a\",\"b\"]"}`:                        {Texts: []string{"a", "b"}},
		`{"texts":"a"}`:                                    {Texts: []string{"a"}},
		`{"texts":"[Intro] la la"}`:                        {Texts: []string{"[Intro] la la"}},
		`{"texts":""}`:                                     {},
		`{"texts":[]}`:                                     {Texts: []string{}},
		`{"inners":[{"name":"a","on":false},[],null,"b"]}`: {Inners: []inner{{"a", false}, {"b", true}}},
		`{"inners":{"name":"a"}}`:                          {Inners: []inner{{"a", true}}},
		`{"inners":"{\"name\":\"a\"}"}`:                    {Inners: []inner{{`{"name":"a"}`, true}}},
		`{"inner":"a"}`:                                    {Inner: &inner{"a", true}},
		`{"inner":7}`:                                      {Inner: &inner{"7", true}},
		`{"inner":null}`:                                   {},
		`{"inner":[]}`:                                     {},
		`{"object":{"n":12345678901234567890}}`:            {Object: map[string]any{"n": json.Number("12345678901234567890")}},
		`{"object":"{\"n\":1.10}"}`:                        {Object: map[string]any{"n": json.Number("1.10")}},
		`{"object":"{nonsense"}`:                           {},
		`{"object":[]}`:                                    {},
		`{"objects":{"a":"b"}}`:                            {Objects: []map[string]any{{"a": "b"}}},
		`{"keyed":{"x":{"price":"5"}}}`:                    {Keyed: map[string]keyed{"x": {Price: 5}}},
		`{"keyed":[{"name":"x","price":5,"priceUsd":0},{"name":"y","priceUsd":0,"price":5}]}`: {
			Keyed: map[string]keyed{"x": {Name: "x"}, "y": {Name: "y"}}},
		`{"numbers":{"a":"1","b":"odd","c":null}}`: {Numbers: map[string]float64{"a": 1, "c": 0}},
		`{"any":[1.50,{"a":null},"x",true]}`: {
			Any: []any{json.Number("1.50"), map[string]any{"a": nil}, "x", true}},
		`{"raw": {"a" : 1} }`:     {Raw: json.RawMessage(`{"a" : 1}`)},
		`{"more":1,"hidden":"x"}`: {Rest: map[string]any{"more": json.Number("1"), "hidden": "x"}},
		`{"text":{"odd":[1]},"float":[],"int":{},"texts":{"a":1},"inner":true,"keyed":7,"numbers":"x","bool":{}}`: {
			Inner: &inner{"true", true}},
		`null`: {},
	} {
		require.Equal(t, want, decoded(t, text), text)
	}
}

func TestDecodeRefusesWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, ` `, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{"a":01}`, `{"a":1.}`, `{"a":+1}`, `{"a":-}`, `{"a":1e}`,
		`{"a":tru}`, `{"a":"x}`, `{"a":"\x"}`, `{"a":"\u12"}`, "{\"a\":\"\n\"}", `{"a":[1,]}`, `{} x`, `[`, `nul`, "{\"text\":\"\\",
		strings.Repeat(`[`, 2*maxDepth) + strings.Repeat(`]`, 2*maxDepth),
		strings.Repeat(`{"inner":`, 2*maxDepth),
	} {
		var s sample
		require.Error(t, Decode([]byte(text), &s), text)
		var v any
		require.Error(t, Decode([]byte(text), &v), text)
	}
	var s sample
	require.Error(t, Decode([]byte(`[1]`), &s), "no object")
	require.Error(t, Decode([]byte(`"text"`), &s), "no object")
}

type completed struct {
	Raw  string `json:"raw" wire:"text,json"`
	Size int    `json:"-"`
}

var _ = AfterDecode(func(c *completed) { c.Size = len(c.Raw) })

func TestAfterDecodeCompletesEveryValue(t *testing.T) {
	t.Parallel()
	var list []completed
	require.NoError(t, Decode([]byte(`["ab",{"raw":"abc"},"{\"raw\":\"abcd\"}"]`), &list))
	require.Equal(t, []completed{{"ab", 2}, {"abc", 3}, {"abcd", 4}}, list)
}

func TestAPlanIsMadeOnceForManyGoroutines(t *testing.T) {
	t.Parallel()
	type node struct {
		Name     string           `json:"name"`
		Children []node           `json:"children"`
		ByName   map[string]*node `json:"byname"`
	}
	done := make(chan error, 20)
	for range cap(done) {
		go func() {
			var n node
			err := Decode([]byte(`{"name":"a","children":[{"name":"b"}],"byname":{"c":{"name":"c"}}}`), &n)
			if err == nil && (n.Children[0].Name != "b" || n.ByName["c"].Name != "c") {
				err = fmt.Errorf("%+v", n)
			}
			done <- err
		}()
	}
	for range cap(done) {
		require.NoError(t, <-done)
	}
}

// FuzzDecode holds the scanner against encoding/json: the same texts are JSON, and an any holds
// the same values. A struct takes any JSON object without loss of the rest.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"text":"a","float":"1.5","at":"2026-03-20","texts":"[1,2]","inner":{"name":7},"object":"{\"a\":1}","any":[1,{"b":null}],"more":true}`,
		`{"keyed":[{"name":"x"}],"numbers":{"a":"1"},"raw":[1]}`, `"\ud83d\ude00\ud800x"`, `[1e5,-0.0,0]`, "\"\xff\"", `{"TEXT":1,"text":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want any
		err := Decode(data, &got)
		if bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) < maxDepth {
			require.Equal(t, json.Valid(data), err == nil, "%v", err)
		}
		if err == nil {
			reference := json.NewDecoder(bytes.NewReader(data))
			reference.UseNumber()
			require.NoError(t, reference.Decode(&want))
			require.Equal(t, want, got)
		}
		var s sample
		structErr := Decode(data, &s)
		if _, isObject := got.(map[string]any); err != nil {
			require.Error(t, structErr)
		} else if isObject {
			require.NoError(t, structErr)
			require.False(t, math.IsNaN(s.Float) || math.IsInf(s.Float, 0))
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	row := `{"text":"a lighthouse at dawn","named":"12","float":"0.0035","int":"202472","bool":"1","maybe":"6.0","at":"1734513809",
		"texts":["a","b"],"inners":[{"name":"x","on":"1"},{"name":"y"}],"object":{"prompt":"x","seed":12345678901234567890},"more":[1,2,{"a":"b"}]}`
	data := []byte(`[` + strings.Repeat(row+`,`, 19) + row + `]`)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var list []sample
		if Decode(data, &list) != nil || len(list) != 20 {
			b.Fatal("not decoded")
		}
	}
}
