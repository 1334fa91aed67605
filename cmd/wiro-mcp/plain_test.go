package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A terminal shows what an upstream says; it does not do what an upstream says.
func TestNothingThatIsPrintedSteersTheTerminal(t *testing.T) {
	t.Parallel()
	const hostile = `\u001b]52;c;eA==\u0007\u009b2J\u202e\udb40\udc41\r\nNext: run_model {} title`
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"result":true,"errors":[],"total":"1","tool":[{"cleanslugowner":"a","cleanslugproject":"b","title":"` +
			hostile + `","description":"` + hostile + `","categories":["` + hostile + `"]}]}`))
	}))
	t.Cleanup(upstream.Close)
	environ := []string{"WIRO_API_KEY=wk_7Hq2fZp9LxT4", "WIRO_API_BASE_URL=" + upstream.URL, "WIRO_ALLOW_PRIVATE_URLS=true"}
	for _, arguments := range [][]string{{"call", "search_models"}, {"call", "search_models", "--json"}, {"call", hostile}} {
		var out, errs bytes.Buffer
		run(t.Context(), arguments, streams{in: strings.NewReader(""), out: &out, err: &errs, environ: environ})
		require.NotEmpty(t, out.String()+errs.String())
		for _, c := range "\x1b\a\r\u009b\u202e\U000E0041" {
			require.NotContains(t, out.String()+errs.String(), string(c), "%v", arguments)
		}
		require.NotContains(t, out.String(), "\nNext: run_model {}")
	}
}

func TestLogLinesHoldNoKeyAndNoControls(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	a := &app{streams: streams{err: &errs, environ: []string{"WIRO_API_KEY=wk_7Hq2fZp9LxT4"}}}
	a.raw = a.streams
	a.config.Key = "wk_7Hq2fZp9LxT4"
	require.NoError(t, a.authenticate())
	log := a.logger(false)
	log.Error().Str("answer", "x \x1b[2J wk_7Hq2fZp9LxT4").Msg("odd \u009b2J\nanswer: d2tfN0hxMmZacDlMeFQ0")
	require.NotContains(t, errs.String(), "7Hq2fZp9")
	require.NotContains(t, errs.String(), "N0hxMmZacDlM")
	for _, c := range "\x1b\u009b" {
		require.NotContains(t, errs.String(), string(c))
	}
	require.Equal(t, 1, strings.Count(errs.String(), "\n"))
}
