package tools_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The first three models of a recommendation hold one that can do the job, on requests that the
// weights were learned from (every tenth of them, as all are read elsewhere) and on others.
func TestRecommendationsCanDoTheJob(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, list := range []struct {
		file   string
		every  int
		wanted float64
	}{{"train.tsv", 10, 0.95}, {"held_out.tsv", 1, 0.93}, {"unseen.tsv", 1, 0.94}} {
		content, err := os.ReadFile("../intent/testdata/" + list.file)
		require.NoError(t, err)
		total, served := 0, 0
		for i, line := range strings.Split(strings.TrimSpace(string(content)), "\n") {
			if i%list.every != 0 {
				continue
			}
			fields := strings.Split(strings.TrimSpace(line), "\t")
			request, wanted := fields[0], fields[1]
			quoted, err := json.Marshal(request)
			require.NoError(t, err)
			result := s.call("recommend_model", `{"task":`+string(quoted)+`}`).ok()
			total++
			if result.data["takenFor"] == nil && strings.HasPrefix(wanted, "none") {
				result.ok("Say what goes in")
				served++
				continue
			}
			models := result.at("models").([]any)
			for _, model := range models[:min(3, len(models))] {
				if slices.ContainsFunc(model.(map[string]any)["categories"].([]any), func(c any) bool {
					return slices.Contains(strings.Split(wanted, ","), c.(string))
				}) {
					served++
					break
				}
			}
		}
		t.Logf("%s: %d of %d", list.file, served, total)
		require.GreaterOrEqual(t, float64(served)/float64(total), list.wanted, list.file)
	}
	s.call("recommend_model", `{"task":"qwxzy"}`).ok("Say what goes in", "explore")
	for request, slug := range map[string]string{"upscale an image to 4K": "wiro/image-upscaler", "enlarge my video": "wiro/video-upscaler"} {
		require.Equal(t, slug, s.call("recommend_model", `{"task":"`+request+`"}`).ok("$").at("models.0.slug"), request)
	}
	s.call("recommend_model", `{"task":"animate a photo"}`).ok("Taken for a video from an image")
}

// Of models of one category, those come first that do what is asked. A line has its half, the
// request, and what is in the slug or among the categories of a model that can do the job. The
// held half was not looked at while the words were chosen.
func TestRecommendationsTellModelsOfACategoryApart(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	content, err := os.ReadFile("testdata/recommendations.tsv")
	require.NoError(t, err)
	total, served := map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(content)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		require.Len(t, fields, 3, line)
		half, request, can := fields[0], fields[1], regexp.MustCompile(fields[2])
		task, err := json.Marshal(map[string]any{"task": request})
		require.NoError(t, err)
		models := s.call("recommend_model", string(task)).ok("$").at("models").([]any)
		total[half]++
		var first []string
		for _, model := range models[:min(3, len(models))] {
			m := model.(map[string]any)
			first = append(first, fmt.Sprint(m["slug"], m["categories"]))
		}
		if can.MatchString(strings.Join(first, " ")) {
			served[half]++
		} else if half == "tuned" {
			t.Logf("%s: %v", request, first)
		}
	}
	require.Len(t, total, 2)
	for half := range total {
		t.Logf("%s: %d of %d", half, served[half], total[half])
		require.GreaterOrEqual(t, float64(served[half])/float64(total[half]), 0.95, "%s: %d of %d", half, served[half], total[half])
	}
}
