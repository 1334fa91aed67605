package tools_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func rows(a answer) (found []map[string]any) {
	for _, row := range a.at("models").([]any) {
		found = append(found, row.(map[string]any))
	}
	return found
}

func slugs(a answer) (found []string) {
	for _, row := range rows(a) {
		found = append(found, row["slug"].(string))
	}
	return found
}

func TestRowsOfModelsSayWhatDecides(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	a := s.call("search_models", `{"search":"sora","sort":"price","limit":"1"}`).
		ok("openai/sora-2", "$0.10 per second of video", "usually 45 seconds", "% succeed", "rated ", "Next: get_model_schema")
	row := rows(a)[0]
	require.InDelta(t, 45, row["seconds"], 0)
	for _, number := range []string{"successRate", "rating"} {
		require.Positive(t, row[number], number)
	}
	require.InDelta(t, 1, a.at("nextStart"), 0)
	require.Equal(t, "get_model_schema", a.at("nextAction.tool"))
	last := s.call("search_models", `{"search":"sora"}`).ok()
	require.Nil(t, last.at("nextStart"))
	require.Contains(t, last.data, "nextStart")
}

func TestModelsAreSortedAndFilteredByPrice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	all := s.call("search_models", `{"categories":["text-to-video"],"sort":"price","limit":100}`).ok("typical run")
	cheapest := slugs(all)
	require.Greater(t, len(cheapest), 10)
	require.Equal(t, 1, s.sandbox.RequestCount("Tool/List"))

	some := s.call("search_models", `{"categories":["text-to-video"],"sort":"price","max_price_usd":0.3,"limit":100}`).ok()
	require.Less(t, len(slugs(some)), len(cheapest))
	require.Equal(t, cheapest[:len(slugs(some))], slugs(some))
	require.NotContains(t, slugs(some), "openai/sora-2", "$0.50 for 5 s")

	// Pages of the sorted list follow one another, whatever Wiro's own order is.
	second := s.call("search_models", `{"categories":["text-to-video"],"sort":"price","start":3,"limit":2}`).ok()
	require.Equal(t, cheapest[3:5], slugs(second))
	require.InDelta(t, 5, second.at("nextStart"), 0)
	dearest := slugs(s.call("search_models", `{"categories":["text-to-video"],"sort":"price","order":"DESC","limit":100}`).ok())
	require.ElementsMatch(t, cheapest, dearest)
	require.NotEqual(t, cheapest[0], dearest[0])

	none := s.call("search_models", `{"categories":["text-to-video"],"max_price_usd":0.0001}`).ok("No model matches")
	require.Equal(t, "search_models", none.at("nextAction.tool"))
	require.NotContains(t, none.at("nextAction.arguments"), "max_price_usd")
}

func TestAnUnknownCategoryGetsTheClosestOnes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for given, want := range map[string]string{"txt-to-image": "text-to-image", "Text To Video": "text-to-video", "speech_to_text": "speech-to-text"} {
		a := s.call("search_models", `{"categories":["`+given+`"],"limit":"3"}`).refused("There is no category", want)
		require.Equal(t, []any{want}, a.at("nextAction.arguments.categories"))
		require.InDelta(t, 3, a.at("nextAction.arguments.limit"), 0, "arguments keep their types")
		next, err := json.Marshal(a.at("nextAction.arguments"))
		require.NoError(t, err)
		require.NotEmpty(t, slugs(s.call("search_models", string(next)).ok()))
	}
	s.call("search_models", `{"categories":["llm","chatbots"]}`).ok("There is no category \"chatbots\".")
	a := s.call("search_models", `{"search":"xyzzy"}`).ok("No model matches")
	require.Equal(t, "recommend_model", a.at("nextAction.tool"))
	a = s.call("search_models", `{"categories":["speech-to-video"]}`).ok("No model matches")
	require.Equal(t, "explore", a.at("nextAction.tool"))
}

func TestShelvesAreShortAndHavePrices(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	a := s.call("explore", `{}`).ok("## Video (", "per second of video")
	require.Less(t, len(a.text), 4500)
	shelves := a.at("categories").([]any)
	require.Greater(t, len(shelves), 8)
	for _, shelf := range shelves {
		models := shelf.(map[string]any)["models"].([]any)
		require.LessOrEqual(t, len(models), 5)
		for _, model := range models {
			for _, member := range []string{"slug", "title", "categories", "pricing"} {
				require.NotEmpty(t, model.(map[string]any)[member], "%v", model)
			}
		}
	}
	requests := s.sandbox.RequestCount("Tool/List")
	s.call("explore", `{}`).ok()
	require.Equal(t, requests, s.sandbox.RequestCount("Tool/List"), "prices are kept")
}

func TestModelsThatMisbehaveStayOutUnlessAskedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	misbehaves := func(slug string) bool { return strings.HasPrefix(slug, "sandbox/") }
	for _, query := range []string{`{"search":"image","limit":100}`, `{"categories":["llm"],"limit":100}`} {
		require.False(t, slices.ContainsFunc(slugs(s.call("search_models", query).ok()), misbehaves), query)
	}
	for _, query := range []string{`{"search":"sandbox"}`, `{"search":"echo"}`, `{"slugowner":"sandbox"}`, `{"categories":["sandbox"]}`} {
		require.True(t, slices.ContainsFunc(slugs(s.call("search_models", query).ok()), misbehaves), query)
	}
}
