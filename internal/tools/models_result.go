package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// ModelInfo is a model as lists show it.
type ModelInfo struct {
	Slug             string   `json:"slug"` // owner/model: what the other tools take
	Title            string   `json:"title"`
	Description      string   `json:"description"`
	Categories       []string `json:"categories"`
	Pricing          string   `json:"pricing"`
	EstimatedCostUSD *float64 `json:"estimatedCostUsd,omitempty"` // of an ordinary run, where known
	Rating           float64  `json:"rating,omitempty"`           // 0 to 5
	Runs             int      `json:"runs,omitempty"`
}

func (m ModelInfo) line() string {
	text := "- " + m.Slug
	if m.Pricing != "" {
		text += " · " + m.Pricing
	}
	if len(m.Categories) > 0 {
		text += " · " + strings.Join(m.Categories, ", ")
	}
	if m.Description != "" {
		text += "\n  " + m.Description
	}
	return text + "\n"
}

func modelInfo(m wiro.Model) ModelInfo {
	info := ModelInfo{
		Slug:        m.Slug().String(),
		Title:       m.Title,
		Description: mcptool.Clip(m.Summary(), 160),
		Categories:  categories(m.Categories),
		Pricing:     pricing(m),
		Rating:      float64(m.AveragePoint),
		Runs:        int(m.Stats.Runs),
	}
	if valueOf(m.ApproximateCost) > 0 {
		info.EstimatedCostUSD = m.ApproximateCost
	} else if len(m.DynamicPrice) > 0 && perRun(m.DynamicPrice[0].Method) {
		info.EstimatedCostUSD = m.DynamicPrice[0].Price
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
		infos[i] = modelInfo(m)
	}
	return infos
}

func modelList(page wiro.ModelPage, start, limit int) ModelList {
	list := ModelList{Models: models(page.Models), Limit: limit}
	list.Page = mcptool.NewPage(int(page.Total), start, len(list.Models))
	if page.Total <= 0 && len(list.Models) >= limit { // Wiro does not say how many there are
		list.NextStart = start + len(list.Models)
	}
	return list
}

