package tools

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/wiroai/wiro-mcp-go/internal/closest"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/params"
	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	modelLifetime = 10 * time.Minute
	cachedModels  = 256
)

// knownModel is a model with what a check and a quote of its runs need.
type knownModel struct {
	wiro.Model
	schema params.Schema
	price  *quote.Model
	until  time.Time
}

// modelCache keeps models for ten minutes, apart for each base URL and caller: a project may
// have models that no other can see. Requests for one model at the same time are one request.
type modelCache struct {
	entries *lru.Cache[string, *knownModel]
	prices  *lru.Cache[string, catalogPrices] // of shelves, by caller
	flights singleflight.Group
}

func newModelCache() *modelCache {
	c := &modelCache{}
	c.entries, _ = lru.New[string, *knownModel](cachedModels) // fails for a negative size only
	c.prices, _ = lru.New[string, catalogPrices](cachedCatalogs)
	return c
}

// caller names who calls, at which API. It does not reveal the key.
func (c *Call) callerKey() string {
	return c.Wiro.BaseURL() + "\x00" + c.Wiro.Fingerprint([]byte("wiro-mcp caller"))
}

// cachedModel returns a model from the cache, or fetches it.
func (c *Call) cachedModel(ctx context.Context, slug wiro.Slug) (*knownModel, error) {
	key := c.callerKey() + "\x00" + slug.String()
	if known, ok := c.models.entries.Get(key); ok && time.Now().Before(known.until) {
		return known, nil
	}
	return c.fetchModel(ctx, slug)
}

// fetchModel fetches a model into the cache.
func (c *Call) fetchModel(ctx context.Context, slug wiro.Slug) (*knownModel, error) {
	key := c.callerKey() + "\x00" + slug.String()
	fetched, err := shared(ctx, &c.models.flights, key, func(ctx context.Context) (any, error) {
		model, err := c.Wiro.Models.Get(ctx, slug.String())
		if err != nil {
			return nil, err
		}
		model.Readme, model.Samples = "", nil // large, and shown nowhere
		known := &knownModel{Model: model, schema: paramsSchema(model), until: time.Now().Add(modelLifetime)}
		known.price = quoteModel(model, known.schema)
		c.models.entries.Add(key, known)
		return known, nil
	})
	if err != nil {
		return nil, err
	}
	return fetched.(*knownModel), nil //nolint:forcetypeassert // by construction
}

// shared runs fetch once for all who ask at the same time. It goes on where one of them
// leaves; the client bounds its time.
func shared(ctx context.Context, flights *singleflight.Group, key string, fetch func(context.Context) (any, error)) (any, error) {
	done := flights.DoChan(key, func() (any, error) { return fetch(context.WithoutCancel(ctx)) })
	select {
	case result := <-done:
		return result.Val, result.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// paramsSchema is what a model takes, as package params has it.
func paramsSchema(m wiro.Model) params.Schema {
	var schema params.Schema
	for _, list := range m.Parameters {
		for _, p := range list.Items {
			options := make([]params.Option, len(p.Options))
			for i, o := range p.Options {
				options[i] = params.Option{Value: o.Value, Label: o.Label}
			}
			schema.Params = append(schema.Params, params.Param{
				ID: p.ID, Type: p.Type, Label: p.Label, Required: p.Required, Default: p.Default,
				Options: options, Min: p.Min, Max: p.Max,
			})
		}
	}
	if len(m.Inspire) > 0 {
		schema.Example = m.Inspire[0]
	}
	return schema
}

// findModel returns the model that a caller names. A name that is not quite right is taken for
// the only model that can be meant, and note says so; otherwise the error, a *mcptool.Problem,
// names the closest ones. Other errors are those of the client: the model could not be looked
// up.
func (c *Call) findModel(ctx context.Context, text string, find func(context.Context, wiro.Slug) (*knownModel, error)) (slug wiro.Slug, model *knownModel, note string, err error) {
	name, err := params.ParseModel(text)
	if err != nil {
		return slug, nil, "", mcptool.Problemf("%v", err).WithNext("search_models", "find the model's slug", map[string]any{"search": mcptool.Clip(text, 60)})
	}
	slug = wiro.Slug(name)
	if name.Owner != "" {
		if model, err = find(ctx, slug); err == nil || reasonOf(err) != wiro.ReasonModelNotFound {
			return slug, model, "", err
		}
	}
	meant, near := params.Resolve(name, c.similarModels(ctx, slug), 3)
	switch {
	case meant != "" && meant != name.String():
		if slug, err = wiro.ParseSlug(meant); err != nil {
			return slug, nil, "", err
		}
		model, err = find(ctx, slug)
		return slug, model, strconv.Quote(mcptool.Clip(text, 60)) + " was read as the model " + meant + ".", err
	case len(near) == 0 && err != nil:
		return slug, nil, "", err
	}
	return slug, nil, "", noModel(slug, near)
}

// noModel says that a model does not exist, and which are closest.
func noModel(slug wiro.Slug, near []string) *mcptool.Problem {
	p := mcptool.Problemf("%s does not exist.", slug)
	if slug.Owner == "" {
		p.Text = `Which model is meant by "` + slug.Model + `"? Give it as owner/model.`
	}
	if len(near) > 0 {
		p.Text += " Closest: " + strings.Join(near, ", ") + "."
	}
	p.Text += " search_models finds others."
	word, _, _ := strings.Cut(slug.Model, "-")
	return p.WithNext("search_models", "find the right slug", map[string]any{"search": word})
}

// noSuchModel turns Wiro's "not found" into the closest slugs that there are.
func (c *Call) noSuchModel(ctx context.Context, slug wiro.Slug, err error) error {
	if _, ok := errors.AsType[*mcptool.Problem](err); ok || reasonOf(err) != wiro.ReasonModelNotFound {
		return err
	}
	near := closest.Sort(slug.String(), c.similarModels(ctx, slug))
	return noModel(slug, near[:min(3, len(near))])
}

// similarModels returns slugs of models that may be meant by one that does not exist.
func (c *Call) similarModels(ctx context.Context, slug wiro.Slug) []string {
	word, _, _ := strings.Cut(slug.Model, "-")
	queries := []wiro.ModelQuery{{Search: slug.Model, Limit: 50}}
	if slug.Owner != "" {
		queries = append(queries, wiro.ModelQuery{Owner: slug.Owner, Limit: 50})
	}
	if word != slug.Model {
		queries = append(queries, wiro.ModelQuery{Search: word, Limit: 20})
	}
	seen := map[string]bool{}
	var slugs []string
	for _, q := range queries {
		page, err := c.Wiro.Models.List(ctx, q)
		if err != nil {
			break // the caller's error is the one that matters
		}
		for _, model := range page.Models {
			if name := model.Slug().String(); !seen[name] {
				seen[name] = true
				slugs = append(slugs, name)
			}
		}
	}
	return slugs
}
