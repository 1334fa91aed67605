package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// painter is a model with all that a check looks at, and a price by the output.
const painter = `{"result":true,"tool":[{"cleanslugowner":"acme","cleanslugproject":"painter","title":"Painter","categories":["tool","text-to-image"],
"computingtime":"8 seconds","dynamicprice":%s,"parameters":[{"title":"Input","items":[
{"id":"prompt","type":"textarea","label":"Prompt","required":true},
{"id":"aspectRatio","type":"select","label":"Aspect Ratio","default":"1:1","options":[{"value":"1:1","label":"Square"},{"value":"16:9","label":"Wide"}]},
{"id":"samples","type":"range","label":"Samples","default":1,"min":1,"max":4,"step":1},
{"id":"style","type":"select","label":"Style","required":"true","options":[{"value":"photo","label":"Photo"},{"value":"ink","label":"Ink"}]},
{"id":"images","type":"combinefileinput","label":"Images","max":4,"note":"as reference"}]}]}]}`

const byOutput = `"[{\"inputs\":{},\"price\":0.04,\"priceMethod\":\"cpo\"}]"`

// painted is Wiro with that model, whose runs end at once and cost $0.05.
func painted(t testing.TB, price string) *fakeWiro {
	t.Helper()
	return faking(t, map[string]string{
		"Tool/Detail":      fmt.Sprintf(painter, price),
		"Run/acme/painter": `{"result":true,"taskid":"1","socketaccesstoken":"t1"}`,
		"Task/Detail":      `{"result":true,"tasklist":[{"id":"1","socketaccesstoken":"t1","status":"task_postprocess_end","pexit":"0","totalcost":"0.05","modelslugowner":"acme","modelslugproject":"painter"}]}`,
	})
}

func (f *fakeWiro) runs() int { return times(f.paths(), "Run/acme/painter") }

// run is a call of run_model with these params and further arguments.
func run(params, more string) string {
	return `{"model":"acme/painter","params":` + params + more + `}`
}

