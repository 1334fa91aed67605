package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestEachBillingMethodChargesWhatItSays(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	image := "https://example.com/a.png"
	speech := outputs(a.result("elevenlabs/text-to-speech", obj{"prompt": strings.Repeat("word ", 20)}))[0]["url"]
	seconds := 20 * 0.36
	tests := map[string]struct {
		model  string
		params obj
		want   float64
	}{
		"cpr":                          {"klingai/kling-v3", obj{"prompt": "x", "duration": "10"}, 0.84},
		"cpr by default input":         {"klingai/kling-v3", obj{"prompt": "x"}, 0.42},
		"cpr by two inputs":            {"bytedance/seedance-v1-5", obj{"prompt": "x", "resolution": "1080p", "duration": "10"}, 0.58},
		"cpo":                          {"google/imagen-v4", obj{"prompt": "x", "samples": 3}, 0.12},
		"cpo without outputs":          {"sandbox/no-outputs", obj{}, 0.05},
		"cp-pixel, one tier":           {"black-forest-labs/flux-2-pro", obj{"prompt": "x"}, 0.03},
		"cp-pixel, four tiers":         {"black-forest-labs/flux-2-pro", obj{"prompt": "x", "width": 2048, "height": "2048"}, 0.03 + 3*0.015},
		"cp-pixel with inputs":         {"black-forest-labs/flux-2-pro", obj{"prompt": "x", "width": 2048, "height": 1024, "inputImage": []string{image, image}}, 0.03 + 0.015 + 2*2*0.015},
		"cp-audiosecondslength":        {"openai/whisper-large-3", obj{"inputAudio": speech}, seconds * 0.0001},
		"cp-audiosecondslength, a URL": {"openai/whisper-large-3", obj{"inputAudio": "https://example.com/a.mp3"}, 10 * 0.0001},
		"cp-promptlength":              {"elevenlabs/text-to-speech", obj{"prompt": "Grüße an alle"}, 13 * 0.00015},
		"cp-outputVideoLength":         {"openai/sora-2", obj{"prompt": "x", "seconds": "8"}, 0.8},
		"cp-outputVideoLength by one":  {"openai/sora-2-pro", obj{"prompt": "x", "seconds": "4", "resolution": "1080p"}, 2},
		"QUANTITY:1":                   {"qwen/qwen-image-edit", obj{"prompt": "x", "inputImageMultiple": []string{image}}, 0.03},
		"QUANTITY:3":                   {"qwen/qwen-image-edit", obj{"prompt": "x", "inputImageMultipleUrl": image + "," + image, "inputImageMultiple": image}, 0.06},
		"QUANTITY with a general rest": {"wiro/cv-evaluator", obj{"inputDocumentMultiple": []string{"https://example.com/1.pdf", "https://example.com/2.pdf"}}, 0.05},
		"free":                         {"sandbox/echo", obj{"prompt": "x"}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.InDelta(t, test.want, number(t, a.result(test.model, test.params)["totalcost"]), 1e-9)
		})
	}
}

func TestCostByTheSecondFollowsElapsedTime(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for model, rate := range map[string]float64{"wiro/flux-2-dev": 0.000585, "wiro/z-image-turbo": 0.0012, "stability-ai/sdxl": 0.0012} {
		task := a.result(model, obj{"prompt": "x"})
		require.InDelta(t, number(t, task["elapsedseconds"])*rate, number(t, task["totalcost"]), 1e-6, model)
	}
	require.InDelta(t, 6*0.000585, number(t, a.model("wiro", "flux-2-dev")["approximatelycost"]), 1e-9)
}

func TestCostByTheTokenGrowsWithTheText(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	cost := func(prompt string) float64 {
		return number(t, a.result("openai/gpt-5-2", obj{"prompt": prompt})["totalcost"])
	}
	short, long := cost("hi"), cost(strings.Repeat("tell me more ", 100))
	require.Positive(t, short)
	require.Greater(t, long, short+300*0.00001, "the prompt's own tokens at least")
}

func TestModelMayReportItsOwnCost(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	task := a.result("google/gemini-3-pro", obj{"prompt": "hi"})
	require.Regexp(t, `"cost":0\.0\d+`, task["debugerror"])
	reported := strings.TrimSuffix(strings.SplitN(task["debugerror"].(string), `"cost":`, 2)[1], "}")
	require.InDelta(t, number(t, reported), number(t, task["totalcost"]), 1e-6)
}

func TestWalletPaysForSuccessAlone(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{{Key: "k", Balance: 10}}}).as("k")
	a.result("klingai/kling-v3", obj{"prompt": "x"})
	require.InDelta(t, 9.58, a.s.Balance("k"), 1e-9)
	a.result("sandbox/fail", obj{})
	token := a.run("sandbox/run-forever", obj{})
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.TaskStart))
	a.ok("Task/Kill", obj{"tasktoken": token})
	require.InDelta(t, 9.58, a.s.Balance("k"), 1e-9)
	require.Zero(t, a.s.Balance("nobody"))
}
