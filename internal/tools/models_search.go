package tools

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/params"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	sortPrice     = "price"
	comparedPages = 3 // of comparedPage models each
	comparedPage  = 100
)

// searchByPrice searches and compares what typical runs cost, which Wiro's search cannot: it
// reads the first pages of what matches.
func (c *Call) searchByPrice(ctx context.Context, query wiro.ModelQuery, in modelSearch) (ModelList, error) {
	type offer struct {
		info  ModelInfo
		price float64
	}
	if query.Start, query.Limit = 0, comparedPage; query.Sort == sortPrice {
		query.Sort, query.Order = "", ""
	}
	var offers []offer
	read, total, unknown := 0, 0, 0
	for range comparedPages {
		page, err := c.Wiro.Models.List(ctx, query)
		if err != nil {
			return ModelList{}, err
		}
		for _, m := range page.Models {
			price := quoteModel(m, params.Schema{})
			usd := typicalPrice(price)
			switch {
			case usd > maxPrice:
				unknown++
			case in.MaxPrice == nil || usd <= *in.MaxPrice:
				offers = append(offers, offer{listed(m, price), usd})
			}
		}
		read, total = read+len(page.Models), int(page.Total)
		if query.Start += comparedPage; len(page.Models) < comparedPage || read >= total && total > 0 {
			break
		}
	}
	if in.Sort == sortPrice {
		slices.SortStableFunc(offers, func(a, b offer) int {
			if in.Order == "DESC" {
				a, b = b, a
			}
			return cmp.Compare(a.price, b.price)
		})
	}
	limit := cmp.Or(in.Limit, 20)
	start := min(in.Start, len(offers))
	shown := offers[start:min(start+limit, len(offers))]
	list := ModelList{
		Models: make([]ModelInfo, len(shown)), Limit: limit, Page: mcptool.NewPage(len(offers), start, len(shown)),
		Note: "Prices are compared for a typical run: " + typicalRunText + ".",
	}
	for i := range shown {
		list.Models[i] = shown[i].info
	}
	if unknown > 0 {
		list.Note += " Left out: " + mcptool.Count(unknown, "model") + " without a price that is known before a run."
	}
	if read < total {
		list.Note += fmt.Sprintf(" Only the first %d of %d matches were compared: narrow the search for the others.", read, total)
	}
	return list, nil
}
