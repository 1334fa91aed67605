package tools

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/fold"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/params"
	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// ModelInfo is a model as lists show it.
type ModelInfo struct {
	Slug             string   `json:"slug"` // owner/model: what the other tools take
	Title            string   `json:"title"`
	Description      string   `json:"description,omitempty"`
	Categories       []string `json:"categories"`
	Pricing          string   `json:"pricing"`
	EstimatedCostUSD *float64 `json:"estimatedCostUsd,omitempty"` // of a run with the defaults, where known; lists leave it out if the pricing says it
	Seconds          *float64 `json:"seconds,omitempty"`          // that a run usually takes, if Wiro says so
	SuccessRate      *float64 `json:"successRate,omitempty"`      // 0 to 1, where there were runs
	Rating           float64  `json:"rating,omitempty"`           // 0 to 5

	runTime string // in Wiro's words, "12 seconds"
}

// line is what decides, in a line, and the description below.
func (m ModelInfo) line() string {
	text := "- " + mcptool.Row(withTitle(m.Slug, m.Title), m.Pricing, m.experience(), strings.Join(m.Categories, ", "))
	if m.Description != "" {
		text += "\n  " + m.Description
	}
	return text + "\n"
}

// withTitle is a slug, and the title where that says more than the slug does.
func withTitle(slug, title string) string {
	_, model, _ := strings.Cut(slug, "/")
	switch fold.Name(title) {
	case "", fold.Name(model), fold.Name(strings.ReplaceAll(slug, "/", "")):
		return slug
	}
	return slug + " (" + title + ")"
}

// experience is how long runs take, how many succeed and how people rate them.
func (m ModelInfo) experience() string {
	parts := []string{mcptool.Labeled("usually", m.runTime)}
	if m.SuccessRate != nil {
		parts = append(parts, fmt.Sprintf("%.0f%% succeed", 100**m.SuccessRate))
	}
	if m.Rating > 0 {
		parts = append(parts, fmt.Sprintf("rated %.1f", m.Rating))
	}
	return mcptool.Row(parts...)
}

func modelInfo(m wiro.Model, price *quote.Model) ModelInfo {
	info := ModelInfo{
		Slug:             m.Slug().String(),
		Title:            m.Title,
		Description:      mcptool.Clip(m.Summary(), 160),
		Categories:       categories(m.Categories),
		Pricing:          price.Describe(),
		EstimatedCostUSD: price.Defaults().USD,
		runTime:          m.ComputingTime,
		Rating:           math.Round(m.AveragePoint*10) / 10,
	}
	if seconds, ok := price.RunSeconds(); ok {
		info.Seconds = &seconds
	}
	if ended := m.Stats.Successes + m.Stats.Errors; m.Stats.Successes >= 0 && m.Stats.Errors >= 0 && ended > 0 {
		rate := math.Round(100*float64(m.Stats.Successes)/float64(ended)) / 100
		info.SuccessRate = &rate
	}
	return info
}

// listed is a model as a row of a list: a price that is the same for every run is said once.
func listed(m wiro.Model, price *quote.Model) ModelInfo {
	info := modelInfo(m, price)
	if info.Pricing == mcptool.USD(info.EstimatedCostUSD)+" per run" {
		info.EstimatedCostUSD = nil
	}
	return info
}

// categories leaves out the pseudo-category that every model has.
func categories(list []string) []string {
	names := make([]string, 0, len(list))
	for _, name := range list {
		if name != "tool" && name != "" {
			names = append(names, name)
		}
	}
	return names
}

func models(list []wiro.Model) []ModelInfo {
	infos := make([]ModelInfo, len(list))
	for i, m := range list {
		infos[i] = listed(m, quoteModel(m, params.Schema{}))
	}
	return infos
}

func modelList(page wiro.ModelPage, start, limit int) ModelList {
	list := ModelList{Models: models(page.Models), Limit: limit}
	list.Page = mcptool.NewPage(int(page.Total), start, len(list.Models))
	if page.Total <= 0 && len(list.Models) >= limit { // Wiro does not say how many there are
		list.NextStart = mcptool.NextStart(start + len(list.Models))
	}
	return list
}

