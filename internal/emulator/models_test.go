package emulator_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func slugs(list any) []string {
	var found []string
	for _, m := range list.([]any) {
		found = append(found, m.(obj)["cleanslugowner"].(string)+"/"+m.(obj)["cleanslugproject"].(string))
	}
	return found
}

func TestCatalogIsListedPageByPage(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	first := a.ok("Tool/List", obj{"summary": true})
	require.Len(t, first["tool"], 20, "the default limit")
	require.Equal(t, "258", first["total"], "a total is a string")
	require.Equal(t, 258.0, a.ok("Tool/List", obj{})["total"], "or a number")

	seen := map[string]bool{}
	for start := 0; ; start += 50 {
		page := slugs(a.ok("Tool/List", obj{"start": start, "limit": "50"})["tool"])
		for _, slug := range page {
			require.False(t, seen[slug], "%s twice", slug)
			seen[slug] = true
		}
		if len(page) < 50 {
			break
		}
	}
	require.Len(t, seen, 258)
	require.Empty(t, a.ok("Tool/List", obj{"start": "1000"})["tool"])
}

func TestModelsAreSearchedFilteredAndSorted(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	list := func(query obj) []string { return slugs(a.ok("Tool/List", query)["tool"]) }

	require.Subset(t, list(obj{"search": "flux", "limit": 100}), []string{"wiro/flux-2-dev", "black-forest-labs/flux-2-pro", "black-forest-labs/flux-kontext-pro", "wiro/flux-lora-trainer"})
	require.Equal(t, "wiro/image-upscaler", list(obj{"search": "upscale an image to 4K", "sort": "relevance"})[0])
	require.Equal(t, "openai/whisper-large-3", list(obj{"search": "transcribe audio to text"})[0])
	require.Contains(t, list(obj{"search": "transcription of a phone call"}), "elevenlabs/scribe-v2", "any word, where no model has all")
	require.Empty(t, list(obj{"search": "xyzzy"}))
	require.ElementsMatch(t, []string{"wiro/voxtral-mini-realtime"}, list(obj{"categories": []string{"realtime-stt"}}))
	require.Subset(t, list(obj{"categories": []string{"speech-to-text"}}), []string{"openai/whisper-large-3", "elevenlabs/scribe-v2", "wiro/voxtral-mini-realtime"})
	require.ElementsMatch(t, []string{"wiro/ugc-creator"}, list(obj{"tags": []string{"ugc"}}))
	for _, slug := range list(obj{"slugowner": "google", "limit": 100}) {
		require.Regexp(t, "^google/", slug)
	}
	require.Contains(t, list(obj{"limit": 100}), "wiro/product-video-workflow")
	require.NotContains(t, list(obj{"limit": 100, "hideworkflows": true}), "wiro/product-video-workflow")

	up := list(obj{"limit": 100, "sort": "id", "order": "ASC", "slugowner": "google"})
	down := list(obj{"limit": 100, "sort": "id", "order": "DESC", "slugowner": "google"})
	slices.Reverse(up)
	require.Equal(t, up, down)
	var points []float64
	for _, m := range a.ok("Tool/List", obj{"sort": "averagepoint", "limit": 100})["tool"].([]any) {
		points = append(points, number(t, m.(obj)["averagepoint"]))
	}
	slices.Reverse(points)
	require.True(t, slices.IsSorted(points))
}

// number reads a number that may be a string.
func number(t *testing.T, v any) float64 {
	t.Helper()
	if text, ok := v.(string); ok {
		v = json.Number(text)
	}
	var n float64
	data, err := json.Marshal(v)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &n))
	return n
}

func (a *api) model(owner, name string) obj {
	return a.ok("Tool/Detail", obj{"slugowner": owner, "slugproject": name})["tool"].([]any)[0].(obj)
}

func TestDetailDescribesParameters(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	m := a.model("google", "nano-banana-pro")
	groups := m["parameters"].([]any)
	require.Len(t, groups, 2)
	prompt := groups[0].(obj)["items"].([]any)[0].(obj)
	require.Equal(t, "prompt", prompt["id"])
	require.Equal(t, "textarea", prompt["type"])
	require.Equal(t, true, prompt["required"])
	images := groups[0].(obj)["items"].([]any)[1].(obj)
	require.Equal(t, "combinefileinput", images["type"])
	require.Equal(t, 14.0, images["max"])
	resolution := groups[1].(obj)["items"].([]any)[1].(obj)
	require.Equal(t, obj{"label": "4K", "value": "4K"}, resolution["options"].([]any)[2])
	require.Equal(t, "1K", resolution["default"])

	require.Equal(t, "wiro", a.model("wiro", "Virtual Try-On")["cleanslugowner"], "slugs as people write them")
	require.Contains(t, a.model("wiro", "virtual-try-on")["categories"], "tool", "the pseudo-category")

	code, message := a.refused("Tool/Detail", obj{"slugowner": "openai", "slugproject": "sora-9"})
	require.Equal(t, 1.0, code)
	require.Equal(t, "slug-owner-project-not-exist", message)
	_, message = a.refused("Tool/Detail", obj{"slugowner": "openai"})
	require.Equal(t, "Request parameter [slugproject] required", message)
}

