package wiro_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const listedModel = `{"id": "42", "title": "Coat Fitter", "slugowner": "acme", "slugproject": "Coat Fitter",
	"cleanslugowner": "acme", "cleanslugproject": "coat-fitter", "description": "Puts coats on people.",
	"image": "https://files.test/coat.png", "computingtime": "12 seconds", "categories": ["tool", "image-to-image"],
	"tags": ["fashion"], "marketplace": 1, "onlymembers": "1", "averagepoint": "4.50", "commentcount": "3",
	"dynamicprice": "[{\"inputs\":{\"size\":\"2k\"},\"price\":0.09,\"priceMethod\":\"cp-pixel\",\"priceExtra\":0.01,\"priceInput\":0.002}]",
	"taskstat": {"runcount": 672, "successcount": "254", "errorcount": "198", "lastruntime": "1774007585"}}`

const detailedModel = `{"id": "42", "title": "Coat Fitter", "slugowner": "acme", "slugproject": "Coat Fitter",
	"cleanslugowner": "acme", "cleanslugproject": "coat-fitter", "readme": "<p>Coats</p>", "categories": ["tool"],
	"parameters": [{"title": "Input", "items": [
		{"id": "prompt", "type": "textarea", "label": "Prompt", "required": true, "placeholder": "A coat", "note": "What to wear"},
		{"id": "scale", "type": "range", "label": "Scale", "required": "false", "default": "2", "min": 1, "max": "4", "step": 0.5, "description": "How much"},
		{"id": "style", "type": "select", "label": "Style", "required": false, "options": [{"label": "Plain", "value": "plain"}]}]}],
	"inspire": [{"inputImageHuman": "https://files.test/h.png", "inputImageClothes": ["https://files.test/c.png"]}],
	"samples": ["https://files.test/s.png"], "tags": [], "marketplace": 1, "onlymembers": "1", "averagepoint": "5.00",
	"commentcount": "1", "ratedusercount": "3", "cps": "0.000300000000", "approximatelycost": "0.0012",
	"seotitle": "Coats on people", "seodescription": "Fits coats."}`

const finishedTask = `{"id": "900", "socketaccesstoken": "tokenOf900", "parameters": {"prompt": "hi"}, "status": "task_postprocess_end",
	"pexit": "0", "debugoutput": "", "starttime": "1734513809", "endtime": "1734513813", "elapsedseconds": "6.0000",
	"totalcost": "0.003510000000", "modeldescription": "A painter", "modelslugowner": "acme", "modelslugproject": "painter",
	"outputs": [{"name": "0.png", "contenttype": "image/png", "size": "202472", "url": "https://files.test/0.png"}]}`

const spokenTask = `{"id": "901", "status": "task_postprocess_end", "pexit": 0, "debugoutput": "Hello!",
	"outputs": [{"contenttype": "raw", "content": {"prompt": "Say hello", "raw": "<think>x</think>Hello!", "thinking": ["x"], "answer": ["Hello!"]}}]}`

func TestNothingThatWiroSaysAboutModelsTasksAndFilesIsLost(t *testing.T) {
	t.Parallel()
	wrap := func(members string) string { return `{"result": true, "errors": [], ` + members + `}` }
	ref := wiro.TaskRef{Token: "tokenOf900"}
	const slug = "acme/coat-fitter"
	for name, test := range map[string]struct {
		answer, part string
		call         func(*testing.T, *wiro.Client) (any, error)
	}{
		"Tool/List": {
			wrap(`"total": 2, "tool": [` + listedModel + `]`), `{"total": 2, "tool": [` + listedModel + `]}`,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Models.List(t.Context(), wiro.ModelQuery{}) },
		},
		"Tool/Detail": {
			wrap(`"tool": [` + detailedModel + `]`), detailedModel,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Models.Get(t.Context(), slug) },
		},
		"Tool/Explore": {
			wrap(`"explore": [{"id": 3, "title": "New", "url": "/new", "total": "7", "tools": [{"id": "42", "cleanslugowner": "acme",
				"cleanslugproject": "coat-fitter", "image": "i", "description": "d", "categories": ["tool"], "averagepoint": 4, "commentcount": 1, "ratedusercount": 2, "discount": "10"}]}]`),
			`[{"id": 3, "title": "New", "url": "/new", "total": 7, "tools": [{"id": "42", "cleanslugowner": "acme", "discount": 10}]}]`,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Models.Explore(t.Context()) },
		},
		"Run": {
			wrap(`"taskid": "2221", "socketaccesstoken": "t0ken"`), `{"taskid": "2221", "socketaccesstoken": "t0ken"}`,
			func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Runs.Submit(t.Context(), slug, nil)
			},
		},
		"Task/Detail of files": {
			wrap(`"total": "1", "tasklist": [` + finishedTask + `]`), finishedTask,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Tasks.Get(t.Context(), ref) },
		},
		"Task/Detail of a language model": {
			wrap(`"total": "1", "tasklist": [` + spokenTask + `]`), spokenTask,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Tasks.Get(t.Context(), ref) },
		},
		"Task/List": {
			wrap(`"total": "12", "tasklist": [` + finishedTask + `,` + spokenTask + `]`), `{"total": 12, "tasklist": [` + finishedTask + `,` + spokenTask + `]}`,
			func(t *testing.T, c *wiro.Client) (any, error) { return c.Tasks.List(t.Context(), wiro.TaskQuery{}) },
		},
		"File/FolderCreate": {
			wrap(`"list": [{"id": "f1", "name": "raw-data", "parentid": "root", "size": "0", "contenttype": "", "addedtime": "1716276543"}]`),
			`{"id": "f1", "name": "raw-data", "parentid": "root", "size": 0, "contenttype": "", "addedtime": "1716276543"}`,
			func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Files.CreateFolder(t.Context(), "raw-data", "")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			value, err := test.call(t, answering(t, test.answer).Client)
			require.NoError(t, err)
			require.Empty(t, lost(t, test.part, value))
		})
	}
}

