package tools

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/closest"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var searchModelsTool = define(mcptool.Meta{
	Name:           "search_models",
	Title:          "Search models",
	Description:    "Find models in Wiro's catalog: slug (owner/model), price, usual run time, success rate, rating.",
	Toolset:        Models,
	TruncationHint: "Narrow the search, or page with start and limit.",
	Examples:       []mcptool.Example{{Arguments: `{"search": "flux", "categories": ["text-to-image"], "limit": 5}`}},
}, searchModels)

func searchModels(ctx context.Context, call *Call, in modelSearch) (ModelList, error) {
	limit := cmp.Or(in.Limit, 20)
	query := wiro.ModelQuery{
		Search: in.Search, Categories: in.Categories, Tags: in.Tags, Owner: in.Owner,
		Sort: in.Sort, Order: in.Order, Start: in.Start, Limit: limit,
	}
	var (
		list ModelList
		err  error
	)
	if in.Sort == sortPrice || in.MaxPrice != nil {
		list, err = call.searchByPrice(ctx, query, in)
	} else {
		var page wiro.ModelPage
		page, err = call.Wiro.Models.List(ctx, query)
		list = modelList(page, in.Start, limit)
	}
	if err != nil {
		return ModelList{}, err
	}
	if err := call.unknownCategories(&list, in); err != nil {
		return ModelList{}, err
	}
	switch {
	case len(list.Models) > 0:
		list.NextAction = call.Next("get_model_schema", "see what the first one takes and costs", map[string]any{"model": list.Models[0].Slug})
	case in.Start > 0:
		list.NextAction = call.NextPage("begin with the first", "start", 0)
	case in.MaxPrice != nil:
		arguments := call.Arguments()
		delete(arguments, "max_price_usd")
		arguments["sort"] = sortPrice
		list.NextAction = call.Next("search_models", "see the cheapest that match", arguments)
	case in.Search != "":
		list.NextAction = call.Next("recommend_model", "describe what you want to make instead", map[string]any{"task": in.Search})
	default:
		list.NextAction = call.Next("explore", "browse what there is", map[string]any{})
	}
	return list, nil
}

type modelSearch struct {
	Search     string   `json:"search,omitempty" doc:"words, such as \"flux\""`
	Categories []string `json:"categories,omitempty" doc:"any of: text-to-{3d,image,music,song,speech,video}, image-to-{3d,image,text,video}, image-{editing,generation}, video, video-to-{text,video}, speech-to-{text,video}, talking-head, audio, voice-{clone,cloning}, realtime-{conversation,stt,tts}, 3d, 3d-generation, llm, llm-reasoning, chat, rag, embedding, translation, training, e-commerce, hr-tools"`
	Tags       []string `json:"tags,omitempty" doc:"tags"`
	Owner      string   `json:"slugowner,omitempty" doc:"owner, such as \"openai\""`
	MaxPrice   *float64 `json:"max_price_usd,omitempty" min:"0" doc:"highest price of a typical run"`
	Sort       string   `json:"sort,omitempty" enum:"relevance,price,time,ratedusercount,commentcount,averagepoint,id" doc:"price: cheapest typical run first"`
	Order      string   `json:"order,omitempty" enum:"ASC,DESC" doc:"direction"`
	Start      int      `json:"start,omitempty" min:"0" default:"0" doc:"how many to skip"`
	Limit      int      `json:"limit,omitempty" min:"1" max:"100" default:"20" doc:"how many to list"`
}

// knownCategories are those of Wiro's documentation and catalog, from the argument's
// description.
var knownCategories = sync.OnceValue(func() []string {
	field, _ := reflect.TypeFor[modelSearch]().FieldByName("Categories")
	var names []string
	for name := range strings.SplitSeq(strings.TrimPrefix(field.Tag.Get("doc"), "any of: "), ", ") {
		prefix, endings, several := strings.Cut(strings.TrimSuffix(name, "}"), "{")
		if !several {
			names = append(names, name)
			continue
		}
		for ending := range strings.SplitSeq(endings, ",") {
			names = append(names, prefix+ending)
		}
	}
	return names
})

// unknownCategories names the closest categories for those that nobody knows: an error where
// nothing was found, otherwise a note. Wiro may have new ones.
func (c *Call) unknownCategories(list *ModelList, in modelSearch) error {
	var notes []string
	fixed := slices.Clone(in.Categories)
	for i, name := range in.Categories {
		if slices.Contains(knownCategories(), name) || len(list.Models) > 0 && slices.ContainsFunc(list.Models, func(m ModelInfo) bool { return slices.Contains(m.Categories, name) }) {
			continue
		}
		near := closest.Sort(name, knownCategories())
		near = near[:min(3, len(near))]
		if plain := strings.ToLower(strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '_' || r == '-' }), "-")); slices.Contains(knownCategories(), plain) {
			near = []string{plain}
		}
		fixed[i] = near[0]
		notes = append(notes, fmt.Sprintf("There is no category %q. Closest: %s.", mcptool.Clip(name, 40), strings.Join(near, ", ")))
	}
	switch {
	case notes == nil:
	case len(list.Models) == 0:
		arguments := c.Arguments()
		arguments["categories"] = slices.Compact(fixed)
		return mcptool.Problemf("%s", strings.Join(notes, "\n")).WithNext("search_models", "search the closest category", arguments)
	default:
		list.Note = joinSentences(list.Note, strings.Join(notes, " "))
	}
	return nil
}

var getModelSchemaTool = define(mcptool.Meta{
	Name:        "get_model_schema",
	Title:       "Get a model's parameters",
	Description: "What a model takes and costs: each parameter with type, default, options and range; prices. For run_model's params.",
	Toolset:     Models,
	Examples:    []mcptool.Example{{Arguments: `{"model": "openai/sora-2"}`}},
}, getModelSchema)

func getModelSchema(ctx context.Context, call *Call, in modelName) (ModelDetail, error) {
	slug, model, note, err := call.findModel(ctx, in.Model, call.fetchModel)
	if err != nil {
		return ModelDetail{}, call.noSuchModel(ctx, slug, err)
	}
	detail := call.modelDetail(model)
	detail.Note = note
	return detail, nil
}

type modelName struct {
	Model string `json:"model" doc:"slug owner/model, such as \"openai/sora-2\""`
}

// ModelList is a list of models.
type ModelList struct {
	Models []ModelInfo `json:"models"`
	mcptool.Page
	Limit      int                 `json:"limit"`
	Note       string              `json:"note,omitempty"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// Text is a line a model, with where the page stands in the whole.
func (l ModelList) Text() string {
	var b strings.Builder
	if len(l.Models) == 0 {
		b.WriteString("No model matches.\n")
	} else {
		b.WriteString(l.Heading(len(l.Models), "model"))
	}
	for _, m := range l.Models {
		b.WriteString(m.line())
	}
	if l.Note != "" {
		b.WriteString(l.Note + "\n")
	}
	if l.NextStart > 0 {
		fmt.Fprintf(&b, "More: the same search with start %d.\n", l.NextStart)
	}
	return mcptool.TextWithNext(b.String(), l.NextAction)
}