// ModelDetail is a model with its parameters and prices.
type ModelDetail struct {
	Model      ModelDescription    `json:"model"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// ModelDescription is a model as get_model_schema shows it.
type ModelDescription struct {
	ModelInfo
	About      string       `json:"about,omitempty"` // the whole description, where the short one differs
	RunTime    string       `json:"runTime,omitempty"`
	Parameters []ParamGroup `json:"parameters"`
	Prices     []PriceRow   `json:"prices"`
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
	Label       string       `json:"label,omitempty"`
	Description string       `json:"description,omitempty"`
	Required    bool         `json:"required"`
	Default     string       `json:"default,omitempty"` // as text, of any type
	Options     []OptionInfo `json:"options,omitempty"`
	Min         string       `json:"min,omitempty"`
	Max         string       `json:"max,omitempty"`
	Step        string       `json:"step,omitempty"`
}

// OptionInfo is a choice: Value is what to pass.
type OptionInfo struct {
	Value string `json:"value"`
	Label string `json:"label,omitempty"`
}

// PriceRow is what a run costs with these inputs.
type PriceRow struct {
	Inputs map[string]any `json:"inputs,omitempty"`
	USD    *float64       `json:"usd,omitempty"`
	Per    string         `json:"per"`
	Extra  string         `json:"extra,omitempty"`
}

func (c *Call) modelDetail(m wiro.Model) ModelDetail {
	d := ModelDescription{
		ModelInfo: modelInfo(m), RunTime: m.ComputingTime,
		Parameters: []ParamGroup{}, Prices: priceRows(m),
	}
	if about := mcptool.Clip(m.Description, 600); about != d.Description {
		d.About = about
	}
	example := map[string]any{}
	for _, list := range m.Parameters {
		group := ParamGroup{Title: list.Title, Items: []ParamInfo{}}
		for _, p := range list.Items {
			info := paramInfo(p)
			group.Items = append(group.Items, info)
			if info.Required {
				example[info.ID] = exampleValue(info)
			}
		}
		d.Parameters = append(d.Parameters, group)
	}
	return ModelDetail{Model: d, NextAction: c.Next("run_model", "run it, once the user agrees to the price; fill the params in first",
		map[string]any{"model": d.Slug, "params": example})}
}

func paramInfo(p wiro.Param) ParamInfo {
	info := ParamInfo{
		ID: p.ID, Type: p.Type, Label: p.Label, Required: p.Required,
		Default: defaultText(p.Default), Min: p.Min, Max: p.Max, Step: p.Step,
	}
	var notes []string
	for _, note := range []string{p.Description, p.Note} {
		if text := mcptool.Clip(note, 200); text != "" && !slices.Contains(notes, text) {
			notes = append(notes, text)
		}
	}
	if len(notes) == 0 && p.Placeholder != "" {
		notes = append(notes, "such as: "+mcptool.Clip(p.Placeholder, 100))
	}
	info.Description = strings.Join(notes, " ")
	for _, o := range p.Options {
		option := OptionInfo{Value: o.Value, Label: o.Label}
		if strings.EqualFold(option.Label, option.Value) {
			option.Label = ""
		}
		info.Options = append(info.Options, option)
	}
	return info
}

// defaultText is a parameter's default as text: JSON unless it is a text itself.
func defaultText(value any) string {
	if text, ok := value.(string); ok || value == nil {
		return text
	}
	data, err := mcptool.Marshal(value)
	if err != nil {
		return "" // decoded from JSON
	}
	return string(data)
}

func exampleValue(p ParamInfo) any {
	switch {
	case p.Default != "":
		return p.Default
	case len(p.Options) > 0:
		return p.Options[0].Value
	case strings.Contains(p.Type, "file"):
		return "https://…"
	case p.Min != "":
		return p.Min
	}
	return "…"
}

// fileHints say how to pass a file parameter.
var fileHints = map[string]string{
	"fileinput":        "a URL",
	"multifileinput":   "URLs, separated by commas",
	"combinefileinput": "a list of URLs",
}

// Text shows what someone needs to fill the parameters in, and the prices as a table.
func (d ModelDetail) Text() string {
	var b strings.Builder
	m := d.Model
	fmt.Fprintf(&b, "%s · %s\n", m.Slug, m.Title)
	if text := m.About; text != "" {
		b.WriteString(text + "\n")
	} else if m.Description != "" {
		b.WriteString(m.Description + "\n")
	}
	if len(m.Categories) > 0 {
		fmt.Fprintf(&b, "Categories: %s\n", strings.Join(m.Categories, ", "))
	}
	if m.RunTime != "" {
		fmt.Fprintf(&b, "Usual run time: %s\n", m.RunTime)
	}
	b.WriteString("\n")
	if len(m.Parameters) == 0 {
		b.WriteString("Parameters: Wiro lists none for this model. Most take a prompt.\n")
	}
	for _, group := range m.Parameters {
		if len(group.Items) == 0 {
			continue
		}
		fmt.Fprintf(&b, "Parameters, %s:\n", group.Title)
		for _, p := range group.Items {
			b.WriteString(p.line())
		}
	}
	b.WriteString("\n" + priceTable(m.Prices))
	return mcptool.TextWithNext(b.String(), d.NextAction)
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
	switch {
	case p.Min != "" && p.Max != "":
		parts = append(parts, p.Min+" to "+p.Max)
	case p.Min != "":
		parts = append(parts, "at least "+p.Min)
	case p.Max != "":
		parts = append(parts, "at most "+p.Max)
	}
	if p.Step != "" {
		parts = append(parts, "step "+p.Step)
	}
	text := "- " + p.ID + " (" + strings.Join(parts, ", ") + ")"
	if p.Label != "" && !strings.EqualFold(p.Label, p.ID) {
		text += " " + p.Label
	}
	if p.Description != "" {
		text += ": " + p.Description
	}
	if len(p.Options) > 0 {
		options := make([]string, len(p.Options))
		for i, o := range p.Options {
			options[i] = o.Value
			if o.Label != "" {
				options[i] += " (" + o.Label + ")"
			}
		}
		text += "\n  one of: " + strings.Join(options, ", ")
	}
	return text + "\n"
}
