package oauth

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/apikey"
)

// problem is what is wrong with the form, for the person who filled it in.
type problem string

func (p problem) Error() string { return string(p) }

// form is what the page shows, and shows again where something in it is wrong. The key and the
// secret are never among it.
type form struct {
	authorization
	token string // the authorization, sealed

	limited       bool // limits were given
	readOnly      bool
	toolsets      []string // that are chosen; nil: all
	costPerRun    string   // as it was typed
	costPerDay    string
	keyProblem    string
	limitsProblem string
}

// readForm reads what a person filled in. Where something is wrong it says so in f.
func (s *Server) readForm(f *form, values url.Values) (c Credentials, l Limits, problems bool) {
	f.readOnly = values.Get("readonly") != ""
	if s.costs {
		f.costPerRun, f.costPerDay = shorten(values.Get("cost_run")), shorten(values.Get("cost_day"))
	}
	f.toolsets = slices.DeleteFunc(slices.Clone(values["toolset"]), func(name string) bool {
		return !slices.ContainsFunc(s.toolsets, func(t Toolset) bool { return t.Name == name })
	})
	slices.Sort(f.toolsets)
	f.toolsets = slices.Compact(f.toolsets)

	c, err := readCredentials(values.Get("key"), values.Get("secret"))
	if err != nil {
		f.keyProblem = err.Error()
	}
	l.ReadOnly = f.readOnly
	if len(f.toolsets) < len(s.toolsets) {
		l.Toolsets = f.toolsets
	}
	if len(s.toolsets) > 0 && len(f.toolsets) == 0 {
		f.limitsProblem, f.toolsets = "Choose at least one group of tools.", []string{}
	}
	if l.MaxCostPerRun, err = parseUSD(f.costPerRun); err != nil {
		f.limitsProblem = "The limit for one run " + err.Error()
	}
	if l.MaxCostPerDay, err = parseUSD(f.costPerDay); err != nil {
		f.limitsProblem = "The limit for one day " + err.Error()
	}
	f.limited = l.ReadOnly || l.Toolsets != nil || f.costPerRun != "" || f.costPerDay != "" || f.limitsProblem != ""
	return c, l, f.keyProblem != "" || f.limitsProblem != ""
}

// readCredentials reads a key, or KEY:SECRET, and a secret. The error never repeats them.
func readCredentials(key, secret string) (Credentials, error) {
	parsed, err := apikey.Parse(key, secret)
	switch {
	case err != nil:
		return Credentials{}, problem(err.Error())
	case !parsed.Set():
		return Credentials{}, problem("Enter your Wiro API key.")
	}
	return Credentials{Key: Secret(parsed.Key.Reveal()), Secret: Secret(parsed.Secret.Reveal())}, nil
}

// parseUSD reads an amount as people type it: 0.5, 0,5, $2. Empty is 0.
func parseUSD(text string) (float64, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	text = strings.TrimSpace(strings.TrimPrefix(text, "$"))
	if !strings.Contains(text, ".") && strings.Count(text, ",") == 1 {
		text = strings.Replace(text, ",", ".", 1)
	}
	if strings.Trim(text, "0123456789.") != "" {
		return 0, problem("must be an amount in US dollars, such as 0.50.")
	}
	amount, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(amount, 0) || amount <= 0 || amount > 1e6 {
		return 0, problem("must be an amount in US dollars above 0, such as 0.50.")
	}
	return amount, nil
}

// shorten cuts an amount down to what can be one. It never makes an empty one of it, nor a higher one.
func shorten(text string) string {
	text = strings.TrimSpace(text)
	return strings.ToValidUTF8(text[:min(len(text), 20)], "")
}
