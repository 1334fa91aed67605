package wiro

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	toolList    = wire.Endpoint("Tool/List", wire.Safe, wire.ShortTimeout).Eliding("readme", "inspire", "samples", "parameters")
	toolDetail  = wire.Endpoint("Tool/Detail", wire.Safe, wire.ShortTimeout)
	toolExplore = wire.Endpoint("Tool/Explore", wire.Safe, wire.ShortTimeout)
)

// ModelsService finds models, their parameters and prices.
//
// Wiro docs: Models.
type ModelsService service

// Model is a model of the marketplace. Lists leave Parameters, Readme and samples out.
//
// Wiro docs: Models.
type Model struct {
	ID               string           `json:"id"`
	Title            string           `json:"title"`
	SlugOwner        string           `json:"slugowner"`
	SlugProject      string           `json:"slugproject"`
	CleanSlugOwner   string           `json:"cleanslugowner"`
	CleanSlugProject string           `json:"cleanslugproject"`
	Description      string           `json:"description"`
	SEOTitle         string           `json:"seotitle"`
	SEODescription   string           `json:"seodescription"`
	Image            string           `json:"image"`         // URL
	ComputingTime    string           `json:"computingtime"` // such as "12 seconds"
	Readme           string           `json:"readme"`        // HTML
	Categories       []string         `json:"categories"`
	Tags             []string         `json:"tags"`
	Parameters       []ParamList      `json:"parameters"`
	Inspire          []map[string]any `json:"inspire"` // example inputs
	Samples          []string         `json:"samples"` // URLs of example outputs
	Marketplace      int64            `json:"marketplace"`
	OnlyMembers      bool             `json:"onlymembers"`
	DynamicPrice     []Price          `json:"dynamicprice"`      // rows of prices; see Price
	CostPerSecond    *float64         `json:"cps"`               // USD, if there is no dynamic price; nil if unknown
	ApproximateCost  *float64         `json:"approximatelycost"` // USD, from the average run time; nil if unknown
	AveragePoint     float64          `json:"averagepoint"`      // rating, 0 to 5
	CommentCount     int64            `json:"commentcount"`
	RatedUserCount   int64            `json:"ratedusercount"`
	Discount         float64          `json:"discount"` // percent
	Stats            ModelStats       `json:"taskstat"`

	// PriceJSON are dynamicprice, cps and approximatelycost as Wiro wrote them, by these names:
	// they tell a price that cannot be read from one that is not there.
	PriceJSON map[string]json.RawMessage `json:"-" wire:"raw=dynamicprice,cps,approximatelycost"`
}

// ModelStats counts a model's runs.
type ModelStats struct {
	Runs      int64     `json:"runcount"`
	Successes int64     `json:"successcount"`
	Errors    int64     `json:"errorcount"`
	LastRun   time.Time `json:"lastruntime,omitzero"`
}

// ParamList is a titled group of a model's parameters.
//
// Wiro docs: Model Parameters.
type ParamList struct {
	Title string  `json:"title"`
	Items []Param `json:"items"`
}

// Param is a parameter of a model. Type is text, textarea, select, range, fileinput,
// multifileinput, combinefileinput or one of Wiro's rarer ones.
//
// Wiro docs: Model Parameters.
type Param struct {
	ID          string        `json:"id"`
	Type        string        `json:"type"`
	Label       string        `json:"label"`
	Description string        `json:"description"`
	Note        string        `json:"note"`
	Placeholder string        `json:"placeholder"`
	Required    bool          `json:"required"`
	Default     any           `json:"default"` // numbers are json.Number
	Options     []ParamOption `json:"options"`
	Min         string        `json:"min"` // a number; "" if unbounded
	Max         string        `json:"max"`
	Step        string        `json:"step"`
}

// ParamOption is a choice of a select parameter: Value is what to send.
type ParamOption struct {
	Label string `json:"label" wire:"text"`
	Value string `json:"value" wire:"text"`
}

// Price is a row of a model's dynamic pricing: what a run costs with these inputs. Without
// Inputs it is the price with any. Method is the code of the billing method, such as "cpr" for
// per request.
//
// Wiro docs: Pricing.
type Price struct {
	Inputs     map[string]any `json:"inputs"`
	Price      *float64       `json:"price"` // USD per unit of Method; nil if it cannot be read
	Method     string         `json:"priceMethod"`
	PriceExtra *float64       `json:"priceExtra,omitempty"` // USD per further megapixel (cp-pixel)
	PriceInput *float64       `json:"priceInput,omitempty"` // USD per input image and megapixel (cp-pixel)
}

