package wiro

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
)

var (
	toolList    = endpoint("Tool/List", read, quick)
	toolDetail  = endpoint("Tool/Detail", read, quick)
	toolExplore = endpoint("Tool/Explore", read, quick)
)

// Model is a model of the marketplace. Lists leave Parameters, Readme and samples out.
//
// Wiro docs: Models.
type Model struct {
	ID               Text            `json:"id"`
	Title            Text            `json:"title"`
	SlugOwner        Text            `json:"slugowner"`
	SlugProject      Text            `json:"slugproject"`
	CleanSlugOwner   Text            `json:"cleanslugowner"`
	CleanSlugProject Text            `json:"cleanslugproject"`
	Description      Text            `json:"description"`
	SEOTitle         Text            `json:"seotitle"`
	SEODescription   Text            `json:"seodescription"`
	Image            Text            `json:"image"`
	ComputingTime    Text            `json:"computingtime"`
	Readme           Text            `json:"readme"` // HTML
	Categories       List[Text]      `json:"categories"`
	Tags             List[Text]      `json:"tags"`
	Parameters       List[ParamList] `json:"parameters"`
	Inspire          List[Object]    `json:"inspire"` // example inputs
	Samples          List[Text]      `json:"samples"` // URLs of example outputs
	Marketplace      Int             `json:"marketplace"`
	OnlyMembers      Bool            `json:"onlymembers"`
	DynamicPrice     List[Price]     `json:"dynamicprice"`
	CostPerSecond    Float           `json:"cps"`               // USD, where there is no dynamic price
	ApproximateCost  Float           `json:"approximatelycost"` // USD, from the average run time
	AveragePoint     Float           `json:"averagepoint"`      // 0 to 5
	CommentCount     Int             `json:"commentcount"`
	RatedUserCount   Int             `json:"ratedusercount"`
	Discount         Float           `json:"discount"` // percent
	Stats            ModelStats      `json:"taskstat"`
}

// ModelStats counts a model's runs.
type ModelStats struct {
	Runs      Int  `json:"runcount"`
	Successes Int  `json:"successcount"`
	Errors    Int  `json:"errorcount"`
	LastRun   Time `json:"lastruntime"`
}

// ParamList is a titled group of a model's parameters.
//
// Wiro docs: Model Parameters.
type ParamList struct {
	Title Text        `json:"title"`
	Items List[Param] `json:"items"`
}

// Param is a parameter of a model. Type is text, textarea, select, range, fileinput,
// multifileinput, combinefileinput or one of Wiro's rarer ones.
//
// Wiro docs: Model Parameters.
type Param struct {
	ID          Text              `json:"id"`
	Type        Text              `json:"type"`
	Label       Text              `json:"label"`
	Description Text              `json:"description"`
	Note        Text              `json:"note"`
	Placeholder Text              `json:"placeholder"`
	Required    Bool              `json:"required"`
	Default     any               `json:"default"`
	Options     List[ParamOption] `json:"options"`
	Min         Text              `json:"min"` // a number, "" where unbounded
	Max         Text              `json:"max"`
	Step        Text              `json:"step"`
}

// ParamOption is a choice of a select parameter: Value is what to send.
type ParamOption struct {
	Label Text `json:"label"`
	Value Text `json:"value"`
}

// UnmarshalJSON also takes a bare value.
func (o *ParamOption) UnmarshalJSON(data []byte) error {
	type plain ParamOption
	*o = ParamOption{}
	return unmarshalOr(data, (*plain)(o), func(text string) { o.Label, o.Value = Text(text), Text(text) })
}

// Price is one row of a model's dynamic pricing: what a run costs with these inputs. No
// Inputs means with any. Method is the billing method's code, such as "cpr" for per request.
//
// Wiro docs: Pricing.
type Price struct {
	Inputs     Object `json:"inputs"`
	Price      Float  `json:"price"` // USD per unit of Method
	Method     Text   `json:"priceMethod"`
	PriceExtra *Float `json:"priceExtra,omitempty"` // USD per further megapixel (cp-pixel)
	PriceInput *Float `json:"priceInput,omitempty"` // USD per input image and megapixel (cp-pixel)
}

// Slug returns the name to run the model by.
func (m Model) Slug() Slug {
	slug := Slug{string(m.CleanSlugOwner), string(m.CleanSlugProject)}
	if slug.Owner == "" {
		slug.Owner = string(m.SlugOwner)
	}
	if slug.Model == "" {
		slug.Model = string(m.SlugProject)
	}
	return slug
}

// Summary is the shorter, better description where the model has one.
func (m Model) Summary() string {
	if m.SEODescription != "" {
		return string(m.SEODescription)
	}
	return string(m.Description)
}

// ModelQuery filters and pages a list of models. Sort is relevance, time, ratedusercount,
// commentcount, averagepoint or id; Order is ASC or DESC. Limit is 20 where 0.
//
// Wiro docs: Models, POST /Tool/List.
type ModelQuery struct {
	Search     string
	Categories []string
	Tags       []string
	Owner      string
	Sort       string
	Order      string
	Start      int
	Limit      int
}

// ModelPage is a page of a list of models.
type ModelPage struct {
	Total  Int         `json:"total"` // of all pages; below 0 it is unknown
	Models List[Model] `json:"tool"`
}

// Models lists the models that the query matches, workflows left out.
//
// Wiro docs: Models, POST /Tool/List.
func (c *Client) Models(ctx context.Context, q ModelQuery) (ModelPage, error) {
	if q.Limit <= 0 {
		q.Limit = 20
	}
	return call[ModelPage](ctx, c, toolList, struct {
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
		strconv.Itoa(max(0, q.Start)), strconv.Itoa(q.Limit), true, true,
	})
}

// Model returns one model with its parameters. A model that does not exist is an *APIError
// that matches ErrNotFound.
//
// Wiro docs: Models, POST /Tool/Detail.
func (c *Client) Model(ctx context.Context, slug Slug) (Model, error) {
	answer, err := call[struct {
		Models List[Model] `json:"tool"`
	}](ctx, c, toolDetail, map[string]string{"slugowner": slug.Owner, "slugproject": slug.Model})
	if err != nil {
		return Model{}, err
	}
	if len(answer.Models) == 0 {
		return Model{}, &APIError{Operation: toolDetail.path, HTTPStatus: http.StatusOK, Code: CodeNotFound, Messages: []string{"slug-owner-project-not-exist"}}
	}
	return answer.Models[0], nil
}

// Section is a curated shelf of the marketplace.
type Section struct {
	ID     Text        `json:"id"`
	Title  Text        `json:"title"`
	URL    Text        `json:"url"`
	Total  Int         `json:"total"`
	Models List[Model] `json:"tools"`
}

// Explore returns the curated shelves.
//
// Wiro docs: Wiro MCP Server (explore), POST /Tool/Explore.
func (c *Client) Explore(ctx context.Context) ([]Section, error) {
	answer, err := call[struct {
		Sections List[Section] `json:"explore"`
	}](ctx, c, toolExplore, nil)
	return answer.Sections, err
}

// IsNoSuchModel tells a model that does not exist from other refusals.
func IsNoSuchModel(err error) bool {
	failure, ok := errors.AsType[*APIError](err)
	return ok && errors.Is(err, ErrNotFound) && slices.Contains(failure.Messages, "slug-owner-project-not-exist")
}
