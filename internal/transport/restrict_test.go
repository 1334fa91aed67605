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
		if keep(d) {
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