// Slug returns the name to run the model by.
func (m Model) Slug() Slug {
	slug := Slug{m.CleanSlugOwner, m.CleanSlugProject}
	if slug.Owner == "" {
		slug.Owner = m.SlugOwner
	}
	if slug.Model == "" {
		slug.Model = m.SlugProject
	}
	return slug
}

// Summary returns the shorter, better description if the model has one.
func (m Model) Summary() string {
	if m.SEODescription != "" {
		return m.SEODescription
	}
	return m.Description
}

// ModelQuery filters and pages a list of models. Sort is relevance, time, ratedusercount,
// commentcount, averagepoint or id; Order is ASC or DESC.
//
// Wiro docs: Models, POST /Tool/List.
type ModelQuery struct {
	Search     string
	Categories []string
	Tags       []string
	Owner      string
	Workflows  bool // list workflows too
	Sort       string
	Order      string
	Start      int // models to leave out at the beginning
	Limit      int // models on a page; 20 if 0
}

// ModelPage is a page of a list of models.
type ModelPage struct {
	Total  int64   `json:"total"` // of all pages; below 0 if unknown
	Models []Model `json:"tool"`
}

// List returns a page of the models that the query matches.
//
// Wiro docs: Models, POST /Tool/List.
func (s *ModelsService) List(ctx context.Context, q ModelQuery) (ModelPage, error) {
	return call[ModelPage](ctx, s.client, toolList, struct {
		Search     string   `json:"search,omitempty"`
		Categories []string `json:"categories,omitempty"`
		Tags       []string `json:"tags,omitempty"`
		Owner      string   `json:"slugowner,omitempty"`
		Sort       string   `json:"sort,omitempty"`
		Order      string   `json:"order,omitempty"`
		Start      string   `json:"start"`
		Limit      string   `json:"limit"`
		NoFlows    bool     `json:"hideworkflows"`
		Summary    bool     `json:"summary"`
	}{
		q.Search, q.Categories, q.Tags, q.Owner, q.Sort, q.Order,
		strconv.Itoa(max(0, q.Start)), strconv.Itoa(listLimit(q.Limit)), !q.Workflows, true,
	})
}

// All iterates over the models that the query matches, from q.Start on, and fetches pages of
// q.Limit (100 if 0) as it goes. It ends with the first error.
//
// Wiro docs: Models, POST /Tool/List.
func (s *ModelsService) All(ctx context.Context, q ModelQuery) iter.Seq2[Model, error] {
	return allPages(q.Start, q.Limit, func(m Model) string { return m.ID }, func(start, limit int) ([]Model, int64, error) {
		q.Start, q.Limit = start, limit
		page, err := s.List(ctx, q)
		return page.Models, page.Total, err
	})
}

// Get returns one model, named "owner/model", with its parameters. One that does not exist is
// an *APIError with ReasonModelNotFound, which matches ErrNotFound.
//
// Wiro docs: Models, POST /Tool/Detail.
func (s *ModelsService) Get(ctx context.Context, model string) (Model, error) {
	slug, err := ParseSlug(model)
	if err != nil {
		return Model{}, err
	}
	response, err := call[struct {
		Models []Model `json:"tool"`
	}](ctx, s.client, toolDetail, map[string]string{"slugowner": slug.Owner, "slugproject": slug.Model})
	if err != nil {
		return Model{}, err
	}
	if len(response.Models) == 0 {
		return Model{}, newAPIError(toolDetail.Path, http.StatusOK, CodeNotFound, "slug-owner-project-not-exist")
	}
	return response.Models[0], nil
}

// Section is a curated section of the marketplace.
type Section struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	URL    string  `json:"url"`
	Total  int64   `json:"total"`
	Models []Model `json:"tools"`
}

// Explore returns the curated sections of the marketplace.
//
// Wiro docs: Wiro MCP Server (explore), POST /Tool/Explore.
func (s *ModelsService) Explore(ctx context.Context) ([]Section, error) {
	response, err := call[struct {
		Sections []Section `json:"explore"`
	}](ctx, s.client, toolExplore, nil)
	return response.Sections, err
}
