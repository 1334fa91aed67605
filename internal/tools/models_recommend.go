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
	"github.com/wiroai/wiro-mcp-go/internal/params"
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
	lookedAt    = 3   // categories
	asLikely    = 0.4 // part of the first job's probability with which another is named too
)

// recommendModel takes the request for a kind of work, and ranks the models of its categories. A
// request that names no kind of work is searched for by its words, as it may name a model.
func recommendModel(ctx context.Context, call *Call, in recommendation) (Recommendations, error) {
	wanted := intent.Understand(in.Task)
	jobs := wanted.Jobs[:min(len(wanted.Jobs), 3)]
	models, err := call.modelsForJobs(ctx, jobs, wanted)
	if err != nil {
		return Recommendations{}, err
	}
	if len(models) == 0 {
		jobs = nil
		if !wanted.Errand {
			if models, err = call.modelsByWords(ctx, in.Task, wanted); err != nil {
				return Recommendations{}, err
			}
		}
	}
	return call.recommendations(models[:min(len(models), recommended)], takenFor(jobs, wanted)), nil
}

// takenFor says in words what a request may mean.
func takenFor(jobs []intent.Job, wanted intent.Intent) string {
	var kinds []string
	for _, job := range jobs {
		if job.Score >= asLikely*jobs[0].Score && !slices.Contains(kinds, job.As) {
			kinds = append(kinds, job.As)
		}
	}
	text := strings.Join(kinds, ", or ")
	if text != "" && wanted.Cheap {
		text += ", cheap ones first"
	}
	if text != "" && wanted.Fast {
		text += ", fast ones first"
	}
	return text
}

// modelsForJobs ranks the models of each job, and mixes them: most are of the first job if it is
// surely meant.
func (c *Call) modelsForJobs(ctx context.Context, jobs []intent.Job, wanted intent.Intent) ([]wiro.Model, error) {
	categories := categoriesOf(jobs)
	found := make([][]wiro.Model, len(categories))
	group, searching := errgroup.WithContext(ctx)
	for i, category := range categories {
		group.Go(func() error {
			page, err := c.Wiro.Models.List(searching, wiro.ModelQuery{Categories: []string{category}, Sort: "ratedusercount", Order: "DESC", Limit: candidates})
			found[i] = page.Models
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	lists := make([][]wiro.Model, len(jobs))
	for i, job := range jobs {
		var models []wiro.Model
		seen := map[string]bool{}
		for at, category := range categories {
			if !slices.Contains(job.Categories, category) {
				continue
			}
			for _, m := range found[at] {
				if !seen[m.ID] {
					seen[m.ID] = true
					models = append(models, m)
				}
			}
		}
		lists[i] = ranked(models, wanted, job.Categories)
	}
	return interleave(lists, len(jobs) > 0 && jobs[0].Score >= intent.Sure), nil
}

// categoriesOf are those to look at: the first of each job, then the others of the likeliest.
func categoriesOf(jobs []intent.Job) []string {
	var categories []string
	add := func(category string) {
		if len(categories) < lookedAt && !slices.Contains(categories, category) {
			categories = append(categories, category)
		}
	}
	for _, job := range jobs {
		add(job.Categories[0])
	}
	for _, job := range jobs {
		for _, category := range job.Categories {
			add(category)
		}
	}
	return categories
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

// ranked puts models first that are of the closest category and of few others, whose texts have
// more of the words, those above all that few others have, then models that people rate, run and
// that succeed more; if the request asks for it, also those that cost less or take less time.
func ranked(models []wiro.Model, wanted intent.Intent, categories []string) []wiro.Model {
	const perWord, closest, foreign = 1.5, 1, -0.2
	stems := make([]string, len(wanted.Words))
	for i, word := range wanted.Words {
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
	if wanted.Cheap {
		subtractExcess(scores, models, func(m wiro.Model) float64 { return typicalPrice(quoteModel(m, params.Schema{})) })
	}
	if wanted.Fast {
		subtractExcess(scores, models, func(m wiro.Model) float64 {
			if usual, ok := quoteModel(m, params.Schema{}).UsualTime(); ok {
				return usual.Seconds()
			}
			return math.Inf(1)
		})
	}
	for _, m := range models {
		total := m.AveragePoint/5 + math.Log10(float64(1+max(0, m.RatedUserCount)))/4 + math.Log10(float64(1+max(0, m.Stats.Runs)))/7
		for i, stem := range stems {
			if has(m, stem) {
				total += weights[i]
			}
		}
		for _, category := range m.Categories {
			switch slices.Index(categories, category) {
			case 0:
				total += closest
			case -1:
				total += foreign
			}
		}
		if ended := m.Stats.Successes + m.Stats.Errors; ended > 0 {
			total += float64(m.Stats.Successes)/float64(ended) - 1
		}
		scores[m.ID] += total
	}
	models = slices.Clone(models)
	slices.SortStableFunc(models, func(a, b wiro.Model) int { return cmp.Compare(scores[b.ID], scores[a.ID]) })
	return models
}

// subtractExcess takes from the score of each model how many powers of ten its value is above the
// least, at most two.
func subtractExcess(scores map[string]float64, models []wiro.Model, value func(wiro.Model) float64) {
	values, least := make(map[string]float64, len(models)), math.Inf(1)
	for _, m := range models {
		values[m.ID] = value(m)
		if v := values[m.ID]; v > 0 {
			least = min(least, v)
		}
	}
	for id, v := range values {
		if v > least {
			scores[id] -= min(2, math.Log10(v/least))
		}
	}
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

// interleave takes the first models of the lists in turn, without repetitions; of the first list
// two at a time if it is surely meant.
func interleave(lists [][]wiro.Model, firstIsSure bool) []wiro.Model {
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
			if i == 0 && firstIsSure {
				more = take(0) || more
			}
			more = take(i) || more
		}
	}
	return models
}

// modelsByWords gathers the models that the request names: it finds them as a whole, or by its words.
func (c *Call) modelsByWords(ctx context.Context, request string, wanted intent.Intent) ([]wiro.Model, error) {
	const most, shortest = 2, 4 // words, letters of one that names a model
	named := func(m wiro.Model) bool {
		name := strings.ToLower(m.Title + " " + m.Slug().Model)
		return slices.ContainsFunc(wanted.Words, func(word string) bool { return len(word) >= shortest && strings.Contains(name, word) })
	}
	for _, search := range append([]string{request}, wanted.Words[:min(len(wanted.Words), most)]...) {
		page, err := c.Wiro.Models.List(ctx, wiro.ModelQuery{Search: search, Sort: "relevance", Limit: candidates})
		if err != nil {
			return nil, err
		}
		if models := slices.DeleteFunc(page.Models, func(m wiro.Model) bool { return !named(m) }); len(models) > 0 {
			return ranked(models, wanted, nil), nil
		}
	}
	return nil, nil
}
