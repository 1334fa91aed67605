package tools

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"golang.org/x/sync/errgroup"

	"github.com/wiroai/wiro-mcp-go/internal/intent"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var recommendModelTool = define(mcptool.Meta{
	Name:        "recommend_model",
	Title:       "Recommend a model",
	Description: "Which model to take for a job: describe it, get the five that do it best, with prices.",
	Toolset:     Models,
	Examples:    []mcptool.Example{{Arguments: `{"task": "upscale an image to 4K"}`}},
}, recommendModel)

const (
	recommended = 5   // models
	candidates  = 100 // of each category that is looked at
)

// recommendModel takes the request for a kind of work, and ranks the models of its categories. The
// request is also searched for by its words, which is all there is where it names no kind of work.
func recommendModel(ctx context.Context, call *Call, in recommendation) (Recommendations, error) {
	wanted := intent.Understand(in.Task)
	categories := slices.Clone(wanted.Categories[:min(3, len(wanted.Categories))])
	if wanted.Else != "" {
		categories = slices.Insert(categories, 1, wanted.Else)
	}
	found := make([][]wiro.Model, len(categories))
	group, searching := errgroup.WithContext(ctx)
	for i, category := range categories {
		group.Go(func() error {
			page, err := call.Wiro.Models.List(searching, wiro.ModelQuery{Categories: []string{category}, Sort: "ratedusercount", Order: "DESC", Limit: candidates})
			found[i] = ranked(page.Models, wanted.Words)
			return err
		})
	}
	var worded []wiro.Model
	group.Go(func() (err error) {
		worded, err = call.modelsByWords(searching, in.Task, wanted.Words)
		return err
	})
	if err := group.Wait(); err != nil {
		return Recommendations{}, err
	}
	models := interleave(found)
	if len(models) == 0 {
		models, wanted.As = worded, ""
	} else if wanted.Else == "" && len(worded) > 0 && speaksOf(worded[0], wanted.Words) && !slices.ContainsFunc(models[:min(2, len(models))], func(m wiro.Model) bool { return m.ID == worded[0].ID }) {
		// The request may have been taken for the wrong kind: the third has its words.
		models = slices.DeleteFunc(models, func(m wiro.Model) bool { return m.ID == worded[0].ID })
		models = slices.Insert(models, min(2, len(models)), worded[0])
	}
	return call.recommendations(models[:min(len(models), recommended)], wanted.As), nil
}

type recommendation struct {
	Task string `json:"task" doc:"what to make, such as \"upscale an image to 4K\""`
}

// Recommendations are the models for a job, best first.
type Recommendations struct {
	ModelList
	TakenFor string `json:"takenFor,omitempty"` // the kind of work, such as "a video from an image"
}

func (c *Call) recommendations(models []wiro.Model, takenFor string) Recommendations {
	r := Recommendations{TakenFor: takenFor}
	r.ModelList = modelList(wiro.ModelPage{Models: models, Total: int64(len(models))}, 0, recommended)
	switch {
	case len(models) > 0:
		r.NextAction = c.Next("get_model_schema", "see what the first one takes and costs", map[string]any{"model": r.Models[0].Slug})
	default:
		r.NextAction = c.Next("explore", "browse what there is", map[string]any{})
	}
	return r
}

// Text says what the request was taken for, or asks back.
func (r Recommendations) Text() string {
	switch {
	case len(r.Models) == 0:
		return mcptool.TextWithNext("No model fits these words. Say what goes in and what should come out, such as \"a video from a photo\" or \"speech from text\".", r.NextAction)
	case r.TakenFor == "":
		return "The request names no kind of work; these models have its words. Say what goes in and what should come out for better ones.\n" + r.ModelList.Text()
	}
	return "Taken for " + r.TakenFor + ".\n" + r.ModelList.Text()
}

// ranked puts models first whose texts have more of the words, those above all that few others
// have, then models that people rate, run and that succeed more.
func ranked(models []wiro.Model, words []string) []wiro.Model {
	const perWord = 1.5
	stems := make([]string, len(words))
	for i, word := range words {
		stems[i] = stemOf(word)
	}
	texts := make(map[string][]string, len(models))
	for _, m := range models {
		texts[m.ID] = textWords(m)
	}
	has := func(m wiro.Model, stem string) bool { return hasStem(texts[m.ID], stem) }
	weights := make([]float64, len(stems))
	for i, stem := range stems {
		holders := 0
		for _, m := range models {
			if has(m, stem) {
				holders++
			}
		}
		weights[i] = perWord * math.Log(float64(len(models)+1)/(float64(holders)+0.5)) / math.Log(float64(len(models)+1)*2)
	}
	scores := make(map[string]float64, len(models))
	for _, m := range models {
		total := m.AveragePoint/5 + math.Log10(float64(1+max(0, m.RatedUserCount)))/4 + math.Log10(float64(1+max(0, m.Stats.Runs)))/7
		for i, stem := range stems {
			if has(m, stem) {
				total += weights[i]
			}
		}
		if ended := m.Stats.Successes + m.Stats.Errors; ended > 0 {
			total += float64(m.Stats.Successes)/float64(ended) - 1
		}
		scores[m.ID] = total
	}
	models = slices.Clone(models)
	slices.SortStableFunc(models, func(a, b wiro.Model) int { return cmp.Compare(scores[b.ID], scores[a.ID]) })
	return models
}

func stemOf(word string) string {
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}

// textWords are the words of what is said about a model.
func textWords(m wiro.Model) []string {
	return strings.FieldsFunc(strings.ToLower(m.Title+" "+m.Slug().Model+" "+m.Summary()+" "+strings.Join(m.Tags, " ")), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

func hasStem(words []string, stem string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, stem) })
}

// speaksOf reports whether the texts of a model have a third of the words or more: one in common may be chance.
func speaksOf(m wiro.Model, words []string) bool {
	texts, held := textWords(m), 0
	for _, word := range words {
		if hasStem(texts, stemOf(word)) {
			held++
		}
	}
	return held > 0 && 3*held >= len(words)
}

// interleave takes two models of the first list, then one of each other list in turn, without
// repetitions: a request that was taken for the wrong kind still has one that fits.
func interleave(lists [][]wiro.Model) []wiro.Model {
	var models []wiro.Model
	seen := map[string]bool{}
	take := func(i int) bool {
		for len(lists[i]) > 0 {
			m := lists[i][0]
			lists[i] = lists[i][1:]
			if !seen[m.ID] {
				seen[m.ID] = true
				models = append(models, m)
				return true
			}
		}
		return false
	}
	for more := true; more; {
		more = false
		for i := range lists {
			if i == 0 {
				more = take(0) || more
			}
			more = take(i) || more
		}
	}
	return models
}

// modelsByWords gathers the models that the request finds as a whole, or else by its words.
func (c *Call) modelsByWords(ctx context.Context, request string, words []string) ([]wiro.Model, error) {
	const most = 5
	for _, search := range append([]string{request}, words[:min(len(words), most)]...) {
		page, err := c.Wiro.Models.List(ctx, wiro.ModelQuery{Search: search, Sort: "relevance", Limit: candidates})
		if err != nil || len(page.Models) > 0 {
			return ranked(page.Models, words), err
		}
	}
	return nil, nil
}