func TestCatalogCoversEveryParameterTypeAndBillingMethod(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	kinds, methods := map[string]bool{}, map[string]bool{}
	for _, start := range []int{0, 50, 100, 150, 200} {
		for _, slug := range a.ok("Tool/List", obj{"limit": 50, "start": start})["tool"].([]any) {
			m := a.model(slug.(obj)["cleanslugowner"].(string), slug.(obj)["cleanslugproject"].(string))
			groups, _ := m["parameters"].([]any)
			for _, g := range groups {
				for _, item := range g.(obj)["items"].([]any) {
					kinds[item.(obj)["type"].(string)] = true
				}
			}
			var tiers []struct{ PriceMethod string }
			switch price := m["dynamicprice"].(type) {
			case string:
				if price != "" && m["slugowner"] != "sandbox" {
					require.NoError(t, json.Unmarshal([]byte(price), &tiers))
				}
			case []any:
				data, err := json.Marshal(price)
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(data, &tiers))
			}
			for _, tier := range tiers {
				methods[tier.PriceMethod] = true
			}
			if len(tiers) == 0 && m["slugowner"] != "sandbox" {
				require.NotEmpty(t, m["cps"], m["title"])
				require.NotEmpty(t, m["approximatelycost"])
			}
		}
	}
	for _, kind := range []string{"text", "textarea", "select", "range", "fileinput", "multifileinput", "combinefileinput", "multiselect", "boolean", "color"} {
		require.True(t, kinds[kind], kind)
	}
	for _, method := range []string{
		"cpr", "cps", "cpo", "cpt", "cp-pixel", "cp-audiosecondslength", "cp-promptlength",
		"cp-outputVideoLength", "cp-realtimeturn", "cp-readoutput",
	} {
		require.True(t, methods[method], method)
	}
}

// items are the parameters of a model, by id.
func items(t *testing.T, model obj) map[string]obj {
	t.Helper()
	found := map[string]obj{}
	for _, g := range objects(model["parameters"]) {
		for _, item := range objects(g["items"]) {
			found[item["id"].(string)] = item
		}
	}
	return found
}

func TestCatalogKeepsWhatIsAwkward(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})

	mixed := a.model("bytedance", "seedance-pro-v1-5")
	require.Equal(t, "ByteDance", mixed["slugowner"])
	require.Equal(t, "seedance-pro-v1.5", mixed["slugproject"])
	require.Equal(t, "bytedance", mixed["cleanslugowner"])
	require.Equal(t, "seedance-pro-v1-5", mixed["cleanslugproject"])
	require.Equal(t, mixed["id"], a.model("ByteDance", "seedance-pro-v1.5")["id"])
	require.Equal(t, "wan-2-6", a.model("alibaba", "wan 2.6")["cleanslugproject"])

	in := items(t, mixed)
	require.Equal(t, "text", in["inputImageUrl"]["type"], "an address where others have a file")
	require.Equal(t, "select", in["generateAudio"]["type"])
	require.Equal(t, []string{"false", "true"}, []string{pluck(in["watermark"]["options"], "value")[0].(string), pluck(in["watermark"]["options"], "value")[1].(string)})
	require.Equal(t, "False", pluck(in["watermark"]["options"], "label")[0])
	require.Contains(t, pluck(items(t, a.model("ByteDance", "seedream-v5-lite"))["resolution"]["options"], "value"), "")
	require.Equal(t, "multiselect", items(t, a.model("ACE-Step", "text-to-song-ACE-Step1.5"))["genre"]["type"])

	a.s.Behave("Run/ByteDance/DreamActor", emulator.Behavior{FailWith: &emulator.Exit{}})
	for _, slug := range []string{"ByteDance/DreamActor", "bytedance/dreamactor"} {
		task := a.result(slug, obj{"inputImageUrl": "https://example.com/a.png", "inputVideoUrl": "https://example.com/a.mp4"})
		require.Equal(t, "1", task["pexit"], slug)
	}
}

