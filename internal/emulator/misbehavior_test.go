package emulator_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// finished runs a model and waits for its end, without asking Task/Detail.
func (a *api) finished(model string) string {
	a.t.Helper()
	token := a.run(model, obj{"prompt": "x"})
	require.NoError(a.t, a.s.Reached(a.ctx(), token, emulator.TaskPostprocessEnd))
	return token
}

func TestDetailMisbehavesOnceTheTaskIsOver(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	ask := func(token string) answer { return a.post("Task/Detail", obj{"tasktoken": token}) }

	gateway := ask(a.finished("sandbox/detail-502"))
	require.Equal(t, http.StatusBadGateway, gateway.status)
	require.Equal(t, "text/html", gateway.header.Get("Content-Type"))
	limited := ask(a.finished("sandbox/detail-429"))
	require.Equal(t, http.StatusTooManyRequests, limited.status)
	require.Equal(t, "1", limited.header.Get("Retry-After"))
	for _, model := range []string{"sandbox/detail-garbled", "sandbox/detail-cut"} {
		out := ask(a.finished(model))
		require.Equal(t, http.StatusOK, out.status)
		require.Equal(t, strconv.Itoa(len(out.text)), out.header.Get("Content-Length"))
		require.Nil(t, out.body, "%s: %s", model, out.text)
	}
	require.Equal(t, obj{"result": true, "errors": []any{}}, ask(a.finished("sandbox/detail-bare")).body)

	once := a.finished("sandbox/detail-502-once")
	require.Equal(t, http.StatusBadGateway, ask(once).status)
	require.Equal(t, "0", a.detail(once)["pexit"])

	a.s.Behave("sandbox/run-forever", emulator.Behavior{HoldAt: emulator.TaskStart, Detail: []emulator.Behavior{{Status: http.StatusBadGateway}}})
	token := a.run("sandbox/run-forever", obj{})
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.TaskStart))
	require.Equal(t, "task_start", a.detail(token)["status"], "all is well until the end")
	a.ok("Task/Kill", obj{"tasktoken": token})
	require.Equal(t, http.StatusBadGateway, ask(token).status)
}

func TestDetailLagsBehindTheFinalEvent(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("sandbox/detail-lag", emulator.Behavior{Lag: time.Hour})
	late := a.detail(a.finished("sandbox/detail-lag"))
	require.Equal(t, "task_postprocess_start", late["status"])
	require.Nil(t, late["pexit"])
	require.Equal(t, "0", late["totalcost"])
	require.Empty(t, late["outputs"])

	a.s.Behave("sandbox/detail-lag", emulator.Behavior{Lag: time.Nanosecond})
	require.Equal(t, "0", a.detail(a.finished("sandbox/detail-lag"))["pexit"])
}

func TestParametersComeBackHuge(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	task := a.detail(a.finished("sandbox/huge-parameters"))
	require.Len(t, task["parameters"].(obj)["padding"], 8<<20)
	require.Equal(t, "x", task["parameters"].(obj)["prompt"])
}

func TestAcceptedRunsLoseTheirAnswer(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for i, model := range []string{"sandbox/accepted-502", "sandbox/accepted-429", "sandbox/accepted-bare"} {
		out := a.post("Run/"+model, obj{"prompt": "x"})
		token, err := a.s.Launched(a.ctx(), i+1)
		require.NoError(t, err)
		require.Equal(t, "0", a.finish(token)["pexit"], model)
		switch model {
		case "sandbox/accepted-502":
			require.Equal(t, http.StatusBadGateway, out.status)
			require.NotContains(t, out.text, token)
		case "sandbox/accepted-429":
			require.Equal(t, http.StatusTooManyRequests, out.status)
			require.Equal(t, token, out.body["socketaccesstoken"])
		default:
			require.Equal(t, obj{"result": true, "errors": []any{}}, out.body)
		}
	}
}

func TestTasksAreChargedHoweverTheyEnd(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	failed := a.detail(a.finished("sandbox/charged-fail"))
	require.Equal(t, "1", failed["pexit"])
	require.InDelta(t, 0.05, number(t, failed["totalcost"]), 1e-9)

	killed := a.run("sandbox/charged-run-forever", obj{})
	require.NoError(t, a.s.Reached(a.ctx(), killed, emulator.TaskStart))
	a.ok("Task/Kill", obj{"tasktoken": killed})
	require.InDelta(t, 0.05, number(t, a.detail(killed)["totalcost"]), 1e-9)

	canceled := a.run("sandbox/charged-queue-forever", obj{})
	a.ok("Task/Cancel", obj{"tasktoken": canceled})
	require.InDelta(t, 0.05, number(t, a.detail(canceled)["totalcost"]), 1e-9)
	require.InDelta(t, emulator.DemoBalance-0.15, a.s.Balance(emulator.DemoKey), 1e-9)
}

func TestPricesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for model, price := range map[string]string{
		"price-null": `null`, "price-dollars": `"$49"`, "price-nan": `"NaN"`, "price-negative": `-5`,
	} {
		require.Equal(t, `[{"inputs":{},"price":`+price+`,"priceMethod":"cpr"}]`, a.model("sandbox", model)["dynamicprice"])
	}
	missing := a.model("sandbox", "price-missing")
	for _, name := range []string{"dynamicprice", "cps", "approximatelycost"} {
		require.NotContains(t, missing, name)
	}
	require.InDelta(t, 0.05, number(t, a.result("sandbox/price-missing", obj{})["totalcost"]), 1e-9)
}

func TestAnswersAreEditedByPath(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("Tool/Detail", emulator.Behavior{
		Edit: map[string]any{"tool.0.dynamicprice": -5, "tool.*.title": "Other"},
		Drop: []string{"tool.0.id", "errors", "nowhere.at.all"},
	})
	out := a.post("Tool/Detail", obj{"slugowner": "openai", "slugproject": "sora-2"}).body
	model := objects(out["tool"])[0]
	require.Equal(t, -5.0, model["dynamicprice"])
	require.Equal(t, "Other", model["title"])
	require.NotContains(t, model, "id")
	require.NotContains(t, out, "errors")

	a.s.Behave("Tool/Detail", emulator.Behavior{Drop: []string{"*"}})
	require.Equal(t, obj{}, a.post("Tool/Detail", obj{"slugowner": "openai", "slugproject": "sora-2"}).body)
	a.s.Behave("Tool/Detail", emulator.Behavior{Accept: true, Status: http.StatusTeapot})
	require.Equal(t, http.StatusTeapot, a.post("Tool/Detail", obj{"slugowner": "openai", "slugproject": "sora-2"}).status)
}

func TestPricesOfAgentsCannotBeReadEither(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	a.s.Behave("UserAgent/PricingPreview", emulator.Behavior{
		Edit: map[string]any{"totalPriceUsd": "$49", "tiers.*.priceUsd": nil, "skillBreakdown.*.priceUsd": "NaN"},
		Drop: []string{"peractioncosts"},
	})
	guid := a.deploy("blog-content-editor", obj{"credentials": blog})
	out := a.ok("UserAgent/PricingPreview", obj{"useragentguid": guid})
	require.Equal(t, "$49", out["totalPriceUsd"])
	require.NotContains(t, out, "peractioncosts")
	require.Nil(t, out["tiers"].(obj)["pro"].(obj)["priceUsd"])
	require.NotEmpty(t, out["skillBreakdown"])
	for _, price := range pluck(out["skillBreakdown"], "priceUsd") {
		require.Equal(t, "NaN", price)
	}
}