func TestTheManyFormsOfAFieldMeanTheSame(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"strings": `{"result":"true","total":"1","tool":[{"id":"1","onlymembers":"1","averagepoint":"4.5","dynamicprice":"[{\"inputs\":{},\"price\":\"0.5\"}]","parameters":null,"taskstat":{"lastruntime":"1774007585"}}]}`,
		"numbers": `{"result":1,"total":1,"tool":[{"id":1,"onlymembers":1,"averagepoint":4.5,"dynamicprice":[{"inputs":[],"price":0.5}],"parameters":[],"taskstat":{"lastruntime":1774007585}}]}`,
		"others":  `{"result":true,"total":1.0,"tool":{"id":1,"onlymembers":true,"averagepoint":4.50,"dynamicprice":{"price":0.5},"taskstat":{"lastruntime":"2026-03-20T11:53:05Z"}}}`,
	} {
		page, err := answering(t, answer).Client.Models.List(t.Context(), wiro.ModelQuery{})
		require.NoError(t, err, name)
		require.Len(t, page.Models, 1, name)
		m := page.Models[0]
		require.EqualValues(t, 1, page.Total, name)
		require.EqualValues(t, "1", m.ID, name)
		require.True(t, m.OnlyMembers, name)
		require.InDelta(t, 4.5, m.AveragePoint, 0, name)
		require.InDelta(t, 0.5, *m.DynamicPrice[0].Price, 0, name)
		require.EqualValues(t, 1774007585, m.Stats.LastRun.Unix(), name)
		require.Empty(t, m.Parameters, name)
	}
}

func TestPricesAreKeptAsWiroWroteThem(t *testing.T) {
	t.Parallel()
	page, err := answering(t, `{"result":true,"tool":[{"dynamicprice":"[{\"price\":\"$x\"","cps":null},{"approximatelycost":"0.10"}]}`).
		Client.Models.List(t.Context(), wiro.ModelQuery{})
	require.NoError(t, err)
	broken, average := page.Models[0], page.Models[1]
	require.Empty(t, broken.DynamicPrice)
	require.Equal(t, map[string]json.RawMessage{"dynamicprice": json.RawMessage(`"[{\"price\":\"$x\""`), "cps": json.RawMessage("null")}, broken.PriceJSON)
	require.Equal(t, map[string]json.RawMessage{"approximatelycost": json.RawMessage(`"0.10"`)}, average.PriceJSON)
}

// A field of a shape that nobody foresaw must not lose the rest.
func TestOneOddFieldLosesNothingElse(t *testing.T) {
	t.Parallel()
	task, err := answering(t, `{"result":true,"tasklist":[{"id":{"odd":1},"status":"task_start","parameters":"nonsense",
		"outputs":"none","totalcost":[],"starttime":{},"elapsedseconds":"a while","debugoutput":null}]}`).Tasks.Get(t.Context(), wiro.TaskRef{Token: "x"})
	require.NoError(t, err)
	require.Equal(t, wiro.TaskStart, task.Status)
}

func TestHowATaskEndedIsToldByWhatThereIs(t *testing.T) {
	t.Parallel()
	const file = `[{"name":"0.png","contenttype":"image/png","url":"https://files.test/0.png"}]`
	for members, want := range map[string]struct{ over, succeeded bool }{
		`"status":"task_postprocess_end","pexit":"0","outputs":` + file: {true, true},
		`"status":"task_postprocess_end","pexit":0,"outputs":[]`:        {true, true},
		`"status":"task_postprocess_end","pexit":"1","outputs":` + file: {true, false},
		`"status":"task_postprocess_end","outputs":` + file:             {true, true}, // the exit code lags
		`"status":"task_postprocess_end","outputs":[]`:                  {true, false},
		`"pexit":"0"`:                                {true, true}, // no status at all
		`"status":null,"pexit":"137"`:                {true, false},
		`"status":"task_start"`:                      {false, false},
		`"status":"task_start","outputs":` + file:    {false, false},
		`"outputs":[]`:                               {false, false},
		`"status":"task_error"`:                      {true, false},
		`"status":"task_cancel","outputs":` + file:   {true, false},
		`"status":"task_something_new","pexit":null`: {false, false},
	} {
		task, err := answering(t, `{"result":true,"tasklist":[{`+members+`}]}`).Tasks.Get(t.Context(), wiro.TaskRef{Token: "x"})
		require.NoError(t, err)
		require.Equal(t, want.over, task.Over(), members)
		require.Equal(t, want.succeeded, task.Succeeded(), members)
	}
}

func FuzzTypes(f *testing.F) {
	for _, seed := range []string{finishedTask, listedModel, spokenTask, `{"outputs":[[]],"parameters":"{"}`, `{"starttime":1e308,"size":"NaN"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		decodeAs[wiro.Task](t, data)
		decodeAs[wiro.Model](t, data)
		decodeAs[wiro.StoredFile](t, data)
	})
}

// decodeAs decodes what it can; what decodes must encode again.
func decodeAs[T any](t *testing.T, data string) {
	t.Helper()
	var value T
	if wire.Decode([]byte(data), &value) == nil {
		_, err := json.Marshal(value)
		require.NoError(t, err)
	}
}
