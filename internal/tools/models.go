package tools

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/closest"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var searchModelsTool = define(mcptool.Meta{
	Name:           "search_models",
	Title:          "Search models",
	Description:    "Search Wiro's catalog of AI models by words, category, tag or owner. Each comes with its slug (owner/model), a line about it, and its price.",
	Toolset:        Models,
	TruncationHint: "Narrow the search, or page with start and limit.",
	Examples:       []mcptool.Example{{Arguments: `{"search": "flux", "categories": ["text-to-image"], "limit": 5}`}},
}, searchModels)

func searchModels(ctx context.Context, call *Call, in modelSearch) (ModelList, error) {
	limit := cmp.Or(in.Limit, 20)
	page, err := call.Wiro.Models.List(ctx, wiro.ModelQuery{
		Search: in.Search, Categories: in.Categories, Tags: in.Tags, Owner: in.Owner,
		Sort: in.Sort, Order: in.Order, Start: in.Start, Limit: limit,
	})
	if err != nil {
		return ModelList{}, err
	}
	list := modelList(page, in.Start, limit)
	switch {
	case list.NextStart > 0:
		list.NextAction = call.NextPage("more models", "start", list.NextStart)
	case len(list.Models) == 0 && in.Search != "":
		list.NextAction = call.Next("recommend_model", "describe what you want to make instead", map[string]any{"task": in.Search})
	}
	return list, nil
}

type modelSearch struct {
	Search     string   `json:"search,omitempty" doc:"words to find, such as \"flux\" or \"video generation\""`
	Categories []string `json:"categories,omitempty" doc:"text-to-image, text-to-video, image-to-video, image-editing, llm, text-to-speech, …"`
	Tags       []string `json:"tags,omitempty" doc:"tags to filter by"`
	Owner      string   `json:"slugowner,omitempty" doc:"owner's slug, such as \"openai\" or \"klingai\""`
	Sort       string   `json:"sort,omitempty" enum:"relevance,time,ratedusercount,commentcount,averagepoint,id" doc:"what to sort by"`
	Order      string   `json:"order,omitempty" enum:"ASC,DESC" doc:"direction"`
	Start      int      `json:"start,omitempty" min:"0" default:"0" doc:"how many to skip"`
	Limit      int      `json:"limit,omitempty" min:"1" max:"100" default:"20" doc:"how many to list"`
}

var getModelSchemaTool = define(mcptool.Meta{
	Name:        "get_model_schema",
	Title:       "Get a model's parameters",
	Description: "What a model takes and costs: every parameter with its id, type, default, options and range, and the prices. Use it to fill run_model's params.",
	Toolset:     Models,
	Examples:    []mcptool.Example{{Arguments: `{"model": "openai/sora-2"}`}},
}, getModelSchema)

func getModelSchema(ctx context.Context, call *Call, in modelName) (ModelDetail, error) {
	slug, err := wiro.ParseSlug(in.Model)
	if err != nil {
		return ModelDetail{}, err
	}
	model, err := call.Wiro.Models.Get(ctx, slug.String())
	if err != nil {
		return ModelDetail{}, call.noSuchModel(ctx, slug, err)
	}
	return call.modelDetail(model), nil
}

type modelName struct {
	Model string `json:"model" doc:"slug owner/model, such as \"openai/sora-2\""`
}

var exploreTool = define(mcptool.Meta{
	Name:        "explore",
	Title:       "Explore models",
	Description: "Browse Wiro's curated shelves of models: recently added, image, video, audio and more.",
	Toolset:     Models,
	Examples:    []mcptool.Example{{Arguments: `{}`}},
}, explore)

func explore(ctx context.Context, call *Call, _ struct{}) (Shelves, error) {
	sections, err := call.Wiro.Models.Explore(ctx)
	if err != nil {
		return Shelves{}, err
	}
	shelves := Shelves{Categories: make([]Shelf, 0, len(sections))}
	for _, section := range sections {
		shelf := Shelf{Title: section.Title, Total: int(section.Total), Models: models(section.Models)}
		shelf.Total = max(shelf.Total, len(shelf.Models))
		for i, m := range shelf.Models {
			if m.Pricing == noPrice { // this endpoint leaves prices out
				shelf.Models[i].Pricing = ""
			}
		}
		shelves.Categories = append(shelves.Categories, shelf)
	}
	if len(shelves.Categories) > 0 && len(shelves.Categories[0].Models) > 0 {
		shelves.NextAction = call.Next("get_model_schema", "see what a model takes and costs", map[string]any{"model": shelves.Categories[0].Models[0].Slug})
	}
	return shelves, nil
}

// noSuchModel turns Wiro's "not found" into the closest slugs that there are.
func (c *Call) noSuchModel(ctx context.Context, slug wiro.Slug, err error) error {
	if reasonOf(err) != wiro.ReasonModelNotFound {
		return err
	}
	p := mcptool.Problemf("%s does not exist.", slug)
	if near := c.similarModels(ctx, slug, 3); len(near) > 0 {
		p.Text += " Closest: " + strings.Join(near, ", ") + "."
	}
	p.Text += " search_models finds others."
	word, _, _ := strings.Cut(slug.Model, "-")
	return p.WithNext("search_models", "find the right slug", map[string]any{"search": word})
}

// similarModels returns at most n slugs, those nearest to one that does not exist first.
func (c *Call) similarModels(ctx context.Context, slug wiro.Slug, n int) []string {
	word, _, _ := strings.Cut(slug.Model, "-")
	var near []string
	for _, q := range []wiro.ModelQuery{
		{Search: slug.Model, Limit: 10},
		{Owner: slug.Owner, Limit: 50},
		{Search: word, Limit: 20},
	} {
		page, err := c.Wiro.Models.List(ctx, q)
		if err != nil {
			break // the caller's error is the one that matters
		}
		for _, model := range page.Models {
			if name := model.Slug().String(); !slices.Contains(near, name) {
				near = append(near, name)
			}
		}
	}
	near = closest.Sort(slug.String(), near)
	return near[:min(n, len(near))]
}

// ModelList is a list of models.
type ModelList struct {
	Models []ModelInfo `json:"models"`
	mcptool.Page
	Limit      int                 `json:"limit"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// Text is a line a model, with where the page stands in the whole.
func (l ModelList) Text() string {
	if len(l.Models) == 0 {
		return mcptool.TextWithNext("No model matches.", l.NextAction)
	}
	var b strings.Builder
	b.WriteString(l.Heading(len(l.Models), "model"))
	for _, m := range l.Models {
		b.WriteString(m.line())
	}
	return mcptool.TextWithNext(b.String(), l.NextAction)
}

// Shelves are the curated shelves.
type Shelves struct {
	Categories []Shelf             `json:"categories"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// Shelf is a shelf with some of its models.
type Shelf struct {
	Title  string      `json:"title"`
	Total  int         `json:"total"`
	Models []ModelInfo `json:"models"`
}

// Text is the shelves with a line a model.
func (s Shelves) Text() string {
	if len(s.Categories) == 0 {
		return "Wiro shows no shelves at the moment. search_models finds models."
	}
	var b strings.Builder
	for _, shelf := range s.Categories {
		fmt.Fprintf(&b, "## %s (%s)\n", shelf.Title, mcptool.Count(shelf.Total, "model"))
		for _, m := range shelf.Models {
			b.WriteString(m.line())
		}
		b.WriteString("\n")
	}
	return mcptool.TextWithNext(b.String(), s.NextAction)
}
