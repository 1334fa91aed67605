package transport

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// offered lists the tools that a client with these headers sees.
func (r *rig) offered(edits ...func(*http.Request)) []string {
	r.t.Helper()
	a := r.post(listTools, edits...)
	require.Equal(r.t, 200, a.status, a.body)
	names := []string{}
	for _, tool := range a.rpc(r.t).Result.Tools {
		names = append(names, tool.Name)
	}
	slices.Sort(names)
	return names
}

func selected(toolsets []tools.Toolset, readOnly bool) []string {
	keep := mcptool.Filter(toolsets, nil, readOnly)
	found := []string{}
	for _, d := range tools.All() {
		if keep(d) && !d.ForViews && !d.Local {
			found = append(found, d.Name)
		}
	}
	slices.Sort(found)
	return found
}

func TestAClientNarrowsWhatItIsOffered(t *testing.T) {
	t.Parallel()
	r := start(t)
	for name, test := range map[string]struct {
		toolsets, tools, readOnly string
		want                      []string
	}{
		"nothing said":        {"", "", "", selected(tools.DefaultToolsets, false)},
		"blank":               {" , ", " ", " ", selected(tools.DefaultToolsets, false)},
		"toolsets":            {"docs, FILES", "", "", selected([]tools.Toolset{tools.Docs, tools.Files}, false)},
		"tools":               {"", "get_task, search_docs", "", []string{"get_task", "search_docs"}},
		"both":                {"docs", "get_task, search_docs", "", []string{"search_docs"}},
		"read-only":           {"", "", "TRUE", selected(tools.DefaultToolsets, true)},
		"not read-only":       {"", "", "false", selected(tools.DefaultToolsets, false)},
		"never more":          {"all", "", "", selected(tools.DefaultToolsets, false)},
		"what is off":         {"billing", "", "", []string{}},
		"a tool that is off":  {"", "transfer_credit,get_task", "", []string{"get_task"}},
		"read-only, of tools": {"", "run_model,get_task", "1", []string{"get_task"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := r.offered(header(headerToolsets, test.toolsets), header(headerTools, test.tools), header(headerReadOnly, test.readOnly))
			require.Equal(t, test.want, got)
		})
	}
}

func TestAToolThatWasNarrowedAwayCannotBeCalled(t *testing.T) {
	t.Parallel()
	r := start(t)
	a := r.post(call(1, "run_model", map[string]any{"model": "sandbox/echo", "params": map[string]any{}}), header(headerReadOnly, "true"))
	require.NotNil(t, a.rpc(t).Error, a.body)
	require.Zero(t, r.wiro.RequestCount("Run/"))
}

func TestAReadOnlyServerStaysReadOnly(t *testing.T) {
	t.Parallel()
	r := start(t, func(s *setup) { s.tools.ReadOnly, s.tools.Toolsets = true, tools.AllToolsets })
	require.Equal(t, selected(nil, true), r.offered(header(headerReadOnly, "false"), header(headerToolsets, "all")))
}

func TestUnknownNamesAreRefusedWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	r := start(t)
	for name, test := range map[string]struct{ header, value, says string }{
		"a toolset": {headerToolsets, "models,everything", "models, tasks, files"},
		"a tool":    {headerTools, "get_tusk", "get_task"},
		"a boolean": {headerReadOnly, "maybe", "true or false"},
	} {
		a := r.post(listTools, header(test.header, test.value))
		require.Equal(t, http.StatusBadRequest, a.status, name)
		require.Contains(t, a.rpc(t).Error.Message, test.header)
		require.Contains(t, a.rpc(t).Error.Message, test.says)
	}
}

// A run of openai/sora-2 costs $0.40.
var (
	paidRun = call(1, "run_model", map[string]any{"model": "openai/sora-2", "params": map[string]any{"prompt": "fox"}})
	costs   = func(perRun, perDay float64) func(*setup) {
		return func(s *setup) {
			s.tools.Limits = mcptool.SpendingLimits{PerRun: positive(perRun), PerDay: positive(perDay)}
		}
	}
)

func TestAClientNarrowsWhatItMaySpend(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		operator       func(*setup)
		perRun, perDay string
		says           string // "" where the run goes through
	}{
		"nothing said":        {costs(0, 0), "", "", ""},
		"enough":              {costs(1, 1), "$0.5", "0.5", ""},
		"the operator's":      {costs(0.2, 0), "", "", "over the limit of $0.20 per run"},
		"per run":             {costs(0, 0), "0.1", "", "over the limit of $0.10 per run"},
		"lower":               {costs(0.2, 0), "0.1", "", "over the limit of $0.10 per run"},
		"never higher":        {costs(0.2, 0), "100", "", "over the limit of $0.20 per run"},
		"per day":             {costs(0, 0), "", "0.3", "over the limit per day: $0.30 is left"},
		"never higher, a day": {costs(0, 0.2), "", "100", "over the limit per day: $0.20 is left"},
		"0":                   {costs(1, 1), "0", "", "over the limit of $0 per run"},
		"the lowest of many":  {costs(0, 0), "5, 0.1", "", "over the limit of $0.10 per run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, test.operator)
			a := r.post(paidRun, header(headerMaxCostPerRun, test.perRun), header(headerMaxCostPerDay, test.perDay))
			require.Equal(t, http.StatusOK, a.status, a.body)
			if test.says == "" {
				require.NotContains(t, a.body, `"isError":true`)
				require.Equal(t, 1, r.wiro.RequestCount("Run/"))
				return
			}
			require.Contains(t, a.body, test.says)
			require.Zero(t, r.wiro.RequestCount("Run/"))
		})
	}
}

func TestALimitThatIsNoAmountIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, name := range []string{headerMaxCostPerRun, headerMaxCostPerDay} {
		for _, value := range []string{"a lot", "-1", "NaN", "Inf", "1,5x"} {
			a := r.post(paidRun, header(name, value))
			require.Equal(t, http.StatusBadRequest, a.status, value)
			require.Contains(t, a.rpc(t).Error.Message, name+": ")
			require.Contains(t, a.rpc(t).Error.Message, "must be an amount in USD")
		}
	}
	require.Zero(t, r.wiro.RequestCount("Run/"))
}
