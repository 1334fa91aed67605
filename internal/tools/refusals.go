package tools

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// detailsOf is what a refusal says beside its words, as words: "int-a needs util-b", "status
// stopped", "0 credits left". It is "" if there is nothing.
//
// Wiro docs: Agent Overview (SkillsApply, Error Messages).
func detailsOf(refusal *wiro.APIError) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(refusal.Extra)) {
		if text := refusalDetail(name, refusal.Extra[name]); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

// relations are the members of a refusal that pair skills, and how they relate.
var relations = map[string]string{"conflicts": "conflicts with", "deps": "needs"}

func refusalDetail(name string, value any) string {
	if relation, ok := relations[name]; ok {
		return pairs(value, relation)
	}
	switch name {
	case "agentstatus":
		if status, err := strconv.Atoi(scalar(value)); err == nil {
			return "its status is " + wiro.AgentStatus(status).String()
		}
	case "agentbalance":
		if left := amountOf(member(value, "remainingcredits")); left != nil {
			return fmt.Sprintf("%s left", creditBalance(value, *left))
		}
		if left := amountOf(value); left != nil {
			return credits(left) + " left"
		}
	}
	if text := compact(value); text != "" {
		return name + ": " + text
	}
	return ""
}

// creditBalance is "0 credits (1,000 monthly + 0 extra - 1,000 used)".
func creditBalance(balance any, left float64) string {
	text := credits(&left)
	monthly, used := amountOf(member(balance, "monthlycredits")), amountOf(member(balance, "usedcredits"))
	if monthly != nil && used != nil {
		extra := amountOf(member(balance, "extracredits"))
		if extra == nil {
			extra = &nothing
		}
		text += fmt.Sprintf(" (%s monthly + %s extra - %s used)", mcptool.Amount(monthly), mcptool.Amount(extra), mcptool.Amount(used))
	}
	return text
}

// pairs are the entries of a list that each relate a skill to others. The documentation does not
// show their form: an object whose member skill or name is the first, a list, or a text.
func pairs(value any, relation string) string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var texts []string
	for _, entry := range list {
		var names []string
		switch v := entry.(type) {
		case []any:
			names = textsOf(v)
		case map[string]any:
			names = related(v)
		default:
			names = textsOf([]any{v})
		}
		switch {
		case len(names) > 1:
			texts = append(texts, names[0]+" "+relation+" "+strings.Join(names[1:], ", "))
		case len(names) == 1:
			texts = append(texts, names[0])
		}
	}
	return strings.Join(texts, "; ")
}

// related are the names in an object: that of the skill, then those that it relates to.
func related(entry map[string]any) []string {
	var first, others []string
	for _, key := range slices.Sorted(maps.Keys(entry)) {
		values, ok := entry[key].([]any)
		if !ok {
			values = []any{entry[key]}
		}
		if key == "skill" || key == "name" || key == "skillname" {
			first = append(first, textsOf(values)...)
		} else {
			others = append(others, textsOf(values)...)
		}
	}
	return append(first, others...)
}

func textsOf(list []any) []string {
	var texts []string
	for _, value := range list {
		if text := scalar(value); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// scalar is a text or a number as text; "" for anything else.
func scalar(value any) string {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	return ""
}

func amountOf(value any) *float64 {
	n, err := strconv.ParseFloat(scalar(value), 64)
	if err != nil {
		return nil
	}
	return &n
}

func member(value any, name string) any {
	object, _ := value.(map[string]any)
	return object[name]
}

// compact is a value on a line; "" for one that says nothing.
func compact(value any) string {
	const most = 200
	switch v := value.(type) {
	case nil, bool:
		if v != true {
			return ""
		}
	case []any:
		if len(v) == 0 {
			return ""
		}
	case map[string]any:
		if len(v) == 0 {
			return ""
		}
	default:
		return mcptool.Clip(scalar(value), most)
	}
	data, err := mcptool.Marshal(value)
	if err != nil {
		return ""
	}
	return mcptool.Clip(string(data), most)
}

// statusOf is the status of an agent that takes no messages, from Wiro's words or beside them.
func statusOf(err error) string {
	refusal, ok := errors.AsType[*wiro.APIError](err)
	if !ok {
		return ""
	}
	if text := scalar(refusal.Extra["agentstatus"]); text != "" {
		return text
	}
	return refusal.Detail
}
