package tools

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/params"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var exploreTool = define(mcptool.Meta{
	Name:        "explore",
	Title:       "Explore models",
	Description: "Browse Wiro's curated shelves: what is new, and five of each kind, with prices.",
	Toolset:     Models,
	Examples:    []mcptool.Example{{Arguments: `{}`}},
}, explore)

// perShelf is how many models of a shelf are shown.
const perShelf = 5

func explore(ctx context.Context, call *Call, _ struct{}) (Shelves, error) {
	sections, err := call.Wiro.Models.Explore(ctx)
	if err != nil {
		return Shelves{}, err
	}
	prices := call.catalogPrices(ctx)
	shelves := Shelves{Categories: make([]Shelf, 0, len(sections))}
	for _, section := range sections {
		if len(section.Models) == 0 {
			continue
		}
		shelf := Shelf{Title: section.Title, Total: max(int(section.Total), len(section.Models))}
		for _, m := range section.Models[:min(perShelf, len(section.Models))] {
			slug := m.Slug()
			listed := prices.bySlug[slug.String()]
			names := categories(m.Categories)
			shelf.Models = append(shelf.Models, ShelvedModel{
				Slug: slug.String(), Title: cmp.Or(m.Title, listed.title, slug.Model),
				Categories: names[:min(1, len(names))], Pricing: shortPrice(listed.pricing),
			})
		}
		shelves.Categories = append(shelves.Categories, shelf)
	}
	if len(shelves.Categories) > 0 {
		shelves.NextAction = call.Next("get_model_schema", "see what a model takes and costs", map[string]any{"model": shelves.Categories[0].Models[0].Slug})
	}
	return shelves, nil
}

// shortPrice is a price without how it is worked out, which get_model_schema says.
func shortPrice(pricing string) string {
	price, _, _ := strings.Cut(pricing, " (")
	return price
}

// Shelves are the curated shelves.
type Shelves struct {
	Categories []Shelf             `json:"categories"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// Shelf is a shelf with some of its models.
type Shelf struct {
	Title  string         `json:"title"`
	Total  int            `json:"total"`
	Models []ShelvedModel `json:"models"`
}

// ShelvedModel is a model as a shelf shows it.
type ShelvedModel struct {
	Slug       string   `json:"slug"`
	Title      string   `json:"title"`
	Categories []string `json:"categories"` // the first one
	Pricing    string   `json:"pricing,omitempty"`
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
			b.WriteString("- " + mcptool.Row(withTitle(m.Slug, m.Title), m.Pricing) + "\n")
		}
	}
	return mcptool.TextWithNext(b.String(), s.NextAction)
}

const (
	cachedCatalogs = 64
	catalogPages   = 5 // of comparedPage models each
)

// catalogPrices are the titles of the catalog's models and their prices in words: Tool/Explore
// leaves both out.
type catalogPrices struct {
	bySlug map[string]listedModel
	until  time.Time
}

type listedModel struct{ title, pricing string }

// catalogPrices reads the catalog's prices, at most once in ten minutes for each caller. Where
// they cannot be had, shelves go without.
func (c *Call) catalogPrices(ctx context.Context) catalogPrices {
	key := c.callerKey()
	if known, ok := c.models.prices.Get(key); ok && time.Now().Before(known.until) {
		return known
	}
	read, err := shared(ctx, &c.models.flights, key, func(ctx context.Context) (any, error) {
		prices := catalogPrices{bySlug: map[string]listedModel{}, until: time.Now().Add(modelLifetime)}
		for i := range catalogPages {
			page, err := c.Wiro.Models.List(ctx, wiro.ModelQuery{Start: i * comparedPage, Limit: comparedPage, Workflows: true})
			if err != nil {
				return prices, err
			}
			for _, m := range page.Models {
				prices.bySlug[m.Slug().String()] = listedModel{m.Title, quoteModel(m, params.Schema{}).Describe()}
			}
			if len(page.Models) < comparedPage {
				break
			}
		}
		c.models.prices.Add(key, prices)
		return prices, nil
	})
	prices, _ := read.(catalogPrices)
	if err != nil {
		prices.until = time.Time{}
	}
	return prices
}