func TestFaultyParamsAreRefusedBeforeTheSubmit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		params    string
		says      []string
		corrected string
	}{
		"a name that is spelled otherwise": {`{"prompt":"fox","style":"ink","aspect_ratio":"16:9"}`,
			[]string{"aspect_ratio: the model has no such parameter; closest: aspectRatio"}, `{"prompt":"fox","style":"ink","aspectRatio":"16:9"}`},
		"a value that is no option": {`{"prompt":"fox","style":"ink","aspectRatio":"21:9"}`,
			[]string{`"21:9" is not an option`, "options: 1:1 (Square), 16:9 (Wide)"}, `{"prompt":"fox","style":"ink","aspectRatio":"1:1"}`},
		"a slip of the pen": {`{"promt":"fox","style":"ink"}`,
			[]string{"promt: the model has no such parameter; closest: prompt"}, `{"prompt":"fox","style":"ink"}`},
		"out of range": {`{"prompt":"fox","style":"ink","samples":9}`,
			[]string{"samples: 9 is out of range: 1 to 4"}, `{"prompt":"fox","style":"ink","samples":4}`},
		"too many files": {`{"prompt":"fox","style":"ink","images":["https://a.test/1","https://a.test/2","https://a.test/3","https://a.test/4","https://a.test/5"]}`,
			[]string{"images: 5 files given, at most 4 are allowed"}, `{"prompt":"fox","style":"ink","images":["https://a.test/1","https://a.test/2","https://a.test/3","https://a.test/4"]}`},
		"an option that is missing": {`{"prompt":"fox"}`,
			[]string{"style: required; options: photo, ink", "fill in first: style"}, `{"prompt":"fox"}`},
		"nothing like it": {`{"prompt":"fox","style":"ink","zzzzzz":1}`,
			[]string{"zzzzzz: the model has no such parameter", "The model takes: prompt (required), style (required), aspectRatio, samples, images."}, `{"prompt":"fox","style":"ink"}`},
		"everything at once": {`{"promt":"fox","aspectRatio":"16x9","samples":9}`,
			[]string{"promt: ", "samples: ", "style: required"}, `{"prompt":"fox","aspectRatio":"16:9","samples":4}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := painted(t, byOutput)
			for _, more := range []string{``, `,"wait":"false"`, `,"dry_run":true`} {
				refused := f.refused("run_model", run(test.params, more), append(test.says, "nothing was started or charged")...)
				next, arguments := refused.next()
				require.Equal(t, "run_model", next)
				corrected, err := json.Marshal(arguments["params"])
				require.NoError(t, err)
				require.JSONEq(t, test.corrected, string(corrected))
				require.Equal(t, "acme/painter", arguments["model"])
				switch more {
				case `,"dry_run":true`:
					require.Equal(t, true, arguments["dry_run"])
				case `,"wait":"false"`:
					require.Equal(t, false, arguments["wait"], "arguments have the schema's types")
				default:
					require.NotContains(t, arguments, "dry_run")
				}
			}
			require.Zero(t, f.runs())
			require.Equal(t, 1, times(f.paths(), "Tool/Detail"), "the schema is kept")
		})
	}
}

func TestWhatCanOnlyBeMeantIsSentAndSaid(t *testing.T) {
	t.Parallel()
	f := painted(t, byOutput)
	done := f.ok("run_model", run(`{"prompt":{"scene":"fox"},"aspectRatio":"16x9","samples":"2","style":"INK"}`, ``))
	require.Equal(t, "completed", done.data["state"])
	var sent map[string]any
	for _, request := range f.requests() {
		if request.path == "Run/acme/painter" {
			sent = request.body
		}
	}
	require.Equal(t, map[string]any{"prompt": `{"scene":"fox"}`, "aspectRatio": "16:9", "samples": float64(2), "style": "ink"}, sent)
	require.NotEmpty(t, done.data["warnings"])
	require.Contains(t, done.text, "Note: aspectRatio: ")
	require.InDelta(t, 0.08, done.data["quote"].(map[string]any)["usd"], 1e-9)
	require.Contains(t, done.text, "Charged $0.05")
	require.Contains(t, done.text, "Quoted: $0.08", "it was charged otherwise")
	require.Equal(t, "16:9", done.data["params"].(map[string]any)["aspectRatio"], "it was given otherwise")

	labeled := f.ok("run_model", run(`{"prompt":"fox","aspectRatio":"Wide","style":"ink"}`, `,"dry_run":true`))
	require.Equal(t, "16:9", labeled.data["params"].(map[string]any)["aspectRatio"])
}

func TestASchemaThatCannotBeHadDoesNotStopARun(t *testing.T) {
	t.Parallel()
	for name, detail := range map[string]string{"a cut connection": "", "nonsense": "<html>", "no such model, says a catalog that is empty": yes} {
		f := painted(t, byOutput)
		f.say("Tool/Detail", detail)
		done := f.ok("run_model", run(`{"prompt":"fox","whatever":1}`, ``))
		require.Equal(t, "completed", done.data["state"], name)
		require.Contains(t, done.text, "the params were not checked", name)
		require.Equal(t, 1, f.runs(), name)
		sent := f.ok("run_model", run(`{"prompt":"fox","whatever":1}`, `,"wait":false`))
		require.Equal(t, "unknown", sent.data["quote"].(map[string]any)["certainty"], name)
	}
}

func TestADryRunChecksAndQuotes(t *testing.T) {
	t.Parallel()
	f := painted(t, byOutput)
	dry := f.ok("run_model", run(`{"prompt":"fox","style":"ink","samples":3}`, `,"dry_run":true,"timeout_seconds":30`))
	require.Equal(t, "dry_run", dry.data["state"])
	require.Contains(t, dry.text, "would cost $0.12 (3 outputs x $0.04)")
	q := dry.data["quote"].(map[string]any)
	require.InDelta(t, 0.12, q["usd"], 1e-9)
	require.Equal(t, "about", q["certainty"])
	next, arguments := dry.next()
	require.Equal(t, "run_model", next)
	require.NotContains(t, arguments, "dry_run")
	require.InDelta(t, 30, arguments["timeout_seconds"], 0)

	over := f.ok("run_model", run(`{"prompt":"fox","style":"ink","samples":3}`, `,"dry_run":true,"max_cost_usd":0.05`))
	require.Contains(t, over.text, "would be refused: over")
	require.Contains(t, over.text, "samples 1: $0.04")
	_, arguments = over.next()
	require.Equal(t, true, arguments["dry_run"])
	require.Zero(t, f.runs())
}

func TestModelsAreKeptApartForEachCaller(t *testing.T) {
	t.Parallel()
	f := painted(t, byOutput)
	as := func(key wiro.Secret, tool string, arguments map[string]any) {
		ctx := mcptool.WithScope(soon(t), mcptool.Scope{Caller: wiro.Credentials{Key: key}})
		r, err := f.Call(ctx, tool, arguments, nil)
		require.NoError(t, err)
		require.False(t, r.IsError, r.Text)
	}
	dry := map[string]any{"model": "acme/painter", "params": map[string]any{"prompt": "x", "style": "ink"}, "dry_run": true}
	as("one", "get_model_schema", map[string]any{"model": "acme/painter"}) // warms
	as("one", "run_model", dry)
	as("one", "run_model", dry)
	require.Equal(t, 1, times(f.paths(), "Tool/Detail"))
	as("two", "run_model", dry)
	require.Equal(t, 2, times(f.paths(), "Tool/Detail"))
	f.models.entries.Purge()
	as("one", "run_model", dry)
	require.Equal(t, 3, times(f.paths(), "Tool/Detail"))
}

func TestNamesOfModelsAreForgiving(t *testing.T) {
	t.Parallel()
	f := painted(t, byOutput)
	f.say("Tool/List", `{"result":true,"total":2,"tool":[{"cleanslugowner":"acme","cleanslugproject":"painter"},{"cleanslugowner":"acme","cleanslugproject":"sculptor"}]}`)
	for _, name := range []string{
		" ACME/Painter ", "`acme/painter`", "acme/painter:latest", "painter", "https://wiro.ai/models/acme/painter?ref=x#top",
		"https://api.wiro.ai/v1/Run/acme/painter",
	} {
		arguments, err := json.Marshal(map[string]any{"model": name, "params": map[string]any{"prompt": "x", "style": "ink"}, "dry_run": true})
		require.NoError(t, err)
		dry := f.ok("run_model", string(arguments))
		require.Equal(t, "acme/painter", dry.data["task"].(map[string]any)["model"], name)
	}
	f.say("Tool/Detail", yes)
	for _, name := range []string{"pinter", "acme/pinter"} {
		f.refused("run_model", `{"model":"`+name+`","params":{}}`, "Closest: acme/painter, acme/sculptor")
		f.refused("get_model_schema", `{"model":"`+name+`"}`, "Closest: acme/painter, acme/sculptor")
	}
	require.Zero(t, f.runs())
}

func TestAModelSchemaHasTheOfficialShape(t *testing.T) {
	t.Parallel()
	f := painted(t, byOutput)
	shown := f.ok("get_model_schema", `{"model":"acme/painter"}`)
	require.Contains(t, shown.text, "Price with the defaults: $0.04 (1 output x $0.04)")
	model := shown.data["model"].(map[string]any)
	require.InDelta(t, 0.04, model["estimatedCostUsd"], 1e-9)
	require.Equal(t, "1 output x $0.04", model["estimateBasis"])
	items := map[string]map[string]any{}
	for _, item := range model["parameters"].([]any)[0].(map[string]any)["items"].([]any) {
		item := item.(map[string]any)
		require.IsType(t, []any{}, item["options"], item["id"])
		items[item["id"].(string)] = item
	}
	require.Equal(t, map[string]any{"label": "Wide", "value": "16:9"}, items["aspectRatio"]["options"].([]any)[1])
	for name, want := range map[string]float64{"min": 1, "max": 4, "step": 1} {
		require.InDelta(t, want, items["samples"][name], 0)
	}
	require.Equal(t, "1", items["samples"]["default"])
	require.Equal(t, "as reference", items["images"]["note"])
	_, arguments := shown.next()
	require.Equal(t, map[string]any{"prompt": "…", "style": "photo"}, arguments["params"])
}

func TestPricesThatCannotBeReadStayUnknown(t *testing.T) {
	t.Parallel()
	for price, says := range map[string]string{
		`"[{\"inputs\":{},\"price\":\"$x\",\"priceMethod\":\"cpr\"}]"`: "cannot be read",
		`"[{\"inputs\":{},\"price\":null}]"`:                           "cannot be read",
		`"[{\"inputs\":{},\"price\":-5}]"`:                             "cannot be read",
		`"[{\"inputs\":{},"`:                                           "cannot be read",
		`null`:                                                         "no price is listed",
	} {
		f := painted(t, price)
		shown := f.ok("get_model_schema", `{"model":"acme/painter"}`)
		require.Contains(t, shown.text, says, price)
		model := shown.data["model"].(map[string]any)
		require.NotContains(t, model, "estimatedCostUsd", price)
		require.NotContains(t, model, "estimateBasis", price)
		require.NotContains(t, model, "prices", price)
		ask := f.ok("run_model", run(`{"prompt":"fox","style":"ink"}`, `,"max_cost_usd":5`))
		require.Equal(t, "confirmation_required", ask.data["state"], price)
		require.Nil(t, ask.data["costUsd"], price)
		require.Zero(t, f.runs(), price)
	}
}

func TestRowsHaveTheirOwnUnits(t *testing.T) {
	t.Parallel()
	f := painted(t, `"[{\"inputs\":{\"style\":\"ink\"},\"price\":0.05,\"priceMethod\":\"cpr\"},{\"inputs\":{\"images\":\"QUANTITY:1\"},\"price\":0.4,\"priceMethod\":\"cp-outputVideoLength\"},{\"inputs\":{},\"price\":0.00001,\"priceMethod\":\"cpt\"}]"`)
	shown := f.ok("get_model_schema", `{"model":"acme/painter"}`)
	for _, line := range []string{"- style ink: $0.05 per run", "- 1 image: $0.40 per second of video", "- $10 per million tokens"} {
		require.Contains(t, shown.text, line)
	}
	require.Equal(t, "$0.05 per run or $0.40 per second of video or $10 per million tokens", shown.data["model"].(map[string]any)["pricing"])
}

// The budget is 0.2 ms once the schema is known.
func BenchmarkCheckAndQuote(b *testing.B) {
	f := painted(b, byOutput)
	call := &Call{Call: &mcptool.Call{}, Wiro: f.options.Wiro, models: f.models}
	in := modelRun{Model: "acme/painter", Params: map[string]any{"prompt": strings.Repeat("fox ", 50), "aspectRatio": "Wide", "style": "ink", "samples": "2"}}
	for b.Loop() {
		if plan, err := call.planRun(context.Background(), in); err != nil || *plan.Quote.USD != 0.08 {
			b.Fatal(err)
		}
	}
}