// ModelDetail is a model with its parameters and prices.
type ModelDetail struct {
	Model      ModelDescription    `json:"model"`
	Note       string              `json:"note,omitempty"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// ModelDescription is a model as get_model_schema shows it.
type ModelDescription struct {
	ModelInfo
	ID            string         `json:"id,omitempty"`            // of the model: what lists of a team hold
	EstimateBasis string         `json:"estimateBasis,omitempty"` // how the estimate was worked out, where pricing does not say it
	Parameters    []ParamGroup   `json:"parameters"`
	Example       map[string]any `json:"example,omitempty"` // of a model that lists no parameters
	Prices        []PriceRow     `json:"prices,omitempty"`  // where they depend on the inputs

	quote quote.Quote // of a run with the defaults
}

// ParamGroup is a titled group of parameters.
type ParamGroup struct {
	Title string      `json:"title"`
	Items []ParamInfo `json:"items"`
}

// ParamInfo is a parameter: what to pass in run_model's params under ID.
type ParamInfo struct {
	ID          string       `json:"id"`
	Type        string       `json:"type"`
	Label       string       `json:"label"`
	Description string       `json:"description,omitempty"`
	Note        string       `json:"note,omitempty"`
	Placeholder string       `json:"placeholder,omitempty"`
	Required    bool         `json:"required"`
	Default     string       `json:"default,omitempty"` // as text, of any type
	Options     []OptionInfo `json:"options"`
	Min         *float64     `json:"min,omitempty"`
	Max         *float64     `json:"max,omitempty"`
	Step        *float64     `json:"step,omitempty"`
}

// OptionInfo is a choice: Value is what to pass.
type OptionInfo struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

func (c *Call) modelDetail(m *knownModel) ModelDetail {
	d := ModelDescription{
		ModelInfo: modelInfo(m.Model, m.price), ID: m.ID, Parameters: []ParamGroup{},
		Prices: priceRows(m.price), quote: m.price.Defaults(),
	}
	if whole := mcptool.Clip(m.Description, 600); whole != "" {
		d.Description = whole
	}
	if d.quote.USD != nil && d.quote.Basis != d.Pricing {
		d.EstimateBasis = d.quote.Basis
	}
	example := map[string]any{}
	listed := false
	for _, list := range m.Parameters {
		group := ParamGroup{Title: list.Title, Items: []ParamInfo{}}
		for _, p := range list.Items {
			listed = true
			group.Items = append(group.Items, paramInfo(p))
			if p.Required {
				example[p.ID] = exampleValue(p)
			}
		}
		d.Parameters = append(d.Parameters, group)
	}
	if !listed && m.schema.Example != nil {
		d.Example, example = m.schema.Example, m.schema.Example
	}
	return ModelDetail{Model: d, NextAction: c.Next("run_model", "run it, once the user agrees to the price; fill the params in first",
		map[string]any{"model": d.Slug, "params": example})}
}

func paramInfo(p wiro.Param) ParamInfo {
	info := ParamInfo{
		ID: p.ID, Type: p.Type, Label: p.Label, Required: p.Required,
		Description: mcptool.Clip(p.Description, 200), Placeholder: mcptool.Clip(p.Placeholder, 100),
		Min: number(p.Min), Max: number(p.Max), Step: number(p.Step), Options: []OptionInfo{},
	}
	if note := mcptool.Clip(p.Note, 200); note != info.Description {
		info.Note = note
	}
	if p.Default != nil {
		if text, ok := params.Text(p.Default); ok {
			info.Default = text
		} else if data, err := mcptool.Marshal(p.Default); err == nil && string(data) != "[]" {
			info.Default = string(data)
		}
	}
	for _, o := range p.Options {
		info.Options = append(info.Options, OptionInfo{Label: cmp.Or(o.Label, o.Value), Value: o.Value})
	}
	return info
}

// number is a bound of a range; nil where there is none.
func number(text string) *float64 {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return nil
	}
	return &n
}

// exampleValue is a value of the type that the parameter takes.
func exampleValue(p wiro.Param) any {
	switch {
	case p.Default != nil && p.Default != "":
		return p.Default
	case len(p.Options) > 0:
		return p.Options[0].Value
	case strings.Contains(p.Type, "file"):
		return "https://…"
	case number(p.Min) != nil:
		return json.Number(strings.TrimSpace(p.Min))
	}
	return "…"
}

// fileHints say how to pass a file parameter.
var fileHints = map[string]string{
	"fileinput":        "a URL",
	"multifileinput":   "URLs, separated by commas",
	"combinefileinput": "a list of URLs",
}

// Text shows what someone needs to fill the parameters in, and the prices.
func (d ModelDetail) Text() string {
	var b strings.Builder
	m := d.Model
	if d.Note != "" {
		b.WriteString(d.Note + "\n")
	}
	fmt.Fprintf(&b, "%s · %s", m.Slug, m.Title)
	if m.ID != "" {
		b.WriteString(" · id " + m.ID)
	}
	b.WriteString("\n")
	if m.Description != "" {
		b.WriteString(m.Description + "\n")
	}
	if len(m.Categories) > 0 {
		fmt.Fprintf(&b, "Categories: %s\n", strings.Join(m.Categories, ", "))
	}
	if known := m.experience(); known != "" {
		fmt.Fprintf(&b, "Runs: %s\n", known)
	}
	b.WriteString("\n" + m.parameterText() + "\n" + m.priceText())
	return mcptool.TextWithNext(b.String(), d.NextAction)
}

func (m ModelDescription) parameterText() string {
	var b strings.Builder
	for _, group := range m.Parameters {
		if len(group.Items) == 0 {
			continue
		}
		fmt.Fprintf(&b, "Parameters, %s:\n", group.Title)
		for _, p := range group.Items {
			b.WriteString(p.line())
		}
	}
	if b.Len() > 0 {
		return b.String()
	}
	if example, err := mcptool.Marshal(m.Example); err == nil && len(m.Example) > 0 {
		return "Parameters: Wiro lists none for this model. Its own example: " + string(example) + "\n"
	}
	return "Parameters: Wiro lists none for this model, and no example.\n"
}

// priceText is the price with the defaults, and the rows with their inputs.
func (m ModelDescription) priceText() string {
	var b strings.Builder
	if len(m.Prices) == 0 && m.Pricing != "" && m.Pricing != m.quote.Basis {
		fmt.Fprintf(&b, "Price: %s.\n", m.Pricing)
	}
	switch {
	case m.quote.USD == nil && m.quote.MinUSD == nil:
		fmt.Fprintf(&b, "Price: %s.\n", m.quote)
	default:
		fmt.Fprintf(&b, "Price with the defaults: %s.\n", m.quote)
	}
	if len(m.Prices) > 0 {
		b.WriteString("Prices:\n")
		for _, row := range m.Prices {
			b.WriteString("- " + row.line() + "\n")
		}
	}
	b.WriteString("run_model with dry_run:true quotes a run before it is paid for.\n")
	return b.String()
}

func (p ParamInfo) line() string {
	parts := []string{p.Type}
	if p.Required {
		parts = append(parts, "required")
	}
	if hint := fileHints[p.Type]; hint != "" {
		parts = append(parts, "pass "+hint)
	}
	if p.Default != "" {
		parts = append(parts, "default "+p.Default)
	}
	bound := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	switch {
	case p.Min != nil && p.Max != nil:
		parts = append(parts, bound(*p.Min)+" to "+bound(*p.Max))
	case p.Min != nil:
		parts = append(parts, "at least "+bound(*p.Min))
	case p.Max != nil:
		parts = append(parts, "at most "+bound(*p.Max))
	}
	if p.Step != nil {
		parts = append(parts, "step "+bound(*p.Step))
	}
	text := "- " + p.ID + " (" + strings.Join(parts, ", ") + ")"
	if p.Label != "" && !strings.EqualFold(p.Label, p.ID) {
		text += " " + p.Label
	}
	about := strings.TrimSpace(p.Description + " " + p.Note)
	if p.Placeholder != "" {
		about = strings.TrimSpace(about + " Such as: " + p.Placeholder)
	}
	if about != "" {
		text += ": " + about
	}
	if len(p.Options) > 0 {
		options := make([]string, len(p.Options))
		for i, o := range p.Options {
			options[i] = o.Value
			if !strings.EqualFold(o.Label, o.Value) {
				options[i] += " (" + o.Label + ")"
			}
		}
		text += "\n  one of: " + strings.Join(options, ", ")
	}
	return text + "\n"
}