func TestEveryModelRunsWithItsRequiredParameters(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for start := 0; start < 258; start += 100 {
		for _, m := range objects(a.ok("Tool/List", obj{"limit": 100, "start": start})["tool"]) {
			slug := m["cleanslugowner"].(string) + "/" + m["cleanslugproject"].(string)
			m = a.model(m["cleanslugowner"].(string), m["cleanslugproject"].(string))
			if m["cleanslugowner"] == "sandbox" || m["parameters"] == nil {
				continue
			}
			params := obj{}
			for id, item := range items(t, m) {
				if item["required"] == false || item["required"] == "false" {
					continue
				}
				switch item["type"] {
				case "range":
					params[id] = 1
					if lowest, bounded := item["min"]; bounded {
						params[id] = lowest
					}
				case "select", "multiselect":
					params[id] = "x"
					for _, value := range pluck(item["options"], "value") {
						if value != "" {
							params[id] = value
						}
					}
				default:
					params[id] = "https://example.com/file"
				}
				if id == "trainModelName" {
					params[id] = "My_model-1.0"
				}
			}
			out := a.post("Run/"+slug, params)
			require.Equal(t, true, out.body["result"], "%s: %s", slug, out.text)
			if slices.ContainsFunc(m["categories"].([]any), func(c any) bool { return strings.HasPrefix(c.(string), "realtime") }) {
				continue // it waits for its client
			}
			task := a.finish(out.body["socketaccesstoken"].(string))
			require.Equal(t, "0", task["pexit"], "%s: %v", slug, task["debugerror"])
			require.NotEmpty(t, outputs(task), slug)
		}
	}
}

func TestTrainedModelsNeedANameOfTheirOwn(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	for name, problem := range map[string]string{
		"a model": "Your model name should be contain (A-Z) (0-9) (-) (_) (.)",
		"Wiro":    "This name is not allowed", "rag-chat": "This model name is already in use",
	} {
		out := a.post("Run/wiro/train-flux-lora", obj{"trainModelName": name})
		require.Contains(t, pluck(out.body["errors"], "message"), problem)
	}
}

func TestCombinedFilesHaveNoCompanion(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	_, message := a.refused("Run/pruna/p-image-edit", obj{"prompt": "x", "inputImagesUrl": "https://example.com/a.png"})
	require.Equal(t, "Request files [inputImages] required", message)
	a.ok("Run/pruna/p-image-edit", obj{"prompt": "x", "inputImages": []string{"https://example.com/a.png", "https://example.com/b.png"}})
	a.ok("Run/xinntao/Real-ESRGAN", obj{"inputImageUrl": "https://example.com/a.png", "modelName": "RealESRGAN_x4plus"})
}

func TestSameThingIsWrittenInDifferentWays(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	require.IsType(t, "", a.model("openai", "sora-2")["dynamicprice"])
	require.IsType(t, []any{}, a.model("google", "nano-banana")["dynamicprice"])
	require.Nil(t, a.model("wiro", "flux-2-dev")["dynamicprice"])
	require.Equal(t, "", a.model("stability-ai", "sdxl")["dynamicprice"])
	require.Nil(t, a.model("wiro", "virtual-try-on")["parameters"])
	require.IsType(t, "", a.model("openai", "sora-2")["id"])
	require.IsType(t, 0.0, a.model("google", "nano-banana")["id"])
	kontext := a.model("black-forest-labs", "flux-kontext-pro")["parameters"].([]any)[0].(obj)["items"].([]any)[0].(obj)
	require.Equal(t, "true", kontext["required"])
	require.IsType(t, 0.0, a.ok("Run/google/nano-banana", obj{"prompt": "x"})["taskid"])
	require.IsType(t, "", a.ok("Run/sandbox/echo", obj{"prompt": "x"})["taskid"])
	code, _ := a.refused("Run/deepseek/deepseek-v3-2", obj{})
	require.Equal(t, "0", code, "a code in a string")
	require.Regexp(t, `^\d{4}-\d\d-\d\dT`, a.result("qwen/qwen-image", obj{"prompt": "x"})["starttime"])
	require.Regexp(t, `^\d+$`, a.result("sandbox/echo", obj{"prompt": "x"})["starttime"])
}

func TestExploreShowsSections(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	list := a.ok("Tool/Explore", obj{})["explore"].([]any)
	require.Greater(t, len(list), 5)
	for _, section := range list {
		require.NotEmpty(t, section.(obj)["title"])
		tools := section.(obj)["tools"].([]any)
		require.NotEmpty(t, tools)
		require.NotEmpty(t, tools[0].(obj)["cleanslugproject"])
	}
}

func TestModelsHavePictures(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	out := a.fetch(a.model("openai", "sora-2")["image"].(string))
	require.Equal(t, http.StatusOK, out.status)
	require.Equal(t, "image/png", out.header.Get("Content-Type"))
	_, err := png.Decode(bytes.NewReader([]byte(out.text)))
	require.NoError(t, err)
}
